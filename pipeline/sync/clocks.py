"""A recorder's wall clock against the times of a recorded route, with the time zone found out.

Cameras write local time, or UTC, or local time where UTC belongs. The zone of a recorder is the offset with
which its clips fall into the recorded times; one recorder has one zone. `zone` scores every offset that is in
use somewhere on Earth; `TimedRoute` turns a moment into a place.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from pipeline.footage import Clip
from pipeline.geo import Floats
from pipeline.route import Route
from pipeline.sync.steady import limited
from pipeline.sync.zones import OFFSETS, in_use, likely_min, zone_name

EXACT_S = 5.0  # no clock that a person set is better than this
DRIFT_S = 120.0  # a clock this far beyond the ends of the track is only a little wrong
TRIMMED_S = 600.0  # a recorded track is trimmed for privacy: clips this far outside were shot in the cut part
STRAY_S = 30 * 86400.0  # a time this far from the middle of its line is a fault of the file
UNSET_BEFORE = 1990  # clocks that were never set say 1904, 1970 or 1980


@dataclass(frozen=True, kw_only=True, eq=False)
class Timing:
    """One clip on a timed route: columns of equal length, empty when its clock tells nothing; and why."""

    reason: str
    time_s: Floats = field(default_factory=lambda: np.zeros(0))
    along_m: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one recorder's clock said at the first frame of a clip."""

    name: str
    clock: datetime  # without zone, as written
    local: bool  # the source writes local time; False: it should be UTC
    recorder: str  # readings of one recorder share their zone
    duration_s: float
    hint_min: int | None = None  # the zone that the same file gives away by a second clock in UTC

    @property
    def written_s(self) -> float:
        """POSIX seconds if what is written were UTC."""
        return self.clock.replace(tzinfo=UTC).timestamp()


@dataclass(frozen=True, kw_only=True, eq=False)
class TimedRoute:
    """The timed lines of a route, cleaned: `pieces` are (POSIX seconds, metres along), seconds increasing."""

    pieces: tuple[tuple[Floats, Floats], ...]
    lng: float
    lat: float

    @property
    def begins_s(self) -> float:
        return min(float(time[0]) for time, _ in self.pieces)

    @property
    def ends_s(self) -> float:
        return max(float(time[-1]) for time, _ in self.pieces)

    @property
    def usual_speed(self) -> float:
        """Mean metres a second along the route while it was recorded."""
        way = sum(float(np.abs(np.diff(along)).sum()) for _, along in self.pieces)
        return way / sum(float(time[-1] - time[0]) for time, _ in self.pieces)

    def along(self, epoch_s: Floats) -> Floats:
        """Metres along the route at each moment; between lines, and outside, at the end nearest in time."""
        outside = np.stack(
            [np.maximum(np.maximum(time[0] - epoch_s, epoch_s - time[-1]), 0.0) for time, _ in self.pieces]
        )
        places = np.stack([np.interp(epoch_s, time, along) for time, along in self.pieces])
        return np.asarray(places[np.argmin(outside, axis=0), np.arange(len(epoch_s))], np.float64)


def timed_route(route: Route) -> TimedRoute | None:
    """The route's times without gaps, strays and steps back; None when too little is left."""
    pieces = []
    for line in route.lines:
        known = np.flatnonzero(np.isfinite(line.epoch_s))
        if len(known) < 2:
            continue
        time = line.epoch_s[known]
        year_of = datetime(UNSET_BEFORE, 1, 1, tzinfo=UTC).timestamp()
        sane = (np.abs(time - np.median(time)) <= STRAY_S) & (time >= year_of)
        known, time = known[sane], time[sane]
        keep = _longest_rise(time)
        if len(keep) >= 2:
            pieces.append((time[keep], line.along_m[known[keep]]))
    if not pieces:
        return None
    lng, lat = route.start
    return TimedRoute(pieces=tuple(pieces), lng=lng, lat=lat)


def clock_timings(route: Route, clips: Sequence[Clip], wanted: Sequence[bool]) -> list[Timing]:
    """The clips that are `wanted`, by their clocks; the clocks of all others help to find the zone."""
    readings = [reading(clip) for clip in clips]
    timed = timed_route(route)
    trimmed = route.kind == "recorded"
    zones: dict[str, tuple[int, int] | None] = {}
    if timed is not None:
        for recorder in {known.recorder for known in readings if known}:
            of_one = [known for known in readings if known and known.recorder == recorder]
            zones[recorder] = zone(of_one, timed, trimmed=trimmed)
    out = []
    for clip, known, want in zip(clips, readings, wanted, strict=True):
        if not want:
            out.append(Timing(reason=""))
        elif timed is None:
            out.append(Timing(reason=f"{clip.name} has no positions and the route no times"))
        elif known is None:
            out.append(Timing(reason=f"{clip.name} has neither positions nor a clock that was set"))
        else:
            out.append(_timing(known, timed, zones[known.recorder], trimmed))
    return out


def reading(clip: Clip) -> Reading | None:
    """The clock of a clip: of its telemetry, else of the file; None when it was never set."""
    created = _without_zone(clip.created)
    flown = _without_zone(clip.flight.clock) if clip.flight else None
    clock = flown or created
    if clock is None:
        return None
    local = bool(flown and clip.flight and clip.flight.clock and clip.flight.clock.tzinfo is None)
    family = re.search(r"\((\w+)", clip.flight.source) if flown and clip.flight else None
    letters = re.match(r"[A-Za-z]*", clip.path.name)
    recorder = family[1] if family else letters[0] if letters else ""
    return Reading(
        name=clip.name,
        clock=clock,
        local=local,
        recorder=f"{recorder.lower()} {'local' if local else 'utc'}",
        duration_s=float(clip.duration),
        hint_min=_second_clock(clock, created) if local and created else None,
    )


def _without_zone(clock: datetime | None) -> datetime | None:
    if clock is None or clock.year < UNSET_BEFORE:
        return None
    return clock.astimezone(UTC).replace(tzinfo=None) if clock.tzinfo else clock


def _second_clock(local: datetime, utc: datetime) -> int | None:
    """The zone between two clocks of one file; None when they agree or differ by no zone's offset."""
    apart_s = (local - utc).total_seconds()
    offset = 15 * round(apart_s / 900)
    return offset if offset and offset in OFFSETS and abs(apart_s - 60 * offset) <= DRIFT_S else None


def _timing(known: Reading, timed: TimedRoute, found: tuple[int, int] | None, trimmed: bool) -> Timing:
    says = f"the clock of {known.name} says {_when(known.clock, timed)}"
    track = f"the recorded track ({_track(timed)})"
    if found is None:
        return Timing(reason=f"{says}, which in no time zone falls into {track}")
    offset, equals = found
    start = known.written_s - 60.0 * offset
    says += f"; read as {zone_name(offset)} it"
    outside = outside_s(start, timed)
    if _fit(known, offset, timed, trimmed) == 0:
        return Timing(reason=f"{says} is {_span(abs(outside))} {'after' if outside > 0 else 'before'} {track}")
    if abs(outside) <= EXACT_S:
        says += f" falls into {track}, {_span(max(start - timed.begins_s, 0.0))} after its start"
    else:
        side = "before" if outside < 0 else "after"
        says += f" is {_span(abs(outside))} {side} the part of the track that is shown ({_track(timed)})"
    if equals > 1:
        says += f"; {equals - 1} other time zones would fit too, so write `at:` if this is wrong"
    time = np.linspace(0.0, max(known.duration_s, 1e-3), int(min(max(2, known.duration_s + 2), 4000)))
    along = timed.along(start + time)
    # Lines of a file may overlap in time or lie out of order: even so the marker never leaps.
    most = max(timed.usual_speed * 4, 5.0) * np.diff(time)
    return Timing(reason=says + ".", time_s=time, along_m=limited(along, most))


def _when(clock: datetime, timed: TimedRoute) -> str:
    same_day = clock.date() == moment(timed.begins_s).date() == moment(timed.ends_s).date()
    return f"{clock:%H:%M:%S}" if same_day else f"{clock:%Y-%m-%d %H:%M:%S}"


def _track(timed: TimedRoute) -> str:
    start, end = moment(timed.begins_s), moment(timed.ends_s)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M}–{until} UTC"


def _span(seconds: float) -> str:
    days, rest = divmod(round(seconds), 86400)
    hours, minutes = divmod(rest // 60, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"


def zone(readings: Sequence[Reading], timed: TimedRoute, *, trimmed: bool) -> tuple[int, int] | None:
    """The offset of one recorder in minutes, and how many fit equally well; None when none fits.

    Among equals: the zone that a second clock gives away; for UTC as written, the nearest to UTC; for local
    time, the nearest to what is likely there.
    """
    scores = {offset: sum(_fit(r, offset, timed, trimmed) for r in readings) for offset in OFFSETS}
    best = max(scores.values())
    if best <= 0:
        return None
    equals = [offset for offset in OFFSETS if scores[offset] == best]
    equals = [offset for offset in equals if in_use(offset)] or equals
    hints = {reading.hint_min for reading in readings} - {None}
    there = likely_min(timed.lng, timed.lat, readings[0].clock)
    usual = there if readings[0].local else 0

    def rank(offset: int) -> tuple[bool, int, int, int]:
        # A broken hour must be clearly nearer than a whole one.
        off = abs(offset - usual) + (20 if offset % 60 and offset != usual else 0)
        return offset not in hints, off, abs(offset - there), offset

    return min(equals, key=rank), len(equals)


def outside_s(epoch_s: float, timed: TimedRoute) -> float:
    """Seconds after the end of the track; negative: before its start; 0 inside."""
    return min(epoch_s - timed.begins_s, 0.0) + max(epoch_s - timed.ends_s, 0.0)


def moment(epoch_s: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=epoch_s)


def _fit(reading: Reading, offset_min: int, timed: TimedRoute, trimmed: bool) -> float:
    """1 when the clip falls into the track, less in the drift, half in the part that may be trimmed."""
    start = reading.written_s - 60.0 * offset_min
    first, last = outside_s(start, timed), outside_s(start + reading.duration_s, timed)
    beyond = 0.0 if first <= 0 <= last else min(abs(first), abs(last))
    if beyond == 0:
        return 1.0
    if beyond <= DRIFT_S:
        return 0.75
    return 0.5 if trimmed and beyond <= TRIMMED_S else 0.0


def _longest_rise(time: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Positions of the longest strictly rising part of `time`: what is left without the fewest wrong ones."""
    if np.all(np.diff(time) > 0):
        return np.arange(len(time))
    tails: list[float] = []
    tail_at: list[int] = []
    before = [-1] * len(time)
    for at, value in enumerate(time.tolist()):
        spot = bisect_left(tails, value)
        before[at] = tail_at[spot - 1] if spot else -1
        tails[spot : spot + 1] = [value]
        tail_at[spot : spot + 1] = [at]
    chosen, at = [], tail_at[-1]
    while at >= 0:
        chosen.append(at)
        at = before[at]
    return np.array(chosen[::-1], np.intp)
