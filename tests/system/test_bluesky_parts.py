"""Long films to Bluesky, part by part: against a strict fake of the multipart upload of the video service."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.fake_bluesky_parts import FakeParts
from system.fake_networks import FakePds, Seen
from system.posting import Clock, published
from system.real_posts import film_in, promo_in

from pipeline.accounts import Account, MemoryVault, OurAccounts, Vault
from pipeline.ledger import Ledger
from pipeline.publishers import Pace, bluesky_parts
from pipeline.publishing import Orders
from pipeline.rehearsing import rehearse
from pipeline.secret import Secret

PART, COUNT = 150_000, 5  # the film has 600 kB and some


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film_in(tmp_path_factory.mktemp("film"))


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    return promo_in(tmp_path / "promo" / "fryent", "bluesky", film)


@pytest.fixture
def pds() -> Iterator[FakePds]:
    server = FakePds()
    yield server
    server.stop()


@pytest.fixture
def video(pds: FakePds, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeParts]:
    """The tiny film counts as a long one."""
    monkeypatch.setattr(bluesky_parts, "FROM", 500_000)
    server = FakeParts(pds, part=PART)
    yield server
    assert server.leaks == []
    server.stop()


def account(pds: FakePds, video: FakeParts, vault: Vault | None = None) -> Account:
    vault = vault or MemoryVault({"app_password": Secret(pds.password)})
    return Account(service="bluesky", server=pds.url, name=pds.handle, settings={"video": video.url}, vault=vault)


def posted(pds: FakePds) -> bytes:
    """The film of the one post, as the service stored it."""
    (record,) = pds.records.values()
    return pds.blobs[record["embed"]["video"]["ref"]["$link"]][0]


def test_a_long_film_arrives_whole(promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts, film: bytes) -> None:
    """Each part is sent once, and the single call is not used."""
    assert published(promo, ledger, account(pds, video)).state == "published"
    assert posted(pds) == b"encoded" + film
    assert (video.sent, video.count("uploadVideo")) == ([1, 2, 3, 4, 5], 0)
    (started,) = [one.values() for one in video.requests if one.path.endswith("startUpload")]
    assert (started["sizeBytes"], started["width"], started["durationMs"]) == (len(film), 64, 2000)


def test_sixteen_mebibytes_make_a_film_long(tmp_path: Path, ledger: Ledger, pds: FakePds, film: bytes) -> None:
    """One byte less still goes in a single call."""
    server = FakeParts(pds, part=5 << 20)
    try:
        for name, size in (("short", bluesky_parts.FROM - 1), ("long", bluesky_parts.FROM)):
            room = size - len(film)
            longer = film + room.to_bytes(4, "big") + b"free" + os.urandom(room - 8)
            outcome = published(promo_in(tmp_path / name, "bluesky", longer), ledger, account(pds, server))
            assert outcome.state == "published", outcome
            assert server.count("uploadVideo") == 1
        assert (server.sent, len(pds.records)) == ([1, 2, 3, 4], 2)
    finally:
        server.stop()


@pytest.mark.parametrize("how", ["500", "cut-after"])
@pytest.mark.parametrize("call", ["startUpload", "getUploadStatus", "uploadPart", "finishUpload"])
def test_a_fault_on_the_way_is_sat_out(
    promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts, film: bytes, call: str, how: str
) -> None:
    """In the same run, and a part is sent again only when nobody heard that it arrived."""
    video.fault(call, how)
    outcome = published(promo, ledger, account(pds, video))
    assert outcome.state == "published", outcome
    assert posted(pds) == b"encoded" + film
    assert len(video.sent) <= COUNT + 1
    assert set(video.sent) == {1, 2, 3, 4, 5}


def test_the_next_run_sends_what_is_missing(promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts) -> None:
    """A line that is down after two parts: bytes that have arrived do not go again."""
    heard: list[int] = []

    def down(seen: Seen) -> None:
        if seen.path.endswith("uploadPart"):
            heard.append(len(seen.body))
            if len(heard) == 3:
                video.fault("uploadPart", "cut-before", times=5)

    video.on_request = down
    assert published(promo, ledger, account(pds, video)).state == "failed"
    video.on_request = None
    assert video.sent == [1, 2]
    assert published(promo, ledger, account(pds, video)).state == "published"
    assert (video.sent, video.count("startUpload")) == ([1, 2, 3, 4, 5], 1)


def test_an_upload_whose_name_was_lost_makes_the_account_wait(
    promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts
) -> None:
    """Where no second one may be open: until the first has run out, which takes it no longer than an hour."""
    video.most_open, clock = 1, Clock()
    video.fault("startUpload", "cut-after")
    outcome = published(promo, ledger, account(pds, video), clock=clock)
    assert (outcome.state, pds.records) == ("waiting", {})
    clock.sleep(3601)
    video.uploads["upload-1"]["state"] = "expired"
    assert published(promo, ledger, account(pds, video), clock=clock).state == "published"


def test_a_film_that_the_service_knows_gets_its_old_job(
    promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts, film: bytes
) -> None:
    """The finish names another job than the upload's, and that one is asked for."""
    video.known = "an-old-job"
    assert published(promo, ledger, account(pds, video)).state == "published"
    assert posted(pds) == b"encoded" + film
    asked = {one.query["jobId"] for one in video.requests if one.path.endswith("getJobStatus")}
    assert asked == {"an-old-job"}


def test_a_slow_finish_is_gone_on_with(promo: Path, ledger: Ledger, pds: FakePds, monkeypatch: Any) -> None:
    """While the service puts the film together the post is `processing`; the next run sends no byte of it."""
    monkeypatch.setattr(bluesky_parts, "FROM", 500_000)
    server = FakeParts(pds, part=PART, put_together=25)
    try:
        assert published(promo, ledger, account(pds, server)).state == "processing"
        assert published(promo, ledger, account(pds, server)).state == "published"
        assert (server.sent, server.count("finishUpload")) == ([1, 2, 3, 4, 5], 1)
    finally:
        server.stop()


def test_parts_that_the_service_lost_are_sent_again(
    promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts, film: bytes
) -> None:
    """MissingParts at the finish: the status tells which."""

    def lose(seen: Seen) -> None:
        if seen.path.endswith("finishUpload") and video.count("finishUpload") == 1:
            for number in (2, 4):
                video.uploads["upload-1"]["parts"].pop(number)

    video.on_request = lose
    assert published(promo, ledger, account(pds, video)).state == "published"
    assert (video.sent, posted(pds)) == ([1, 2, 3, 4, 5, 2, 4], b"encoded" + film)


def test_a_permit_that_ran_out_is_made_anew(promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts) -> None:
    """Once, in the middle of the parts."""

    def forget(seen: Seen) -> None:
        if seen.query.get("partNumber") == "3" and video.count("uploadPart") == 3:
            pds.permits.clear()

    video.on_request = forget
    assert published(promo, ledger, account(pds, video)).state == "published"
    assert video.sent == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("state", ["failed", "aborted", "expired", "gone"])
def test_an_upload_that_is_over_is_begun_anew(
    promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts, state: str
) -> None:
    """The run says so, and the next one starts another."""
    video.fault("finishUpload", "cut-before", times=5)
    assert published(promo, ledger, account(pds, video)).state == "failed"
    if state == "gone":
        video.uploads.clear()
    else:
        video.uploads["upload-1"]["state"] = state
    outcome = published(promo, ledger, account(pds, video))
    assert (outcome.state, pds.records) == ("failed", {})
    assert {"failed": "the store was lost", "gone": "not found"}.get(state, state) in outcome.words
    assert published(promo, ledger, account(pds, video)).state == "published"
    assert len(pds.records) == 1


@pytest.mark.parametrize(
    ("call", "error", "state"),
    [
        ("startUpload", "UnsupportedContentType", "refused"),
        ("startUpload", "VideoTooLarge", "refused"),
        ("startUpload", "VideoTooLong", "refused"),
        ("startUpload", "BadAspectRatio", "refused"),
        ("startUpload", "DailyLimitExceeded", "waiting"),
        ("startUpload", "TooManyOpenUploads", "waiting"),
        ("startUpload", "UploadForbidden", "failed"),
        ("startUpload", "ServiceOverloaded", "failed"),
        ("uploadPart", "InvalidPartNumber", "refused"),
        ("uploadPart", "PartSizeMismatch", "refused"),
        ("uploadPart", "UploadExpired", "failed"),
        ("finishUpload", "UnsupportedContentType", "refused"),
        ("finishUpload", "UploadFailed", "failed"),
    ],
)
def test_what_a_refusal_means(
    promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts, call: str, error: str, state: str
) -> None:
    """Nothing is posted, the service's words are told, and no upload is left open that counts against the account."""
    video.fault(call, "answer", (400, {"error": error, "message": "so it is"}))
    outcome = published(promo, ledger, account(pds, video))
    assert (outcome.state, pds.records) == (state, {})
    assert "so it is" in outcome.words
    assert [one["state"] for one in video.uploads.values() if one["state"] == "created"] == []
    if state in ("refused", "failed"):  # the cause is gone: it goes out
        assert published(promo, ledger, account(pds, video)).state == "published"


@pytest.mark.parametrize("error", ["UploadNotReady", "ServiceOverloaded", "UploadAlreadyCompleted"])
def test_what_is_not_a_refusal_is_asked_again(
    promo: Path, ledger: Ledger, pds: FakePds, video: FakeParts, error: str
) -> None:
    """The status says how it stands, and it goes on."""
    video.fault("uploadPart", "answer", (400, {"error": error}))
    video.fault("finishUpload", "answer", (400, {"error": error}))
    assert published(promo, ledger, account(pds, video)).state == "published"
    assert video.sent == [1, 2, 3, 4, 5]


def test_a_dry_run_shows_the_parts(promo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of a long film are written down as they would be made."""
    monkeypatch.setattr(bluesky_parts, "FROM", 500_000)
    orders = Orders(pace=Pace(sleep=lambda _: None), only=("bluesky",))
    (outcome,) = rehearse([promo], into=tmp_path / "dry", accounts=OurAccounts(environ={}), orders=orders)
    assert outcome.state == "rehearsed", outcome
    names = " ".join(sorted(path.name for path in (tmp_path / "dry").rglob("*.json")))
    assert names.index("startUpload") < names.index("uploadPart") < names.index("finishUpload")


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
def test_killed_at_any_call_it_is_posted_once(promo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, during or after any call, and run again: one post."""
    monkeypatch.setattr(bluesky_parts, "FROM", 500_000)

    def start(folder: Path) -> Stage:
        pds, clock = FakePds(), Clock()
        video = FakeParts(pds, part=2 * PART)
        vault = DiskVault(folder / "vault.json", app_password=pds.password)
        ledger = Ledger(folder / "ledger.sqlite")
        return Stage(
            servers=[pds, video],
            run=lambda: [published(promo, ledger, account(pds, video, vault), clock=clock).state],
            posts=lambda: len(pds.records),
        )

    assert posted_once_wherever_it_dies(start, tmp_path / "cells", every=3) >= 10
