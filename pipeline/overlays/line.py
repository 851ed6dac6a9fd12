"""One line of text as the engine sets it: its width, its heights above and below the baseline, and itself."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import skia

from pipeline.fonts import Fonts, Role, collection
from pipeline.overlays.paint import Sheet
from pipeline.scripts import joined

_HUGE = 1e6
_TRIAL = 48.0  # pixels: the size at which ink is measured
# Of the ink that no usual letter reaches, in em: what stays free between lines of such letters, and around them.
_BETWEEN, _AROUND = 0.10, 0.09


@dataclass(frozen=True, kw_only=True)
class Style:
    """How words are set; `tracking` and `leading` in em. Leading 0 is the font's own. Scripts whose letters join are
    never tracked."""

    fonts: Fonts
    role: Role = "bold"
    tracking: float = 0.0
    leading: float = 0.0
    address: bool = False  # a web address: breaks after dots and slashes too, and never gets a hyphen


def measure(text: str, size: float, style: Style) -> float:
    """The width of one line in pixels."""
    return float(paragraph(text, size, style).MaxIntrinsicWidth) if text else 0.0


def line_height(size: float, style: Style, text: str = "Hg") -> float:
    return float(paragraph(text or "Hg", size, style).Height)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far a line reaches above and below its baseline, in pixels."""

    up: float
    down: float


def reach(size: float, style: Style, text: str) -> Reach:
    """The room of a line. As the font says for usual letters; for those of taller fonts as far as their ink goes,
    because such fonts ask for room for letters that the line does not have."""
    line = paragraph(text or "Hg", size, style)
    usual = paragraph("Hg", size, style)
    if line.Height <= usual.Height * 1.02:
        return Reach(up=float(line.AlphabeticBaseline), down=float(line.Height - line.AlphabeticBaseline))
    up, down = _ink_em(text, style)
    least = (float(usual.AlphabeticBaseline) - 0.12 * size, float(usual.Height - usual.AlphabeticBaseline))
    return Reach(up=max(least[0], (up + _AROUND) * size), down=max(least[1], (down + _AROUND) * size))


def apart(size: float, above: Reach, below: Reach) -> float:
    """The least distance of two baselines at which lines do not touch."""
    return above.down + below.up + (_BETWEEN - 2 * _AROUND) * size


@lru_cache(maxsize=1024)
def _ink_em(text: str, style: Style) -> tuple[float, float]:
    """How far the ink of a line reaches above and below its baseline, in em: looked up in the drawn line."""
    line = paragraph(text, _TRIAL, style, int(skia.ColorBLACK))
    margin = int(2 * _TRIAL)
    sheet = Sheet(math.ceil(line.MaxIntrinsicWidth) + margin, math.ceil(line.Height) + 2 * margin)
    line.paint(sheet.canvas, margin / 2, margin)
    rows = np.flatnonzero(sheet.pixels[:, :, 3].max(axis=1) > 24)
    base = margin + float(line.AlphabeticBaseline)
    return ((base - int(rows[0])) / _TRIAL, (int(rows[-1]) + 1 - base) / _TRIAL) if len(rows) else (0.0, 0.0)


def _runs_left(text: str) -> bool:
    """Whether any letter runs from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text)


@lru_cache(maxsize=1)
def _unicode() -> skia.Unicode:
    return skia.Unicodes.ICU.Make()


@lru_cache(maxsize=4096)
def paragraph(
    text: str, size: float, style: Style, colour: int = 0, rim: float = 0.0, leftwards: bool = False
) -> skia.textlayout.Paragraph:
    """One line, laid out. `rim` > 0 draws the outline of the letters that wide instead of filling them."""
    engine = collection()
    look = skia.textlayout.TextStyle()
    look.setFontFamilies(list(engine.family_chain(style.fonts, style.role, text)))
    look.setFontSize(size)
    look.setLetterSpacing(0.0 if joined(text) else style.tracking * size)
    if style.fonts.lang:
        look.setLocale(style.fonts.lang)
    paint = skia.Paint(Color=colour, AntiAlias=True)
    if rim > 0:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(rim)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
    look.setForegroundPaint(paint)
    whole = skia.textlayout.ParagraphStyle()
    whole.setTextStyle(look)
    builder = skia.textlayout.ParagraphBuilder.make(whole, engine.skia, _unicode())
    builder.pushStyle(look)
    # An isolate gives the line its direction; most lines need none.
    side = "\u2067" if leftwards else "\u2066"
    builder.addText(f"{side}{text}\u2069" if leftwards or _runs_left(text) else text)
    paragraph = builder.Build()
    paragraph.layout(_HUGE)
    return paragraph
