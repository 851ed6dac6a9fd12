"""Subtitle text → cues: where each one begins in the text and at what second it is shown.

The text is kept whole and in lower case; a field is then found by one pass over all of it and belongs to the
cue it stands in. That is what makes nine thousand cues a matter of milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MaterialError
from pipeline.geo import Floats

LIMIT_BYTES = 64 * 2**20
LIMIT_CUES = 500_000  # two hours at sixty a second

# All repetitions are bounded: a line of ten million digits must not be tried ten million times.
_TIMECODE = re.compile(r"(-?)\b(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,6}))?[ \t]{0,8}$")
_TIMECODE_WIDTH = 28  # at most, before the arrow
_COUNTER = re.compile(r"^[ \t]{0,8}\d{1,9}[ \t]{0,8}$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cues:
    text: str  # lower case, lines end in \n
    starts: NDArray[np.int64]  # n offsets into `text`, rising
    time_s: Floats  # n; NaN throughout in a file without time codes

    def rows(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cue that each offset stands in; -1 before the first."""
        return np.asarray(np.searchsorted(self.starts, positions, "right") - 1, np.int64)


def read_text(path: Path) -> str:
    """Raises MaterialError when the file is too large or cannot be read; undecodable bytes become U+FFFD."""
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise MaterialError.at(
                path.name,
                "this telemetry file is larger than 64 MB, which no flight fills",
                "check that it is the drone's own .SRT file, or move it away from the clip",
            )
        content = path.read_bytes()
    except OSError as error:
        raise MaterialError.at(
            path.name,
            f"I cannot read this telemetry file ({error.strerror or error})",
            "check that it exists and may be read",
        ) from error
    return decoded(content)


def decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    elif b"\0" in content[:64] and content[:64].count(b"\0") >= len(content[:64]) // 3:
        text = content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    else:
        text = content.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split(text: str) -> Cues:
    """Time codes begin cues; where there are none, the running numbers do; failing those, empty lines."""
    text = text.lower()
    marks = [
        m for at in islice(_arrows(text), LIMIT_CUES) if (m := _TIMECODE.search(text, max(0, at - _TIMECODE_WIDTH), at))
    ]
    if marks:
        return Cues(text=text, starts=np.array([m.end() for m in marks]), time_s=_seconds(marks))
    starts = [mark.end() for mark in islice(_COUNTER.finditer(text), LIMIT_CUES)]
    if len(starts) < 2:
        gaps = islice(re.finditer(r"\n[ \t]{0,8}\n", text), LIMIT_CUES)
        starts = [0, *(gap.end() for gap in gaps)]
    return Cues(text=text, starts=np.array(starts, np.int64), time_s=np.full(len(starts), np.nan))


def _arrows(text: str) -> Iterator[int]:
    """Looking for the arrows and then back from each is ten times faster than looking for the digits."""
    at = text.find("-->")
    while at >= 0:
        yield at
        at = text.find("-->", at + 3)


def joined(texts: list[str], time_s: list[float]) -> Cues:
    """Cues from a subtitle stream, which come one by one."""
    lower = [text.lower() + "\n" for text in texts]
    starts = np.cumsum([0, *(len(text) for text in lower)])[:-1]
    return Cues(text="".join(lower), starts=np.asarray(starts, np.int64), time_s=np.asarray(time_s, np.float64))


def _seconds(marks: list[re.Match[str]]) -> Floats:
    parts = [mark.groups() for mark in marks]
    widths = {len(fraction) for *_, fraction in parts if fraction}
    # Some writers do not pad milliseconds: 0,5 then 0,38. Mixed widths up to three give them away.
    unpadded = len(widths) > 1 and max(widths) <= 3
    values = [
        int(hours or 0) * 3600
        + int(minutes) * 60
        + int(secs)
        + (int(fraction) / (1000 if unpadded else 10 ** len(fraction)) if fraction else 0.0)
        for _, hours, minutes, secs, fraction in parts
    ]
    signs = [-1.0 if minus else 1.0 for minus, *_ in parts]
    return np.asarray(np.array(values) * np.array(signs), np.float64)
