"""Subtitle files beside a clip: the same cues as SubRip (.srt) and WebVTT (.vtt).

Cues are whole milliseconds, in order, without overlaps; text is plain. What would be markup in a format is
escaped or kept out, so that a caption reads the same in every player.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pipeline.counting import cleaned

_SHORTEST_MS = 100


@dataclass(frozen=True, kw_only=True)
class Cue:
    """A line or two of text from `start` until `end`, seconds in the clip."""

    start: Fraction
    end: Fraction
    text: str


def ordered(cues: Iterable[Cue], length: Fraction | None = None) -> tuple[Cue, ...]:
    """The cues by time and without overlaps, inside the clip: what is on screen together is one cue.

    Cues without text, or shorter than a tenth of a second, are left out; equal neighbours are joined.
    """
    plain = [replace(cue, text=_lines(cue.text)) for cue in cues]
    whole = [_within(cue, length) for cue in plain if cue.text]
    shown = [cue for cue in whole if cue.end > cue.start]
    edges = sorted({edge for cue in shown for edge in (cue.start, cue.end)})
    found: list[Cue] = []
    for start, end in itertools.pairwise(edges):
        texts = [cue.text for cue in shown if cue.start <= start and end <= cue.end]
        text = "\n".join(dict.fromkeys(texts))
        if found and found[-1].end == start and found[-1].text == text:
            found[-1] = replace(found[-1], end=end)
        elif text:
            found.append(Cue(start=start, end=end, text=text))
    return tuple(cue for cue in found if (cue.end - cue.start) * 1000 >= _SHORTEST_MS)


def srt(cues: Sequence[Cue]) -> str:
    """The SubRip text, LF line ends. Angle brackets and braces, which players take for markup, become signs
    that they do not take for any."""
    blocks = []
    for number, cue in enumerate(ordered(cues), 1):
        text = cue.text.translate(_SRT_MARKUP)
        blocks.append(f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(cues: Sequence[Cue], lang: str = "") -> str:
    """The WebVTT text, LF line ends, escaped; a NOTE names the language."""
    head = "WEBVTT\n" + (f"\nNOTE language {lang}\n" if re.fullmatch(r"[A-Za-z0-9-]{2,35}", lang) else "")
    blocks = [head]
    for number, cue in enumerate(ordered(cues), 1):
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{number}\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


# Single guillemets and parentheses: no player reads them as tags or as position codes ({\an8}).
_SRT_MARKUP = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})


def _lines(text: str) -> str:
    """Plain text without empty lines, which would end the cue."""
    return "\n".join(line for line in cleaned(text).split("\n") if line)


def _within(cue: Cue, length: Fraction | None) -> Cue:
    start, end = max(_milli(cue.start), Fraction(0)), _milli(cue.end)
    return replace(cue, start=start, end=end if length is None else min(end, _milli(length)))


def _milli(value: Fraction) -> Fraction:
    return Fraction(round(value * 1000), 1000)


def _clock(value: Fraction, point: str) -> str:
    seconds, milli = divmod(round(value * 1000), 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{milli:03d}"
