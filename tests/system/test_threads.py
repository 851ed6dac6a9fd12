"""Threads from outside: it fetches the film from the council's website, once, whatever breaks on the way."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from promo_folders import clip, reworded
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_instagram import FakeWeb, film_of, graph_error
from system.fake_threads import FakeThreads
from system.posting import Clock, assert_unsaid, published, rehearsed

from pipeline.accounts import Account, MemoryVault, Vault
from pipeline.ledger import Ledger
from pipeline.secret import Secret

TOKEN = "threads-token-abcdef"
MAKE = f"POST /v1.0/{FakeThreads.user}/threads"
PUBLISH = f"{MAKE}_publish"
LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = f"Five gentle miles.\n\nMore: {LINK} #WalkBrent"


def promo_of(folder: Path, film: bytes) -> Path:
    clip(folder, "threads", data=film, size=(64, 48), text=TEXT)
    reworded(folder, "threads.en", link=LINK)
    return folder


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    return promo_of(tmp_path / "promo" / "fryent", film)


@pytest.fixture
def graph(clock: Clock, web: FakeWeb) -> Iterator[FakeThreads]:
    server = FakeThreads(web=web)
    server.clock = clock
    yield server
    server.stop()


def threads(graph: FakeThreads, vault: Vault | None = None, **settings: str) -> Account:
    assert graph.web
    vault = vault or MemoryVault({"token": Secret(TOKEN)})
    shown = {"files": graph.web.files, "files_folder": str(graph.web.folder)}
    plain = {"user": FakeThreads.user, "api": graph.url, **shown, **settings}
    return Account(service="threads", server="https://graph.threads.net", name="walks", settings=plain, vault=vault)


def test_a_post_holds_all_that_belongs_to_it(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, web: FakeWeb, film: bytes
) -> None:
    """Film, words with the link that can be counted, alternative text, topic; nothing is left on the website."""
    outcome = published(promo, ledger, threads(graph, topic="#Walking"), clock)
    assert outcome.state == "published", outcome
    (post,) = graph.posts
    assert (post["permalink"], post["topic_tag"]) == (outcome.address, "Walking")
    assert post["alt_text"] == "A pond between trees."
    assert "utm_source=threads" in post["text"]
    assert film_of(graph) == film
    assert (list(web.folder.iterdir()), web.leaks, graph.leaks) == ([], [], [])


def test_it_is_asked_as_seldom_as_threads_wants(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, web: FakeWeb
) -> None:
    """After half a minute, then once a minute, five times; the next run goes on and makes nothing anew."""
    graph.polls = 6
    assert published(promo, ledger, threads(graph), clock).state == "processing"
    gaps = [later - earlier for earlier, later in zip(graph.asked_at, graph.asked_at[1:], strict=False)]
    assert (len(graph.asked_at), graph.asked_at[0] >= 30, min(gaps) >= 60) == (5, True, True)
    assert len(list(web.folder.iterdir())) == 1
    graph.polls, start = 1, clock.ahead
    assert published(promo, ledger, threads(graph), clock).state == "published"
    assert clock.ahead == start  # it was ready, and was not waited for
    assert (len(graph.containers), len(graph.posts), list(web.folder.iterdir())) == (1, 1, [])


def test_without_a_website_a_person_posts(promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock) -> None:
    """Threads takes no bytes: the refusal names the pack and the setting."""
    outcome = published(promo, ledger, threads(graph, files=""), clock)
    assert (outcome.state, graph.containers) == ("refused", {})
    assert "make-promo pack" in outcome.remedy
    assert "`files`" in outcome.remedy


@pytest.mark.parametrize(("mood", "words"), [("sign-in", "login.example.org"), ("404", "nothing"), ("short", "bytes")])
def test_what_is_wrong_at_the_address_is_told(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, web: FakeWeb, mood: str, words: str
) -> None:
    """No container is made for a film that cannot be fetched."""
    web.mood = mood
    outcome = published(promo, ledger, threads(graph), clock)
    assert (outcome.state, words in outcome.words, graph.containers) == ("refused", True, {})


def test_words_without_room_keep_the_plain_link(promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock) -> None:
    """The tags of a counted link may be too long for 500 characters; the post is not refused for them."""
    text = f"{'Walk on. ' * 49} {LINK}"
    reworded(promo, "threads.en", text=text)
    assert published(promo, ledger, threads(graph), clock).state == "published"
    assert graph.posts[0]["text"] == text


@pytest.mark.parametrize(
    ("changed", "settings", "words"),
    [
        ({"text": "🥾" * 126}, {}, "504 characters"),
        ({"text": "More: " + " ".join(f"https://a{n}.example.gov.uk/x" for n in range(6))}, {}, "6 links"),
        ({"alt": "A pond. " * 130}, {}, "1000 characters"),
        ({}, {"topic": "Walks & rides"}, "Walks & rides"),
    ],
)
def test_what_threads_does_not_take_is_not_sent(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock,
    changed: dict[str, str], settings: dict[str, str], words: str,
) -> None:  # fmt: skip
    """Its own limits, held before anything is on the website: an emoji counts as its bytes."""
    reworded(promo, "threads.en", **changed)
    outcome = published(promo, ledger, threads(graph, **settings), clock)
    assert (outcome.state, words in outcome.words, graph.containers) == ("refused", True, {}), outcome


@pytest.mark.parametrize(
    ("reason", "once", "state", "containers"),
    [
        ("FAILED_DOWNLOADING_VIDEO", True, "published", 2),
        ("FAILED_DOWNLOADING_VIDEO", False, "refused", 2),
        ("FAILED_PROCESSING_VIDEO", True, "published", 2),
        ("FAILED_PROCESSING_VIDEO", False, "refused", 2),
        ("FAILED_PROCESSING_AUDIO", False, "refused", 1),
        ("INVALID_ASPEC_RATIO", False, "refused", 1),
        ("INVALID_ASPECT_RATIO", False, "refused", 1),
        ("INVALID_DURATION", False, "refused", 1),
        ("INVALID_BIT_RATE", False, "refused", 1),
        ("INVALID_FRAME_RATE", False, "refused", 1),
        ("INVALID_AUDIO_CHANNELS", False, "refused", 1),
        ("INVALID_AUDIO_CHANNEL_LAYOUT", False, "refused", 1),
        ("UNKNOWN", False, "failed", 2),
        ("A NEW ONE", True, "published", 2),
    ],
)
def test_a_film_that_fails_is_told_or_tried_anew(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, web: FakeWeb,
    reason: str, once: bool, state: str, containers: int,
) -> None:  # fmt: skip
    """What may pass is tried once more; what does not is told, and its file does not stay on the website."""
    graph.failure, graph.fails_once = reason, once
    outcome = published(promo, ledger, threads(graph), clock)
    assert (outcome.state, len(graph.containers)) == (state, containers), outcome
    assert list(web.folder.iterdir()) == []
    if state != "published":
        assert reason.lower().replace("_", " ") in outcome.words
        graph.failure = ""
        assert published(promo, ledger, threads(graph), clock).state == "published"
    assert len(graph.posts) == 1


@pytest.mark.parametrize("how", ["500-after", "cut-after", "slow"])
def test_a_lost_answer_is_looked_up(promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, how: str) -> None:
    """The container says that it is public; the post is found, and nothing is sent again."""
    graph.fault(PUBLISH, how, 0.1 if how == "slow" else None)
    outcome = published(promo, ledger, threads(graph), clock)
    assert (outcome.state, outcome.address) == ("published", graph.posts[0]["permalink"])
    assert len(graph.posts) == 1


@pytest.mark.parametrize("how", ["500", "cut-before"])
def test_what_never_arrived_is_sent_again(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, how: str
) -> None:
    """The container says that it is not public yet: it goes out once."""
    graph.fault(PUBLISH, how)
    assert published(promo, ledger, threads(graph), clock).state == "published"
    assert (len(graph.posts), graph.count("/threads_publish", "POST")) == (1, 2)


@pytest.mark.parametrize(
    ("hours", "out", "state"), [(20, True, "published"), (60, True, "published"), (60, False, "unsure")]
)
def test_after_a_day_only_the_post_itself_proves_anything(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, hours: int, out: bool, state: str
) -> None:
    """Within the day its container knows; later the words are looked for, and without them a person decides."""
    graph.fault(PUBLISH, "cut-after" if out else "cut-before")
    graph.on_request = lambda seen: graph.fault("GET", "500", times=5) if seen.path.endswith("_publish") else None
    assert published(promo, ledger, threads(graph), clock).state == "unsure"
    graph.on_request = None
    graph._faults.clear()
    clock.sleep(hours * 3600)
    assert published(promo, ledger, threads(graph), clock).state == state
    assert len(graph.posts) == int(out)


@pytest.mark.parametrize(
    ("code", "subcode", "message", "state", "remedy"),
    [
        (100, 0, "THREADS_API__LINK_LIMIT_EXCEEDED", "refused", ""),
        (4, 2207051, "spam", "failed", "look into the account"),
        (25, 4279013, "restricted", "failed", "look into the account"),
        (190, 463, "expired", "failed", "make-promo login threads"),
        (10, 0, "permission", "failed", "make-promo login threads"),
        (4, 0, "too many calls", "waiting", ""),
        (24, 2207008, "missing", "published", ""),
    ],
)
def test_a_refusal_says_what_helps(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock,
    code: int, subcode: int, message: str, state: str, remedy: str,
) -> None:  # fmt: skip
    """Each kind of refusal ends in its own state, with Threads' own words; once it is over the post goes out, once."""
    reply = graph_error(code, subcode, message)
    graph.fault(MAKE, "answer", (reply.status, reply.values))
    outcome = published(promo, ledger, threads(graph), clock)
    assert (outcome.state, remedy in outcome.remedy) == (state, True), outcome
    assert f"Threads says: {message}" in outcome.words or state == "published"
    clock.sleep(2 * 3600)
    assert published(promo, ledger, threads(graph), clock).state in ("published", "already published")
    assert len(graph.posts) == 1


@pytest.mark.parametrize("how", ["429-seconds", "429"])
@pytest.mark.parametrize("path", ["threads_publishing_limit", MAKE, PUBLISH])
def test_too_many_calls_make_the_account_wait(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, how: str, path: str
) -> None:
    """The account is left alone until then, without a call, and then goes on."""
    graph.fault(path, how, 900)
    assert published(promo, ledger, threads(graph), clock).state == "waiting"
    calls = len(graph.requests)
    assert published(promo, ledger, threads(graph), clock).state == "waiting"
    assert len(graph.requests) == calls
    clock.sleep(1000)
    assert published(promo, ledger, threads(graph), clock).state == "published"
    assert len(graph.posts) == 1


def test_a_full_day_makes_the_account_wait(promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock) -> None:
    """250 posts a day; an hour later it is asked again."""
    graph.used = 250
    outcome = published(promo, ledger, threads(graph), clock)
    assert (outcome.state, "250 posts" in outcome.words, graph.containers) == ("waiting", True, {})
    graph.used = 249
    clock.sleep(3700)
    assert published(promo, ledger, threads(graph), clock).state == "published"


def test_a_storm_of_errors_is_sat_out(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, web: FakeWeb
) -> None:
    """Each call of the first half fails more than once, the council's own website among them; one post comes of it."""
    for how in ("500", "cut-before", "500-after"):
        graph.fault("threads_publishing_limit", how)
        graph.fault("GET /v1.0/1789", how)
        web.fault("promo-clips", how)
    for how in ("500", "cut-before"):
        graph.fault(MAKE, how)
    assert published(promo, ledger, threads(graph), clock).state == "published"
    assert len(graph.posts) == 1


def test_a_second_run_sends_nothing(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, web: FakeWeb
) -> None:
    """What is out is known, with its address, and nothing comes to the website again."""
    first = published(promo, ledger, threads(graph), clock)
    calls, shown = len(graph.requests), len(web.requests)
    second = published(promo, ledger, threads(graph), clock)
    assert (second.state, second.address) == ("already published", first.address)
    assert (len(graph.requests) - calls, len(web.requests) - shown) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alt_text": None}, "alternative text"),
        ({"text": "Cut"}, "our words"),
        ({"media_type": "TEXT_POST"}, "our clip"),
    ],
)
def test_the_post_is_read_back(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, changes: dict[str, Any], words: str
) -> None:
    """What is not as it was sent is told."""
    graph.changes = changes
    outcome = published(promo, ledger, threads(graph), clock)
    assert (outcome.state, words in outcome.words) == ("published with faults", True), outcome


def test_whose_token_it_is_may_be_left_to_threads(
    promo: Path, ledger: Ledger, graph: FakeThreads, clock: Clock
) -> None:
    """The account's number need not be known; another word than a number is refused, for it stands in addresses."""
    outcome = published(promo, ledger, threads(graph, user="me/../x"), clock)
    assert (outcome.state, graph.requests) == ("failed", [])
    assert published(promo, ledger, threads(graph, user=""), clock).state == "published"
    assert published(promo, ledger, threads(graph), clock).state == "already published"


def test_a_dry_run_opens_no_socket(promo: Path, tmp_path: Path, graph: FakeThreads, web: FakeWeb) -> None:
    """The requests lie in the folder as they would be sent; nothing is put on the website."""
    into = tmp_path / "dry"
    account = replace(threads(graph), settings={"files": web.files, "files_folder": str(web.folder)})
    (outcome,) = rehearsed(promo, into, account)
    assert outcome.state == "rehearsed", outcome
    (made,) = (json.loads(path.read_text("utf-8"))["json"] for path in into.rglob("*POST*-threads.json"))
    assert made["video_url"].startswith(web.files)
    assert len(list(into.rglob("*threads-publish.json"))) + len(list(into.rglob("*threads_publish.json"))) == 1
    assert list(web.folder.iterdir()) == []


def test_no_secret_is_said_anywhere(
    promo: Path, tmp_path: Path, ledger: Ledger, graph: FakeThreads, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in logs, outcomes, the ledger or any file, also when Threads repeats it."""
    caplog.set_level(logging.DEBUG)
    account = threads(graph)
    reply = graph_error(100, 0, f"the token {TOKEN} is odd")
    graph.fault(MAKE, "answer", (reply.status, reply.values))
    said = [published(promo, ledger, account, clock), published(promo, ledger, account, clock)]
    assert [one.state for one in said] == ["refused", "published"]
    assert_unsaid(caplog.text + repr(said) + repr(account), tmp_path, TOKEN)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
def test_killed_at_any_call_it_is_posted_once(tmp_path: Path, film: bytes) -> None:
    """Killed before, during or after any call, and run again: one post, and nothing left on the website."""
    promo = promo_of(tmp_path / "promo" / "fryent", film)

    def start(folder: Path) -> Stage:
        shown = folder / "website"
        shown.mkdir()
        web = FakeWeb(shown)
        graph = FakeThreads(web=web)
        ledger = Ledger(folder / "ledger.sqlite")
        account = threads(graph, DiskVault(folder / "vault.json", token=TOKEN))
        return Stage(
            servers=[graph, web],
            run=lambda: [published(promo, ledger, account, Clock()).state],
            posts=lambda: len(graph.posts) if not any(shown.iterdir()) else -1,
        )

    assert posted_once_wherever_it_dies(start, tmp_path / "cells") >= 24
