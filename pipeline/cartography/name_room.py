"""What is taken on a map, as a coarse picture: names ask it for room, and put themselves into it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.mercator import MapView
from pipeline.overlays.paint import Sheet, polyline

# Design pixels.
GAP = 7.0  # between names, halos counted
CORRIDOR = 30.0  # the width along the route that names leave free: its line, casing and discs


class Room:
    """A coarse picture of what is taken. What is put there is widened by more than a cell, so that no two things that
    were found free can touch."""

    def __init__(self, view: MapView, area: skia.Rect, avoid: Sequence[skia.Rect], route: Floats | None) -> None:
        self.area = area
        self.cell = max(2.0, 4 * view.unit)
        self.gap = max(GAP * view.unit, 1.5 * self.cell)
        shape = math.ceil(view.width / self.cell) + 1, math.ceil(view.height / self.cell) + 1
        self._taken, self._walked = Sheet(*shape), Sheet(*shape)
        for sheet in (self._taken, self._walked):
            sheet.canvas.scale(1 / self.cell, 1 / self.cell)
        for rect in avoid:
            self._taken.canvas.drawRect(rect, self._ink(self.gap))
        self._routed = route is not None and len(route) > 1
        if route is not None and self._routed:
            ink = self._ink(CORRIDOR * view.unit / 2 + self.cell)
            ink.setStyle(skia.Paint.kStroke_Style)
            self._walked.canvas.drawPath(polyline(route), ink)

    @staticmethod
    def _ink(reach: float) -> skia.Paint:
        return skia.Paint(
            Color=0xFFFFFFFF,
            AntiAlias=True,
            Style=skia.Paint.kStrokeAndFill_Style,
            StrokeWidth=2 * reach,
            StrokeCap=skia.Paint.kRound_Cap,
            StrokeJoin=skia.Paint.kRound_Join,
        )

    def take(self, boxes: Floats) -> None:
        for box in boxes.tolist():
            path = skia.Path()
            path.addPoly([skia.Point(*corner) for corner in box], True)
            self._taken.canvas.drawPath(path, self._ink(self.gap))

    def free(self, boxes: Floats) -> bool:
        """Whether turned rectangles (k, 4, 2) lie inside and touch nothing."""
        area = self.area
        low, high = boxes.min(axis=(0, 1)), boxes.max(axis=(0, 1))
        if low[0] < area.left() or low[1] < area.top() or high[0] > area.right() or high[1] > area.bottom():
            return False
        x, y = self._cells(boxes)
        return not (self._taken.pixels[y, x, 3].any() or self._walked.pixels[y, x, 3].any())

    def taken(self, points: Floats) -> bool:
        """Whether one of the points (n, 2) lies under something; a cheap look ahead."""
        return bool(self._under(self._taken, points).any())

    def walked(self, points: Floats) -> bool:
        """Whether at least half of the points (n, 2) lie on the route."""
        return self._routed and bool(self._under(self._walked, points).mean() >= 0.5)

    def _under(self, sheet: Sheet, points: Floats) -> NDArray[np.bool_]:
        rows, columns = sheet.pixels.shape[:2]
        cells = (points / self.cell).astype(np.int64)
        return np.asarray(sheet.pixels[cells[:, 1].clip(0, rows - 1), cells[:, 0].clip(0, columns - 1), 3] > 0)

    def _cells(self, boxes: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The cells under points that lie no further apart than a cell."""
        across = int(np.hypot(*(boxes[:, 1] - boxes[:, 0]).T).max() / self.cell) + 2
        down = int(np.hypot(*(boxes[:, 3] - boxes[:, 0]).T).max() / self.cell) + 2
        u, v = np.linspace(0, 1, across)[:, None, None, None], np.linspace(0, 1, down)[None, :, None, None]
        top = boxes[:, 0] * (1 - u) + boxes[:, 1] * u
        bottom = boxes[:, 3] * (1 - u) + boxes[:, 2] * u
        cells = ((top * (1 - v) + bottom * v) / self.cell).astype(np.int64)
        rows, columns = self._taken.pixels.shape[:2]
        return cells[..., 0].clip(0, columns - 1), cells[..., 1].clip(0, rows - 1)
