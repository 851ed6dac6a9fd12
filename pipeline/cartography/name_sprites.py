"""Names at points as small pictures: the words with their halo, and the sign they stand beside."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import skia

from pipeline import fonts as font_files
from pipeline.cartography.lettering import ABOVE_EM, BELOW_EM, Lettering
from pipeline.overlays.paint import Sheet, fill
from pipeline.overlays.text import Block

SIGN_GAP_EM = 0.1  # between a sign and the halo of its name


@dataclass(frozen=True, kw_only=True)
class Words:
    """One or more lines, perhaps with a smaller line below. Their box is what is inked, halo included."""

    block: Block
    second: Block | None
    look: Lettering

    @property
    def width(self) -> float:
        return max(self.block.width, self.second.width if self.second else 0.0) + 2 * self.look.reach

    @property
    def height(self) -> float:
        above, below = trims(self.block)
        high = self.block.height + (self.second.height if self.second else 0.0)
        return high - above - below + 2 * self.look.reach

    def corners(self, x: float, y: float, clear: float | None) -> Iterator[tuple[float, float]]:
        """Top left corners to try: around the point at the distance `clear`; without one, on it and a little off."""
        wide, high = self.width, self.height
        if clear is None:
            for across, down in ((0, 0), (0, -0.8), (0, 0.8), (-0.4, 0), (0.4, 0), (0, -1.6), (0, 1.6)):
                yield x - wide / 2 + across * wide, y - high / 2 + down * high
            return
        yield x - wide / 2, y - clear - high
        yield x + clear, y - high / 2
        yield x - clear - wide, y - high / 2
        yield x - wide / 2, y + clear
        for across in (0.0, -wide):
            yield x + 0.7 * clear * (1 if across == 0 else -1) + across, y - 0.7 * clear - high
            yield x + 0.7 * clear * (1 if across == 0 else -1) + across, y + 0.7 * clear

    def box(self, left: float, top: float, sign_at: tuple[float, float]) -> skia.Rect:
        box = skia.Rect.MakeXYWH(left, top, self.width, self.height)
        if self.look.sign:
            reach, (x, y) = sign_reach(self.look), sign_at
            box.join(skia.Rect.MakeLTRB(x - reach, y - reach, x + reach, y + reach))
        return box

    def sprite(self, left: float, top: float, anchor: tuple[float, float]) -> tuple[skia.Image, float, float]:
        """The picture, and how far its top left corner lies from the anchor, where its sign is."""
        image, margin = picture(self.block, self.second, self.look)
        dx = left + self.look.reach - margin - anchor[0]
        dy = top + self.look.reach - trims(self.block)[0] - margin - anchor[1]
        if not self.look.sign:
            return image, dx, dy
        reach = math.ceil(sign_reach(self.look)) + 1
        x, y = round(dx), round(dy)
        west, north = min(x, -reach), min(y, -reach)
        sheet = Sheet(max(x + image.width(), reach) - west, max(y + image.height(), reach) - north)
        paint_sign(sheet.canvas, -west, -north, self.look)
        sheet.canvas.drawImage(image, x - west, y - north)
        return sheet.image(), float(west), float(north)


def trims(block: Block) -> tuple[float, float]:
    """How much of a block's height above and below is empty, when its letters are plain."""
    if not all(line.isascii() for line in block.lines):
        return 0.0, 0.0
    metrics = skia.Font(font_files.typeface(block.style.fonts.file(block.style.role)), block.size).getMetrics()
    bottom = max(0.0, block.line_height + metrics.fAscent - BELOW_EM * block.size)
    return max(0.0, -metrics.fAscent - ABOVE_EM * block.size), bottom


@lru_cache(maxsize=512)
def picture(block: Block, second: Block | None, look: Lettering) -> tuple[skia.Image, int]:
    """A block (and a second, smaller one below) with its halo; and how many pixels stand around it."""
    margin = math.ceil(look.reach) + 2
    wide = max(block.width, second.width if second else 0.0)
    high = block.height + (second.height if second else 0.0)
    sheet = Sheet(math.ceil(wide) + 2 * margin, math.ceil(high) + 2 * margin)
    halo = (look.halo, look.reach)
    if second:
        second.paint(sheet.canvas, margin, margin + block.height, look.colour, width=wide, align="centre", halo=halo)
    block.paint(sheet.canvas, margin, margin, look.colour, width=wide, align="centre", halo=halo)
    return sheet.image(), margin


def sign_reach(look: Lettering) -> float:
    """Half the width of the sign with its rim, in pixels."""
    return {"": 0.0, "dot": 0.30, "peak": 0.44, "station": 0.46}[look.sign] * look.size


def paint_sign(canvas: skia.Canvas, x: float, y: float, look: Lettering) -> None:
    """A dot, a triangle or the face of a train, with a rim in the halo's colour; told apart by shape."""
    reach = sign_reach(look)
    inner = reach - 0.09 * look.size
    if look.sign == "dot":
        canvas.drawCircle(x, y, reach, fill(look.halo))
        canvas.drawCircle(x, y, inner, fill(look.colour))
    elif look.sign == "peak":
        for size, colour in ((reach, look.halo), (inner, look.colour)):
            triangle = skia.Path()
            points = [(x, y - size), (x + size, y + size * 0.8), (x - size, y + size * 0.8)]
            triangle.addPoly([skia.Point(*point) for point in points], True)
            canvas.drawPath(triangle, fill(colour))
    elif look.sign == "station":
        for size, colour in ((reach, look.halo), (inner, look.colour)):
            plate = skia.Rect.MakeLTRB(x - size, y - size, x + size, y + size)
            canvas.drawRoundRect(plate, size * 0.4, size * 0.4, fill(colour))
        window = skia.Rect.MakeLTRB(x - 0.62 * inner, y - 0.62 * inner, x + 0.62 * inner, y + 0.08 * inner)
        canvas.drawRoundRect(window, inner * 0.2, inner * 0.2, fill(look.halo))
        for side in (-0.42, 0.42):
            canvas.drawCircle(x + side * inner, y + 0.5 * inner, 0.2 * inner, fill(look.halo))
