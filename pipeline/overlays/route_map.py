"""The inset map: a small north-up card with the whole route, the trail walked so far and the moving marker.

The route is drawn once. Each frame adds the new piece of trail to a kept picture and puts the marker on a
copy of it, so a frame costs the same for a walk of one mile and for a ride of a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia

from pipeline.colours import mixed, readable
from pipeline.geometry import Box
from pipeline.overlays import marks
from pipeline.overlays.clip import Overlay, Rgba, faded, presence
from pipeline.overlays.inset_card import InsetCard
from pipeline.overlays.paint import Sheet, fill, polyline, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import FlatView, RouteShape, stretch

PULSE_S = 1.6
_TOLERANCE_PX = 0.6
_TRAIL_STEPS = 400


def inset(
    shape: RouteShape,
    box: Box,
    palette: Palette,
    *,
    marker: Sequence[float],
    unit: float,
    fps: int,
    reduced: bool = False,
    enter: bool = False,
    leave: bool = False,
) -> Overlay:
    """The card fills `box` (its soft shadow reaches a little beyond). `marker`: metres along, one per frame.

    `reduced` (less motion): the whole route is drawn, the marker moves without a pulse and no trail grows.
    """
    if not marker:
        raise ValueError("the inset needs a marker position for each frame")
    drawing = _Inset(shape, box, palette, unit, np.asarray(marker, np.float64), fps, reduced)
    frames = len(marker)

    def draw(frame: int) -> Rgba:
        level = presence(frame, frames, fps, enter=enter, leave=leave)
        picture = drawing.at(frame)
        return picture if level >= 1.0 else faded(picture, level)

    return Overlay(
        x=drawing.card.x,
        y=drawing.card.y,
        width=drawing.card.width,
        height=drawing.card.height,
        frames=frames,
        fps=fps,
        draw=draw,
        changes=range(frames),
    )


class Trail:
    """The line walked so far on a kept sheet. It is kept in whole steps and the rest is drawn on the
    frame, so a picture depends on the distance alone and not on the frames before it."""

    def __init__(self, shape: RouteShape, view: FlatView, sheet: Sheet, paint: skia.Paint) -> None:
        self._lines = [(along, view.pixels(points)) for along, points in zip(shape.along_m, shape.lines, strict=True)]
        self._sheet, self._paint = sheet, paint
        self._empty = sheet.pixels.copy()
        self._step_m = max(shape.distance_m, 1.0) / _TRAIL_STEPS
        self._kept = 0

    def grow(self, along_m: float) -> None:
        """Brings the kept sheet to the last whole step before a distance; going back draws it anew."""
        wanted = int(along_m / self._step_m)
        if wanted < self._kept:
            self._sheet.pixels[:] = self._empty
            self._kept = 0
        while self._kept < wanted:
            self._draw(self._sheet.canvas, self._kept * self._step_m, (self._kept + 1) * self._step_m)
            self._kept += 1

    def paint_tip(self, canvas: skia.Canvas, along_m: float) -> None:
        """Draws what lies between the last whole step and the distance."""
        self._draw(canvas, self._kept * self._step_m, along_m)

    def _draw(self, canvas: skia.Canvas, start_m: float, end_m: float) -> None:
        for along, points in self._lines:
            piece = stretch(along, points, start_m, end_m)
            if piece is not None:
                canvas.drawPath(polyline(piece), self._paint)


class _Inset:
    def __init__(
        self,
        shape: RouteShape,
        box: Box,
        palette: Palette,
        unit: float,
        marker: np.ndarray[tuple[int], np.dtype[np.float64]],
        fps: int,
        reduced: bool,
    ) -> None:
        side = min(box.width, box.height)
        zoom = side / 340  # a smaller card has finer lines, but never thinner than a phone can show
        self.card = InsetCard(box, palette, unit)
        self._colour = readable(palette.route, palette.paper, 3.0)
        self._marker, self._fps, self._reduced = marker, fps, reduced
        self._furthest = np.maximum.accumulate(marker)
        width, height = box.width, box.height
        pin = 15 * zoom
        edge = max(26 * zoom, pin * 1.5)
        view = FlatView.fitting(shape.points, edge, edge + pin * 1.2, width - edge, height - edge)
        thin = shape.simplified(_TOLERANCE_PX / view.scale)
        line = 7.0 * zoom
        ground = Sheet(width, height)
        _paper(ground, palette, zoom)
        _route(ground.canvas, thin, view, palette, line, whole=self._colour if reduced else None)
        marks.north(
            ground.canvas,
            width - 22 * zoom,
            20 * zoom,
            9 * zoom,
            palette,
            mixed(palette.ink, palette.paper, 0.35),
        )
        self._frame = ground
        self._trail = Trail(thin, view, ground, stroke(self._colour, line))
        self._place = view.pixels(shape.places(marker))
        self._dot = 11.5 * zoom
        self._work = Sheet(width, height)
        ends = (view.pixels(thin.lines[0][0]), view.pixels(thin.lines[-1][-1]))
        self._pins = marks.end_pins(*ends, pin, palette)

    def at(self, frame: int) -> Rgba:
        """The picture at a frame; the same array every time, so it is valid until the next call."""
        work = self._work
        walked = float(self._furthest[frame])
        if not self._reduced:
            self._trail.grow(walked)
        work.pixels[:] = self._frame.pixels
        if not self._reduced:
            self._trail.paint_tip(work.canvas, walked)
        pulse = None if self._reduced else (frame / self._fps / PULSE_S) % 1.0
        x, y = (float(value) for value in self._place[frame])
        for sprite in self._pins:
            sprite.paint(work.canvas)
        marks.marker(work.canvas, x, y, self._dot, self._colour, pulse)
        return self.card.with_inside(work)


def _paper(sheet: Sheet, palette: Palette, zoom: float) -> None:
    """Plain paper with a faint grid of dots: it claims no terrain."""
    sheet.canvas.clear(fill(palette.paper).getColor())
    dot = fill(mixed(palette.paper, palette.ink, 0.13))
    step = 24 * zoom
    for row in range(int(sheet.height / step) + 1):
        for column in range(int(sheet.width / step) + 1):
            sheet.canvas.drawCircle((column + 0.5) * step, (row + 0.5) * step, 1.2 * zoom, dot)


def _route(
    canvas: skia.Canvas,
    shape: RouteShape,
    view: FlatView,
    palette: Palette,
    line: float,
    *,
    whole: str | None,
) -> None:
    """The casing and the line to come, of all lines; `whole` paints the complete route in that colour
    instead."""
    paths = [polyline(view.pixels(points)) for points in shape.lines]
    for path in paths:
        canvas.drawPath(path, stroke(mixed(palette.paper, palette.ink, 0.22), line * 1.9, 0.35))
    for path in paths:
        canvas.drawPath(path, stroke(palette.route_casing, line * 1.62))
    todo = readable(palette.todo, palette.paper, 3.0)
    for path in paths:
        canvas.drawPath(path, stroke(whole or todo, line if whole else line * 0.62))
