"""A clip as shot: what the file says of itself, without its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pipeline.flight import Flight
from pipeline.timing import Span

Transfer = Literal["sdr", "hlg", "pq"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One file of a clip. Recorders split long takes; the parts of a take follow each other without a gap."""

    path: Path
    start: Fraction  # where it begins in the clip, seconds
    duration: Fraction


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """`width` × `height` is the picture as a person sees it: rotated and with square pixels."""

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

    @property
    def path(self) -> Path:
        return self.parts[0].path
