"""The scale bar of a map, true at its own latitude, and the plates for it, for the credit and for north."""

from __future__ import annotations

import math
from dataclasses import dataclass

import skia

from pipeline.geometry import Box
from pipeline.overlays import marks
from pipeline.overlays.marks import Sprite
from pipeline.overlays.paint import Sheet, fill, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Style, fit
from pipeline.phrases import counted, phrases
from pipeline.styles import MapStyle
from pipeline.walking import MILE_M, Units

YARD_M = 0.9144
NORTH = 80.0  # design pixels across
LEAST_TEXT = 22.0  # design pixels
_OPAQUE = 0.92  # of the plates: nothing below them can spoil the contrast


@dataclass(frozen=True, kw_only=True)
class ScaleBar:
    length: float  # pixels
    text: str

    @classmethod
    def of(cls, metres_per_pixel: float, most: float, units: Units, lang: str = "en") -> ScaleBar:
        """The longest bar of a round length that is at most `most` pixels long."""
        choices = _miles(lang) if units == "miles" else _kilometres(lang)
        fitting = [(metres, text) for metres, text in choices if metres <= most * metres_per_pixel]
        metres, text = fitting[-1] if fitting else choices[0]
        return cls(length=metres / metres_per_pixel, text=text)


def _kilometres(lang: str) -> list[tuple[float, str]]:
    lengths = [n * 10**power for power in range(7) for n in (1, 2, 5)]
    return [(float(m), counted(m, "m", lang, 0) if m < 1000 else counted(m / 1000, "km", lang, 0)) for m in lengths]


def _miles(lang: str) -> list[tuple[float, str]]:
    """Yards, then parts of a mile as they stand on signposts, then whole miles."""
    yards = [(n * YARD_M, counted(n, "yard", lang, 0)) for n in (1, 2, 5, 10, 20, 50, 100, 200)]
    miles = [n * 10**power for power in range(4) for n in (1, 2, 5)]
    part = 1.0 if phrases(lang) is phrases("en") else 0.5  # English says half a mile, others half of miles
    return [
        *yards,
        (MILE_M / 4, counted(part, "mile", lang, shown="¼")),
        (MILE_M / 2, counted(part, "mile", lang, shown="½")),
        *((n * MILE_M, counted(n, "mile", lang, 0)) for n in miles),
    ]


def scale_plate(bar: ScaleBar, left: float, bottom: float, unit: float, palette: Palette, style: MapStyle) -> Sprite:
    """The bar on its plate, whose lower left corner is given."""
    block = fit(bar.text, 900 * unit, 60 * unit, 25 * unit, floor=LEAST_TEXT * unit, lines=1, style=_text(palette))
    pad, tick = 13 * unit, 11 * unit
    inner = max(bar.length, block.width)
    width, height = inner + 2 * pad, block.height + tick + 1.4 * pad
    sheet, x, y = _plate(left, bottom - height, width, height, unit, style)
    middle = x + width / 2
    block.paint(sheet.canvas, middle - block.width / 2, y + 0.45 * pad, style.panel_text)
    base = y + height - 0.8 * pad
    path = skia.Path()
    path.moveTo(middle - bar.length / 2, base - tick)
    path.lineTo(middle - bar.length / 2, base)
    path.lineTo(middle + bar.length / 2, base)
    path.lineTo(middle + bar.length / 2, base - tick)
    ink = stroke(style.panel_text, 4 * unit)
    ink.setStrokeCap(skia.Paint.kSquare_Cap)
    ink.setStrokeJoin(skia.Paint.kMiter_Join)
    sheet.canvas.drawPath(path, ink)
    return Sprite(image=sheet.image(), x=math.floor(left), y=math.floor(bottom - height))


def credit_plate(text: str, box: Box, unit: float, palette: Palette, style: MapStyle) -> Sprite:
    """The thanks, whole, at the lower right of `box`; long ones on two lines, very long ones on more."""
    pad = 11 * unit
    width = box.width - 2 * pad
    most = max(box.height, 400 * unit)
    for lines in (1, 2, 8):
        block = fit(text, width, most, 24 * unit, floor=LEAST_TEXT * unit, lines=lines, style=_text(palette))
        if block.size >= LEAST_TEXT * unit * 0.999:
            break
    left, top = box.right - block.width - 2 * pad, box.bottom - block.height - 0.9 * pad
    sheet, x, y = _plate(left, top, block.width + 2 * pad, block.height + 0.9 * pad, unit, style)
    block.paint(sheet.canvas, x + pad, y + 0.45 * pad, style.panel_text)
    return Sprite(image=sheet.image(), x=math.floor(left), y=math.floor(top))


def north_plate(bearing: float, unit: float, palette: Palette, style: MapStyle) -> skia.Image:
    """The needle on a round plate, its letter below it; `bearing` is what is up."""
    side = math.ceil(NORTH * unit)
    sheet = Sheet(side, side)
    sheet.canvas.drawCircle(side / 2, side / 2, 38 * unit, fill(style.panel, _OPAQUE))
    marks.north(sheet.canvas, side / 2, side / 2 - 7 * unit, 19 * unit, palette, style.panel_text, -bearing)
    return sheet.image()


def _text(palette: Palette) -> Style:
    return Style(fonts=palette.fonts, role="bold", leading=1.12)


def _plate(
    left: float, top: float, width: float, height: float, unit: float, style: MapStyle
) -> tuple[Sheet, float, float]:
    """A sheet with a plate, and where its corner lies on the sheet."""
    x, y = left - math.floor(left), top - math.floor(top)
    sheet = Sheet(math.ceil(width + x), math.ceil(height + y))
    rect = skia.Rect.MakeXYWH(x, y, width, height)
    sheet.canvas.drawRoundRect(rect, 9 * unit, 9 * unit, fill(style.panel, _OPAQUE))
    return sheet, x, y
