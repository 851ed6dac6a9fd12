"""The totals of a recap as large as their place allows: "14 gritters · 412 miles · one night", counting up."""

from __future__ import annotations

from collections.abc import Sequence

import skia

from pipeline.fonts import Fonts
from pipeline.overlays.clip import eased
from pipeline.overlays.text import Style, fit
from pipeline.recap_told import Figure

LARGEST, LEAST = 128.0, 43.5  # design pixels


class Totals:
    """Figures below each other inside `room`; all as large as the longest allows."""

    def __init__(
        self, figures: Sequence[Figure], room: skia.Rect, fonts: Fonts, unit: float, ink: str, accent: str
    ) -> None:
        self._figures, self._room, self._ink, self._accent = figures, room, ink, accent
        self._style = Style(fonts=fonts, role="display", tracking=-0.01)
        pitch = room.height() / max(1, len(figures))
        size = min(LARGEST * unit, pitch / 1.14)
        lines = 1
        for figure in figures:
            block = fit(figure.at(1), room.width(), pitch, size, floor=LEAST * unit, lines=lines, style=self._style)
            size = min(size, block.size)
        self._size = size

    def paint(self, canvas: skia.Canvas, counted: float, alpha: float) -> None:
        """`counted`: 0 to 1, evenly in time; the counting slows down towards its end."""
        size = self._size
        pitch = min(self._room.height() / max(1, len(self._figures)), 1.32 * size)
        y = self._room.centerY() - pitch * len(self._figures) / 2
        for number, figure in enumerate(self._figures):
            text = figure.at(eased(counted))
            block = fit(text, self._room.width() * 1.02, 2 * size, size, floor=size * 0.5, lines=1, style=self._style)
            colour = self._accent if number == 0 else self._ink
            block.paint(canvas, self._room.left(), y + (pitch - block.height) / 2, colour, alpha=alpha)
            y += pitch
