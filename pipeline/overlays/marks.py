"""Signs on the map, told apart by shape as well as colour: pins, marker, distance discs, north mark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import skia

from pipeline.colours import contrast
from pipeline.geo import Floats
from pipeline.overlays.paint import Sheet, colour4, fill, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Style, fit

PIN_HEIGHT = 2.55  # of its head's radius, from the tip to the top


@dataclass(frozen=True, kw_only=True, eq=False)
class Sprite:
    """A sign drawn once, painted many times at its place."""

    image: skia.Image
    x: float
    y: float

    def paint(self, canvas: skia.Canvas) -> None:
        canvas.drawImage(self.image, self.x, self.y)


def end_pins(start: Floats, finish: Floats, radius: float, palette: Palette) -> list[Sprite]:
    """The pins of start and finish, in the order of painting; where they would cover each other, the start
    alone."""
    pins = [_pin_sprite(start, radius, palette, "start")]
    if np.hypot(*(finish - start)) > 2.2 * radius:
        pins.insert(0, _pin_sprite(finish, radius, palette, "finish"))
    return pins


def _pin_sprite(at: Floats, radius: float, palette: Palette, kind: Literal["start", "finish"]) -> Sprite:
    reach = math.ceil(radius * 1.4)
    tall = math.ceil(radius * PIN_HEIGHT + radius * 0.4)
    left, top = math.floor(at[0]) - reach, math.floor(at[1]) - tall
    sheet = Sheet(2 * reach, tall + reach)
    pin(sheet.canvas, float(at[0]) - left, float(at[1]) - top, radius, palette, kind)
    return Sprite(image=sheet.image(), x=left, y=top)


def pin(
    canvas: skia.Canvas, x: float, y: float, radius: float, palette: Palette, kind: Literal["start", "finish"]
) -> None:
    """A drop with its tip at x, y: the start has a triangle (play), the finish a chequered flag's squares."""
    centre = y - radius * (PIN_HEIGHT - 1)
    shadow = skia.Paint(
        Color=colour4("#000000", 0.35),
        AntiAlias=True,
        MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, radius * 0.16),
    )
    canvas.drawOval(skia.Rect.MakeXYWH(x - radius * 0.5, y - radius * 0.17, radius, radius * 0.36), shadow)
    body = _drop(x, y, centre, radius)
    colour = palette.start if kind == "start" else palette.finish
    rim = "#ffffff" if contrast("#ffffff", colour) >= 2.0 else palette.ink
    canvas.drawPath(body, stroke(rim, radius * 0.26))
    canvas.drawPath(body, fill(colour))
    canvas.drawCircle(x, centre, radius * 0.62, fill(rim))
    if kind == "start":
        reach = radius * 0.36
        triangle = skia.Path()
        triangle.moveTo(x - reach * 0.62, centre - reach)
        triangle.lineTo(x + reach * 1.05, centre)
        triangle.lineTo(x - reach * 0.62, centre + reach)
        triangle.close()
        canvas.drawPath(triangle, fill(colour))
    else:
        _chequer(canvas, x, centre, radius * 0.54, colour)


def _drop(x: float, y: float, centre: float, radius: float) -> skia.Path:
    path = skia.Path()
    spread = math.radians(52)
    left = (x - radius * math.sin(spread), centre + radius * math.cos(spread))
    path.moveTo(x, y)
    path.lineTo(*left)
    box = skia.Rect.MakeXYWH(x - radius, centre - radius, 2 * radius, 2 * radius)
    path.arcTo(box, 90 + 52, 360 - 104, False)
    path.close()
    return path


def _chequer(canvas: skia.Canvas, x: float, y: float, reach: float, colour: str) -> None:
    canvas.save()
    clip = skia.Path()
    clip.addCircle(x, y, reach)
    canvas.clipPath(clip, skia.ClipOp.kIntersect, True)
    cell = reach / 2
    for row in range(4):
        for column in range(4):
            if (row + column) % 2 == 0:
                canvas.drawRect(
                    skia.Rect.MakeXYWH(x - reach + column * cell, y - reach + row * cell, cell, cell),
                    fill(colour),
                )
    canvas.restore()


def marker(canvas: skia.Canvas, x: float, y: float, radius: float, colour: str, pulse: float | None) -> None:
    """The moving dot; `pulse` (0 to 1) is how far its ring has spread, None without one."""
    if pulse is not None:
        fading = (1.0 - pulse) ** 1.5
        canvas.drawCircle(x, y, radius * (1.1 + 1.2 * pulse), fill(colour, 0.42 * fading))
    canvas.drawCircle(x, y + radius * 0.12, radius * 1.16, fill("#000000", 0.22))
    canvas.drawCircle(x, y, radius, fill("#ffffff"))
    canvas.drawCircle(x, y, radius * 0.66, fill(colour))


def disc(canvas: skia.Canvas, x: float, y: float, radius: float, number: int, palette: Palette, light: bool) -> None:
    """A whole mile or kilometre."""
    ground, rim = (palette.paper, palette.ink) if light else (palette.ink, palette.paper)
    canvas.drawCircle(x, y, radius * 1.14, fill(rim))
    canvas.drawCircle(x, y, radius, fill(ground))
    style = Style(fonts=palette.fonts, role="bold")
    block = fit(str(number), radius * 1.66, radius * 1.8, radius * 1.35, floor=4, lines=1, style=style)
    block.paint(canvas, x - radius, y - block.height / 2, rim, width=2 * radius, align="centre")


def north(
    canvas: skia.Canvas, x: float, y: float, reach: float, palette: Palette, colour: str, angle: float = 0
) -> None:
    """A needle centred at x, y that points north, with its letter; `angle` clockwise from up, in radians."""
    canvas.save()
    canvas.translate(x, y)
    canvas.rotate(math.degrees(angle))
    needle = skia.Path()
    needle.moveTo(0, -reach)
    needle.lineTo(reach * 0.5, reach * 0.62)
    needle.lineTo(0, reach * 0.3)
    needle.lineTo(-reach * 0.5, reach * 0.62)
    needle.close()
    canvas.drawPath(needle, fill(colour))
    canvas.restore()
    style = Style(fonts=palette.fonts, role="bold")
    block = fit("N", 3 * reach, 3 * reach, reach * 1.15, floor=4, lines=1, style=style)
    block.paint(canvas, x - reach, y + reach * 0.62, colour, width=2 * reach, align="centre")
