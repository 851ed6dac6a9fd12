"""A flight log as CSV beside the clip: columns by the names in its first line.

    frame,timestamp,…,color_md,…,latitude,longitude,rel_alt,abs_alt        a .SRT turned into a table
    Id,Time(seconds),Time(text),Latitude,Longitude                         a log of its own

Most logs run from take-off to landing and say nothing of the clip. Only one that lasts as long as the clip is
taken to be the clip's own.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.geo import Floats
from pipeline.telemetry.cues import LIMIT_BYTES, LIMIT_CUES, read_text
from pipeline.telemetry.repair import Raw

_WANTED = ("timestamp", "time(seconds)", "latitude", "longitude", "rel_alt", "abs_alt", "color_md")
_LONGEST_FIELD = 64  # characters that are looked at


def raw(path: Path, duration: Fraction) -> Raw | None:
    """None when the table has no positions, does not last as long as the clip, or is too large."""
    if path.stat().st_size > LIMIT_BYTES:
        return None
    lines = read_text(path).lower().split("\n")
    delimiter = max(",;\t", key=lines[0].count)
    names = [name.strip(' "') for name in lines[0][:2000].split(delimiter)]
    if not {"latitude", "longitude"} <= set(names):
        return None
    try:
        rows = list(islice(csv.reader(filter(None, lines[1:]), delimiter=delimiter), LIMIT_CUES))
    except csv.Error:
        return None
    columns = {name: _column(rows, names.index(name)) for name in _WANTED if name in names}
    clocks = [_clock(text) for text in columns.get("timestamp", ())]
    time_s = _times(columns, clocks)
    if time_s is None or not _lasts(time_s, float(duration)):
        return None
    nothing = np.full(len(rows), np.nan)
    profile = next((text for text in columns.get("color_md", ()) if text), None)
    return Raw(
        source=f"{path.name} (flight log)",
        time_s=time_s,
        lng=_numbers(columns["longitude"]),
        lat=_numbers(columns["latitude"]),
        height_m=_numbers(columns["rel_alt"]) if "rel_alt" in columns else nothing,
        altitude_m=_numbers(columns["abs_alt"]) if "abs_alt" in columns else nothing,
        stamps=[(row, clock) for row, clock in enumerate(clocks) if clock is not None],
        colour_profile=profile,
        order_known=False,
    )


def _column(rows: list[list[str]], index: int) -> list[str]:
    """One text a row; what a torn row lacks is empty."""
    return [row[index].strip()[:_LONGEST_FIELD] if index < len(row) else "" for row in rows]


def _numbers(texts: Sequence[str]) -> Floats:
    def number(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            return np.nan

    values = np.array([number(text) for text in texts], np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _clock(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.upper()).replace(tzinfo=None)
    except ValueError:
        return None


def _times(columns: dict[str, list[str]], clocks: list[datetime | None]) -> Floats | None:
    """Seconds since the first row, from a column in seconds or from the clock."""
    if "time(seconds)" in columns:
        values = _numbers(columns["time(seconds)"])
    else:
        first = next((clock for clock in clocks if clock is not None), None)
        if first is None:
            return None
        values = np.array([(clock - first).total_seconds() if clock else np.nan for clock in clocks], np.float64)
    known = values[np.isfinite(values)]
    return np.asarray(values - known[0], np.float64) if len(known) else None


def _lasts(time_s: Floats, duration: float) -> bool:
    known = time_s[np.isfinite(time_s)]
    return bool(abs(known.max() - duration) <= 0.05 * duration + 0.5)
