"""A photo laid on the map like a print: white rim, soft shadow, a slight turn; it is put down and taken up again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import skia

from pipeline.geometry import Box
from pipeline.overlays.clip import Overlay, Rgba, eased, faded, presence, ramp_frames
from pipeline.overlays.paint import Sheet, colour4, even, fill
from pipeline.overlays.palette import Palette

TURN = math.radians(1.6)
RIM = 14.0  # design pixels


def photo(picture: Any, box: Box, palette: Palette, *, turn: int, unit: float, fps: int, frames: int) -> Overlay:
    """`picture`: an RGB Pillow image, shown whole in `box` with its rim and turn. `turn` 0 or 1: to which side."""
    angle = TURN * (1 if turn else -1)
    rim = RIM * unit
    spare = 2.2 * rim  # the shadow, and the corners of the turned print
    room = (box.width - 2 * (rim + spare), box.height - 2 * (rim + spare))
    scale = min(room[0] / picture.width, room[1] / picture.height)
    width, height = max(2, int(picture.width * scale)), max(2, int(picture.height * scale))
    lean = abs(math.sin(angle))
    wide, tall = width + 2 * rim, height + 2 * rim
    sheet = Sheet(even(wide + tall * lean + 2 * spare), even(tall + wide * lean + 2 * spare))
    canvas = sheet.canvas
    canvas.translate(sheet.width / 2, sheet.height / 2)
    canvas.rotate(math.degrees(angle))
    rect = skia.Rect.MakeXYWH(-wide / 2, -tall / 2, wide, tall)
    for blur, drop, alpha in ((9.0, 6.0, 0.30), (3.0, 2.0, 0.22)):
        shadow = skia.Paint(
            Color=colour4("#000000", alpha),
            AntiAlias=True,
            MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur * unit),
        )
        canvas.drawRoundRect(rect.makeOffset(0, drop * unit), 4 * unit, 4 * unit, shadow)
    canvas.drawRoundRect(rect, 4 * unit, 4 * unit, fill("#ffffff" if palette.dark_card else palette.paper))
    pixels = np.dstack([np.asarray(picture), np.full((picture.height, picture.width), 255, np.uint8)])
    image = skia.Image.fromarray(np.ascontiguousarray(pixels), skia.kRGBA_8888_ColorType, copy=True)
    sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
    inner = skia.Rect.MakeXYWH(-width / 2, -height / 2, width, height)
    canvas.drawImageRect(image.withDefaultMipmaps(), inner, sampling, skia.Paint(AntiAlias=True))
    print_ = sheet.straight()
    x = max(0, box.x + (box.width - sheet.width) // 2) // 2 * 2
    y = max(0, box.y + (box.height - sheet.height) // 2) // 2 * 2

    def draw(frame: int) -> Rgba:
        level = presence(frame, frames, fps)
        if level >= 1.0:
            return print_
        return faded(_scaled(print_, 1.0 + 0.06 * (1.0 - eased(level))), eased(level))

    return Overlay(
        x=x,
        y=y,
        width=sheet.width,
        height=sheet.height,
        frames=frames,
        fps=fps,
        draw=draw,
        changes=ramp_frames(frames, fps),
    )


def _scaled(picture: Rgba, by: float) -> Rgba:
    """About its middle, inside its own frame."""
    height, width = picture.shape[:2]
    sheet = Sheet(width, height)
    sheet.canvas.translate(width / 2 * (1 - by), height / 2 * (1 - by))
    sheet.canvas.scale(by, by)
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType)
    image = skia.Image.MakeRasterData(info, skia.Data(np.ascontiguousarray(picture).tobytes()), width * 4)
    sheet.canvas.drawImage(image, 0, 0, skia.SamplingOptions(skia.FilterMode.kLinear), skia.Paint())
    return sheet.straight()


def longest(box: Box) -> int:
    """Pixels of a photo's longer side that are enough for the box."""
    return max(box.width, box.height)
