"""The legend of several routes: a row each with its sign, name and length; the row of the route being drawn is told by
a bar and bolder letters, those to come are fainter.

Rows that do not fit even small, in two columns, are counted in a last line: nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import skia

from pipeline.colours import mixed, readable
from pipeline.geometry import Box
from pipeline.overlays.clip import Overlay, Rgba, faded, presence
from pipeline.overlays.paint import Sheet, even, fill
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Block, Style, fit

SIZE, FLOOR = 50.0, 43.0  # design pixels
SOLID = 0.95
_PAD, _BAR, _SWATCH = 26.0, 9.0, 108.0
_ROW = 1.34  # height of a row in letters
_LIT_S = 0.2  # a row's sign comes up
_WAITING = 0.72  # how strong the words of a route to come are
_LEAST_COLUMN = 400.0  # narrower, two columns would break every name
_MOST_ROW = 2.5  # a name on two lines


class Swatch(Protocol):
    """Paints a sign with its line, middle left at x, y."""

    def __call__(self, canvas: skia.Canvas, x: float, y: float, width: float, size: float) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    figure: str  # how long the route is, perhaps empty
    swatch: Swatch


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A row's place on the card, its words at their weights, and the box in which all of it lies (pixels)."""

    row: Row
    box: Box
    light: Block
    bold: Block
    figure: Block


def legend(
    rows: Sequence[Row],
    turns: Sequence[tuple[int, int]],
    box: Box,
    palette: Palette,
    *,
    frames: int,
    unit: float,
    fps: int,
    reduced: bool = False,
    more: str = "and {count} more",
    enter: bool = False,
    leave: bool = False,
) -> Overlay:
    """The card at the bottom of `box`, as low as its rows allow. `turns`: the frames, half-open, in which each route is
    drawn. `more`: what is said of the rows without room. `reduced`: all rows lit, none emphasised."""
    card = _Card(rows, box, palette, unit, more)
    ramp = max(1, round(_LIT_S * fps))

    def state(frame: int) -> tuple[tuple[float, bool], ...]:
        if reduced:
            return ((1.0, False),) * len(rows)
        drawn = [k for k, (first, end) in enumerate(turns) if first <= frame < end]
        current = drawn[-1] if drawn else -1
        return tuple(
            (min(1.0, max(0.0, (frame + 1 - first) / ramp)), k == current) for k, (first, _) in enumerate(turns)
        )

    def level(frame: int) -> float:
        return presence(frame, frames, fps, enter=enter, leave=leave)

    looks = [(state(frame), level(frame)) for frame in range(frames)]
    changes = [0, *(k for k in range(1, frames) if looks[k] != looks[k - 1])]

    def draw(frame: int) -> Rgba:
        rows_now, strength = looks[frame]
        picture = card.at(rows_now)
        return picture if strength >= 1.0 else faded(picture, strength)

    return Overlay(
        x=box.x,
        y=box.bottom - card.height,
        width=card.width,
        height=card.height,
        frames=frames,
        fps=fps,
        draw=draw,
        changes=changes,
    )


def laid_out(
    rows: Sequence[Row], box: Box, palette: Palette, unit: float, more: str = "and {count} more"
) -> tuple[list[Placed], Block | None, int]:
    """The rows inside a card as wide as `box` and no higher, the line that counts those without room, and the card's
    height: the largest letters at which all fit, in one column or two; else as many as fit at the smallest."""
    width, pad = box.width // 2 * 2, min(_PAD * unit, 0.08 * box.height)
    columns = (1, 2) if (width - 3 * pad) / 2 >= _LEAST_COLUMN * unit and len(rows) > 2 else (1,)
    for size in (SIZE, 47.0, 45.0, FLOOR):
        for count in columns:
            placed, height = _columns(rows, count, width, pad, size, palette, unit)
            if height <= box.height:
                return placed, None, even(height)
    count = columns[-1]
    for kept in range(len(rows) - 1, 0, -1):
        words = more.format(count=len(rows) - kept)
        line = fit(words, width - 2 * pad, box.height, FLOOR * unit, floor=FLOOR * unit, lines=1,
                   style=Style(fonts=palette.fonts, role="semibold"))  # fmt: skip
        placed, height = _columns(rows[:kept], count, width, pad, FLOOR, palette, unit)
        if height + line.height <= box.height or kept == 1:
            return placed, line, min(even(height + line.height), box.height // 2 * 2)
    return placed, None, min(even(height), box.height // 2 * 2)


def _columns(
    rows: Sequence[Row], count: int, width: int, pad: float, size: float, palette: Palette, unit: float
) -> tuple[list[Placed], float]:
    """The rows down each column in turn, and the height that they take."""
    each = (width - (count + 1) * pad) / count
    per = -(-len(rows) // count)
    out, tallest = [], 0.0
    for column in range(count):
        x, y = pad + column * (each + pad), 0.6 * pad
        for row in rows[column * per : (column + 1) * per]:
            placed = _row(row, x, y, each, size, palette, unit)
            out.append(placed)
            y += placed.box.height
        tallest = max(tallest, y + 0.6 * pad)
    return out, tallest


def _row(row: Row, x: float, y: float, width: float, size: float, palette: Palette, unit: float) -> Placed:
    letters = size * unit
    left = (_BAR + 14 + _SWATCH + 14) * unit
    quiet = Style(fonts=palette.fonts, role="semibold")
    figure = fit(row.figure, 0.36 * width, 2 * letters, min(letters, 46 * unit), floor=FLOOR * unit, lines=1,
                 style=quiet)  # fmt: skip
    room = width - left - figure.width - (18 * unit if figure.lines else 0)
    both = []
    for role in ("bold", "regular"):
        style = Style(fonts=palette.fonts, role=role, leading=1.06)  # type: ignore[arg-type]
        both.append(fit(row.name, room, _MOST_ROW * letters, letters, floor=FLOOR * unit, lines=2, style=style))
    tall = max(_ROW * letters, *(block.height + 0.16 * letters for block in both))
    box = Box(x=round(x), y=round(y), width=int(width), height=round(tall))
    return Placed(row=row, box=box, bold=both[0], light=both[1], figure=figure)


class _Card:
    """Rows are drawn only when their look changes."""

    def __init__(self, rows: Sequence[Row], box: Box, palette: Palette, unit: float, more: str) -> None:
        self.width = box.width // 2 * 2
        self._placed, line, self.height = laid_out(rows, box, palette, unit, more)
        self._unit = unit
        self._ink, paper = (palette.paper, palette.ink) if palette.dark_card else (palette.ink, palette.paper)
        self._plate = paper
        self._bar = readable(palette.accent, paper, 3.0)
        self._sheet = Sheet(self.width, self.height)
        rect = skia.Rect.MakeWH(self.width, self.height)
        self._sheet.canvas.drawRoundRect(rect, 24 * unit, 24 * unit, fill(paper, SOLID))
        if line is not None:
            pad = min(_PAD * unit, 0.08 * box.height)
            top = max((one.box.bottom for one in self._placed), default=0)
            line.paint(self._sheet.canvas, pad, top, self._ink, width=self.width - 2 * pad)
        self._looks: list[tuple[float, bool] | None] = [None] * len(self._placed)
        self._picture = self._sheet.straight()

    def at(self, looks: Sequence[tuple[float, bool]]) -> Rgba:
        """The card with each row as lit as it says, and whether it is the one being drawn."""
        for k, placed in enumerate(self._placed):
            if self._looks[k] != looks[k]:
                self._paint(placed, *looks[k])
                self._looks[k] = looks[k]
        return self._picture

    def _paint(self, placed: Placed, lit: float, current: bool) -> None:
        """A row on its own piece of the plate, laid into the picture."""
        box, unit = placed.box, self._unit
        # The plate under the row is opaque but for SOLID everywhere: a row lies clear of the card's round corners.
        sheet = Sheet(box.width, box.height)
        canvas, middle = sheet.canvas, box.height / 2
        canvas.clear(skia.ColorTRANSPARENT)
        canvas.drawPaint(fill(self._plate, SOLID))
        if current:
            bar = skia.Rect.MakeXYWH(0, 0.1 * box.height, _BAR * unit, 0.8 * box.height)
            canvas.drawRoundRect(bar, 4 * unit, 4 * unit, fill(self._bar))
        x = (_BAR + 14) * unit
        strength = skia.Paint()
        strength.setAlphaf(0.5 + 0.5 * lit)
        canvas.saveLayer(None, strength)
        placed.row.swatch(canvas, x, middle, _SWATCH * unit, 42 * unit)
        canvas.restore()
        x += (_SWATCH + 14) * unit
        block = placed.bold if current else placed.light
        ink = mixed(self._plate, self._ink, _WAITING + (1 - _WAITING) * lit)
        block.paint(canvas, x, middle - block.height / 2, ink)
        figure = placed.figure
        figure.paint(canvas, box.width - figure.width, middle - figure.height / 2, ink)
        self._picture[box.y : box.bottom, box.x : box.right] = sheet.straight()


__all__ = ["Placed", "Row", "Swatch", "laid_out", "legend"]
