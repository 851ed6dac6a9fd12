"""The route flat and north up on a plain card: for routes without heights. It claims no terrain."""

from __future__ import annotations

import numpy as np
import skia

from pipeline.colours import readable
from pipeline.geo import Floats
from pipeline.overlays.paint import Sheet, fill, polyline, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_map import Trail
from pipeline.overlays.route_shape import FlatView, RouteShape

_TOLERANCE_PX = 0.6


class FlatCard:
    """`rect`: where the route must lie, in pixels of the frame."""

    north = 0.0

    def __init__(self, shape: RouteShape, rect: skia.Rect, palette: Palette, unit: float) -> None:
        self._palette, self._unit = palette, unit
        self._view = FlatView.fitting(shape.points, rect.left(), rect.top(), rect.right(), rect.bottom())
        self._shape = shape.simplified(_TOLERANCE_PX / self._view.scale)
        self._rect = rect
        self._trails: list[tuple[Trail, Sheet]] = []
        self._corner = (0, 0)

    def place(self, along_m: Floats) -> Floats:
        return self._view.pixels(self._shape.places(along_m))

    def clutter(self, count: int) -> Floats:
        """Pixels that names should not cover."""
        return self.place(np.linspace(0, self._shape.distance_m, count))

    def paint_ground(self, canvas: skia.Canvas, width: int, height: int) -> None:
        """Dots over the whole card and the line to come."""
        step = 54 * self._unit
        dot = fill(self._palette.grid, 0.30 if self._palette.dark_card else 0.9)
        for row in range(int(height / step) + 1):
            for column in range(int(width / step) + 1):
                canvas.drawCircle((column + 0.5) * step, (row + 0.5) * step, 2.2 * self._unit, dot)
        paths = [polyline(self._view.pixels(points)) for points in self._shape.lines]
        ink = "#ffffff" if self._palette.dark_card else self._palette.ink
        for path in paths:
            canvas.drawPath(path, stroke("#000000", 20 * self._unit, 0.14))
        for path in paths:
            canvas.drawPath(path, stroke(ink, 7 * self._unit, 0.62))

    def paint_walked(self, canvas: skia.Canvas, along_m: float) -> None:
        """The line from the start to a distance."""
        if not self._trails:
            self._start_trails()
        for trail, sheet in self._trails:
            trail.grow(along_m)
            sheet.paint_on(canvas, *self._corner)
            canvas.save()
            canvas.translate(*self._corner)
            trail.paint_tip(canvas, along_m)
            canvas.restore()

    def _start_trails(self) -> None:
        """Casing below, colour above: each grows on its own sheet, so the casing never covers older
        colour."""
        palette, unit = self._palette, self._unit
        casing = 21 * unit
        margin = int(casing) + 2
        left, top = int(self._rect.left()) - margin, int(self._rect.top()) - margin
        self._corner = (left, top)
        width, height = int(self._rect.width()) + 2 * margin, int(self._rect.height()) + 2 * margin
        view = FlatView(scale=self._view.scale, x=self._view.x - left, y=self._view.y - top)
        colour = readable(palette.route, palette.route_casing, 3.0)
        for paint in (stroke(palette.route_casing, casing), stroke(colour, 13 * unit)):
            sheet = Sheet(width, height)
            self._trails.append((Trail(self._shape, view, sheet, paint), sheet))
