"""What a network says of a clip reaches people on one line and without secrets, wherever in its answer it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Answer, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Network, Pace, Proof
from pipeline.publishers.bluesky import Bluesky
from pipeline.publishers.facebook import Facebook
from pipeline.publishers.instagram import Instagram
from pipeline.publishers.linkedin import LinkedIn
from pipeline.publishers.threads import Threads
from pipeline.publishers.x import X
from pipeline.publishers.youtube import YouTube
from pipeline.secret import Secret

WORD = "hunter2-hunter2"
SAID = f"bad\n\x1b[2J{WORD} clip"
PACE = Pace(sleep=lambda _: None, clock=lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
DAY = "2026-11-22T11:00:00+00:00"


class Saying:
    """A door to a server that repeats what it was sent."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def send(self, request: Request) -> Answer:
        return Answer(status=200, body=json.dumps(self._values).encode(), secrets=(Secret(WORD),))


@pytest.fixture
def post(tmp_path: Path) -> Post:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"film")
    return Post(
        promo="fryent", platform="x", service="x", lang="en", clip=clip, sha256="0" * 64, bytes=4, width=1080,
        height=1920, duration=Fraction(20), text="Words", alt="A pond",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("network", "kept", "values"),
    [
        (Bluesky, {"job": "7"}, {"state": "JOB_STATE_FAILED", "error": SAID}),
        (Bluesky, {}, {"did": "did:plc:1", "token": "t", "canUpload": False, "message": SAID}),
        (Facebook, {"video": "1"}, {"status": {"processing_phase": {"status": "error", "error": {"message": SAID}}}}),
        (Instagram, {"container": "1", "sent": 1, "made": DAY}, {"status_code": "ERROR", "status": SAID}),
        (LinkedIn, {"video": "urn:1"}, {"status": "PROCESSING_FAILED", "processingFailureReason": SAID}),
        (Threads, {"container": "1", "made": DAY}, {"status": "ERROR", "error_message": SAID, "id": "2"}),
        (
            X,
            {"media": "1", "called": "3_1", "sent": 4, "parts": 1, "part": 4, "whole": 1, "again": 1},
            {"data": {"processing_info": {"state": "failed", "error": {"message": SAID}}}},
        ),
        (
            YouTube,
            {"video": "your-video", "uploaded": DAY},
            {"items": [{"status": {"uploadStatus": "failed", "failureReason": SAID}}]},
        ),
    ],
)  # fmt: skip
def test_what_a_network_says_is_told_without_secrets(
    network: Callable[[Account, Sends, Pace], Network], kept: dict[str, Any], values: dict[str, Any], post: Post
) -> None:
    """Also in an answer of success, which is where they say why a clip cannot be shown."""
    settings = {"user": "1", "owner": "urn:li:organization:1", "files": "https://files.example.gov.uk/"}
    account = Account(
        service=network.service, server="https://social.example", settings=settings,  # type: ignore[attr-defined]
        vault=MemoryVault({"access": Secret("short-1"), "refresh": Secret("long-1")}),
    )  # fmt: skip
    with pytest.raises(Failure) as caught:
        network(account, Saying(values), PACE).prepare(post, kept, lambda _: None)
    told = caught.value.words
    assert WORD not in told
    assert told.isprintable()


def test_the_address_of_a_post_does_nothing_to_a_terminal() -> None:
    """What a server puts into it besides signs is left out."""
    assert Proof(address="https://a.example/\x1b]0;x\x07p/1\n").address == "https://a.example/]0;xp/1"
