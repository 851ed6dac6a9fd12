"""GTFS-Realtime vehicle positions → rows in the log. A message is one moment; a folder of snapshots makes tracks."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from pipeline.errors import MaterialError
from pipeline.tracks.files import EXPORT, Paper
from pipeline.tracks.log import Log
from pipeline.tracks.times import Readings

_SIZE_MAX, _ENTITIES_MAX = 8_000_000, 100_000  # all the buses of Great Britain are 1.8 MB, 16 000
_INSTALL = 'install the extra with the reader: pip install "make-promo[gtfs]"'


def read_gtfs(paper: Paper, log: Log) -> None:
    """Take in one message. Raises MaterialError when the reader is not installed, or this is something else."""
    raw = paper.stream.read(_SIZE_MAX + 1)
    if len(raw) > _SIZE_MAX:
        raise MaterialError.at(paper.name, "a GTFS-Realtime message is hardly ever larger than 8 MB", EXPORT)
    message = _message(raw, paper.name)
    header = float(message.header.timestamp) or math.nan
    if len(message.entity) > _ENTITIES_MAX:
        raise MaterialError.at(
            paper.name, f"it has more than {_ENTITIES_MAX:,} entities", "export your own vehicles only"
        )
    found = [entity for entity in message.entity if entity.HasField("vehicle")]
    # National feeds have vehicles of several operators under one number: nobody could tell their tracks apart.
    met = Counter(_word(entity.vehicle.vehicle.id or entity.id) for entity in found)
    log.shared += sum(times for times in met.values() if times > 1)
    codes, times, lng, lat = [], [], [], []
    for entity in found:
        seen = entity.vehicle
        key = _word(seen.vehicle.id or entity.id)
        if met[key] > 1:
            continue
        codes.append(log.vehicle(paper.name, key, _word(seen.vehicle.label) or key))
        times.append(float(seen.timestamp) or header)
        here = seen.HasField("position")
        lng.append(seen.position.longitude if here else math.nan)
        lat.append(seen.position.latitude if here else math.nan)
    if not found:
        raise MaterialError.at(paper.name, "it has no vehicle positions in it", EXPORT)
    seconds, _ = Readings().read([f"{time:.0f}" if math.isfinite(time) else "" for time in times])
    log.add(paper.name, codes, (seconds, np.zeros(len(codes), np.bool_)), np.array(lng), np.array(lat))


def _word(value: str | bytes) -> str:
    """The reader hands out bytes where a text is not UTF-8."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _message(raw: bytes, name: str) -> Any:
    try:
        from google.protobuf.message import DecodeError  # late, and an extra: few councils have such files
        from google.transit import gtfs_realtime_pb2
    except ImportError:
        raise MaterialError.at(name, "GTFS-Realtime needs one more package", _INSTALL) from None
    message = gtfs_realtime_pb2.FeedMessage()
    try:
        message.ParseFromString(raw)
    except (DecodeError, RecursionError):
        what = "this is not a GTFS-Realtime message, or it breaks off"
        raise MaterialError.at(name, what, "download it again, or " + EXPORT) from None
    return message
