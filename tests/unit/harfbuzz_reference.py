"""What HarfBuzz itself makes of a word, drawn as outlines: the reference for what our text engine draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skia
import uharfbuzz as hb
from numpy.typing import NDArray

NOTO = {
    "ar": "NotoSansArabic-Bold.ttf",
    "ur": "NotoNastaliqUrdu-Bold.ttf",
    "gu": "NotoSansGujarati-Bold.ttf",
    "hi": "NotoSansDevanagari-Bold.ttf",
    "ta": "NotoSansTamil-Bold.ttf",
}
PLACES = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts", Path("/Library/Fonts"))

Ink = NDArray[np.uint8]


def font_file(lang: str) -> Path | None:
    """The Noto font of a language on this machine."""
    return next((path for place in PLACES if place.is_dir() for path in place.rglob(NOTO[lang])), None)


def shaped(text: str, font: Path, lang: str) -> tuple[list[int], list[tuple[float, float]], float]:
    """Glyphs, their places and the width of the text, in em (y upwards)."""
    face = hb.Face(hb.Blob.from_file_path(str(font)))
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.language = lang
    hb.shape(hb.Font(face), buffer)
    x = y = 0
    places = []
    for at in buffer.glyph_positions:
        places.append(((x + at.x_offset) / face.upem, (y + at.y_offset) / face.upem))
        x, y = x + at.x_advance, y + at.y_advance
    return [info.codepoint for info in buffer.glyph_infos], places, x / face.upem


def drawn(text: str, font: Path, lang: str, size: float, width: int, height: int, base: float) -> Ink:
    """The coverage (height, width) of the text, its baseline at `base` and its origin at x = 40."""
    glyphs, places, _ = shaped(text, font, lang)
    face = skia.Typeface.MakeFromFile(str(font))
    pen = skia.Font(face, size)
    pen.setSubpixel(True)
    pen.setHinting(skia.FontHinting.kNone)
    pixels = np.zeros((height, width, 4), np.uint8)
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    canvas = skia.Surface.MakeRasterDirect(info, pixels).getCanvas()
    paint = skia.Paint(Color=skia.ColorBLACK, AntiAlias=True)
    for glyph, (x, y) in zip(glyphs, places, strict=True):
        outline = pen.getPath(glyph)
        if outline is not None:
            canvas.save()
            canvas.translate(40 + x * size, base - y * size)
            canvas.drawPath(outline, paint)
            canvas.restore()
    return pixels[:, :, 3].copy()
