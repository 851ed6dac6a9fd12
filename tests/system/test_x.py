"""X from outside, against a server that takes nothing its documents do not name: posted once, paid for once."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from promo_folders import clip, reworded
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_networks import Seen
from system.fake_x import CREDITS, DOUBLE, TOKEN, FakeX, problem
from system.posting import Clock, assert_unsaid, published, rehearsed

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Door
from pipeline.ledger import Ledger
from pipeline.post_reading import candidates
from pipeline.publishers import Pace, x_upload
from pipeline.publishers.x import X
from pipeline.publishing import settle
from pipeline.secret import Secret

LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = f"Five gentle miles & a pond.\n\nMore: {LINK}\n\n#WalkBrent"
OTHER = "Other words."
DAY = timedelta(days=1)


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    folder = tmp_path / "promo" / "fryent"
    clip(folder, "x", data=film, size=(64, 48), text=TEXT)
    reworded(folder, "x.en", link=LINK)
    return folder


@pytest.fixture
def fake() -> Iterator[FakeX]:
    server = FakeX()
    yield server
    server.stop()


@pytest.fixture
def parts(film: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many parts has the film here."""
    monkeypatch.setattr(x_upload, "SEGMENT", len(film) // 3 + 1)
    monkeypatch.setattr(x_upload, "_SMALLEST", 100)
    return 3


def account(fake: FakeX, vault: Any = None, **settings: str) -> Account:
    vault = vault or MemoryVault({"access": Secret(TOKEN), "refresh": Secret("x-refresh-0001")})
    given = {"api": fake.url, "oauth": fake.url, "client_id": "our-app", **settings}
    return Account(service="x", server="https://api.x.com", name="BrentWalks", settings=given, vault=vault)


def test_x_gets_all_that_belongs_to_the_clip(promo: Path, ledger: Ledger, fake: FakeX, film: bytes, parts: int) -> None:
    """The film as it is, alternative text, subtitles in their language, the cover, and the words with their link."""
    flags = {"made_with_ai": "yes", "paid_partnership": "no", "reply_settings": "following"}
    outcome = published(promo, ledger, account(fake, **flags))
    (post,), (shown,) = fake.posts, fake.films()
    assert (outcome.state, outcome.words) == ("published", ""), outcome
    assert outcome.address == f"https://x.com/BrentWalks/status/{post['id']}"
    assert (shown["whole"], len(shown["parts"]), shown["alt"]) == (film, parts, "A pond between trees.")
    track = shown["subtitles"]
    assert (track["language_code"], track["display_name"], track["type"]) == ("EN", "English", "text/srt")
    assert track["file"] == (promo / "x.en.srt").read_bytes()
    assert post["values"]["made_with_ai"] is True
    assert "paid_partnership" not in post["values"]
    assert post["values"]["reply_settings"] == "following"
    assert fake.media[post["values"]["media"]["preview_media_id"]]["whole"] == b"picture"
    assert "utm_source=x" in post["written"]
    assert fake.spent == [post["id"]]  # it was read back once, and nothing else was read


def test_a_second_run_sends_nothing(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """What is out is known by the ledger; only the account is asked who it is."""
    first = published(promo, ledger, account(fake))
    calls = len(fake.requests)
    second = published(promo, ledger, account(fake))
    assert (second.state, second.address) == ("already published", first.address)
    assert [one.path for one in fake.requests[calls:]] == ["/2/users/me"]


def sent_bytes(fake: FakeX) -> int:
    return sum(len(one.body) for one in fake.requests if one.path.endswith("/append"))


@pytest.mark.parametrize("how", ["cut-before", "cut-after", "500", "500-after"])
def test_a_cut_upload_goes_on_where_it_was(
    promo: Path, ledger: Ledger, fake: FakeX, film: bytes, parts: int, how: str
) -> None:
    """This run gives up in the second part; the next sends two of the three, and no film twice."""
    fake.on_request = lambda seen: fake.fault("/append", how) if _is_part(seen, 1) else None
    assert published(promo, ledger, account(fake)).state == "failed"
    fake.on_request = None
    before = sent_bytes(fake)
    assert published(promo, ledger, account(fake)).state == "published"
    assert [one["whole"] for one in fake.films()] == [film]
    left = len(film) - (len(film) // 3 + 1)
    assert left < sent_bytes(fake) - before < left + 2000  # and the small files


def _is_part(seen: Seen, index: int) -> bool:
    return seen.path.endswith("/append") and f'"segment_index"\r\n\r\n{index}\r\n'.encode() in seen.body


def test_parts_become_smaller_until_they_are_taken(
    promo: Path, ledger: Ledger, fake: FakeX, film: bytes, parts: int
) -> None:
    """413: the same place again with less, and what was taken stays."""
    fake.most_part = len(film) // 5
    assert published(promo, ledger, account(fake)).state == "published"
    (shown,) = fake.films()
    assert shown["whole"] == film
    assert len(shown["parts"]) >= 6


def test_a_part_that_is_never_taken_is_told(promo: Path, ledger: Ledger, fake: FakeX, parts: int) -> None:
    """It ends, and says so."""
    fake.most_part = 10
    assert published(promo, ledger, account(fake)).state == "refused"


def test_a_lost_answer_of_closing_is_asked_for(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """X closes an upload once; that it is closed already is found out, and nothing is sent again."""
    fake.fault("/finalize", "cut-after")
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.films()) == 1


def test_an_upload_that_is_over_begins_anew(promo: Path, ledger: Ledger, fake: FakeX, film: bytes, parts: int) -> None:
    """X forgets uploads after a day: by its word, or when it says that it no longer knows it."""
    fake.polls = 99
    assert published(promo, ledger, account(fake), polls=2).state == "processing"
    fake.polls = 0
    assert published(promo, ledger, account(fake), clock=Clock(DAY)).state == "published"
    assert len(fake.films()) == 2
    reworded(promo, "x.en", text=OTHER)
    fake.polls = 99
    assert published(promo, ledger, account(fake), polls=2, again=True).state == "processing"
    fake.polls = 0
    fake.media.clear()
    assert published(promo, ledger, account(fake), again=True).state == "published"
    assert [one["whole"] for one in fake.films()] == [film]


def test_an_upload_that_is_lost_half_way_begins_anew(
    promo: Path, ledger: Ledger, fake: FakeX, film: bytes, parts: int
) -> None:
    """X no longer knows it when the next part comes; where X calls that a bad request, it is understood too."""
    for lost in (404, 400):
        fake.on_request = lambda seen: fake.fault("/append", "500") if _is_part(seen, 1) else None
        assert published(promo, ledger, account(fake), again=True).state == "failed"
        fake.on_request, fake.requests = None, []
        fake.fault("/append", "answer", (lost, problem(lost, "Could not find media").values))
        assert published(promo, ledger, account(fake), again=True).state == "published"
        assert (fake.count("initialize"), fake.films()[-1]["whole"]) == (3, film)  # and the small files
        reworded(promo, "x.en", text=OTHER)


def test_a_film_that_is_gone_when_it_is_posted_is_sent_anew(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """X says that it does not know it: nothing is out, and the next run uploads again."""
    fake.fault("POST /2/tweets", "answer", (400, _invalid("Your media IDs are invalid.")))
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, "media IDs are invalid" in outcome.words) == ("failed", True)
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.films()), len(fake.posts)) == (2, 1)


def _invalid(message: str) -> dict[str, Any]:
    return {
        "title": "Invalid Request",
        "detail": "One or more parameters were invalid.",
        "errors": [{"message": message}],
    }


def test_slow_processing_is_gone_on_with(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """X says when it wants to be asked; a later run asks on and uploads nothing again."""
    fake.polls = 25
    clock = Clock()
    assert published(promo, ledger, account(fake), clock=clock).state == "processing"
    assert timedelta(seconds=55) < clock.ahead < timedelta(seconds=65)  # every three seconds, as it says
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.films()) == 1


@pytest.mark.parametrize(("fails", "state", "films"), [(1, "published", 2), (2, "refused", 2)])
def test_processing_that_fails_is_tried_once_more(
    promo: Path, ledger: Ledger, fake: FakeX, fails: int, state: str, films: int
) -> None:
    """With a new upload; then the officer hears why, and the next run begins anew."""
    fake.fails = fails
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, len(fake.films())) == (state, films)
    if state == "refused":
        assert "unsupported codec" in outcome.words
        assert fake.posts == []
        assert published(promo, ledger, account(fake)).state == "published"
        assert len(fake.films()) == 3


LIMIT = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}


RESET, DAILY = "x-rate-limit-reset", "x-user-limit-24hour"


@pytest.mark.parametrize(
    ("path", "headers", "minutes"),
    [
        ("POST /2/tweets", {}, 15),
        ("POST /2/tweets", {RESET: "600"}, 10),
        ("POST /2/tweets", {"retry-after": "1200"}, 20),
        ("POST /2/tweets", {RESET: "600", f"{DAILY}-remaining": "0", f"{DAILY}-reset": "36000"}, 600),
        ("users/me", {RESET: "600"}, 10),
        ("initialize", {RESET: "600"}, 10),
        ("append", {}, 15),
        ("metadata", {RESET: "600"}, 10),
    ],
)
def test_a_limit_makes_the_account_wait(
    promo: Path, ledger: Ledger, fake: FakeX, path: str, headers: dict[str, str], minutes: int
) -> None:
    """Until the moment that X names, the day's among them, else for a while; then it goes on."""
    clock = Clock()
    at = {
        name: str(int(clock().timestamp()) + int(text)) if "reset" in name else text for name, text in headers.items()
    }
    fake.fault(path, "answer", (429, LIMIT, at))
    outcome = published(promo, ledger, account(fake), clock=clock)
    assert outcome.state == "waiting", outcome
    assert outcome.until
    assert abs(outcome.until - clock() - timedelta(minutes=minutes)) < timedelta(seconds=20)
    calls = len(fake.requests)
    assert published(promo, ledger, account(fake), clock=clock).state == "waiting"
    assert len(fake.requests) == calls
    clock.sleep(minutes * 60 + 30)
    assert published(promo, ledger, account(fake), clock=clock).state == "published"
    assert (len(fake.posts), len(fake.films())) == (1, 1)


def test_a_storm_of_errors_is_sat_out(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """The limit that every answer of X names is not heard when the error is a passing one: no account waits for it."""
    at = {"x-rate-limit-reset": str(int(datetime.now(UTC).timestamp()) + 900)}
    for path in ("users/me", "initialize", "/append", "/finalize", "STATUS", "metadata", "subtitles"):
        for status in (500, 502, 503, 504):
            fake.fault(path, "answer", (status, {"title": "Service Unavailable"}, at))
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.films()), len(fake.posts)) == (1, 1)


@pytest.mark.parametrize("path", ["users/me", "/append", "POST /2/tweets", "GET /2/tweets"])
def test_an_expired_token_is_renewed_once(promo: Path, ledger: Ledger, fake: FakeX, path: str) -> None:
    """Wherever it comes; a refresh token of X works once, so the new one is kept."""
    fake.on_request = lambda seen: fake.expire() if path in f"{seen.method} {seen.path}" and not fake.used else None
    ours = account(fake)
    assert published(promo, ledger, ours).state == "published"
    assert (fake.used, len(fake.posts), len(fake.films())) == ({"x-refresh-0001"}, 1, 1)
    kept = ours.vault.get("refresh")
    assert kept is not None
    assert kept.reveal() in fake.refresh


def test_a_lost_new_token_wants_a_new_sign_in(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """X has made new tokens that nobody heard of, and the old ones are used up: it is said, and nothing is out."""
    fake.expire()
    fake.fault("oauth2/token", "cut-after")
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, outcome.remedy, fake.posts) == ("failed", "make-promo login x", [])


def test_an_account_that_is_closed_is_told(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """With what to do, and nothing is posted."""
    fake.expire()
    fake.refresh.clear()
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, outcome.remedy) == ("failed", "make-promo login x")
    assert fake.posts == []


TOO_LONG = "This user is not allowed to post a video longer than 20 minutes."
NO_RIGHT = "Your client app is not configured with the appropriate oauth2 scopes for this endpoint."
LOCKED = "Your account is temporarily locked."


TWEET, BEGIN = "POST /2/tweets", "initialize"


@pytest.mark.parametrize(
    ("path", "told", "state", "remedy"),
    [
        (TWEET, problem(400, "text is invalid"), "refused", ""),
        (TWEET, problem(401, "Unauthorized"), "failed", "login x"),
        (TWEET, CREDITS, "failed", "buy credits"),
        (TWEET, DOUBLE, "refused", "change the words"),
        (TWEET, problem(403, TOO_LONG), "refused", "shorter"),
        (TWEET, problem(403, NO_RIGHT), "failed", "login x"),
        (TWEET, problem(403, "no", kind="https://api.x.com/2/problems/client-forbidden"), "failed", "login x"),
        (TWEET, problem(403, LOCKED), "failed", "look into the account"),
        (TWEET, problem(422, "cannot be done"), "refused", ""),
        (BEGIN, problem(400, "total_bytes is invalid"), "refused", ""),
        (BEGIN, CREDITS, "failed", "buy credits"),
        (BEGIN, problem(403, NO_RIGHT), "failed", "login x"),
    ],
)
def test_a_refusal_is_told_with_its_remedy(
    promo: Path, ledger: Ledger, fake: FakeX, path: str, told: Any, state: str, remedy: str
) -> None:
    """In X's own words; nothing is out, and when it is put right the post goes once."""
    ours = account(fake)
    fake.fault(path, "answer", (told.status, told.values), times=2 if told.status == 401 else 1)
    outcome = published(promo, ledger, ours)
    assert outcome.state == state, outcome
    assert remedy in outcome.remedy
    assert told.status == 401 or told.values["detail"] in outcome.words
    assert fake.posts == []
    assert published(promo, ledger, ours).state == "published"
    assert len(fake.posts) == 1


@pytest.mark.parametrize("what", ["subtitles", "tweet_image"])
def test_what_belongs_to_the_clip_must_be_taken(promo: Path, ledger: Ledger, fake: FakeX, what: str) -> None:
    """Subtitles or a cover that X refuses: the post does not go without them, and the film is not sent again."""

    def refuse(seen: Seen) -> None:
        if f'"{what}"'.encode() in seen.body and seen.path.endswith("initialize"):
            fake.fault("initialize", "answer", (400, _invalid("it is not good")))

    fake.on_request = refuse
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, "it is not good" in outcome.words, fake.posts) == ("refused", True, [])
    fake.on_request = None
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.films()), fake.count("/2/media/metadata")) == (1, 1)  # each is paid for


@pytest.mark.parametrize("path", ["metadata", "subtitles"])
def test_a_film_that_is_gone_meanwhile_is_sent_anew(promo: Path, ledger: Ledger, fake: FakeX, path: str) -> None:
    """X no longer knows what the words belong to: the next run begins with a new upload."""
    fake.fault(f"/2/media/{path}", "answer", (404, problem(404, "Could not find media").values))
    assert published(promo, ledger, account(fake)).state == "failed"
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.films()), len(fake.posts)) == (2, 1)


LOST = ["500-after", "cut-after"]
NEVER = ["500", "cut-before"]


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_is_looked_up(promo: Path, ledger: Ledger, fake: FakeX, how: str) -> None:
    """The film among the account's newest posts tells which is ours; it was read once."""
    fake.fault("POST /2/tweets", how)
    outcome = published(promo, ledger, account(fake))
    (post,) = fake.posts
    assert (outcome.state, outcome.address.rpartition("/")[2]) == ("published", post["id"])
    assert fake.count("/2/tweets", "POST") == 1
    assert fake.spent == [post["id"]] * 2  # found, and read back


@pytest.mark.parametrize("how", NEVER)
def test_what_never_arrived_is_sent_again(promo: Path, ledger: Ledger, fake: FakeX, how: str) -> None:
    """Nothing is among the account's posts: the very same is sent once more."""
    fake.fault("POST /2/tweets", how)
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.posts), fake.count("/2/tweets", "POST")) == (1, 2)


def test_an_older_version_of_the_reading_is_understood(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """X has changed the name under which one asks for fields; who does not know the new one is asked by the old."""
    fake.fields = "tweet.fields"
    fake.fault("POST /2/tweets", "cut-after")
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


def test_words_that_X_calls_a_double_are_looked_for(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """The post is out and not shown yet: sent again it is refused as a double, and then it is found."""
    fake.hides = 2
    fake.fault("POST /2/tweets", "cut-after")
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.posts), fake.count("/2/tweets", "POST")) == (1, 2)


def test_a_double_that_is_never_shown_is_a_question(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """X says that it is out and shows it nowhere: a person looks, and until then nothing is sent."""
    fake.hides = 99
    fake.fault("POST /2/tweets", "cut-after")
    outcome = published(promo, ledger, account(fake))
    assert outcome.state == "unsure"
    assert "--is-out" in outcome.remedy
    fake.hides = 0
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


@pytest.mark.parametrize("told", [problem(403, NO_RIGHT), CREDITS], ids=["403", "402"])
def test_where_reading_is_refused_a_person_decides(promo: Path, ledger: Ledger, fake: FakeX, told: Any) -> None:
    """Nothing is sent again until the person has looked."""
    fake.fault("POST /2/tweets", "cut-before")
    fake.fault(f"/2/users/{fake.me}/tweets", "answer", (told.status, told.values), times=9)
    outcome = published(promo, ledger, account(fake))
    assert outcome.state == "unsure", outcome
    assert published(promo, ledger, account(fake)).state == "unsure"
    assert fake.posts == []
    settle(ledger, outcome.code, out=False, who="A. Khan")
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


def test_the_same_words_with_another_film_are_a_question(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """Somebody has just posted them: a person says whether that is ours."""
    fake.doubles = False
    ours = account(fake)

    def by_hand(seen: Seen) -> None:
        if (seen.method, seen.path) == ("POST", "/2/tweets"):
            values = seen.values()
            film = fake.films()[0]
            fake.media["99"] = {**film, "called": "7_99"}
            fake.write({"text": values["text"], "media": {"media_ids": ["99"]}})

    fake.on_request = by_hand
    fake.fault("POST /2/tweets", "cut-before")
    outcome = published(promo, ledger, ours)
    assert outcome.state == "unsure"
    assert f"status/{fake.posts[0]['id']}" in outcome.words
    assert len(fake.posts) == 1


@pytest.mark.parametrize("ahead", [timedelta(hours=-3), timedelta(hours=3), timedelta(days=100)])
def test_a_wrong_clock_changes_nothing(promo: Path, ledger: Ledger, fake: FakeX, ahead: timedelta) -> None:
    """The post whose answer was lost is found whatever time it is here."""
    fake.fault("POST /2/tweets", "cut-after")
    fake.fault("GET /2/users/2244994945/tweets", "500", times=5)
    assert published(promo, ledger, account(fake), clock=Clock(ahead)).state == "unsure"
    assert published(promo, ledger, account(fake)).state == "published"
    assert len(fake.posts) == 1


def test_a_post_among_many_is_found(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """Page after page; where there are too many, nothing is concluded."""
    fake.fault("POST /2/tweets", "cut-after")
    fake.fault("GET /2/users/2244994945/tweets", "500", times=5)
    assert published(promo, ledger, account(fake)).state == "unsure"
    for number in range(30):
        fake.write({"text": f"Another post {number}."})
    (mine,) = (one for one in fake.posts if one["keys"])
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, outcome.address.rpartition("/")[2]) == ("published", mine["id"])


def test_a_post_that_may_be_among_too_many_is_a_question(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """A hundred posts since then, and ours is not among them: nothing is sent."""
    fake.fault("POST /2/tweets", "cut-before")
    fake.on_request = lambda seen: (
        [fake.write({"text": f"Post {number}."}) for number in range(120)] if seen.path == "/2/tweets" else None
    )
    outcome = published(promo, ledger, account(fake))
    assert outcome.state == "unsure"
    assert [one for one in fake.posts if one["keys"]] == []


def test_a_lost_post_whose_film_is_over_is_absent(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """Nobody can post a film that X has forgotten: other words may go at once, with a new upload."""
    fake.after_secs = 1200
    fake.fault("POST /2/tweets", "cut-before")
    fake.fault("GET /2/users/2244994945/tweets", "500", times=5)
    assert published(promo, ledger, account(fake)).state == "unsure"
    fake.media.clear()
    reworded(promo, "x.en", text=OTHER)
    assert published(promo, ledger, account(fake), clock=Clock(timedelta(minutes=20))).state == "published"
    assert (len(fake.posts), len(fake.films())) == (1, 1)


def test_a_change_while_it_may_still_appear_is_a_question(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """X keeps the same words from appearing twice, not other ones."""
    fake.fault("POST /2/tweets", "cut-before")
    fake.fault("GET /2/users/2244994945/tweets", "500", times=5)
    assert published(promo, ledger, account(fake)).state == "unsure"
    reworded(promo, "x.en", text=OTHER)
    assert published(promo, ledger, account(fake)).state == "unsure"
    assert fake.posts == []
    clock = Clock(timedelta(hours=2))
    assert published(promo, ledger, account(fake), clock=clock).state == "published"
    assert [one["written"] for one in fake.posts] == [OTHER]


@pytest.mark.parametrize("told", [(429, LIMIT), (400, _invalid("no")), (402, CREDITS.values)])
def test_a_refusal_after_a_lost_answer_proves_nothing(
    promo: Path, ledger: Ledger, fake: FakeX, told: tuple[int, Any]
) -> None:
    """The first call made the post, which is not shown yet; the second is refused for another reason: when it is seen,
    it is found, and nothing was sent in between."""
    fake.hides, fake.doubles = 4, False
    fake.fault("POST /2/tweets", "cut-after")
    fake.fault("POST /2/tweets", "answer", told)
    published(promo, ledger, account(fake))
    assert fake.count("/2/tweets", "POST") == 2
    assert published(promo, ledger, account(fake)).state == "published"
    assert (len(fake.posts), fake.count("/2/tweets", "POST")) == (1, 2)


def test_what_was_read_back_otherwise_is_told(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """A post without our film or with other words is out, and a fault is said."""
    made = fake.write

    def other(values: dict[str, Any]) -> dict[str, Any]:
        return made({**values, "text": "What is this?", "media": {"media_ids": []}})

    fake.write = other  # type: ignore[method-assign]
    outcome = published(promo, ledger, account(fake))
    assert outcome.state == "published with faults"
    assert "does not hold our clip" in outcome.words
    assert "not ours" in outcome.words


def test_a_post_that_is_gone_at_once_is_told(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """A 201 is no proof: what nobody can see is not published."""
    fake.on_request = lambda seen: fake.posts.clear() if seen.method == "GET" else None
    outcome = published(promo, ledger, account(fake))
    assert (outcome.state, "was not there" in outcome.words) == ("private only", True)


def test_a_protected_account_publishes_nothing(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """Its posts are for its followers alone, and that is what is said."""
    fake.protected = True
    assert published(promo, ledger, account(fake)).state == "private only"


def test_a_cover_that_is_gone_is_told(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """It was there when the folder was read, and is not when it is sent; a larger one than X takes is refused."""

    def remove(seen: Seen) -> None:
        if seen.path == "/2/media/subtitles":
            (promo / "x.en.jpg").unlink()

    (promo / "x.en.jpg").write_bytes(b"0" * 5_000_001)
    assert "the cover" in published(promo, ledger, account(fake)).words
    (promo / "x.en.jpg").write_bytes(b"picture")
    fake.on_request = remove
    assert published(promo, ledger, account(fake)).state == "refused"
    assert fake.posts == []


def test_what_cannot_be_read_back_now_is_read_back_later(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """A passing error or a limit: the post is out, and the next run sees it through. A refusal is told once."""
    fake.fault("GET /2/tweets", "answer", (429, LIMIT))
    assert published(promo, ledger, account(fake)).state == "processing"
    assert published(promo, ledger, account(fake)).state == "published"
    assert published(promo, ledger, account(fake)).state == "already published"
    reworded(promo, "x.en", text=OTHER)
    fake.fault("GET /2/tweets", "answer", (403, problem(403, "no").values))
    outcome = published(promo, ledger, account(fake), again=True)
    assert (outcome.state, outcome.address != "") == ("published with faults", True)
    assert len(fake.posts) == 2


def test_the_link_goes_in_a_reply_where_the_account_wants_it(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """The post has the other words and the film, the reply has the link, and it was not looked for in vain."""
    outcome = published(promo, ledger, account(fake, links="reply"))
    assert outcome.state == "published", outcome
    (root,), (reply,) = fake.roots(), fake.replies()
    assert root["written"] == "Five gentle miles & a pond.\n\n#WalkBrent"
    assert reply["written"].startswith(f"More: {LINK}?utm_source=x")
    assert (reply["root"], reply["keys"]) == (root["id"], [])
    assert fake.count("/2/users/2244994945/tweets") == 0


def test_the_link_is_left_out_where_the_account_wants_it(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """And nothing else is."""
    assert published(promo, ledger, account(fake, links="none")).state == "published"
    assert [one["written"] for one in fake.posts] == ["Five gentle miles & a pond.\n\n#WalkBrent"]


@pytest.mark.parametrize("how", [*LOST, *NEVER, "429", "402"])
def test_a_reply_is_sent_once_and_missed_when_it_is_not_there(
    promo: Path, ledger: Ledger, fake: FakeX, how: str
) -> None:
    """Its answer lost, it is looked for; not there or held back for now, a later run looks and sends it; refused, it is
    a fault. Never are there two."""
    ours = account(fake, links="reply")

    def lose(seen: Seen) -> None:
        if seen.path == "/2/tweets" and b"in_reply_to" in seen.body:
            fake.on_request = None
            if how == "402":
                fake.fault("POST /2/tweets", "answer", (402, CREDITS.values))
            else:
                fake.fault("POST /2/tweets", how)

    fake.on_request = lose
    state = published(promo, ledger, ours).state
    assert state == ("published" if how in LOST else "published with faults" if how == "402" else "processing")
    again = published(promo, ledger, ours, clock=Clock(timedelta(hours=1)))
    assert again.state == ("published" if state == "processing" else "already published")
    assert (len(fake.roots()), len(fake.replies())) == (1, 0 if how == "402" else 1)


@pytest.mark.parametrize("how", ["cut-before", "cut-after"])
def test_a_reply_is_looked_for_when_the_post_is_read_again(promo: Path, fake: FakeX, how: str) -> None:
    """Also by the one who made the post; a post of its own with the same link is no reply."""
    (one,) = candidates(promo)
    assert one.post
    clock = Clock()
    network = X(account(fake, links="reply"), Door(), Pace(sleep=clock.sleep, clock=clock))
    network.open()
    frozen = network.freeze(one.post, network.prepare(one.post, {}, lambda _: None), "1")
    remote = network.go(frozen)
    fake.hides, fake.doubles = 1, False
    fake.fault("POST /2/tweets", how)
    fake.write({"text": f"Another walk: {frozen['reply'].split()[-1]}"})
    assert [network.proof(frozen, remote).shown for _ in range(2)] == ["processing", "published"]
    assert len(fake.replies()) == 1


def test_a_reply_that_nobody_can_look_for_is_not_sent(promo: Path, ledger: Ledger, fake: FakeX) -> None:
    """An earlier run was cut off and may have replied: without reading, nobody replies again."""
    ours = account(fake, links="reply")
    fake.fault("GET /2/tweets", "500", times=5)  # the reply comes after the reading
    assert published(promo, ledger, ours).state == "processing"
    fake.fault("GET /2/users/2244994945/tweets", "answer", (403, problem(403, "no").values))
    outcome = published(promo, ledger, ours)
    assert (outcome.state, "nobody can say" in outcome.words) == ("published with faults", True)
    assert fake.replies() == []


@pytest.mark.parametrize(
    ("settings", "text", "words"),
    [
        ({"links": "reply"}, f"See {LINK} for more.", "inside a sentence"),
        ({"links": "none"}, LINK, "inside a sentence"),
        ({"links": "nowhere"}, TEXT, 'setting `links` is "nowhere"'),
        ({"reply_settings": "friends"}, TEXT, "mentionedUsers"),
        ({"made_with_ai": "perhaps"}, TEXT, "yes, no"),
    ],
)
def test_what_cannot_be_done_as_wanted_is_refused(
    promo: Path, ledger: Ledger, fake: FakeX, settings: dict[str, str], text: str, words: str
) -> None:
    """Before a byte is sent."""
    reworded(promo, "x.en", text=text)
    outcome = published(promo, ledger, account(fake, **settings))
    assert (outcome.state, words in outcome.words) == ("refused", True), outcome
    assert [one.path for one in fake.requests] == ["/2/users/me"]


def test_a_language_without_a_short_code_is_refused(tmp_path: Path, ledger: Ledger, fake: FakeX, film: bytes) -> None:
    """X has no name for its subtitles; a longer code of a language that has a short one is taken."""
    clip(tmp_path / "fryent", "x", "sco", data=film, size=(64, 48))
    assert "sco" in published(tmp_path / "fryent", ledger, account(fake)).words
    clip(tmp_path / "other", "x", "cym", data=film, size=(64, 48))
    assert published(tmp_path / "other", ledger, account(fake)).state == "published"
    assert fake.films()[0]["subtitles"]["language_code"] == "CY"


@pytest.mark.parametrize(
    ("links", "told"),
    [
        ("text", "about $0.205: $0.20 the post, because it has a link, $0.005 its alternative text"),
        ("reply", "about $0.22: $0.015 the post, $0.20 the reply with the link, $0.005 its alternative text"),
        ("none", "about $0.02: $0.015 the post, $0.005 its alternative text"),
    ],
)
def test_the_cost_is_known_before(promo: Path, fake: FakeX, links: str, told: str) -> None:
    """By what will be sent, and without asking anybody."""
    (one,) = candidates(promo)
    assert one.post
    assert told in X(account(fake, links=links), Door(), Pace()).costs(one.post)
    assert X(account(fake, links="none"), Door(), Pace()).costs(replace(one.post, text=LINK)) == ""
    assert fake.requests == []


def test_a_dry_run_shows_what_would_be_sent(promo: Path, tmp_path: Path, fake: FakeX) -> None:
    """Nothing leaves the computer; the words, the parts and the subtitles are there to be read."""
    into = tmp_path / "dry"
    (outcome,) = rehearsed(promo, into, account(fake))
    assert (outcome.state, fake.requests) == ("rehearsed", [])
    folder = into / "fryent" / "x.en"
    (sent,) = folder.glob("*-POST-2-tweets.json")
    assert json.loads(sent.read_text("utf-8"))["json"]["text"].startswith("Five gentle miles & a pond.")
    assert "Barn Hill pond" in "".join(path.read_text("utf-8") for path in folder.glob("*-append.json"))
    assert TOKEN not in "".join(path.read_text("utf-8") for path in folder.iterdir())


def test_no_secret_is_said_anywhere(
    promo: Path, tmp_path: Path, ledger: Ledger, fake: FakeX, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in logs, outcomes, the ledger or any file, also when X repeats what it was sent."""
    caplog.set_level(logging.DEBUG)
    ours = account(fake)
    fake.expire()
    fake.fault("POST /2/tweets", "answer", (403, problem(403, "no x-access-0002-abcdef x-refresh-0002").values))
    outcomes = [published(promo, ledger, ours)]
    fake.fault("POST /2/tweets", "answer", (400, _invalid(f"no {'a1' * 40} x-access-0002-abcdef")))
    outcomes += [published(promo, ledger, ours), published(promo, ledger, ours)]
    assert [one.state for one in outcomes] == ["failed", "refused", "published"]
    assert outcomes[1].words.endswith("no ••• •••")
    said = caplog.text + repr(outcomes[:1]) + repr(outcomes[2]) + repr(ours)
    assert_unsaid(said, tmp_path, "x-access-0002", "x-refresh-")


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize(("links", "hours", "every"), [("reply", 0, 2), ("text", 2, 5), ("reply", 48, 7)])
def test_killed_at_any_call_it_is_posted_once(
    promo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, film: bytes, links: str, hours: int, every: int
) -> None:
    """Killed before, during or after any call of a post, and run again, at once, hours later or when X has forgotten
    the uploads: one post, and one reply where one belongs."""
    monkeypatch.setattr(x_upload, "SEGMENT", len(film) // 2 + 1)

    def start(folder: Path) -> Stage:
        server, ledger, turns = FakeX(polls=1), Ledger(folder / "ledger.sqlite"), folder / "turns"
        server.doubles = False  # nothing but our own care keeps it from appearing twice
        vault = DiskVault(folder / "vault.json", access=TOKEN, refresh="x-refresh-0001")
        replies = 1 if links == "reply" else 0

        def run() -> list[str]:
            with turns.open("a") as stream:
                stream.write(".")
            clock = Clock(timedelta(hours=hours) * turns.stat().st_size)
            return [published(promo, ledger, account(server, vault, links=links), clock).state]

        def posts() -> int:
            return len(server.roots()) if len(server.replies()) == replies else -1

        return Stage(servers=[server], run=run, posts=posts)

    cells = posted_once_wherever_it_dies(start, tmp_path / "cells", every=every)
    assert cells >= 50 // every
