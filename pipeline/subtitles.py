"""Subtitles as values, and as files beside a clip: the same cues as SubRip (.srt) and WebVTT (.vtt).

Cues are whole milliseconds, in order, without overlaps; text is plain. What would be markup in a format is
escaped or kept out, so that a caption reads the same in every player. Speech keeps its times and its words; what
stands on the screen besides is told where nobody speaks.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from pipeline.counting import cleaned

_SHORTEST_MS = 100
_ROOM_S = Fraction(1)  # on-screen text is told between spoken words where at least this much time is free


@dataclass(frozen=True, kw_only=True)
class Cue:
    """A line or two of text from `start` until `end`, seconds in the clip. `line` is where its file has it (0: made by
    us), for messages only."""

    start: Fraction
    end: Fraction
    text: str
    line: int = field(default=0, compare=False)

    @property
    def duration(self) -> Fraction:
        return self.end - self.start


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


def spoken(cues: Iterable[Cue], length: Fraction | None = None) -> tuple[Cue, ...]:
    """Speech, one cue at a time: each keeps its start; one that reaches into the next ends there, and one that would
    be gone at once by that is shown together with it."""
    plain = [_within(replace(cue, text=_lines(cue.text)), length) for cue in cues]
    found: list[Cue] = []
    for cue in sorted((cue for cue in plain if cue.text), key=lambda cue: cue.start):
        if cue.duration * 1000 < _SHORTEST_MS:
            continue
        last = found[-1] if found else None
        if last is None or last.end <= cue.start:
            found.append(cue)
        elif (cue.start - last.start) * 2 >= last.duration:
            found[-1] = replace(last, end=cue.start)
            found.append(cue)
        else:
            text = last.text if cue.text in last.text.split("\n") else f"{last.text}\n{cue.text}"
            found[-1] = replace(last, end=max(last.end, cue.end), text=text)
    return tuple(found)


def merged(speech: Iterable[Cue], seen: Iterable[Cue], length: Fraction | None = None) -> tuple[Cue, ...]:
    """What is said and what is to be read, in one track: speech first, with its own times. On-screen text is told while
    it is up and nobody speaks; where speech leaves no second for it, it stands in brackets below the words that are
    heard then, once."""
    said = list(spoken(speech, length))
    if not said:
        return ordered(seen, length)
    told: list[Cue] = []
    notes: dict[int, list[str]] = {}
    for cue in ordered(seen, length):
        if any(_same_words(cue.text, other.text) for other in said):
            continue
        free = max(_free(cue, said), key=lambda part: part.duration, default=None)
        if free and (free.duration >= _ROOM_S or free == cue):
            told.append(free)
            continue
        at = max(range(len(said)), key=lambda k: _common(said[k], cue))
        notes.setdefault(at, []).extend(cue.text.split("\n"))
    known = {line for cue in told for line in cue.text.split("\n")}
    for at, lines in notes.items():
        if left := [line for line in dict.fromkeys(lines) if line not in known]:
            said[at] = replace(said[at], text=f"{said[at].text}\n[{', '.join(left)}]")
    return tuple(sorted([*said, *told], key=lambda cue: cue.start))


def framed(cues: Iterable[Cue], fps: int, frames: int) -> tuple[tuple[int, int, str], ...]:
    """(first frame, frame after the last, text) of each cue on a timeline of `frames`; none overlaps the next."""
    found: list[tuple[int, int, str]] = []
    for cue in spoken(cues, Fraction(frames, fps)):
        start = max(round(cue.start * fps), found[-1][1] if found else 0)
        end = min(round(cue.end * fps), frames)
        if start < end:
            found.append((start, end, cue.text))
    return tuple(found)


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


def _free(cue: Cue, said: Sequence[Cue]) -> list[Cue]:
    """The stretches of `cue` in which nothing of `said` is up."""
    parts, position = [], cue.start
    for other in said:
        if other.start >= cue.end:
            break
        if other.start > position:
            parts.append(replace(cue, start=position, end=other.start))
        position = max(position, other.end)
    return [*parts, replace(cue, start=position)] if position < cue.end else parts


def _common(one: Cue, other: Cue) -> Fraction:
    return min(one.end, other.end) - max(one.start, other.start)


def _same_words(one: str, other: str) -> bool:
    return re.findall(r"\w+", one.casefold()) == re.findall(r"\w+", other.casefold())


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
