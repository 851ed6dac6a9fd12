"""Pinterest from outside: one post on one board with all that belongs to it, whatever goes wrong on the way."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from promo_folders import clip, reworded
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_pinterest import BOARD, FakePinterest, error
from system.posting import Clock, Still, assert_unsaid, filmed, published, rehearsed

from pipeline.accounts import Account, MemoryVault
from pipeline.ledger import Ledger
from pipeline.publishing import settle
from pipeline.secret import Secret

TOKEN, REFRESH, WORD = "pina_000001", "pinr_000001", "app-word-000001"
LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = "Five gentle miles of meadow. Find the route: www.example.gov.uk/walks/fryent #WalkBrent"
COVER = b"\xff\xd8\xff\xe0 a cover"
PINS = "POST /v5/pins"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return filmed(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    folder = tmp_path / "promo" / "fryent"
    clip(folder, "pinterest", data=film, size=(256, 384), text=TEXT)
    reworded(folder, "pinterest.en", link=LINK, title="Fryent Country Park circular")
    (folder / "pinterest.en.jpg").write_bytes(COVER)
    return folder


@pytest.fixture
def fake() -> Iterator[FakePinterest]:
    server = FakePinterest()
    yield server
    server.stop()


@pytest.fixture
def clock(fake: FakePinterest) -> Clock:
    """Ours; Pinterest's own is an hour behind it."""
    found = Clock()
    fake.clock = lambda: found() - timedelta(hours=1)
    return found


def account(fake: FakePinterest, vault: Any = None, **settings: str) -> Account:
    vault = vault or MemoryVault({"access": Secret(TOKEN)})
    given = {"api": fake.url, "oauth": fake.url, "board": BOARD, "client_id": "app", "access": "standard", **settings}
    return Account(service="pinterest", server=fake.url, name="council", settings=given, vault=vault)


def test_the_post_has_all_that_belongs_to_it(promo: Path, ledger: Ledger, fake: FakePinterest, film: bytes) -> None:
    """Film, cover, title, words, alternative text, and the link that can be counted, on the board."""
    ours = account(fake)
    outcome = published(promo, ledger, ours)
    assert outcome.state == "published", outcome
    (found,) = fake.pins
    assert outcome.address == f"https://www.pinterest.com/pin/{found['id']}/"
    source = found["source"]
    assert fake.store.got[source["media_id"]] == film
    assert base64.b64decode(source["cover_image_data"]) == COVER
    assert (found["title"], found["description"]) == ("Fryent Country Park circular", TEXT)
    assert (found["alt_text"], found["board_id"]) == ("A pond between trees.", BOARD)
    assert found["link"].startswith(f"{LINK}?utm_source=pinterest")
    assert fake.store.leaks == []
    assert ours.vault._secrets.keys() == {"access"}, "the form is left"  # type: ignore[attr-defined]


def test_a_second_run_sends_nothing(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """What is out is known by its address."""
    first = published(promo, ledger, account(fake))
    again = published(promo, ledger, account(fake))
    assert (again.state, again.address) == ("already published", first.address)
    assert (fake.count("/v5/media", "POST"), len(fake.store.requests), len(fake.pins)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"title": "T" * 101}, "title"), ({"link": "https://example.gov.uk/" + "a" * 2048}, "link"), ({}, "cover")],
)
def test_what_pinterest_does_not_take_is_refused_first(
    promo: Path, ledger: Ledger, fake: FakePinterest, change: dict[str, str], said: str
) -> None:
    """Before a byte of the film is sent."""
    reworded(promo, "pinterest.en", **change)
    if not change:
        (promo / "pinterest.en.jpg").write_bytes(b"\x89PNG")
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.store.requests) == ("refused", [])
    assert said in outcome.words


@pytest.mark.parametrize("board", ["", "123", "../user_account"])
def test_there_must_be_a_board(promo: Path, ledger: Ledger, fake: FakePinterest, board: str) -> None:
    """Without one nothing is uploaded, and the officer is told how to choose."""
    outcome = published(promo, ledger, account(fake, board=board))
    assert (outcome.state, fake.media) == ("failed", {})
    assert "board" in outcome.words
    assert "make-promo login pinterest" in outcome.remedy


def test_a_cut_upload_is_sent_again_whole(
    promo: Path, ledger: Ledger, fake: FakePinterest, tmp_path: Path, film: bytes
) -> None:
    """To the same place, in the next run: no second film is registered."""
    ours = account(fake, DiskVault(tmp_path / "vault", access=TOKEN))
    fake.store.fault("POST /", "cut-before", times=5)
    assert published(promo, ledger, ours).state == "failed"
    assert published(promo, ledger, ours).state == "published"
    assert (len(fake.media), list(fake.store.got.values())) == (1, [film])


@pytest.mark.parametrize("why", ["forgotten", "ended", "gone"])
def test_an_upload_that_cannot_be_gone_on_with_begins_anew(
    promo: Path, ledger: Ledger, fake: FakePinterest, why: str
) -> None:
    """In the same run, with a new registration."""
    vault = MemoryVault({"access": Secret(TOKEN)})
    fake.store.fault("POST /", "500", times=5)
    assert published(promo, ledger, account(fake, vault)).state == "failed"
    if why == "forgotten":
        vault = MemoryVault({"access": Secret(TOKEN)})
    elif why == "ended":
        fake.store.fault("POST /", "answer", (403, {"Code": "AccessDenied"}))
    else:
        fake.media.clear()
        fake.media["0"] = {"asked": 0}
    assert published(promo, ledger, account(fake, vault)).state == "published"
    assert (len(fake.media), len(fake.pins)) == (2, 1)


def test_a_store_that_takes_nothing_is_told(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """Nothing is posted, and the next run begins anew."""
    fake.store.ended = True
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.pins) == ("failed", [])
    fake.store.ended = False
    assert published(promo, ledger, account(fake)).state == "published"


def test_a_film_that_is_never_noticed_is_sent_anew(
    promo: Path, ledger: Ledger, fake: FakePinterest, clock: Clock
) -> None:
    """The store took it and Pinterest does not see it: after an hour it is sent again."""
    fake.store.fault("POST /", "answer", (204, None))
    assert published(promo, ledger, account(fake), clock).state == "processing"
    assert published(promo, ledger, account(fake), clock).state == "processing"
    assert len(fake.store.requests) == 1
    clock.sleep(3600)
    assert published(promo, ledger, account(fake), clock).state == "published"
    assert len(fake.store.requests) == 2


@pytest.mark.parametrize("how", ["429-seconds", "429-date", "reset", "429"])
@pytest.mark.parametrize("path", ["POST /v5/media", PINS])
def test_a_limit_makes_the_account_wait(promo: Path, ledger: Ledger, fake: FakePinterest, path: str, how: str) -> None:
    """In every way of saying it; then it goes on with one film and one post."""
    if how == "reset":
        fake.fault(path, "answer", (429, {"code": 8, "message": "Too many"}, {"x-ratelimit-reset": "900"}))
    else:
        fake.fault(path, how, 900)
    clock = Clock()
    outcome = published(promo, ledger, account(fake), clock)
    assert (outcome.state, fake.pins) == ("waiting", [])
    assert outcome.until is not None
    assert timedelta(minutes=14) < outcome.until - clock() <= timedelta(minutes=16)
    calls = len(fake.requests)
    assert published(promo, ledger, account(fake), clock).state == "waiting"
    assert len(fake.requests) == calls
    clock.sleep(1000)
    assert published(promo, ledger, account(fake), clock).state == "published"
    assert (len(fake.pins), len(fake.store.requests)) == (1, 1)


def test_a_storm_of_errors_while_preparing_is_sat_out(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """Every step fails four times, before and after its work; there is one post."""
    for path in ("POST /v5/media", "GET /v5/media", "GET /v5/boards"):
        for how in ("500", "cut-before", "500-after", "cut-after"):
            fake.fault(path, how)
    for how in ("500", "cut-before", "500-after", "cut-after"):
        fake.store.fault("POST /", how)
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.pins) == 1


def test_a_refresh_token_is_used_once(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """Each renewal brings another, which is kept; the used one would lock the account out."""
    vault = MemoryVault({"access": Secret(TOKEN), "refresh": Secret(REFRESH), "client_secret": Secret(WORD)})
    for count in (1, 2):
        fake.tokens.clear()
        reworded(promo, "pinterest.en", alt=f"Description {count}.")
        assert published(promo, ledger, account(fake, vault), again=True).state == "published"
        assert fake.count("/v5/oauth/token") == count
    kept = vault.get("refresh")
    assert kept is not None
    assert {kept.reveal()} == fake.refresh


def test_without_a_token_a_person_signs_in(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """Nothing is uploaded."""
    fake.tokens.clear()
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.media) == ("failed", {})
    assert "make-promo login pinterest" in outcome.remedy


def test_slow_processing_is_gone_on_with(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """While Pinterest works the post is `processing`; the next run uploads nothing again."""
    fake.polls = 25
    assert published(promo, ledger, account(fake)).state == "processing"
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.store.requests), len(fake.media)) == (1, 1)


def test_processing_that_fails_is_told_and_begun_anew(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """Nothing is posted, and the failed film is not asked for ever after."""
    fake.fails = True
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.pins) == ("refused", [])
    assert "could not prepare the clip" in outcome.words
    fake.fails = False
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.media) == 2


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [(400, "refused", ""), (401, "failed", "login pinterest"), (403, "failed", "allowed"), (404, "refused", "board")],
)
def test_each_refusal_has_its_kind(
    promo: Path, ledger: Ledger, fake: FakePinterest, status: int, state: str, said: str
) -> None:
    """Nothing is out, the state says what to do, and the next run posts once."""
    reply = error(status, 7, "not like this")
    fake.fault(PINS, "answer", (reply.status, reply.values))
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.pins) == (state, [])
    assert said in outcome.remedy
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.pins) == 1


@pytest.mark.parametrize("how", ["500-after", "cut-after", "slow"])
def test_a_lost_answer_is_looked_up(promo: Path, ledger: Ledger, fake: FakePinterest, how: str) -> None:
    """The post was made and its answer was not: it is found on the board, and there is one."""
    fake.page = 2
    for number in range(5):
        fake.add({"board_id": BOARD, "title": f"Other {number}", "link": LINK})
    fake.fault(PINS, how, 0.1 if how == "slow" else None)
    outcome = published(promo, ledger, account(fake))
    assert outcome.state == "published", outcome
    assert outcome.address.endswith(f"{fake.pins[-1]['id']}/")
    assert len(fake.pins) == 6


@pytest.mark.parametrize("how", ["500", "cut-before"])
def test_what_is_not_there_after_ten_minutes_never_was(
    promo: Path, ledger: Ledger, fake: FakePinterest, clock: Clock, how: str
) -> None:
    """At first it may still appear, and nothing is sent; then it is sent once more."""
    fake.fault(PINS, how)
    outcome = published(promo, ledger, account(fake), clock)
    assert (outcome.state, fake.pins) == ("unsure", [])
    assert "in ten minutes" in outcome.words
    clock.sleep(300)
    assert published(promo, ledger, account(fake), clock).state == "unsure"
    clock.sleep(300)
    assert published(promo, ledger, account(fake), clock).state == "published"
    assert (len(fake.pins), len(fake.media)) == (1, 1)


def test_a_post_that_shows_late_is_found(promo: Path, ledger: Ledger, fake: FakePinterest, clock: Clock) -> None:
    """The board leaves it out for minutes: nothing is sent again."""
    fake.hides = 5
    fake.fault(PINS, "cut-after")
    assert published(promo, ledger, account(fake), clock).state == "unsure"
    clock.sleep(120)
    assert published(promo, ledger, account(fake), clock).state == "published"
    assert len(fake.pins) == 1


def test_an_earlier_version_is_not_taken_for_this_one(
    promo: Path, ledger: Ledger, fake: FakePinterest, clock: Clock, film: bytes
) -> None:
    """The clip alone was made anew, so both look the same on the board; the one of two minutes ago is not ours."""
    published(promo, ledger, account(fake), clock)
    clip(promo, "pinterest", data=film + b"\0\0\0\x08free", size=(256, 384), text=TEXT)
    reworded(promo, "pinterest.en", link=LINK, title="Fryent Country Park circular")
    (promo / "pinterest.en.jpg").write_bytes(COVER)
    clock.sleep(120)
    fake.fault(PINS, "cut-before")
    assert published(promo, ledger, account(fake), clock, again=True).state == "unsure"
    clock.sleep(700)
    assert published(promo, ledger, account(fake), clock, again=True).state == "published"
    assert len(fake.pins) == 2


def test_a_board_that_cannot_be_read_leaves_it_to_a_person(
    promo: Path, ledger: Ledger, fake: FakePinterest, clock: Clock
) -> None:
    """Also after ten minutes; a person's word then settles it."""
    fake.may_list = False
    fake.fault(PINS, "cut-after")
    assert published(promo, ledger, account(fake), clock).state == "unsure"
    clock.sleep(1200)
    outcome = published(promo, ledger, account(fake), clock)
    assert (outcome.state, len(fake.pins)) == ("unsure", 1)
    settle(ledger, outcome.code, out=True, address="https://www.pinterest.com/pin/1/", who="A. Khan")
    assert published(promo, ledger, account(fake), clock).state == "already published"


def test_a_post_much_like_ours_is_shown_to_a_person(
    promo: Path, ledger: Ledger, fake: FakePinterest, clock: Clock
) -> None:
    """Same link, other words, made meanwhile: nobody but a person can tell."""
    fake.drops = ("description",)
    fake.fault(PINS, "cut-after")
    outcome = published(promo, ledger, account(fake), clock)
    assert (outcome.state, len(fake.pins)) == ("unsure", 1)
    clock.sleep(1200)
    assert published(promo, ledger, account(fake), clock).state == "unsure"


@pytest.mark.parametrize(
    ("privacy", "access", "state"),
    [
        ("PUBLIC", "standard", "published"),
        ("PUBLIC", "trial", "private only"),
        ("SECRET", "standard", "private only"),
        ("PUBLIC", "", "published with faults"),
    ],
)
def test_only_what_all_can_see_is_called_published(
    promo: Path, ledger: Ledger, fake: FakePinterest, privacy: str, access: str, state: str
) -> None:
    """A secret board and an app on trial show posts to few; where it is not known which, the officer is told."""
    fake.privacy = privacy
    outcome = published(promo, ledger, account(fake, access=access))
    assert outcome.state == state
    assert ("on trial" in outcome.words) == (not access)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("film", "does not hold our clip"),
        ("alt_text", "alternative text"),
        ("link", "the link"),
        ("title", "the title"),
    ],
)
def test_what_got_lost_is_told(promo: Path, ledger: Ledger, fake: FakePinterest, lost: str, said: str) -> None:
    """A 201 is no proof: the post is read back."""
    fake.drops = (lost,)
    outcome = published(promo, ledger, account(fake))
    assert outcome.state == "published with faults"
    assert said in outcome.words


def test_a_post_that_takes_its_time_is_read_again(promo: Path, ledger: Ledger, fake: FakePinterest) -> None:
    """Made, and not there yet: `processing`, until a later run has read it."""
    fake.hides = 4
    assert published(promo, ledger, account(fake)).state == "processing"
    fake.hides = 0
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.pins) == 1


def test_a_cover_that_is_gone_is_not_replaced(promo: Path, ledger: Ledger, fake: FakePinterest, clock: Clock) -> None:
    """The folder was moved before the post could be sent again: that try ends, and the next one has its cover."""
    fake.fault(PINS, "cut-before")
    assert published(promo, ledger, account(fake), clock).state == "unsure"
    moved = promo.rename(promo.with_name("moved"))
    clock.sleep(900)
    outcome = published(moved, ledger, account(fake), clock)
    assert (outcome.state, fake.pins) == ("refused", [])
    assert "cover" in outcome.words
    assert published(moved, ledger, account(fake), clock).state == "published"
    assert len(fake.pins) == 1


def test_a_dry_run_opens_no_socket(promo: Path, tmp_path: Path, fake: FakePinterest) -> None:
    """What would be sent lies in the folder, without a token."""
    (outcome,) = rehearsed(promo, tmp_path / "dry", account(fake))
    assert outcome.state == "rehearsed", outcome
    folder = tmp_path / "dry" / "fryent" / "pinterest.en"
    (sent,) = folder.glob("*POST-v5-pins.json")
    body = json.loads(sent.read_text("utf-8"))["json"]
    assert (body["board_id"], body["title"]) == (BOARD, "Fryent Country Park circular")
    (stored,) = folder.glob("*POST-.json")
    assert list(json.loads(stored.read_text("utf-8"))["form"])[-1] == "file"
    assert TOKEN not in "".join(path.read_text("utf-8") for path in folder.iterdir())


def test_no_secret_is_said_anywhere(
    promo: Path, tmp_path: Path, ledger: Ledger, fake: FakePinterest, caplog: pytest.LogCaptureFixture
) -> None:
    """Not tokens, not the form's fields; also when the store or Pinterest repeats what it was sent."""
    caplog.set_level(logging.DEBUG)
    vault = MemoryVault({"access": Secret(TOKEN), "refresh": Secret(REFRESH), "client_secret": Secret(WORD)})
    fake.store.fault("POST /", "500", "bad security-word-812345-bbbbbbbbbbbbbbbb", times=5)
    outcomes = [published(promo, ledger, account(fake, vault))]
    assert "•••" in outcomes[0].words
    outcomes.append(published(promo, ledger, account(fake, vault)))
    fake.tokens.clear()
    fake.refresh.clear()
    reworded(promo, "pinterest.en", text="Other words.")
    outcomes.append(published(promo, ledger, account(fake, vault), again=True))
    assert [one.state for one in outcomes] == ["failed", "published", "failed"]
    said = caplog.text + repr(outcomes) + repr(account(fake, vault))
    assert_unsaid(said, tmp_path, TOKEN, REFRESH, WORD, "security-word-", "signature812345", "policy812345")


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
def test_killed_at_any_call_it_is_posted_once(promo: Path, tmp_path: Path) -> None:
    """Killed before, during or after any call of a post, and run again: one post, or a question and at most one."""

    def start(folder: Path) -> Stage:
        server = FakePinterest()
        ledger = Ledger(folder / "ledger.sqlite")
        ours = account(server, DiskVault(folder / "vault", access=TOKEN))
        return Stage(
            servers=[server, server.store],
            run=lambda: [published(promo, ledger, ours, Still()).state],
            posts=lambda: len(server.pins),
        )

    assert posted_once_wherever_it_dies(start, tmp_path / "cells", may_ask=True, every=2) >= 10
