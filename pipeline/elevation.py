"""Heights for a route that has none, from a height model at hand; remembered, so that the model is read once."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from pipeline import walking
from pipeline.basemaps import Basemap
from pipeline.files import Store
from pipeline.fingerprints import fingerprint
from pipeline.maps import heights
from pipeline.mercator import world
from pipeline.route import Line, Route

_ENOUGH = 0.95  # of the points must have a height


def with_heights(route: Route, source: Basemap, store: Store) -> Route:
    """The route with heights of the land where the file has none, and the climb that follows; unchanged where it has
    its own, or where the source does not cover it."""
    if route.ascent_m is not None or route.kind == "waypoints":
        return route
    places = hashlib.sha256(b"".join(line.lng.tobytes() + line.lat.tobytes() for line in route.lines)).hexdigest()
    name = fingerprint([source.fingerprint, places])
    columns = store.recall("heights", name)
    if not isinstance(columns, list) or [len(column) for column in columns] != [len(line.lng) for line in route.lines]:
        grid = source.model().heights
        if grid is None:
            return route
        found = [heights.sampled(grid, world(line.lng, line.lat)) for line in route.lines]
        columns = [[None if np.isnan(ele) else round(float(ele), 2) for ele in column] for column in found]
        store.remember("heights", name, columns)
    lines = tuple(_filled(line, column) for line, column in zip(route.lines, columns, strict=True))
    if np.isfinite(np.concatenate([line.ele_m for line in lines])).mean() < _ENOUGH:
        return route
    up, down = zip(*(walking.climb(line.along_m, line.ele_m) for line in lines), strict=True)
    note = f"The heights come from {source.name}, because the file has none."
    return replace(route, lines=lines, ascent_m=sum(up), descent_m=sum(down), notes=(*route.notes, note))


def _filled(line: Line, column: list[float | None]) -> Line:
    return replace(line, ele_m=np.array([np.nan if ele is None else ele for ele in column], np.float64))
