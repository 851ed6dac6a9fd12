"""The route as walked or planned: lines with distance along them, heights, waypoints, facts.

Everything here is already trimmed for privacy: what was cut is not in any field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from pipeline import walking
from pipeline.geo import EARTH_RADIUS_M, Floats, flat


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """One unbroken stretch: n >= 2 points. `along_m` is the distance along the whole route at each point, it
    never falls; the gap between two lines has no length. `lng` is unwrapped (may leave ±180 across the
    antimeridian), over all lines of a route together."""

    lng: Floats
    lat: Floats
    ele_m: Floats  # NaN where unknown
    along_m: Floats
    epoch_s: Floats  # POSIX seconds, NaN where unknown; the known ones never fall within a line


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


def _line_at(route: Route, along_m: float) -> Line:
    """The line that holds a distance; where one ends and the next begins, the next."""
    return next((line for line in reversed(route.lines) if line.along_m[0] <= along_m), route.lines[0])


def place(route: Route, along_m: float) -> tuple[float, float]:
    """Position (lng, lat) at a distance along the route, clamped to its ends; lng is unwrapped."""
    line = _line_at(route, along_m)
    lng, lat = (float(np.interp(along_m, line.along_m, column)) for column in (line.lng, line.lat))
    return lng, lat


def places(route: Route, along_m: Floats) -> tuple[Floats, Floats]:
    """As `place` for many distances at once: columns lng and lat."""
    lng, lat = np.empty(len(along_m)), np.empty(len(along_m))
    for k, line in enumerate(route.lines):
        here = along_m >= line.along_m[0] if k else np.ones(len(along_m), dtype=np.bool_)
        lng[here] = np.interp(along_m[here], line.along_m, line.lng)
        lat[here] = np.interp(along_m[here], line.along_m, line.lat)
    return lng, lat


def profile(route: Route, samples: int) -> tuple[Floats, Floats]:
    """Columns (along_m, ele_m) for a height profile, evenly spaced from start to finish and smoothed as the
    ascent is. Heights are NaN on lines without any, and everywhere when `ascent_m` is None."""
    along = np.linspace(0.0, route.distance_m, samples)
    ele = np.full(samples, np.nan)
    if route.ascent_m is not None:
        for k, line in enumerate(route.lines):
            here = along >= line.along_m[0] if k else np.ones(samples, dtype=np.bool_)
            ele[here] = walking.smoothed(line.along_m, line.ele_m, along[here])
    return along, ele


def between(lines: tuple[Line, ...], from_m: float, to_m: float) -> tuple[Line, ...]:
    """The part of the lines from one distance to another, cut exactly there; `along_m` counts on from the
    same zero. Empty when there is nothing between."""
    return tuple(part for line in lines if (part := _part(line, from_m, to_m)) is not None)


def _part(line: Line, from_m: float, to_m: float) -> Line | None:
    along = line.along_m
    low, high = max(from_m, float(along[0])), min(to_m, float(along[-1]))
    if low >= high:
        return None
    if low == along[0] and high == along[-1]:
        return line
    inner = (along > low) & (along < high)
    first, last = low == along[0], high == along[-1]

    def cut(column: Floats) -> Floats:
        # At an end of the line its own point stands: several may share a distance (a pause).
        begin = column[0] if first else _at(low, along, column)
        end = column[-1] if last else _at(high, along, column)
        return np.concatenate([[begin], column[inner], [end]])

    return Line(
        lng=cut(line.lng),
        lat=cut(line.lat),
        ele_m=cut(line.ele_m),
        epoch_s=cut(line.epoch_s),
        along_m=np.concatenate([[low], along[inner], [high]]),
    )


def _at(x: float, along: Floats, column: Floats) -> float:
    """Linear between the two neighbours only, so that an unknown value further off does no harm."""
    k = int(np.searchsorted(along, x, "left"))
    share = (x - along[k - 1]) / (along[k] - along[k - 1])
    return float(column[k - 1] + share * (column[k] - column[k - 1]))


def trimmed(lines: tuple[Line, ...], from_m: float, to_m: float) -> tuple[Line, ...]:
    """As `between`, counted anew: the first line begins at 0 m, so that no number tells what was cut."""
    kept = between(lines, from_m, to_m)
    return tuple(replace(line, along_m=line.along_m - from_m) for line in kept)


def nearest(lines: tuple[Line, ...], lng: float, lat: float, *, tie_m: float = 10.0) -> tuple[float, float]:
    """The place on the lines next to a point: (along_m, aside_m). Where the route comes by several times and
    as near to within `tie_m`, the first time counts."""
    found = [_nearest(line, lng, lat, tie_m) for line in lines]
    least = min(aside for _, aside in found)
    return next((along, aside) for along, aside in found if aside <= least + tie_m)


def _nearest(line: Line, lng: float, lat: float, tie_m: float) -> tuple[float, float]:
    xy = flat(line.lng, line.lat, (lng, lat))
    # Where a step of the flat picture jumps the far side of the globe, the points alone are compared.
    start, step = xy[:-1], np.diff(xy, axis=0)
    step[np.abs(step[:, 0]) > math.pi * EARTH_RADIUS_M * math.cos(math.radians(lat))] = 0.0
    square = (step**2).sum(axis=1)
    share = np.clip(-(start * step).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    aside = np.hypot(*(start + step * share[:, None]).T)
    near = np.flatnonzero(aside <= aside.min() + tie_m)
    first = near[: int(np.flatnonzero(np.diff(near, append=near[-1] + 2) > 1)[0]) + 1]  # one visit
    k = int(first[np.argmin(aside[first])])
    along = line.along_m[k] + share[k] * (line.along_m[k + 1] - line.along_m[k])
    return float(along), float(aside[k])


def _wrapped(lng: float) -> float:
    return round((lng + 180.0) % 360.0 - 180.0, 6)


def route_json(route: Route, *, units: walking.Units) -> dict[str, Any]:
    """The facts for `route.json` and the plan. Distances count from the first point shown; no clock times and
    no word of how much was cut. `bounds` is west, south, east, north as in GeoJSON (west > east across the
    antimeridian); `start` and `finish` are lng, lat."""
    lng = np.concatenate([line.lng for line in route.lines])
    lat = np.concatenate([line.lat for line in route.lines])
    west, east = (_wrapped(float(end)) for end in (lng.min(), lng.max()))
    facts: dict[str, Any] = {
        "name": route.name,
        "kind": route.kind,
        "distance_m": round(route.distance_m, 1),
        "ascent_m": None if route.ascent_m is None else round(route.ascent_m, 1),
        "descent_m": None if route.descent_m is None else round(route.descent_m, 1),
        "loop": route.loop,
        "bounds": [west, round(float(lat.min()), 6), east, round(float(lat.max()), 6)],
        "start": [_wrapped(route.start[0]), round(route.start[1], 6)],
        "finish": [_wrapped(route.finish[0]), round(route.finish[1], 6)],
        "waypoints": [
            {"name": w.name, "lng": _wrapped(w.lng), "lat": round(w.lat, 6), "along_m": round(w.along_m, 1)}
            for w in route.waypoints
        ],
        "texts": {"distance": walking.distance_text(route.distance_m, units)},
    }
    if route.ascent_m is not None:
        facts["texts"]["ascent"] = walking.ascent_text(route.ascent_m, units)
    if route.kind != "waypoints":  # straight lines between places say nothing of the time on paths
        span = walking.minutes(route.distance_m, route.ascent_m)
        facts["times"] = {"walking_minutes": list(span)}
        facts["texts"]["time"] = walking.time_text(span)
    return facts
