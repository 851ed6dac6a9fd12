"""The legend of several routes: a row each with its sign, name and length; the row of the route being drawn is told by
a bar and bolder letters, those to come are fainter.

Rows that do not fit even small, in two columns, are counted in a last line: nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import skia

from pipeline.colours import mixed, readable
from pipeline.fonts import Role
from pipeline.geometry import Box
from pipeline.overlays.clip import Overlay, Rgba, faded, presence
from pipeline.overlays.paint import Sheet, even, fill
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Block, Style, clean, fit

SIZE, FLOOR = 50.0, 43.0  # design pixels
SOLID = 1.0
_PAD, _BAR, _GAP = 26.0, 9.0, 13.0
_ROW = 1.3  # height of a row in letters
_LIT_S = 0.2  # a row's sign comes up
_WAITING = 0.72  # how strong the words of a route to come are
_MOST_LINES = 3  # of a name
_ROLES: tuple[Role, Role] = ("bold", "regular")


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
    below: float  # the height that the figure takes below the name
    left: float  # where the words begin, inside the box


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
    height: in one column or two, the lengths beside the names, below them or left out, the letters as large as can be;
    else as many rows as fit at the smallest."""
    width, pad = box.width // 2 * 2, min(_PAD * unit, 0.08 * box.height)

    def tried(some: Sequence[Row], plan: _Plan, size: float, spare: float = 0.0) -> tuple[list[Placed], float] | None:
        columns = _columns(some, plan, width, pad, size, palette, unit)
        return columns if columns and columns[1] + spare <= box.height else None

    for plan in _PLANS:
        for size in (SIZE, 46.0, FLOOR):
            if found := tried(rows, plan, size):
                return found[0], None, even(found[1])
    line = None
    for kept in range(len(rows), 0, -1):
        if kept < len(rows):
            style = Style(fonts=palette.fonts, role="semibold")
            words = more.format(count=len(rows) - kept)
            line = fit(words, width - 2 * pad, box.height, FLOOR * unit, floor=1, lines=1, style=style)
        for plan in _PLANS:
            if found := tried(rows[:kept], replace(plan, whole=False), FLOOR, line.height if line else 0.0):
                return found[0], line, even(found[1] + (line.height if line else 0.0))
    # Not even one row has room: it is set as small as it must be.
    columns = _columns(rows[:1], replace(_PLANS[0], whole=False, least=0.0), width, pad, FLOOR, palette, unit)
    assert columns is not None
    return columns[0], None, box.height // 2 * 2


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """A way to set the rows. `whole`: no word is broken; `least`: no letter is smaller (design pixels)."""

    columns: int
    figure: Literal["beside", "below", "none"]
    swatch: float = 96.0  # design pixels: a shorter piece of line leaves more to the words
    whole: bool = True
    least: float = FLOOR


_SHORT = 76.0
_PLANS = (
    _Plan(columns=1, figure="beside"),
    _Plan(columns=1, figure="beside", swatch=_SHORT),
    _Plan(columns=1, figure="below"),
    _Plan(columns=2, figure="beside", swatch=_SHORT),
    _Plan(columns=2, figure="below", swatch=_SHORT),
    _Plan(columns=1, figure="none"),
    _Plan(columns=2, figure="none", swatch=_SHORT),
)


def _columns(
    rows: Sequence[Row], plan: _Plan, width: int, pad: float, size: float, palette: Palette, unit: float
) -> tuple[list[Placed], float] | None:
    """The rows down each column in turn, and the height that they take; None where a name has no room."""
    each = (width - (plan.columns + 1) * pad) / plan.columns
    placed = []
    for row in rows:
        one = _row(row, each, plan, size, palette, unit)
        if one is None:
            return None
        placed.append(one)
    heights = [one.box.height for one in placed]
    cuts = range(1, len(rows) + 1) if plan.columns == 2 else (len(rows),)
    cut = min(cuts, key=lambda cut: (max(sum(heights[:cut]), sum(heights[cut:])), -cut))
    out = []
    for column, some in enumerate((placed[:cut], placed[cut:])):
        y = round(0.6 * pad)
        for one in some:
            out.append(replace(one, box=replace(one.box, x=round(pad + column * (each + pad)), y=y)))
            y += one.box.height
    return out, max(sum(heights[:cut]), sum(heights[cut:])) + 1.2 * pad


def _row(row: Row, width: float, plan: _Plan, size: float, palette: Palette, unit: float) -> Placed | None:
    letters, least = size * unit, plan.least * unit
    left = (_BAR + _GAP + plan.swatch + _GAP) * unit
    said = row.figure if plan.figure != "none" else ""
    quiet = Style(fonts=palette.fonts, role="semibold")
    figure = fit(said, width - left, 2 * letters, min(letters, 46 * unit), floor=FLOOR * unit, lines=1, style=quiet)
    taken = figure.width + 1.2 * _GAP * unit if said and plan.figure == "beside" else 0.0
    room = width - left - taken
    if room < 2 * letters and plan.least:
        return None
    both = []
    for role in _ROLES:
        style = Style(fonts=palette.fonts, role=role, leading=1.06)
        block = fit(row.name, max(room, 1.0), _MOST_LINES * 1.6 * letters, letters, floor=letters,
                    lines=_MOST_LINES, style=style)  # fmt: skip
        if min(block.size, figure.size if said else block.size) < least * 0.999 or (
            plan.whole and not _whole(block, row.name)
        ):
            return None
        both.append(block)
    below = figure.height * 0.94 if said and plan.figure == "below" else 0.0
    tall = max(_ROW * letters, *(block.height + below + 0.2 * letters for block in both))
    box = Box(x=0, y=0, width=int(width), height=round(tall))
    return Placed(row=row, box=box, bold=both[0], light=both[1], figure=figure, below=below, left=left)


def _whole(block: Block, name: str) -> bool:
    """Whether no word was broken with a hyphen."""
    return "".join("".join(block.lines).split()) == "".join(clean(name).split())


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
        strength = skia.Paint()
        strength.setAlphaf(0.5 + 0.5 * lit)
        canvas.saveLayer(None, strength)
        begin = (_BAR + _GAP) * unit
        placed.row.swatch(canvas, begin, middle, placed.left - begin - _GAP * unit, 42 * unit)
        canvas.restore()
        block, figure = placed.bold if current else placed.light, placed.figure
        ink = mixed(self._plate, self._ink, _WAITING + (1 - _WAITING) * lit)
        top = middle - (block.height + placed.below) / 2
        block.paint(canvas, placed.left, top, ink)
        if placed.below:
            figure.paint(canvas, placed.left, top + block.height * 0.97, ink)
        else:
            figure.paint(canvas, box.width - figure.width, middle - figure.height / 2, ink)
        self._picture[box.y : box.bottom, box.x : box.right] = sheet.straight()


__all__ = ["Placed", "Row", "Swatch", "laid_out", "legend"]
