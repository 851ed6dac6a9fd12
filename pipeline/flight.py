"""Where the camera was while a clip was shot: telemetry as plain columns, whatever dialect it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np

from pipeline.geo import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Flight:
    """Columns of equal length n; NaN where a value is unknown or there was no fix.

    `time_s` counts from the first frame of the clip and never falls. `clock` is the recorder's wall clock at
    `time_s == 0` as it was written (naive unless the source says UTC); how far it can be trusted is for
    `sync` to find out.
    """

    source: str  # file and dialect in words, for people: "DJI_0042.SRT (DJI, bracket fields)"
    time_s: Floats
    lng: Floats
    lat: Floats
    height_m: Floats  # above the take-off point
    altitude_m: Floats  # above sea level
    clock: datetime | None = None
    colour_profile: str | None = None  # e.g. "dlog_m", lower case
    notes: tuple[str, ...] = field(default=())  # what had to be repaired, in sentences

    @property
    def has_fix(self) -> bool:
        return bool(np.isfinite(self.lng).any())


def joined(parts: Sequence[tuple[Fraction, Flight | None]]) -> Flight | None:
    """One flight of a take that was recorded in several files: (where the file begins in the take, its flight)."""
    known = [(float(start), flight) for start, flight in parts if flight is not None]
    if not known:
        return None
    first = known[0][1]
    if len(parts) == 1:
        return first

    def column(name: str) -> Floats:
        return np.concatenate([getattr(flight, name) for _, flight in known])

    clock = first.clock - timedelta(seconds=known[0][0]) if first.clock else None
    return Flight(
        source=", ".join(flight.source for _, flight in known),
        time_s=np.maximum.accumulate(np.concatenate([flight.time_s + start for start, flight in known])),
        lng=column("lng"),
        lat=column("lat"),
        height_m=column("height_m"),
        altitude_m=column("altitude_m"),
        clock=clock,
        colour_profile=next((flight.colour_profile for _, flight in known if flight.colour_profile), None),
        notes=tuple(note for _, flight in known for note in flight.notes),
    )
