"""Instagram from outside: reels and stories, by bytes and by address, once, whatever breaks on the way."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from promo_folders import clip, reworded
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_instagram import USER, FakeInstagram, FakeWeb, film_of, graph_error
from system.fake_networks import FakeServer, Reply, Seen
from system.posting import Clock, assert_unsaid, published, rehearsed

from pipeline.accounts import Account, MemoryVault, Vault
from pipeline.http_door import Answer, Door, Request
from pipeline.ledger import Ledger
from pipeline.publishers import Failure, Pace
from pipeline.publishers.instagram_errors import MEANINGS, broken
from pipeline.publishers.meta import problem
from pipeline.publishers.public_file import PublicFolder
from pipeline.secret import Secret

TOKEN, PERMIT = "page-token-abcdef", "upload-permission-123"
TEXT = "Five gentle miles.\n\nMore: https://www.example.gov.uk/walks/fryent #WalkBrent"
COVER = b"\xff\xd8\xff\xe0 a cover"
REEL, STORY = "instagram-reel", "instagram-story"


def promo_of(folder: Path, film: bytes, platform: str) -> Path:
    clip(folder, platform, data=film, size=(64, 48), text="" if platform == STORY else TEXT)
    (folder / f"{platform}.en.jpg").write_bytes(COVER)
    return folder


@pytest.fixture
def promo(tmp_path: Path, film: bytes, request: pytest.FixtureRequest) -> Path:
    return promo_of(tmp_path / "promo" / "fryent", film, getattr(request, "param", REEL))


@pytest.fixture
def graph(clock: Clock, web: FakeWeb) -> Iterator[FakeInstagram]:
    server = FakeInstagram(web=web)
    server.clock = clock
    yield server
    server.stop()


def instagram(graph: FakeInstagram, vault: Vault | None = None, **settings: str) -> Account:
    vault = vault or MemoryVault({"token": Secret(TOKEN)})
    plain = {"user": USER, "api": graph.url, "upload": graph.store.url, **settings}
    return Account(service="instagram", server="https://graph.facebook.com", name="walks", settings=plain, vault=vault)


def by_address(graph: FakeInstagram, vault: Vault | None = None) -> Account:
    assert graph.web
    return instagram(graph, vault, files=graph.web.files, files_folder=str(graph.web.folder))


@pytest.mark.parametrize("promo", [REEL, "instagram-feed-4x5", "instagram-feed-1x1"], indirect=True)
def test_a_reel_holds_all_that_belongs_to_it(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, film: bytes
) -> None:
    """The film byte for byte, the words, the grid, a moment for the cover; a clip for the feed is a reel as well."""
    account = instagram(graph, is_ai_generated="yes")
    outcome = published(promo, ledger, account, clock)
    assert outcome.state == "published", outcome
    (post,) = graph.posts
    assert (post["caption"], outcome.address) == (TEXT, post["permalink"])
    (container,) = graph.containers.values()
    assert container.values == {
        "media_type": "REELS", "caption": TEXT, "share_to_feed": True, "thumb_offset": "1200",
        "is_ai_generated": True, "upload_type": "resumable",
    }  # fmt: skip
    assert film_of(graph) == film
    assert graph.leaks + graph.store.leaks == []
    assert account.vault.get("token") == Secret(TOKEN)


@pytest.mark.parametrize("promo", [STORY], indirect=True)
def test_a_story_has_no_words(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, film: bytes) -> None:
    """It is sent as a story, without a caption or a cover, and its own address is told."""
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, "/stories/walks/" in outcome.address) == ("published", True)
    (container,) = graph.containers.values()
    assert container.values == {"media_type": "STORIES", "upload_type": "resumable"}
    assert film_of(graph) == film


def test_by_address_nothing_is_left_on_the_website(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, web: FakeWeb, film: bytes
) -> None:
    """Film and cover lie under names that say nothing, are fetched there, and are gone when the post is out."""
    (web.folder / "ours.mp4").write_bytes(b"the council's own")
    assert published(promo, ledger, by_address(graph), clock).state == "published"
    (container,) = graph.containers.values()
    assert film_of(graph) == film
    assert container.values["video_url"].startswith(web.files)
    assert container.values["cover_url"].endswith(".jpg")
    assert "reel" not in container.values["video_url"] + container.values["cover_url"]
    assert [path.name for path in web.folder.iterdir()] == ["ours.mp4"]
    assert web.leaks + graph.store.requests == []


def test_a_file_that_a_person_put_there_is_used_and_left(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, web: FakeWeb, film: bytes
) -> None:
    """Without a folder we say which file to put where; then it is used, and it is not ours to take away."""
    account = instagram(graph, files=web.files)
    (promo / f"{REEL}.en.jpg").unlink()
    outcome = published(promo, ledger, account, clock)
    assert outcome.state == "refused"
    name = outcome.remedy.partition("under the name ")[2].partition(",")[0]
    (web.folder / name).write_bytes(film)
    assert published(promo, ledger, account, clock).state == "published"
    assert (web.folder / name).read_bytes() == film


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        ("sign-in", "sent on to login.example.org"),
        ("page", "a web page comes instead"),
        ("401", "wants a sign-in"),
        ("403", "wants a sign-in"),
        ("404", "nothing under that address"),
        ("short", "bytes; ours has"),
        ("other", "another file of the same length"),
    ],
)
def test_what_is_wrong_at_the_address_is_told(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, web: FakeWeb, mood: str, words: str
) -> None:
    """Instagram hears of no address that it could not fetch, and nothing is left behind."""
    (promo / f"{REEL}.en.jpg").unlink()
    web.mood = mood
    outcome = published(promo, ledger, by_address(graph), clock)
    assert (outcome.state, words in outcome.words) == ("refused", True), outcome
    assert (graph.count("media"), list(web.folder.iterdir())) == (0, [])


def test_a_website_that_takes_a_moment_is_waited_for(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, web: FakeWeb
) -> None:
    """A folder that is kept in step with a server shows the file a little later; whole answers do as well as parts."""
    web.fault("promo-clips", "answer", (404, b""), times=2)
    web.mood = "whole"
    assert published(promo, ledger, by_address(graph), clock).state == "published"


@pytest.mark.parametrize(
    "address",
    ["http://www.example.gov.uk/clips/", "https://intranet/clips/", "https://10.0.0.7/c/", "https://a:b@c.uk/"],
)
def test_an_address_that_is_not_open_is_refused(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, address: str
) -> None:
    """What nobody outside can open, or what would give a password away, is no address for a clip."""
    outcome = published(promo, ledger, instagram(graph, files=address), clock)
    assert (outcome.state, graph.count("media")) == ("refused", 0)


def test_the_website_gets_our_bytes_or_none(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, web: FakeWeb, film: bytes
) -> None:
    """What a killed run left half-copied is made anew, under the same name, and its leavings are taken away."""
    graph.polls = 99
    assert published(promo, ledger, by_address(graph), clock).state == "processing"
    (name,) = [path.name for path in web.folder.glob("*.mp4")]
    (web.folder / name).write_bytes(bytes(len(film)))
    torn = web.folder / f".{name.removesuffix('.mp4')}.0a1b2c3d.part.mp4"
    torn.write_bytes(b"half")
    graph.containers.clear()
    graph.polls = 1
    assert published(promo, ledger, by_address(graph), clock).state == "published"
    assert (film_of(graph), list(web.folder.iterdir())) == (film, [])


def test_two_networks_do_not_take_each_others_files_away(
    promo: Path, clock: Clock, web: FakeWeb, film: bytes, tmp_path: Path
) -> None:
    """The same film for two posts lies there twice; what changed since it was looked at is not shown to anybody."""
    film_path, pace = promo / f"{REEL}.en.mp4", Pace(sleep=clock.sleep, clock=clock)
    ours = PublicFolder(base=web.files, folder=web.folder, service="instagram", door=Door(), pace=pace)
    digest = hashlib.sha256(film).hexdigest()
    addresses = {
        ours.offered(film_path, digest, of="reel"),
        ours.offered(film_path, digest, of="story"),
        replace(ours, service="threads").offered(film_path, digest, of="reel"),
    }
    assert len(addresses) == len(list(web.folder.iterdir())) == 3
    film_path.write_bytes(film + b"more")
    with pytest.raises(Failure, match="changed while it was copied"):
        ours.offered(film_path, digest, of="another")
    assert len(list(web.folder.iterdir())) == 3


def test_a_folder_that_is_not_there_is_not_made(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, web: FakeWeb, tmp_path: Path
) -> None:
    """A drive that is not connected must not become a folder of this computer."""
    account = instagram(graph, files=web.files, files_folder=str(tmp_path / "drive"))
    outcome = published(promo, ledger, account, clock)
    assert (outcome.state, (tmp_path / "drive").exists()) == ("refused", False)


def test_a_cut_upload_goes_on_where_it_was_cut(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, film: bytes
) -> None:
    """Instagram says how much it has; the rest is sent, and no byte twice."""
    graph.store.keeps = 1000
    graph.store.fault("ig-api-upload", "cut-after")
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (film_of(graph), graph.store.taken) == (film, len(film))
    assert [seen.headers["offset"] for seen in graph.store.requests] == ["0", "1000"]
    assert {seen.headers["file_size"] for seen in graph.store.requests} == {str(len(film))}


def test_a_film_that_came_whole_is_not_sent_again(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock
) -> None:
    """The store's answer was lost; the container says that the film is there."""
    graph.store.fault("ig-api-upload", "cut-after")
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (len(graph.store.requests), len(graph.containers)) == (1, 1)


@pytest.mark.parametrize("kept", [True, False])
def test_a_later_run_goes_on_with_the_upload(
    promo: Path, tmp_path: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, film: bytes, kept: bool
) -> None:
    """From where it was, if the way there was kept, which then is forgotten; an account of environment variables begins
    anew."""
    vault = DiskVault(tmp_path / "vault.json", token=TOKEN)
    account = instagram(graph, vault if kept else None)
    graph.store.keeps = 1000
    graph.store.fault("ig-api-upload", "cut-after")
    graph.on_request = lambda seen: graph.fault("GET", "500", times=5) if graph.store.taken == 1000 else None
    assert published(promo, ledger, account, clock).state == "failed"
    graph.on_request = None
    graph._faults.clear()
    account = account if kept else instagram(graph)
    assert published(promo, ledger, account, clock).state == "published"
    assert film_of(graph) == film
    assert (graph.count("/media", "POST"), graph.store.taken) == ((2, len(film)) if kept else (3, len(film) + 1000))
    assert not kept or json.loads((tmp_path / "vault.json").read_text()) == {"token": TOKEN}


def test_the_film_goes_to_no_stranger(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock) -> None:
    """An answer that names another host than the store: that host hears nothing."""
    other = FakeServer()
    graph.elsewhere = other.url
    try:
        outcome = published(promo, ledger, instagram(graph), clock)
        assert (outcome.state, other.requests, graph.posts) == ("refused", [], [])
        assert "not its store" in outcome.words
    finally:
        other.stop()


def test_a_film_that_takes_long_is_gone_on_with(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, film: bytes
) -> None:
    """Asked once a minute for five minutes, then left; the next run sends nothing again."""
    graph.polls, start = 7, clock.ahead
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, graph.posts) == ("processing", [])
    assert timedelta(minutes=4) < clock.ahead - start < timedelta(minutes=6)
    graph.polls, start = 1, clock.ahead
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert clock.ahead == start  # it was ready, and was not waited for
    assert (graph.store.taken, len(graph.containers)) == (len(film), 1)


@pytest.mark.parametrize(
    ("reason", "once", "state", "containers"),
    [
        ("Media upload has failed with error code 2207026", False, "refused", 1),
        ("Media upload has failed with error code 2207053", False, "failed", 2),
        ("Media upload has failed with error code 2207053", True, "published", 2),
        ("Media upload has failed with error code 2207050", False, "failed", 1),
        ("Media upload has failed with error code 2207052", False, "refused", 2),
        ("Something else", False, "failed", 2),
        ("", True, "published", 2),
    ],
)
def test_a_film_that_fails_is_told_or_tried_anew(
    promo: Path,
    ledger: Ledger,
    graph: FakeInstagram,
    clock: Clock,
    reason: str,
    once: bool,
    state: str,
    containers: int,
) -> None:
    """What may pass is tried once more; what does not is told, and the dead container is not asked for ever after."""
    graph.failure, graph.fails_once = reason, once
    graph.on_request = None if reason else _broken_once(graph)
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, len(graph.containers)) == (state, containers), outcome
    if state != "published":
        graph.failure = ""
        assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert len(graph.posts) == 1


def _broken_once(graph: FakeInstagram) -> Callable[[Seen], None]:
    """The first container fails without a reason."""

    def strike(_: Seen) -> None:
        for one in list(graph.containers.values())[:1]:
            one.state = "ERROR"

    return strike


def test_a_container_lives_a_day(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock) -> None:
    """One that is left from yesterday is replaced, and one post comes of it."""
    graph.polls = 99
    assert published(promo, ledger, instagram(graph), clock).state == "processing"
    clock.sleep(25 * 3600)
    graph.polls = 1
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (len(graph.containers), len(graph.posts)) == (2, 1)


@pytest.mark.parametrize("how", ["500-after", "cut-after", "slow"])
@pytest.mark.parametrize("promo", [REEL, STORY], indirect=True)
def test_a_lost_answer_is_looked_up(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, how: str) -> None:
    """The container says that it is public; the post is found, and nothing is sent again."""
    graph.fault("media_publish", how, 0.1 if how == "slow" else None)
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, outcome.address) == ("published", graph.posts[0]["permalink"])
    assert (len(graph.posts), graph.count("media_publish")) == (1, 1)


@pytest.mark.parametrize("how", ["500", "cut-before"])
def test_what_never_arrived_is_sent_again(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, how: str
) -> None:
    """The container says that it is not public yet: that is certain, and it goes out once."""
    graph.fault("media_publish", how)
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (len(graph.posts), graph.count("media_publish")) == (1, 2)


def out_all_the_same(graph: FakeInstagram, *, gone: bool = False) -> Callable[[Seen], None]:
    """The public call is done before its answer says that it was not. `gone`: and the container is forgotten."""

    def work(seen: Seen) -> None:
        if "media_publish" in seen.path and not graph.posts:
            next(iter(graph.containers.values())).asked = 9
            assert graph._publish(seen).status == 200
            if gone:
                graph.containers.clear()

    return work


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("reply", [graph_error(2, 0, "retry"), graph_error(-1, 2207001), graph_error(24, 2207008)])
def test_a_passing_error_of_the_public_call_is_no_answer(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, reply: Reply, gone: bool
) -> None:
    """The post may be out all the same: the container decides, or the post with our words, and there is one."""
    graph.on_request = out_all_the_same(graph, gone=gone)
    graph.fault("media_publish", "answer", (reply.status, reply.values))
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (len(graph.posts), graph.count("media_publish")) == (1, 1)


def test_what_was_called_a_limit_and_is_out_is_not_sent_again(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock
) -> None:
    """The next run finds its container public, makes no public call, and finds the post."""
    graph.on_request = out_all_the_same(graph)
    reply = graph_error(4, 0, "Application request limit reached")
    graph.fault("media_publish", "answer", (reply.status, reply.values))
    assert published(promo, ledger, instagram(graph), clock).state == "waiting"
    clock.sleep(2 * 3600)
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (len(graph.posts), graph.count("media_publish")) == (1, 1)


def test_what_is_still_being_published_is_waited_for(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock
) -> None:
    """After a lost answer its container may be at work: nothing is sent again until it says how that ended."""

    def at_work(seen: Seen) -> None:
        if "media_publish" in seen.path:
            next(iter(graph.containers.values())).state = "IN_PROGRESS"

    graph.on_request = at_work
    graph.fault("media_publish", "cut-before")
    assert published(promo, ledger, instagram(graph), clock).state == "unsure"
    assert published(promo, ledger, instagram(graph), clock).state == "processing"
    (one,) = graph.containers.values()
    graph.on_request, one.state = None, ""
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert len(graph.posts) == 1


@pytest.mark.parametrize(
    ("promo", "hours", "out", "state"),
    [
        (REEL, 20, True, "published"),
        (REEL, 20, False, "published"),
        (REEL, 30, True, "published"),
        (REEL, 30, False, "unsure"),
        (REEL, 60, True, "published"),
        (REEL, 60, False, "unsure"),
        (STORY, 20, True, "published"),
        (STORY, 30, True, "unsure"),
        (STORY, 60, True, "unsure"),
    ],
    indirect=["promo"],
)
def test_after_a_day_only_the_post_itself_proves_anything(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, hours: int, out: bool, state: str
) -> None:
    """Within the day its container knows; later the words are looked for, and without them a person decides.

    The same words of another day are another post.
    """
    graph.fault("media_publish", "cut-after" if out else "cut-before")
    graph.on_request = lambda seen: graph.fault("GET", "500", times=5) if "media_publish" in seen.path else None
    assert published(promo, ledger, instagram(graph), clock).state == "unsure"
    graph.on_request = None
    graph._faults.clear()
    kind = "STORY" if STORY in "".join(path.name for path in promo.iterdir()) else "REELS"
    yesterday = (clock() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    graph.posts.insert(0, {"id": "1", "caption": TEXT, "media_product_type": kind, "timestamp": yesterday})
    clock.sleep(hours * 3600)
    outcome = published(promo, ledger, instagram(graph), clock)
    assert outcome.state == state, outcome
    assert len(graph.posts) - 1 == (1 if out or state == "published" else 0)


def test_a_post_that_is_not_listed_yet_is_found_later(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock
) -> None:
    """It is out for certain, and its address comes with a later run; nothing is sent again."""
    graph.hides = 2
    graph.fault("media_publish", "cut-after")
    assert published(promo, ledger, instagram(graph), clock).state == "processing"
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, outcome.address) == ("published", graph.posts[0]["permalink"])
    assert graph.count("media_publish") == 1


def test_our_post_is_found_behind_newer_ones(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock) -> None:
    """The newest posts are turned over page by page, down to the moment of ours."""

    def busy(seen: Seen) -> None:
        if seen.method == "GET" and graph.posts and len(graph.posts) == 1:
            ours = graph.posts[0]
            graph.posts += [{**ours, "id": str(number), "caption": "By hand"} for number in range(25)]

    graph.fault("media_publish", "cut-after")
    graph.on_request = busy
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, outcome.address) == ("published", graph.posts[0]["permalink"])


TABLE = [
    (-2, 2207003, "again"), (-2, 2207020, "restart"), (-1, 2207001, "again"), (-1, 2207032, "again"),
    (-1, 2207053, "restart"), (1, 2207057, "fix"), (4, 2207051, "account"), (9, 2207042, "wait"),
    (24, 2207006, "sign-in"), (24, 2207008, "restart"), (25, 2207050, "account"), (100, 2207023, "fix"),
    (100, 2207028, "fix"), (100, 2207040, "fix"), (352, 2207026, "fix"), (9004, 2207052, "fix"),
    (9007, 2207027, "later"), (36000, 2207004, "fix"), (36001, 2207005, "fix"), (36003, 2207009, "fix"),
    (36004, 2207010, "fix"), (0, 2207077, "fix"), (0, 2207081, "fix"), (0, 2207082, "again"),
    (190, 458, "sign-in"), (190, 460, "sign-in"), (190, 463, "sign-in"), (190, 467, "sign-in"), (190, 0, "sign-in"),
    (10, 0, "sign-in"), (200, 0, "sign-in"), (299, 0, "sign-in"), (4, 0, "wait"), (17, 0, "wait"), (32, 0, "wait"),
    (613, 0, "wait"), (1, 0, "again"), (2, 0, "again"), (368, 0, "account"), (100, 0, "fix"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "subcode", "kind"), TABLE)
def test_every_error_has_its_meaning(code: int, subcode: int, kind: str) -> None:
    """By subcode, then by code; every one that a person must act on says what helps."""
    reply = graph_error(code, subcode, "no")
    found = problem(
        Answer(status=400, body=json.dumps(reply.values).encode()), datetime.now(UTC), "Instagram", more=MEANINGS
    )
    assert (found.kind, found.until is not None) == (kind, kind == "wait")
    assert found.remedy or kind in ("again", "restart", "wait") or (code, subcode) == (100, 0)


@pytest.mark.parametrize(
    "subcode", sorted(one for _, one, kind in TABLE if one > 2207000 and kind in ("again", "later"))
)
def test_a_dead_container_is_never_asked_again(subcode: int) -> None:
    """What would pass in a call is final for a container: another one is begun."""
    failure = broken(f"Error: Media upload has failed with error code {subcode}", datetime.now(UTC), again=False)
    assert (failure.kind, failure.dropped) == ("restart", True)


@pytest.mark.parametrize(
    ("path", "code", "subcode", "state", "words"),
    [
        ("media_publish", 9, 2207042, "waiting", ""),
        ("media_publish", 4, 2207051, "failed", "spam"),
        ("media_publish", 25, 2207050, "failed", "look into the account"),
        ("media_publish", 24, 2207006, "failed", "make-promo login instagram"),
        ("media_publish", 36004, 2207010, "refused", "shorten"),
        ("media_publish", 9007, 2207027, "processing", "later"),
        ("/media", 9004, 2207052, "published", ""),
        ("/media", 1, 2207057, "refused", "cover"),
        ("/media", 368, 0, "failed", "look into the account"),
        ("/media", 10, 0, "failed", "make-promo login instagram"),
        (f"GET /v26.0/{USER}", 100, 33, "failed", "make-promo login instagram"),
    ],
)
def test_a_refusal_says_what_helps(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock,
    path: str, code: int, subcode: int, state: str, words: str,
) -> None:  # fmt: skip
    """Each kind of refusal ends in its own state; once it is over the post goes out, once."""
    reply = graph_error(code, subcode, "no")
    graph.fault(path, "answer", (reply.status, reply.values))
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, words in outcome.remedy) == (state, True), outcome
    if state == "waiting":
        assert outcome.until is not None
        assert outcome.until - clock() > timedelta(hours=23)
        clock.sleep(24 * 3600 + 60)
    if state != "published":
        assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert len(graph.posts) == 1


@pytest.mark.parametrize("how", ["429-seconds", "429", "usage"])
@pytest.mark.parametrize("path", ["content_publishing_limit", "/media", "media_publish"])
def test_too_many_calls_make_the_account_wait(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, how: str, path: str
) -> None:
    """With Retry-After, without, and with the minutes that the Graph tells in a header; then it goes on."""
    if how == "usage":
        usage = {USER: [{"type": "instagram", "estimated_time_to_regain_access": 40}]}
        reply = graph_error(4, 0, "Application request limit reached")
        graph.fault(path, "answer", (400, reply.values, {"X-Business-Use-Case-Usage": json.dumps(usage)}))
    else:
        graph.fault(path, how, 900)
    outcome = published(promo, ledger, instagram(graph), clock)
    assert outcome.state == "waiting", outcome
    assert outcome.until is not None
    expected = {"429-seconds": 15, "429": 15, "usage": 40}[how]
    assert abs((outcome.until - clock()).total_seconds() / 60 - expected) < 2
    calls = len(graph.requests)
    assert published(promo, ledger, instagram(graph), clock).state == "waiting"
    assert len(graph.requests) == calls
    clock.sleep(41 * 60)
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert len(graph.posts) == 1


def test_a_full_day_makes_the_account_wait(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock) -> None:
    """The quota is asked for before anything is made; an hour later it is asked again."""
    graph.used, graph.quota = 50, 50
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, graph.containers) == ("waiting", {})
    assert "50 posts a day" in outcome.words
    graph.used = 49
    clock.sleep(3700)
    assert published(promo, ledger, instagram(graph), clock).state == "published"


def test_four_hundred_containers_make_a_day(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock) -> None:
    """Instagram makes no more; a day later it does."""
    outcome = published(promo, ledger, instagram(graph), clock)
    assert outcome.state == "published"
    (one,) = graph.containers.values()
    graph.containers |= {f"x{number}": replace(one) for number in range(399)}
    reworded(promo, f"{REEL}.en", text="Other words.")
    assert published(promo, ledger, instagram(graph), clock, again=True).state == "waiting"
    clock.sleep(25 * 3600)
    assert published(promo, ledger, instagram(graph), clock, again=True).state == "published"


def test_a_storm_of_errors_is_sat_out(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, film: bytes
) -> None:
    """Each call of the first half fails in its own way, and more than once; one post comes of it."""
    for path in ("content_publishing_limit", f"GET /v26.0/{USER}"):
        for how in ("500", "cut-before", "500-after", "cut-after"):
            graph.fault(path, how)
    for how in ("500", "cut-before"):
        graph.fault("POST /v26.0/17841400000000001/media", how)
    for how in ("500", "cut-before", "500"):
        graph.store.fault("ig-api-upload", how)
    graph.fault("GET /v26.0/1789", "500", times=3)
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (len(graph.posts), film_of(graph)) == (1, film)


def test_an_upload_that_is_lost_begins_anew(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock) -> None:
    """The store will not have the rest: a new container is made, and one post."""
    refused = {"debug_info": {"retriable": False, "type": "ProcessingFailedError", "message": "Request failed"}}
    graph.store.fault("ig-api-upload", "answer", (400, refused))
    assert published(promo, ledger, instagram(graph), clock).state == "published"
    assert (len(graph.containers), len(graph.posts)) == (2, 1)


def test_a_token_that_has_run_out_asks_for_a_sign_in(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock
) -> None:
    """Nothing is posted; the words repeat no token."""
    graph.token, graph.stale = "another-token-9999", TOKEN
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, outcome.remedy) == ("failed", "make-promo login instagram")
    assert (TOKEN in outcome.words, graph.posts) == (False, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 2201, "2201 characters"),
        ("Walk. #One #Two #Three #Four #Five #Six", "6 hashtags"),
        (" ".join(f"@walker{number}" for number in range(21)), "21 accounts"),
    ],
)
def test_what_instagram_does_not_take_is_not_sent(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, text: str, words: str
) -> None:
    """Its own limits, held before a byte goes."""
    reworded(promo, f"{REEL}.en", text=text)
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, words in outcome.words, graph.count("media")) == ("refused", True, 0), outcome


def test_an_account_without_a_number_is_told_so(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock
) -> None:
    """It would stand in an address, so nothing else is taken for one."""
    outcome = published(promo, ledger, instagram(graph, user="../me"), clock)
    assert (outcome.state, graph.requests) == ("failed", [])
    assert "make-promo login instagram" in outcome.remedy


def test_a_second_run_sends_nothing(promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock) -> None:
    """What is out is known, with its address."""
    first = published(promo, ledger, instagram(graph), clock)
    calls = len(graph.requests)
    second = published(promo, ledger, instagram(graph), clock)
    assert (second.state, second.address, len(graph.posts)) == ("already published", first.address, 1)
    assert len(graph.requests) == calls + 1  # who are we


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"caption": "Cut off"}, "does not say our words"),
        ({"media_type": "IMAGE"}, "does not hold our clip"),
        ({"media_product_type": "STORY"}, "another kind of post"),
    ],
)
def test_the_post_is_read_back(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, changes: dict[str, str], words: str
) -> None:
    """What is not as it was sent is told, and not sent again."""
    graph.changes = changes
    outcome = published(promo, ledger, instagram(graph), clock)
    assert (outcome.state, words in outcome.words) == ("published with faults", True), outcome
    assert published(promo, ledger, instagram(graph), clock).state == "already published"


class AtInstagramItself(Door):
    """Takes what is for graph.instagram.com to the fake."""

    def __init__(self, graph: FakeInstagram) -> None:
        super().__init__(connect_s=2)
        self.graph = graph

    def send(self, request: Request) -> Answer:
        return super().send(replace(request, url=request.url.replace("https://graph.instagram.com", self.graph.url)))


@pytest.mark.parametrize("where", ["graph", "store"])
def test_an_account_of_instagram_login_is_told_why_it_sends_no_bytes(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, where: str
) -> None:
    """Meta's pages keep that for accounts signed in by way of Facebook: the refusal says so, with both ways out."""
    graph.takes_bytes = where == "store"
    graph.store.refuses = {"retriable": False, "type": "NotAuthorizedError", "message": "User not authorized"}
    account = instagram(graph, api="https://graph.instagram.com")
    outcome = published(promo, ledger, account, clock, door=AtInstagramItself(graph))
    assert outcome.state == "refused", outcome
    assert "signed in at Instagram itself" in outcome.words
    assert "Facebook" in outcome.remedy
    assert "`files`" in outcome.remedy


@pytest.mark.parametrize("address", [False, True])
def test_a_dry_run_opens_no_socket(
    promo: Path, tmp_path: Path, graph: FakeInstagram, web: FakeWeb, address: bool
) -> None:
    """The requests lie in the folder as they would be sent; nothing is put on the website, no secret is written."""
    into, usual = tmp_path / "dry", by_address(graph) if address else instagram(graph)
    plain = {name: value for name, value in usual.settings.items() if name not in ("api", "upload")}
    (outcome,) = rehearsed(promo, into, replace(usual, settings=plain))
    assert outcome.state == "rehearsed", outcome
    files = {path.name: json.loads(path.read_text("utf-8")) for path in into.rglob("*.json")}
    (made,) = (one["json"] for name, one in files.items() if name.endswith("media.json"))
    assert made["caption"] == TEXT
    sent = [one["body"]["file"] for name, one in files.items() if "ig-api-upload" in name]
    assert sent == ([] if address else [f"{REEL}.en.mp4"])
    assert any("media_publish" in one["url"] for one in files.values())
    assert list(web.folder.iterdir()) == []
    assert TOKEN not in json.dumps(list(files.values()))
    (outcome,) = rehearsed(promo, tmp_path / "nobody")
    assert outcome.state == "rehearsed", outcome


def test_no_secret_is_said_anywhere(
    promo: Path, tmp_path: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the token nor the way to the store: not in logs, outcomes, the ledger or any file."""
    caplog.set_level(logging.DEBUG)
    account = instagram(graph)
    wrong = {"debug_info": {"message": f"{TOKEN} {graph.place('1')} is wrong, and so is sig={PERMIT}"}}
    graph.store.fault("ig-api-upload", "answer", (400, wrong), times=2)
    said = [published(promo, ledger, account, clock), published(promo, ledger, account, clock)]
    assert [one.state for one in said] == ["failed", "published"]
    assert "is wrong" in said[0].words
    graph.token = "another-token-9999"
    reworded(promo, f"{REEL}.en", text="Other words.")
    reply = graph_error(190, 460, f"{TOKEN} was changed", 401)
    graph.fault(USER, "answer", (reply.status, reply.values))
    said.append(published(promo, ledger, account, clock, again=True))
    assert_unsaid(caplog.text + repr(said) + repr(account), tmp_path, TOKEN, PERMIT)


def test_what_is_asked_for_is_in_metas_own_tables(
    promo: Path, ledger: Ledger, graph: FakeInstagram, clock: Clock
) -> None:
    """Meta's SDK for v26.0 lists the fields of these calls and their types; ours are among them."""
    from facebook_business.adobjects.iguser import IGUser
    from facebook_business.api import FacebookAdsApi

    for account in (instagram(graph, is_ai_generated="yes"), by_address(graph)):
        published(promo, ledger, account, clock, again=True)
        reworded(promo, f"{REEL}.en", text="Other words.")
    made = {name: value for one in graph.containers.values() for name, value in one.values.items()}
    user = IGUser(USER, api=FacebookAdsApi(session=None))
    for call, values in (("create_media", made), ("create_media_publish", {"creation_id": 1789})):
        checker = getattr(user, call)(pending=True)._param_checker
        assert [name for name in values if not checker.is_valid_key(name)] == []
        assert [name for name, value in values.items() if not checker.is_valid_pair(name, value)] == []


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize(("way", "every"), [("bytes", 1), ("address", 3), ("story", 5)])
def test_killed_at_any_call_it_is_posted_once(tmp_path: Path, film: bytes, way: str, every: int) -> None:
    """Killed before, during or after any call, and run again: one post, and nothing left on the website."""
    promo = promo_of(tmp_path / "promo" / "fryent", film, STORY if way == "story" else REEL)

    def start(folder: Path) -> Stage:
        shown = folder / "website"
        shown.mkdir()
        web = FakeWeb(shown)
        graph = FakeInstagram(web=web)
        ledger, vault = Ledger(folder / "ledger.sqlite"), DiskVault(folder / "vault.json", token=TOKEN)
        account = by_address(graph, vault) if way == "address" else instagram(graph, vault)
        return Stage(
            servers=[graph, graph.store, web],
            run=lambda: [published(promo, ledger, account, Clock()).state],
            posts=lambda: len(graph.posts) if not any(shown.iterdir()) else -1,
        )

    assert posted_once_wherever_it_dies(start, tmp_path / "cells", every=every) >= 6
