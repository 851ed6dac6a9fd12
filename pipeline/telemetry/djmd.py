"""DJI's own track, `djmd`: one protobuf message a frame, without a published schema.

The wire format is read generically. A place is a message of two doubles, 2 latitude and 3 longitude, with 1
the unit (1 degrees, else radians; newer drones leave it out and write degrees). Where that message lies
depends on the model; the known paths are tried first, then the whole tree is searched. Field numbers after
ExifTool's `DJI.pm` (P. Harvey).

    3-3-4-1   Mini 4 Pro, Air 3, Mavic 3 and 4, Matrice      3-3-4-2 altitude mm, 3-3-5-1 height mm (float)
    3-4-4-1   Avata 2, Neo                                   3-4-4-2, 3-4-5-1
    3-4-2-1   Osmo Action and 360                            3-4-2-2, date and time as text in 3-4-2-6-1
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.telemetry.repair import Raw

VARINT, DOUBLE, BYTES, FLOAT = 0, 1, 2, 5

Value = tuple[int, int | bytes]  # wire type, and the number (varint) or the bytes
Message = dict[int, Value]
Path = tuple[int, ...]

_KNOWN: tuple[Path, ...] = ((3, 3, 4, 1), (3, 4, 4, 1), (3, 4, 2, 1))
_ALWAYS_DEGREES = (b"Mavic4", b"Mini5Pro")
_MAX_DEPTH = 7
_STAMP = re.compile(rb"(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})")


def message(data: bytes) -> Message:
    """The fields of one message, not those inside them; the last of equals wins. ValueError if it is none."""
    fields: Message = {}
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise ValueError("field 0")
        if wire == VARINT:
            value, at = _varint(data, at)
            fields[number] = (wire, value)
            continue
        if wire == BYTES:
            length, at = _varint(data, at)
        elif wire in (DOUBLE, FLOAT):
            length = 8 if wire == DOUBLE else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + length > end:
            raise ValueError("torn message")
        fields[number] = (wire, data[at : at + length])
        at += length
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("torn number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than ten bytes")


def _inner(fields: Message | None, number: int) -> Message | None:
    wire, data = (fields or {}).get(number, (VARINT, 0))
    if wire != BYTES or not isinstance(data, bytes):
        return None
    try:
        return message(data)
    except ValueError:
        return None


def _down(fields: Message | None, path: Sequence[int]) -> Message | None:
    for number in path:
        fields = _inner(fields, number)
    return fields


def _double(fields: Message, number: int) -> float:
    wire, data = fields.get(number, (VARINT, 0))
    return float(struct.unpack("<d", data)[0]) if wire == DOUBLE and isinstance(data, bytes) else math.nan


def _is_place(fields: Message | None) -> bool:
    """Units and two doubles that can be a place, and nothing else."""
    if not fields or set(fields) - {1, 2, 3} or fields.get(1, (VARINT, 0))[0] != VARINT:
        return False
    lat, lng = _double(fields, 2), _double(fields, 3)
    return abs(lat) <= 90 and abs(lng) <= 180 and (lat != 0 or lng != 0)  # NaN compares false


def _search(fields: Message, path: Path = ()) -> Path | None:
    """Depth first, the first message anywhere that looks like a place."""
    for number in fields:
        inner = _inner(fields, number)
        if inner is None or len(path) >= _MAX_DEPTH:
            continue
        here = (*path, number)
        if _is_place(inner):
            return here
        if (found := _search(inner, here)) is not None:
            return found
    return None


def place_path(samples: Sequence[bytes]) -> Path | None:
    """Where these samples keep their position. Looks at fifty of them at most: a fix may come late."""
    chosen = samples[:: max(1, len(samples) // 50)]
    trees = [tree for sample in chosen if (tree := _tree(sample))]
    for known in _KNOWN:
        if any(_is_place(_down(tree, known)) for tree in trees):
            return known
    return next((path for tree in trees if (path := _search(tree)) is not None), None)


def _tree(sample: bytes) -> Message | None:
    try:
        return message(sample)
    except ValueError:
        return None


def raw(samples: Sequence[bytes], time_s: Sequence[float], source: str) -> Raw | None:
    """One row a sample; None when no sample holds a place. `time_s` in seconds of the clip."""
    path = place_path(samples)
    if path is None:
        return None
    rows = np.full((len(samples), 4), np.nan)  # lng, lat, height, altitude
    degrees = np.zeros(len(samples), bool)
    stamps: list[tuple[int, datetime]] = []
    for index, sample in enumerate(samples):
        group = _down(_tree(sample), path[:-2])
        holder = _inner(group, path[-2])
        place = _inner(holder, path[-1])
        if group is None or holder is None or place is None:
            continue
        rows[index] = _double(place, 3), _double(place, 2), _height(group, path), _altitude(holder)
        degrees[index] = place.get(1, (VARINT, 0))[1] == 1
        if (stamp := _stamp(holder)) is not None:
            stamps.append((index, stamp))
    lng, lat = _in_degrees(rows[:, 0], rows[:, 1], degrees, samples[0])
    return Raw(
        source=f"{source} (DJI, djmd track)",
        time_s=np.asarray(time_s, np.float64),
        lng=lng,
        lat=lat,
        height_m=rows[:, 2],
        altitude_m=rows[:, 3],
        stamps=stamps,
    )


def _in_degrees(lng: Floats, lat: Floats, degrees: NDArray[np.bool_], first: bytes) -> tuple[Floats, Floats]:
    """The unit holds for the file: said, known of the model, or shown by a value no radian reaches."""
    if (
        degrees.any()
        or any(model in first for model in _ALWAYS_DEGREES)
        or bool((np.abs(lat) > math.pi / 2).any())
        or bool((np.abs(lng) > math.pi).any())
    ):
        return lng, lat
    return np.degrees(lng), np.degrees(lat)


def _altitude(holder: Message) -> float:
    wire, value = holder.get(2, (BYTES, b""))
    if wire != VARINT or not isinstance(value, int):
        return math.nan
    return (value - 2**64 if value >= 2**63 else value) / 1000


def _height(group: Message, path: Path) -> float:
    """Only where the place lies in field 4, as on drones, is field 5 beside it the height."""
    wire, data = (_inner(group, 5) or {}).get(1, (VARINT, 0)) if path[-2] == 4 else (VARINT, 0)
    return struct.unpack("<f", data)[0] / 1000 if wire == FLOAT and isinstance(data, bytes) else math.nan


def _stamp(holder: Message) -> datetime | None:
    wire, text = (_inner(holder, 6) or {}).get(1, (VARINT, 0))
    match = _STAMP.match(text) if wire == BYTES and isinstance(text, bytes) else None
    try:
        return datetime(*map(int, match.groups())) if match else None  # type: ignore[arg-type]
    except ValueError:
        return None
