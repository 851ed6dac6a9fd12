"""The subtitles of a voice-over: SubRip and WebVTT files, read line by line.

Readers on PyPI skip what they cannot read, or take it for the text of the subtitle before, and name no line. Here what
is broken is told with its line, and what is merely untidy (byte order marks, old encodings, no numbers, no empty
lines, settings, styles, notes, markup) is read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from pipeline.errors import MaterialError
from pipeline.speech_text import plain
from pipeline.subtitles import Cue

_MOST_BYTES = 2_000_000
_MOST_CUES = 5000
_MOST_SIGNS = 600  # of one subtitle
_LATEST_S = 24 * 3600
_EXPORT = "export the subtitles as SRT or WebVTT"
_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?"
_TIMES = re.compile(rf"\s*{_CLOCK}\s*--?>\s*{_CLOCK}(?:\s.*)?")
_AIMED = re.compile(r"\s*\d+:\d.*--?>|.*--?>\s*\d+:\d")  # meant as times


def read(path: Path, where: str = "") -> tuple[Cue, ...]:
    """The subtitles of a file in order of time. Raises MaterialError with the line of the first that is broken."""
    where = where or path.name
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        what = f"{path.name} cannot be read: {(error.strerror or str(error)).lower()}"
        raise MaterialError.at(where, what, "check the name, and whether the file is there") from error
    if len(data) > _MOST_BYTES:
        raise MaterialError.at(where, f"{path.name} is too large for subtitles: more than 2 MB", _EXPORT)
    return parse(data, path.name, where)


def parse(data: bytes, name: str, where: str = "") -> tuple[Cue, ...]:
    """As `read`, from the bytes of a file called `name`."""
    where = where or name
    lines = _decoded(data, name, where).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if any(line.strip().casefold() == "[script info]" for line in lines[:20]):
        raise MaterialError.at(where, f"{name} holds ASS subtitles", _EXPORT)
    blocks = _vtt if lines[0].startswith("WEBVTT") else _srt
    cues: list[Cue] = []
    for number, timing, text in blocks(lines):
        cue = _cue(number, timing, text, name, where)
        if cue.text:
            cues.append(cue)
        if len(cues) > _MOST_CUES:
            raise MaterialError.at(where, f"{name} has more than {_MOST_CUES} subtitles", "name the file of this clip")
    if not cues:
        raise MaterialError.at(where, f"there are no subtitles in {name}", _EXPORT)
    return tuple(sorted(cues, key=lambda cue: (cue.start, cue.end)))


def _decoded(data: bytes, name: str, where: str) -> str:
    """UTF-8 and UTF-16 by their marks; else UTF-8; else the encoding of older Windows programs."""
    kind = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        kind = "utf-16"
    elif data[1:2] == b"\0" and data[3:4] == b"\0":
        kind = "utf-16-le"
    for encoding in (kind, "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text.removeprefix("\ufeff")
    raise MaterialError.at(where, f"{name} is not a text file", _EXPORT)


Block = tuple[int, str, list[str]]  # number of the line with the times, that line, the text below it


def _srt(lines: list[str]) -> Iterator[Block]:
    """The text of a subtitle goes on until the next line with times, without the number above that: some programs
    leave empty lines inside, others none between."""
    starts = [index for index in range(len(lines)) if _begins(lines, index)]
    for start, after in pairwise([*starts, len(lines)]):
        text = lines[start + 1 : after]
        if after < len(lines) and text and _counts(lines, after - 1, start):
            text.pop()
        yield start + 1, lines[start], text


def _begins(lines: list[str], index: int) -> bool:
    """Whether a line gives times. One that looks so, at a place where times belong, is a broken one."""
    line = lines[index]
    if _TIMES.fullmatch(line):
        return True
    above = lines[index - 1].strip() if index else ""
    return bool(_AIMED.match(line)) and (not above or above.isdecimal())


def _counts(lines: list[str], index: int, start: int) -> bool:
    """Whether the line above a line with times is its number, and not the last words of the text."""
    number = lines[index].strip()
    if not number.isdecimal() or len(number) > 9:
        return False
    before = lines[start - 1].strip() if start else ""
    follows = before.isdecimal() and len(before) <= 9 and int(number) == int(before) + 1
    return follows or index == start + 1 or not lines[index - 1].strip()


def _vtt(lines: list[str]) -> Iterator[Block]:
    """Blocks between empty lines; those whose first or second line gives times are subtitles, as browsers read them."""
    index = next((k for k, line in enumerate(lines) if not line.strip()), len(lines))
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        end = next((k for k in range(index, len(lines)) if not lines[k].strip()), len(lines))
        timing = next((k for k in range(index, min(index + 2, end)) if "-->" in lines[k]), None)
        if timing is not None:
            inner = next((k for k in range(timing + 1, end) if "-->" in lines[k]), end)
            yield timing + 1, lines[timing], lines[timing + 1 : inner]
            end = max(inner, timing + 1)
        index = end


def _cue(number: int, timing: str, text: list[str], name: str, where: str) -> Cue:
    found = _TIMES.fullmatch(timing)
    place = f"{where}: {name}:{number}" if where != name else f"{name}:{number}"
    shown = timing.strip()[:60]
    if found is None:
        raise MaterialError.at(place, f'I cannot read "{shown}" as times', "write 00:00:01,200 --> 00:00:03,400")
    start, end = (_seconds(found.groups()[at : at + 4]) for at in (0, 4))
    if start is None or end is None:
        raise MaterialError.at(place, f'"{shown}" has more than 59 minutes or seconds', "correct the time")
    if max(start, end) > _LATEST_S:
        raise MaterialError.at(place, f'"{shown}" is later than a day', "correct the time")
    if end < start:
        raise MaterialError.at(place, "the subtitle ends before it starts", "swap the two times, or correct them")
    words = plain("\n".join(text))
    if len(words) > _MOST_SIGNS:
        what = f"one subtitle has {len(words)} characters"
        raise MaterialError.at(place, what, "split it; a subtitle is a line or two")
    return Cue(start=start, end=end, text=words, line=number)


def _seconds(parts: tuple[str | None, ...]) -> Fraction | None:
    hours, minutes, seconds, share = parts
    if int(minutes or 0) > 59 or int(seconds or 0) > 59:
        return None
    exact = Fraction(int(share), 10 ** len(share)) if share else Fraction(0)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + exact
