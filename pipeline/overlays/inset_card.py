"""The card of an inset map: rounded, with a soft shadow; what is drawn on it changes with every frame."""

from __future__ import annotations

import numpy as np
import skia

from pipeline.geometry import Box
from pipeline.overlays.clip import Rgba
from pipeline.overlays.paint import SHADOW, Sheet, card, even, fill
from pipeline.overlays.palette import Palette

RADIUS = 22  # design pixels


class InsetCard:
    """Fills `box`; its shadow reaches a little beyond. `x`, `y`, `width`, `height`: all of it, at even corners."""

    def __init__(self, box: Box, palette: Palette, unit: float) -> None:
        pad = even(SHADOW * unit)
        self.x, self.y = max(0, box.x - pad), max(0, box.y - pad)
        self._left, self._top = box.x - self.x, box.y - self.y
        self.width, self.height = even(self._left + box.width + pad), even(self._top + box.height + pad)
        self._radius = RADIUS * unit
        outer = Sheet(self.width, self.height)
        rect = skia.Rect.MakeXYWH(self._left, self._top, box.width, box.height)
        card(outer.canvas, rect, self._radius, fill(palette.paper), unit)
        self._outer = outer.straight()
        self._out = self._outer.copy()

    def with_inside(self, work: Sheet) -> Rgba:
        """The card with the opaque picture of `work` (as large as the box); the same array every time."""
        inner = self._out[self._top : self._top + work.height, self._left : self._left + work.width]
        inner[:] = work.pixels
        # The rounded corners are see-through at their rim: there the card's own colours stay.
        reach = int(self._radius) + 1
        shell = self._outer[self._top : self._top + inner.shape[0], self._left : self._left + inner.shape[1]]
        for rows in (slice(0, reach), slice(inner.shape[0] - reach, None)):
            for columns in (slice(0, reach), slice(inner.shape[1] - reach, None)):
                rim = shell[rows, columns]
                inner[rows, columns] = np.where(rim[:, :, 3:] == 255, inner[rows, columns], rim)
        return self._out
