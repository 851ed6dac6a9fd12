"""YouTube and Shorts against a server that behaves as YouTube's documents say: uploaded once, public by one call."""

from __future__ import annotations

import hashlib
import json
import logging
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from promo_folders import clip, reworded
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_networks import FakeServer, Reply, Seen
from system.fake_youtube import STEP, FakeYouTube, error
from system.posting import Clock, assert_unsaid, film_of, published
from test_youtube_contract import wrong_answer

from pipeline.accounts import Account, MemoryVault, Vault
from pipeline.http_door import Answer, Door, Request
from pipeline.ledger import Ledger
from pipeline.posts import Captions, Post
from pipeline.publishers import Failure, Pace
from pipeline.publishers import youtube_upload as upload
from pipeline.publishers import youtube_words as words
from pipeline.publishers.youtube import YouTube, rehearsal
from pipeline.publishers.youtube_answers import midnight_there
from pipeline.secret import Secret

LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = f"Five gentle miles.\n\nMore: {LINK} #WalkBrent"
JPEG = b"\xff\xd8\xff\xe0 a cover"
SRT = b"1\n00:00:00,000 --> 00:00:02,000\nBarn Hill pond\n"
ACCESS, REFRESH = "ya29-access-0001", "1//refresh-word"
MIB = 1 << 20


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One second of full size, as YouTube wants it."""
    return film_of(tmp_path_factory.mktemp("film") / "film.mp4", (1920, 1080), 1)


@pytest.fixture(scope="module")
def large(film: bytes) -> bytes:
    """The film, made 11.8 MB long by a box that players leave out."""
    count = 11_800_000 - len(film)
    noise = b"".join(hashlib.sha256(struct.pack("I", number)).digest() for number in range(4096)) * (
        count // 131_072 + 1
    )
    return film + struct.pack(">I4s", count, b"free") + noise[: count - 8]


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    return folder_with(tmp_path, film)


@pytest.fixture
def tube() -> Iterator[FakeYouTube]:
    server = FakeYouTube()
    yield server
    server.stop()


def folder_with(tmp_path: Path, data: bytes) -> Path:
    folder = tmp_path / "promo" / "fryent"
    clip(folder, "youtube", data=data, size=(1920, 1080), text=TEXT)
    (folder / "youtube.en.jpg").write_bytes(JPEG)
    reworded(folder, "youtube.en", link=LINK, title="Fryent Country Park", hashtags=["WalkBrent"])
    return folder


def account(tube: FakeYouTube, vault: Vault | None = None, **settings: str) -> Account:
    vault = vault or MemoryVault({"access": Secret(ACCESS), "refresh": Secret(REFRESH)})
    bases = {"api": tube.url, "upload": tube.url, "oauth": tube.url, "client_id": "our-app"}
    return Account(
        service="youtube",
        server="https://www.googleapis.com",
        name="Walks",
        settings={**bases, **settings},
        vault=vault,
    )


def network(tube: FakeYouTube, clock: Clock | None = None, **settings: str) -> YouTube:
    clock = clock or Clock()
    made = YouTube(account(tube, **settings), Door(connect_s=2), Pace(sleep=clock.sleep, clock=clock, polls=20))
    made.open()
    return made


def post_at(folder: Path, **more: Any) -> Post:
    """A post as it is handed to the network."""
    path, cover = folder / "any.mp4", folder / "any.jpg"
    path.write_bytes(b"a film" * 1000)
    cover.write_bytes(JPEG)
    made = Post(
        promo="fryent", platform="youtube", service="youtube", lang="en", clip=path, bytes=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(), width=64, height=48, duration=Fraction(2), text=TEXT,
        alt="A pond.", title="Fryent Country Park", hashtags=("WalkBrent",), cover=cover, cover_sha256="c" * 64,
        captions=Captions(lang="en", vtt=b"WEBVTT\n", srt=SRT),
    )  # fmt: skip
    return replace(made, **more)


def keep_nothing(_: Any) -> None:
    pass


# --- what is published


def test_youtube_gets_all_that_belongs_to_the_clip(promo: Path, ledger: Ledger, tube: FakeYouTube, film: bytes) -> None:
    """The video holds the film, title, words, tags, languages, subtitles and cover, and only the last call shows it."""
    seen = watched(tube)
    outcome = published(promo, ledger, account(tube))
    assert outcome.state == "published", outcome
    (video,) = tube.public
    assert outcome.address == f"https://www.youtube.com/watch?v={video.id}"
    assert video.data == film
    said = video.snippet
    assert (said["title"], said["categoryId"]) == ("Fryent Country Park", "19")
    assert (said["defaultLanguage"], said["defaultAudioLanguage"]) == ("en", "en")
    assert "utm_source=youtube" in said["description"]
    assert said["tags"][1:] == ["WalkBrent"]
    assert video.status == {
        "privacyStatus": "public", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": False,
        "license": "youtube", "embeddable": True, "publicStatsViewable": True,
    }  # fmt: skip
    ((name, track),) = video.captions.items()
    assert (track["language"], track["status"], track["isDraft"]) == ("en", "serving", False)
    assert video.words[name].encode() == (promo / "youtube.en.srt").read_bytes()
    assert video.cover == JPEG
    assert tube.leaks == []
    assert seen[-1:] == ["PUT /youtube/v3/videos"]
    assert tube.requests[[one.path for one in tube.requests].index("/upload/youtube/v3/videos")].query[
        "notifySubscribers"
    ] == "true"  # fmt: skip


def watched(tube: FakeYouTube) -> list[str]:
    """The calls during which something became public, in order."""
    found: list[str] = []

    def note(seen: Seen) -> None:
        found.append(f"{seen.method} {seen.path}") if not tube.public else None

    tube.on_request = note
    return found


def test_the_fake_answers_as_youtube_does(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """Its answers have the fields and values of Google's description."""
    answer, odd, count = tube.answer, [], 0

    def noted(seen: Seen) -> Reply:
        nonlocal count
        reply = answer(seen)
        if reply.status == 200 and reply.values:
            count += 1
            verb = "POST" if "upload_id" in seen.query else seen.method  # an upload ends with its video
            odd.extend(wrong_answer(verb, seen.path, reply.values))
        return reply

    tube.answer = noted  # type: ignore[method-assign]
    tube.fault("POST /upload/youtube/v3/captions", "cut-after")
    assert published(promo, ledger, account(tube)).state == "published"
    assert odd == []
    assert count >= 10


def test_a_short_has_its_own_address_and_its_cover_last(tmp_path: Path, tube: FakeYouTube) -> None:
    """YouTube takes the cover of a Short only when it has worked on it: the server refuses it before."""
    tube.polls = 4
    post = post_at(tmp_path, platform="youtube-short", width=48, height=64)
    there = network(tube)
    frozen = there.freeze(post, there.prepare(post, {}, keep_nothing), "1")
    proof = there.proof(frozen, there.go(frozen))
    (video,) = tube.public
    assert (proof.address, proof.shown) == (f"https://www.youtube.com/shorts/{video.id}", "published")
    assert (proof.faults, video.cover) == ((), JPEG)


def test_a_second_run_sends_nothing(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """What is out is known, wherever the folder lies now; the upload's address is forgotten."""
    given = account(tube)
    first = published(promo, ledger, given)
    begun = len([one for one in tube.requests if one.method != "GET"])
    second = published(promo.rename(promo.with_name("moved")), ledger, given)
    assert (second.state, second.address) == ("already published", first.address)
    assert len([one for one in tube.requests if one.method != "GET"]) == begun
    assert kept_names(given) == {"access", "refresh"}


def kept_names(given: Account) -> set[str]:
    return set(vars(given.vault)["_secrets"])


def test_settings_are_heard(tmp_path: Path, tube: FakeYouTube) -> None:
    """Category, children, artificial voices and subscribers; a setting that says something else is told."""
    post = post_at(tmp_path)
    there = network(tube, category="25", made_for_kids="yes", synthetic_media="Yes", notify_subscribers="no")
    there.go(there.freeze(post, there.prepare(post, {}, keep_nothing), "1"))
    (video,) = tube.public
    assert video.snippet["categoryId"] == "25"
    assert (video.status["selfDeclaredMadeForKids"], video.status["containsSyntheticMedia"]) == (True, True)
    assert {one.query.get("notifySubscribers") for one in tube.requests} == {None, "false"}
    for name, value in (("category", "travel"), ("privacy", "secret"), ("made_for_kids", "perhaps")):
        with pytest.raises(Failure, match=value):
            network(tube, **{name: value})


def test_another_channel_is_not_posted_to(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """A sign-in for another channel than the chosen one, or for none, posts nothing."""
    assert published(promo, ledger, account(tube, channel="UCanother")).state == "failed"
    tube.has_channel = False
    outcome = published(promo, ledger, account(tube))
    assert (outcome.state, tube.videos) == ("failed", {})
    assert "channel" in outcome.remedy


# --- the upload

FAULTS: dict[str, Callable[[FakeYouTube], None]] = {
    "503 once": lambda tube: tube.part_faults.extend([("answer", (503,))]),
    "503 three times": lambda tube: tube.part_faults.extend([("answer", (503,))] * 3),
    "a reset": lambda tube: tube.breaks.extend([(0, "cut", None)]),
    "a cut after 5 MB": lambda tube: tube.breaks.extend([(5_000_000, "cut", None)]),
    "503 after 3 MB": lambda tube: tube.breaks.extend([(3_000_000, "answer", 503)]),
    "reset, 429, 503": lambda tube: (
        tube.breaks.extend([(1_000_000, "cut", None)]),
        tube.part_faults.extend([("answer", (429, None, {"Retry-After": "2"})), ("answer", (503,))]),
    )[0],
    "the last answer lost": lambda tube: tube.fault("PUT /upload", "cut-after"),
    "the last answer is 500": lambda tube: tube.fault("PUT /upload", "500-after", times=2),
    "a stall": lambda tube: tube.breaks.extend([(2_000_000, "stall", 0.6)]),
    "a slow end": lambda tube: setattr(tube, "slow_end", 3),
    "seven cuts": lambda tube: tube.breaks.extend([(900_000, "cut", None)] * 7),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_film_arrives_whole_whatever_happens(
    tmp_path: Path, ledger: Ledger, tube: FakeYouTube, large: bytes, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, by one upload, and only what was lost is sent again."""
    monkeypatch.setattr(upload, "PART_ANSWER_S", 0.4)
    FAULTS[fault](tube)
    outcome = published(folder_with(tmp_path, large), ledger, account(tube))
    assert outcome.state == "published", outcome
    ((_, video),) = tube.videos.items()
    assert hashlib.md5(video.data).digest() == hashlib.md5(large).digest()
    assert len(tube.sessions) == 1
    again = tube.bytes_in - len(large)
    assert again <= 7 * STEP if fault == "seven cuts" else again <= 3 * upload.PART, again
    assert not tube._faults
    assert not tube.breaks
    assert not tube.part_faults
    assert tube.slow_end == 0


def test_a_cut_upload_goes_on_in_the_next_run(tmp_path: Path, ledger: Ledger, tube: FakeYouTube, large: bytes) -> None:
    """What has arrived is not sent again: all together less than one step more than the film."""
    promo, given = folder_with(tmp_path, large), account(tube)
    tube.breaks += [(9_000_000, "cut", None)]
    tube.fault("PUT /upload", "500", times=5)
    assert published(promo, ledger, given).state == "failed"
    assert (tube.videos, tube.bytes_in) == ({}, upload.PART)
    assert published(promo, ledger, given).state == "published"
    assert len(tube.sessions) == 1
    assert tube.bytes_in == len(large)


def test_the_address_of_the_upload_is_kept_before_the_first_byte(
    promo: Path, ledger: Ledger, tube: FakeYouTube
) -> None:
    """In the account's vault, and never in the ledger."""
    given = account(tube)
    kept: list[bool] = []
    tube.on_request = lambda seen: (
        kept.append(any(name.startswith("session ") for name in kept_names(given))) if seen.method == "PUT" else None
    )
    assert published(promo, ledger, given).state == "published"
    assert kept[0]
    assert all(name.encode() not in ledger.path.read_bytes() for name in tube.sessions)


@pytest.mark.parametrize("status", [404, 410])
def test_an_upload_that_is_forgotten_begins_anew(
    promo: Path, ledger: Ledger, tube: FakeYouTube, film: bytes, status: int
) -> None:
    """The session of an earlier run is over: a new one is begun at once, and there is one video."""
    given = account(tube)
    tube.fault("PUT /upload", "500", times=5)
    assert published(promo, ledger, given).state == "failed"
    tube.fault("PUT /upload", "answer", (status,))
    assert published(promo, ledger, given).state == "published"
    assert len(tube.sessions) == 2
    assert [one.data for one in tube.videos.values()] == [film]


def test_an_upload_that_is_forgotten_while_it_is_sent_is_begun_anew_later(
    promo: Path, ledger: Ledger, tube: FakeYouTube
) -> None:
    """Nothing is kept of it; the next run uploads."""
    given = account(tube)
    tube.fault("PUT /upload", "answer", (404,))
    outcome = published(promo, ledger, given)
    assert (outcome.state, kept_names(given)) == ("failed", {"access", "refresh"})
    assert published(promo, ledger, given).state == "published"


@pytest.mark.parametrize(("lists", "videos"), [(True, 1), (False, 2)])
def test_an_upload_whose_address_is_lost_is_found_by_its_mark(
    promo: Path, ledger: Ledger, tube: FakeYouTube, lists: bool, videos: int
) -> None:
    """Of an account from environment variables nothing outlives the process: the video is found among the newest; if
    YouTube does not list it yet it is uploaded again, but only one is ever shown."""
    tube.lists = lists
    tube.fault("PUT /upload", "cut-after")
    tube.fault("PUT /upload", "500", times=4)
    assert published(promo, ledger, account(tube)).state == "failed"
    assert published(promo, ledger, account(tube)).state == "published"
    assert (len(tube.videos), len(tube.public)) == (videos, 1)


def test_a_broken_copy_is_not_taken_for_ours(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """The video with our mark on which YouTube gave up is left, and the clip uploaded anew."""
    tube.outcome = {"uploadStatus": "failed", "failureReason": "uploadAborted"}
    assert published(promo, ledger, account(tube)).state == "failed"
    tube.outcome = {}
    (broken,) = tube.videos.values()
    broken.status |= {"uploadStatus": "failed"}
    # The fake tells a state of its own for each video from now on.
    shown = tube._shown
    tube._shown = lambda video, parts: _with(shown(video, parts), video is broken)  # type: ignore[method-assign]
    assert published(promo, ledger, account(tube)).state == "published"
    assert len(tube.videos) == 2


def _with(told: dict[str, Any], broken: bool) -> dict[str, Any]:
    if broken:
        told["status"] |= {"uploadStatus": "failed", "failureReason": "uploadAborted"}
    return told


def test_a_lost_ledger_posts_nothing_twice(promo: Path, tmp_path: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """What is public already is found by its mark; it is neither uploaded again nor hidden for a later time."""
    assert published(promo, ledger, account(tube)).state == "published"
    other, clock = Ledger(tmp_path / "other" / "ledger.sqlite"), Clock()
    outcome = published(promo, other, account(tube), clock=clock, at=clock() + timedelta(days=2))
    assert outcome.state == "published", outcome
    assert (len(tube.videos), len(tube.public)) == (1, 1)


def test_a_token_that_runs_out_in_the_middle_is_renewed_once(
    tmp_path: Path, ledger: Ledger, tube: FakeYouTube, large: bytes
) -> None:
    """The part is sent again with the new one, and the film is whole."""
    given = account(tube)
    tube.part_faults = [("answer", (308, None, {}))]
    tube.on_request = lambda seen: (
        setattr(tube, "access", "ya29-not-this") if tube.bytes_in and not tube.renewed else None
    )
    outcome = published(folder_with(tmp_path, large), ledger, given)
    assert outcome.state == "published", outcome
    assert tube.renewed == 1
    kept = given.vault.get("access")
    assert kept is not None
    assert kept.reveal() == tube.access
    assert [one.data for one in tube.videos.values()] == [large]


class Storage(FakeServer):
    """Another host that takes uploads for YouTube."""

    def __init__(self, tube: FakeYouTube) -> None:
        super().__init__()
        self.tube = tube

    def answer(self, seen: Seen) -> Reply:
        if seen.headers["Authorization"]:
            self.leaks.append(seen.path)
        return self.tube._part(seen)


def test_no_token_goes_to_another_host(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """The address of an upload carries its own permission: where it lies elsewhere the account's stays here."""
    tube.storage = Storage(tube)
    try:
        assert published(promo, ledger, account(tube)).state == "published"
        assert (tube.storage.count("/upload"), tube.storage.leaks) == (1, [])
    finally:
        tube.storage.stop()


# --- subtitles, cover, processing


def test_subtitles_wait_until_the_video_is_known(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """YouTube may not know its new video for a while; longer than that is gone on with later, without an upload."""
    tube.unknown, tube.lists = 3, False
    assert published(promo, ledger, account(tube)).state == "published"
    reworded(promo, "youtube.en", title="Another title")
    tube.unknown = 25
    assert published(promo, ledger, account(tube), again=True).state == "processing"
    assert published(promo, ledger, account(tube), again=True).state == "published"
    assert (len(tube.videos), tube.count("/upload/youtube/v3/videos", "POST")) == (2, 2)


def test_subtitles_that_are_there_are_replaced(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """Their track was made and its answer lost: it is found, and updated."""
    tube.fault("POST /upload/youtube/v3/captions", "cut-after")
    assert published(promo, ledger, account(tube)).state == "published"
    (video,) = tube.public
    assert [one["language"] for one in video.captions.values()] == ["en"]
    assert (tube.count("captions", "POST"), tube.count("captions", "PUT")) == (2, 1)


def test_what_the_video_lacks_is_told(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """A 200 is no proof: other words, a title that was changed and subtitles that are not there are named."""
    tube.fault("POST /upload/youtube/v3/captions", "answer", (200, {"id": "track-9"}))

    def changed(seen: Seen) -> None:
        for video in tube.public:
            video.snippet |= {"title": "Other", "description": "Other"}

    tube.on_request = changed
    outcome = published(promo, ledger, account(tube))
    assert outcome.state == "published with faults"
    for lack in ("title", "description", "subtitles"):
        assert lack in outcome.words
    assert published(promo, ledger, account(tube)).state == "already published"


def test_subtitles_that_youtube_cannot_read_are_told(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """It takes any file for subtitles, and says only later that it is none."""
    (promo / "youtube.en.srt").write_bytes(b"no subtitles")
    outcome = published(promo, ledger, account(tube))
    assert (outcome.state, "could not read the subtitles" in outcome.words) == ("published with faults", True)


def test_a_channel_without_covers_publishes_without(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """The cover needs a verified channel: its lack is told, and keeps nothing back."""
    tube.verified = False
    outcome = published(promo, ledger, account(tube))
    assert (outcome.state, len(tube.public)) == ("published with faults", 1)
    assert "youtube.com/verify" in outcome.words


def test_slow_work_is_gone_on_with(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """While YouTube works the post is `processing` and nothing public; the next run uploads nothing again."""
    tube.polls = 30
    given = account(tube)
    assert published(promo, ledger, given).state == "processing"
    assert tube.public == []
    assert published(promo, ledger, given).state == "published"
    assert (tube.count("/upload/youtube/v3/videos", "POST"), tube.count("captions", "POST")) == (1, 1)


NO_GOOD = [
    *(({"uploadStatus": "failed", "failureReason": one}, "refused", 2)
      for one in ("conversion", "invalidFile", "emptyFile", "tooSmall", "codec")),
    ({"uploadStatus": "failed", "failureReason": "uploadAborted"}, "failed", 2),
    *(({"processingStatus": "failed", "processingFailureReason": one}, "refused", 2)
      for one in ("transcodeFailed", "streamingFailed")),
    ({"processingStatus": "failed", "processingFailureReason": "uploadFailed"}, "failed", 2),
    ({"processingStatus": "terminated"}, "failed", 2),
    ({"uploadStatus": "deleted"}, "failed", 2),
    *(({"uploadStatus": "rejected", "rejectionReason": one}, "refused", 1)
      for one in ("copyright", "inappropriate", "duplicate", "termsOfUse", "length", "claim", "trademark", "legal")),
    ({"uploadStatus": "rejected", "rejectionReason": "uploaderAccountSuspended"}, "failed", 1),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "state", "uploads"), NO_GOOD)
def test_a_video_of_which_nothing_comes_is_told(
    promo: Path, ledger: Ledger, tube: FakeYouTube, outcome: dict[str, str], state: str, uploads: int
) -> None:
    """With YouTube's reason, and nothing is public. What YouTube could not read is uploaded anew by the next run; what
    it has rejected is not."""
    tube.outcome = outcome
    found = published(promo, ledger, account(tube))
    assert (found.state, tube.public) == (state, []), found
    reason = outcome.get("rejectionReason")
    assert (reason in found.words) if reason else ("YouTube" in found.words or "deleted" in found.words)
    published(promo, ledger, account(tube))
    assert tube.count("/upload/youtube/v3/videos", "POST") == uploads


@pytest.mark.parametrize("stage", ["subtitles", "work"])
def test_a_video_that_was_deleted_by_hand_is_uploaded_anew(
    promo: Path, ledger: Ledger, tube: FakeYouTube, stage: str
) -> None:
    """It is told first; one that has just come and is not listed yet is waited for instead."""
    tube.polls, tube.unknown = (30, 0) if stage == "work" else (1, 25)
    clock = Clock()
    assert published(promo, ledger, account(tube), clock=clock).state == "processing"
    tube.videos.clear()
    clock.sleep(3600)
    outcome = published(promo, ledger, account(tube), clock=clock)
    assert (outcome.state, "gone" in outcome.words) == ("failed", True)
    tube.polls, tube.unknown = 1, 0
    assert published(promo, ledger, account(tube), clock=clock).state == "published"
    assert len(tube.public) == 1


# --- errors and limits

KINDS = [
    (400, "invalidTitle", "fix"), (400, "invalidDescription", "fix"), (400, "invalidTags", "fix"),
    (400, "invalidCategoryId", "fix"), (400, "invalidPublishAt", "fix"), (400, "mediaBodyRequired", "fix"),
    (400, "invalidImage", "fix"), (400, "imageTooTall", "fix"), (400, "imageTooWide", "fix"),
    (400, "uploadLimitExceeded", "wait"), (403, "quotaExceeded", "wait"), (403, "rateLimitExceeded", "wait"),
    (403, "userRateLimitExceeded", "wait"), (429, "uploadRateLimitExceeded", "wait"),
    (401, "youtubeSignupRequired", "account"), (403, "forbidden", "account"), (403, "accessNotConfigured", "account"),
    (403, "insufficientPermissions", "sign-in"), (403, "somethingNew", "account"), (400, "somethingNew", "fix"),
    (503, "backendError", "again"), (500, "", "again"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "reason", "kind"), KINDS)
def test_every_error_says_what_to_do(tmp_path: Path, tube: FakeYouTube, status: int, reason: str, kind: str) -> None:
    """While preparing and in the public call; its words are YouTube's own, and nothing is public."""
    there, post = network(tube), post_at(tmp_path)
    said = error(status, reason, f"No: {reason}")
    given = (said.status, said.values if reason else None)
    tube.fault("POST /upload/youtube/v3/videos", "answer", given, times=5)
    with pytest.raises(Failure) as failure:
        there.prepare(post, {}, keep_nothing)
    assert failure.value.kind == kind
    assert reason in str(failure.value)
    assert (failure.value.until is not None) == (kind == "wait")
    tube._faults.clear()
    frozen = there.freeze(post, there.prepare(post, {}, keep_nothing), "1")
    tube.fault("PUT /youtube/v3/videos", "answer", given, times=5)
    with pytest.raises(Failure) as failure:
        there.go(frozen)
    assert failure.value.kind == ("unknown" if status >= 500 else kind)
    assert tube.public == []


def test_no_refresh_word_means_a_new_sign_in(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """A revoked one too; nothing is posted, and the officer is told how."""
    tube.access, tube.refresh = "ya29-revoked", "1//another"
    for vault in (None, MemoryVault({"access": Secret(ACCESS)}), MemoryVault()):
        outcome = published(promo, ledger, account(tube, vault))
        assert (outcome.state, tube.videos) == ("failed", {})
        assert "make-promo login youtube" in outcome.remedy


@pytest.mark.parametrize(("reason", "status"), [("quotaExceeded", 403), ("uploadLimitExceeded", 400)])
def test_a_full_quota_waits_for_midnight_in_california(
    promo: Path, ledger: Ledger, tube: FakeYouTube, reason: str, status: int
) -> None:
    """No call until then; then it goes on, and uploads nothing again."""
    clock, given = Clock(at=datetime(2026, 11, 22, 21, 30, tzinfo=UTC)), account(tube)
    said = error(status, reason)
    tube.fault("PUT /youtube/v3/videos", "answer", (said.status, said.values))
    outcome = published(promo, ledger, given, clock=clock)
    assert (outcome.state, outcome.until) == ("waiting", datetime(2026, 11, 23, 8, tzinfo=UTC))
    calls = len(tube.requests)
    assert published(promo, ledger, given, clock=clock).state == "waiting"
    assert len(tube.requests) == calls
    clock.sleep(11 * 3600)
    assert published(promo, ledger, given, clock=clock).state == "published"
    assert len(tube.sessions) == 1


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-22T07:59:59", "2026-11-22T08:00:00"),
        ("2026-11-22T08:00:00", "2026-11-23T08:00:00"),
        ("2026-07-01T06:59:59", "2026-07-01T07:00:00"),
        ("2026-07-01T12:00:00", "2026-07-02T07:00:00"),
        ("2026-03-08T09:00:00", "2026-03-09T07:00:00"),  # the day of 23 hours
        ("2026-11-01T08:00:00", "2026-11-02T08:00:00"),  # the day of 25 hours
    ],
)
def test_midnight_in_california_knows_its_clock_changes(now: str, until: str) -> None:
    """Whatever the clock says here."""
    at = datetime.fromisoformat(f"{now}+00:00")
    assert midnight_there(at) == datetime.fromisoformat(f"{until}+00:00")
    assert midnight_there(at.astimezone(tz=None)) == datetime.fromisoformat(f"{until}+00:00")


@pytest.mark.parametrize("path", ["GET /youtube/v3/channels", "PUT /upload", "captions", "PUT /youtube/v3/videos"])
@pytest.mark.parametrize(("how", "minutes"), [("429-seconds", 15), ("429-date", 15), ("429", 15)])
def test_a_limit_makes_the_account_wait(
    promo: Path, ledger: Ledger, tube: FakeYouTube, how: str, minutes: int, path: str
) -> None:
    """With and without Retry-After: left alone until then, without a call, and then it goes on."""
    clock, given = Clock(), account(tube)
    tube.fault(path, how, 900, times=5 if how == "429" else 1)
    outcome = published(promo, ledger, given, clock=clock)
    assert outcome.state == "waiting", outcome
    assert outcome.until is not None
    assert timedelta(minutes=minutes - 1) < outcome.until - clock() <= timedelta(minutes=minutes)
    calls = len(tube.requests)
    assert published(promo, ledger, given, clock=clock).state == "waiting"
    assert len(tube.requests) == calls
    clock.sleep(1000)
    assert published(promo, ledger, given, clock=clock).state == "published"
    assert (len(tube.videos), len(tube.sessions)) == (1, 1)


def test_a_storm_of_errors_is_sat_out(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """Every call fails four times, in four ways, and there is one video."""
    for path in ("channels", "playlistItems", "POST /upload/youtube/v3/videos", "PUT /upload", "captions", "thumbnails",
                 "GET /youtube/v3/videos"):  # fmt: skip
        for how in ("500", "cut-before", "500-after", "cut-after"):
            tube.fault(path, how)
    assert published(promo, ledger, account(tube)).state == "published"
    assert (len(tube.videos), len(tube.public)) == (1, 1)


# --- the public call


@pytest.mark.parametrize("how", ["500-after", "cut-after", "500", "cut-before"])
def test_a_lost_answer_is_cured_by_looking(promo: Path, ledger: Ledger, tube: FakeYouTube, how: str) -> None:
    """Whether the call did its work or not: the video's state tells, and there is one public video."""
    tube.fault("PUT /youtube/v3/videos", how)
    assert published(promo, ledger, account(tube)).state == "published"
    assert len(tube.public) == 1
    assert tube.count("/youtube/v3/videos", "PUT") - tube.count("/upload", "PUT") == (1 if "after" in how else 2)


def test_what_was_set_may_be_seen_late(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """It is read back once more before it is called private."""
    tube.on_request = lambda seen: (
        setattr(tube, "late", 2) if (seen.method, seen.path) == ("PUT", "/youtube/v3/videos") else None
    )
    assert published(promo, ledger, account(tube)).state == "published"


def test_a_video_that_stays_private_is_called_so(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """YouTube keeps the uploads of some apps private."""
    tube.locks_private = True
    assert published(promo, ledger, account(tube)).state == "private only"


def test_unlisted_is_not_called_published(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """Only who has the address sees it; and it is never left to YouTube's clock, which would make it public."""
    clock = Clock()
    given = account(tube, privacy="unlisted")
    assert YouTube(given, Door(), Pace()).ahead is None
    outcome = published(promo, ledger, given, clock=clock)
    (video,) = tube.videos.values()
    assert (outcome.state, video.privacy) == ("private only", "unlisted")
    assert "publishAt" not in video.status


def test_a_state_that_nobody_asked_for_is_a_question(tmp_path: Path, tube: FakeYouTube) -> None:
    """The answer was lost and a person has meanwhile made the video unlisted, or due: that is not overruled."""
    there, post = network(tube), post_at(tmp_path)
    frozen = there.freeze(post, there.prepare(post, {}, keep_nothing), "1")
    (video,) = tube.videos.values()
    since = datetime.now(UTC)
    assert there.look(frozen, since).found == "absent"
    assert there.look(frozen, since).same_only
    assert not there.look(frozen, since - timedelta(minutes=3)).same_only
    video.status |= {"privacyStatus": "unlisted"}
    assert there.look(frozen, since).found == "unsure"
    video.status |= {"privacyStatus": "private", "publishAt": "2030-01-01T00:00:00Z"}
    assert there.look(frozen, since).found == "unsure"
    video.status |= {"privacyStatus": "public"}
    assert there.look(frozen, since).found == "there"
    tube.videos.clear()
    assert there.look(frozen, since).found == "absent"
    with pytest.raises(Failure) as failure:
        there.go(frozen)
    assert (failure.value.kind, failure.value.dropped) == ("restart", True)


# --- at a time


def test_youtube_keeps_the_time(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """Private until then, `scheduled` when it is read back, and `published` when its time has come."""
    clock, given = Clock(), account(tube)
    tube.clock = clock
    at = (clock() + timedelta(days=2)).replace(microsecond=0)
    outcome = published(promo, ledger, given, clock=clock, at=at)
    (video,) = tube.videos.values()
    assert (outcome.state, video.privacy, video.due) == ("scheduled", "private", at)
    assert published(promo, ledger, given, clock=clock, at=at).state == "scheduled"
    clock.sleep(2 * 86400)
    assert published(promo, ledger, given, clock=clock, at=at).state == "published"
    assert (len(tube.public), len(tube.sessions)) == (1, 1)


def test_another_time_is_set_on_the_same_video(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """It is taken back first, and nothing is uploaded again."""
    clock, given = Clock(), account(tube)
    tube.clock = clock
    at = (clock() + timedelta(days=2)).replace(microsecond=0)
    published(promo, ledger, given, clock=clock, at=at)
    later = at + timedelta(days=1)
    assert published(promo, ledger, given, clock=clock, at=later).state == "scheduled"
    (video,) = tube.videos.values()
    assert (video.due, len(video.captions), len(tube.sessions)) == (later, 1, 1)


@pytest.mark.parametrize("how", ["500-after", "cut-after", "500", "cut-before"])
def test_a_lost_answer_about_a_time_is_cured_too(promo: Path, ledger: Ledger, tube: FakeYouTube, how: str) -> None:
    """The same time is set once, or is there."""
    clock = Clock()
    tube.clock = clock
    tube.fault("PUT /youtube/v3/videos", how)
    at = clock() + timedelta(days=2)
    assert published(promo, ledger, account(tube), clock=clock, at=at).state == "scheduled"
    assert tube.public == []


def test_what_waits_can_be_taken_back(tmp_path: Path, tube: FakeYouTube) -> None:
    """It is certain only when the video was read back without its time; what is out is not hidden."""
    clock = Clock()
    tube.clock = clock
    there, post = network(tube, clock), post_at(tmp_path)
    at = clock() + timedelta(hours=2)
    frozen = there.freeze(post, there.prepare(post, {}, keep_nothing), "1", at)
    remote = there.go(frozen)
    assert there.proof(frozen, remote).shown == "scheduled"
    assert there.withdraw(frozen, remote)
    (video,) = tube.videos.values()
    assert (video.privacy, video.due, "publishAt" in video.status) == ("private", None, False)
    assert video.status["embeddable"]
    clock.sleep(3 * 3600)
    assert tube.public == []
    assert there.withdraw(frozen, remote)
    there.go(there.freeze(post, {"video": remote}, "2"))
    assert not there.withdraw(frozen, remote)
    assert len(tube.public) == 1
    tube.videos.clear()
    assert there.withdraw(frozen, remote)


@pytest.mark.parametrize(("ahead", "kept"), [(timedelta(minutes=1), False), (timedelta(days=400), False)])
def test_a_time_that_youtube_does_not_keep_is_ours(
    promo: Path, ledger: Ledger, tube: FakeYouTube, ahead: timedelta, kept: bool
) -> None:
    """Too soon or too far ahead: nothing is handed over, and nothing public before its time."""
    clock = Clock()
    outcome = published(promo, ledger, account(tube), clock=clock, at=clock() + ahead)
    assert (outcome.state, tube.public) == ("waiting", [])
    assert all("publishAt" not in one.status for one in tube.videos.values())


# --- refusals, dry run, secrets, crashes


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"title": ""}, "no title"),
        ({"title": "a" * 101}, "101 characters"),
        ({"title": "a < b"}, "no < or > in the title"),
        ({"text": "a > b"}, "no < or > in the description"),
        ({"text": "é" * 2501}, "5002 bytes"),
        ({"hashtags": ("<b>",)}, "in the hashtags"),
        ({"hashtags": tuple(f"Walk{number:04}" for number in range(60))}, "as tags"),
        ({"platform": "youtube-short"}, "square or upright"),
        ({"platform": "youtube-short", "width": 48, "duration": Fraction(181)}, "180 seconds"),
    ],
)
def test_what_youtube_does_not_take_is_refused_first(tmp_path: Path, tube: FakeYouTube, more: Any, said: str) -> None:
    """Each limit from its first step over; what is just inside goes."""
    there = network(tube)
    assert there.refusals(post_at(tmp_path)) == ()
    assert said in "; ".join(there.refusals(post_at(tmp_path, **more)))
    just = {"title": "a" * 100, "text": "é" * 2500, "hashtags": tuple(f"Walk{number:04}" for number in range(53))}
    assert there.refusals(post_at(tmp_path, **just)) == ()


def test_tags_are_counted_as_youtube_counts() -> None:
    """Commas between them, and two marks round a tag with a space."""
    assert words.tags_count([]) == 0
    assert words.tags_count(["abc"]) == 3
    assert words.tags_count(["abc", "de f"]) == 3 + 1 + 6


def test_a_cover_that_is_no_picture_is_refused(promo: Path, ledger: Ledger, tube: FakeYouTube) -> None:
    """Before a byte of the film is sent."""
    (promo / "youtube.en.jpg").write_bytes(b"<html>")
    outcome = published(promo, ledger, account(tube))
    assert (outcome.state, tube.count("/upload")) == ("refused", 0)
    assert "JPEG" in outcome.words


def test_a_link_that_can_be_counted_gives_way_to_the_words(tmp_path: Path) -> None:
    """Where both do not fit, the plain link stands."""
    tagged = LINK + "?utm_source=youtube"
    short = post_at(tmp_path, link=LINK, tagged=tagged)
    assert tagged in words.description(short)
    full = post_at(tmp_path, link=LINK, tagged=tagged, text=f"{LINK} " + "a" * (4999 - len(LINK)))
    assert words.description(full) == full.text


class DryDoor:
    """A dry run: the requests, and the stand-in answers."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        told = rehearsal(request)
        return told if isinstance(told, Answer) else Answer(status=200, body=json.dumps(told).encode())


def test_a_dry_run_goes_all_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in answers lead through every call of a post, also of a film in parts, without a socket."""
    monkeypatch.setattr(socket.socket, "connect", None)
    monkeypatch.setattr(upload, "PART", STEP)
    door, post = DryDoor(), post_at(tmp_path)
    post.clip.write_bytes(b"a" * (STEP * 2 + 5))
    post = replace(post, bytes=STEP * 2 + 5)
    vault = MemoryVault({"access": Secret("•••"), "token": Secret("•••")})
    settings = {"channel": "UCfake7walks"}  # as signing in has chosen it
    given = Account(service="youtube", server="https://www.googleapis.com", settings=settings, vault=vault)
    there = YouTube(given, door, Pace(sleep=lambda _: None))
    there.open()
    there.go(there.freeze(post, there.prepare(post, {}, keep_nothing), "rehearsal"))
    sent = [f"{one.method} {one.url.partition('?')[0].rpartition('/v3/')[2]}" for one in door.requests]
    assert sent == [
        "GET channels", "GET playlistItems", "POST videos", "PUT videos", "PUT videos", "PUT videos", "POST captions",
        "GET videos", "POST thumbnails/set", "PUT videos",
    ]  # fmt: skip


def test_no_secret_is_said_anywhere(
    promo: Path, tmp_path: Path, ledger: Ledger, tube: FakeYouTube, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in logs, outcomes, the ledger or any file, also when the server repeats them."""
    caplog.set_level(logging.DEBUG)
    given, said = account(tube), []

    def repeat(seen: Seen) -> None:
        if seen.method == "PUT" and "upload_id" in seen.query and not said:
            name = seen.query["upload_id"]
            said.append(name)
            where = f"{tube.url}/upload/youtube/v3/videos?uploadType=resumable&upload_id={name}"
            tube.fault("PUT /upload", "answer", (400, error(400, "odd", f"no {where} {name} {ACCESS}").values))

    tube.on_request = repeat
    outcomes = [published(promo, ledger, given)]
    tube.on_request = None
    tube.access = "ya29-changed-9999"
    tube.fault("/token", "answer", (400, {"error": "odd", "error_description": f"no {REFRESH} {ACCESS}"}))
    outcomes += [published(promo, ledger, given)]
    outcomes += [published(promo, ledger, given)]
    assert [one.state for one in outcomes] == ["refused", "failed", "published"]
    assert said
    assert_unsaid(caplog.text + repr(outcomes) + repr(given), tmp_path, ACCESS, REFRESH, tube.access, *tube.sessions)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize(("vault", "every"), [("keyring", 1), ("environment", 2)])
def test_killed_at_any_call_it_is_posted_once(promo: Path, tmp_path: Path, vault: str, every: int) -> None:
    """Killed before, during or after any call, and run again: one public video, and no second copy behind it."""

    def start(folder: Path) -> Stage:
        tube = FakeYouTube(polls=1)
        ledger = Ledger(folder / "ledger.sqlite")

        def run() -> list[str]:
            kept = DiskVault(folder / "vault.json", access=ACCESS, refresh=REFRESH) if vault == "keyring" else None
            return [published(promo, ledger, account(tube, kept)).state]

        return Stage(servers=[tube], run=run, posts=lambda: len(tube.public) * len(tube.videos))

    assert posted_once_wherever_it_dies(start, tmp_path / "cells", every=every) >= 30 // every
