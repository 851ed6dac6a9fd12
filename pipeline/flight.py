"""Where the camera was while a clip was shot: telemetry as plain columns, whatever dialect it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

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
