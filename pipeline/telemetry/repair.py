"""Raw columns → `Flight`: whatever the dialect, the same repairs in the same order, each told in a sentence.

order lng/lat (per file) → no fix → impossible values → time that falls → after the end → teleports
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.flight import Flight
from pipeline.geo import Floats, distances_m

MAX_SPEED_M_S = 150.0  # twice the fastest FPV drone; slower jumps may be wind and haste
JITTER_M = 25.0  # old dialects write four decimals, steps of 11 m: at 30 cues a second that is not a teleport
GLITCH_ROWS, GLITCH_S = 5, 2.0  # a longer stay at another place is another place, not a glitch
OVERHANG_S = 1.0  # DJI sidecars end a little after the picture

Stamps = Sequence[tuple[int, datetime]]  # row number and wall clock


@dataclass(frozen=True, kw_only=True)
class Raw:
    """What a dialect's reader found, row by row, NaN where it found nothing. Degrees, metres, seconds.

    `order_known` is False where the file does not prove which number is the longitude.
    """

    source: str
    time_s: Floats
    lng: Floats
    lat: Floats
    height_m: Floats
    altitude_m: Floats
    stamps: Stamps = ()
    colour_profile: str | None = None
    order_known: bool = True
    notes: tuple[str, ...] = field(default=())

    def noted(self, sentence: str) -> Raw:
        return replace(self, notes=(*self.notes, sentence))

    def kept(self, rows: NDArray[np.bool_]) -> Raw:
        """Only these rows. Stamps keep pointing at their own row, or go with it."""
        new = np.cumsum(rows) - 1
        return replace(
            self,
            time_s=self.time_s[rows],
            lng=self.lng[rows],
            lat=self.lat[rows],
            height_m=self.height_m[rows],
            altitude_m=self.altitude_m[rows],
            stamps=[(int(new[row]), stamp) for row, stamp in self.stamps if rows[row]],
        )

    def without_fix(self, rows: NDArray[np.bool_]) -> Raw:
        return replace(self, lng=np.where(rows, np.nan, self.lng), lat=np.where(rows, np.nan, self.lat))


def flight(raw: Raw, duration: Fraction | None, near: tuple[float, float] | None = None) -> Flight:
    """`near` (lng, lat) is another source's idea of the place; it settles the order if nothing else does."""
    raw = _in_time(_plausible(_fixed(_ordered(raw, near))))
    raw = _steady(_within(raw, duration))
    return Flight(
        source=raw.source,
        time_s=raw.time_s,
        lng=raw.lng,
        lat=raw.lat,
        height_m=raw.height_m,
        altitude_m=raw.altitude_m,
        clock=clock_at_zero(raw.stamps, raw.time_s),
        colour_profile=raw.colour_profile,
        notes=raw.notes,
    )


def counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def clock_at_zero(stamps: Stamps, time_s: Floats) -> datetime | None:
    """The wall clock at `time_s == 0`.

    A clock written in whole seconds is late by up to one; where there are several rows a second, the row at
    which the second changes is the exact one, so the latest of the first two seconds' answers is taken.
    """
    usable = [(stamp, float(time_s[row])) for row, stamp in stamps if np.isfinite(time_s[row])]
    if not usable:
        return None
    stamp, at = usable[0]
    if stamp.year < 2005:  # the recorder's battery was flat: a factory date says nothing
        return None
    best = 0.0
    if all(later.microsecond == 0 for later, _ in usable[:60]):
        gains = [(later - stamp).total_seconds() - (t - at) for later, t in usable if 0 <= t - at <= 2]
        best = max((gain for gain in gains if 0 <= gain < 1), default=0.0)
    try:
        return stamp + timedelta(seconds=best - at)
    except OverflowError:
        return None


def names_longitude(values: Floats, beside: Floats) -> bool:
    """Are these longitudes for certain? One that is beyond 90 and at home among its neighbours proves it."""
    both = values[np.isfinite(values) & np.isfinite(beside)]
    if len(both) == 0:
        return False
    beyond = (np.abs(both) > 90) & (np.abs(both) <= 180)
    return bool((beyond & (np.abs(both - np.median(both)) < 1)).any())


def _ordered(raw: Raw, near: tuple[float, float] | None) -> Raw:
    fixes = np.isfinite(raw.lng) & np.isfinite(raw.lat) & ((raw.lng != 0) | (raw.lat != 0))
    if near is None or raw.order_known or not fixes.any():
        return raw
    lng, lat = float(np.median(raw.lng[fixes])), float(np.median(raw.lat[fixes]))
    as_written = max(abs(lng - near[0]), abs(lat - near[1]))
    exchanged = max(abs(lat - near[0]), abs(lng - near[1]))
    if as_written < 1 or exchanged > 0.5:
        return raw
    return replace(raw, lng=raw.lat, lat=raw.lng).noted(
        "latitude and longitude were exchanged: the place written in the video shows it"
    )


def _fixed(raw: Raw) -> Raw:
    """0, 0 is how recorders write "no fix"; half a position is none."""
    written = np.isfinite(raw.lng) | np.isfinite(raw.lat)
    with np.errstate(invalid="ignore"):
        zero = (np.abs(raw.lng) < 1e-6) & (np.abs(raw.lat) < 1e-6)
        beyond = (np.abs(raw.lat) > 90) | (np.abs(raw.lng) > 180)
    half = written & ~(np.isfinite(raw.lng) & np.isfinite(raw.lat))
    missing = int((~written).sum()) if written.any() else 0
    out = raw.without_fix(zero | beyond | half)
    if missing:
        out = out.noted(f"{counted(missing, 'row')} without a position")
    if zero.any():
        out = out.noted(f"{counted(int(zero.sum()), 'position')} written as 0, 0: there was no fix")
    if (beyond | half).any():
        count = int((beyond | half).sum())
        out = out.noted(f"{counted(count, 'position')} left out: incomplete or not on the globe")
    return out


def _plausible(raw: Raw) -> Raw:
    with np.errstate(invalid="ignore"):
        heights = np.where((raw.height_m > -2000) & (raw.height_m < 12000), raw.height_m, np.nan)
        altitudes = np.where((raw.altitude_m > -1000) & (raw.altitude_m < 12000), raw.altitude_m, np.nan)
    dropped = int((np.isfinite(raw.height_m) & ~np.isfinite(heights)).sum())
    dropped += int((np.isfinite(raw.altitude_m) & ~np.isfinite(altitudes)).sum())
    out = replace(raw, height_m=heights, altitude_m=altitudes)
    return out.noted(f"{counted(dropped, 'height')} left out: no drone flies there") if dropped else out


def _in_time(raw: Raw) -> Raw:
    """Rows whose time falls are left out, as few as possible: one wild time must not cost the rest."""
    early = ~np.isfinite(raw.time_s) | (raw.time_s < 0)
    if early.any():
        raw = raw.kept(~early).noted(f"{counted(int(early.sum()), 'row')} left out: before the start or untimed")
    if len(raw.time_s) < 2 or bool((np.diff(raw.time_s) >= 0).all()):
        return raw
    keep = longest_rise(raw.time_s)
    return raw.kept(keep).noted(f"{counted(int((~keep).sum()), 'row')} left out: their time runs backwards")


def longest_rise(values: Floats) -> NDArray[np.bool_]:
    """The longest selection that never falls (patience sorting), as a mask. n log n."""
    tails: list[float] = []
    ends: list[int] = []
    before = np.full(len(values), -1)
    for index, value in enumerate(values.tolist()):
        pile = bisect_right(tails, value)
        before[index] = ends[pile - 1] if pile else -1
        if pile == len(tails):
            tails.append(value)
            ends.append(index)
        else:
            tails[pile], ends[pile] = value, index
    keep = np.zeros(len(values), bool)
    index = ends[-1] if ends else -1
    while index >= 0:
        keep[index] = True
        index = int(before[index])
    return keep


def _within(raw: Raw, duration: Fraction | None) -> Raw:
    if duration is None or duration <= 0:
        return raw
    late = raw.time_s > float(duration) + OVERHANG_S
    if not late.any():
        return raw
    rows = counted(int(late.sum()), "row")
    return raw.kept(~late).noted(f"{rows} left out: later than the end of the clip")


def _steady(raw: Raw) -> Raw:
    """A short excursion faster than 150 m/s there and back is a glitch of the receiver."""
    fixes = np.flatnonzero(np.isfinite(raw.lng))
    if len(fixes) < 3:
        return raw
    time_s, lng, lat = raw.time_s[fixes], raw.lng[fixes], raw.lat[fixes]
    jumps = np.flatnonzero(distances_m(lng, lat) > MAX_SPEED_M_S * np.diff(time_s) + JITTER_M)
    if len(jumps) == 0:
        return raw
    starts, ends = [0, *(jumps + 1).tolist()], [*jumps.tolist(), len(fixes) - 1]
    bad = np.zeros(len(raw.time_s), bool)
    good = _first_good(starts, ends)
    for part in range(good):
        bad[fixes[starts[part] : ends[part] + 1]] = True
    last = ends[good]
    wild = len(jumps) > max(20, len(fixes) // 3)  # then there is no steady track to compare with
    for part in range(good + 1, 0 if wild else len(starts)):
        first, end = starts[part], ends[part]
        short = end - first < GLITCH_ROWS and time_s[end] - time_s[first] <= GLITCH_S
        later = starts[part + 1 : part + 4]
        back = short and any(_reachable(time_s, lng, lat, last, start) for start in later)
        if short and (back or (not later and last >= 10)):
            bad[fixes[first : end + 1]] = True
        else:
            last = end
    if not bad.any():
        return raw.noted(f"the position jumps {counted(len(jumps), 'time')}, faster than a drone can fly")
    positions = counted(int(bad.sum()), "position")
    return raw.without_fix(bad).noted(
        f"{positions} left out: a jump faster than {MAX_SPEED_M_S:.0f} m/s there and back"
    )


def _first_good(starts: list[int], ends: list[int]) -> int:
    """The receiver's first guesses may be far off: up to three before a long steady stretch do not count."""
    return int(len(starts) > 1 and ends[0] < 3 and ends[1] - starts[1] >= 10)


def _reachable(time_s: Floats, lng: Floats, lat: Floats, a: int, b: int) -> bool:
    pair = [a, b]
    metres = float(distances_m(lng[pair], lat[pair])[0])
    return metres <= MAX_SPEED_M_S * float(time_s[b] - time_s[a]) + JITTER_M
