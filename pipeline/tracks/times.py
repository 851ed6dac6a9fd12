"""Clock readings as tables write them → POSIX seconds.

A reading with a zone, or a plain number of seconds or milliseconds, is a moment. A local reading is only seconds on a
wall: it becomes a moment when the zone is known (`moments`), and in the hour that the clock shows twice only the
order of a vehicle's rows tells which of the two is meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats

Mask = NDArray[np.bool_]

_WALL = datetime(1970, 1, 1)
_YEARS = (631_152_000.0, 4_102_444_800.0)  # 1990 to 2100; receivers write 1970 when they do not know
_NUMBER = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}(?:\.0+)?")
_SLASHED = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})[ T,]+(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)\s*([AaPp]\.?[Mm]\.?)?(.*)"
)
_WORDS = {"UTC": "+00:00", "GMT": "+00:00", "BST": "+01:00", "Z": "+00:00", "": ""}
_QUARTER_S = 900.0
_BACK_S = 300.0  # a smaller step back is disorder, not a clock that was put back


class Readings:
    """Reads columns of clock readings of one file. `02/12/2022` is a day in December, as in Britain, unless the first
    rows hold a date that can only be the other way round."""

    def __init__(self, *, utc: bool = False, sample: Sequence[str] = ()) -> None:
        self.utc = utc  # the column says that it is UTC
        dates = [found for text in sample if (found := _SLASHED.fullmatch(text.strip()))]
        self.month_first = any(int(found[2]) > 12 for found in dates)

    def read(self, column: Sequence[str]) -> tuple[Floats, Mask]:
        """Seconds (NaN where nothing can be meant) and which of them are only seconds on a local wall clock."""
        try:
            found = [_seconds(datetime.fromisoformat(text), text) for text in column]
        except (ValueError, OverflowError):
            found = [self._one(text) for text in column]
        seconds = np.fromiter((second for second, _ in found), np.float64, len(found))
        local = np.fromiter((wall for _, wall in found), np.bool_, len(found)) & (not self.utc)
        seconds[~((seconds >= _YEARS[0]) & (seconds <= _YEARS[1]))] = np.nan
        return seconds, local

    def _one(self, text: str) -> tuple[float, bool]:
        text = text.strip()
        try:
            return _seconds(datetime.fromisoformat(text), text)
        except OverflowError:
            return math.nan, False
        except ValueError:
            return self._odd(text)

    def _odd(self, text: str) -> tuple[float, bool]:
        """What is not plain ISO: numbers, dates with the day first, zones written as a word or after a blank."""
        if _NUMBER.fullmatch(text):
            value = float(text)
            return (value / 1000 if value > 1e11 else value), False
        rest = text
        if found := _SLASHED.fullmatch(text):
            first, second, year, clock, half, rest = found.groups(default="")
            day, month = (second, first) if self.month_first else (first, second)
            clock = _of_24(clock, half[:1].lower())
            rest = f"{year}-{month:0>2}-{day:0>2}T{clock} {rest}".strip()
        head, _, tail = rest.strip().rpartition(" ")
        word = tail.strip("[]").upper()
        if head and word in _WORDS:
            rest = head.strip() + _WORDS[word]
        elif head and tail[:1] in "+-":
            rest = head.strip() + tail
        try:
            return _seconds(datetime.fromisoformat(rest), rest)
        except (ValueError, OverflowError):
            return math.nan, False


def _seconds(time: datetime, text: str) -> tuple[float, bool]:
    """Seconds, and whether they are those of a local clock. A day alone is no time."""
    if len(text) < 12:
        return math.nan, False
    if time.tzinfo is None:
        return (time - _WALL).total_seconds(), True
    return time.timestamp(), False


def _of_24(clock: str, half: str) -> str:
    hour, _, rest = clock.partition(":")
    hours = int(hour)
    if half:
        hours = hours % 12 + 12 * (half == "p")
    return f"{hours:02d}:{rest}"


def moments(seconds: Floats, local: Mask, zone: ZoneInfo) -> tuple[Floats, int, int]:
    """One vehicle's readings in the order of its rows → POSIX seconds, and how many of them fell into an hour that the
    clock shows twice, and into one that it skips (those are read as if the clock had not been put forward yet)."""
    if not local.any():
        return seconds, 0, 0
    rows = np.flatnonzero(local)
    wall = seconds[rows]
    backwards = int((np.diff(wall) < 0).sum()) > len(wall) // 2  # the newest first, as many exports are
    if backwards:
        wall = wall[::-1]
    earlier, later = _offsets(wall, zone)
    first, second = wall - earlier, wall - later
    twice, skipped = second > first, second < first
    chosen = first.copy()
    for low, high in _runs(twice):
        split = _split(first, second, wall, low, high)
        chosen[split:high] = second[split:high]
    out = seconds.copy()
    out[rows] = chosen[::-1] if backwards else chosen
    return out, int(twice.sum()), int(skipped.sum())


def _split(first: Floats, second: Floats, wall: Floats, low: int, high: int) -> int:
    """From which of the rows low … high - 1, all of them in a repeated hour, the second time round is meant."""
    back = np.diff(wall[low:high])
    if len(back) and back.min() < -_BACK_S:
        return low + int(np.argmin(back)) + 1
    # No step back to be seen: all belong to one hour, the one that joins on better.
    before = first[low] - first[low - 1] if low else np.inf
    after = second[high] - second[high - 1] if high < len(wall) else np.inf
    return high if before <= after else low


def _offsets(wall: Floats, zone: ZoneInfo) -> tuple[Floats, Floats]:
    """Seconds east of UTC for every reading: with the clock as before a change, and as after it. They differ only in
    hours that the clock shows twice or skips. Changes happen at quarters of an hour."""
    quarters, where = np.unique(np.floor(wall / _QUARTER_S), return_inverse=True)
    both = [_offset(float(quarter), zone) for quarter in quarters]
    table = np.array(both, np.float64).reshape(-1, 2)[where]
    return table[:, 0], table[:, 1]


@cache
def _offset(quarter: float, zone: ZoneInfo) -> tuple[float, float]:
    time = (_WALL + timedelta(seconds=quarter * _QUARTER_S)).replace(tzinfo=zone)
    first, second = (time.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return first.total_seconds(), second.total_seconds()


def _runs(mask: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(low), int(high)) for low, high in edges.reshape(-1, 2)]
