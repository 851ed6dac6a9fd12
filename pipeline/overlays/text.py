"""Words on the picture: shaped by HarfBuzz in any script, fitted to a box, never clipped.

A text first keeps its size and wraps at spaces into balanced lines; then it shrinks to its floor; then long
words are broken; then, rather than lose a letter, it shrinks on. Lines are broken here, not by the engine,
one paragraph a line: that is the same on every system. A line has the direction of its paragraph: of the paragraph's
first letter, or where the language runs from right to left, of any letter that does.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import regex
import skia

from pipeline.overlays.line import Style, apart, line_height, measure, paragraph, reach
from pipeline.overlays.paint import colour4
from pipeline.overlays.watched import left_out
from pipeline.scripts import joined, unturned
from pipeline.scripts import right_to_left as written_leftwards

__all__ = ["Align", "Block", "Style", "clean", "fit", "line_height", "measure", "right_to_left"]

Align = Literal["left", "centre", "right"]

_STEP = 0.94
_JOINED_FLOOR = 0.7
_LONGEST = 1000
_VIRAMA = 9  # the combining class
_IDEOGRAPHS = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"


@dataclass(frozen=True, kw_only=True)
class Block:
    """Lines that fit. `height` reaches from above the first line's accents to below the last descenders; `baseline` of
    the first line is measured from its top (not given: as the font has it). `leftwards`: for each line, whether it runs
    from right to left; not given, each is taken for a paragraph."""

    lines: tuple[str, ...]
    size: float
    style: Style
    width: float
    line_height: float
    pitch: float
    leftwards: tuple[bool, ...] = ()
    baseline: float | None = None

    @property
    def height(self) -> float:
        return self.pitch * (len(self.lines) - 1) + self.line_height if self.lines else 0.0

    @property
    def base(self) -> float:
        """The first baseline, from the top."""
        return self.baseline or 0.0

    def paint(
        self,
        canvas: skia.Canvas,
        x: float,
        y: float,
        colour: str,
        *,
        width: float | None = None,
        align: Align = "left",
        alpha: float = 1.0,
        halo: tuple[str, float] | None = None,
    ) -> None:
        """Draws the block, top left at x, y; `width` is the room to align in; `halo` a (colour, reach). "left" is where
        lines begin: at the right in a language that runs from right to left, and for a line that does."""
        room = self.width if width is None else width
        ink = colour4(colour, alpha)
        rim = (colour4(halo[0], alpha), 2 * halo[1]) if halo else None
        placed = []
        sides = self.leftwards or [_leftwards(line, self.style) for line in self.lines]
        for number, (line, leftwards) in enumerate(zip(self.lines, sides, strict=True)):
            spare = room - measure(line, self.size, self.style)
            side = "right" if align == "left" and (leftwards or written_leftwards(self.style.fonts.lang)) else align
            left = x + {"left": 0.0, "centre": spare / 2, "right": spare}[side]
            raised = 0.0
            if self.baseline is not None:  # lines of different fonts stand on their baselines, not below their tops
                raised = float(paragraph(line, self.size, self.style).AlphabeticBaseline) - self.baseline
            placed.append((line, leftwards, left, y + number * self.pitch - raised))
        if rim:
            for line, leftwards, left, top in placed:
                paragraph(line, self.size, self.style, *rim, leftwards).paint(canvas, left, top)
        if left_out(self):
            return
        for line, leftwards, left, top in placed:
            paragraph(line, self.size, self.style, ink, 0.0, leftwards).paint(canvas, left, top)


def clean(text: str) -> str:
    """Text as it can be drawn: line breaks kept, other control characters, signs that turn the order of what stands
    around them and doubled spaces gone, and no longer than anything a clip has time to show."""
    kept = "".join(
        c for c in unturned(text).replace("\t", " ") if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs")
    )
    rows = (re.sub(r"[ \u00a0]{2,}", " ", row).strip() for row in kept.split("\n"))
    return "\n".join(row for row in rows if row)[:_LONGEST]


def right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def _leftwards(paragraph: str, style: Style) -> bool:
    """The direction of a paragraph. Latin words alone stay Latin in any language; with others they are guests."""
    if written_leftwards(style.fonts.lang):
        return any(unicodedata.bidirectional(char) in ("R", "AL") for char in paragraph)
    return right_to_left(paragraph)


def fit(text: str, width: float, height: float, size: float, *, floor: float, lines: int, style: Style) -> Block:
    """The text as large as it can be, at most `size`, in at most `lines` lines inside width × height."""
    words = clean(text)
    trial = size
    if joined(words):  # a torn word has no hyphen there to say so, and its letters may change: rather a little smaller
        floor = min(floor, max(_JOINED_FLOOR * floor, _widest(words, width, floor, style)))
    while True:
        trial = max(trial, floor)
        if block := _attempt(words, width, height, trial, lines, style, breaking=False):
            return block
        if trial <= floor:
            break
        trial *= _STEP
    while trial > 1:
        if block := _attempt(words, width, height, trial, lines, style, breaking=True):
            return block
        trial *= _STEP
    return _block((), (), trial, style)


def _widest(text: str, width: float, size: float, style: Style) -> float:
    """The size, at most `size`, at which the longest word is no wider than the room."""
    longest = max((measure(piece.rstrip(), size, style) for piece in _pieces(text, style)), default=0.0)
    return size * min(1.0, 0.99 * width / longest) if longest else size


def _attempt(
    text: str, width: float, height: float, size: float, lines: int, style: Style, *, breaking: bool
) -> Block | None:
    rows: list[str] = []
    leftwards: list[bool] = []
    parts = text.split("\n")
    if sum(measure(part, size, style) for part in parts) > width * lines:
        return None
    for part in parts:
        wrapped = _balanced(part, width, size, style, breaking)
        if wrapped is None or len(rows) + len(wrapped) > lines:
            return None
        rows += wrapped
        leftwards += [_leftwards(part, style)] * len(wrapped)
    block = _block(tuple(rows), tuple(leftwards), size, style)
    return block if block.height <= height else None


def _block(rows: tuple[str, ...], leftwards: tuple[bool, ...], size: float, style: Style) -> Block:
    usual = reach(size, style, "Hg")
    found = [reach(size, style, row) for row in rows] or [usual]
    pitch = style.leading * size if style.leading else line_height(size, style)
    if any(one != usual for one in found):
        pitch = max([pitch, *(apart(size, above, below) for above, below in pairwise(found))])
    widest = max((measure(row, size, style) for row in rows), default=0.0)
    return Block(
        lines=rows,
        size=size,
        style=style,
        width=widest,
        line_height=found[0].up + found[-1].down,
        pitch=pitch,
        leftwards=leftwards,
        baseline=found[0].up,
    )


def _balanced(text: str, width: float, size: float, style: Style, breaking: bool) -> list[str] | None:
    """As few lines as possible, then as even as possible. None when a word is wider than the room."""
    best = _greedy(text, width, size, style, breaking)
    if best is None or len(best) < 2:
        return best
    low, high = width * 0.4, width
    for _ in range(7):
        middle = (low + high) / 2
        trial = _greedy(text, middle, size, style, False)
        if trial is not None and len(trial) == len(best):
            best, high = trial, middle
        else:
            low = middle
    return best


def _greedy(text: str, width: float, size: float, style: Style, breaking: bool) -> list[str] | None:
    rows: list[str] = []
    row = ""
    for piece in _pieces(text, style):
        longer = row + piece
        if measure(longer.rstrip(), size, style) <= width:
            row = longer
            continue
        if row.strip():
            rows.append(row.rstrip())
        row = piece.lstrip()
        while measure(row.rstrip(), size, style) > width:
            if not breaking:
                return None
            head, row = _broken(row, width, size, style)
            if not head:
                return None
            rows.append(head)
    return [*rows, row.rstrip()] if row.strip() else rows


def _pieces(text: str, style: Style) -> list[str]:
    """Where a line may break: after spaces, hyphens and slashes, and between ideographs."""
    if style.address:
        return re.findall(r"[^\s\-./?&]*[\s\-./?&]*", text)
    return re.findall(rf"[{_IDEOGRAPHS}]|[^\s\-–—/{_IDEOGRAPHS}]*[\s\-–—/]*", text)


def _broken(word: str, width: float, size: float, style: Style) -> tuple[str, str]:
    """As much of a word as fits, with a hyphen where its script uses one, and the rest."""
    clusters = _clusters(word)
    hyphenated = not style.address and unicodedata.name(word[0], "").startswith(("LATIN", "GREEK", "CYRILLIC"))
    hyphen = "-" if hyphenated else ""
    fits = bisect_right(
        range(1, len(clusters)),
        width,
        key=lambda count: measure("".join(clusters[:count]) + hyphen, size, style),
    )
    if fits == 0:
        return "", word
    head = "".join(clusters[:fits])
    return head + ("" if head.endswith("-") else hyphen), "".join(clusters[fits:])


def _clusters(text: str) -> list[str]:
    """Letters with the marks that belong to them; a letter that a virama ties to the next goes with it."""
    out: list[str] = []
    for part in regex.findall(r"\X", text):
        if out and unicodedata.combining(out[-1][-1]) == _VIRAMA:
            out[-1] += part
        else:
            out.append(part)
    return out
