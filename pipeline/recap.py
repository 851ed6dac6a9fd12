"""A night in seconds: which moment every frame of a time-lapse shows, where each vehicle is then, and the totals.

Time runs evenly while anything moves. A stretch in which the whole fleet stands is passed over quickly, and told as a
`Skip`, so that the clock can say it. Between two fixes of a part a vehicle moves evenly; between parts it is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MaterialError
from pipeline.fleet import Fleet, TrackPart, Vehicle
from pipeline.geo import EARTH_RADIUS_M, Floats, distances_m
from pipeline.recap_moving import joined, stretches, together

HOME = "Europe/London"
_SKIP_SHARE, _SKIPS_SHARE = 0.02, 0.2  # of the moving time: a skip at most, and all skips together
_SHORT_S = 600.0  # a shorter halt of all is no skip
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60)  # minutes
_CLOCK_PER_S = Fraction(5)  # more changes in a second are a flicker
_NIGHT = (19, 7)  # local hours


@dataclass(frozen=True, kw_only=True)
class Skip:
    """Frames first … until - 1 (perhaps none) pass over a stretch in which nothing moves."""

    first: int
    until: int
    from_s: float  # POSIX seconds
    to_s: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Timelapse:
    moments: Floats  # POSIX seconds for each frame, strictly rising
    zone: str
    clock_step_min: int
    seconds_per_frame: float  # of real time, while anything moves
    skips: tuple[Skip, ...]

    def clock(self, frame: int) -> datetime:
        """What a clock on the wall shows in a frame, with its zone; whole steps, so that it can be read."""
        time = local(float(self.moments[frame]), self.zone)
        minute = time.minute - time.minute % self.clock_step_min
        return time.replace(minute=minute, second=0, microsecond=0)

    def skip_at(self, frame: int) -> Skip | None:
        """The skip that a frame belongs to: there the clock runs fast, and over days its hours say nothing."""
        return next((skip for skip in self.skips if skip.first <= frame < skip.until), None)


def local(epoch_s: float, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=epoch_s)).astimezone(ZoneInfo(zone))


def timelapse(fleet: Fleet, *, frames: int, fps: Fraction, zone: str | None = None) -> Timelapse:
    """From the first movement to the last in so many frames (2 or more). The zone of the clock is, in this order, the
    one given, the fleet's, the British. Raises MaterialError when nothing moves."""
    spans = together(fleet)
    if not len(spans):
        what = "nothing moves in what may be shown of the tracks"
        raise MaterialError.at("recap", what, "wait until the privacy delay is over, or trim less around the depots")
    spans = joined(spans, max(_SHORT_S, _SKIP_SHARE * float((spans[:, 1] - spans[:, 0]).sum())))
    moving = spans[:, 1] - spans[:, 0]
    idle = spans[1:, 0] - spans[:-1, 1]
    most = float(moving.sum()) * min(_SKIP_SHARE, _SKIPS_SHARE / max(1, len(idle)))
    # Knots of a broken line: seconds as they are shown → seconds as they were.
    shown = np.zeros(2 * len(spans))
    shown[1::2] = moving
    shown[2::2] = np.minimum(idle, most)
    knots = np.cumsum(shown)
    moments = np.interp(np.linspace(0.0, knots[-1], frames), knots, spans.reshape(-1))
    pace = float(knots[-1]) / (frames - 1)
    return Timelapse(
        moments=moments,
        zone=zone or fleet.zone or HOME,
        clock_step_min=_clock_step(pace * float(fps)),
        seconds_per_frame=pace,
        skips=tuple(
            Skip(
                first=int(np.searchsorted(moments, spans[k, 1], "right")),
                until=int(np.searchsorted(moments, spans[k + 1, 0], "left")),
                from_s=float(spans[k, 1]),
                to_s=float(spans[k + 1, 0]),
            )
            for k in np.flatnonzero(idle > most)
        ),
    )


def _clock_step(real_s_per_s: float) -> int:
    return next((step for step in _CLOCK_STEPS if step * 60 * _CLOCK_PER_S >= real_s_per_s), _CLOCK_STEPS[-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Positions:
    """Each column has a row for every vehicle, in the fleet's order, and a value for every frame."""

    lng: Floats  # NaN where not shown
    lat: Floats
    shown: NDArray[np.bool_]
    moving: NDArray[np.bool_]
    heading_deg: NDArray[np.float32]  # clockwise from north; kept while the vehicle stands
    status: NDArray[np.int16]  # index into the fleet's statuses
    since: NDArray[np.int32]  # the trail: fixes since … until - 1 of the vehicle, its parts counted through
    until: NDArray[np.int32]


def positions(fleet: Fleet, lapse: Timelapse, *, trail_frames: int) -> Positions:
    """Where everybody is in every frame; the trail holds what was driven during the `trail_frames` frames before."""
    shape = len(fleet.vehicles), len(lapse.moments)
    found = Positions(
        lng=np.full(shape, np.nan),
        lat=np.full(shape, np.nan),
        shown=np.zeros(shape, np.bool_),
        moving=np.zeros(shape, np.bool_),
        heading_deg=np.zeros(shape, np.float32),
        status=np.zeros(shape, np.int16),
        since=np.zeros(shape, np.int32),
        until=np.zeros(shape, np.int32),
    )
    past = lapse.moments[np.maximum(np.arange(shape[1]) - trail_frames, 0)]
    for k, vehicle in enumerate(fleet.vehicles):
        epoch_s = np.concatenate([part.epoch_s for part in vehicle.parts])
        found.since[k] = np.searchsorted(epoch_s, past, "left")
        found.until[k] = np.searchsorted(epoch_s, lapse.moments, "right")
        for part in vehicle.parts:
            _place(part, lapse.moments, k, found)
    return found


def _place(part: TrackPart, moments: Floats, k: int, found: Positions) -> None:
    low = int(np.searchsorted(moments, part.epoch_s[0], "left"))
    high = int(np.searchsorted(moments, part.epoch_s[-1], "right"))
    if low == high:
        return
    here, rows = moments[low:high], slice(low, high)
    step = np.clip(np.searchsorted(part.epoch_s, here, "right") - 1, 0, len(part.epoch_s) - 2)
    # At the moment of a fix its own status holds; on the way to the next, the one before.
    fix = np.searchsorted(part.epoch_s, here, "right") - 1
    found.lng[k, rows] = np.interp(here, part.epoch_s, part.lng)
    found.lat[k, rows] = np.interp(here, part.epoch_s, part.lat)
    found.shown[k, rows] = True
    found.status[k, rows] = part.status[fix]
    heading, moving = _headings(part)
    found.heading_deg[k, rows] = heading[step]
    found.moving[k, rows] = moving[step]


def _headings(part: TrackPart) -> tuple[Floats, NDArray[np.bool_]]:
    """For each step: its direction (standing keeps the last one, or takes the first to come) and whether it moves."""
    east = np.diff(part.lng) * np.cos(np.radians(part.lat[:-1]))
    north = np.diff(part.lat)
    moves = np.hypot(east, north) * np.radians(1) * EARTH_RADIUS_M > 0.5
    heading = np.degrees(np.arctan2(east, north)) % 360.0
    if not moves.any():
        return np.zeros(len(moves)), moves
    last = np.maximum.accumulate(np.where(moves, np.arange(len(moves)), -1))
    return heading[np.where(last < 0, int(np.argmax(moves)), last)], moves


def trail(vehicle: Vehicle, lapse: Timelapse, frame: int, *, trail_frames: int) -> list[Floats]:
    """What a vehicle drove in the frames before: lines of (n, 3) lng, lat and freshness from 0 (about to vanish) to 1
    (now), cut exactly at both ends; a gap divides lines."""
    ahead = lapse.moments[max(0, frame - trail_frames) : frame + 1]
    start, now = float(ahead[0]), float(ahead[-1])
    fresh = np.linspace(1 - (len(ahead) - 1) / max(1, trail_frames), 1.0, len(ahead))
    lines = []
    for part in vehicle.parts:
        begin, end = max(start, float(part.epoch_s[0])), min(now, float(part.epoch_s[-1]))
        if begin >= end:
            continue
        inner = slice(*np.searchsorted(part.epoch_s, [begin, end], "right"))
        times = np.unique(np.concatenate([[begin], part.epoch_s[inner], [end]]))
        lng, lat = (np.interp(times, part.epoch_s, column) for column in (part.lng, part.lat))
        lines.append(np.column_stack([lng, lat, np.interp(times, ahead, fresh)]))
    return lines


def thinned(fleet: Fleet, *, step_m: float) -> Fleet:
    """The fleet with a fix every `step_m` metres of way and at both ends of every stay: as much as a map can show.
    Lines cut corners by less than that; take distances from the whole fleet."""
    return replace(
        fleet,
        vehicles=tuple(
            replace(vehicle, parts=tuple(_thin(part, step_m) for part in vehicle.parts)) for vehicle in fleet.vehicles
        ),
    )


def _thin(part: TrackPart, step_m: float) -> TrackPart:
    step = distances_m(part.lng, part.lat)
    along = np.floor(np.concatenate([[0.0], np.cumsum(step)]) / step_m)
    stands = step == 0
    keep = np.ones(len(part.lng), np.bool_)
    keep[1:-1] = (np.diff(along)[:-1] > 0) | (stands[1:] != stands[:-1]) | (part.status[1:-1] != part.status[:-2])
    return TrackPart(epoch_s=part.epoch_s[keep], lng=part.lng[keep], lat=part.lat[keep], status=part.status[keep])


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The figures of a recap, of what is shown only."""

    vehicles: int  # those that moved
    distance_m: float  # by the fixes, all vehicles together
    first: datetime  # local, of the first and the last movement
    last: datetime
    days: int  # local dates with movement
    nights: int  # as days, from noon to noon
    by_night: bool  # more than half of the time that anything moved was between 7 in the evening and 7 in the morning
    active_s: float  # time on the way, all vehicles together


def totals(fleet: Fleet, *, zone: str | None = None) -> Totals:
    """Raises MaterialError when nothing moves, as `timelapse`."""
    lapse = timelapse(fleet, frames=2, fps=Fraction(1), zone=zone)
    each = [stretches(vehicle) for vehicle in fleet.vehicles]
    samples = [local(float(second), lapse.zone) for second in _samples(together(fleet))]
    dark = sum(time.hour >= _NIGHT[0] or time.hour < _NIGHT[1] for time in samples)
    return Totals(
        vehicles=sum(len(spans) > 0 for spans in each),
        distance_m=sum(part.distance_m for vehicle in fleet.vehicles for part in vehicle.parts),
        first=local(float(lapse.moments[0]), lapse.zone),
        last=local(float(lapse.moments[-1]), lapse.zone),
        days=len({time.date() for time in samples}),
        nights=len({(time.replace(tzinfo=None) - timedelta(hours=12)).date() for time in samples}),
        by_night=2 * dark > len(samples),
        active_s=sum(float((spans[:, 1] - spans[:, 0]).sum()) for spans in each),
    )


def _samples(spans: Floats) -> Floats:
    """Moments spread evenly over all stretches: every ten minutes, less often in a year, and both ends of each."""
    every = max(600.0, float((spans[:, 1] - spans[:, 0]).sum()) / 20_000)
    return np.concatenate([np.linspace(a, b, 2 + int((b - a) // every)) for a, b in spans])
