"""The facts panel of the route scene: distance, ascent, time with drawn signs; the profile filling up.

In a language that runs from right to left its rows begin at the right. The profile does not turn: it shows the way as
the map beside it does, which is never mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.colours import mixed, readable
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.overlays.clip import Overlay, Rgba, faded, presence
from pipeline.overlays.fact_signs import Icon, sign
from pipeline.overlays.paint import Sheet, colour4, even, fill, polyline, shaded, stroke, vertical
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import RouteShape
from pipeline.overlays.text import Block, Style, fit

FIRST, REST = 80.0, 44.0  # design pixels
FLOOR = 43.5
PLATE, SOLID = 0.62, 0.93
LEAST_PROFILE = 46.0
# Of the first fact and the others, and the room that the profile must keep.
SIZES = ((FIRST, REST, 60), (62, REST, 60), (54, REST, 8), (REST, REST, 8), (38, 38, 8), (32, 32, 8))


@dataclass(frozen=True, kw_only=True)
class Fact:
    """`5.1 miles` with the quieter `8.2 km` after it."""

    icon: Icon
    text: str
    note: str = ""


def facts(
    items: Sequence[Fact],
    shape: RouteShape,
    box: Box,
    palette: Palette,
    *,
    progress: Sequence[float],
    unit: float,
    fps: int,
    reduced: bool = False,
    over_map: bool = False,
    enter: bool = False,
    leave: bool = False,
) -> Overlay:
    """The panel at the bottom of `box`: the first fact large, the others below, then the profile filling
    to `progress`. `over_map`: on a plate that hides what lies below.

    Without heights, or without room for them, a plain bar fills instead, and the panel is as low as its words allow.
    """
    frames = len(progress)
    panel = _Panel(items, shape, box, palette, unit, SOLID if over_map else PLATE)
    ends = np.maximum.accumulate(np.asarray(progress, np.float64)) / max(shape.distance_m, 1e-9)
    shares = np.ones(frames) if reduced else np.clip(ends, 0, 1)
    steps = [0, *(np.flatnonzero(np.diff(shares)) + 1).tolist()]
    ramp = [i for i in range(frames) if presence(i, frames, fps, enter=enter, leave=leave) < 1.0]
    changes = sorted({*steps, *ramp, *(i + 1 for i in ramp if i + 1 < frames)})

    def draw(frame: int) -> Rgba:
        level = presence(frame, frames, fps, enter=enter, leave=leave)
        picture = panel.at(float(shares[frame]))
        return picture if level >= 1.0 else faded(picture, level)

    return Overlay(
        x=box.x,
        y=box.bottom - panel.height,
        width=panel.width,
        height=panel.height,
        frames=frames,
        fps=fps,
        draw=draw,
        changes=changes,
    )


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One fact, laid out: its sign, words and note, and the room they take."""

    icon: Icon
    text: Block
    note: Block
    sign: float  # width of the sign with the gap behind it

    @property
    def gap(self) -> float:
        return self.text.size * 0.28 if self.note.lines else 0.0

    @property
    def width(self) -> float:
        return self.sign + self.text.width + self.gap + self.note.width

    @property
    def baseline(self) -> float:
        return max(self.text.base, self.note.base)

    @property
    def height(self) -> float:
        return self.baseline + max(self.text.height - self.text.base, self.note.height - self.note.base)


def _tall(line: Sequence[_Row]) -> float:
    """The height of rows beside each other, on one baseline."""
    return max(row.baseline for row in line) + max(row.height - row.baseline for row in line)


class _Panel:
    def __init__(
        self, items: Sequence[Fact], shape: RouteShape, box: Box, palette: Palette, unit: float, plate: float
    ) -> None:
        self._unit, self._palette = unit, palette
        self._ink = palette.paper if palette.dark_card else palette.ink
        below = "#ffffff" if plate == SOLID else palette.card_bottom
        ground = mixed(below, palette.ink, plate) if palette.dark_card else palette.paper
        self._accent = readable(palette.accent, ground, 3.0)
        self._plate = fill(palette.ink, plate) if palette.dark_card else fill(palette.paper, 0.92)
        self._pad = 28 * unit
        self.width = box.width // 2 * 2
        room = self.width - 2 * self._pad
        # Where the letters are tall, the first fact gives way to the profile, and only then the profile to the words.
        for head, rest, needed in SIZES:
            lines = self._laid_out(items, room, head, rest)
            words = sum(_tall(line) for line in lines) + 8 * unit * max(0, len(lines) - 1)
            spare = box.height - words - 2 * self._pad - 20 * unit
            if spare >= needed * unit:
                break
        hills = shape.has_heights and spare >= LEAST_PROFILE * unit  # squeezed flat, it would tell of a flat walk
        tall = min(spare, 230 * unit) if hills else min(22 * unit, spare)
        self._chart = _Chart(shape, room, max(tall, 10.0), unit, self._ink, self._accent, hills=hills)
        content = words + self._chart.height + 20 * unit + 1.7 * self._pad
        self.height = min(even(content), box.height // 2 * 2)
        self._base = Sheet(self.width, self.height)
        self._paint_base(lines)
        self._picture = self._base.straight()
        # Only the chart changes: it has its own sheet, with room for the dot at its ends.
        self._reach = even(14 * unit)
        self._chart_top = max(0, int(self._chart.y) - self._reach)
        bottom = min(self.height, int(self._chart.y + self._chart.height) + self._reach)
        self._sheet = Sheet(self.width, bottom - self._chart_top)
        self._under = self._base.pixels[self._chart_top : bottom].copy()
        self._walked = self._chart.walked_image(self.width, self._sheet.height, self._chart_top)

    def _laid_out(self, items: Sequence[Fact], room: float, head: float, quiet: float) -> list[list[_Row]]:
        """The first fact alone; the others beside each other when they fit, else below each other."""
        if not items:
            return []
        first = [self._row(items[0], head, room, head=True)]
        rest = [self._row(item, quiet, room, head=False) for item in items[1:]]
        between = 28 * self._unit
        if not rest:
            return [first]
        if sum(row.width for row in rest) + between * (len(rest) - 1) <= room:
            return [first, rest]
        return [first, *([row] for row in rest)]

    def _row(self, item: Fact, size: float, room: float, *, head: bool) -> _Row:
        unit, fonts = self._unit, self._palette.fonts
        sign = 0.0 if head else size * unit * 1.06
        least = min(FLOOR, size) * unit
        strong = Style(fonts=fonts, role="display" if head else "bold", tracking=-0.01 if head else 0.0)
        quiet = Style(fonts=fonts, role="semibold")
        wide = (room - sign) * (0.68 if item.note and head else 1.0)
        text = fit(item.text, wide, 3 * size * unit, size * unit, floor=least, lines=1, style=strong)
        if text.size < 0.999 * least:
            text = fit(item.text, wide, 6 * size * unit, size * unit, floor=least, lines=2, style=strong)
        left = room - sign - text.width - text.size * 0.3
        beside = (50 if head else REST) * unit
        kept = item.note if left > 60 * unit else ""
        note = fit(kept, left, 3 * size * unit, min(beside, size * unit), floor=30 * unit, lines=1, style=quiet)
        return _Row(icon=item.icon, text=text, note=note, sign=sign)

    def _paint_base(self, lines: list[list[_Row]]) -> None:
        canvas, unit = self._base.canvas, self._unit
        rect = skia.Rect.MakeWH(self.width, self.height)
        canvas.drawRoundRect(rect, 24 * unit, 24 * unit, self._plate)
        y = 0.7 * self._pad
        for line in lines:
            x, base = self._pad, max(row.baseline for row in line)
            for row in line:
                self._paint_row(canvas, row, x, y + base - row.baseline)
                x += row.width + 28 * unit
            y += _tall(line) + 8 * unit
        self._chart.x, self._chart.y = self._pad, self.height - self._pad - self._chart.height
        self._chart.paint_base(canvas)

    def _paint_row(self, canvas: skia.Canvas, row: _Row, x: float, y: float) -> None:
        """`x`: where the row begins, from the side at which lines begin."""

        def left(before: float, width: float) -> float:
            return self.width - x - before - width if self._palette.leftwards else x + before

        if row.sign:
            reach = row.text.size * 0.40
            middle = y + row.baseline - 0.34 * row.text.size
            sign(canvas, row.icon, left(0, 2 * reach) + reach, middle, reach, self._accent)
        row.text.paint(canvas, left(row.sign, row.text.width), y + row.baseline - row.text.base, self._ink)
        before = row.sign + row.text.width + row.gap
        row.note.paint(canvas, left(before, row.note.width), y + row.baseline - row.note.base, self._ink, alpha=0.86)

    def at(self, share: float) -> Rgba:
        """The picture at a share of the route; the same array every time, valid until the next call."""
        sheet, chart = self._sheet, self._chart
        sheet.pixels[:] = self._under
        canvas = sheet.canvas
        canvas.save()
        canvas.clipRect(skia.Rect.MakeWH(chart.x + chart.width * share, sheet.height))
        canvas.drawImage(self._walked, 0, 0)
        canvas.restore()
        chart.paint_dot(canvas, share, self._chart_top)
        self._picture[self._chart_top : self._chart_top + sheet.height] = sheet.straight()
        return self._picture


class _Chart:
    """The profile (or a bar, without heights), to come and walked."""

    def __init__(
        self, shape: RouteShape, width: float, height: float, unit: float, ink: str, accent: str, *, hills: bool
    ) -> None:
        self.width, self.height, self.x, self.y = width, height, 0.0, 0.0
        self._unit, self._ink, self._accent, self._heights = unit, ink, accent, hills
        self._line = _profile(shape, width, height, 4 * unit)

    def paint_base(self, canvas: skia.Canvas) -> None:
        canvas.save()
        canvas.translate(self.x, self.y)
        if self._heights:
            canvas.drawPath(self._area(), fill(self._ink, 0.14))
            canvas.drawPath(polyline(self._line), stroke(self._ink, 3 * self._unit, 0.5))
        else:
            middle = self.height / 2
            canvas.drawLine(0, middle, self.width, middle, stroke(self._ink, 8 * self._unit, 0.3))
        canvas.restore()

    def walked_image(self, width: int, height: int, top: int) -> skia.Image:
        """The chart of the finished walk; its left part is that of an unfinished one."""
        sheet = Sheet(width, height)
        canvas = sheet.canvas
        canvas.translate(self.x, self.y - top)
        if self._heights:
            stops = [(0.0, colour4(self._accent, 0.85)), (1.0, colour4(self._accent, 0.18))]
            canvas.drawPath(self._area(), shaded(vertical(0, self.height, stops)))
            canvas.drawPath(polyline(self._line), stroke(self._accent, 5 * self._unit))
        else:
            canvas.drawLine(0, self.height / 2, self.width, self.height / 2, stroke(self._accent, 8 * self._unit))
        return sheet.image()

    def paint_dot(self, canvas: skia.Canvas, share: float, top: int) -> None:
        end = self.width * share
        y = float(np.interp(end, *self._line.T)) if self._heights else self.height / 2
        at = (self.x + end, self.y - top + y)
        canvas.drawCircle(*at, 11 * self._unit, fill("#ffffff"))
        canvas.drawCircle(*at, 6.5 * self._unit, fill(self._accent))

    def _area(self) -> skia.Path:
        path = polyline(self._line)
        path.lineTo(self.width, self.height)
        path.lineTo(0, self.height)
        path.close()
        return path


def _profile(shape: RouteShape, width: float, height: float, margin: float) -> Floats:
    """Pixels of the height line; a flat walk stays low instead of being blown up to a mountain."""
    at = np.linspace(0, width, max(8, int(width / 2)))
    ele = shape.heights(at / width * shape.distance_m)
    if len(ele) > 20:
        ele = np.convolve(np.pad(ele, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    low, span = float(ele.min()), max(float(np.ptp(ele)), 40.0)
    rise = (ele - low) / span * (height * 0.86 - margin) + height * 0.12
    return np.stack([at, height - rise], axis=-1)
