"""A fleet: several named vehicles with their timed tracks, as columns.

A track comes in parts. Between two parts nobody knows where the vehicle was: nothing is drawn, interpolated or counted
there. A vehicle that stands at one place has points with the same place, it is not a gap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats, distances_m

Codes = NDArray[np.int16]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackPart:
    """One unbroken stretch of a track: n >= 2 fixes, rising strictly in time."""

    epoch_s: Floats  # POSIX seconds
    lng: Floats  # without a jump at 180°: may leave ±180
    lat: Floats
    status: Codes  # index into `Fleet.statuses`, 0 where nothing is told

    @property
    def distance_m(self) -> float:
        return float(distances_m(self.lng, self.lat).sum())

    def rows(self, low: int, high: int) -> TrackPart:
        """The fixes low … high - 1 as a part of their own."""
        cut = slice(low, high)
        return TrackPart(epoch_s=self.epoch_s[cut], lng=self.lng[cut], lat=self.lat[cut], status=self.status[cut])


@dataclass(frozen=True, kw_only=True, eq=False)
class Vehicle:
    id: str
    name: str
    parts: tuple[TrackPart, ...]  # at least one, in the order of time, never overlapping


@dataclass(frozen=True, kw_only=True, eq=False)
class Fleet:
    """`vehicles` stand in the order of their names as people sort them (2 before 10)."""

    vehicles: tuple[Vehicle, ...]
    zone: str | None  # the time zone that was asked for, as in the zone database
    statuses: tuple[str, ...] = ("",)
    notes: tuple[str, ...] = ()  # what was repaired, dropped or hidden, in sentences

    @property
    def points(self) -> int:
        return sum(len(part.epoch_s) for vehicle in self.vehicles for part in vehicle.parts)

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last moment (POSIX seconds) of a fleet that has vehicles."""
        firsts = [float(vehicle.parts[0].epoch_s[0]) for vehicle in self.vehicles]
        return min(firsts), max(float(vehicle.parts[-1].epoch_s[-1]) for vehicle in self.vehicles)


def sorting(vehicle_name: str, vehicle_id: str) -> tuple[object, ...]:
    """Orders names as people do: digits by their value, capitals like small letters; equal names by their id."""
    pieces = re.split(r"(\d+)", vehicle_name.casefold())
    # Odd places are the digits; two names never compare a word with a number.
    key = tuple((int(piece[:18]), piece) if k % 2 else (0, piece) for k, piece in enumerate(pieces))
    return key, vehicle_name, vehicle_id
