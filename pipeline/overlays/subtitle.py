"""What is said, burnt into the picture: a dark box behind each line, in the middle of its band, without any movement.

After the BBC's subtitle guidelines: lines are 7–8 % of the shorter side high and leave no gap between them, the box
reaches half an em beyond the words, there are two lines at most (three where the picture is tall). Text is broken anew
for each shape of picture; what needs more lines than may stand there is shown in parts, one after the other.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

import numpy as np
import skia

from pipeline.geometry import Box, Size
from pipeline.overlays.clip import Overlay
from pipeline.overlays.paint import Sheet, even, fill
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Block, Style, line_height, measure
from pipeline.speech_lines import Page, Setter, Setting, shares
from pipeline.speech_room import line_px, lines_allowed, widest_allowed

PLATE = 0.9
_INK = 0.94  # of a line, for letters taller than the font's usual ones
_END_EM = 0.5  # the box beyond each end of a line


def set_in(text: str, box: Box, palette: Palette, *, frame: Size, lang: str) -> Setting:
    """How a subtitle is set in its band."""
    style, tall = _style(palette), line_px(frame)
    size = _size(text, style, tall)
    room = min(box.width - 2 * _END_EM * size, widest_allowed(frame))
    setter = Setter(width=lambda line: measure(line, size, style), room=room, lines=lines_allowed(frame), lang=lang)
    pages = setter.pages(text)
    widest = max((measure(line, size, style) for page in pages for line in page), default=0.0)
    width = min(even(widest + 2 * _END_EM * size), box.width // 2 * 2)
    height = max(map(len, pages), default=0) * tall
    x = box.x + (box.width - width) // 4 * 2
    return Setting(
        pages=pages,
        size=size,
        line_px=tall,
        widest_px=widest,
        box=Box(x=x, y=box.bottom - height, width=width, height=height),
    )


def subtitle(text: str, box: Box, palette: Palette, *, frame: Size, lang: str, fps: int, frames: int) -> Overlay:
    """The words at the bottom of `box`, page after page over `frames`. It comes and goes at once: subtitles follow the
    speech to the frame."""
    found = set_in(text, box, palette, frame=frame, lang=lang)
    starts = shares(found.pages, frames)
    pictures = [_painted(found, page, palette).straight() for page in found.pages]
    return Overlay(
        x=found.box.x,
        y=found.box.y,
        width=found.box.width,
        height=found.box.height,
        frames=frames,
        fps=fps,
        draw=lambda frame: pictures[bisect_right(starts, frame) - 1],
        changes=sorted(set(starts)),
    )


def _painted(setting: Setting, page: Page, palette: Palette) -> Sheet:
    sheet = Sheet(setting.box.width, setting.box.height)
    style, end = _style(palette), _END_EM * setting.size
    y = setting.box.height - len(page) * setting.line_px
    for line in page:
        wide = measure(line, setting.size, style)
        x = (setting.box.width - wide) / 2
        rect = skia.Rect.MakeXYWH(round(x - end), y, round(wide + 2 * end), setting.line_px)
        sheet.canvas.drawRect(rect, fill(palette.ink, PLATE))
        _paint_line(sheet, line, setting, palette, x, y)
        y += setting.line_px
    return sheet


def _paint_line(sheet: Sheet, line: str, setting: Setting, palette: Palette, x: float, y: float) -> None:
    """The letters in the middle of their line: by the font's height, or by the ink where that is too tall."""
    style, size = _style(palette), setting.size
    tall = line_height(size, style, line)
    above = (setting.line_px - tall) / 2
    if above < 0:
        top, bottom = _ink(line, size, style)
        above = (setting.line_px - (bottom - top)) / 2 - top
    _block(line, size, style).paint(sheet.canvas, x, y + above, palette.paper)


def _style(palette: Palette) -> Style:
    return Style(fonts=palette.fonts, role="semibold")


def _size(text: str, style: Style, line: int) -> float:
    """The font's own height fills the line. Scripts whose fonts are taller have the same size, as far as what is drawn
    of them stays in the line."""
    size = _letters(style, line)
    words = " ".join(text.split())
    if line_height(size, style, words) <= line * 1.02:
        return size
    top, bottom = _ink(words, size, style)
    return min(size, size * line * _INK / max(1, bottom - top))


@lru_cache(maxsize=32)
def _letters(style: Style, line: int) -> float:
    """The size at which the font's own line height fills the line."""
    return line / (line_height(100.0, style) / 100.0)


@lru_cache(maxsize=256)
def _ink(line: str, size: float, style: Style) -> tuple[int, int]:
    """The rows, from the top of the font's line, between which something is drawn."""
    block = _block(line, size, style)
    sheet = Sheet(int(block.width) + 2, int(block.line_height) + 2)
    block.paint(sheet.canvas, 1, 0, "#ffffff")
    rows = np.flatnonzero(sheet.pixels[:, :, 3].max(axis=1) > 8)
    return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, sheet.height)


def _block(line: str, size: float, style: Style) -> Block:
    tall = line_height(size, style, line)
    return Block(lines=(line,), size=size, style=style, width=measure(line, size, style), line_height=tall, pitch=tall)
