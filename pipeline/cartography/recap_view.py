"""A fleet's night on one picture of the map: the view that holds what matters of it, and, in the pixels of that view,
where everybody is in each frame, which way it points and what it looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline import recap, recap_told
from pipeline.cartography import camera
from pipeline.fleet import Fleet, TrackPart, Vehicle
from pipeline.geo import Floats
from pipeline.layout import Layout
from pipeline.mercator import Bounds, MapView, metres_per_unit, world
from pipeline.recap import Timelapse

WORKING, RETURNING, PARKED = range(3)  # as `recap_told.LOOKS`

_MATTERS = 0.98
_FAR = 2.5  # a vehicle that makes the map that much smaller is left out of its fitting …
_FEW = 10  # … but at most one in so many
_WIDER = 1.3  # the last hundredths are fitted in too where that costs no more
_FADE_S = 0.3
_LEAP = 12.0  # design pixels
_STEP_PX = 1.5  # tracks are thinned to that


def fitted(fleet: Fleet, layout: Layout) -> tuple[MapView, tuple[str, ...]]:
    """The view of the whole frame that has the night inside the layout's map, and what does not lie in it, in
    sentences."""
    rough = recap.thinned(fleet, step_m=max(2.0, _usual_m(fleet) / 800))
    places = _aligned([np.concatenate([_world(part) for part in one.parts]) for one in rough.vehicles])
    kept = _together(places)
    points = np.concatenate([places[k] for k in kept])
    low, high = np.quantile(points, [(1 - _MATTERS) / 2, (1 + _MATTERS) / 2], axis=0)
    if (np.ptp(points, axis=0) > _WIDER * (high - low)).any() and float((high - low).max()) > 0:
        points = np.stack([low, high])
    box = camera.room(layout)
    rect = (box.x, box.y, box.right, box.bottom)
    view = MapView.fitting(points, rect, layout.size.width, layout.size.height, layout.unit)
    return view, _told(fleet.vehicles, places, view)


def _usual_m(fleet: Fleet) -> float:
    """How far a usual vehicle gets about."""
    reach = []
    for one in fleet.vehicles:
        bounds = Bounds.of(np.concatenate([_world(part) for part in one.parts]))
        reach.append(max(bounds.width, bounds.height) * metres_per_unit(bounds.middle[1]))
    return float(np.median(reach))


def _world(part: TrackPart) -> Floats:
    return world(part.lng, part.lat)


def _aligned(places: Sequence[Floats]) -> list[Floats]:
    """All on the same turn round the world as the first."""
    first = float(places[0][0, 0])
    return [some + np.array([round(first - float(some[0, 0])), 0]) for some in places]


def _together(places: Sequence[Floats]) -> list[int]:
    """The vehicles to be fitted in: without the few that would make the map small for all others."""
    low, high = (np.stack([edge(some, axis=0) for some in places]) for edge in (np.min, np.max))
    kept = list(range(len(places)))
    for _ in range(max(1, len(places) // _FEW) if len(places) > 3 else 0):
        whole = float((high[kept].max(axis=0) - low[kept].min(axis=0)).max())
        sizes = []
        for k in kept:
            others = [other for other in kept if other != k]
            sizes.append(float((high[others].max(axis=0) - low[others].min(axis=0)).max()))
        if whole <= _FAR * min(sizes):
            break
        del kept[int(np.argmin(sizes))]
    return kept


def _told(vehicles: Sequence[Vehicle], places: Sequence[Floats], view: MapView) -> tuple[str, ...]:
    inside = []
    for some in places:
        at = view.pixels(some)
        inside.append(((at >= 0) & (at <= (view.width, view.height))).all(axis=1))
    notes = [
        f"{one.name} was mostly outside of what the map shows."
        for one, seen in zip(vehicles, inside, strict=True)
        if seen.mean() < 0.5
    ]
    if not notes and not all(seen.all() for seen in inside):
        notes.append("A small part of the tracks lies outside of what the map shows.")
    return tuple(notes)


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """An unbroken line of one vehicle with one look: `at` (n) in frames, rising; `points` (n, 2) in pixels."""

    vehicle: int
    look: int
    at: Floats
    points: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Night:
    """Rows are vehicles in the fleet's order, columns frames."""

    places: Floats  # (v, f, 2) pixels; where a vehicle is not known, where it was last (or will first be)
    level: NDArray[np.float32]  # how present it is, 0 to 1: falls to 0 where nobody knows
    heading: Floats  # radians clockwise from up
    leaps: NDArray[np.bool_]  # it comes back at another place in this frame: nobody knows how it got there
    look: NDArray[np.int8]
    runs: tuple[Run, ...]

    @property
    def frames(self) -> int:
        return int(self.level.shape[1])


def night(fleet: Fleet, lapse: Timelapse, view: MapView, fps: float) -> Night:
    """The fleet as it is seen on a view."""
    fine = recap.thinned(fleet, step_m=_STEP_PX * view.metres_per_pixel)
    middle = view.bounds.middle[0]
    at = recap.positions(fine, lapse, trail_frames=1)
    turns = np.array([round(middle - float(_world(one.parts[0])[0, 0])) for one in fine.vehicles])
    places = world(_filled(at.lng, at.shown), _filled(at.lat, at.shown))
    places[..., 0] += turns[:, None]
    pixels = view.pixels(places)
    codes = np.array([recap_told.LOOKS.index(look) for look in recap_told.looks(fine.statuses)], np.int8)
    away = recap_told.out(fleet, lapse, fps)
    look = np.where(away, np.where(codes[at.status] == RETURNING, RETURNING, WORKING), PARKED).astype(np.int8)
    leaps = np.zeros(at.shown.shape, np.bool_)
    step = np.hypot(*np.moveaxis(np.diff(pixels, axis=1), -1, 0))
    leaps[:, 1:] = at.shown[:, 1:] & ~at.shown[:, :-1] & (step > _LEAP * view.unit)
    return Night(
        places=pixels,
        level=_levels(at.shown, leaps, max(1, round(_FADE_S * fps))),
        leaps=leaps,
        heading=_headings(pixels, np.radians(at.heading_deg.astype(np.float64))),
        look=look,
        runs=tuple(
            run
            for k, one in enumerate(fine.vehicles)
            for part in one.parts
            for run in _runs(k, part, lapse, view, codes, int(turns[k]))
        ),
    )


def _filled(column: Floats, shown: NDArray[np.bool_]) -> Floats:
    """Where a vehicle is not known: the last value, before the first the first; nowhere known: 0."""
    frames = column.shape[1]
    last = np.maximum.accumulate(np.where(shown, np.arange(frames), -1), axis=1)
    first = np.argmax(shown, axis=1)[:, None]
    found = np.take_along_axis(column, np.where(last < 0, first, last), axis=1)
    return np.where(np.isfinite(found), found, 0.0)


def _levels(shown: NDArray[np.bool_], leaps: NDArray[np.bool_], ramp: int) -> NDArray[np.float32]:
    """Comes up and goes down evenly in `ramp` frames, anew after a leap; who is there at the beginning is whole."""
    out = np.zeros(shown.shape, np.float32)
    level = shown[:, 0].astype(np.float32)
    for frame in range(shown.shape[1]):
        level = np.clip(
            np.where(leaps[:, frame], 0, level) + np.where(shown[:, frame], 1 / ramp, -1 / ramp), 0, 1
        ).astype(np.float32)
        out[:, frame] = level
    return out


def _headings(pixels: Floats, given: Floats) -> Floats:
    """The way over a few frames, which calms the corners; where that is none, as before."""
    ahead, behind = np.roll(pixels, -2, axis=1), np.roll(pixels, 2, axis=1)
    ahead[:, -2:], behind[:, :2] = pixels[:, -1:], pixels[:, :1]
    way = ahead - behind
    angle = np.arctan2(way[..., 0], -way[..., 1])
    moves = np.hypot(way[..., 0], way[..., 1]) > 1.0
    last = np.maximum.accumulate(np.where(moves, np.arange(pixels.shape[1]), -1), axis=1)
    kept = np.take_along_axis(angle, np.maximum(last, 0), axis=1)
    return np.asarray(np.where(last < 0, given, kept))


def _runs(
    vehicle: int, part: TrackPart, lapse: Timelapse, view: MapView, codes: NDArray[np.int8], turns: int
) -> list[Run]:
    at = np.interp(part.epoch_s, lapse.moments, np.arange(len(lapse.moments)))
    points = view.pixels(_world(part) + np.array([turns, 0]))
    returning = codes[part.status] == RETURNING
    edges = [0, *(np.flatnonzero(np.diff(returning[:-1])) + 1).tolist(), len(at) - 1]
    return [
        Run(
            vehicle=vehicle,
            look=RETURNING if returning[low] else WORKING,
            at=at[low : high + 1],
            points=points[low : high + 1],
        )
        for low, high in pairwise(edges)
        if high > low and at[high] > at[low]
    ]
