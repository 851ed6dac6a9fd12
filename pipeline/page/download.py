"""The route to take away: GPX 1.1 with heights and named places, without times and without anything that was hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.page.say import line as one_line
from pipeline.route import Line, Route


def gpx(route: Route, lines: Sequence[Line], *, title: str, summary: str = "") -> str:
    """The route as GPX 1.1: lines with heights and the named places; no times, no extensions.

    Waypoints that were only joined become a planned route (`rte`), not a track that somebody walked.
    """
    import gpxpy.gpx as model

    document = model.GPX()
    document.creator = "make-promo"
    document.name, document.description = one_line(title), one_line(summary) or None
    if route.kind == "waypoints":
        document.routes.append(model.GPXRoute(name=one_line(title)))
        document.routes[0].points = [
            _point(model.GPXRoutePoint, line, k) for line in lines for k in range(len(line.lng))
        ]
    else:
        track = model.GPXTrack(name=one_line(title))
        for line in lines:
            points = [_point(model.GPXTrackPoint, line, k) for k in range(len(line.lng))]
            track.segments.append(model.GPXTrackSegment(points))
        document.tracks.append(track)
    for waypoint in route.waypoints:
        name = one_line(waypoint.name)
        document.waypoints.append(model.GPXWaypoint(round(waypoint.lat, 6), _wrapped(waypoint.lng), name=name))
    return str(document.to_xml(version="1.1")).rstrip() + "\n"


def _point(kind: Any, line: Line, k: int) -> Any:
    height = round(float(line.ele_m[k]), 1) if np.isfinite(line.ele_m[k]) else None
    return kind(round(float(line.lat[k]), 6), _wrapped(float(line.lng[k])), elevation=height)


def _wrapped(lng: float) -> float:
    return round((lng + 180) % 360 - 180, 6)
