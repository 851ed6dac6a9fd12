"""Roads and rivers by name: the pieces of one name in a view, joined into long stretches. All in pixels of the view."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.map_model import Line, LineKind, MapModel
from pipeline.mercator import MapView

_JOIN_BEND = math.radians(55)  # a road that turns more goes on as another stretch
FARTHEST = 1e9  # pixels; beyond, numbers are no places
JOIN = 2.5  # design pixels between two ends that are one
MOST_PIECES = 400  # of one name; the longest are kept


@dataclass(frozen=True, kw_only=True, eq=False)
class Street:
    """All of one name in the view: its most important kind, and its stretches (n, 2), longest first."""

    kind: LineKind
    name: str
    stretches: tuple[Floats, ...]
    length: float  # of the longest


def length(points: Floats) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def streets(
    model: MapModel,
    view: MapView,
    inside: skia.Rect,
    ranks: Mapping[LineKind, float],
    named: Callable[[Line], str],
    least: Callable[[LineKind, str], float],
) -> list[Street]:
    """By rank, then by length. `ranks`: the kinds that are lettered; `named`: what a line is called, empty for
    nothing; `least`: how long all of a name must be to be worth a closer look."""
    pieces = _Pieces.of(model, view, inside, ranks)
    found: dict[tuple[bool, str], list[int]] = {}
    for index, line in enumerate(pieces.lines):
        if name := named(line):
            found.setdefault((line.kind in ("river", "stream"), name), []).append(index)
    out = []
    for (_, name), of in found.items():
        kind = min((pieces.lines[index].kind for index in of), key=lambda kind: ranks[kind])
        enough = least(kind, name)
        if pieces.lengths[of].sum() < enough:
            continue
        runs = [run for chain in pieces.joined(of, JOIN * view.unit) for run in _clipped(chain, inside)]
        long = [(run, round(far, 3)) for run in runs if (far := length(run)) >= enough]
        if long:
            long.sort(key=lambda run: (-run[1], *run[0][0].tolist()))
            out.append(Street(kind=kind, name=name, stretches=tuple(run for run, _ in long), length=long[0][1]))
    return sorted(out, key=lambda street: (ranks[street.kind], -street.length, street.name))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pieces:
    """The lines that may be lettered and touch the picture, in pixels: worked out all at once, there are thousands.
    `ends` (n, 2, 2): first and last point; `leaves` (n, 2, 2): the directions that lead from them into the line."""

    lines: list[Line]
    points: list[Floats]
    lengths: Floats
    ends: Floats
    leaves: Floats

    @classmethod
    def of(cls, model: MapModel, view: MapView, inside: skia.Rect, ranks: Mapping[LineKind, float]) -> _Pieces:
        found = [line for line in model.lines if line.kind in ranks and (line.name or line.ref)]
        lines = _touching([line for line in found if len(line.points) > 1], view, inside)
        if not lines:
            none = np.zeros((0, 2, 2))
            return cls(lines=[], points=[], lengths=np.zeros(0), ends=none, leaves=none)
        points, first, after = _laid_out(lines, view)
        last = after - 1
        steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
        steps[first] = 1.0  # so that every line has its own stretch of `along`
        along = np.cumsum(steps)
        lengths = along[last] - along[first]
        ends = np.stack([points[first], points[last]], axis=1)
        # The direction is seen a little further on: the last step before a crossing may go anywhere.
        near = np.minimum(lengths, 4 * JOIN * view.unit)
        seen_at = (along[first] + near, along[last] - near)
        into = [np.interp(at, along, points[:, axis]) for at in seen_at for axis in (0, 1)]
        leaves = np.stack(into, axis=-1).reshape(-1, 2, 2) - ends
        leaves /= np.maximum(np.hypot(leaves[..., 0], leaves[..., 1]), 1e-9)[..., None]
        pieces = [points[a:b] for a, b in zip(first.tolist(), after.tolist(), strict=True)]
        return cls(lines=lines, points=pieces, lengths=lengths, ends=ends, leaves=leaves)

    def joined(self, of: list[int], near: float) -> list[Floats]:
        """Some of the pieces laid end to end where they go straight on, the longest first."""
        if len(of) == 1:
            return [self.points[of[0]]]
        of = sorted(of, key=lambda i: (-round(float(self.lengths[i]), 3), *self.ends[i].ravel().tolist()))[:MOST_PIECES]
        points, ends, leaves = [self.points[i] for i in of], self.ends[of], self.leaves[of]
        free = np.ones(len(of), bool)
        chains = []
        for index in range(len(of)):
            if free[index]:
                free[index] = False
                before = _followed(points, ends, leaves, free, index, 0, near)
                after = _followed(points, ends, leaves, free, index, 1, near)
                chains.append(np.concatenate([*(part[::-1] for part in reversed(before)), points[index], *after]))
        return chains


def _laid_out(lines: list[Line], view: MapView) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """All points in pixels, and where each line begins and ends among them."""
    sizes = np.array([len(line.points) for line in lines])
    after = np.cumsum(sizes)
    return view.pixels(np.concatenate([line.points for line in lines])), after - sizes, after


def _touching(lines: list[Line], view: MapView, inside: skia.Rect) -> list[Line]:
    """Those whose box touches the rectangle, and whose points are all somewhere."""
    if not lines:
        return []
    points, first, _ = _laid_out(lines, view)
    low, high = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)
    here = (high >= (inside.left(), inside.top())).all(axis=1) & (low <= (inside.right(), inside.bottom())).all(axis=1)
    here &= (np.abs(low) < FARTHEST).all(axis=1) & (np.abs(high) < FARTHEST).all(axis=1)
    return [lines[i] for i in np.flatnonzero(here).tolist()]


def _followed(
    pieces: list[Floats], ends: Floats, leaves: Floats, free: NDArray[np.bool_], index: int, side: int, near: float
) -> list[Floats]:
    """What goes on from one end of a piece, piece by piece, each turned to lead away; takes them from `free`."""
    out: list[Floats] = []
    while True:
        away = ends - ends[index, side]
        gaps = np.hypot(away[..., 0], away[..., 1])
        straight = leaves @ -leaves[index, side]
        fits = free[:, None] & (gaps <= near) & (straight >= math.cos(_JOIN_BEND))
        if not fits.any():
            return out
        best = int(np.argmax(np.where(fits, straight, -2.0)))
        index, entered = divmod(best, 2)
        free[index] = False
        out.append(pieces[index] if entered == 0 else pieces[index][::-1])
        side = 1 - entered


def _clipped(points: Floats, inside: skia.Rect) -> list[Floats]:
    """The parts within the rectangle; new points where the line crosses its edges (Liang and Barsky)."""
    if inside.contains(skia.Rect.MakeLTRB(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())):
        return [points]
    start, step = points[:-1], np.diff(points, axis=0)
    low, high = np.array([inside.left(), inside.top()]), np.array([inside.right(), inside.bottom()])
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start) / step, (high - start) / step
    level = step == 0
    within = (start >= low) & (start <= high)
    enter = np.where(level, np.where(within, -np.inf, np.inf), np.minimum(one, other)).max(axis=1).clip(0, None)
    leave = np.where(level, np.where(within, np.inf, -np.inf), np.maximum(one, other)).min(axis=1).clip(None, 1)
    seen = enter < leave
    runs: list[Floats] = []
    run: list[Floats] = []
    for i in np.flatnonzero(seen).tolist():
        if not run:
            run = [start[i] + enter[i] * step[i]]
        run.append(start[i] + leave[i] * step[i])
        if leave[i] < 1 or i + 1 == len(seen) or not seen[i + 1]:
            runs.append(np.array(run))
            run = []
    return runs
