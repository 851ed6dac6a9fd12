"""Web Mercator as a picture of the world: x from 0 (180° W) to 1 (180° E), y from 0 (85.05° N) down to 1.

Maps are read, cut and drawn in these units. West of 180° W and east of 180° E x goes on beyond 0 and 1, so that a
map across the antimeridian stays in one piece: whoever reads moves what it reads next to what is wanted (`near`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline.geo import EARTH_RADIUS_M, Floats

MOST_LAT = 85.051128


def world(lng: Floats, lat: Floats) -> Floats:
    """Degrees → world units: two columns of n → (n, 2). Latitudes beyond the map's edge are put on it."""
    phi = np.radians(np.clip(lat, -MOST_LAT, MOST_LAT))
    x = np.asarray(lng, np.float64) / 360.0 + 0.5
    y = 0.5 - np.log(np.tan(np.pi / 4 + phi / 2)) / (2 * np.pi)
    return np.stack([x, y], axis=-1)


def degrees(points: Floats) -> tuple[Floats, Floats]:
    """World units (n, 2) → columns lng, lat; lng may lie beyond ±180 as x may beyond 0 … 1."""
    lng = (points[..., 0] - 0.5) * 360.0
    lat = np.degrees(2 * np.arctan(np.exp((0.5 - points[..., 1]) * 2 * np.pi)) - np.pi / 2)
    return lng, lat


def metres_per_unit(y: float) -> float:
    """True ground metres that one world unit has at a height `y` of the map."""
    lat = 2 * math.atan(math.exp((0.5 - y) * 2 * math.pi)) - math.pi / 2
    return 2 * math.pi * EARTH_RADIUS_M * math.cos(lat)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """A rectangle of the world; north < south because y goes down. May reach beyond 0 … 1 in x."""

    west: float
    north: float
    east: float
    south: float

    @classmethod
    def of(cls, points: Floats) -> Bounds:
        """The least rectangle around points (n, 2), n > 0."""
        (west, north), (east, south) = points.min(axis=0), points.max(axis=0)
        return cls(west=float(west), north=float(north), east=float(east), south=float(south))

    @property
    def width(self) -> float:
        return self.east - self.west

    @property
    def height(self) -> float:
        return self.south - self.north

    @property
    def middle(self) -> tuple[float, float]:
        return (self.west + self.east) / 2, (self.north + self.south) / 2

    def grown(self, by: float) -> Bounds:
        """With `by` world units more at each side, within the map's north and south edge."""
        return Bounds(
            west=self.west - by,
            north=max(0.0, self.north - by),
            east=self.east + by,
            south=min(1.0, self.south + by),
        )

    def joined(self, other: Bounds) -> Bounds:
        """The least rectangle around both."""
        return Bounds(
            west=min(self.west, other.west),
            north=min(self.north, other.north),
            east=max(self.east, other.east),
            south=max(self.south, other.south),
        )

    def overlaps(self, other: Bounds) -> bool:
        across = self.west < other.east and other.west < self.east
        return across and self.north < other.south and other.north < self.south

    def contains(self, other: Bounds) -> bool:
        across = self.west <= other.west and other.east <= self.east
        return across and self.north <= other.north and other.south <= self.south

    def moved(self, turns: int) -> Bounds:
        """The same place, whole turns round the world further east."""
        return Bounds(west=self.west + turns, north=self.north, east=self.east + turns, south=self.south)

    def near(self, x: float) -> int:
        """How many turns to add to `x` to bring it next to the middle of the rectangle."""
        return round(self.middle[0] - x)


@dataclass(frozen=True, kw_only=True)
class MapView:
    """North up: which stretch of the world a picture of `width` × `height` pixels shows.

    `unit` is the size of a design pixel (as `Layout.unit`): line widths and letters are multiplied by it.
    """

    x: float  # world units at the left edge of the picture
    y: float  # world units at its upper edge
    scale: float  # pixels per world unit
    width: int
    height: int
    unit: float

    @classmethod
    def fitting(
        cls, points: Floats, rect: tuple[float, float, float, float], width: int, height: int, unit: float
    ) -> MapView:
        """All points (n, 2 world units) inside `rect` (left, top, right, bottom in pixels), as large as possible and
        centred; never closer than 150 m across the rectangle."""
        bounds = Bounds.of(points)
        left, top, right, bottom = rect
        least = 150.0 / metres_per_unit(bounds.middle[1])
        scale = min((right - left) / max(bounds.width, least), (bottom - top) / max(bounds.height, least))
        x = bounds.middle[0] - (left + right) / 2 / scale
        y = bounds.middle[1] - (top + bottom) / 2 / scale
        return cls(x=x, y=y, scale=scale, width=width, height=height, unit=unit)

    def pixels(self, points: Floats) -> Floats:
        """World units (…, 2) → pixels (…, 2)."""
        return (np.asarray(points) - (self.x, self.y)) * self.scale

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            west=self.x, north=self.y, east=self.x + self.width / self.scale, south=self.y + self.height / self.scale
        )

    @property
    def metres_per_pixel(self) -> float:
        """True on the ground in the middle of the picture."""
        return metres_per_unit(self.y + self.height / 2 / self.scale) / self.scale
