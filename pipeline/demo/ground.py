"""The shape of an invented valley: hills of layered noise, three meres; in metres from its middle.

Two grids of the same ground: `near` is the valley in which the walk lies, `far` the fells around it up to
the horizon. Rows run from north to south, like a picture. The sun stands exactly in the west, so that a
shadow is a running maximum along a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.geo import EARTH_RADIUS_M

Pixels = NDArray[np.float32]
Reals = NDArray[np.floating[Any]]

ORIGIN = (-2.3000, 54.2000)  # lng, lat of the middle: open moorland, no place on the ground
NEAR_M, FAR_M = 3072.0, 20480.0  # side of each square
NEAR_CELLS, FAR_CELLS = 2048, 1024
SEED = 20261205
SUN_ELEVATION = 0.42  # tangent: late afternoon


@dataclass(frozen=True, kw_only=True)
class Mere:
    name: str
    x: float  # metres east
    y: float  # metres north
    along: float  # half axes in metres
    across: float
    turn: float  # radians


MERES = (
    Mere(name="Swallow Mere", x=-500.0, y=300.0, along=300.0, across=130.0, turn=1.15),
    Mere(name="Kettle Mere", x=420.0, y=420.0, along=250.0, across=125.0, turn=-0.35),
    Mere(name="Lang Mere", x=400.0, y=-420.0, along=260.0, across=120.0, turn=1.0),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """Heights in metres above sea level (float32, north at the top) and where there is water (0 to 1)."""

    near: Pixels
    far: Pixels
    water: Pixels  # on the near grid

    def height(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground height at places in the near square, bilinear."""
        cell = NEAR_M / NEAR_CELLS
        column = np.clip((np.asarray(x) + NEAR_M / 2) / cell - 0.5, 0, NEAR_CELLS - 2)
        row = np.clip((NEAR_M / 2 - np.asarray(y)) / cell - 0.5, 0, NEAR_CELLS - 2)
        i, j = row.astype(int), column.astype(int)
        v, u = row - i, column - j
        top = self.near[i, j] * (1 - u) + self.near[i, j + 1] * u
        bottom = self.near[i + 1, j] * (1 - u) + self.near[i + 1, j + 1] * u
        return np.asarray(top * (1 - v) + bottom * v, np.float64)


def lng_lat(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres east and north → degrees; the inverse of `geo.flat` at `ORIGIN`."""
    lat = ORIGIN[1] + np.degrees(np.asarray(y) / EARTH_RADIUS_M)
    lng = ORIGIN[0] + np.degrees(np.asarray(x) / (EARTH_RADIUS_M * np.cos(np.radians(ORIGIN[1]))))
    return lng, lat


def smooth(low: float, high: float, value: Reals) -> Pixels:
    """0 below `low`, 1 above `high`, an S between (either order)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def noise(cell_m: float, side_m: float, cells: int, *, salt: int = 0) -> Pixels:
    """Smooth noise of about ±1 with features of `cell_m`, on a square grid round the middle.

    Features wider than 100 m continue from the near square into the far one.
    """
    whole = FAR_M if cell_m >= 100 else NEAR_M
    count = round(whole / cell_m) + 8
    rng = np.random.Generator(np.random.PCG64([SEED, round(cell_m * 16), salt]))
    lattice = Image.fromarray(rng.uniform(-1.3, 1.3, (count, count)).astype(np.float32))
    middle, half = count / 2, side_m / cell_m / 2
    box = (middle - half, middle - half, middle + half, middle + half)
    return np.asarray(lattice.resize((cells, cells), Image.Resampling.BICUBIC, box=box), np.float32)


def axes(side_m: float, cells: int) -> tuple[Pixels, Pixels]:
    """Metres east (one row) and north (one column) of the cells' middles."""
    steps = (np.arange(cells, dtype=np.float32) + 0.5) * (side_m / cells) - side_m / 2
    return steps[None, :], -steps[:, None]


def _hills(side_m: float, cells: int) -> Pixels:
    """The land before the meres: a gentle bowl with a rim of fells that rise outwards."""
    coarse = min(cells, 512 if side_m <= NEAR_M else cells)  # broad forms need few cells
    x, y = axes(side_m, coarse)
    radius = np.sqrt(x * x + y * y)
    rim = smooth(650, 3600, radius)
    land = 235.0 + rim * 150 + smooth(2200, 6500, radius) * 110
    for cell_m, rise_m in ((3200, 46), (1600, 30), (800, 17), (400, 9), (200, 5.0), (100, 2.4)):
        layer = noise(cell_m, side_m, coarse)
        land += layer * (rise_m * (0.55 + 1.1 * rim))
        if cell_m >= 400:  # ridges: the sharp lines of the fells
            land += (1 - np.abs(layer)) ** 2 * rim * (rise_m * 3.2)
    if coarse == cells:
        return np.asarray(land, np.float32)
    broad = Image.fromarray(np.asarray(land, np.float32)).resize((cells, cells), Image.Resampling.BICUBIC)
    fine = noise(48, side_m, cells) + noise(24, side_m, cells) * 0.5 + noise(12, side_m, cells) * 0.25
    return np.asarray(np.asarray(broad, np.float32) + fine, np.float32)


def make_ground() -> Ground:
    """The valley; the same on every machine."""
    near, far = _hills(NEAR_M, NEAR_CELLS), _hills(FAR_M, FAR_CELLS)
    x, y = axes(NEAR_M, NEAR_CELLS)
    wobble = noise(160, NEAR_M, NEAR_CELLS, salt=1) * 0.16 + noise(48, NEAR_M, NEAR_CELLS, salt=1) * 0.05
    water = np.zeros_like(near)
    for mere in MERES:
        cos, sin = np.cos(mere.turn), np.sin(mere.turn)
        along, across = (x - mere.x) * cos + (y - mere.y) * sin, (y - mere.y) * cos - (x - mere.x) * sin
        away = np.sqrt((along / mere.along) ** 2 + (across / mere.across) ** 2).astype(np.float32) + wobble
        shore = near[np.abs(away - 1.0) < 0.03]
        level = float(np.percentile(shore, 20)) - 1.0
        bank = level + (away - 1.0) * np.where(away < 1, 14.0, 22.0)
        near = near + (bank - near) * smooth(2.1, 0.95, away)
        water = np.maximum(water, smooth(level + 0.12, level - 0.12, near) * (away < 1.3))
        near = np.where(away < 1.3, np.maximum(near, level), near)
    return Ground(near=np.asarray(near, np.float32), far=far, water=np.asarray(water, np.float32))
