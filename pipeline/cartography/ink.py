"""The route as ink on a map: casing, the line to come, the line walked, marks that point the way.

Everything here is drawn in *ground* pixels (see `lens`): the caller's canvas has the matrix that lays them into the
frame, so the same ink lies on a flat overview and on a tilted map. Several routes in one picture differ by pattern and
symbol as well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import skia

from pipeline.cartography.world_line import Stretch
from pipeline.colours import readable
from pipeline.geo import Floats
from pipeline.overlays.paint import fill, polyline, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import stretch

Pattern = Literal["solid", "dashes", "dots", "hollow", "ticks", "dash-dot"]
Symbol = Literal["circle", "square", "triangle", "diamond", "hexagon", "star"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
SYMBOLS: tuple[Symbol, ...] = get_args(Symbol)

WALKED, AHEAD, CASING = 13.0, 8.0, 21.0  # line widths in design pixels
CHEVRONS = 150.0  # design pixels between two marks, at least
_CORNER = 9.0  # corners of the line are rounded, which calms the zigzag of satellites

# What is laid over the line in the casing's colour: dashes (on, off) and their width, in widths of the line.
_LAID: dict[Pattern, tuple[tuple[float, ...], float]] = {
    "dashes": ((1.2, 2.6), 1.0),
    "dots": ((0.02, 1.9), 0.62),
    "hollow": ((), 0.42),
    "ticks": ((0.36, 1.1), 1.0),
    "dash-dot": ((0.9, 1.6, 0.05, 1.6), 0.62),
}


@dataclass(frozen=True, kw_only=True)
class RouteInk:
    """How one route looks. `pattern` tells its line, `symbol` its sign, from those of other routes."""

    colour: str
    casing: str
    todo: str
    pattern: Pattern = "solid"
    symbol: Symbol = "circle"
    name: str = ""

    @classmethod
    def of(cls, palette: Palette) -> RouteInk:
        casing = palette.route_casing
        return cls(colour=readable(palette.route, casing, 3.0), casing=casing, todo=readable(palette.todo, casing, 3.0))


def inks(names: Sequence[str], colours: Sequence[str], casing: str, todo: str) -> tuple[RouteInk, ...]:
    """An ink for each of several routes, none with the pattern and symbol of another (of up to 36), colours in
    turn."""
    count = len(PATTERNS)
    return tuple(
        RouteInk(
            colour=readable(colours[k % len(colours)], casing, 3.0),
            casing=casing,
            todo=todo,
            pattern=PATTERNS[k % count],
            symbol=SYMBOLS[(k + k // count) % count],
            name=name,
        )
        for k, name in enumerate(names)
    )


def visible(pieces: Iterable[Stretch], bounds: tuple[float, float, float, float]) -> list[Stretch]:
    """The runs of the lines (ground pixels) that may be seen in bounds (left, top, right, bottom)."""
    left, top, right, bottom = bounds
    out = []
    for points, along in pieces:
        low, high = np.minimum(points[:-1], points[1:]), np.maximum(points[:-1], points[1:])
        seen = (high[:, 0] >= left) & (low[:, 0] <= right) & (high[:, 1] >= top) & (low[:, 1] <= bottom)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            out.append((points[first : last + 1], along[first : last + 1]))
    return out


def paint_route(
    canvas: skia.Canvas,
    pieces: Sequence[Stretch],
    ink: RouteInk,
    unit: float,
    *,
    walked_m: float,
    metres_per_pixel: float,
    gaps_m: Sequence[float] = (),
) -> None:
    """The line (pieces in ground pixels) to come and, up to `walked_m`, walked, with marks that point the way except
    close to the distances `gaps_m` (where pins, discs and the marker stand)."""
    done = [piece for points, along in pieces if (piece := _cut(points, along, -math.inf, walked_m))]
    left = [piece for points, along in pieces if (piece := _cut(points, along, walked_m, math.inf))]
    calm = skia.CornerPathEffect.Make(_CORNER * unit)
    paths = {id(piece): polyline(piece[0]) for piece in (*done, *left)}

    def lay(some: Sequence[Stretch], colour: str, width: float, alpha: float = 1.0) -> None:
        paint = stroke(colour, width * unit, alpha)
        paint.setPathEffect(calm)
        for piece in some:
            canvas.drawPath(paths[id(piece)], paint)

    lay([*left, *done], "#000000", CASING + 4, 0.16)
    lay([*left, *done], ink.casing, CASING)
    lay(left, ink.todo, AHEAD)
    lay(done, ink.colour, WALKED)
    for piece in done:
        _pattern(canvas, paths[id(piece)], ink, WALKED * unit, float(piece[1][0]) / metres_per_pixel, calm)
    if ink.pattern == "solid":
        _chevrons(canvas, done, ink.colour, ink, unit, metres_per_pixel, gaps_m)
        _chevrons(canvas, left, ink.todo, ink, unit, metres_per_pixel, gaps_m)


def _cut(points: Floats, along: Floats, start: float, end: float) -> Stretch | None:
    part = stretch(along, np.column_stack([points, along]), start, end)
    return None if part is None else (part[:, :2], part[:, 2])


def _pattern(
    canvas: skia.Canvas, path: skia.Path, ink: RouteInk, width: float, begun: float, calm: skia.PathEffect
) -> None:
    """What makes the line one of a kind; `begun`: pixels of line before this piece."""
    if ink.pattern == "solid":
        return
    dashes, share = _LAID[ink.pattern]
    paint = stroke(ink.casing, width * share)
    effect = calm
    if dashes:
        lengths = [dash * width for dash in dashes]
        effect = skia.PathEffect.MakeCompose(skia.DashPathEffect.Make(lengths, begun % sum(lengths)), calm)
    if ink.pattern in ("dashes", "ticks"):
        paint.setStrokeCap(skia.Paint.kButt_Cap)
    paint.setPathEffect(effect)
    canvas.drawPath(path, paint)


def _chevrons(
    canvas: skia.Canvas,
    pieces: Sequence[Stretch],
    colour: str,
    ink: RouteInk,
    unit: float,
    metres_per_pixel: float,
    gaps_m: Sequence[float],
) -> None:
    """Arrow heads that stay at their places: their distances are halved and doubled as the map grows and shrinks, new
    ones fading in."""
    level = math.log2(CHEVRONS * unit * metres_per_pixel)
    step = 2.0 ** math.ceil(level)
    fresh = min(1.0, max(0.0, (math.ceil(level) - level - 0.55) / 0.45))
    reach = 7.5 * unit
    for offset, alpha in ((0.5 * step, 1.0), (0.0, fresh)):
        if alpha <= 0:
            continue
        path = skia.Path()
        for points, along in pieces:
            for tip, way in _pointers(points, along, offset, step, reach * metres_per_pixel, gaps_m, unit):
                _head(path, tip, way, reach)
        canvas.drawPath(path, stroke(ink.casing, 9.5 * unit, alpha))
        canvas.drawPath(path, stroke(colour, 4.6 * unit, alpha))


def _pointers(
    points: Floats, along: Floats, offset: float, step: float, near_m: float, gaps_m: Sequence[float], unit: float
) -> list[tuple[Floats, Floats]]:
    """Places and directions of marks on a piece, where the line runs straight enough to point anywhere."""
    first = math.ceil((along[0] + 2 * near_m - offset) / step)
    count = min(400, math.floor((along[-1] - 2 * near_m - offset) / step) - first + 1)
    at = offset + (first + np.arange(max(0, count))) * step
    clear = 5.2 * near_m
    for gap in gaps_m:
        at = at[np.abs(at - gap) > clear]
    places, before, after = (
        np.stack([np.interp(at + by, along, points[:, axis]) for axis in (0, 1)], axis=-1)
        for by in (0.0, -1.6 * near_m, 1.6 * near_m)
    )
    way = after - before
    length = np.hypot(*way.T)
    straight = length > 0.75 * 3.2 * 7.5 * unit
    return list(zip(places[straight], way[straight] / length[straight, None], strict=True))


def _head(path: skia.Path, tip: Floats, way: Floats, reach: float) -> None:
    x, y = (tip + way * reach * 0.7).tolist()
    across = np.array([-way[1], way[0]])
    for side in (1, -1):
        wing = tip - way * reach * 0.7 + across * side * reach * 1.25
        if side == 1:
            path.moveTo(*wing.tolist())
            path.lineTo(x, y)
        else:
            path.lineTo(*wing.tolist())


def paint_symbol(canvas: skia.Canvas, x: float, y: float, radius: float, ink: RouteInk) -> None:
    """The sign of a route, centred at x, y: its shape alone tells it from the others."""
    path = symbol(ink.symbol, x, y, radius)
    canvas.drawPath(path, stroke(ink.casing, radius * 0.5))
    canvas.drawPath(path, fill(ink.colour))


def symbol(kind: Symbol, x: float, y: float, radius: float) -> skia.Path:
    """All kinds cover about the same area."""
    path = skia.Path()
    if kind == "circle":
        path.addCircle(x, y, radius * 0.95)
        return path
    corners, turn, size = {
        "square": (4, math.pi / 4, 1.18),
        "diamond": (4, 0.0, 1.22),
        "triangle": (3, 0.0, 1.4),
        "hexagon": (6, 0.0, 1.04),
        "star": (10, 0.0, 1.45),
    }[kind]
    angle = turn + np.arange(corners) * 2 * math.pi / corners
    reach = radius * size * np.where((np.arange(corners) % 2 == 1) & (kind == "star"), 0.48, 1.0)
    ring = np.stack([x + reach * np.sin(angle), y - reach * np.cos(angle)], axis=-1)
    path.addPoly([skia.Point(px, py) for px, py in ring.tolist()], True)
    return path
