"""How names on a map are set: cleaned, broken into lines, bent along roads or made into small pictures.

Letters that stand alone (Latin, Greek, Cyrillic) are bent one by one, with the kerning of the text engine. Scripts
whose letters join or change places are always set straight, as one shaped line, turned as a whole.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
import regex
import skia

from pipeline import fonts as font_files
from pipeline.fonts import Fonts, Role
from pipeline.geo import Floats
from pipeline.overlays.paint import colour4, fill
from pipeline.overlays.text import Block, Style, clean, fit, measure

Sign = Literal["", "dot", "peak", "station"]

MOST_LETTERS = 60  # nobody reads a longer name in a moving picture
HALO_EM = 0.13  # how far the halo reaches; thinner does not carry over dense streets on a phone
ABOVE_EM, BELOW_EM = 0.74, 0.24  # from the baseline up over capitals, down to descenders
_MID_EM = 0.33  # half a capital: how far the baseline lies below the middle of the road
HALF_EM = _MID_EM + BELOW_EM + HALO_EM  # the most a name along a line reaches to its sides
_KERN_SIZE = 100.0
_LEADING = 1.04  # em; letters that reach further up and down keep their font's own
_STANDING = regex.compile(r"[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Nd}\p{P}\p{S}\p{Zs}]+")
_NO_CAPITALS = regex.compile(r"[ıİğĞşŞßŉ]|\p{Script=Greek}")  # whose capitals depend on the language
_JOINERS = "\u200c\u200d"
_UNFIT = regex.compile(r"\p{M}{4,}|\p{Co}")


@dataclass(frozen=True, kw_only=True)
class Lettering:
    """`size` in pixels, `tracking` in em; colours as `#rrggbb`."""

    fonts: Fonts
    role: Role
    size: float
    colour: str
    halo: str
    tracking: float = 0.0
    capitals: bool = False
    sign: Sign = ""

    @property
    def style(self) -> Style:
        return Style(fonts=self.fonts, role=self.role, tracking=self.tracking)

    @property
    def reach(self) -> float:
        """The halo's, in pixels."""
        return HALO_EM * self.size


def italic(fonts: Fonts) -> Fonts:
    """With slanted letters where the packaged ones are used; a brand's own fonts stay as they are."""
    if fonts.semibold != font_files.default().semibold:
        return fonts
    return replace(fonts, semibold=font_files.packaged("font_source_sans_pro", "SourceSansPro-SemiboldIt.ttf"))


@lru_cache(maxsize=16384)
def spoken(name: str) -> str:
    """The name in one line, without direction marks; empty when it cannot be lettered: too long, without a letter,
    digit or sign, with signs of private fonts, or with marks piled up."""
    if len(name) > 4 * MOST_LETTERS:
        return ""
    row = clean(" ".join(unicodedata.normalize("NFC", name).split()))
    row = "".join(c for c in row if c in _JOINERS or unicodedata.category(c) != "Cf").strip()
    if len(row) > MOST_LETTERS or _UNFIT.search(row) or not any(c.isalnum() or ord(c) > 0x2190 for c in row):
        return ""
    return row


@lru_cache(maxsize=4096)
def drawable(text: str, look: Lettering) -> str:
    """The text in this look, in capitals if so wished; empty when a letter of it has no glyph."""
    if not text or font_files.missing(text, look.fonts, look.role):
        return ""
    return text.upper() if look.capitals and not _NO_CAPITALS.search(text) else text


@lru_cache(maxsize=2048)
def broken(text: str, look: Lettering, wide: float, room: float) -> Block | None:
    """The text at its size in at most three lines of about `wide` pixels, wider rather than in three; None when it
    needs more, or when a word is wider than `room`."""
    style = replace(look.style, leading=_LEADING if _STANDING.fullmatch(text) else 0.0)
    widest = max(measure(word, look.size, style) for word in text.split(" ")) + 1
    if widest > room:
        return None

    def within(width: float) -> Block:
        room = max(width, widest)
        return fit(text, room, math.inf, look.size, floor=look.size, lines=MOST_LETTERS, style=style)

    block = within(wide)
    if len(block.lines) > 2:
        wider = within(1.35 * wide)
        block = wider if len(wider.lines) == 2 else block
    return block if 0 < len(block.lines) <= 3 else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Letters:
    """A line of letters that stand alone: their advances in pixels, kerned."""

    text: str
    font: skia.Font
    advances: Floats

    @property
    def width(self) -> float:
        return float(self.advances.sum())


@lru_cache(maxsize=2048)
def letters(text: str, look: Lettering) -> Letters | None:
    """None when the text must be set straight: its letters join, or no single font file has them all."""
    if not _STANDING.fullmatch(text):
        return None
    for fonts in dict.fromkeys((look.fonts, font_files.default())):
        face = font_files.typeface(fonts.file(look.role))
        if all(face.unicharToGlyph(ord(char)) for char in text):
            break
    else:
        return None
    style = Style(fonts=fonts, role=look.role)
    wide = np.array([_width(char, style) for char in text])
    pairs = [_width(a + b, style) - _width(a, style) - _width(b, style) for a, b in pairwise(text)]
    advances = (wide + np.array([*pairs, 0.0])) * (look.size / _KERN_SIZE) + look.tracking * look.size
    font = skia.Font(face, look.size)
    font.setSubpixel(True)
    font.setLinearMetrics(True)
    font.setHinting(skia.FontHinting.kNone)
    font.setEdging(skia.Font.Edging.kAntiAlias)
    return Letters(text=text, font=font, advances=advances)


@lru_cache(maxsize=8192)
def _width(text: str, style: Style) -> float:
    """At a size at which rounding does not matter; spaces count, also at the end of a line."""
    if text.isspace() or text[-1].isspace():
        return measure(f"{text}n", _KERN_SIZE, style) - measure("n", _KERN_SIZE, style)
    return measure(text, _KERN_SIZE, style)


@dataclass(frozen=True, kw_only=True, eq=False)
class LineName:
    """A name along a road. `boxes` (k, 4, 2): the turned rectangles of its letters, halo included, in pixels; `angles`
    (k,) in radians, clockwise from reading level."""

    text: str
    look: Lettering
    middle: tuple[float, float]
    boxes: Floats
    angles: Floats
    blob: skia.TextBlob | None = None  # None: one straight block
    block: Block | None = None

    def paint(self, canvas: skia.Canvas) -> None:
        look = self.look
        if self.blob is not None:
            rim = skia.Paint(
                Color=colour4(look.halo),
                AntiAlias=True,
                Style=skia.Paint.kStroke_Style,
                StrokeWidth=2 * look.reach,
                StrokeJoin=skia.Paint.kRound_Join,
            )
            canvas.drawTextBlob(self.blob, 0, 0, rim)
            canvas.drawTextBlob(self.blob, 0, 0, fill(look.colour))
        elif self.block is not None:
            canvas.save()
            canvas.translate(*self.middle)
            canvas.rotate(math.degrees(float(self.angles[0])))
            x, y = -self.block.width / 2, -self.block.height / 2
            halo = (look.halo, look.reach)
            self.block.paint(canvas, x, y, look.colour, width=self.block.width, align="centre", halo=halo)
            canvas.restore()


def curved(word: Letters, look: Lettering, places: Floats, angles: Floats) -> LineName:
    """Letters centred at `places` (n, 2), turned by `angles` (n,)."""
    along = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    down = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    origins = places - along * word.advances[:, None] / 2 + down * _MID_EM * look.size
    forms = [
        skia.RSXform(float(c), float(s), float(x), float(y))
        for (c, s), (x, y) in zip(along.tolist(), origins.tolist(), strict=True)
    ]
    boxes = _boxes(
        places + down * _MID_EM * look.size,
        along,
        down,
        word.advances / 2 + look.reach,
        ABOVE_EM * look.size + look.reach,
        BELOW_EM * look.size + look.reach,
    )
    middle = places[len(places) // 2]
    return LineName(
        text=word.text,
        look=look,
        middle=(float(middle[0]), float(middle[1])),
        boxes=boxes,
        angles=angles,
        blob=skia.TextBlob.MakeFromRSXform(word.text, forms, word.font),
    )


def straight(block: Block, look: Lettering, place: tuple[float, float], angle: float) -> LineName:
    """One line, its middle at `place`."""
    along = np.array([[math.cos(angle), math.sin(angle)]])
    down = np.array([[-along[0, 1], along[0, 0]]])
    half = block.height / 2 + look.reach
    wide = np.array([block.width / 2 + look.reach])
    boxes = _boxes(np.array([place]), along, down, wide, half, half)
    return LineName(text=block.lines[0], look=look, middle=place, boxes=boxes, angles=np.array([angle]), block=block)


def _boxes(places: Floats, along: Floats, down: Floats, half: Floats, above: float, below: float) -> Floats:
    side = along * half[:, None]
    top, bottom = places - down * above, places + down * below
    return np.stack([top - side, top + side, bottom + side, bottom - side], axis=1)
