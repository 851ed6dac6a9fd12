"""Many rings or lines in one array: moved to the picture, cut to what it shows, thinned, and made into Skia paths.

A city has a hundred thousand vertices in ten thousand little arrays. All arithmetic is done once on all of them joined;
Python touches a vertex only to hand it to Skia.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.mercator import MapView

Whole = NDArray[np.intp]
Flags = NDArray[np.bool_]

CELL = 0.4  # pixels: vertices that fall into the same cell as the one before are left out


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """Points (n, 2) in pixels; run i is `points[starts[i]:starts[i + 1]]` and belongs to thing `owner[i]`."""

    points: Floats
    starts: Whole
    owner: Whole

    @classmethod
    def of(cls, pieces: Sequence[Floats], owner: Whole, view: MapView) -> Runs:
        """From world units; pieces with no point are left out."""
        lengths = np.fromiter(map(len, pieces), np.intp, len(pieces))
        points = np.concatenate(pieces) if len(pieces) else np.zeros((0, 2))
        some = lengths > 0
        return cls(points=view.pixels(points), starts=_starts(lengths[some]), owner=owner[some])

    @property
    def lengths(self) -> Whole:
        return np.diff(self.starts)

    def boxes(self) -> tuple[Floats, Floats]:
        """Least and greatest x, y of each run: two arrays (runs, 2)."""
        if not len(self.owner):
            return np.zeros((0, 2)), np.zeros((0, 2))
        at = self.starts[:-1]
        return np.minimum.reduceat(self.points, at), np.maximum.reduceat(self.points, at)

    def only(self, runs: Flags | Whole) -> Runs:
        """Some of the runs, in the order they are named."""
        chosen = np.flatnonzero(runs) if runs.dtype == np.bool_ else runs
        lengths = self.lengths[chosen]
        starts = _starts(lengths)
        index = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return Runs(points=self.points[index], starts=starts, owner=self.owner[chosen])

    def thinned(self, cell: float = CELL) -> Runs:
        """Without the points that share a cell with the one before; first and last of each run stay."""
        if not len(self.owner):
            return self
        cells = np.floor(self.points / cell)
        keep = np.ones(len(cells), bool)
        keep[1:] = (cells[1:] != cells[:-1]).any(axis=1)
        keep[self.starts[:-1]] = keep[self.starts[1:] - 1] = True
        kept = np.concatenate([[0], np.cumsum(keep)])
        return Runs(points=self.points[keep], starts=kept[self.starts], owner=self.owner)

    def doubled_areas(self) -> Floats:
        """Twice the signed area of each run as a ring, square pixels."""
        if not len(self.owner):
            return np.zeros(0)
        after = np.arange(1, len(self.points) + 1)
        after[self.starts[1:] - 1] = self.starts[:-1]
        (x, y), (next_x, next_y) = self.points.T, self.points[after].T
        return np.add.reduceat(x * next_y - next_x * y, self.starts[:-1])

    def turned(self, flip: Flags) -> Runs:
        """The runs of `flip` backwards."""
        index = np.arange(len(self.points))
        mirror = np.repeat(self.starts[:-1] + self.starts[1:] - 1, self.lengths) - index
        index = np.where(np.repeat(flip, self.lengths), mirror, index)
        return Runs(points=self.points[index], starts=self.starts, owner=self.owner)

    def seen(self, view: MapView, margin: float) -> Runs:
        """Lines cut to the segments that touch the picture grown by `margin` pixels: one line may become several."""
        if not len(self.points):
            return self
        a, b = self.points[:-1], self.points[1:]
        low, high = np.minimum(a, b), np.maximum(a, b)
        shown: Flags = np.all((high >= -margin) & (low <= (view.width + margin, view.height + margin)), axis=1)
        shown[self.starts[1:-1] - 1] = False  # from the end of one run to the start of the next
        before, after = np.concatenate([[False], shown]), np.concatenate([shown, [False]])
        keep = before | after
        first = np.flatnonzero(after & ~before)
        kept = np.concatenate([[0], np.cumsum(keep)])
        run = np.searchsorted(self.starts, first, side="right") - 1
        starts = np.concatenate([kept[first], kept[-1:]])
        return Runs(points=self.points[keep], starts=starts, owner=self.owner[run])

    def path(self, *, closed: bool) -> skia.Path:
        """All runs as contours of one path, filled where it winds."""
        dots = [*map(skia.Point, self.points[:, 0].tolist(), self.points[:, 1].tolist())]
        path = skia.Path()
        path.incReserve(len(dots))
        for start, end in pairwise(self.starts.tolist()):
            path.addPoly(dots[start:end], closed)
        return path


def _starts(lengths: Whole) -> Whole:
    return np.concatenate([np.zeros(1, np.intp), np.cumsum(lengths)])


def on_picture(low: Floats, high: Floats, view: MapView) -> Flags:
    """Which boxes touch the picture."""
    flags: Flags = np.all((high >= 0) & (low <= (view.width, view.height)), axis=1)
    return flags
