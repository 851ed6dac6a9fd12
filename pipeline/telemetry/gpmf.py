"""GoPro's GPMF track: big-endian key, type, size, repeat, values, padded to four bytes, nested by type 0.

One payload lies in the file for each second or so. Positions come as GLPI (what the Karma drone knew, with
its own clock), GPS9 (HERO 11 and later, a time and a precision for each fix) or GPS5 (fix and precision
once a payload). Layout after github.com/gopro/gpmf-parser, `docs/README.md`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from pipeline.geo import Floats
from pipeline.telemetry.repair import Raw, counted

_TYPES = {
    "b": "i1", "B": "u1", "s": ">i2", "S": ">u2", "l": ">i4", "L": ">u4", "j": ">i8", "J": ">u8",
    "f": ">f4", "d": ">f8", "q": ">i4", "Q": ">i8",
}  # fmt: skip
_FIXED_POINT = {"q": 2.0**16, "Q": 2.0**32}
_MAX_DEPTH = 8

WORST_DOP = 10.0  # dilution of precision: below 5 is good, above 10 the place is a guess
_EPOCH_2000 = datetime(2000, 1, 1, tzinfo=UTC)

Payload = tuple[float, float, bytes]  # begins at, lasts (both in seconds of the clip), bytes
Entry = tuple[str, int, int, bytes]  # type, size, repeat, values


def is_gpmf(payload: bytes) -> bool:
    return payload[:4] == b"DEVC"


def streams(payload: bytes) -> list[dict[str, Entry]]:
    """Every STRM of every device as key → entry; a torn end is left out."""
    found: list[dict[str, Entry]] = []
    _collect(payload, found, 0)
    return found


def _collect(data: bytes, found: list[dict[str, Entry]], depth: int) -> None:
    for key, (kind, _, _, values) in _entries(data):
        if kind != "\0" or depth > _MAX_DEPTH:
            continue
        if key == "STRM":
            found.append({name: entry for name, entry in _entries(values) if entry[0] != "\0"})
        else:
            _collect(values, found, depth + 1)


def _entries(data: bytes) -> Iterator[tuple[str, Entry]]:
    at = 0
    while at + 8 <= len(data):
        key, kind, size, repeat = struct.unpack_from(">4scBH", data, at)
        length = size * repeat
        if at + 8 + length > len(data):
            return
        yield (
            key.decode("latin-1"),
            (kind.decode("latin-1"), size, repeat, data[at + 8 : at + 8 + length]),
        )
        at += 8 + (length + 3) // 4 * 4


def table(stream: dict[str, Entry], key: str) -> Floats:
    """The scaled values of one key: shape (samples, columns). Empty when the entry does not make sense."""
    empty = np.empty((0, 0))
    if key not in stream:
        return empty
    kind, size, repeat, data = stream[key]
    if kind == "?":
        letters = _spelt_out(stream["TYPE"][3].decode("latin-1")) if "TYPE" in stream else ""
    else:
        width = np.dtype(_TYPES.get(kind, "u1")).itemsize
        letters = kind * (size // width)
    if not letters or any(letter not in _TYPES for letter in letters):
        return empty
    layout = np.dtype([(f"c{i}", _TYPES[letter]) for i, letter in enumerate(letters)])
    if layout.itemsize != size:
        return empty
    rows = np.frombuffer(data, layout, count=repeat)
    columns = [rows[f"c{i}"] / _FIXED_POINT.get(letter, 1.0) for i, letter in enumerate(letters)]
    values = np.stack(columns, axis=1).astype(np.float64) if repeat else np.empty((0, len(letters)))
    return values if key == "SCAL" else values / _scale(stream, len(letters))


def _scale(stream: dict[str, Entry], columns: int) -> Floats:
    scale = table(stream, "SCAL").ravel() if "SCAL" in stream else np.ones(1)
    scale = np.where(scale == 0, 1.0, scale)
    return scale if len(scale) in (1, columns) else np.ones(1)


def _spelt_out(letters: str) -> str:
    """`ff[3]S` → `ffffS`."""
    return re.sub(r"(.)\[(\d{1,2})\]", lambda m: m.group(1) * int(m.group(2)), letters.rstrip("\0"))


@dataclass(frozen=True, kw_only=True)
class _Fixes:
    """One payload's fixes: columns of equal length; `own_s` is the recorder's own clock."""

    lng: Floats
    lat: Floats
    altitude_m: Floats
    height_m: Floats
    good: Floats  # 1 where fix and precision will do
    own_s: Floats | None = None
    utc: datetime | None = None  # of the first fix
    utc_own_s: float = 0.0  # … or, with `own_s`, of this moment of the recorder's clock


def raw(payloads: list[Payload], source: str) -> Raw | None:
    """None when no payload has a position stream."""
    for key, label, read in (("GLPI", "Karma", _glpi), ("GPS9", "GPS9", _gps9), ("GPS5", "GPS5", _gps5)):
        parts = [(at, length, fixes) for at, length, data in payloads if (fixes := read(streams(data)))]
        if any(len(fixes.lng) for *_, fixes in parts):
            return _columns(parts, f"{source} (GoPro, {key if key == label else f'{label} {key}'})")
    return None


def _columns(parts: list[tuple[float, float, _Fixes]], source: str) -> Raw:
    spread = [start + length * np.arange(len(f.lng)) / max(len(f.lng), 1) for start, length, f in parts]
    time_s = np.concatenate(spread)
    own = [f.own_s for *_, f in parts if f.own_s is not None]
    origin = None
    if len(own) == len(parts) and (moved := np.concatenate(own)).size:
        # The recorder's clock spaces the fixes exactly; the payloads say where the clip begins on it.
        origin = float(np.median(moved - time_s))
        time_s = moved - origin
    lng, lat, altitude, height, good = (
        np.concatenate([np.asarray(getattr(f, name)) for *_, f in parts])
        for name in ("lng", "lat", "altitude_m", "height_m", "good")
    )
    out = Raw(
        source=source,
        time_s=time_s,
        lng=np.where(good > 0, lng, np.nan),
        lat=np.where(good > 0, lat, np.nan),
        height_m=height,
        altitude_m=np.where(good > 0, altitude, np.nan),
        stamps=_stamps(parts, spread, origin),
    )
    lost = int((good <= 0).sum())
    return out.noted(f"{counted(lost, 'position')} left out: no fix, or too imprecise") if lost else out


def _stamps(
    parts: list[tuple[float, float, _Fixes]], spread: list[Floats], origin: float | None
) -> list[tuple[int, datetime]]:
    """The UTC of the first payload that has one, set to its first row."""
    row = 0
    for (*_, fixes), times in zip(parts, spread, strict=True):
        if fixes.utc is not None and len(times) and fixes.good[0] > 0:
            since = float(fixes.own_s[0]) - fixes.utc_own_s if fixes.own_s is not None and origin is not None else 0.0
            return [(row, fixes.utc + timedelta(seconds=since))]
        row += len(times)
    return []


def _glpi(found: list[dict[str, Entry]]) -> _Fixes | None:
    """GLPI: clock s, lat, lng, altitude m, height above take-off m, speeds, heading. SYST: clock s, UTC s."""
    tables = [values for stream in found if (values := table(stream, "GLPI")).shape[1] >= 5]
    if not tables or not (rows := np.concatenate([values[:, :5] for values in tables])).size:
        return None
    utc, at = None, 0.0
    for stream in found:
        if (syst := table(stream, "SYST")).shape[1] == 2 and len(syst):
            at, utc = float(syst[0, 0]), _moment(float(syst[0, 1]), datetime(1970, 1, 1, tzinfo=UTC))
    return _Fixes(
        own_s=rows[:, 0],
        lat=rows[:, 1],
        lng=rows[:, 2],
        altitude_m=rows[:, 3],
        height_m=rows[:, 4],
        good=np.ones(len(rows)),
        utc=utc,
        utc_own_s=at,
    )


def _gps9(found: list[dict[str, Entry]]) -> _Fixes | None:
    """GPS9: lat, lng, altitude, speed 2D, speed 3D, days since 2000, seconds of the day, DOP, fix."""
    tables = [values for stream in found if (values := table(stream, "GPS9")).shape[1] == 9]
    if not tables or not (rows := np.concatenate(tables)).size:
        return None
    return _Fixes(
        lat=rows[:, 0],
        lng=rows[:, 1],
        altitude_m=rows[:, 2],
        height_m=np.full(len(rows), np.nan),
        good=((rows[:, 8] >= 2) & (rows[:, 7] <= WORST_DOP)).astype(np.float64),
        utc=_moment(float(rows[0, 5]) * 86400 + float(rows[0, 6]), _EPOCH_2000),
    )


def _gps5(found: list[dict[str, Entry]]) -> _Fixes | None:
    """GPS5: lat, lng, altitude, speeds; GPSF 0, 2 or 3 dimensions; GPSP DOP × 100; GPSU the UTC as text."""
    stream = next((stream for stream in found if "GPS5" in stream), None)
    if stream is None or (rows := table(stream, "GPS5")).shape[1] != 5 or not len(rows):
        return None
    bare = {key: entry for key, entry in stream.items() if key != "SCAL"}
    dimensions, dop = (table(bare, key).ravel() for key in ("GPSF", "GPSP"))
    good = not (len(dimensions) and dimensions[0] < 2) and not (len(dop) and dop[0] / 100 > WORST_DOP)
    return _Fixes(
        lat=rows[:, 0],
        lng=rows[:, 1],
        altitude_m=rows[:, 2],
        height_m=np.full(len(rows), np.nan),
        good=np.full(len(rows), float(good)),
        utc=_gpsu(stream),
    )


def _gpsu(stream: dict[str, Entry]) -> datetime | None:
    """`170417173103.000` → 2017-04-17 17:31:03 UTC."""
    if "GPSU" not in stream:
        return None
    try:
        text = stream["GPSU"][3].rstrip(b"\0 ").decode("ascii")
        return datetime.strptime(text, "%y%m%d%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def _moment(seconds: float, epoch: datetime) -> datetime | None:
    try:
        return epoch + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None
