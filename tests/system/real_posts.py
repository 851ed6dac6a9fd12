"""What the tests against real servers publish, and how: a tiny real film with words, and our own `publish`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.accounts import Account
from pipeline.http_door import Answer, Door, Request
from pipeline.ledger import Ledger
from pipeline.post_outcomes import Outcome
from pipeline.publishers import Pace
from pipeline.publishing import Orders, publish

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "unit")]
from promo_folders import clip, reworded
from tiny_clips import CLOSED, encoded

LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = f"Pum milltir hamddenol — 5 🥾 miles.\n\nMore: {LINK} #WalkBrent"
ALT = "A pond between trees, “Barn Hill” in March.\nÂ second line."
NOISE = 600_000  # bytes that make a tiny film long enough to be cut


class Clock:
    """Sleeps by moving on."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Hasty(Door):
    """A door that waits for each answer only so long."""

    def __init__(self, answer_s: float) -> None:
        super().__init__(connect_s=2)
        self._answer_s = answer_s

    def send(self, request: Request) -> Answer:
        return super().send(replace(request, answer_s=self._answer_s))


class _Given:
    def __init__(self, account: Account) -> None:
        self._account = account

    def of(self, service: str, which: str = "") -> Account | None:
        return self._account if service == self._account.service else None


def film_in(folder: Path) -> bytes:
    """A tiny film with noise at its end, in a box that players pass over."""
    film = encoded(folder / "film.mp4", options=CLOSED, movflags="+faststart").read_bytes()
    return film + (NOISE + 8).to_bytes(4, "big") + b"free" + os.urandom(NOISE)


def promo_in(folder: Path, platform: str, film: bytes) -> Path:
    """A promo's folder with one clip, as rendering leaves it."""
    clip(folder, platform, data=film, size=(64, 48), text=TEXT, alt=ALT, subtitles="Pwll — pond")
    reworded(folder, f"{platform}.en", link=LINK)
    return folder


def published(
    folder: Path, ledger: Ledger, account: Account, *, door: Door | None = None, clock: Clock | None = None, **more: Any
) -> Outcome:
    """The outcome of the one post in `folder`."""
    clock = clock or Clock()
    pace = Pace(sleep=clock.sleep, clock=clock, polls=20)
    orders = Orders(approved_required=False, who="tester", pace=pace, only=(account.service,), **more)
    (outcome,) = publish([folder], ledger=ledger, accounts=_Given(account), orders=orders, door=door or Door())
    return outcome
