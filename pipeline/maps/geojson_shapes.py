"""The features of a GeoJSON file → shapes with a kind. Whatever is not as it should be is left out and counted.

What a thing is, is looked for in three places: OpenStreetMap's tags; a property `kind`, `class`, `type` … that says one
of our own kinds or a value that OpenStreetMap knows too; else the form decides, and a note says so: areas are drawn as
sites, lines as paths, named points as landmarks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from pipeline.geo import Floats
from pipeline.map_model import AREA_KINDS, LABEL_KINDS, LINE_KINDS, AreaKind, LabelKind, LineKind
from pipeline.maps.osm_names import name
from pipeline.maps.osm_shapes import Shape
from pipeline.maps.osm_tags import (
    AREAS,
    KEYS,
    LABELS,
    LINES,
    area_kind,
    bridge,
    label_kind,
    line_kind,
    tunnel,
)

UNREADABLE = "Shapes without places that can be read, left out"
GUESSED = "Shapes that do not say what they are, drawn as sites, paths and landmarks"
_KIND_KEYS = ("kind", "class", "type", "category", "fclass", "layer", "subclass", "featurecla")
_MOST_NESTED = 4  # collections in collections

K = TypeVar("K", bound=str)


def _by_value(kinds: tuple[K, ...], table: dict[str, dict[str, K]], more: dict[str, K]) -> dict[str, K]:
    """Every word that a `kind` may say: our own kinds first, then OpenStreetMap's values."""
    values = {value: kind for row in table.values() for value, kind in row.items()}
    return {**values, **more, **{kind: kind for kind in kinds}}


_AREA_WORDS: dict[str, AreaKind] = _by_value(
    AREA_KINDS, AREAS, {"ocean": "sea", "lake": "water", "forest": "wood", "buildings": "building", "house": "building"}
)
_LINE_WORDS: dict[str, LineKind] = _by_value(
    LINE_KINDS, LINES, {"road": "street", "railway": "rail", "coastline": "coast"}
)
_LABEL_WORDS: dict[str, LabelKind] = _by_value(LABEL_KINDS, LABELS, {"mountain": "peak", "lake": "water"})


def shapes(features: list[dict[str, Any]], languages: tuple[str, ...], lost: Counter[str]) -> Iterator[Shape]:
    """Everything in the features that may be drawn or named."""
    for feature in features:
        tags = _tags(feature.get("properties"))
        found = False
        for form, parts in _forms(feature.get("geometry"), _MOST_NESTED):
            found = True
            shape = _shape(form, tags, languages, lost)
            if shape is not None:
                yield from _with_parts(shape, form, parts)
        lost[UNREADABLE] += not found
    lost += Counter()  # in place: without what was counted zero times


def _tags(properties: Any) -> dict[str, str]:
    """Properties as tags; `addr.city` (as R writes it) is `addr:city`, `name_cy` and `name.cy` are `name:cy`."""
    if not isinstance(properties, dict):
        return {}
    plain = ((key, value) for key, value in properties.items() if isinstance(value, (str, int, float)))
    return {_key(key): _text(value) for key, value in plain if value != ""}


def _key(key: str) -> str:
    key = key.lower()
    return f"name:{key[5:]}" if key.startswith("name_") and len(key) == 7 else key.replace(".", ":")


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value[:400] if isinstance(value, str) else f"{value:g}" if abs(value) < 1e15 else ""


def _forms(geometry: Any, deeper: int) -> Iterator[tuple[str, tuple[Floats, ...]]]:
    """The simple forms of a geometry ("point", "line", "area") with their parts; nothing for what cannot be read."""
    if not isinstance(geometry, dict):
        return
    inside = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            yield from _form("point", [[inside]])
        case "MultiPoint" if isinstance(inside, list):
            for place in inside:
                yield from _form("point", [[place]])
        case "LineString":
            yield from _form("line", [inside])
        case "MultiLineString" if isinstance(inside, list):
            yield from _form("line", inside)
        case "Polygon" if isinstance(inside, list):
            yield from _form("area", inside)
        case "MultiPolygon" if isinstance(inside, list):
            for polygon in inside:
                yield from _form("area", polygon)
        case "GeometryCollection" if deeper and isinstance(geometry.get("geometries"), list):
            for part in geometry["geometries"]:
                yield from _forms(part, deeper - 1)


def _form(form: str, lists: Any) -> Iterator[tuple[str, tuple[Floats, ...]]]:
    least = {"point": 1, "line": 2, "area": 4}[form]
    read = [_places(places) for places in lists] if isinstance(lists, list) else []
    if form == "area":
        if not read or read[0] is None:
            return  # without its outer ring the holes would be areas
        read = [_closed(ring) if ring is not None else None for ring in read]
    parts = tuple(part for part in read if part is not None and len(part) >= least)
    if parts:
        yield form, parts


def _places(places: Any) -> Floats | None:
    """Positions of two, three or more numbers → (n, 2) degrees; None when any is no place on the earth."""
    if not isinstance(places, list) or not places:
        return None
    try:
        array = np.array([position[:2] for position in places], np.float64)
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    if array.ndim != 2 or array.shape[1] != 2 or any(isinstance(number, str) for number in places[0]):
        return None
    # Beyond ±180 some write what lies across the antimeridian; NaN fails every comparison.
    return array if bool(np.all(np.abs(array) <= (540.0, 90.0))) else None


def _closed(ring: Floats) -> Floats:
    return ring if (ring[0] == ring[-1]).all() else np.concatenate([ring, ring[:1]])


def _shape(form: str, tags: dict[str, str], languages: tuple[str, ...], lost: Counter[str]) -> Shape | None:
    """What a form with these tags is, its parts still to come; None: nothing that is drawn."""
    text = name(tags, languages)
    osm = any(key in tags for key in KEYS)
    word = next((tags[key].lower().replace(" ", "_") for key in _KIND_KEYS if key in tags), "")
    area = line = label = None
    if form == "area":
        area = area_kind(tags, relation=True) if osm else _AREA_WORDS.get(word)
        label = label_kind(tags, area) if osm else _LABEL_WORDS.get(word)
    elif form == "line":
        line = line_kind(tags) if osm else _LINE_WORDS.get(word)
    else:
        label = label_kind(tags) if osm else _LABEL_WORDS.get(word)
    if not osm and area is None and line is None and label is None and (form != "point" or text):
        lost[GUESSED] += 1
        area, line, label = (
            "site" if form == "area" else None,
            "path" if form == "line" else None,
            "landmark" if form == "point" else None,
        )
    label = label if text else None
    if area is None and line is None and label is None:
        return None
    return Shape(
        parts=(), area=area, line=line, label=label, name=text, ref=tags.get("ref", ""),
        bridge=bridge(tags), tunnel=tunnel(tags), tags=tags,
    )  # fmt: skip


def _with_parts(shape: Shape, form: str, parts: tuple[Floats, ...]) -> Iterable[Shape]:
    return (replace(shape, parts=(part,)) for part in parts) if form == "line" else (replace(shape, parts=parts),)
