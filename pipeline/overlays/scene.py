"""The full-frame route scene: a still background, the route drawing itself, names and marks popping up.

With heights it is the ribbon, without them the flat card; whoever uses this module need not know which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import skia

from pipeline.colours import mixed
from pipeline.geo import Floats
from pipeline.geometry import Box, Size
from pipeline.layout import Layout
from pipeline.overlays import marks
from pipeline.overlays.clip import Overlay, Rgba, eased, faded, presence
from pipeline.overlays.flat_card import FlatCard
from pipeline.overlays.labels import Label, placed, worth_naming
from pipeline.overlays.paint import Sheet, colour4, even, fill, shaded, stroke, vertical
from pipeline.overlays.palette import Palette
from pipeline.overlays.ribbon import Ribbon
from pipeline.overlays.route_map import PULSE_S
from pipeline.overlays.route_shape import RouteShape
from pipeline.overlays.text import Style

LABEL = 43.5  # design pixels: 4 % of the shorter side and a little
POP_S = 0.3
MOST_DISCS = 9


def background(size: Size, palette: Palette, shape: RouteShape, layout: Layout) -> Rgba:
    """The whole frame, opaque: shade, glow, grid, the route to come, the north mark."""
    sheet = Sheet(size.width, size.height)
    unit = layout.unit
    area = layout.scene_map
    paint_card(sheet.canvas, size, palette, (area.x + area.width / 2, area.y + area.height * 0.55))
    view = _view(shape, layout, palette)
    view.paint_ground(sheet.canvas, size.width, size.height)
    _vignette(sheet.canvas, size, 0.30 if palette.dark_card else 0.07)
    reach = 16 * unit
    marks.north(
        sheet.canvas,
        *_north_at(shape, layout, view),
        reach,
        palette,
        palette.on(palette.card_top),
        view.north,
    )
    return sheet.straight()


def route_drawing(
    shape: RouteShape,
    palette: Palette,
    layout: Layout,
    *,
    progress: Sequence[float],
    fps: int,
    unit_m: float = 1609.344,
    reduced: bool = False,
    enter: bool = False,
    leave: bool = False,
) -> Overlay:
    """The route growing to `progress` (metres along, one per frame), with pins, names, a disc each `unit_m`.

    `reduced`: the whole route at once, without motion.
    """
    if not progress:
        raise ValueError("the route drawing needs a progress for each frame")
    drawing = _Drawing(shape, palette, layout, np.asarray(progress, np.float64), fps, unit_m, reduced)
    frames = len(progress)

    def draw(frame: int) -> Rgba:
        level = presence(frame, frames, fps, enter=enter, leave=leave)
        picture = drawing.at(frame)
        return picture if level >= 1.0 else faded(picture, level)

    still = reduced and not enter and not leave
    box = drawing.box
    return Overlay(
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        frames=frames,
        fps=fps,
        draw=draw,
        changes=(0,) if still else range(frames),
    )


def paint_card(canvas: skia.Canvas, size: Size, palette: Palette, glow: tuple[float, float]) -> None:
    """The ground of all cards: a shade from top to bottom and a soft glow."""
    stops = [(0.0, colour4(palette.card_top)), (1.0, colour4(palette.card_bottom))]
    canvas.drawPaint(shaded(vertical(0, size.height, stops)))
    light = mixed(palette.card_top, "#ffffff", 0.30)
    halo = skia.GradientShader.MakeRadial(
        skia.Point(*glow),
        0.62 * max(size.width, size.height),
        [colour4(light, 0.55), colour4(light, 0.18), colour4(light, 0.0)],
        [0.0, 0.45, 1.0],
    )
    canvas.drawPaint(shaded(halo))


def _vignette(canvas: skia.Canvas, size: Size, depth: float) -> None:
    edge = skia.GradientShader.MakeRadial(
        skia.Point(size.width / 2, size.height / 2),
        0.62 * math.hypot(size.width, size.height),
        [colour4("#000000", 0.0), colour4("#000000", 0.0), colour4("#000000", depth)],
        [0.0, 0.55, 1.0],
    )
    canvas.drawPaint(shaded(edge))


def _view(shape: RouteShape, layout: Layout, palette: Palette) -> Ribbon | FlatCard:
    """Room is left above for names and pins, and beside the route for its marks."""
    area, unit = layout.scene_map, layout.unit
    side, top, bottom = (
        min(44 * unit, area.width * 0.1),
        min(96 * unit, area.height * 0.2),
        area.height * 0.06,
    )
    rect = skia.Rect.MakeLTRB(area.x + side, area.y + top, area.right - side, area.bottom - bottom)
    return (Ribbon if shape.has_heights else FlatCard)(shape, rect, palette, unit)


def _north_at(shape: RouteShape, layout: Layout, view: Ribbon | FlatCard) -> tuple[float, float]:
    """The corner of the map that is farthest from the route, for the north mark."""
    area, reach = layout.scene_map, 30 * layout.unit
    corners = [
        (x, y) for y in (area.y + reach, area.bottom - 1.4 * reach) for x in (area.right - reach, area.x + reach)
    ]
    route = view.place(np.linspace(0, shape.distance_m, 200))
    pins = view.place(np.array([0.0, shape.distance_m])) - (0, 50 * layout.unit)
    busy = np.concatenate([route, pins])
    return max(corners, key=lambda at: float(np.hypot(*(busy - at).T).min()))


class _Drawing:
    def __init__(
        self,
        shape: RouteShape,
        palette: Palette,
        layout: Layout,
        progress: Floats,
        fps: int,
        unit_m: float,
        reduced: bool,
    ) -> None:
        self._area = layout.scene_map
        self._unit, self._fps, self._reduced, self._palette = layout.unit, fps, reduced, palette
        self._view = _view(shape, layout, palette)
        self._furthest = np.maximum.accumulate(progress)
        if reduced:
            self._furthest = np.full(len(progress), shape.distance_m)
        self._heads = self._view.place(progress)
        self._pins = self._end_pins(shape)
        self._north = _north_at(shape, layout, self._view)
        self._labels = self._label_sprites(shape)
        self._discs = self._disc_sprites(shape, unit_m)
        self.box = self._needed(shape)
        self._sheet = Sheet(self.box.width, self.box.height)
        self._still: Rgba | None = None

    def _needed(self, shape: RouteShape) -> Box:
        """The part of the map that is ever drawn on, at even corners."""
        reach = 40 * self._unit
        route = self._view.clutter(400)
        low, high = route.min(axis=0) - reach, route.max(axis=0) + reach
        bounds = skia.Rect.MakeLTRB(*low.tolist(), *high.tolist())
        for sprite in (*self._pins, *(s for _, s in self._discs), *(s for _, _, s in self._labels)):
            bounds.join(skia.Rect.MakeXYWH(sprite.x, sprite.y, sprite.image.width(), sprite.image.height()))
        area = self._area
        left, top = max(area.x, int(bounds.left()) // 2 * 2), max(area.y, int(bounds.top()) // 2 * 2)
        right, bottom = min(area.right, even(bounds.right())), min(area.bottom, even(bounds.bottom()))
        return Box(x=left, y=top, width=right - left, height=bottom - top)

    def _end_pins(self, shape: RouteShape) -> list[marks.Sprite]:
        ends = self._view.place(np.array([0.0, shape.distance_m]))
        return marks.end_pins(ends[0], ends[1], 25 * self._unit, self._palette)

    def _disc_sprites(self, shape: RouteShape, unit_m: float) -> list[tuple[int, marks.Sprite]]:
        out = []
        radius = 19 * self._unit
        done = [skia.Rect.MakeXYWH(pin.x, pin.y, pin.image.width(), pin.image.height()) for pin in self._pins]
        for number, along in shape.discs(unit_m, MOST_DISCS):
            x, y = self._view.place(np.array([along]))[0].tolist()
            room = skia.Rect.MakeLTRB(x - radius, y - radius, x + radius, y + radius).makeOutset(3, 3)
            crowded = any(self._crowded(x, y, 1.7 * radius, label) for _, label, _ in self._labels)
            if crowded or any(room.intersects(other) for other in done):
                continue
            done.append(room)
            reach = math.ceil(radius * 1.3)
            left, top = math.floor(x) - reach, math.floor(y) - reach
            sheet = Sheet(2 * reach + 2, 2 * reach + 2)
            marks.disc(sheet.canvas, x - left, y - top, radius, number, self._palette, light=True)
            out.append((self._first(along), marks.Sprite(image=sheet.image(), x=left, y=top)))
        return out

    @staticmethod
    def _crowded(x: float, y: float, reach: float, label: Label) -> bool:
        """Whether a disc there would touch a name or its dot."""
        near = skia.Rect.MakeLTRB(x - reach, y - reach, x + reach, y + reach)
        return bool(near.contains(label.at_x, label.at_y) or near.intersects(label.rect))

    def _label_sprites(self, shape: RouteShape) -> list[tuple[int, Label, marks.Sprite]]:
        unit, area = self._unit, self._area
        names = worth_naming(shape.waypoints)
        if not names:
            return []
        style = Style(fonts=self._palette.fonts, role="bold", leading=1.08)
        taken = [skia.Rect.MakeXYWH(s.x, s.y, s.image.width(), s.image.height()) for s in self._pins]
        x, y = self._north
        taken.append(skia.Rect.MakeLTRB(x - 30 * unit, y - 30 * unit, x + 30 * unit, y + 42 * unit))
        labels = placed(
            names,
            self._view.place(np.array([along for _, along in names])),
            skia.Rect.MakeXYWH(area.x + 6 * unit, area.y, area.width - 12 * unit, area.height),
            size=LABEL * unit,
            style=style,
            gap=20 * unit,
            taken=taken,
            route=self._view.clutter(300),
            most_covered=6,
        )
        ground = mixed(self._palette.card_top, self._palette.card_bottom, 0.55)
        colour = self._palette.on(ground)
        return [(self._first(label.along_m), label, label.sprite(colour, ground, 5 * unit)) for label in labels]

    def _first(self, along_m: float) -> int:
        """The frame at which the walk reaches a distance (beyond the end: never)."""
        return int(np.searchsorted(self._furthest, along_m))

    def at(self, frame: int) -> Rgba:
        if self._still is not None:
            return self._still
        sheet, canvas = self._sheet, self._sheet.canvas
        sheet.clear()
        canvas.save()
        canvas.translate(-self.box.x, -self.box.y)
        self._view.paint_walked(canvas, float(self._furthest[frame]))
        for sprite in self._pins:
            sprite.paint(canvas)
        for first, sprite in self._discs:
            if frame >= first:
                sprite.paint(canvas)
        for first, label, sprite in self._labels:
            self._paint_label(canvas, label, sprite, self._popped(frame, first))
        if not self._reduced:
            x, y = self._heads[frame].tolist()
            marks.marker(canvas, x, y, 15 * self._unit, self._palette.route, (frame / self._fps / PULSE_S) % 1.0)
        canvas.restore()
        picture = sheet.straight()
        if self._reduced:
            self._still = picture
        return picture

    def _popped(self, frame: int, first: int) -> float:
        if self._reduced:
            return 1.0
        return eased((frame - first + 1) / (POP_S * self._fps)) if frame >= first else 0.0

    def _paint_label(self, canvas: skia.Canvas, label: Label, sprite: marks.Sprite, level: float) -> None:
        if level <= 0:
            return
        unit = self._unit
        rect = label.rect
        near = (
            min(max(label.at_x, rect.left()), rect.right()),
            min(max(label.at_y, rect.top()), rect.bottom()),
        )
        canvas.drawLine(label.at_x, label.at_y, *near, stroke("#ffffff", 2.5 * unit, 0.8 * level))
        canvas.drawCircle(label.at_x, label.at_y, 8 * unit, fill("#ffffff", level))
        canvas.drawCircle(label.at_x, label.at_y, 5 * unit, fill(self._palette.ink, level))
        paint = skia.Paint()
        paint.setAlphaf(level)
        canvas.drawImage(sprite.image, sprite.x, sprite.y, skia.SamplingOptions(), paint)
