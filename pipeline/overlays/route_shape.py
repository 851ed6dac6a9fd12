"""The route as overlays draw it: local metres, distance along, heights; and its flat picture in a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline import geo
from pipeline.geo import Floats
from pipeline.route import Route

_ENOUGH_HEIGHTS = 0.8


@dataclass(frozen=True, kw_only=True, eq=False)
class RouteShape:
    """`lines`: (n, 2) metres east and north; `along_m` and `ele_m` (filled, no NaN) have n values each.
    Between two lines there is a gap that is never drawn. Without usable heights every `ele_m` is zero."""

    lines: tuple[Floats, ...]
    along_m: tuple[Floats, ...]
    ele_m: tuple[Floats, ...]
    distance_m: float
    loop: bool
    has_heights: bool
    waypoints: tuple[tuple[str, float], ...] = ()  # name, along_m

    @property
    def points(self) -> Floats:
        return np.concatenate(self.lines)

    def places(self, along_m: Floats) -> Floats:
        """East and north at distances along the route: (k,) → (k, 2). Clamped to the ends."""
        along, points = np.concatenate(self.along_m), self.points
        return np.stack([np.interp(along_m, along, points[:, axis]) for axis in (0, 1)], axis=-1)

    def heights(self, along_m: Floats) -> Floats:
        return np.asarray(np.interp(along_m, np.concatenate(self.along_m), np.concatenate(self.ele_m)))

    def simplified(self, step_m: float) -> RouteShape:
        """With at most one point for each `step_m` of way; ends of lines are kept."""
        kept = [_thinned(along, step_m) for along in self.along_m]
        return RouteShape(
            lines=tuple(line[keep] for line, keep in zip(self.lines, kept, strict=True)),
            along_m=tuple(along[keep] for along, keep in zip(self.along_m, kept, strict=True)),
            ele_m=tuple(ele[keep] for ele, keep in zip(self.ele_m, kept, strict=True)),
            distance_m=self.distance_m,
            loop=self.loop,
            has_heights=self.has_heights,
            waypoints=self.waypoints,
        )

    def discs(self, unit_m: float, most: int) -> list[tuple[int, float]]:
        """Whole distance marks as (number, along_m): every 1, 2, 5, 10 … units, at most `most`, none at
        the ends."""
        for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
            marks = [(n, n * unit_m) for n in range(step, int(self.distance_m / unit_m) + 1, step)]
            marks = [(n, at) for n, at in marks if at < self.distance_m - 0.15 * step * unit_m]
            if len(marks) <= most:
                return marks
        return []


def of(route: Route) -> RouteShape:
    """The shape of a route, centred on the middle of its bounds."""
    lng = np.concatenate([line.lng for line in route.lines])
    lat = np.concatenate([line.lat for line in route.lines])
    origin = (float(lng.min() + lng.max()) / 2, float(lat.min() + lat.max()) / 2)
    ele = np.concatenate([line.ele_m for line in route.lines])
    known = np.isfinite(ele)
    has_heights = bool(known.mean() >= _ENOUGH_HEIGHTS and np.ptp(ele[known]) > 1.0)
    along = np.concatenate([line.along_m for line in route.lines])
    filled = np.interp(along, along[known], ele[known]) if has_heights else np.zeros(len(ele))
    ends = np.cumsum([len(line.lng) for line in route.lines])[:-1]
    return RouteShape(
        lines=tuple(geo.flat(line.lng, line.lat, origin) for line in route.lines),
        along_m=tuple(np.asarray(line.along_m, np.float64) for line in route.lines),
        ele_m=tuple(np.split(filled, ends)),
        distance_m=route.distance_m,
        loop=route.loop,
        has_heights=has_heights,
        waypoints=tuple((waypoint.name, waypoint.along_m) for waypoint in route.waypoints),
    )


@dataclass(frozen=True, kw_only=True)
class FlatView:
    """North up: metres → pixels."""

    scale: float  # pixels per metre
    x: float  # where east 0, north 0 lies
    y: float

    @classmethod
    def fitting(cls, points: Floats, left: float, top: float, right: float, bottom: float) -> FlatView:
        """All points inside the rectangle, as large as possible, centred."""
        low, high = points.min(axis=0), points.max(axis=0)
        span = np.maximum(high - low, 1.0)
        scale = float(min((right - left) / span[0], (bottom - top) / span[1]))
        middle = (low + high) / 2
        return cls(
            scale=scale,
            x=(left + right) / 2 - float(middle[0]) * scale,
            y=(top + bottom) / 2 + float(middle[1]) * scale,
        )

    def pixels(self, points: Floats) -> Floats:
        return np.stack([self.x + points[..., 0] * self.scale, self.y - points[..., 1] * self.scale], axis=-1)


def stretch(along: Floats, points: Floats, start: float, end: float) -> Floats | None:
    """The part of a line between two distances, with exact ends; None when it has no length there."""
    start, end = max(start, float(along[0])), min(end, float(along[-1]))
    if end <= start:
        return None
    first, last = np.searchsorted(along, start, side="right"), np.searchsorted(along, end, side="left")
    ends = [[np.interp(at, along, points[:, axis]) for axis in range(points.shape[1])] for at in (start, end)]
    return np.concatenate([ends[:1], points[first:last], ends[1:]])


def _thinned(along: Floats, step_m: float) -> Floats:
    """Indices of the first point in each step, and of both ends."""
    bins = np.floor((along - along[0]) / max(step_m, 1e-9)).astype(np.int64)
    first = np.unique(bins, return_index=True)[1]
    return np.unique(np.concatenate([first, [len(along) - 1]]))
