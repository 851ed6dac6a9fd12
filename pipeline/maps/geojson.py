"""GeoJSON → a map model: OpenStreetMap's tags as properties, or the plain `kind` and `name` of other data.

A file must say whom its data is from: a credit travels with every map. `"attribution": "…"` at its top is the credit;
data with OpenStreetMap's ids has OpenStreetMap's. A file that says neither is refused.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, MapCredit, MapModel, MapWish
from pipeline.maps.geojson_shapes import shapes
from pipeline.maps.osm_names import tidy
from pipeline.maps.osm_shapes import modelled, placed, wide
from pipeline.mercator import Bounds, world

_MOST_BYTES = 70_000_000  # 65 MB were measured to take 610 MB of memory
_EXPORT = "export it again as GeoJSON (RFC 7946: WGS 84, a FeatureCollection)"
_CREDIT = 'add "attribution": "© whose data it is" at the top of the file, beside "features"'
_WGS84 = re.compile(r"crs:?84|epsg:+(?:[\d.]*:)?(?:4326|4979)\b|wgs ?84", re.IGNORECASE)
_OSM_IDS = ("osm_id", "@id", "osm_way_id", "osm_type")
_OSM_ID = re.compile(r"(node|way|relation)/\d+\Z")


def read(path: Path, wish: MapWish) -> MapModel:
    """What the file has around the wished stretch. Raises MaterialError."""
    root = _root(path)
    features = _features(path, root)
    credit = _credit(path, root, features)
    lost: Counter[str] = Counter()
    found = placed(shapes(features, wish.languages, lost), wide(wish), wish.pixel)
    # Only OpenStreetMap's coastlines have their water at the right.
    return modelled(found, _box(root, found.extent, wish), wish, credit, lost, with_sea=credit is OSM_CREDIT)


def _box(root: dict[str, Any], extent: Bounds | None, wish: MapWish) -> Bounds | None:
    """The `bbox` a file tells, when what was found lies in it."""
    box = root.get("bbox")
    if extent is None or not isinstance(box, list) or len(box) not in {4, 6}:
        return None
    if not all(isinstance(number, (int, float)) and abs(number) <= 180 for number in box):
        return None
    half = len(box) // 2
    corners = world(np.array([box[0], box[half]], np.float64), np.array([box[1], box[half + 1]], np.float64))
    bounds = Bounds.of(corners)
    bounds = bounds.moved(wish.bounds.near(bounds.middle[0]))
    return bounds if bounds.contains(extent) else None


def _root(path: Path) -> dict[str, Any]:
    if not path.is_file():
        what = "this is a folder or a device, not a map file" if path.exists() else "there is no such file"
        raise MaterialError.at(path.name, what, "check the name; paths are relative to the brief")
    if path.stat().st_size > _MOST_BYTES:
        raise MaterialError.at(
            path.name, "GeoJSON larger than 70 MB is not read", "cut out the part you need, or use .osm.pbf"
        )
    try:
        root = json.loads(path.read_bytes())
    except RecursionError:
        raise MaterialError.at(path.name, "it is nested far deeper than any map", _EXPORT) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise MaterialError.at(path.name, f"this is not GeoJSON ({str(error)[:120]})", _EXPORT) from error
    if not isinstance(root, dict):
        raise MaterialError.at(path.name, "this is not GeoJSON: it does not begin with an object", _EXPORT)
    return root


def _features(path: Path, root: dict[str, Any]) -> list[dict[str, Any]]:
    """The features, whatever the file begins with."""
    crs = root.get("crs")
    if crs is not None and not _WGS84.search(json.dumps(crs)):
        said = crs.get("properties", {}) if isinstance(crs, dict) else {}
        which = tidy(str(said.get("name", "another"))) if isinstance(said, dict) else "another"
        what = f"its places are not in longitude and latitude but in the system {which}"
        raise MaterialError.at(path.name, what, "export it in WGS 84 (EPSG:4326)")
    match root.get("type"):
        case "FeatureCollection" if isinstance(root.get("features"), list):
            return [feature for feature in root["features"] if isinstance(feature, dict)]
        case "Feature":
            return [root]
        case "Topology":
            raise MaterialError.at(path.name, "this is TopoJSON, which is not read", "convert it to GeoJSON")
        case "Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon":
            return [{"type": "Feature", "geometry": root, "properties": {}}]
        case "GeometryCollection":
            return [{"type": "Feature", "geometry": root, "properties": {}}]
        case _:
            raise MaterialError.at(path.name, "this is JSON, but not GeoJSON", _EXPORT)


def _credit(path: Path, root: dict[str, Any], features: list[dict[str, Any]]) -> MapCredit:
    """Whose data it is. OpenStreetMap's own words stand in for whatever a file makes of them."""
    said = _said(root, "attribution", "credit", "copyright")
    licence = _said(root, "licence", "license")
    if "openstreetmap" in f"{said} {licence}".lower() or (not said and _is_osm(features)):
        return OSM_CREDIT
    if not said:
        raise MaterialError.at(
            path.name, "it does not say whose data it is, and a map is never without credit", _CREDIT
        )
    return MapCredit(text=said, licence=licence or "not stated")


def _said(root: dict[str, Any], *keys: str) -> str:
    words = (root.get(key) for key in keys)
    return tidy(next((word for word in words if isinstance(word, str) and tidy(word)), ""))


def _is_osm(features: list[dict[str, Any]]) -> bool:
    """Whether the data is OpenStreetMap's: more than half of the first things carry its ids."""
    first = features[:200]
    return sum(map(_has_osm_id, first)) * 2 > len(first)


def _has_osm_id(feature: dict[str, Any]) -> bool:
    properties = feature.get("properties")
    known = isinstance(properties, dict) and any(key in properties for key in _OSM_IDS)
    return known or bool(_OSM_ID.match(str(feature.get("id", ""))[:40]))
