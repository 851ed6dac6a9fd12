"""Can everything on the picture be read? Measured in the finished clip, for each text that we put there.

T1 and T2: contrast over the real pixels · T4: the route line · T6: time to read · T7: size. The ids are those of the
rules for access; figures in `measured` are what was found, for people.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pipeline.errors import Level
from pipeline.legibility_masks import Draw, Written, written
from pipeline.legibility_pixels import decided, ratios
from pipeline.legibility_plan import floored, shortened, time_checks
from pipeline.pieces import File, Layer, Piece
from pipeline.sidecar import Check

Part = Literal["headline", "text", "credit", "subtitle"]

FORMAT = 1  # of what is remembered of a piece
_NORMAL, _LARGE, _BEST = 4.5, 3.0, 7.0  # T1
# Large text (WCAG 1.4.3): 24 CSS px, or 18.66 bold. A phone held upright is 360 CSS px wide at least, and shows the
# clip as wide as it is, also one that lies: so much smaller are the words of a landscape clip.
_PHONE_CSS_PX, _LARGE_CSS_PX, _LARGE_BOLD_CSS_PX = 360, 24.0, 18.66
_HEADLINE_SHARE, _TEXT_SHARE, _CREDIT_SHARE = 0.07, 0.04, 0.025  # T7: line height by the shorter side
_HAIR = 0.0005  # what rounding may take


class Memory(Protocol):
    """What was found once need not be found again (`files.Store`)."""

    def recall(self, kind: str, name: str) -> Any | None: ...
    def remember(self, kind: str, name: str, value: Any) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One text as it was measured. `frame` of the clip is where it was looked at first; `line` is the height of a line
    by the shorter side; `ratio` None: it is never fully there."""

    words: str
    part: Part
    ratio: float | None
    large: bool
    line: float
    frame: int
    looks: int

    @property
    def least(self) -> float:
        return _LARGE if self.large else _NORMAL


def text_checks(film: Path, file: File, draw: Draw, memory: Memory | None = None) -> tuple[Check, ...]:
    """T1, T6 and T7 of every text of ours in the finished clip at `film`. `draw` is `Studio.overlays`."""
    texts = seen(film, file, draw, memory)
    fps = file.storyboard.fps
    return (*_contrast_checks(texts, fps), *time_checks(file), *_size_checks(texts))


def seen(film: Path, file: File, draw: Draw, memory: Memory | None = None) -> list[Seen]:
    """Every text as measured. A piece that was measured before, in whichever file, is not looked at again."""
    found: list[Seen] = []
    fresh: list[tuple[Piece, list[Written]]] = []
    for piece in file.pieces:
        known = _recalled(piece, memory)
        if known is None:
            fresh.append((piece, list(written(piece, draw))))
        else:
            found += known
    measured = _measured(film, fresh)
    for piece, texts in fresh:
        mine = [_seen(text, piece, measured.get(id(text), [])) for text in texts]
        if memory is not None:
            memory.remember("legibility", _name(piece), [_plain(one) for one in mine])
        found += [_moved(one, piece.shot.start) for one in mine]
    return sorted(found, key=lambda one: one.frame)


def _measured(film: Path, fresh: Sequence[tuple[Piece, Sequence[Written]]]) -> dict[int, list[float]]:
    wanted: dict[int, list[Written]] = {}
    for piece, texts in fresh:
        for text in texts:
            for frame in text.frames:
                wanted.setdefault(piece.shot.start + frame, []).append(text)
    return ratios(film, wanted) if wanted else {}


def _seen(text: Written, piece: Piece, values: Sequence[float]) -> Seen:
    css = _PHONE_CSS_PX / piece.size.width
    return Seen(
        words=text.words,
        part=_part(text.layer, text.words),
        ratio=round(decided(values), 2) if values else None,
        large=text.size * css >= (_LARGE_BOLD_CSS_PX if text.bold else _LARGE_CSS_PX),
        line=round(text.line_px / piece.size.short, 4),
        frame=text.frames[0] if text.frames else text.layer.start,
        looks=len(values),
    )


def _part(layer: Layer, words: str) -> Part:
    values = layer.values
    if layer.kind in ("credit", "subtitle"):
        return "credit" if layer.kind == "credit" else "subtitle"
    if layer.kind == "end" and _within(words, " · ".join(values.get("credits", ()))):
        return "credit"
    head = {"title": "title", "end": "text"}.get(layer.kind)
    return "headline" if head and _within(words, str(values.get(head, ""))) else "text"


def _within(words: str, whole: str) -> bool:
    """Whether the words, however they were broken into lines, are the whole text."""
    return _letters(words) == _letters(whole) and bool(_letters(words))


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


def _name(piece: Piece) -> str:
    return hashlib.sha256(f"{FORMAT} {piece.fingerprint}".encode()).hexdigest()


def _plain(one: Seen) -> dict[str, Any]:
    return dict(vars(one))


def _recalled(piece: Piece, memory: Memory | None) -> list[Seen] | None:
    known = memory.recall("legibility", _name(piece)) if memory is not None else None
    try:
        return None if known is None else [_moved(Seen(**entry), piece.shot.start) for entry in known]
    except TypeError:
        return None


def _moved(one: Seen, by: int) -> Seen:
    return Seen(**{**_plain(one), "frame": one.frame + by})


def _contrast_checks(texts: Iterable[Seen], fps: int) -> Iterator[Check]:
    """One check for each text that cannot be read, else one for the weakest; and a hint below 7:1."""
    measured = [one for one in texts if one.ratio is not None]
    wrong = [one for one in measured if (one.ratio or 0) < one.least]
    weakest = min(measured, key=lambda one: (one.ratio or 0) / one.least, default=None)
    remedy = "put the words on a darker or lighter ground: change the colours of the brand, or choose other footage"
    for one in wrong or ([weakest] if weakest else []):
        yield Check(
            id="T1",
            what=f"Contrast of the words “{shortened(one.words)}” over the moving picture"
            + ("" if wrong else f", the weakest of {len(measured)} texts"),
            measured=f"{floored(one.ratio)}:1 at {_clock(one.frame, fps)}, {one.looks} frames looked at",
            limit=f"at least {one.least:g}:1" + (" (large text)" if one.large else ""),
            passed=not wrong,
            level="block",
            remedy=remedy if wrong else "",
        )
    lowest = min(measured, key=lambda one: one.ratio or 0, default=None)
    if lowest is not None and not wrong:
        good = (lowest.ratio or 0) >= _BEST
        yield Check(
            id="T1.best",
            what=f"Contrast that also suits people with weak eyesight (lowest: “{shortened(lowest.words)}”)",
            measured=f"{floored(lowest.ratio)}:1",
            limit="at least 7:1",
            passed=good,
            level="hint",
            remedy="" if good else "stronger contrast helps; nothing has to be done",
        )


def _size_checks(texts: Sequence[Seen]) -> Iterator[Check]:
    """The smallest text of each kind."""
    rules: tuple[tuple[tuple[Part, ...], str, float, Level], ...] = (
        (("headline",), "Size of headlines", _HEADLINE_SHARE, "warn"),
        (("headline", "text"), "Size of words that must be read", _TEXT_SHARE, "block"),
        (("credit",), "Size of credits", _CREDIT_SHARE, "block"),
    )
    for parts, what, least, level in rules:
        smallest = min((one for one in texts if one.part in parts), key=lambda one: one.line, default=None)
        if smallest is None:
            continue
        fits = smallest.line >= least - _HAIR
        yield Check(
            id="T7",
            what=f"{what} (smallest: “{shortened(smallest.words)}”)",
            measured=f"line height {smallest.line * 100:.1f} % of the shorter side",
            limit=f"at least {least * 100:g} %",
            passed=fits,
            level=level,
            remedy="" if fits else "use fewer words, so that they can be larger",
        )


def _clock(frame: int, fps: int) -> str:
    seconds = frame // fps
    return f"{seconds // 60}:{seconds % 60:02d}"
