"""The signs of vehicles on a recap's map: each has its colour and its number; what it does is told by the shape.

At work: a full disc. On the way: a ring. Both have a beak that points the way. Parked: a small grey square.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import skia

from pipeline.cartography.recap_view import PARKED, RETURNING, WORKING
from pipeline.colours import contrast, luminance, readable
from pipeline.fleet import Fleet
from pipeline.overlays.paint import Sheet, fill, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Style, fit
from pipeline.styles import MapStyle

# Neighbours in the list differ in lightness as well as in hue.
_DARK = ("#c2185b", "#1259c3", "#b34700", "#0b7a43", "#6a2fb5", "#00707f", "#8a1c1c", "#6b5600")
_LIGHT = ("#ffd23e", "#6fb6ff", "#ff8fbe", "#62e08e", "#ff9d4d", "#c9a6ff", "#4fe3e0", "#ff7b6b")
RADIUS, NUMBERED = 23.0, 15.0  # design pixels; smaller signs have no number
_TURNS = 48  # directions that the small signs have, which are drawn whole


@dataclass(frozen=True, kw_only=True)
class VehicleInk:
    """How one vehicle looks; `number` counts from 1 in the fleet's order, as on the web page."""

    colour: str
    casing: str
    number: int
    name: str

    @property
    def on_colour(self) -> str:
        """Figures on the colour."""
        return max(("#ffffff", "#101418"), key=lambda text: contrast(text, self.colour))


def inks(fleet: Fleet, style: MapStyle) -> tuple[VehicleInk, ...]:
    """Light colours on a dark map, dark ones on a light map; they come again after eight, the numbers never."""
    casing = style.casing
    chosen = _DARK if luminance(casing) > 0.3 else _LIGHT
    return tuple(
        VehicleInk(colour=readable(chosen[k % len(chosen)], casing, 3.0), casing=casing, number=k + 1, name=one.name)
        for k, one in enumerate(fleet.vehicles)
    )


def radius(count: int, room: float) -> float:
    """Of a sign in design pixels: many vehicles have smaller ones, and small maps (`room`: design pixels across)."""
    usual = RADIUS if count <= 20 else 18.0 if count <= 60 else 11.0
    return usual * min(1.0, max(0.8, room / 700))


class Signs:
    """Draws signs; each is drawn once and laid into the frames."""

    def __init__(self, vehicles: tuple[VehicleInk, ...], palette: Palette, unit: float, room: float) -> None:
        self._inks, self._palette = vehicles, palette
        self.radius = radius(len(vehicles), room / unit) * unit
        self.numbered = self.radius >= NUMBERED * unit
        self._kept: dict[tuple[str, int, int], skia.Image] = {}
        self._beak = _beak(self.radius)

    def paint(
        self, canvas: skia.Canvas, vehicle: int, x: float, y: float, heading: float, look: int, alpha: float
    ) -> None:
        """`heading` in radians clockwise from up."""
        turn = round(heading / math.tau * _TURNS) % _TURNS
        if not self.numbered and look != PARKED:
            self._lay(canvas, self._image(vehicle, look, turn), x, y, alpha)
            return
        if look != PARKED:
            self._point(canvas, vehicle, x, y, heading, alpha)
        self.disc(canvas, vehicle, x, y, look, alpha)

    def disc(self, canvas: skia.Canvas, vehicle: int, x: float, y: float, look: int, alpha: float = 1.0) -> None:
        """Without the beak."""
        self._lay(canvas, self._image(vehicle, look), x, y, alpha)

    def _point(self, canvas: skia.Canvas, vehicle: int, x: float, y: float, heading: float, alpha: float) -> None:
        ink = self._inks[vehicle]
        canvas.save()
        canvas.translate(x, y)
        canvas.rotate(math.degrees(heading))
        canvas.drawPath(self._beak, stroke(ink.casing, self.radius * 0.34, alpha))
        canvas.drawPath(self._beak, fill(ink.colour, alpha))
        canvas.restore()

    def _lay(self, canvas: skia.Canvas, image: skia.Image, x: float, y: float, alpha: float) -> None:
        left, top = x - image.width() / 2, y - image.height() / 2
        paint = skia.Paint()
        paint.setAlphaf(alpha)
        smooth = skia.SamplingOptions(skia.FilterMode.kLinear)
        if not self.numbered:  # hundreds of small signs: whole pixels are many times as fast
            canvas.drawImage(image, round(left), round(top), skia.SamplingOptions(), paint)
            return
        canvas.drawImage(image, left, top, smooth, paint)

    def _image(self, vehicle: int, look: int, turn: int = -1) -> skia.Image:
        """Kept for each vehicle; where there are no numbers, for each colour. `turn`: with a beak that way."""
        ink = self._inks[vehicle]
        key = ("" if look == PARKED else str(vehicle) if self.numbered else ink.colour, look, turn)
        if key not in self._kept:
            side = 2 * (math.ceil(self.radius * (1.25 if turn < 0 else 1.9)) + 2)
            sheet = Sheet(side, side)
            if turn >= 0:
                self._point(sheet.canvas, vehicle, side / 2, side / 2, turn * math.tau / _TURNS, 1.0)
            self._draw(sheet.canvas, ink, side / 2, look)
            self._kept[key] = sheet.image()
        return self._kept[key]

    def _draw(self, canvas: skia.Canvas, ink: VehicleInk, middle: float, look: int) -> None:
        reach = self.radius
        if look == PARKED:
            half = reach * 0.46
            grey = "#6d767b" if luminance(ink.casing) > 0.3 else "#9aa7ac"
            rect = skia.Rect.MakeLTRB(middle - half, middle - half, middle + half, middle + half)
            canvas.drawRoundRect(rect, half * 0.4, half * 0.4, stroke(ink.casing, reach * 0.3))
            canvas.drawRoundRect(rect, half * 0.4, half * 0.4, fill(grey))
            return
        canvas.drawCircle(middle, middle, reach * 1.17, fill(ink.casing))
        canvas.drawCircle(middle, middle, reach, fill(ink.colour))
        if look == RETURNING:
            canvas.drawCircle(middle, middle, reach * 0.74, fill(ink.casing))
        if self.numbered:
            text = ink.on_colour if look == WORKING else ink.colour
            size = reach * (1.35 if ink.number < 10 else 1.16 if ink.number < 100 else 0.86)
            style = Style(fonts=self._palette.fonts, role="bold")
            block = fit(str(ink.number), 1.7 * reach, 2.4 * reach, size, floor=4, lines=1, style=style)
            block.paint(canvas, middle - reach, middle - block.height / 2, text, width=2 * reach, align="centre")


def _beak(reach: float) -> skia.Path:
    """Points up; its foot lies below the disc."""
    path = skia.Path()
    path.moveTo(0, -reach * 1.62)
    path.lineTo(reach * 0.72, -reach * 0.72)
    path.lineTo(-reach * 0.72, -reach * 0.72)
    path.close()
    return path
