"""Which small ways are left out because they would crowd: a city's pavements go long before the only path on a hill."""

from __future__ import annotations

import numpy as np

from pipeline.cartography.ground_scale import fineness
from pipeline.cartography.ground_shapes import Flags, Runs
from pipeline.geo import Floats
from pipeline.mercator import MapView

CELL = 48.0  # design pixels
SHORT = 60.0  # design pixels: shorter pieces need more room, or scraps of ways are left in a city
ROOM = (
    (1.0, 9.0),
    (1.5, 16.0),
    (2.0, 26.0),
    (4.0, 44.0),
    (8.0, 46.0),
    (16.0, 70.0),
)  # metres per design pixel, design pixels


def crowded(runs: Runs, view: MapView) -> Flags:
    """For each run of lines, whether the lines around it are on average closer together than suits the scale."""
    cell = CELL * view.unit
    columns, rows = int(view.width / cell) + 3, int(view.height / cell) + 3
    middles = (runs.points[1:] + runs.points[:-1]) / 2
    lengths = np.hypot(*(runs.points[1:] - runs.points[:-1]).T)
    lengths[runs.starts[1:-1] - 1] = 0.0  # from the end of one run to the start of the next
    x = np.clip((middles[:, 0] / cell).astype(np.intp) + 1, 0, columns - 1)
    y = np.clip((middles[:, 1] / cell).astype(np.intp) + 1, 0, rows - 1)
    inked: Floats = np.bincount(y * columns + x, lengths, rows * columns).reshape(rows, columns).astype(np.float64)
    around = _mean_of_nine(inked)[y, x] * lengths
    at = runs.starts[:-1]
    own = np.maximum(np.add.reduceat(np.append(lengths, 0.0), at), 1e-9)
    density = np.add.reduceat(np.append(around, 0.0), at) / own  # pixels of line in a cell
    metres, room = zip(*ROOM, strict=True)
    least = np.interp(np.log2(fineness(view)), np.log2(metres), room) * view.unit
    short = np.clip(SHORT * view.unit / own, 1.0, 2.5)
    flags: Flags = density * short > cell * cell / least
    return flags


def _mean_of_nine(grid: Floats) -> Floats:
    padded = np.pad(grid, 1)
    rows, columns = grid.shape
    total: Floats = np.zeros_like(grid)
    for down in range(3):
        for right in range(3):
            total += padded[down : down + rows, right : right + columns]
    return total / 9
