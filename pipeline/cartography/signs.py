"""Signs that stand on the map upright, as large on a tilted map as on a flat one: distance discs and end pins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.cartography.world_line import WorldLine
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.mercator import MapView
from pipeline.overlays import marks
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette

MOST_DISCS = 9
DISC, PIN = 21.0, 27.0  # radii in design pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class Sign:
    """A picture whose pixel (dx, dy) stands at a place of the world; `along_m` of the route."""

    image: skia.Image
    dx: float
    dy: float
    x: float
    y: float
    along_m: float

    @property
    def box(self) -> Box:
        """What it covers, around its place."""
        return Box(x=-round(self.dx), y=-round(self.dy), width=self.image.width(), height=self.image.height())

    def paint(self, canvas: skia.Canvas, x: float, y: float, alpha: float = 1.0) -> None:
        paint = skia.Paint()
        paint.setAlphaf(alpha)
        smooth = skia.SamplingOptions(skia.FilterMode.kLinear)
        canvas.drawImage(self.image, x - self.dx, y - self.dy, smooth, paint)


def discs(line: WorldLine, view: MapView, palette: Palette, unit_m: float) -> list[Sign]:
    """A disc for each whole mile or kilometre (or every 2, 5, 10 …): at most nine, none that would touch another or
    a pin in `view`, none at the ends."""
    unit = view.unit
    numbers = line.shape.discs(unit_m, MOST_DISCS)
    if not numbers:
        return []
    places = line.places(np.array([along for _, along in numbers]))
    pixels = view.pixels(places)
    ends = view.pixels(line.places(np.array([0.0, line.distance_m])))
    heads = ends - (0, (marks.PIN_HEIGHT - 1) * PIN * unit)
    taken = [(place, (DISC + PIN * 1.2) * unit) for place in (*heads, *(heads + ends) / 2, *ends)]
    out = []
    for (number, along), place, at in zip(numbers, places.tolist(), pixels, strict=True):
        if any(math.hypot(*(at - other)) < clear for other, clear in taken):
            continue
        taken.append((at, 2.5 * DISC * unit))
        image, middle = _disc(number, DISC * unit, palette)
        out.append(Sign(image=image, dx=middle, dy=middle, x=place[0], y=place[1], along_m=along))
    return out


def _disc(number: int, radius: float, palette: Palette) -> tuple[skia.Image, float]:
    middle = math.ceil(radius * 1.3) + 1
    sheet = Sheet(2 * middle, 2 * middle)
    marks.disc(sheet.canvas, middle, middle, radius, number, palette, light=True)
    return sheet.image(), float(middle)


def pins(line: WorldLine, unit: float, palette: Palette) -> tuple[Sign, Sign]:
    """Finish and start, in the order of painting."""
    finish, start = (_pin(line, along, kind, unit, palette) for kind, along in _ends(line))
    return finish, start


def _ends(line: WorldLine) -> tuple[tuple[str, float], tuple[str, float]]:
    return ("finish", line.distance_m), ("start", 0.0)


def _pin(line: WorldLine, along: float, kind: str, unit: float, palette: Palette) -> Sign:
    radius = PIN * unit
    across, tall = math.ceil(radius * 1.4) + 1, math.ceil(radius * (marks.PIN_HEIGHT + 0.4)) + 1
    sheet = Sheet(2 * across, tall + across)
    marks.pin(sheet.canvas, across, tall, radius, palette, "start" if kind == "start" else "finish")
    x, y = _end(line, along)
    return Sign(image=sheet.image(), dx=across, dy=tall, x=x, y=y, along_m=along)


def _end(line: WorldLine, along: float) -> tuple[float, float]:
    point: Floats = line.lines[0][0] if along == 0 else line.lines[-1][-1]
    return float(point[0]), float(point[1])
