"""The panel of a recap: the clock of the night with its day, how far the night has come, and the running figures; in
the end the totals on the same plate (see `totals`).
"""

from __future__ import annotations

from collections.abc import Sequence

import skia

from pipeline.colours import readable
from pipeline.geometry import Box
from pipeline.overlays import totals
from pipeline.overlays.clip import Overlay, Rgba
from pipeline.overlays.paint import Sheet, even, fill, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Block, Style, fit, measure
from pipeline.recap_told import Figure, Look, Reading

CLOCK, DAY, RUNNING, FLOOR = 148.0, 54.0, 58.0, 43.5  # design pixels
CHANGE_S = 0.35  # from the clock to the totals
_OPAQUE = 0.9  # of the plate: what moves below it must not be read through it


def clock_panel(
    readings: Sequence[Reading],
    figures: Sequence[Figure],
    box: Box,
    palette: Palette,
    *,
    frames: int,
    counting: int,
    unit: float,
    fps: int,
    reduced: bool = False,
) -> Overlay:
    """At the bottom of `box`, `frames` frames: the readings one by one, then the totals, which count up for `counting`
    frames. `reduced`: the totals all the time, as they are in the end."""
    panel = _Panel(readings, figures, box, palette, unit)
    change = max(1, round(CHANGE_S * fps))
    states = [
        _state(frame, readings, 0 if reduced else len(readings), counting, change, panel) for frame in range(frames)
    ]
    if reduced:
        states = [(-1, 0, 1.0, 1.0)] * frames
    changes = [0, *(frame for frame in range(1, frames) if states[frame] != states[frame - 1])]

    def draw(frame: int) -> Rgba:
        return panel.at(*states[frame])

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


_State = tuple[int, int, float, float]  # the reading (-1: none), pixels of the bar, presence and count of the totals


def _state(frame: int, readings: Sequence[Reading], run: int, counting: int, change: int, panel: _Panel) -> _State:
    """The first frame that looks like this one stands for all of them."""
    if frame < run:
        number = frame
        while number and _words(readings[number - 1]) == _words(readings[number]):
            number -= 1
        return number, panel.filled(readings[frame].share), 0.0, 0.0
    here = frame - run + 1
    present = min(1.0, here / change)
    return (-1 if present >= 1 else run - 1), panel.filled(1.0), present, min(1.0, here / max(1, counting))


def _words(reading: Reading) -> tuple[object, ...]:
    return reading.time, reading.day, reading.running, reading.skipping, reading.key


class _Panel:
    def __init__(
        self, readings: Sequence[Reading], figures: Sequence[Figure], box: Box, palette: Palette, unit: float
    ) -> None:
        self._readings, self._unit, self._palette = readings, unit, palette
        self._ink = palette.paper if palette.dark_card else palette.ink
        ground = palette.ink if palette.dark_card else palette.paper
        self._accent = readable(palette.accent, ground, 3.0)
        self._plate = fill(palette.ink, _OPAQUE) if palette.dark_card else fill(palette.paper, _OPAQUE)
        self._pad = 28 * unit
        self.width = box.width // 2 * 2
        self._room = self.width - 2 * self._pad
        self._lay_out(readings, box)
        self.height = min(even(self._tall), box.height // 2 * 2)
        inner = skia.Rect.MakeXYWH(self._pad, 0.5 * self._pad, self._room, self.height - self._pad)
        self._totals = totals.Totals(figures, inner, palette.fonts, unit, self._ink, self._accent)
        self._sheet = Sheet(self.width, self.height)

    def _lay_out(self, readings: Sequence[Reading], box: Box) -> None:
        """One layout for the whole night, from its longest words: nothing moves when a word changes."""
        unit, fonts = self._unit, self._palette.fonts
        self._display = Style(fonts=fonts, role="display", tracking=-0.01)
        self._bold, self._quiet = Style(fonts=fonts, role="bold"), Style(fonts=fonts, role="semibold")
        keyed = any(reading.key for reading in readings)
        rows = RUNNING + 16 + (FLOOR * 1.35 if keyed else 0) + 30 + 56
        self._size = max(FLOOR, min(CLOCK, (box.height / unit - rows) / 1.12, 0.42 * self._room / unit)) * unit
        self._cell = max(measure(digit, self._size, self._display) for digit in "0123456789")
        self._colon = measure(":", self._size, self._display)
        clock = 4 * self._cell + self._colon
        self._aside = clock + 34 * unit
        side = self._room - self._aside
        days = [reading.day for reading in readings]
        longest = max(days, key=lambda text: measure(text, DAY * unit, self._bold), default="")
        self._day = fit(longest, side, self._size * 1.3, DAY * unit, floor=34 * unit, lines=3, style=self._bold)
        self._day_below = self._day.size < FLOOR * unit or len(self._day.lines) > 1
        if self._day_below:
            self._day = fit(longest, self._room, self._size, DAY * unit, floor=34 * unit, lines=1, style=self._bold)
        words = max((reading.running for reading in readings), key=len, default="")
        block = fit(words, self._room, 2 * RUNNING * unit, RUNNING * unit, floor=30 * unit, lines=1, style=self._bold)
        self._running = block.size * 0.98
        self._top = 0.35 * self._pad
        self._bar_y = self._top + self._size * 1.12 + (self._day.line_height if self._day_below else 0) + 18 * unit
        self._run_y = self._bar_y + 14 * unit
        self._key_y = self._run_y + self._running * 1.25 + 4 * unit
        self._tall = (self._key_y + FLOOR * unit * 1.25 if keyed else self._key_y) + 0.45 * self._pad

    def filled(self, share: float) -> int:
        """Pixels of the bar, in steps of two."""
        return int(self._room * share / 2) * 2

    def at(self, number: int, filled: int, present: float, counted: float) -> Rgba:
        """`present`: how far the totals have come over the clock."""
        sheet, canvas, unit = self._sheet, self._sheet.canvas, self._unit
        sheet.clear()
        canvas.drawRoundRect(skia.Rect.MakeWH(self.width, self.height), 24 * unit, 24 * unit, self._plate)
        if number >= 0:
            self._paint(canvas, self._readings[number], filled, max(0.0, 1 - 2 * present))
        if present > 0:
            self._totals.paint(canvas, counted, max(0.0, 2 * present - 1))
        return sheet.straight()

    def _paint(self, canvas: skia.Canvas, reading: Reading, filled: int, alpha: float) -> None:
        unit, pad = self._unit, self._pad
        if reading.skipping and not reading.time:
            self._hurry(canvas, alpha)
        else:
            self._clock(canvas, reading.time, alpha * (0.6 if reading.skipping else 1.0))
        day = fit(
            reading.day, self._room if self._day_below else self._room - self._aside, self._size * 1.4,
            self._day.size, floor=20 * unit, lines=len(self._day.lines), style=self._bold,
        )  # fmt: skip
        x, y = (pad, self._top + self._size * 1.12) if self._day_below else (pad + self._aside, 0.0)
        if not self._day_below:
            y = self._top + self._size * 0.60 - day.height / 2
        day.paint(canvas, x, y, self._ink, alpha=alpha)
        middle = self._bar_y
        canvas.drawLine(pad, middle, pad + self._room, middle, stroke(self._ink, 10 * unit, 0.28 * alpha))
        canvas.drawLine(pad, middle, pad + filled, middle, stroke(self._accent, 10 * unit, alpha))
        self._line(reading.running, self._running, self._bold).paint(canvas, pad, self._run_y, self._ink, alpha=alpha)
        self._paint_key(canvas, reading.key, alpha)

    def _line(self, text: str, size: float, style: Style) -> Block:
        return fit(text, self._room, 2 * size, size, floor=size * 0.6, lines=1, style=style)

    def _clock(self, canvas: skia.Canvas, text: str, alpha: float) -> None:
        """Each figure in a cell of its own, so that the clock stands still."""
        x = self._pad
        for sign in text:
            cell = self._cell if sign.isdigit() else self._colon
            block = self._line(sign, self._size, self._display)
            block.paint(canvas, x, self._top - self._size * 0.06, self._ink, width=cell, align="centre", alpha=alpha)
            x += cell

    def _hurry(self, canvas: skia.Canvas, alpha: float) -> None:
        """Arrow heads in the clock's place: time runs fast."""
        reach, middle = self._size * 0.27, self._top + self._size * 0.6
        width = 4 * self._cell + self._colon - 1.3 * reach
        for k in range(5):
            x = self._pad + 0.2 * reach + width * k / 4
            path = skia.Path()
            path.moveTo(x, middle - reach)
            path.lineTo(x + reach * 0.9, middle)
            path.lineTo(x, middle + reach)
            canvas.drawPath(path, stroke(self._accent, reach * 0.34, alpha))

    def _paint_key(self, canvas: skia.Canvas, key: Sequence[tuple[Look, str]], alpha: float) -> None:
        """The looks of the signs on the map and what they mean: `● 7 at work  ○ 2 on the way`."""
        size = FLOOR * self._unit
        spare = self._room - len(key) * 1.5 * size
        while size > 20 * self._unit and sum(measure(text, size, self._quiet) for _, text in key) > spare:
            size *= 0.95
        x, reach = self._pad, size * 0.36
        for look, text in key:
            y = self._key_y + FLOOR * self._unit * 0.62
            ring = look == "returning"
            paint = stroke(self._accent, reach * 0.45, alpha) if ring else fill(self._accent, alpha)
            canvas.drawCircle(x + reach, y, reach * 0.85 if ring else reach, paint)
            block = self._line(text, size, self._quiet)
            block.paint(canvas, x + 2.8 * reach, y - block.height * 0.53, self._ink, alpha=alpha)
            # Room for two figures always: the next sign does not move when a count changes.
            x += 2.8 * reach + measure("00" + text.lstrip("0123456789"), size, self._quiet) + 1.1 * size
