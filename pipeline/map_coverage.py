"""Which stretch of the world a route wants of a map, and how much of the route a map covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.map_model import MapModel, MapWish
from pipeline.mercator import Bounds, metres_per_unit, world
from pipeline.route import Line

_NEAR_M = 600.0


def sampled(lines: Sequence[Line], most: int = 2000) -> Floats:
    """Points of all lines in world units, evenly thinned; the first line says on which side of 180° they lie."""
    points = np.concatenate([world(line.lng, line.lat) for line in lines])
    points = points[:: max(1, len(points) // most)]
    points[:, 0] += np.round(points[0, 0] - points[:, 0])
    return points


def wished(points: Floats, languages: Sequence[str], *, tiles: bool = False) -> MapWish:
    """The stretch that every shape of picture shows, a pulled-back view and the distance of a tilted one included.

    Tiles come in a limited number, so a wide stretch would be coarse: of them less is asked, and it is finer. Beyond
    it the map fades to paper.
    """
    bounds = Bounds.of(points)
    metre = 1 / metres_per_unit(bounds.middle[1])
    reach = max(bounds.width, bounds.height, 700 * metre)
    across = max(400 * metre, reach / 12)  # the closest that the camera comes, see `cartography.camera`
    # Measured over all platforms' frames: the route stands high in upright ones, so most is seen below it.
    north, south, aside = (1.2, 1.4, 1.2) if tiles else (1.9, 3.0, 2.5)
    seen = Bounds(
        west=bounds.west - aside * reach,
        north=max(0.0, bounds.north - north * reach),
        east=bounds.east + aside * reach,
        south=min(1.0, bounds.south + south * reach),
    )
    return MapWish(bounds=seen, pixel=across / 1080, languages=tuple(languages))


def covered(model: MapModel, points: Floats) -> float:
    """The share of points (n, 2) that have map data near."""
    if model.heights is not None and not (model.areas or model.lines or model.pictures):
        from pipeline.maps import heights

        return float(np.isfinite(heights.sampled(model.heights, points)).mean())
    near = np.zeros(len(points), np.bool_)
    for picture in model.pictures:
        box = picture.bounds
        near |= (
            (points[:, 0] >= box.west)
            & (points[:, 0] <= box.east)
            & (points[:, 1] >= box.north)
            & (points[:, 1] <= box.south)
        )
    shapes = [line.points for line in model.lines] + [ring for area in model.areas for ring in area.rings]
    if shapes:
        near |= _close(shapes, points)
    return float(near.mean())


def _close(shapes: Sequence[Floats], points: Floats) -> NDArray[np.bool_]:
    """Whether each point has a line of the map in its own cell of a grid or in one beside it."""
    cell = _NEAR_M / metres_per_unit(float(points[:, 1].mean()))
    corners = _dotted(shapes, cell)
    origin = points.min(axis=0) - 2 * cell
    columns, rows = (int(n) for n in (np.ptp(points, axis=0) / cell) + 5)
    at = np.floor((corners - origin) / cell).astype(np.int64)
    inside = (at >= 1).all(axis=1) & (at[:, 0] < columns - 1) & (at[:, 1] < rows - 1)
    grid = np.zeros((rows, columns), np.bool_)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            grid[at[inside, 1] + dy, at[inside, 0] + dx] = True
    own = np.floor((points - origin) / cell).astype(np.int64)
    return np.asarray(grid[own[:, 1], own[:, 0]])


def _dotted(shapes: Sequence[Floats], step: float) -> Floats:
    """The corners of all shapes, and points between those that are more than a step apart."""
    corners = np.concatenate(shapes)
    steps = np.diff(corners, axis=0)
    steps[np.cumsum([len(shape) for shape in shapes])[:-1] - 1] = 0  # from one shape to the next is no way
    counts = np.minimum(np.hypot(*steps.T) / step, 2000).astype(np.int64)
    long = np.flatnonzero(counts)[:200_000]
    share = np.concatenate([(np.arange(n) + 1) / (n + 1) for n in counts[long]]) if len(long) else np.zeros(0)
    between = (
        np.repeat(corners[long], counts[long], axis=0) + np.repeat(steps[long], counts[long], axis=0) * share[:, None]
    )
    return np.concatenate([corners, between])
