"""Several routes as one: end to end for the edit, apart for the eye. And a fleet's tracks as such a route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.fleet import Fleet
from pipeline.geo import distances_m
from pipeline.route import Line, Route

_MOST = 500  # points of an unbroken part


def joined(routes: Sequence[Route]) -> Route:
    """All lines one after the other, distances counted on; one route alone stays as it is."""
    if len(routes) == 1:
        return routes[0]
    lines, waypoints, begun = [], [], 0.0
    for route in routes:
        lines += [replace(line, along_m=line.along_m + begun) for line in _beside(route, routes[0])]
        waypoints += [replace(waypoint, along_m=waypoint.along_m + begun) for waypoint in route.waypoints]
        begun += route.distance_m
    ups = [route.ascent_m for route in routes if route.ascent_m is not None]
    downs = [route.descent_m for route in routes if route.descent_m is not None]
    return Route(
        name="",
        kind="recorded" if any(route.kind == "recorded" for route in routes) else "planned",
        lines=tuple(lines),
        waypoints=tuple(waypoints),
        distance_m=begun,
        ascent_m=sum(ups) if len(ups) == len(routes) else None,
        descent_m=sum(downs) if len(downs) == len(routes) else None,
        loop=False,
        notes=tuple(note for route in routes for note in route.notes),
    )


def _beside(route: Route, first: Route) -> list[Line]:
    """The lines on the same side of 180° as the first route."""
    turns = round((first.start[0] - route.start[0]) / 360.0)
    return [replace(line, lng=line.lng + 360.0 * turns) for line in route.lines]


def of_fleet(fleet: Fleet) -> Route:
    """All that is shown of a fleet, as lines one after the other, thinned: it says where the map is to be, and how far
    all drove. It has no start, finish, climb or clock."""
    lines, begun = [], 0.0
    first = fleet.vehicles[0].parts[0].lng[0]
    for vehicle in fleet.vehicles:
        for part in vehicle.parts:
            lng = part.lng + 360.0 * round((first - part.lng[0]) / 360.0)
            along = begun + np.concatenate([[0.0], np.cumsum(distances_m(part.lng, part.lat))])
            begun = float(along[-1])
            kept = np.unique(np.linspace(0, len(along) - 1, min(len(along), _MOST)).astype(int))
            nothing = np.full(len(kept), np.nan)
            lines.append(Line(lng=lng[kept], lat=part.lat[kept], ele_m=nothing, epoch_s=nothing, along_m=along[kept]))
    return Route(
        name="",
        kind="recorded",
        lines=tuple(lines),
        waypoints=(),
        distance_m=begun,
        ascent_m=None,
        descent_m=None,
        loop=False,
        notes=fleet.notes,
    )
