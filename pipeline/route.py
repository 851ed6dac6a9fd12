"""The route as walked or planned: lines with distance along them, heights, waypoints, facts.

Everything here is already trimmed for privacy: what was cut is not in any field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.geo import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """One unbroken stretch: n >= 2 points. `along_m` is the distance along the whole route at each point;
    the gap between two lines has no length. `lng` is unwrapped (may leave ±180 across the antimeridian)."""

    lng: Floats
    lat: Floats
    ele_m: Floats  # NaN where unknown
    along_m: Floats
    epoch_s: Floats  # POSIX seconds, NaN where unknown


@dataclass(frozen=True, kw_only=True)
class Waypoint:
    name: str
    lng: float
    lat: float
    along_m: float  # nearest place on the route
    aside_m: float  # distance from that place


@dataclass(frozen=True, kw_only=True, eq=False)
class Route:
    name: str
    kind: Literal["recorded", "planned", "waypoints"]
    lines: tuple[Line, ...]
    waypoints: tuple[Waypoint, ...]
    distance_m: float
    ascent_m: float | None  # None when the file has no heights
    descent_m: float | None
    loop: bool
    notes: tuple[str, ...] = ()  # what was repaired, dropped or trimmed, in sentences

    @property
    def start(self) -> tuple[float, float]:
        return float(self.lines[0].lng[0]), float(self.lines[0].lat[0])

    @property
    def finish(self) -> tuple[float, float]:
        return float(self.lines[-1].lng[-1]), float(self.lines[-1].lat[-1])

    @property
    def timed(self) -> bool:
        return any(bool(np.isfinite(line.epoch_s).sum() >= 2) for line in self.lines)
