"""GPX → rows in the log: every track is a vehicle.

Not by way of `pipeline.gpx`: a route is trimmed, steadied and joined where a fleet wants its fixes as they are, and two
million points must be read in seconds. Nothing but place and time of track points is looked at.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.errors import MaterialError
from pipeline.tracks.files import EXPORT, Paper
from pipeline.tracks.log import POINTS_MAX, Log, tidy
from pipeline.tracks.markup import Markup
from pipeline.tracks.times import Readings

_OTHERS = {"kml": "a KML file", "TrainingCenterDatabase": "a TCX file", "html": "a web page", "osm": "a map"}
_TRACKS_MAX = 20_000


class _Gpx(Markup):
    leaves = frozenset({"name", "time"})

    def __init__(self, paper: Paper) -> None:
        super().__init__(paper)
        self.names: list[str] = []  # of each track
        self.track: list[int] = []  # of each point
        self.lng: list[float] = []
        self.lat: list[float] = []
        self.times: list[str] = []

    def began(self, path: list[str], attributes: dict[str, str]) -> None:
        local = path[-1]
        if local == "trkpt":
            self.lng.append(_degrees(attributes.get("lon", "")))
            self.lat.append(_degrees(attributes.get("lat", "")))
            self.track.append(max(0, len(self.names) - 1))
            self.times.append("")
            if len(self.times) > POINTS_MAX:
                raise self.fail(
                    f"there are more than {POINTS_MAX // 1_000_000} million points", "export one night only"
                )
        elif local == "trk":
            self.names.append("")
            if len(self.names) > _TRACKS_MAX:
                raise self.fail(f"there are more than {_TRACKS_MAX:,} tracks", "export one night only")
        elif len(path) == 1 and local.lower() != "gpx":
            kind = _OTHERS.get(local) or f"an XML file of another kind (<{local[:40]}>)"
            raise MaterialError.at(self.paper.name, f"this is {kind}, not GPX or SIRI-VM", EXPORT)

    def ended(self, path: list[str], text: str) -> None:
        if path[-1] == "time" and path[-2] == "trkpt":
            self.times[-1] = text
        elif path[-1] == "name" and path[-2] == "trk":
            self.names[-1] = self.names[-1] or tidy(text)


def _degrees(text: str) -> float:
    try:
        return float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan


def read_gpx(paper: Paper, log: Log) -> None:
    """Take in a GPX file. Raises MaterialError when it has no track, or one without times."""
    found = _Gpx(paper)
    found.parse()
    if not found.times:
        raise MaterialError.at(paper.name, "it has no recorded track in it", EXPORT)
    track, lng, lat = np.array(found.track), np.array(found.lng), np.array(found.lat)
    # GPX times are UTC, with or without the letter that says so.
    seconds, local = Readings(utc=True).read(found.times)
    several = len(np.unique(track)) > 1
    for k, name in enumerate(found.names or [""]):
        low, high = (int(edge) for edge in np.searchsorted(track, [k, k + 1]))
        if low == high:
            continue
        if not np.isfinite(seconds[low:high]).any():
            which = f"its track “{name}” has no times" if several and name else "its track has no times"
            raise MaterialError.at(paper.name, which, "a time-lapse needs recorded tracks, not planned routes")
        shown = name or (f"{paper.stem} {k + 1}" if several else paper.stem)
        code = log.vehicle(paper.name, f"{paper.stem} {name or k + 1}" if several else paper.stem, shown)
        log.add(paper.name, code, (seconds[low:high], local[low:high]), lng[low:high], lat[low:high])
