"""The stretches of a route that lie near a flight, cut into even cells for matching.

A route may have 100 000 points over 100 km while a flight touches one kilometre of it: coarse cells find
the stretches in question, fine cells are made only there. Gaps between lines have no length along the
route, but they do take flying: short ones become cells whose distance along the route stands still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats, distances_m, flat
from pipeline.route import Route
from pipeline.sync.steady import CameraPath

GAP_M = 2000.0  # gaps up to this can be flown over; longer ones part the route for good
COARSE_M, FINE_M = 25.0, 3.0
MOST_COARSE, MOST_FINE = 40_000, 4_000  # cells
MARGIN_M = 150.0  # cells this much further than the nearest one are still considered
SPOTS = 200  # places of the camera that are looked at to find the stretches


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Even steps along the route. Walls, at both ends and between stretches that do not hang together,
    are cells that nothing can enter."""

    metres: Floats  # (n, 2) in the frame of the camera path
    along_m: Floats  # (n,) never falls within a stretch
    heading: Floats  # (n, 2) unit vectors forward along the route; zero where it has no direction
    wall: NDArray[np.bool_]
    step_m: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Chain:
    """Lines joined over small gaps. `way_m` is the distance with the gaps counted, from 0."""

    way_m: Floats
    along_m: Floats
    lng: Floats
    lat: Floats

    def at(self, way_m: Floats, origin: tuple[float, float]) -> Floats:
        lng, lat = (np.interp(way_m, self.way_m, column) for column in (self.lng, self.lat))
        return flat(lng, lat, origin)


def nearest_m(route: Route, path: CameraPath) -> float:
    """The closest that the camera came to the route, to about the size of a coarse cell."""
    return float(min(_nearest(path, grid).min() for _, _, grid in _coarse(route, path)))


def cells_near(route: Route, path: CameraPath) -> Cells:
    """Every stretch of the route that could be the nearest to some part of the flight."""
    coarse = _coarse(route, path)
    nearest = np.min([_nearest(path, grid) for _, _, grid in coarse], axis=0)
    stretches = []
    for chain, way, grid in coarse:
        wanted = np.zeros(len(way), np.bool_)
        for spot, least in zip(_spots(path), nearest, strict=True):
            wanted |= np.hypot(*(grid - spot).T) <= least + MARGIN_M + COARSE_M
        stretches += [(chain, start, end) for start, end in _runs(way, wanted)]
    total = sum(end - start for _, start, end in stretches)
    return _cut(stretches, max(FINE_M, total / MOST_FINE), path)


def _cut(stretches: list[tuple[_Chain, float, float]], step_m: float, path: CameraPath) -> Cells:
    # Wall enough that the longest possible step cannot leap it: 1.5 × 60 m/s + 2 m/s.
    walls = int(np.ceil(92.0 * path.step_s / step_m)) + 1
    metres, along, heading, wall = [], [], [], []
    for chain, start, end in stretches:
        way = start + step_m * np.arange(int(np.ceil((end - start) / step_m)) + 1)
        way = np.minimum(way, end)  # the last step may be shorter, so that the very end is a cell
        spots = chain.at(way, path.origin)
        ahead = np.gradient(spots, axis=0) if len(way) > 1 else np.zeros_like(spots)
        size = np.hypot(*ahead.T)[:, None]
        closed = np.ones(walls, np.bool_)
        distance = np.interp(way, chain.way_m, chain.along_m)
        metres.append(np.pad(spots, ((walls, walls), (0, 0)), mode="edge"))
        along.append(np.pad(distance, walls, mode="edge"))
        heading.append(np.pad(ahead / np.where(size > 0, size, 1.0), ((walls, walls), (0, 0))))
        wall.append(np.concatenate([closed, np.zeros(len(way), np.bool_), closed]))
    return Cells(
        metres=np.concatenate(metres),
        along_m=np.concatenate(along),
        heading=np.concatenate(heading),
        wall=np.concatenate(wall),
        step_m=step_m,
    )


def _chains(route: Route) -> list[_Chain]:
    groups: list[list[tuple[Floats, Floats, Floats, Floats]]] = []
    end: tuple[float, float] | None = None
    way = 0.0
    for line in route.lines:
        lng, lat = line.lng, line.lat
        if end is not None:
            lng = lng - 360.0 * np.round((lng[0] - end[0]) / 360.0)  # the short way round
            gap = float(distances_m(np.array([end[0], lng[0]]), np.array([end[1], lat[0]]))[0])
        if end is None or gap > GAP_M:
            groups.append([])
            way, gap = 0.0, 0.0
        way += gap
        groups[-1].append((way + line.along_m - line.along_m[0], line.along_m, lng, lat))
        way = float(groups[-1][-1][0][-1])
        end = float(lng[-1]), float(lat[-1])
    return [
        _Chain(
            **dict(
                zip(
                    ("way_m", "along_m", "lng", "lat"),
                    map(np.concatenate, zip(*group, strict=True)),
                    strict=True,
                )
            )
        )
        for group in groups
    ]


def _coarse(route: Route, path: CameraPath) -> list[tuple[_Chain, Floats, Floats]]:
    chains = _chains(route)
    step = max(COARSE_M, sum(float(chain.way_m[-1]) for chain in chains) / MOST_COARSE)
    out = []
    for chain in chains:
        way = np.linspace(0.0, chain.way_m[-1], int(np.ceil(chain.way_m[-1] / step)) + 1)
        out.append((chain, way, chain.at(way, path.origin)))
    return out


def _spots(path: CameraPath) -> Floats:
    seen = path.metres[path.seen]
    picked = np.linspace(0, len(seen) - 1, min(SPOTS, len(seen))).round().astype(int)
    return np.asarray(seen[picked], np.float64)


def _nearest(path: CameraPath, grid: Floats) -> Floats:
    return np.array([np.hypot(*(grid - spot).T).min() for spot in _spots(path)])


def _runs(way: Floats, wanted: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Stretches of wanted cells with some room at both ends; those that then touch are one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    runs: list[tuple[float, float]] = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        start = max(float(way[first]) - MARGIN_M, 0.0)
        end = min(float(way[after - 1]) + MARGIN_M, float(way[-1]))
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs
