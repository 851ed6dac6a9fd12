"""A Page on Facebook, from outside: reels and videos, held posts and subtitles, once each whatever breaks."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from promo_folders import clip, reworded
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_facebook import APP, PAGE, PAGE_TOKEN, USER_TOKEN, FakeGraph, FakeStore, Stranger, store_wrong
from system.fake_networks import FakeServer
from system.posting import Clock, all_published, assert_unsaid, film_of, rehearsed

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Door
from pipeline.ledger import Ledger
from pipeline.post_once import Outcome
from pipeline.publishers import Failure, Pace
from pipeline.publishers.facebook import Facebook
from pipeline.publishing import settle
from pipeline.secret import Secret

LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = f"Five gentle miles.\n\nMore: {LINK} #WalkBrent"
REEL, FEED = (540, 960), (480, 600)
LOST = ["500-after", "cut-after", "slow"]


class Meta:
    """The Graph and the store, with the clock that they and we go by."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.graph = FakeGraph()
        self.graph.clock = self.clock
        self.store = FakeStore(self.graph)

    @property
    def servers(self) -> list[FakeServer]:
        return [self.graph, self.store]

    def account(self, *, vault: Any = None, **settings: str) -> Account:
        kept = vault or MemoryVault({"token": Secret(PAGE_TOKEN)})
        given = {"page": PAGE, "app": APP, "api": self.graph.url, "upload": self.store.url, **settings}
        return Account(service="facebook", server="https://graph.facebook.com", settings=given, vault=kept)

    def published(self, folder: Path, ledger: Ledger, account: Account | None = None, **more: Any) -> list[Outcome]:
        account = account or self.account()
        return all_published(folder, ledger, account, clock=self.clock, only=("facebook",), **more)

    def sent(self, part: str) -> list[int]:
        """How many bytes came with each call of `part`."""
        return [len(one.body) for server in self.servers for one in server.requests if part in one.path and one.body]


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], bytes]:
    folder = tmp_path_factory.mktemp("facebook")
    return {size: film_of(folder / f"{size[0]}.mp4", size) for size in (REEL, FEED)}


def folder_of(folder: Path, platform: str, data: bytes, size: tuple[int, int], lang: str = "en") -> Path:
    path = clip(folder, platform, lang, data=data, size=size, text=TEXT)
    note = path.with_suffix(".json")
    note.write_text(json.dumps({**json.loads(note.read_text("utf-8")), "duration_s": 4.0}), encoding="utf-8")
    reworded(folder, path.stem, link=LINK, title="Fryent Country Park")
    return folder


@pytest.fixture
def reel(tmp_path: Path, films: dict[tuple[int, int], bytes]) -> Path:
    return folder_of(tmp_path / "promo" / "fryent", "facebook-reel", films[REEL], REEL)


@pytest.fixture
def feed(tmp_path: Path, films: dict[tuple[int, int], bytes]) -> Path:
    return folder_of(tmp_path / "promo" / "fryent", "facebook-feed", films[FEED], FEED)


@pytest.fixture
def meta() -> Iterator[Meta]:
    made = Meta()
    yield made
    assert made.graph.leaks == made.store.leaks == []
    for server in made.servers:
        server.stop()


def states(outcomes: list[Outcome]) -> list[str]:
    return [one.state for one in outcomes]


def test_a_reel_has_all_that_belongs_to_it(meta: Meta, reel: Path, ledger: Ledger, films: Any) -> None:
    """The film, the words with the link that can be counted, the title, the subtitles in their locale, the address."""
    (outcome,) = meta.published(reel, ledger)
    assert outcome.state == "published", outcome
    film = meta.graph.film()
    assert (film.edge, film.data) == ("reel", films[REEL])
    assert outcome.address == f"https://www.facebook.com/reel/{film.id}/"
    assert film.values["video_state"] == "PUBLISHED"
    assert film.values["title"] == "Fryent Country Park"
    assert "utm_source=facebook" in film.values["description"]
    assert film.subtitles["en_GB"].decode() == (reel / "facebook-reel.en.srt").read_text("utf-8")
    assert meta.sent("video-upload") == [len(films[REEL])]


def test_a_video_has_its_cover_too(meta: Meta, feed: Path, ledger: Ledger, films: Any) -> None:
    """By a session of the app, opened with the person's token; the film, the cover, the words and the subtitles."""
    vault = MemoryVault({"token": Secret(PAGE_TOKEN), "user": Secret(USER_TOKEN)})
    meta.graph.users = {USER_TOKEN}
    (outcome,) = meta.published(feed, ledger, meta.account(vault=vault))
    assert outcome.state == "published", outcome
    film = meta.graph.film()
    assert (film.edge, film.data, film.thumb) == ("video", films[FEED], b"picture")
    assert film.values["title"] == "Fryent Country Park"
    assert "utm_source=facebook" in film.values["description"]
    assert set(film.subtitles) == {"en_GB"}
    assert outcome.address == f"https://www.facebook.com/brentwalks/videos/{film.id}/"
    assert meta.store.requests == []


def test_a_host_of_their_own_for_videos(meta: Meta, feed: Path, ledger: Ledger) -> None:
    """With the setting `video` the public call goes there, and only that one."""
    other = FakeGraph()
    other.clock, other.handles, other.films = meta.clock, meta.graph.handles, meta.graph.films
    try:
        assert states(meta.published(feed, ledger, meta.account(video=other.url))) == ["published"]
        assert [(one.method, one.path) for one in other.requests] == [("POST", f"/v26.0/{PAGE}/videos")]
    finally:
        other.stop()


def test_an_upright_clip_of_the_feed_is_a_reel(
    meta: Meta, tmp_path: Path, ledger: Ledger, films: dict[tuple[int, int], bytes]
) -> None:
    """Upright and short: by the other edge it would become a draft."""
    folder = folder_of(tmp_path / "promo" / "fryent", "facebook-feed", films[REEL], REEL)
    assert states(meta.published(folder, ledger)) == ["published"]
    assert meta.graph.film().edge == "reel"


def test_a_video_without_an_app_is_refused(meta: Meta, feed: Path, ledger: Ledger) -> None:
    """It says what is missing before a byte is sent; the app that one signed in with is as good."""
    (outcome,) = meta.published(feed, ledger, meta.account(app=""))
    assert outcome.state == "refused"
    assert "number of your app" in outcome.words
    assert meta.graph.count("/uploads") == 0
    assert states(meta.published(feed, ledger, meta.account(app="", client_id=APP))) == ["published"]


def test_languages_have_their_own_locales(
    meta: Meta, tmp_path: Path, ledger: Ledger, films: dict[tuple[int, int], bytes]
) -> None:
    """Each language is a reel of its own, with subtitles of its locale."""
    folder = tmp_path / "promo" / "fryent"
    for lang in ("cy", "ar"):
        folder_of(folder, "facebook-reel", films[REEL], REEL, lang)
        reworded(folder, f"facebook-reel.{lang}", text=f"Words in {lang}.")
    assert states(meta.published(folder, ledger)) == ["published", "published"]
    assert sorted(locale for film in meta.graph.shown() for locale in film.subtitles) == ["ar_AR", "cy_GB"]


@pytest.mark.parametrize("platform", ["reel", "feed"])
@pytest.mark.parametrize("how", ["answered", "cut"])
def test_a_cut_upload_goes_on_where_it_was(
    meta: Meta, request: pytest.FixtureRequest, ledger: Ledger, platform: str, how: str
) -> None:
    """What has arrived is not sent again."""
    folder: Path = request.getfixturevalue(platform)
    server, path = (meta.store, "video-upload") if platform == "reel" else (meta.graph, "upload:")
    meta.graph.truncate = 5000
    if how == "cut":
        server.fault(f"POST /v26.0/{path}" if platform == "feed" else path, "cut-after")
    size = (folder / f"facebook-{platform}.en.mp4").stat().st_size
    assert states(meta.published(folder, ledger)) == ["published"]
    assert meta.sent(path) == [size, size - 5000]
    assert len(meta.graph.film().data) == size


@pytest.mark.parametrize("vault", ["kept", "lost"])
@pytest.mark.parametrize("platform", ["reel", "feed"])
def test_an_upload_outlives_a_run(
    meta: Meta, request: pytest.FixtureRequest, tmp_path: Path, ledger: Ledger, platform: str, vault: str
) -> None:
    """The line breaks down for good: the next run goes on where it was; without the kept permission it begins anew."""
    folder: Path = request.getfixturevalue(platform)
    server, path = (meta.store, "video-upload") if platform == "reel" else (meta.graph, "upload:")
    size = (folder / f"facebook-{platform}.en.mp4").stat().st_size
    disk = DiskVault(tmp_path / "vault.json", token=PAGE_TOKEN)
    meta.graph.truncate = 5000
    server.fault(path, "cut-after")
    server.fault(path, "cut-before", times=9)
    meta.graph.fault("GET /v26.0/1000", "500", times=9)
    account = meta.account(vault=disk if vault == "kept" else None)
    assert states(meta.published(folder, ledger, account)) == ["failed"]
    server._faults.clear()
    meta.graph._faults.clear()
    server.requests.clear()
    account = meta.account(vault=disk if vault == "kept" else None)
    assert states(meta.published(folder, ledger, account)) == ["published"]
    assert meta.sent(path) == [size - 5000 if vault == "kept" else size]
    assert len(meta.graph.shown()) == 1


def test_the_token_goes_to_no_stranger(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """An answer that names another's host for the upload: nothing is sent there."""
    stranger = Stranger()
    try:
        for url in (stranger.url, "https://rupload.facebook.com.example.org", "https://facebook.com@example.org"):
            meta.graph.store = url
            (outcome,) = meta.published(reel, ledger)
            assert outcome.state == "refused"
            assert "not its own" in outcome.words
        assert stranger.requests == []
        assert meta.graph.shown() == []
    finally:
        stranger.stop()


@pytest.mark.parametrize("platform", ["reel", "feed"])
def test_a_storm_of_errors_while_preparing_is_sat_out(
    meta: Meta, request: pytest.FixtureRequest, ledger: Ledger, platform: str
) -> None:
    """Four failures of each call are tried again; one video is shown."""
    for path in ("video-upload", "POST /v26.0/upload:", "/uploads", f"GET /v26.0/{PAGE}"):
        for server in meta.servers:
            for how in ("500", "cut-before"):
                server.fault(path, how, times=2)
    meta.graph.deny("GET /v26.0/1000", 2, transient=True, times=2)
    assert states(meta.published(request.getfixturevalue(platform), ledger)) == ["published"]
    assert len(meta.graph.shown()) == 1


@pytest.mark.parametrize("code", [4, 613, 80001])
@pytest.mark.parametrize("path", [f"GET /v26.0/{PAGE}", "/video_reels"])
def test_too_many_calls_make_the_account_wait(meta: Meta, reel: Path, ledger: Ledger, code: int, path: str) -> None:
    """As long as Facebook says in minutes; without a call until then, and then it goes on."""
    usage = json.dumps({"1060": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 37}]})
    meta.graph.deny(path, code, headers={"X-Business-Use-Case-Usage": usage})
    (outcome,) = meta.published(reel, ledger)
    assert outcome.state == "waiting"
    assert outcome.until is not None
    assert timedelta(minutes=36) < outcome.until - meta.clock() <= timedelta(minutes=37)
    calls = len(meta.graph.requests)
    assert states(meta.published(reel, ledger)) == ["waiting"]
    assert len(meta.graph.requests) == calls
    meta.clock.sleep(3000)
    assert states(meta.published(reel, ledger)) == ["published"]
    assert len(meta.graph.shown()) == 1


@pytest.mark.parametrize("how", ["429-seconds", "429"])
def test_a_plain_429_makes_the_account_wait(meta: Meta, reel: Path, ledger: Ledger, how: str) -> None:
    """With Retry-After for as long as that says, without for a quarter of an hour."""
    meta.graph.fault("/video_reels", how, 900)
    (outcome,) = meta.published(reel, ledger)
    assert outcome.state == "waiting"
    assert outcome.until is not None
    assert timedelta(minutes=14) < outcome.until - meta.clock() <= timedelta(minutes=16)


def test_the_thirty_first_reel_waits(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """The upload is kept, and only the public call is made later."""
    meta.graph.reels_left = 0
    assert states(meta.published(reel, ledger)) == ["waiting"]
    meta.graph.reels_left = 30
    meta.clock.sleep(2 * 3600)
    assert states(meta.published(reel, ledger)) == ["published"]
    assert len(meta.sent("video-upload")) == 1


REFUSED: list[tuple[int, dict[str, Any], str, str]] = [
    (190, {"subcode": 463, "status": 401}, "failed", "make-promo login facebook"),
    (10, {}, "failed", "make-promo login facebook"),
    (200, {"status": 403}, "failed", "make-promo login facebook"),
    (368, {}, "failed", "in its app"),
    (1404078, {}, "failed", "publishing authorisation"),
    (100, {"subcode": 1404102}, "failed", "in its app"),
    (1390008, {}, "waiting", ""),
    (100, {"subcode": 1363040}, "refused", "sizes"),
    (1609008, {}, "refused", "Facebook link"),
    (100, {"user": "The words are not allowed."}, "refused", ""),
]


@pytest.mark.parametrize(
    ("platform", "code", "more", "state", "said"),
    [*[("reel", *case) for case in REFUSED], *[("feed", *case) for case in REFUSED[::3]]],
)
def test_what_refuses_the_public_call_is_told(
    meta: Meta, request: pytest.FixtureRequest, ledger: Ledger, platform: str, code: int, more: Any, state: str,
    said: str,
) -> None:  # fmt: skip
    """In the network's words for people where it has some, with what to do; nothing is out, and it can go later."""
    folder = request.getfixturevalue(platform)
    path = f"POST /v26.0/{PAGE}/" + ("video_reels" if platform == "reel" else "videos")
    if platform == "reel":
        meta.graph.on_request = lambda seen: b"finish" in seen.body and meta.graph.deny(path, code, **more)
    else:
        meta.graph.deny(path, code, **more)
    (outcome,) = meta.published(folder, ledger)
    meta.graph.on_request = None
    assert outcome.state == state, outcome
    assert said in outcome.remedy
    assert more.get("user", "") in outcome.words
    assert meta.graph.shown() == []
    meta.clock.sleep(4000)
    assert states(meta.published(folder, ledger)) == ["published"]
    assert len(meta.graph.shown()) == 1


@pytest.mark.parametrize("account", ["expired", "a person's", "another Page's"])
def test_a_token_that_does_not_open_the_page(meta: Meta, reel: Path, ledger: Ledger, account: str) -> None:
    """It asks for a new sign-in, and uploads nothing."""
    meta.graph.tokens = {} if account == "expired" else {PAGE_TOKEN: "user" if account == "a person's" else "page"}
    page = "4711" if account == "another Page's" else PAGE
    (outcome,) = meta.published(reel, ledger, meta.account(page=page))
    assert outcome.state == "failed"
    assert outcome.remedy == "make-promo login facebook"
    assert meta.graph.count("video_reels") == 0


def test_another_page_than_was_asked_for_is_not_posted_to(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """The answer names another one."""
    meta.graph.fault(f"GET /v26.0/{PAGE}", "answer", (200, {"id": "999", "name": "Another", "category": "Shop"}))
    (outcome,) = meta.published(reel, ledger)
    assert (outcome.state, outcome.remedy) == ("failed", "make-promo login facebook")
    assert meta.graph.count("video_reels") == 0


def test_a_page_without_a_number_is_known_by_its_token(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """A Page's token says whose it is; a person's does not open anything."""
    assert states(meta.published(reel, ledger, meta.account(page=""))) == ["published"]
    meta.graph.tokens[PAGE_TOKEN] = "user"
    reworded(reel, "facebook-reel.en", text="Other words.")
    (outcome,) = meta.published(reel, ledger, meta.account(page=""), again=True)
    assert "not that of a Page" in outcome.words


@pytest.mark.parametrize("platform", ["reel", "feed"])
def test_slow_processing_is_gone_on_with(
    meta: Meta, request: pytest.FixtureRequest, ledger: Ledger, platform: str
) -> None:
    """It is `processing`, not published; the next run sees it through and uploads nothing, with subtitles once."""
    meta.graph.polls = 9
    folder = request.getfixturevalue(platform)
    (outcome,) = meta.published(folder, ledger)
    assert outcome.state == "processing", outcome
    meta.graph.film().polls = 1
    (outcome,) = meta.published(folder, ledger)
    assert outcome.state == "published"
    assert meta.graph.film().id in outcome.address
    assert [row["locale"] for row in meta.graph.film().captions] == ["en_GB"]
    assert len(meta.sent("video-upload")) + len(meta.sent("upload:")) == 1
    assert states(meta.published(folder, ledger)) == ["already published"]


def test_a_clip_that_facebook_cannot_use_is_refused(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """Its own words are told; nothing is out, and a next version is not taken for the second."""
    meta.graph.trouble = "The aspect ratio is not supported"
    (outcome,) = meta.published(reel, ledger)
    assert (outcome.state, meta.graph.shown()) == ("refused", [])
    assert "aspect ratio" in outcome.words
    meta.graph.trouble = ""
    reworded(reel, "facebook-reel.en", text="Other words.")
    assert states(meta.published(reel, ledger)) == ["published"]


def test_a_clip_that_fails_late_is_not_called_published(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """It was processing when we left; then it is told that nobody sees it."""
    meta.graph.polls, meta.graph.trouble = 99, "The file is damaged"
    assert states(meta.published(reel, ledger)) == ["processing"]
    next(iter(meta.graph.films.values())).polls = 0
    (outcome,) = meta.published(reel, ledger)
    assert outcome.state == "private only"
    assert "shows it to nobody: The file is damaged" in outcome.words


def test_a_draft_is_called_a_draft(meta: Meta, feed: Path, ledger: Ledger) -> None:
    """Facebook keeps some videos for a person to publish in the app."""
    meta.graph.polls = 9
    assert states(meta.published(feed, ledger)) == ["processing"]
    film = meta.graph.film()
    film.polls, film.draft = 0, True
    assert states(meta.published(feed, ledger)) == ["draft in the app"]


@pytest.mark.parametrize("refinish", ["refused", "accepted"])
@pytest.mark.parametrize("polls", [0, 4])
@pytest.mark.parametrize("how", [*LOST, "500", "cut-before"])
def test_a_lost_answer_of_a_reel_is_looked_up(
    meta: Meta, reel: Path, ledger: Ledger, how: str, polls: int, refinish: str
) -> None:
    """Done or not done, shown at once or later: there is one reel."""
    meta.graph.refinish, meta.graph.polls = refinish, polls
    meta.graph.after_upload = "processing"

    def lose(seen: Any) -> None:
        if b"finish" in seen.body:
            meta.graph.on_request = None
            meta.graph.fault("POST", how, 0.1 if how == "slow" else None)

    meta.graph.on_request = lose
    first = meta.published(reel, ledger)
    assert meta.graph.on_request is None
    assert set(states(first)) <= {"published", "refused", "failed", "processing"}
    assert states(meta.published(reel, ledger))[0] in ("published", "already published", "processing")
    assert len(meta.graph.shown()) == 1
    assert len(meta.sent("video-upload")) == 1


def test_a_passing_error_of_the_public_call_is_no_answer(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """Code 2 may have been said after the work was done: it is looked, and sent again only because nothing is there."""

    def lose(seen: Any) -> None:
        if b"finish" in seen.body:
            meta.graph.on_request = None
            meta.graph.deny("POST", 2, transient=True)

    meta.graph.on_request = lose
    assert states(meta.published(reel, ledger)) == ["published"]
    assert len(meta.graph.shown()) == 1


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_of_a_video_is_found_by_its_words(meta: Meta, feed: Path, ledger: Ledger, how: str) -> None:
    """Among the newest of the Page, also when an older one with the same words stands there, or on a later page."""
    assert states(meta.published(feed, ledger)) == ["published"]
    meta.graph.lists_newest = 1
    reworded(feed, "facebook-feed.en", title="Another title")
    meta.graph.fault(f"POST /v26.0/{PAGE}/videos", how, 0.1 if how == "slow" else None)
    (outcome,) = meta.published(feed, ledger, again=True)
    assert outcome.state == "published"
    assert sorted(film.values["title"] for film in meta.graph.shown()) == ["Another title", "Fryent Country Park"]
    newest = next(film for film in meta.graph.shown() if film.values["title"] == "Another title")
    assert newest.id in outcome.address


@pytest.mark.parametrize("how", ["500", "cut-before", "cut-after"])
def test_a_video_that_is_nowhere_to_be_seen_is_asked_about(meta: Meta, feed: Path, ledger: Ledger, how: str) -> None:
    """Facebook may not list what it still works on: a person says whether it is out, and nothing is sent meanwhile."""
    meta.graph.hides = True
    meta.graph.fault(f"POST /v26.0/{PAGE}/videos", how)
    (outcome,) = meta.published(feed, ledger)
    assert outcome.state == "unsure"
    count = len(meta.graph.shown())
    assert states(meta.published(feed, ledger)) == ["unsure"]
    assert len(meta.graph.shown()) == count
    if count == 0:
        settle(ledger, outcome.code, out=False, who="A. Khan")
        meta.graph.hides = False
        assert states(meta.published(feed, ledger)) == ["published"]
        assert len(meta.graph.shown()) == 1


def test_an_older_video_with_the_same_words_is_not_taken_for_ours(meta: Meta, feed: Path, ledger: Ledger) -> None:
    """It stood there before: the new one may be lost, and a person is asked."""
    assert states(meta.published(feed, ledger)) == ["published"]
    reworded(feed, "facebook-feed.en", title="Another title")
    meta.graph.fault(f"POST /v26.0/{PAGE}/videos", "cut-before")
    assert states(meta.published(feed, ledger, again=True)) == ["unsure"]
    assert len(meta.graph.shown()) == 1


@pytest.mark.parametrize("platform", ["reel", "feed"])
def test_a_second_run_sends_nothing(meta: Meta, request: pytest.FixtureRequest, ledger: Ledger, platform: str) -> None:
    """What is out is known, wherever the folder now lies."""
    folder = request.getfixturevalue(platform)
    (first,) = meta.published(folder, ledger)
    posts = sum(one.method == "POST" for server in meta.servers for one in server.requests)
    (second,) = meta.published(folder.rename(folder.with_name("moved")), ledger)
    assert (second.state, second.address) == ("already published", first.address)
    assert sum(one.method == "POST" for server in meta.servers for one in server.requests) == posts


@pytest.mark.parametrize("stage", ["begun", "up"])
def test_an_upload_that_ran_out_is_begun_anew(
    meta: Meta, tmp_path: Path, reel: Path, ledger: Ledger, stage: str
) -> None:
    """Facebook calls it expired: the clip is sent once more, and there is one reel."""
    vault = DiskVault(tmp_path / "vault.json", token=PAGE_TOKEN)
    if stage == "begun":
        meta.store.fault("video-upload", "cut-before", times=9)
    else:
        meta.graph.reels_left = 0
    meta.published(reel, ledger, meta.account(vault=vault))
    meta.store._faults.clear()
    next(iter(meta.graph.films.values())).expired = True
    meta.graph.reels_left = 30
    meta.clock.sleep(2 * 3600)
    assert states(meta.published(reel, ledger, meta.account(vault=vault))) == ["published"]
    assert len(meta.graph.shown()) == 1


def test_a_store_that_gives_up_makes_it_begin_anew(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """`retriable: false`: this run fails, the next one takes a new upload."""
    meta.store.refusal = store_wrong("ProcessingFailedError")
    (outcome,) = meta.published(reel, ledger)
    assert outcome.state == "failed"
    assert "ProcessingFailedError" in outcome.words
    assert states(meta.published(reel, ledger)) == ["published"]
    assert len(meta.graph.films) == 2
    assert len(meta.graph.shown()) == 1


@pytest.mark.parametrize("how", LOST)
def test_subtitles_are_added_once(meta: Meta, reel: Path, ledger: Ledger, how: str) -> None:
    """A lost answer: it is looked whether they are there before they are sent again."""
    meta.graph.fault("POST /v26.0/1000000000007001/captions", how, 0.1 if how == "slow" else None)
    assert states(meta.published(reel, ledger)) == ["published"]
    assert [row["locale"] for row in meta.graph.film().captions] == ["en_GB"]


def test_facebooks_own_guess_is_no_subtitle(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """Ours are added beside those that it made by itself."""

    def guess(seen: Any) -> None:
        if b"finish" in seen.body:
            film = next(iter(meta.graph.films.values()))
            film.captions = [{"locale": "en_GB", "is_auto_generated": True}]

    meta.graph.on_request = guess
    assert states(meta.published(reel, ledger)) == ["published"]
    assert "en_GB" in meta.graph.film().subtitles


@pytest.mark.parametrize("code", [613, 6000])
def test_a_handle_is_kept_until_it_is_refused(meta: Meta, feed: Path, ledger: Ledger, code: int) -> None:
    """While the account waits the upload is kept; a handle that is not known any more is got anew."""
    meta.graph.deny(f"POST /v26.0/{PAGE}/videos", code)
    assert states(meta.published(feed, ledger)) == ["waiting" if code == 613 else "refused"]
    if code == 6000:
        meta.graph.handles.clear()
    meta.clock.sleep(4000)
    assert states(meta.published(feed, ledger)) == ["published"]
    assert len(meta.sent("upload:")) == (1 if code == 613 else 2)


def test_a_cover_that_has_gone_stops_the_public_call(meta: Meta, tmp_path: Path) -> None:
    """Nothing is sent with another cover than was approved, or with none."""
    (tmp_path / "cover.jpg").write_bytes(b"another")
    network = Facebook(meta.account(), Door(), Pace(sleep=meta.clock.sleep, clock=meta.clock))
    frozen = {
        "edge": "video",
        "page": PAGE,
        "handle": "h",
        "text": "",
        "title": "",
        "scheduled": 0,
        "cover_sha256": "x",
    }
    for name in ("cover.jpg", "gone.jpg"):
        with pytest.raises(Failure, match="has changed"):
            network.go({**frozen, "cover": str(tmp_path / name)})
    assert meta.graph.requests == []


@pytest.mark.parametrize("platform", ["reel", "feed"])
def test_permissions_are_not_kept_longer_than_needed(
    meta: Meta, request: pytest.FixtureRequest, tmp_path: Path, ledger: Ledger, platform: str
) -> None:
    """When it is out, the vault holds the token and nothing else."""
    vault = DiskVault(tmp_path / "vault.json", token=PAGE_TOKEN)
    meta.published(request.getfixturevalue(platform), ledger, meta.account(vault=vault))
    assert json.loads((tmp_path / "vault.json").read_text("utf-8")) == {"token": PAGE_TOKEN}


def test_subtitles_that_are_refused_are_told(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """The reel is out; it is said that its subtitles are not."""
    meta.graph.deny("/captions", 386, times=9)
    (outcome,) = meta.published(reel, ledger)
    assert outcome.state == "published with faults"
    assert "the subtitles are not with it" in outcome.words


def test_words_that_were_changed_are_told(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """What is read back is not what was sent."""
    meta.graph.polls = 9
    assert states(meta.published(reel, ledger)) == ["processing"]
    meta.graph.film().polls = 0
    meta.graph.film().values["description"] = "Something else."
    (outcome,) = meta.published(reel, ledger)
    assert "does not have our words" in outcome.words


@pytest.mark.parametrize("platform", ["reel", "feed"])
def test_facebook_holds_a_post_until_its_time(
    meta: Meta, request: pytest.FixtureRequest, ledger: Ledger, platform: str
) -> None:
    """It is `scheduled` at that second, with its subtitles; when the time has come it is `published`."""
    folder, at = request.getfixturevalue(platform), meta.clock() + timedelta(days=3)
    meta.graph.polls = 0
    assert states(meta.published(folder, ledger, at=at)) == ["scheduled"]
    film = meta.graph.film()
    assert film.scheduled == int(at.timestamp())
    assert set(film.subtitles) == {"en_GB"}
    assert states(meta.published(folder, ledger, at=at)) == ["scheduled"]
    meta.clock.sleep(3 * 86_400 + 60)
    (outcome,) = meta.published(folder, ledger, at=at)
    assert outcome.state == "published"
    assert film.id in outcome.address
    assert len(meta.graph.films) == 1


@pytest.mark.parametrize("lost", ["", "cut-after", "500-after"])
@pytest.mark.parametrize("platform", ["reel", "feed"])
def test_a_new_time_takes_the_held_post_back(
    meta: Meta, request: pytest.FixtureRequest, ledger: Ledger, platform: str, lost: str
) -> None:
    """The old one is deleted, which is read back, before the new one is sent; a lost answer changes nothing."""
    folder, at = request.getfixturevalue(platform), meta.clock() + timedelta(days=3)
    meta.graph.polls = 0
    meta.published(folder, ledger, at=at)
    first = meta.graph.film().id
    if lost:
        meta.graph.fault("DELETE", lost)
    assert states(meta.published(folder, ledger, at=at + timedelta(days=1))) == ["scheduled"]
    film = meta.graph.film()
    assert film.id != first
    assert film.scheduled == int((at + timedelta(days=1)).timestamp())


def test_what_is_still_there_is_not_called_taken_back(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """Facebook says that it has deleted the reel and still has it: nothing else is sent for it."""
    at = meta.clock() + timedelta(days=3)
    meta.graph.polls, meta.graph.clings = 0, True
    meta.published(reel, ledger, at=at)
    assert states(meta.published(reel, ledger, at=at + timedelta(days=1))) == ["scheduled"]
    assert meta.graph.film().scheduled == int(at.timestamp())
    assert meta.graph.count("", "DELETE") == 1


def test_what_is_out_is_not_taken_back(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """Nor is what cannot be read: only what is seen waiting is deleted."""
    meta.graph.polls = 0
    meta.published(reel, ledger, at=meta.clock() + timedelta(hours=1))
    pace = Pace(sleep=meta.clock.sleep, clock=meta.clock)
    network, film = Facebook(meta.account(), Door(), pace), meta.graph.film()
    meta.clock.sleep(7200)
    assert not network.withdraw({}, film.id)
    assert not network.withdraw({}, "1000000000009999")
    assert meta.graph.count("", "DELETE") == 0
    assert meta.graph.film() is film


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=60)])
def test_a_time_that_facebook_does_not_hold_is_waited_for_here(
    meta: Meta, reel: Path, ledger: Ledger, ahead: timedelta
) -> None:
    """Nothing is shown before its time, and nothing is uploaded to run out meanwhile."""
    assert states(meta.published(reel, ledger, at=meta.clock() + ahead)) == ["waiting"]
    assert meta.graph.films == {}


def test_a_time_that_came_too_near_is_not_tried(meta: Meta, reel: Path, ledger: Ledger) -> None:
    """The answer was lost and the time has nearly come: Facebook would not hold it any more."""
    at = meta.clock() + timedelta(minutes=12)

    def lose(seen: Any) -> None:
        if b"finish" in seen.body:
            meta.graph.on_request = None
            meta.graph.fault("POST", "cut-before")
            meta.clock.sleep(240)

    meta.graph.on_request = lose
    (outcome,) = meta.published(reel, ledger, at=at)
    assert outcome.state == "refused"
    assert "too near" in outcome.words
    assert meta.graph.shown() == []
    meta.clock.sleep(600)
    assert states(meta.published(reel, ledger, at=at)) == ["published"]


def test_a_dry_run_opens_no_socket(
    meta: Meta, reel: Path, films: dict[tuple[int, int], bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The requests of both kinds lie in the folder as they would be sent, without anything that opens the account."""
    into = tmp_path_factory.mktemp("dry")  # stand-ins of addresses that would be permissions are written there
    folder_of(reel, "facebook-feed", films[FEED], FEED)
    outcomes = rehearsed(reel, into, meta.account())
    assert states(outcomes) == ["rehearsed", "rehearsed"], outcomes
    files = {path.name: path.read_text("utf-8") for path in into.rglob("*.json")}
    assert PAGE_TOKEN not in "".join(files.values())
    sent = [json.loads(text) for name, text in files.items() if "video-reels" in name or "video_reels" in name]
    (finish,) = [one["json"] for one in sent if one["json"]["upload_phase"] == "finish"]
    assert finish["description"].startswith("Five gentle miles.")
    (video,) = [
        json.loads(text) for name, text in files.items() if name.endswith("POST-v26.0-" + PAGE + "-videos.json")
    ]
    assert video["form"]["thumb"]["bytes"] == len(b"picture")


def test_no_secret_is_said_anywhere(
    meta: Meta, reel: Path, films: dict[tuple[int, int], bytes], tmp_path: Path, ledger: Ledger,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Not in logs, outcomes, the ledger or any file, also when Facebook repeats what it was sent."""
    caplog.set_level(logging.DEBUG)
    folder_of(reel, "facebook-feed", films[FEED], FEED)
    meta.graph.store = f"{meta.store.url}/planted-upload-4711"
    vault = MemoryVault({"token": Secret(PAGE_TOKEN), "user": Secret(USER_TOKEN)})
    account = meta.account(vault=vault)
    words = f"Malformed access token {PAGE_TOKEN} {USER_TOKEN} EAAG{'planted' * 9}"
    meta.store.fault("planted", "answer", (400, {"debug_info": {"retriable": False, "message": words}}))
    meta.graph.deny(f"POST /v26.0/{PAGE}/videos", 100, user=words)
    outcomes = meta.published(reel, ledger, account)
    meta.graph.store = meta.store.url
    meta.graph.deny("/uploads", 190, user=words)
    outcomes += meta.published(reel, ledger, account)
    meta.graph.deny(f"GET /v26.0/{PAGE}", 190, user=words, status=401)
    reworded(reel, "facebook-reel.en", text="Other words.")
    outcomes += meta.published(reel, ledger, account, again=True)
    assert_unsaid(caplog.text + repr(outcomes) + repr(account), tmp_path, PAGE_TOKEN, USER_TOKEN, "planted")


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize("kind", ["reel", "feed", "held reel"])
def test_killed_at_any_call_it_is_posted_once(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    """Killed before, during or after any call, and run again: one video. Only of the feed's a person may be asked."""
    promo: Path = request.getfixturevalue(kind.split()[-1])
    at = datetime.now(UTC) + timedelta(days=2) if kind == "held reel" else None

    def start(folder: Path) -> Stage:
        meta = Meta()
        meta.graph.polls = 0
        vault = DiskVault(folder / "vault.json", token=PAGE_TOKEN)
        ledger = Ledger(folder / "ledger.sqlite")

        def run() -> list[str]:
            found = states(meta.published(promo, ledger, meta.account(vault=vault), at=at))
            return ["published" if state == "scheduled" else state for state in found] if at else found

        return Stage(servers=meta.servers, run=run, posts=lambda: len(meta.graph.shown()))

    every = 3 if at else 1
    count = posted_once_wherever_it_dies(start, tmp_path / "cells", may_ask=kind == "feed", every=every)
    assert count >= 15 // every
