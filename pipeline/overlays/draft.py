"""The word DRAFT across the picture, so that a trial run is never posted by mistake."""

from __future__ import annotations

import skia

from pipeline.geometry import Size
from pipeline.overlays.clip import Overlay, still
from pipeline.overlays.paint import Sheet, colour4, even
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Style, fit


def mark(size: Size, palette: Palette, *, fps: int, frames: int, word: str = "DRAFT") -> Overlay:
    """The word in the middle of the frame, outlined, slanting upwards, half transparent."""
    unit = size.short / 1080
    side = min(even(860 * unit), size.short // 2 * 2)
    height = side * 3 // 5 // 2 * 2
    sheet = Sheet(side, height)
    canvas = sheet.canvas
    canvas.translate(side / 2, height / 2)
    canvas.rotate(-18)
    style = Style(fonts=palette.fonts, role="display", tracking=0.08)
    block = fit(word, side * 0.76, height * 0.6, 220 * unit, floor=20 * unit, lines=1, style=style)
    frame = skia.Rect.MakeXYWH(
        -block.width / 2 - 26 * unit, -0.46 * block.size, block.width + 52 * unit, 0.92 * block.size
    )
    for colour, width, alpha in (("#000000", 14, 0.30), ("#ffffff", 8, 0.62)):
        canvas.drawRoundRect(
            frame,
            18 * unit,
            18 * unit,
            skia.Paint(
                Color=colour4(colour, alpha),
                AntiAlias=True,
                Style=skia.Paint.kStroke_Style,
                StrokeWidth=width * unit,
            ),
        )
    top = -block.height / 2 - 0.02 * block.size
    block.paint(canvas, -block.width / 2, top, "#ffffff", alpha=0.62, halo=("#000000", 3 * unit))
    return still(
        sheet.straight(),
        x=(size.width - side) // 4 * 2,
        y=(size.height - height) // 4 * 2,
        frames=frames,
        fps=fps,
        enter=False,
        leave=False,
    )
