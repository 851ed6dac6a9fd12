"""The village: stone houses with slate roofs, drawn as solids in each frame."""

from __future__ import annotations

import math

import numpy as np
import skia

from pipeline.demo.ground import Pixels
from pipeline.demo.painting import HAZE, HAZE_M, View

_EAVES_M, _RIDGE_M, _BELOW_M = 4.6, 8.2, 1.5
# Corners: four at the foot, four at the eaves (length, width as signs), two at the ridge.
_SIGNS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)] * 2 + [(-1, 0), (1, 0)], np.float64)
_RISE = np.array([-_BELOW_M] * 4 + [_EAVES_M] * 4 + [_RIDGE_M] * 2)
_FACES = (  # corners in order, outward normal (length, width, up), roof?
    ((0, 1, 5, 4), (0, -1, 0), False),
    ((2, 3, 7, 6), (0, 1, 0), False),
    ((1, 2, 6, 9, 5), (1, 0, 0), False),
    ((3, 0, 4, 8, 7), (-1, 0, 0), False),
    ((4, 5, 9, 8), (0, -0.72, 0.69), True),
    ((6, 7, 8, 9), (0, 0.72, 0.69), True),
)
_SUN = np.array([-0.90, -0.20, 0.39])  # towards it: east, north, up
_STONE = ((214, 202, 178), (226, 220, 206), (196, 184, 160))
_SLATE = ((120, 120, 130), (112, 108, 112), (142, 110, 94))


def draw_houses(canvas: skia.Canvas, houses: Pixels, view: View, *, focal: float, horizon: float, width: int) -> None:
    """All houses in view, far ones first; of each the faces that look at the camera."""
    sin, cos = math.sin(view.heading), math.cos(view.heading)
    east, north = houses[:, 0] - view.x, houses[:, 1] - view.y
    z = east * sin + north * cos
    for i in np.argsort(-z, kind="stable"):
        side = abs(float(east[i] * cos - north[i] * sin))
        if 40 < z[i] < 1800 and side < 0.75 * z[i] + 20:
            _draw(canvas, houses[i], int(i), view, focal, horizon, width)


def _draw(
    canvas: skia.Canvas, house: Pixels, number: int, view: View, focal: float, horizon: float, width: int
) -> None:
    x, y, foot, half_length, half_width, turn = (float(value) for value in house)
    along, across = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
    flat = _SIGNS[:, :1] * half_length * along + _SIGNS[:, 1:] * half_width * across + (x - view.x, y - view.y)
    sin, cos = math.sin(view.heading), math.cos(view.heading)
    z = flat[:, 0] * sin + flat[:, 1] * cos
    u = width / 2 + (flat[:, 0] * cos - flat[:, 1] * sin) / z * focal
    v = horizon - (foot + _RISE - view.altitude_m) / z * focal
    haze = 1 - math.exp(-max(float(z.mean()) - 120, 0) / HAZE_M)
    for corners, normal, roof in _FACES:
        a, b, c = corners[:3]
        if (u[b] - u[a]) * (v[c] - v[a]) - (v[b] - v[a]) * (u[c] - u[a]) >= 0:
            continue  # seen from behind
        facing = np.array([*(normal[0] * along + normal[1] * across), normal[2]])
        light = 0.60 + 0.55 * max(0.0, float(facing @ _SUN))
        ink = np.array((_SLATE if roof else _STONE)[number % 3]) * light
        ink = ink + (255 * np.array(HAZE) - ink) * haze
        outline = skia.Path()
        outline.addPoly([skia.Point(float(u[k]), float(v[k])) for k in corners], True)
        colour = skia.Color(*(round(float(part)) for part in np.clip(ink, 0, 255)))
        canvas.drawPath(outline, skia.Paint(Color=colour, AntiAlias=True))
