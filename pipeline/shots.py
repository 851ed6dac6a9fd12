"""The nouns of the edit: takes as the brief offers them, shots and captions on the timeline, and all of it together.

Platform-neutral, counted in frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from pipeline.footage import Clip, Look
from pipeline.sync import Placing
from pipeline.timing import Span, merged

Kind = Literal["footage", "map", "card"]
Role = Literal["opening", "route", "along", "end"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Take:
    """One clip as the brief offers it: where it belongs on the route and which part may be used."""

    clip: Clip
    placing: Placing
    use: Span | None = None
    look: Look | None = None

    @property
    def whole(self) -> Span:
        return self.use or Span(start=Fraction(0), end=self.clip.duration)

    @property
    def usable_s(self) -> Fraction:
        lost = sum((_common(self.whole, bad) for bad in merged(self.clip.damaged)), Fraction(0))
        return max(Fraction(0), self.whole.duration - lost)

    @property
    def aside(self) -> Callable[[float], float] | None:
        """Metres of the camera from the route at a second of the clip; None when nobody knows."""
        placing = self.placing
        if not np.isfinite(placing.aside_m).any():
            return None
        return lambda t: float(np.interp(t, placing.time_s, placing.aside_m))


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """`start` and `frames` count on the timeline. `along_m` is where the marker is at each frame (map: how far the
    route is drawn); empty on cards."""

    kind: Kind
    role: Role
    start: int
    frames: int
    along_m: tuple[float, ...] = ()
    take: Take | None = None
    source_start: Fraction = Fraction(0)
    why: str = ""

    @property
    def end(self) -> int:
        return self.start + self.frames


@dataclass(frozen=True, kw_only=True)
class Caption:
    """On-screen words (or a photo's card) from `start` for `frames`, on the timeline. `key` finds it in the brief."""

    key: int
    start: int
    frames: int

    @property
    def end(self) -> int:
        return self.start + self.frames


@dataclass(frozen=True, kw_only=True)
class CaptionWish:
    """Where the author wants a caption: a time on the timeline, or a distance along the route."""

    key: int
    words: int
    at_s: Fraction | None = None
    at_m: float | None = None
    seconds: Fraction | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Storyboard:
    fps: int
    frames: int
    shots: tuple[Shot, ...]
    captions: tuple[Caption, ...]
    left_out: tuple[int, ...] = ()  # keys of captions that found no room
    photos: tuple[Caption, ...] = ()  # cards over the map; `key` counts the brief's photos
    photos_left_out: tuple[int, ...] = ()

    def seconds(self, frame: int) -> Fraction:
        return Fraction(frame, self.fps)


def _common(one: Span, other: Span) -> Fraction:
    return max(Fraction(0), min(one.end, other.end) - max(one.start, other.start))
