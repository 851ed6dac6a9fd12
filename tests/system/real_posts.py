"""What the tests against real servers publish, and how: a tiny real film with words, and our own `publish`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from promo_folders import clip, reworded
from tiny_clips import CLOSED, encoded

from pipeline.http_door import Answer, Door, Request

LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = f"Pum milltir hamddenol — 5 🥾 miles.\n\nMore: {LINK} #WalkBrent"
ALT = "A pond between trees, “Barn Hill” in March.\nÂ second line."
NOISE = 600_000  # bytes that make a tiny film long enough to be cut


class Hasty(Door):
    """A door that waits for each answer only so long."""

    def __init__(self, answer_s: float) -> None:
        super().__init__(connect_s=2)
        self._answer_s = answer_s

    def send(self, request: Request) -> Answer:
        return super().send(replace(request, answer_s=self._answer_s))


def film_in(folder: Path) -> bytes:
    """A tiny film with noise at its end, in a box that players pass over."""
    film = encoded(folder / "film.mp4", options=CLOSED, movflags="+faststart").read_bytes()
    return film + (NOISE + 8).to_bytes(4, "big") + b"free" + os.urandom(NOISE)


def promo_in(folder: Path, platform: str, film: bytes) -> Path:
    """A promo's folder with one clip, as rendering leaves it."""
    clip(folder, platform, data=film, size=(64, 48), text=TEXT, alt=ALT, subtitles="Pwll — pond")
    reworded(folder, f"{platform}.en", link=LINK)
    return folder
