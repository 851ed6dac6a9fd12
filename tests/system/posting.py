"""What tests of publishing share: a clock that sleeps by moving on, accounts, and one way to publish and rehearse."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tiny_clips import encoded

from pipeline.accounts import Account
from pipeline.http_door import Door
from pipeline.ledger import Ledger
from pipeline.post_outcomes import Outcome
from pipeline.publishers import Pace
from pipeline.publishing import Orders, publish
from pipeline.rehearsing import rehearse


class Clock:
    """Sleeps by moving on. It begins `ahead` of now, or `at` a time."""

    def __init__(self, ahead: timedelta = timedelta(0), *, at: datetime | None = None) -> None:
        self.ahead = at - datetime.now(UTC) if at else ahead

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Still(Clock):
    """Does not sleep at all, so that one run's clock is not ahead of the next one's."""

    def sleep(self, seconds: float) -> None:
        pass


class Given:
    """The accounts of a test, by network."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {one.service: one for one in accounts}

    def of(self, service: str, which: str = "") -> Account | None:
        return self.accounts.get(service)


def published(folder: Path, ledger: Ledger, account: Account, clock: Clock | None = None, **more: Any) -> Outcome:
    """The outcome of the one post in `folder`; `more` as for `all_published`."""
    (outcome,) = all_published(folder, ledger, account, clock=clock, **more)
    return outcome


def all_published(
    folder: Path, ledger: Ledger, *accounts: Account, clock: Clock | None = None, polls: int = 20,
    door: Door | None = None, **more: Any,
) -> list[Outcome]:  # fmt: skip
    """The outcome of each post in `folder`, without an approval; `more` are orders."""
    clock = clock or Clock()
    pace = Pace(sleep=clock.sleep, clock=clock, polls=polls)
    orders = Orders(approved_required=False, who="tester", pace=pace, **more)
    return publish([folder], ledger=ledger, accounts=Given(*accounts), orders=orders, door=door or Door(connect_s=2))


def rehearsed(folder: Path, into: Path, *accounts: Account) -> list[Outcome]:
    """What a dry run says, to which no socket opens."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a socket")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", refuse)
        orders = Orders(pace=Pace(sleep=lambda _: None))
        return rehearse([folder], into=into, accounts=Given(*accounts), orders=orders)


def assert_unsaid(said: str, folder: Path, *secrets: str) -> None:
    """No secret is in what was said, nor in a file under `folder`."""
    files = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in secrets:
        assert secret not in said
        assert secret.encode() not in files


def film_of(path: Path, size: tuple[int, int], seconds: int = 4) -> bytes:
    """A film as the large networks want it, of grey that moves."""
    options = {"g": "60", "keyint_min": "60", "bf": "0", "preset": "ultrafast", "x264-params": "scenecut=0:open-gop=0"}
    return encoded(path, options=options, frames=seconds * 30, size=size, movflags="+faststart").read_bytes()


def filmed(path: Path) -> bytes:
    """Four seconds of noise: long, large and tall enough for those who ask for it."""
    noise = np.random.default_rng(7)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "25", "crf": "38"})
        video.width, video.height, video.pix_fmt = 256, 384, "yuv420p"
        for number in range(104):
            picture = np.kron(noise.integers(30, 220, (48, 32), np.uint8), np.ones((8, 8), np.uint8))
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts = number
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path.read_bytes()
