"""Where the lines of a subtitle break: after punctuation, not inside what is read together, and evenly.

Words are laid into as few lines as the room allows. A subtitle that needs more lines than may stand there is shown as
several, one after the other. Widths come from whoever has the font.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.counting import graphemes
from pipeline.geometry import Box
from pipeline.speech_text import paragraphs

Page = tuple[str, ...]  # the lines that are seen together

_IDEOGRAPHS = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
_PIECE = re.compile(rf"[{_IDEOGRAPHS}]\s*|[^\s{_IDEOGRAPHS}]+\s*")
_STOP, _PAUSE = ".!?…؟۔।。！？", ",;:–—،؛、，)»”"

# Words that belong to the next one: articles, prepositions, conjunctions, pronouns, auxiliaries, titles.
_WEAK = {
    "en": """a an the of to in on at by for from with into onto over under through across along past near between
        about after before behind beside beyond during around without up down off out and or but nor so that which who
        whose if when where while because as than i you he she it we they this these those my your his her its our
        their is are was were be been has have had will would can could may might must shall should do does did not no
        very mr mrs ms dr st""",
    "cy": """y yr 'r a ac ag â gyda gydag o i ar at am dan drwy trwy dros gan heb hyd rhwng wrth er ers yn mewn neu ond
        achos oherwydd os pan lle bod mai taw fy dy ei ein eich eu mae maen roedd oedd sydd sy bydd byddai cafodd nid ni
        na nad dim mor mwy iawn un dau dwy tri tair fe mi hi nhw chi ef""",
}
_OPENING = {  # A new thought begins with these: a good place to break before.
    "en": "and or but nor so that which who whose if when where while because then",
    "cy": "a ac ond neu os pan lle achos oherwydd wedyn",
}
_PREPOSITIONS = {
    "en": """for from with into onto over under through across along past near between about after before behind beside
        beyond during around without in on at by""",
    "cy": "i o ar at am dan drwy trwy dros gan heb hyd rhwng wrth ers yn mewn gyda",
}
_BAD, _STRONG, _MILD = 0.6, 0.35, 0.28
_NAME, _OPENS, _LEADS = 0.3, 0.1, 0.06


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One subtitle as it stands on one frame size: its pages, and what can be measured of them in pixels."""

    pages: tuple[Page, ...]
    size: float  # of the letters
    line_px: int
    widest_px: float  # of the words, without the box's ends
    box: Box  # around all lines of the fullest page


@dataclass(frozen=True, kw_only=True)
class Setter:
    """The room for one line, and how many lines may stand together. `width` measures a line in the same unit."""

    width: Callable[[str], float]
    room: float
    lines: int
    lang: str = "en"

    def pages(self, text: str) -> tuple[Page, ...]:
        """The subtitle in lines, on as few pages as are needed."""
        pieces, forced = self._pieces(text)
        if not pieces:
            return ()
        whole = self._lines(pieces, forced)
        if len(whole) <= self.lines:
            return (whole,)
        for count in range(-(-len(whole) // self.lines), len(pieces) + 1):
            if cuts := self._cuts(pieces, forced, count):
                spans = zip([0, *cuts], [*cuts, len(pieces)], strict=True)
                return tuple(self._lines(pieces[a:b], {k - a for k in forced if a <= k < b - 1}) for a, b in spans)
        return tuple((line,) for line in whole)

    def _pieces(self, text: str) -> tuple[list[str], set[int]]:
        """What is never broken, with the space after it, and after which of it a line must end."""
        pieces: list[str] = []
        forced = set()
        for part in paragraphs(text):
            for piece in _PIECE.findall(part.strip()):
                pieces += self._cut_up(piece)
            forced.add(len(pieces) - 1)
        return pieces, forced - {len(pieces) - 1}

    def _cut_up(self, word: str) -> list[str]:
        """A word that is wider than the room, in parts that fit; all others whole."""
        if self.width(word.rstrip()) <= self.room:
            return [word]
        parts = [""]
        for sign in graphemes(word):
            if parts[-1] and self.width((parts[-1] + sign).rstrip()) > self.room:
                parts.append("")
            parts[-1] += sign
        return parts

    def _lines(self, pieces: Sequence[str], forced: set[int]) -> Page:
        """As few lines as possible, and among those the ones that break best."""
        count = self._least(pieces, forced)
        ends = self._best(pieces, forced, count)
        return tuple(_line(pieces[a:b]) for a, b in zip([0, *ends], [*ends, len(pieces)], strict=True))

    def _least(self, pieces: Sequence[str], forced: set[int]) -> int:
        count, start = 1, 0
        for k in range(1, len(pieces)):
            if k - 1 in forced or self.width(_line(pieces[start : k + 1])) > self.room:
                count, start = count + 1, k
        return count

    def _best(self, pieces: Sequence[str], forced: set[int], count: int) -> list[int]:
        """Where lines 2 … `count` begin, at the least cost: uneven lines and bad breaks both cost."""
        n = len(pieces)
        mean = self.width(_line(pieces)) / count
        costs = [math.inf] * (n + 1)
        costs[0] = 0.0
        ways: list[list[int]] = []
        for number in range(1, count + 1):
            after, way = [math.inf] * (n + 1), [0] * (n + 1)
            for end in range(number, n + 1):
                for start in reversed(range(end)):
                    wide = self.width(_line(pieces[start:end]))
                    if wide > self.room or any(k in forced for k in range(start, end - 1)):
                        break
                    if costs[start] == math.inf:
                        continue
                    cost = costs[start] + ((wide - mean) / self.room) ** 2
                    if end < n and end - 1 not in forced:
                        cost += self._price(pieces, end)
                    if cost < after[end]:
                        after[end], way[end] = cost, start
            costs = after
            ways.append(way)
        ends, at = [], n
        for way in reversed(ways):
            at = way[at]
            ends.append(at)
        return ends[::-1][1:]

    def _cuts(self, pieces: Sequence[str], forced: set[int], count: int) -> list[int] | None:
        """Where pages 2 … `count` begin, so that none has more lines than may be; None when that cannot be."""
        total = sum(map(len, pieces))
        cuts: list[int] = []
        for number in range(1, count):
            first = cuts[-1] if cuts else 0
            wanted = total * number / count
            fitting = [
                k
                for k in range(first + 1, len(pieces) - (count - number) + 1)
                if self._least(pieces[first:k], {f - first for f in forced if first <= f < k - 1}) <= self.lines
            ]
            if not fitting:
                return None
            cuts.append(
                min(fitting, key=lambda k: abs(sum(map(len, pieces[:k])) - wanted) / total + self._price(pieces, k))
            )
        last = cuts[-1]
        rest = {f - last for f in forced if last <= f < len(pieces) - 1}
        return cuts if self._least(pieces[last:], rest) <= self.lines else None

    def _price(self, pieces: Sequence[str], at: int) -> float:
        return price(pieces[at - 1].strip(), pieces[at].strip(), self.lang)


def price(before: str, after: str, lang: str = "en") -> float:
    """What a break between two words costs: below 0 at punctuation, high inside what is read together."""
    if before[-1:] in _STOP and before.casefold() not in ("dr.", "mr.", "mrs.", "ms.", "st."):
        return -_STRONG
    if before[-1:] in _PAUSE:
        return -_MILD
    lang = lang.split("-")[0]
    weak = _words(_WEAK.get(lang, ""))
    if _bare(before) in weak or (before[-1:].isdecimal() and after[:1].isalpha()):
        return _BAD
    if weak and before[:1].isupper() and after[:1].isupper():
        return _NAME
    if _bare(after) in _words(_OPENING.get(lang, "")):
        return -_OPENS
    return -_LEADS if _bare(after) in _words(_PREPOSITIONS.get(lang, "")) else 0.0


def parts_what_belongs_together(before: str, after: str, lang: str = "en") -> bool:
    """Whether a line end between two words tears an article from its noun, a figure from its unit, and so on."""
    return price(before, after, lang) >= _BAD


@lru_cache(maxsize=16)
def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _bare(word: str) -> str:
    return re.sub(r"^[^\w'’]+|[^\w'’]+$", "", word.casefold()).replace("’", "'")


def _line(pieces: Sequence[str]) -> str:
    return "".join(pieces).rstrip()


def shares(pages: Sequence[Page], frames: int) -> tuple[int, ...]:
    """The frame at which each page begins: time is given by the number of characters."""
    sizes = [sum(map(len, page)) for page in pages]
    total = max(1, sum(sizes))
    return tuple(frames * sum(sizes[:k]) // total for k in range(len(sizes)))
