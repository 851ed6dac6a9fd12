"""A clip as shot: what the file says of itself (`Clip`), and what a few of its pictures say (`Look`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.flight import Flight
from pipeline.geo import Floats
from pipeline.timing import Span

Transfer = Literal["sdr", "hlg", "pq"]

LOOK_VERSION = 1  # of how a look is measured: remembered ones of another version are taken anew
LOOK_COLUMNS = ("time_s", "shift_x", "shift_y", "residual", "sharpness", "brightness", "dark", "bright")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One file of a clip. Recorders split long takes; the parts of a take follow each other without a gap."""

    path: Path
    start: Fraction  # where it begins in the clip, seconds
    duration: Fraction


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """`width` × `height` is the picture as a person sees it: rotated and with square pixels.

    Second 0 of the clip is the start of the file (of its first stream), as ffmpeg's `-ss` counts.
    """

    name: str  # as the brief names it, for people
    parts: tuple[Part, ...]
    fingerprint: str  # of the bytes (sampled), changes when the file changes
    duration: Fraction  # seconds of usable picture
    fps: Fraction  # mean rate
    variable_rate: bool
    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int  # degrees clockwise that the player turns the picture: 0, 90, 180, 270
    sample_aspect: Fraction
    codec: str  # h264, hevc, …
    pix_fmt: str
    bit_depth: int
    transfer: Transfer
    matrix: str  # bt709, bt601, bt2020: tagged, or guessed from the size
    primaries: str
    full_range: bool
    has_sound: bool
    created: datetime | None  # the container's creation time, aware (UTC as written)
    keyframes_s: tuple[float, ...]  # from the index, seconds in the clip
    flight: Flight | None
    damaged: tuple[Span, ...] = ()  # stretches that cannot be decoded
    notes: tuple[str, ...] = ()
    reordered: bool = False  # pictures are stored in another order than shown: `keyframes_s` may be frames early
    stream: int = 0  # index of the picture among the streams of the file: ffmpeg's `0:<stream>`
    demuxer: str = "mov"  # what libav must be told to read it with; it is never left to guess

    @property
    def exact_keyframes(self) -> bool:
        """Whether reading may begin at any of `keyframes_s`, to the picture. Only the index of MP4 and MOV is exact
        enough, and only where pictures are stored as they are shown."""
        return self.demuxer == "mov" and len(self.parts) == 1 and not (self.variable_rate or self.reordered)

    @property
    def path(self) -> Path:
        return self.parts[0].path


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """Columns of n samples in order of time; NaN where it could not be measured."""

    time_s: Floats  # seconds in the clip
    shift_x: Floats  # picture widths (longer sides) per second that the contents move, as coded
    shift_y: Floats
    residual: Floats  # 0–1: how much the second picture differs from the first one moved, per second
    sharpness: Floats  # variance of the Laplacian over the variance of the picture
    brightness: Floats  # mean of luma, 0–1
    dark: Floats  # share of the picture that is black
    bright: Floats  # share of the picture that is burnt out
    colour: Floats  # shape (n, 3), mean red, green, blue, 0–1
    damaged: tuple[Span, ...] = ()

    @property
    def motion(self) -> Floats:
        return np.hypot(self.shift_x, self.shift_y)

    def to_json(self) -> str:
        columns = {name: _listed(getattr(self, name)) for name in LOOK_COLUMNS}
        spans = [[str(span.start), str(span.end)] for span in self.damaged]
        colour = [_listed(row) for row in self.colour]
        return json.dumps({"version": LOOK_VERSION, **columns, "colour": colour, "damaged": spans})

    @classmethod
    def from_json(cls, text: str) -> Look:
        """Raises ValueError for a look of another version or a torn file."""
        try:
            table = json.loads(text)
            if table["version"] != LOOK_VERSION:
                raise ValueError(f"version {table['version']} of a look")
            columns = {name: np.array(table[name], np.float64) for name in LOOK_COLUMNS}
            colour = np.array(table["colour"], np.float64).reshape(-1, 3)
            spans = tuple(Span(start=Fraction(a), end=Fraction(b)) for a, b in table["damaged"])
            if len({len(column) for column in [*columns.values(), colour]}) != 1:
                raise ValueError("columns of unequal length")
        except (KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise ValueError("not a look") from error
        return cls(**columns, colour=colour, damaged=spans)


def _listed(column: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 6) for value in column]
