"""What stands in the valley and where: trees, walled fields, the village; places, no pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.demo.ground import NEAR_M, SEED, Ground, Pixels, noise, smooth
from pipeline.demo.walk import Loop

House = tuple[float, float, float, float, float]  # east, north, half length, half width, turn


@dataclass(frozen=True, kw_only=True, eq=False)
class Trees:
    x: Pixels
    y: Pixels
    radius_m: Pixels
    kind: NDArray[np.int64]  # which of the six kinds
    wood: NDArray[np.bool_]  # stands among others

    def only(self, chosen: NDArray[np.bool_]) -> Trees:
        return Trees(
            x=self.x[chosen],
            y=self.y[chosen],
            radius_m=self.radius_m[chosen],
            kind=self.kind[chosen],
            wood=self.wood[chosen],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Fields:
    cells: list[tuple[skia.Path, int]]  # outline and colour (ARGB)
    walls: skia.Path
    houses: list[House]


def _sample(grid: Pixels, x: Pixels, y: Pixels) -> Pixels:
    cell = NEAR_M / grid.shape[0]
    column = np.clip((x + NEAR_M / 2) / cell, 0, grid.shape[1] - 1).astype(int)
    row = np.clip((NEAR_M / 2 - y) / cell, 0, grid.shape[0] - 1).astype(int)
    return np.asarray(grid[row, column], np.float32)


def _away_from(loop: Loop, x: Pixels, y: Pixels) -> Pixels:
    """Metres from the path, good enough for planting."""
    px, py = loop.x[::2].astype(np.float32), loop.y[::2].astype(np.float32)
    nearest = [
        np.hypot(a[:, None] - px, b[:, None] - py).min(axis=1)
        for a, b in zip(np.array_split(x, 32), np.array_split(y, 32), strict=True)
    ]
    return np.concatenate(nearest)


def plant_trees(ground: Ground, loop: Loop) -> Trees:
    """Woods where a noise says so, and single trees anywhere that is not water, path or a steep place."""
    rng = np.random.Generator(np.random.PCG64([SEED, 77]))
    spacing = 8.5
    count = int(NEAR_M / spacing)
    x, y = np.meshgrid(np.arange(count) * spacing, np.arange(count) * spacing)
    x = (x.ravel() + rng.uniform(-3.6, 3.6, x.size) - NEAR_M / 2).astype(np.float32)
    y = (y.ravel() + rng.uniform(-3.6, 3.6, y.size) - NEAR_M / 2).astype(np.float32)
    wood = noise(320, NEAR_M, 512, salt=9) * 0.7 + noise(130, NEAR_M, 512, salt=9) * 0.45
    density = smooth(0.50, 0.66, _sample(wood, x, y)) + 0.006
    chosen = (rng.uniform(size=x.size) < density) & (_sample(ground.water, x, y) < 0.02)
    x, y, density = x[chosen], y[chosen], density[chosen]
    clear = _away_from(loop, x, y) > 9
    x, y, density = x[clear], y[clear], density[clear]
    radius = rng.uniform(3.0, 5.6, x.size).astype(np.float32) * np.where(density < 0.1, 0.9, 1.0)
    kind = rng.integers(0, 6, x.size)
    return Trees(x=x, y=y, radius_m=radius.astype(np.float32), kind=kind, wood=density > 0.12)


def singles(trees: Trees, ground: Ground) -> Pixels:
    foot = ground.height(trees.x.astype(np.float64), trees.y.astype(np.float64))
    return np.stack([trees.x, trees.y, foot, trees.radius_m, trees.kind], axis=1).astype(np.float32)


def founded(houses: list[House], ground: Ground) -> Pixels:
    rows = np.array(houses, np.float64)
    foot = ground.height(rows[:, 0], rows[:, 1])
    return np.column_stack([rows[:, :2], foot, rows[:, 2:]]).astype(np.float32)


def lay_fields(ground: Ground, loop: Loop) -> Fields:
    """Crooked walled fields round the village and along the valley floor, and the village itself."""
    rng = np.random.Generator(np.random.PCG64([SEED, 78]))
    wide, high, rows = 128.0, 92.0, 26
    turn = 0.32
    shift = rng.uniform(0, 1, rows + 1)
    tints = [0x849CA84E, 0x84D2BF6E, 0x846E9C3C, 0x84B9B45A, 0x8488AA46, 0x725C8F3A, 0x8ADACB82]

    def corner(i: int, j: float) -> tuple[float, float]:
        a, b = (j - 13) * wide, (i - rows / 2) * high
        a, b = a + 16 * np.sin(b / 130 + 1.0), b + 18 * np.sin(a / 170 + i) * 0.6
        return float(a * np.cos(turn) - b * np.sin(turn)), float(a * np.sin(turn) + b * np.cos(turn))

    cells, walls = [], skia.Path()
    allowed = noise(500, NEAR_M, 256, salt=5)
    for i in range(rows):
        for j in range(26):
            left, right = j + shift[i], j + 1 + shift[i] + 0.0
            corners = [corner(i, left), corner(i, right), corner(i + 1, right), corner(i + 1, left)]
            cx, cy = np.mean(corners, axis=0)
            spots = np.array([*corners, (cx, cy)], np.float32)
            tint = tints[int(rng.integers(0, len(tints)))]
            if np.hypot(cx, cy) > 1350 or _sample(ground.water, spots[:, 0], spots[:, 1]).max() > 0:
                continue
            if float(_sample(allowed, spots[-1:, 0], spots[-1:, 1])[0]) < -0.12:
                continue
            outline = skia.Path()
            outline.addPoly([skia.Point(*p) for p in _wavering(corners)], True)
            cells.append((outline, tint))
            walls.addPath(outline)
    houses: list[House] = []
    for _ in range(34):
        along, aside = float(rng.normal(0.078, 0.010)), float(rng.normal(0, 48))
        x, y = (float(value) for value in loop.at(np.array(along * loop.length_m)))
        x, y = x + aside * 0.5, y + aside * 0.85
        clear = np.hypot(loop.x - x, loop.y - y).min() > 17
        if clear and all(np.hypot(x - house[0], y - house[1]) > 27 for house in houses):
            half_length, half_width = float(rng.uniform(6.5, 11)), float(rng.uniform(4.0, 5.0))
            houses.append((x, y, half_length, half_width, float(rng.choice([0.3, 1.87]))))
    return Fields(cells=cells, walls=walls, houses=houses)


def _wavering(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The outline with a little bend in each side, the same for the two fields that share it."""
    points = []
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        for share in (0.0, 0.25, 0.5, 0.75):
            x, y = ax + (bx - ax) * share, ay + (by - ay) * share
            points.append((x + 2.2 * np.sin(y / 21 + x / 47), y + 2.2 * np.sin(x / 19 - y / 53)))
    return points
