"""Which column is what: the words in which trackers, databases and spreadsheets head their tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Best word first: where a table has several, the earlier one is taken. Compared without case, blanks and signs.
_WORDS: dict[str, tuple[str, ...]] = {
    "id": (
        *("vehicleid", "gritterid", "vehicleref", "assetid", "deviceid", "unitid", "trackerid", "fleetid"),
        *("fleetnumber", "callsign", "trackid", "vehicle", "gritter", "asset", "device", "unit", "tracker", "id"),
    ),
    "name": ("name", "vehiclename", "grittername", "displayname", "assetname", "devicename", "label", "title"),
    "time": (
        *("timeutc", "timestamputc", "datetimeutc", "utctime", "utcdatetime", "utc", "gpstimeutc"),
        *("timestamp", "datetime", "recordedat", "recordedattime", "gpstime", "gpstimestamp", "fixtime", "eventtime"),
        *("positiontime", "reportedat", "reporttime", "lastupdated", "updatedat", "updated", "time", "epoch", "ts"),
        *("dateandtime", "timelocal", "localtime"),
    ),
    "date": ("date", "day", "gpsdate", "eventdate"),
    "lat": ("lat", "latitude", "gpslat", "gpslatitude", "latdeg", "latwgs84", "positionlat", "positionlatitude"),
    "lng": (
        *("lng", "lon", "long", "longitude", "gpslng", "gpslon", "gpslong", "gpslongitude", "lngdeg", "londeg"),
        *("lonwgs84", "lngwgs84", "positionlng", "positionlon", "positionlongitude"),
    ),
    "status": ("status", "state", "vehiclestatus", "gritterstatus", "activity", "spreading", "event"),
}
_GRID = {"easting", "northing", "eastings", "northings", "osgbx", "osgby", "bngx", "bngy"}


def plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.casefold())


def roles(header: Sequence[str]) -> dict[str, int]:
    """Role → number of its column, for the roles that the header has."""
    places: dict[str, int] = {}
    for k, word in enumerate(header):
        places.setdefault(plain(word), k)
    found = {}
    for role, words in _WORDS.items():
        if (hit := next((places[word] for word in words if word in places), None)) is not None:
            found[role] = hit
    return found


def is_grid(header: Sequence[str]) -> bool:
    """The places are metres of a national grid instead of degrees."""
    return any(plain(word) in _GRID for word in header)


def says_utc(word: str) -> bool:
    return "utc" in plain(word)
