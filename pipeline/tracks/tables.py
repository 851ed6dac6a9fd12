"""Tables (CSV and its kin) → rows in the log: any separator, any usual header, decimal commas, block by block."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TextIO

import numpy as np

from pipeline.errors import MaterialError
from pipeline.geo import Floats
from pipeline.tracks.files import EXPORT, Paper
from pipeline.tracks.headers import is_grid, plain, roles, says_utc
from pipeline.tracks.log import ROWS_MAX, Log, tidy
from pipeline.tracks.times import Readings

_LINE_MAX, _COLUMNS_MAX, _PREAMBLE, _BLOCK, _SAMPLE, _FEW = 65_536, 500, 20, 50_000, 2000, 6
_SEPARATORS = (",", ";", "\t", "|")
_NEEDED = ("lat", "lng", "time")

Row = Sequence[str]


class Columns:
    """Knows which column is what, and hands blocks of rows on to the log."""

    def __init__(self, header: Row, stem: str) -> None:
        self.header, self.found = header, roles(header)
        self.rows_numbered: bool | None = None  # known after the first block
        self.stem = stem
        time = self.found.get("time", self.found.get("date"))
        self.utc = time is not None and says_utc(header[time])
        self.readings: Readings | None = None
        self.least = max((self.found[role] for role in _NEEDED if role in self.found), default=0) + 1

    def take(self, where: str, rows: list[Row], log: Log) -> None:
        """Add rows; those with too few cells count as rows without a place."""
        whole = [row for row in rows if len(row) >= self.least]
        short = len(rows) - len(whole)
        log.rows += short
        log.placeless += short
        if not whole:
            return
        times = self._times(whole)
        self.readings = self.readings or Readings(utc=self.utc, sample=times[:_SAMPLE])
        status = [log.status(text) for text in self._cells(whole, "status")]
        lng, lat = (numbers(self._cells(whole, role)) for role in ("lng", "lat"))
        log.add(where, self._vehicles(where, whole, log), self.readings.read(times), lng, lat, status)

    def _cells(self, rows: list[Row], role: str) -> list[str]:
        if (k := self.found.get(role)) is None:
            return []
        try:
            return [row[k] for row in rows]
        except IndexError:
            return [row[k] if k < len(row) else "" for row in rows]

    def _times(self, rows: list[Row]) -> list[str]:
        """Date and time may stand in two columns; "2022-12-02" and "23:40:15" are then put together."""
        times, dates = self._cells(rows, "time"), self._cells(rows, "date")
        if not times:
            return dates
        if not dates:
            return times
        return [
            f"{date.strip()} {time.strip()}" if len(time.strip()) < 12 and ":" in time else time
            for date, time in zip(dates, times, strict=True)
        ]

    def _by_name(self, ids: list[str], names: list[str]) -> bool:
        """In exports of databases `id` may be the number of the row: never twice the same, but the names are."""
        if self.rows_numbered is None:
            some = len(ids) >= _FEW and plain(self.header[self.found["id"]]) == "id"
            self.rows_numbered = some and len(set(ids)) == len(ids) and 2 * len(set(names)) <= len(names)
        return self.rows_numbered

    def _vehicles(self, where: str, rows: list[Row], log: Log) -> int | list[int]:
        ids, names = self._cells(rows, "id"), self._cells(rows, "name")
        if not ids and not names:
            return log.vehicle(where, self.stem, "")
        if not names:
            return [log.vehicle(where, key, "") for key in ids]
        if not ids or self._by_name(ids, names):
            ids = names
        return [log.vehicle(where, key or name, name) for key, name in zip(ids, names, strict=True)]


def read_table(paper: Paper, log: Log) -> None:
    """Take in a whole table. Raises MaterialError when it has no columns for place and time, or is no table."""
    lines = _lines(paper.text(), paper.name)
    start = list(islice(lines, _PREAMBLE))
    skip, separator, header = _header(start, paper.name)
    columns = Columns(header, paper.stem)

    def rest() -> Iterator[str]:
        yield from start[skip:]
        yield from lines

    rows = csv.reader(rest(), delimiter=separator)
    try:
        while block := list(islice(rows, _BLOCK)):
            columns.take(paper.name, [row for row in block if row], log)
    except csv.Error as error:
        what = f"this is not a table that can be read ({error})"
        raise MaterialError.at(f"{paper.name}:{skip + rows.line_num}", what, EXPORT) from None


def _lines(text: TextIO, name: str) -> Iterator[str]:
    number = 0
    while line := text.readline(_LINE_MAX):
        number += 1
        if len(line) >= _LINE_MAX:
            raise MaterialError.at(f"{name}:{number}", "the line is longer than 64 kB, so this is not a table", EXPORT)
        if number > ROWS_MAX:
            raise MaterialError.at(
                name, f"it has more than {ROWS_MAX // 1_000_000} million lines", "export one night only"
            )
        yield line


def _header(lines: list[str], name: str) -> tuple[int, str, list[str]]:
    """The first line that names the columns: how many lines to skip, the separator, the words. What programs write
    above it (a title, Excel's `sep=;`) is passed over."""
    best: tuple[int, str, list[str]] | None = None
    for number, line in enumerate(lines, start=1):
        for separator in _SEPARATORS:
            words = _split(line.lstrip("\ufeff"), separator)
            found = roles(words)
            if "lat" in found and "lng" in found:
                if "time" not in found and "date" not in found:
                    what = f"it has no column for the time (its columns: {_listed(words)})"
                    raise MaterialError.at(name, what, "a time-lapse needs the time of every position; " + EXPORT)
                return number, separator, words
            if best is None or len(words) > len(best[2]):
                best = number, separator, words
    words = best[2] if best else []
    if is_grid(words):
        what = "its places are eastings and northings"
        raise MaterialError.at(name, what, "export latitude and longitude in degrees (WGS 84)")
    what = f"it has no columns for latitude and longitude (its first line: {_listed(words)})"
    raise MaterialError.at(name, what, EXPORT)


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])[:_COLUMNS_MAX]
    except csv.Error:
        return []


def _listed(words: Row) -> str:
    shown = [tidy(word)[:30] for word in words[:8]]
    return ", ".join(shown) + (" …" if len(words) > 8 else "")


def numbers(cells: Sequence[str]) -> Floats:
    """Decimal degrees, NaN where a cell is not a number. A comma is a decimal one: degrees have no thousands."""
    try:
        if "_" not in (joined := "".join(cells)) and joined.isascii():
            return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        pass
    return np.array([_number(cell) for cell in cells], np.float64)


def _number(cell: str) -> float:
    text = cell.strip().removesuffix("°")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan
