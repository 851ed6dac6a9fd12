"""The log: fixes of many files gathered as columns, told apart by vehicle only when all have been read.

Rows are added in the order of the files; that order is kept within a vehicle, because it alone tells the two hours
apart that a clock shows twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.counting import cleaned
from pipeline.errors import MaterialError
from pipeline.fleet import Codes
from pipeline.geo import Floats
from pipeline.tracks.times import Mask

POINTS_MAX, ROWS_MAX, _VEHICLES_MAX, _STATUSES_MAX, _LETTERS = 5_000_000, 6_000_000, 50_000, 200, 120
_SHORTER = "export one night, and one fleet, only"


@dataclass(frozen=True, kw_only=True, eq=False)
class RawTrack:
    """All rows of one vehicle as they were written: seconds may be local, double and out of order."""

    id: str
    name: str
    seconds: Floats
    local: Mask
    lng: Floats
    lat: Floats
    status: Codes


class Log:
    """Gathers rows; `rows`, `placeless` and `timeless` count what was read and what had to be left out."""

    def __init__(self) -> None:
        self.shared = 0  # positions under a number that several vehicles have at the same moment
        self.rows = self.placeless = self.timeless = self.points = 0
        self.statuses = [""]
        self.notes: list[str] = []
        self._codes: dict[str, int] = {}
        self._raw: dict[str, int] = {}
        self._words: dict[str, int] = {"": 0}
        self._names: list[str] = []
        self._ids: list[str] = []
        self._chunks: list[tuple[np.ndarray[tuple[int], np.dtype[np.int32]], Floats, Mask, Floats, Floats, Codes]] = []

    def vehicle(self, where: str, raw: str, name: str) -> int:
        """The number of a vehicle by its id; new ids are taken in, the first name that is told is kept."""
        raw = raw[:_LETTERS]
        code = self._raw.get(raw)
        if code is None:
            word = tidy(raw) or "?"
            code = self._codes.setdefault(word, len(self._codes))
            self._raw[raw] = code
            if code == len(self._ids):
                self._ids.append(word)
                self._names.append("")
            if len(self._raw) > _VEHICLES_MAX:
                raise MaterialError.at(where, f"there are more than {_VEHICLES_MAX:,} vehicles in it", _SHORTER)
        if name and not self._names[code]:
            self._names[code] = tidy(name)
        return code

    def status(self, raw: str) -> int:
        code = self._words.get(raw[:_LETTERS])
        if code is None:
            word = tidy(raw)[:40].strip()
            known = word in self.statuses or len(self.statuses) < _STATUSES_MAX
            if known and word not in self.statuses:
                self.statuses.append(word)
            code = self.statuses.index(word) if known else 0
            if len(self._words) < 10 * _STATUSES_MAX:
                self._words[raw[:_LETTERS]] = code
        return code

    def add(
        self,
        where: str,
        codes: int | Sequence[int],
        times: tuple[Floats, Mask],
        lng: Floats,
        lat: Floats,
        status: Sequence[int] = (),
    ) -> None:
        """Take in n rows. `codes` from `vehicle`, for each row or for all; `status` from `status`, or nothing."""
        n = len(lng)
        self.rows += n
        with np.errstate(invalid="ignore"):
            # 0, 0 is how recorders write "no fix".
            here = (np.abs(lat) <= 90) & (np.abs(lng) <= 180) & ~((np.abs(lat) < 1e-6) & (np.abs(lng) < 1e-6))
        seconds, local = times
        known = np.isfinite(seconds)
        self.placeless += int((~here).sum())
        self.timeless += int((here & ~known).sum())
        good = here & known
        code = np.full(n, codes, np.int32) if isinstance(codes, int) else np.array(codes, np.int32)
        words = np.array(status, np.int16) if len(status) else np.zeros(n, np.int16)
        self._chunks.append((code[good], seconds[good], local[good], lng[good], lat[good], words[good]))
        self.points += int(good.sum())
        if self.points > POINTS_MAX:
            raise MaterialError.at(where, f"there are more than {POINTS_MAX // 1_000_000} million points", _SHORTER)

    def __len__(self) -> int:
        """How many vehicles have at least one row that can be used."""
        return len({int(code) for chunk in self._chunks for code in np.unique(chunk[0])})

    def tracks(self) -> Iterator[RawTrack]:
        """Vehicle by vehicle, in the order in which they were met. Empties the log."""
        if not self._chunks:
            return
        code, seconds, local, lng, lat, status = map(np.concatenate, zip(*self._chunks, strict=True))
        self._chunks = []
        order = np.argsort(code, kind="stable")
        ends = np.searchsorted(code[order], np.arange(len(self._ids) + 1))
        for k, (low, high) in enumerate(pairwise(ends)):
            if low < high:
                rows = order[low:high]
                yield RawTrack(
                    id=self._ids[k],
                    name=self._names[k] or self._ids[k],
                    seconds=seconds[rows],
                    local=local[rows],
                    lng=lng[rows],
                    lat=lat[rows],
                    status=status[rows],
                )


def tidy(text: str) -> str:
    """A name on one line; it stays text, whatever a spreadsheet would make of it."""
    return " ".join(cleaned(text[:_LETTERS]).replace("\u00a0", " ").split())
