"""What of a fleet may be shown. Where vehicles are is a fact about the people who drive them: nothing is shown that is
newer than a delay, nor around the places where a track begins, ends or rests, which are yards and homes.

Nothing that comes out depends on where exactly such a place lies: the globe is laid out in squares, and what is hidden
is a circle around the middle of the square in which the place lies, wide enough for every spot of the square. A cut at
a circle around the place itself would show its middle to anyone with a ruler. Whatever is hidden is cut before
anything is counted, so that no number tells of it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from pipeline.fleet import Codes, Fleet, TrackPart, Vehicle
from pipeline.geo import EARTH_RADIUS_M, Floats
from pipeline.mercator import metres_per_unit, world

# Last night can be told at breakfast, and nobody can use it to find a vehicle that is still out.
DELAY = timedelta(hours=2)
TRIM_M = 200.0
_REST_S = 2 * 3600.0  # standing longer is the end of a shift
_BAND_DEG = 5.0  # squares are as wide as long within a band of latitudes

_Cell = tuple[int, int, int]  # band of latitudes, column, row
_Zone = tuple[float, float, float]  # world units x, y; radius in metres


def guarded(
    fleet: Fleet, *, now: datetime, delay: timedelta = DELAY, depots: bool = True, trim_m: float = TRIM_M
) -> Fleet:
    """The part of a fleet that may be shown; it may have no vehicles left.

    Hidden is what is newer than `delay` before `now`, and all within `trim_m` (at most two and a half times as far, see
    above) of where the vehicle's own track begins, ends or rests for two hours. With `depots`, places where several
    vehicles do so are hidden for all of them. A `trim_m` of 0 hides no places.
    """
    known = [(vehicle, _until(vehicle, (now - delay).timestamp())) for vehicle in fleet.vehicles]
    aged = [replace(vehicle, parts=parts) for vehicle, parts in known if parts]
    kept = _placed(aged, trim_m, depots) if trim_m > 0 else aged
    statuses, kept = _told(fleet.statuses, kept)
    notes = _notes(fleet, aged, kept, delay, trim_m)
    return replace(fleet, vehicles=tuple(kept), statuses=statuses, notes=(*fleet.notes, *notes))


def _until(vehicle: Vehicle, last_s: float) -> tuple[TrackPart, ...]:
    ends = [(part, int(np.searchsorted(part.epoch_s, last_s, "right"))) for part in vehicle.parts]
    return tuple(part if end == len(part.epoch_s) else part.rows(0, end) for part, end in ends if end >= 2)


def _placed(vehicles: list[Vehicle], trim_m: float, depots: bool) -> list[Vehicle]:
    """Without the surroundings of each vehicle's own ends, and of those that several share."""
    ends = [_ends(vehicle, trim_m) for vehicle in vehicles]
    shared = _shared(ends) if depots else ()
    found = []
    for vehicle, own in zip(vehicles, ends, strict=True):
        zones = [_zone(cell, trim_m) for cell in dict.fromkeys([*own, *shared])]
        parts = tuple(piece for part in vehicle.parts for piece in _outside(part, zones))
        if parts:
            found.append(replace(vehicle, parts=parts))
    return found


def _ends(vehicle: Vehicle, trim_m: float) -> tuple[_Cell, ...]:
    """The squares of the first and the last fix, of rests, and on both sides of a long silence."""
    lng, lat, epoch_s = (
        np.concatenate([getattr(part, column) for part in vehicle.parts]) for column in ("lng", "lat", "epoch_s")
    )
    cells = _cells(lng, lat, trim_m)
    new = np.flatnonzero((np.diff(cells, axis=0) != 0).any(axis=1)) + 1
    first, last = np.concatenate([[0], new]), np.concatenate([new, [len(cells)]]) - 1
    rests = first[epoch_s[last] - epoch_s[first] >= _REST_S]
    silent = np.flatnonzero(np.diff(epoch_s) >= _REST_S)
    rows = np.unique(np.concatenate([[0, len(cells) - 1], rests, silent, silent + 1]))
    return tuple(sorted({(int(a), int(b), int(c)) for a, b, c in cells[rows]}))


def _shared(ends: list[tuple[_Cell, ...]]) -> tuple[_Cell, ...]:
    """Squares of a yard: there, or in a square beside it, tracks of two vehicles or more have their ends."""
    users: dict[_Cell, set[int]] = defaultdict(set)
    for number, own in enumerate(ends):
        for band, column, row in own:
            for near in ((band, column + a, row + b) for a in (-1, 0, 1) for b in (-1, 0, 1)):
                users[near].add(number)
    return tuple(sorted({cell for own in ends for cell in own if len(users[cell]) > 1}))


def _size(band: int, trim_m: float) -> float:
    """The side of a square in world units: `trim_m` in the middle of its band of latitudes."""
    lat = min(abs(band * _BAND_DEG), 85.0)
    return trim_m / metres_per_unit(0.5) / math.cos(math.radians(lat))


def _cells(lng: Floats, lat: Floats, trim_m: float) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    band = np.round(lat / _BAND_DEG).astype(np.int64)
    table = {int(one): _size(int(one), trim_m) for one in np.unique(band)}
    size = np.array([table[int(one)] for one in np.unique(band)])[np.searchsorted(np.unique(band), band)]
    place = world(lng, lat) / size[:, None]
    return np.column_stack([band, np.floor(place).astype(np.int64)])


def _zone(cell: _Cell, trim_m: float) -> _Zone:
    """The circle that hides `trim_m` around every spot of a square."""
    band, column, row = cell
    size = _size(band, trim_m)
    x, y = (column + 0.5) * size, (row + 0.5) * size
    widest = max(metres_per_unit(y - size / 2), metres_per_unit(y + size / 2))
    return x, y, trim_m + size * widest * math.sqrt(0.5)


def _outside(part: TrackPart, zones: list[_Zone]) -> list[TrackPart]:
    """The pieces of a part that keep outside of all circles, between fixes too."""
    place = world(part.lng, part.lat)
    metres = 2 * math.pi * EARTH_RADIUS_M * np.cos(np.radians(part.lat))
    step = np.diff(place, axis=0)
    longest = float(np.abs(step).max())
    square = (step**2).sum(axis=1)
    across = np.argsort(place[:, 0], kind="stable")
    sorted_x = place[across, 0]
    hidden = np.zeros(len(place), np.bool_)
    crossed = np.zeros(len(step), np.bool_)
    for x, y, radius_m in zones:
        # Only fixes from which a step can lead into the circle are looked at: a town has many yards.
        reach = radius_m / metres_per_unit(y) * 1.1 + longest
        near = across[slice(*np.searchsorted(sorted_x, [x - reach, x + reach]))]
        near = near[np.abs(place[near, 1] - y) < reach]
        away = place[near] - (x, y)
        hidden[near] |= np.hypot(*away.T) * metres[near] < radius_m
        starts = near < len(step)
        near, away = near[starts], away[starts]
        share = -(away * step[near]).sum(axis=1) / np.where(square[near] > 0, square[near], 1.0)
        passing = away + np.clip(share, 0.0, 1.0)[:, None] * step[near]
        crossed[near] |= np.hypot(*passing.T) * metres[near] < radius_m
    if not hidden.any() and not crossed.any():
        return [part]
    joins = ~(hidden[1:] | hidden[:-1] | crossed)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], joins, [False]]).astype(np.int8))).reshape(-1, 2)
    return [part.rows(int(first), int(last) + 1) for first, last in edges]


def _told(statuses: tuple[str, ...], vehicles: list[Vehicle]) -> tuple[tuple[str, ...], list[Vehicle]]:
    """Only the words that something shown still has."""
    used = {0}.union(*(np.unique(part.status).tolist() for vehicle in vehicles for part in vehicle.parts))
    order = sorted(used)
    table: Codes = np.zeros(len(statuses), np.int16)
    table[order] = np.arange(len(order))

    def told(part: TrackPart) -> TrackPart:
        return replace(part, status=table[part.status])

    changed = [replace(vehicle, parts=tuple(map(told, vehicle.parts))) for vehicle in vehicles]
    return tuple(statuses[code] for code in order), changed


def _notes(fleet: Fleet, aged: list[Vehicle], kept: list[Vehicle], delay: timedelta, trim_m: float) -> list[str]:
    notes = []
    minutes = delay.total_seconds() / 60
    late = sum(len(part.epoch_s) for vehicle in aged for part in vehicle.parts) < fleet.points
    if late:
        span = f"{minutes / 60:g} hours" if minutes >= 120 else f"{minutes:g} minutes"
        notes.append(f"Positions of the last {span} are not shown.")
    if trim_m > 0:
        notes.append(f"Where tracks begin, end or rest, at least {trim_m:g} m around are not shown.")
    if gone := len(fleet.vehicles) - len(kept):
        notes.append(f"{gone:,} vehicle{'s' * (gone != 1)} never left what is hidden.")
    return notes
