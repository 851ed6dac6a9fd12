"""How steep and how high land is, and the light that falls on it.

What is told of a grid as a whole (how far hills are stretched, between which heights colours change) does not depend on
the view, so that pictures of neighbouring stretches fit together.
"""

from __future__ import annotations

import numpy as np

from pipeline.cartography.field import Field, Grid
from pipeline.map_model import Heights
from pipeline.mercator import metres_per_unit

_STEEP = 0.62  # what a steep slope of the grid becomes before it is lit …
_STRETCH = (0.9, 4.0)  # … within these
_UP = 0.72  # sine of the height of the light


def light(field: Field, stretch: float) -> Grid:
    """How much brighter (to about 1) or darker (to about -1) than level ground each cell is: a sun in the north-west,
    softened by three lesser ones where it would only graze the slope."""
    down, across = np.gradient(field.ele_m)
    down *= stretch / field.metres
    across *= stretch / field.metres
    steep = across * across + down * down
    upright = 1 / np.sqrt(1 + steep)
    level = np.sqrt(1 - _UP * _UP)
    total = np.zeros_like(steep)
    for east, south, main in ((-0.7071, -0.7071, 0.62), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (-0.7071, 0.7071, 0.0)):
        facing = -(across * east + down * south)
        lit = (facing * level + _UP) * upright - _UP
        grazing = 1 - facing * facing / (steep + 1e-6)
        total += lit * (main + 0.19 * grazing)
    return np.asarray(np.tanh(total * 1.6), np.float32)


def stretching(heights: Heights) -> float:
    """How much higher hills are made before they are lit: gentle land is stretched, mountains are not. One number for
    the whole grid, so that pictures of neighbouring stretches fit together."""
    return float(np.clip(_STEEP / max(steepness(heights), 1e-3), *_STRETCH))


def steepness(heights: Heights, percent: float = 90, apart: int = 1) -> float:
    """The slope (rise over run) that so much of the land stays under; of sloping land only, and measured between
    samples at least `apart` from each other."""
    thin = max(apart, int(np.sqrt(heights.ele_m.size / 250_000)))
    rows = slice(None, None, thin)
    ele = heights.ele_m[rows, rows].astype(np.float32)
    if min(ele.shape) < 2:
        return 0.0
    y, x = heights.y[rows], heights.x[rows]
    metres = np.array([metres_per_unit(float(at)) for at in y])[:, None]
    across = np.diff(ele, axis=1)[:-1] / (np.diff(x)[None, :] * metres[:-1])
    down = np.diff(ele, axis=0)[:, :-1] / (np.diff(y)[:, None] * metres[:-1])
    slope = np.hypot(across, down)
    sloping = slope[slope > 0.004]
    return float(np.percentile(sloping, percent)) if len(sloping) > 0.002 * slope.size + 4 else 0.0


def spread_m(heights: Heights) -> tuple[float, float]:
    """The lowest and the highest land of the whole grid, without its extremes: neighbouring pictures fit together."""
    thin = max(1, int(np.sqrt(heights.ele_m.size / 250_000)))
    ele = heights.ele_m[::thin, ::thin]
    ele = ele[np.isfinite(ele)]
    if not len(ele):
        return 0.0, 0.0
    above = ele[ele > 0.5]
    low, high = np.percentile(above if len(above) else ele, (1, 99.5))
    return float(low), float(high)
