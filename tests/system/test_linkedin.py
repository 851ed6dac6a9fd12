"""LinkedIn from outside: a person presses publish, once; all that can be carried is there; nothing is posted twice."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from promo_folders import clip, reworded
from system import posting
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_linkedin import OWNER, FakeLinkedIn, error, people_read
from system.posting import Clock, Still, assert_unsaid, filmed, rehearsed

from pipeline import schedule_hands
from pipeline.accounts import Account, MemoryVault
from pipeline.approvals.answer import Answer as Approval
from pipeline.cli_sign import publish as verb
from pipeline.ledger import Ledger
from pipeline.post_once import Outcome
from pipeline.publishers.linkedin_words import little, read
from pipeline.review.desk import Desk
from pipeline.secret import Secret

TOKEN, REFRESH = "li-access-000001", "li-refresh-000001"
LINK = "https://www.example.gov.uk/walks/fryent_park"
TEXT = f"Five gentle miles (dogs welcome) ~ #WalkBrent\n\nMore: {LINK}"
COVER = b"\xff\xd8\xff\xe0 a cover"
POSTS, VIDEOS = "POST /rest/posts", "/rest/videos"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return filmed(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    folder = tmp_path / "promo" / "fryent"
    clip(folder, "linkedin", data=film, size=(256, 384), text=TEXT)
    reworded(folder, "linkedin.en", link=LINK)
    (folder / "linkedin.en.jpg").write_bytes(COVER)
    return folder


@pytest.fixture
def fake() -> Iterator[FakeLinkedIn]:
    server = FakeLinkedIn(part=100_000)
    yield server
    server.stop()


@pytest.fixture
def clock(fake: FakeLinkedIn) -> Clock:
    found = Clock()
    fake.clock = found
    return found


def account(fake: FakeLinkedIn, vault: Any = None, **settings: str) -> Account:
    vault = vault or MemoryVault({"access": Secret(TOKEN)})
    given = {"api": fake.url, "oauth": fake.url, "owner": OWNER, "client_id": "app", **settings}
    return Account(service="linkedin", server=fake.url, name="The Council", settings=given, vault=vault)


def published(
    folder: Path, ledger: Ledger, account: Account, clock: Clock | None = None, *, press: bool = True, **more: Any
) -> Outcome:
    pressed = ("linkedin",) if press else ()
    return posting.published(folder, ledger, account, clock, press=pressed, **more)


def test_nothing_is_public_before_a_person_presses(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, film: bytes
) -> None:
    """All is uploaded and waits; pressing then sends the post alone, and all of it is there."""
    ours = account(fake)
    waits = published(promo, ledger, ours, press=False)
    assert (waits.state, fake.posts) == ("ready to press", [])
    assert "--press linkedin.en" in waits.remedy
    sent = len(fake.store.requests)
    out = published(promo, ledger, ours)
    assert out.state == "published", out
    assert len(fake.store.requests) == sent
    (post,) = fake.posts
    assert out.address == f"https://www.linkedin.com/feed/update/{post['id']}"
    assert people_read(post["commentary"]).startswith("Five gentle miles (dogs welcome) ~ #WalkBrent\n\nMore: https://")
    assert r"{hashtag|\#|WalkBrent}" in post["commentary"]
    assert "utm_source=linkedin" in people_read(post["commentary"])
    assert fake.film(post["content"]["media"]["id"]) == film
    assert fake.beside(post["content"]["media"]["id"], "captions") == (promo / "linkedin.en.srt").read_bytes()
    assert fake.beside(post["content"]["media"]["id"], "thumbnail") == COVER
    assert fake.store.leaks == []
    assert ours.vault._secrets.keys() == {"access"}, "addresses of the upload are left"  # type: ignore[attr-defined]


def test_a_second_run_sends_nothing(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """What is out is known by its address; the account is asked nothing that makes anything."""
    first = published(promo, ledger, account(fake))
    made = [one for one in fake.requests if one.method == "POST"]
    again = published(promo, ledger, account(fake))
    assert (again.state, again.address) == ("already published", first.address), first
    assert [one for one in fake.requests if one.method == "POST"] == made


@pytest.mark.parametrize(
    "text",
    [
        r"All of | { } @ [ ] ( ) < > # \ * _ ~ in one line",
        "A #Tag, #Two_Words and #2026; not C# or a&#b",
        "At https://example.gov.uk/a_(b)?c=#WalkBrent and @council, {hashtag|x}",
        "#Cŵn ar y mynydd, #ભરૂચ 👨‍👩‍👧",
        "@[Name](urn:li:person:1) is no mention",
    ],
)
def test_words_are_read_as_they_were_written(promo: Path, ledger: Ledger, fake: FakeLinkedIn, text: str) -> None:
    """No sign is taken for something else, and none cuts the post off."""
    reworded(promo, "linkedin.en", text=text)
    assert published(promo, ledger, account(fake)).state == "published"
    assert people_read(fake.posts[0]["commentary"]) == text
    assert read(little(text)) == text


@pytest.mark.parametrize(("count", "state"), [(2990, "published"), (3001, "refused"), (1501, "refused")])
def test_words_are_counted_as_they_are_stored(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, count: int, state: str
) -> None:
    """Escapes and the counted link are in it; what is too long is refused before a byte is sent."""
    sign = "~" if count == 1501 else "a"
    reworded(promo, "linkedin.en", text=sign * count, link=None)
    assert published(promo, ledger, account(fake)).state == state
    assert bool(fake.store.requests) == (state == "published")


def test_a_cut_upload_goes_on_with_the_next_part(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, tmp_path: Path, film: bytes
) -> None:
    """Every part is stored once, and the second run begins no new upload."""
    ours = account(fake, DiskVault(tmp_path / "vault", access=TOKEN))
    fake.store.fault("PUT /dms-uploads/C5F10AQ0/2", "cut-before", times=5)
    assert published(promo, ledger, ours).state == "failed"
    arrived = fake.store.size
    assert arrived == 200_000
    assert published(promo, ledger, ours).state == "published"
    rest = (promo / "linkedin.en.srt").stat().st_size + len(COVER)
    assert fake.store.size == len(film) + rest
    assert (len(fake.videos), fake.film("urn:li:video:C5F10AQ0")) == (1, film)


@pytest.mark.parametrize("why", ["late", "forgotten", "ended", "gone"])
def test_an_upload_that_cannot_be_gone_on_with_begins_anew(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, clock: Clock, film: bytes, why: str
) -> None:
    """Its addresses have ended or are forgotten, or the film is gone: a new upload in the same run."""
    vault = MemoryVault({"access": Secret(TOKEN)})
    fake.store.fault("PUT /dms-uploads/C5F10AQ0/2", "500", times=5)
    assert published(promo, ledger, account(fake, vault), clock).state == "failed"
    if why == "late":
        clock.sleep(3600)
    elif why == "forgotten":
        vault = MemoryVault({"access": Secret(TOKEN)})
    elif why == "ended":
        gone = error(400, "EXPIRED_UPLOAD_URL")
        fake.store.fault("C5F10AQ0/2", "answer", (gone.status, gone.values))
    else:
        fake.videos["urn:li:video:gone"] = fake.videos.pop("urn:li:video:C5F10AQ0")
    assert published(promo, ledger, account(fake, vault), clock).state == "published"
    (post,) = fake.posts
    assert post["content"]["media"]["id"] == "urn:li:video:C5F10AQ1"
    assert fake.film("urn:li:video:C5F10AQ1") == film


def test_a_part_that_is_not_confirmed_is_no_part(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """Nothing is finished or posted; the next run begins anew."""
    fake.store.tagless = True
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.posts) == ("failed", [])
    assert "did not confirm" in outcome.words
    fake.store.tagless = False
    assert published(promo, ledger, account(fake)).state == "published"


@pytest.mark.parametrize(("how", "minutes"), [("429-seconds", 15), ("429-date", 15), ("429", 0)])
@pytest.mark.parametrize("path", [f"POST {VIDEOS}", POSTS])
def test_a_limit_makes_the_account_wait(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, path: str, how: str, minutes: int
) -> None:
    """Until the time that is told, else until midnight in UTC; then it goes on with one film and one post."""
    fake.fault(path, how, 900)
    clock = Clock()
    outcome = published(promo, ledger, account(fake), clock)
    assert (outcome.state, fake.posts) == ("waiting", [])
    assert outcome.until is not None
    midnight = clock().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    wanted = clock() + timedelta(minutes=minutes) if minutes else midnight
    assert abs(outcome.until - wanted) < timedelta(minutes=1)
    calls = len(fake.requests)
    assert published(promo, ledger, account(fake), clock).state == "waiting"
    assert len(fake.requests) == calls
    clock.sleep((outcome.until - clock()).total_seconds() + 5)
    assert published(promo, ledger, account(fake), clock).state == "published"
    assert len(fake.posts) == 1


def test_a_storm_of_errors_while_preparing_is_sat_out(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """Every step of the upload fails four times, before and after its work; there is one post of a whole film."""
    for path in (f"POST {VIDEOS}", f"GET {VIDEOS}"):
        for how in ("500", "cut-before", "500-after", "cut-after"):
            fake.fault(path, how)
    for name in ("0", "captions", "thumbnail"):
        for how in ("500", "cut-before", "500-after", "cut-after"):
            fake.store.fault(name, how)
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


@pytest.mark.parametrize("how", ["500-after", "cut-after"])
def test_the_lost_answer_of_the_last_step_is_no_failure(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, how: str
) -> None:
    """Finishing an upload twice is refused; the film's state tells that it was finished."""
    fake.later = [("POST /rest/videos", how)]
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.videos), fake.count("/rest/videos", "POST")) == (1, 3)


def test_an_expired_token_is_renewed_once(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """With a refresh token, without a person; the new token is kept."""
    fake.expire()
    vault = MemoryVault({"access": Secret(TOKEN), "refresh": Secret(REFRESH)})
    assert published(promo, ledger, account(fake, vault)).state == "published"
    assert fake.count("/oauth/v2/accessToken") == 1
    kept = vault.get("access")
    assert kept is not None
    assert {kept.reveal()} == fake.tokens


def test_without_a_refresh_token_a_person_signs_in(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """As most accounts must every sixty days; nothing is posted."""
    fake.expire()
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.posts) == ("failed", [])
    assert "make-promo login linkedin" in outcome.remedy


@pytest.mark.parametrize("owner", ["", "2414183", "urn:li:organization:", "urn:li:organization:1/../2"])
def test_an_account_says_for_whom_it_posts(promo: Path, ledger: Ledger, fake: FakeLinkedIn, owner: str) -> None:
    """Without a Page or a person nothing is asked."""
    outcome = published(promo, ledger, account(fake, owner=owner))
    assert (outcome.state, fake.requests) == ("failed", [])
    assert "urn:li:organization:NUMBER" in outcome.remedy


def test_slow_processing_is_gone_on_with(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """While LinkedIn works the post is `processing`; the next run uploads nothing again."""
    fake.polls = 25
    assert published(promo, ledger, account(fake)).state == "processing"
    sent = len(fake.store.requests)
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.store.requests), len(fake.videos)) == (sent, 1)


def test_processing_that_fails_is_told_and_begun_anew(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """The reason is LinkedIn's; nothing is posted, and the failed film is not asked for ever after."""
    fake.failure = "INVALID_FORMAT\x07"
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.posts) == ("refused", [])
    assert "could not prepare the clip: INVALID_FORMAT" in outcome.words
    fake.failure = ""
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.videos) == 2


@pytest.mark.parametrize(
    ("status", "code", "state", "said"),
    [
        (400, "FIELD_LENGTH_TOO_LONG", "refused", "shorten"),
        (400, "MEDIA_ASSET_PROCESSING_FAILED", "refused", "render again"),
        (400, "MEDIA_ASSET_WAITING_UPLOAD", "processing", "later"),
        (401, "INVALID_ACCESS_TOKEN", "failed", "login linkedin"),
        (403, "ACCESS_DENIED", "failed", "administrator"),
        (422, "UNPROCESSABLE_ENTITY", "refused", ""),
        (426, "NONEXISTENT_VERSION", "refused", "update make-promo"),
    ],
)
def test_each_refusal_has_its_kind(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, status: int, code: str, state: str, said: str
) -> None:
    """Nothing is out, the state says what to do, and the next run posts once."""
    reply = error(status, code, "not like this")
    fake.fault(POSTS, "answer", (reply.status, reply.values))
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, fake.posts) == (state, [])
    assert said in outcome.remedy
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


def test_an_old_version_says_so(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """In a sentence; until there is a newer make-promo the account may name a newer month."""
    fake.versions = {"202711"}
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, outcome.words) == ("refused", "this make-promo is too old for LinkedIn")
    assert published(promo, ledger, account(fake, version="202711")).state == "published"


LOST = ["500-after", "cut-after", "slow"]


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("may_read", [True, False])
def test_a_lost_answer_is_cured(promo: Path, ledger: Ledger, fake: FakeLinkedIn, how: str, may_read: bool) -> None:
    """A Page's post is found by its film; where posts may not be read, LinkedIn's refusal of a second one names it."""
    fake.may_read = may_read
    fake.fault(POSTS, how, 0.1 if how == "slow" else None)
    outcome = published(promo, ledger, account(fake))
    assert outcome.state == ("published" if may_read else "published with faults"), outcome
    assert outcome.address.endswith(fake.posts[0]["id"])
    assert len(fake.posts) == 1


@pytest.mark.parametrize("how", ["500", "cut-before"])
@pytest.mark.parametrize("may_read", [True, False])
def test_what_never_arrived_is_sent_again(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, how: str, may_read: bool
) -> None:
    """There is one post."""
    fake.may_read = may_read
    fake.fault(POSTS, how)
    assert published(promo, ledger, account(fake)).state in ("published", "published with faults")
    assert len(fake.posts) == 1


def test_two_lost_answers_are_no_proof(promo: Path, ledger: Ledger, fake: FakeLinkedIn, clock: Clock) -> None:
    """What was lost twice and cannot be read is nobody's knowledge: a person is asked, and after ten minutes too."""
    fake.may_read = False
    fake.fault(POSTS, "cut-after")
    fake.fault(POSTS, "500")
    outcome = published(promo, ledger, account(fake), clock)
    assert (outcome.state, len(fake.posts)) == ("unsure", 1)
    clock.sleep(1200)
    outcome = published(promo, ledger, account(fake), clock)
    assert (outcome.state, len(fake.posts)) == ("unsure", 1)
    assert "--is-out" in outcome.remedy


def test_what_was_pressed_once_is_not_sent_again_unpressed(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """The pressed post got lost and nobody could look: a run that presses nothing sends nothing."""
    fake.fault(POSTS, "cut-before")
    fake.fault("GET /rest/posts", "500", times=5)
    assert published(promo, ledger, account(fake)).state == "unsure"
    outcome = published(promo, ledger, account(fake), press=False)
    assert (outcome.state, fake.posts) == ("ready to press", [])
    assert "--press linkedin.en" in outcome.remedy
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


def test_a_post_that_shows_late_is_found(promo: Path, ledger: Ledger, fake: FakeLinkedIn, clock: Clock) -> None:
    """The list leaves it out at first: the second post is refused, and the first is read by the name that was told."""
    fake.hides = 3
    fake.fault(POSTS, "cut-after")
    assert published(promo, ledger, account(fake), clock).state == "published"
    assert len(fake.posts) == 1


def test_the_same_words_of_another_clip_are_not_ours(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """Somebody posted them by hand just now: that post is not called ours, and is named to the officer."""
    ours = account(fake)
    published(promo, ledger, ours, press=False)
    fake.add({
        "author": OWNER, "commentary": little(_tagged(promo)), "content": {"media": {"id": "urn:li:video:other"}},
        "visibility": "PUBLIC",
    })  # fmt: skip
    for fake.may_read in (True, False):
        outcome = published(promo, ledger, ours)
        assert (outcome.state, len(fake.posts)) == ("refused", 1)
        assert fake.posts[0]["id"] in outcome.words


def _tagged(promo: Path) -> str:
    tags = "utm_source=linkedin&utm_medium=social&utm_campaign=fryent&utm_content=linkedin.en"
    return TEXT.replace(LINK, f"{LINK}?{tags}")


def test_a_duplicate_of_nobody_knows_what_is_asked_about(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """LinkedIn refuses the second post without a name, and posts may not be read: a person decides."""
    fake.may_read, fake.names_duplicates = False, False
    fake.fault(POSTS, "cut-after")
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, len(fake.posts)) == ("unsure", 1)


@pytest.mark.parametrize(
    ("state", "shown"),
    [("PUBLISH_REQUESTED", "processing"), ("DRAFT", "private only"), ("PUBLISHED", "published")],
)
def test_only_what_is_shown_is_called_published(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, state: str, shown: str
) -> None:
    """LinkedIn's own word for the post decides."""
    fake.state = state
    assert published(promo, ledger, account(fake)).state == shown


def test_a_post_that_takes_its_time_is_read_again(promo: Path, ledger: Ledger, fake: FakeLinkedIn) -> None:
    """Made, and not there yet: `processing`, until a later run has read it."""
    fake.hides = 5
    assert published(promo, ledger, account(fake)).state == "processing"
    fake.hides = 0
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


@pytest.mark.parametrize(
    ("given", "wanted", "state", "way"),
    [
        ("", "any", "published", "application/octet-stream"),
        ("", "form", "published", "multipart/form-data"),
        ("form", "any", "published", "multipart/form-data"),
        ("file", "form", "refused", ""),
        ("", "neither", "refused", ""),
    ],
)
def test_subtitles_go_as_they_are_taken(
    promo: Path, ledger: Ledger, fake: FakeLinkedIn, given: str, wanted: str, state: str, way: str
) -> None:
    """As a file, and as a form where that is refused; the account's setting allows one way only."""
    fake.store.captions_as = wanted
    outcome = published(promo, ledger, account(fake, captions_body=given))
    assert outcome.state == state
    kinds = [kind for path, kind in fake.store.types.items() if path.endswith("captions")]
    assert [kind.partition(";")[0] for kind in kinds] == ([way] if way else [])
    if way.startswith("multipart"):
        sent = fake.beside("urn:li:video:C5F10AQ0", "captions")
        assert (promo / "linkedin.en.srt").read_bytes() in sent
        assert b'"format": "SRT"' in sent


def test_subtitles_of_another_language_are_not_called_english(
    tmp_path: Path, ledger: Ledger, fake: FakeLinkedIn, film: bytes
) -> None:
    """They are left out, and the officer is told."""
    folder = tmp_path / "promo" / "mynydd"
    clip(folder, "linkedin", "cy", data=film, size=(256, 384), text="Pum milltir.")
    (folder / "linkedin.cy.jpg").write_bytes(COVER)
    outcome = published(folder, ledger, account(fake))
    assert outcome.state == "published with faults"
    assert "subtitles were not sent" in outcome.words
    assert not [path for path in fake.store.got if path.endswith("captions")]


def test_a_dry_run_opens_no_socket(promo: Path, tmp_path: Path, fake: FakeLinkedIn) -> None:
    """What would be sent lies in the folder: the words as they are stored, the parts, no token."""
    (outcome,) = rehearsed(promo, tmp_path / "dry", account(fake))
    assert outcome.state == "rehearsed", outcome
    folder = tmp_path / "dry" / "fryent" / "linkedin.en"
    (sent,) = folder.glob("*POST-rest-posts.json")
    body = json.loads(sent.read_text("utf-8"))["json"]
    assert (body["author"], people_read(body["commentary"])) == (OWNER, _tagged(promo))
    assert len(list(folder.glob("*-PUT-*.json"))) == 3
    assert TOKEN not in "".join(path.read_text("utf-8") for path in folder.iterdir())


def test_no_secret_is_said_anywhere(
    promo: Path, tmp_path: Path, ledger: Ledger, fake: FakeLinkedIn, caplog: pytest.LogCaptureFixture
) -> None:
    """Not tokens, not addresses of uploads; also when LinkedIn repeats what it was sent."""
    caplog.set_level(logging.DEBUG)
    vault = MemoryVault({"access": Secret(TOKEN), "refresh": Secret(REFRESH)})
    fake.store.fault("C5F10AQ0/1", "500", "no such address", times=5)
    outcomes = [published(promo, ledger, account(fake, vault))]
    kept = vault.get(next(name for name in vault._secrets if name.startswith("upload ")))
    assert kept is not None
    addresses = [part[0] for part in json.loads(kept.reveal())["parts"]]
    fake.store.fault("C5F10AQ0/1", "500", f"bad {addresses[1]}", times=5)
    outcomes.append(published(promo, ledger, account(fake, vault)))
    outcomes.append(published(promo, ledger, account(fake, vault)))
    fake.expire()
    fake.refresh.clear()
    reworded(promo, "linkedin.en", text="Other words.")
    outcomes.append(published(promo, ledger, account(fake, vault), again=True))
    assert [one.state for one in outcomes] == ["failed", "failed", "published", "failed"]
    said = caplog.text + repr(outcomes) + repr(account(fake, vault))
    assert_unsaid(said, tmp_path, TOKEN, REFRESH, "upload-word-", *(one.partition("?")[2] for one in addresses))


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize(("may_read", "every"), [(True, 2), (False, 4)])
def test_killed_at_any_call_it_is_posted_once(promo: Path, tmp_path: Path, may_read: bool, every: int) -> None:
    """Killed before, during or after any call of a post, and run again: one post."""

    def start(folder: Path) -> Stage:
        server = FakeLinkedIn(part=1_000_000, may_read=may_read)
        ledger = Ledger(folder / "ledger.sqlite")
        ours = account(server, DiskVault(folder / "vault", access=TOKEN))
        return Stage(
            servers=[server, server.store],
            run=lambda: [published(promo, ledger, ours, Still()).state],
            posts=lambda: len(server.posts),
        )

    final = ("published", "published with faults", "already published")
    count = posted_once_wherever_it_dies(start, tmp_path / "cells", every=every, final=final)
    assert count >= 24 // every


def approved(promo: Path) -> None:
    desk, now = Desk.ours(), datetime.now(UTC) - timedelta(hours=1)
    (promo / "linkedin.en.post.txt").write_text(TEXT + "\n", encoding="utf-8")
    code = desk.record(promo, now=now, by="M. Aker")
    desk.answer(promo, Approval(decision="approve", by="A. Khan"), now=now, code=code)


@pytest.fixture
def signed_in(fake: FakeLinkedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server is: by environment variables."""
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    given = {"TOKEN": TOKEN, "OWNER": OWNER, "API": fake.url, "SERVER": "https://api.linkedin.com"}
    for name, value in given.items():
        monkeypatch.setenv(f"MAKE_PROMO_LINKEDIN_{name}", value)


@pytest.mark.usefixtures("signed_in")
def test_the_scheduler_never_presses(promo: Path, fake: FakeLinkedIn) -> None:
    """It makes all ready, and asks a person."""
    approved(promo)
    answer = schedule_hands.posted(promo, "linkedin")
    assert (answer.state, fake.posts) == ("asked", [])
    assert "--press linkedin.en" in answer.says


def pressing(promo: Path, *words: str, typed: str | None = None) -> Any:
    return CliRunner().invoke(verb, [str(promo), "--press", "linkedin", *words], input=typed)


@pytest.mark.usefixtures("signed_in")
def test_pressing_shows_the_post_and_asks(promo: Path, fake: FakeLinkedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words, clip and account are shown; only a yes publishes."""
    approved(promo)
    monkeypatch.setattr("pipeline.talk_publish.at_a_terminal", lambda: True)
    done = pressing(promo, typed="n\n")
    assert fake.posts == [], done.output
    assert "ready to press" in done.output
    done = pressing(promo, typed="y\n")
    assert (done.exit_code, len(fake.posts)) == (0, 1), done.output
    for shown in ("Five gentle miles", "linkedin.en.mp4", OWNER, "Publish this now?", "published"):
        assert shown in done.output
    assert fake.count("/rest/videos", "POST") == 2


@pytest.mark.usefixtures("signed_in")
def test_pressing_wants_a_person(promo: Path, fake: FakeLinkedIn) -> None:
    """Without a terminal nothing is asked and nothing published."""
    approved(promo)
    done = pressing(promo)
    assert (done.exit_code, fake.posts) == (2, [])
