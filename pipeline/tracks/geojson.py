"""GeoJSON → rows in the log: points with properties, or lines with a list of times; plain lists of objects, too.

A large file is decoded feature by feature: as a whole it would take ten times its size in memory.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, TextIO

import numpy as np

from pipeline.errors import MaterialError
from pipeline.tracks.files import EXPORT, Paper
from pipeline.tracks.headers import roles
from pipeline.tracks.log import ROWS_MAX, Log
from pipeline.tracks.tables import Columns
from pipeline.tracks.times import Readings

_WHOLE_MAX, _PIECE, _FEATURE_MAX, _BLOCK, _KEYS_MAX = 20_000_000, 1_000_000, 64_000_000, 20_000, 60
_TIMES = ("coordTimes", "times", "timestamps", "coordinateTimes")
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_UNTIMED = "it has a line without times"
_TIMED = "a time-lapse needs the time of every position; export the tracks with their times"


def read_json(paper: Paper, log: Log) -> None:
    """Take in a whole file. Raises MaterialError for what is not JSON, nested too deeply, or has no times."""
    points = _Points(paper, log)
    try:
        for number, feature in enumerate(_features(paper)):
            if number > ROWS_MAX:
                what = f"it has more than {ROWS_MAX // 1_000_000} million features"
                raise MaterialError.at(paper.name, what, "export one night only")
            if isinstance(feature, dict):
                _take(feature, number, points, paper, log)
    except (ValueError, RecursionError) as error:
        place = f"{paper.name}:{error.lineno}" if isinstance(error, json.JSONDecodeError) else paper.name
        what = "it is nested too deeply" if isinstance(error, RecursionError) else "this is not well-formed JSON"
        raise MaterialError.at(place, what, EXPORT) from None
    points.flush()
    if not log.rows:
        raise MaterialError.at(paper.name, "it has no points and no lines in it", EXPORT)


def _features(paper: Paper) -> Iterator[Any]:
    text = paper.text()
    head = text.read(_WHOLE_MAX)
    if len(head) < _WHOLE_MAX:
        whole = json.loads(head.lstrip("\ufeff"))
        if isinstance(whole, dict):
            whole = whole.get("features", [whole])
        yield from whole if isinstance(whole, list) else []
        return
    start = _FEATURES.search(head)
    yield from _streamed(head, start.end() if start else head.index("[") + 1, text, paper.name)


def _streamed(held: str, at: int, text: TextIO, name: str) -> Iterator[Any]:
    """Feature by feature, from place `at` of what is read already; one that breaks off is tried again with more."""
    decoder = json.JSONDecoder()
    more = _PIECE
    while True:
        at = _BETWEEN.match(held, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if held[at : at + 1] == "]":
            return
        try:
            feature, at = decoder.raw_decode(held, at)
            more = _PIECE
        except ValueError:
            piece = text.read(more)
            if not piece:
                raise
            held, at = held[at:] + piece, 0
            if len(held) > _FEATURE_MAX:
                raise MaterialError.at(name, "one line of it is larger than 64 MB", EXPORT) from None
            more *= 2  # so that a large feature is not tried a hundred times
            continue
        yield feature


def _take(feature: dict[str, Any], number: int, points: _Points, paper: Paper, log: Log) -> None:
    geometry = feature.get("geometry", None if "properties" in feature else feature)
    told = feature.get("properties", feature)
    properties: dict[str, Any] = told if isinstance(told, dict) else {}
    shape = geometry if isinstance(geometry, dict) else {}
    kind, places = shape.get("type"), shape.get("coordinates")
    if kind == "LineString":
        _line(properties, places, _times(properties), _key(feature, number), paper, log)
    elif kind == "MultiLineString" and isinstance(places, list):
        lists = _times(properties)
        for k, line in enumerate(places):
            times = lists[k] if isinstance(lists, list) and k < len(lists) else None
            _line(properties, line, times, _key(feature, number), paper, log)
    elif kind == "Point":
        points.take(properties, places)
    elif kind is None and roles(list(properties)[:_KEYS_MAX]).keys() >= {"lat", "lng"}:
        points.take(properties, None)
    elif geometry is None:  # a vehicle without a position: GeoJSON allows it
        log.rows += 1
        log.placeless += 1


def _key(feature: dict[str, Any], number: int) -> str:
    return _text(feature.get("id")) or f"track {number + 1}"


def _times(properties: dict[str, Any]) -> Any:
    nested = properties.get("coordinateProperties")
    for held in (properties, nested if isinstance(nested, dict) else {}):
        for word in _TIMES:
            if word in held:
                return held[word]
    return None


def _line(properties: dict[str, Any], places: Any, times: Any, key: str, paper: Paper, log: Log) -> None:
    if not isinstance(times, list) or not isinstance(places, list) or len(times) != len(places):
        what = _UNTIMED if not isinstance(times, list) else "it has a line with more or fewer times than points"
        raise MaterialError.at(paper.name, what, _TIMED)
    if not places:
        return
    keys = list(properties)[:_KEYS_MAX]
    found = roles(keys)
    told = {role: _text(properties[keys[found[role]]]) for role in ("id", "name", "status") if role in found}
    code = log.vehicle(paper.name, told.get("id") or told.get("name") or key, told.get("name", ""))
    spots = np.array([_spot(place) for place in places], np.float64)
    words = [_text(time) for time in times]
    status = [log.status(told.get("status", ""))] * len(places)
    readings = Readings(sample=words[:100])
    log.add(paper.name, code, readings.read(words), spots[:, 0], spots[:, 1], status)


class _Points:
    """Points come one by one and go to the log in blocks, as rows of a table whose header is the first one's keys."""

    def __init__(self, paper: Paper, log: Log) -> None:
        self.paper, self.log = paper, log
        self.keys: list[str] = []
        self.columns: Columns | None = None
        self.rows: list[list[str]] = []

    def take(self, properties: dict[str, Any], places: Any) -> None:
        """A point with its coordinates, or None where the properties alone tell the place."""
        if self.columns is None or (not self.keys and properties):
            self.flush()
            self.keys = list(properties)[:_KEYS_MAX]
            header = ["" if _is_place(key) else key for key in self.keys]
            self.columns = Columns([*header, "lng", "lat"], self.paper.stem)
            if not self.columns.found.keys() & {"time", "date"}:
                raise MaterialError.at(self.paper.name, "its points have no times", _TIMED)
        if places is None:
            keys = list(properties)[:_KEYS_MAX]
            found = roles(keys)
            place = [_text(properties[keys[found[role]]]) if role in found else "" for role in ("lng", "lat")]
        else:
            place = [repr(degrees) for degrees in _spot(places)]
        self.rows.append([*(_text(properties.get(key)) for key in self.keys), *place])
        if len(self.rows) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        if self.columns and self.rows:
            self.columns.take(self.paper.name, list(self.rows), self.log)
            self.rows = []


def _is_place(key: str) -> bool:
    """The geometry counts, not what the properties say of it again."""
    return bool(roles([key]).keys() & {"lat", "lng"})


def _spot(place: Any) -> tuple[float, float]:
    if isinstance(place, list) and len(place) >= 2:
        lng, lat = place[:2]
        if isinstance(lng, int | float) and isinstance(lat, int | float) and abs(lng) < 1e6 and abs(lat) < 1e6:
            return float(lng), float(lat)
    return math.nan, math.nan


def _text(value: Any) -> str:
    """Plain values as a table would hold them; lists and objects are no values here."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
