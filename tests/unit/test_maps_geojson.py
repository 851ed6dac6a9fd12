"""GeoJSON: OpenStreetMap's tags and plain kinds, credits that are never missing, files that are not as they should."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import maps
from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, MapCredit, MapModel, MapWish
from pipeline.maps import geojson
from pipeline.maps.geojson_shapes import GUESSED, UNREADABLE
from pipeline.mercator import Bounds, world

SQUARE: list[list[float]] = [[0, 50], [0.01, 50], [0.01, 50.01], [0, 50.01], [0, 50]]
OURS: dict[str, Any] = {"attribution": "© Anytown Council", "licence": "OGL 3.0"}


def wish(west: float, south: float, east: float, north: float) -> MapWish:
    return MapWish(bounds=Bounds.of(world(np.array([west, east]), np.array([south, north]))), pixel=1e-8)


HERE = wish(-0.01, 49.99, 0.02, 50.02)


def feature(form: str, places: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": form, "coordinates": places}, "properties": properties}


def read(folder: Path, *features: Any, at: MapWish = HERE, **top: Any) -> MapModel:
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **(top or OURS)}), encoding="utf-8")
    return maps.read(path, at)


def kinds(model: MapModel) -> dict[str, int]:
    things: tuple[Any, ...] = (*model.areas, *model.lines, *model.labels)
    return dict(Counter(thing.kind for thing in things))


def test_tags_and_plain_kinds(tmp_path: Path) -> None:
    """OpenStreetMap's tags, our own kinds and values under `type` or `class` are all understood."""
    model = read(
        tmp_path,
        feature("Polygon", [SQUARE], building="yes"),
        feature("Polygon", [SQUARE], kind="water", name="Mere"),
        feature("Polygon", [SQUARE], fclass="forest"),
        feature("LineString", SQUARE[:2], highway="footway", name="Lane"),
        feature("LineString", SQUARE[:2], type="River"),
        feature("Point", [0.005, 50.005], place="village", name="Anytown", population=1200),
        feature("Point", [0.005, 50.005], kind="peak", name="Any Hill", ele=612.5),
        feature("LineString", SQUARE[:2], highway="proposed"),
    )
    assert kinds(model) == {
        "building": 1, "water": 2, "wood": 1, "path": 1, "river": 1, "village": 1, "peak": 1,
    }  # fmt: skip
    assert model.notes == ()
    by_name = {label.name: label for label in model.labels}
    assert by_name["Anytown"].weight == 1200
    assert by_name["Any Hill"].ele_m == 612.5


def test_what_does_not_say_what_it_is_is_guessed_and_told(tmp_path: Path) -> None:
    """The form decides then, and a note says how often."""
    model = read(
        tmp_path,
        feature("Polygon", [SQUARE], owner="me"),
        feature("LineString", SQUARE[:2]),
        feature("Point", [0.005, 50.005], name="Oak"),
        feature("Point", [0.005, 50.005]),
    )
    assert kinds(model) == {"site": 1, "path": 1, "landmark": 1}
    assert model.notes == (f"{GUESSED}: 3.",)


def test_all_forms_of_geometry(tmp_path: Path) -> None:
    """Multi forms, collections, heights, holes and open rings are read."""
    high = [[lng, lat, 12.0] for lng, lat in SQUARE]
    hole = [[0.004, 50.004], [0.006, 50.004], [0.006, 50.006], [0.004, 50.004]]
    collection = {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "LineString", "coordinates": high[:2]},
            {"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": high[1:3]}]},
        ],
    }
    model = read(
        tmp_path,
        feature("MultiPolygon", [[high, hole], [SQUARE[:-1]]], kind="park"),
        feature("MultiLineString", [SQUARE[:2], SQUARE[2:4]], kind="path"),
        feature("MultiPoint", [[0.001, 50.001], [0.009, 50.009]], kind="station", name="Halt"),
        {"type": "Feature", "geometry": collection, "properties": {"kind": "track"}},
    )
    assert kinds(model) == {"park": 2, "path": 2, "station": 2, "track": 2}
    assert sorted(len(area.rings) for area in model.areas) == [1, 2]
    assert all(len(ring) in {3, 4} for area in model.areas for ring in area.rings)


BAD: list[Any] = [
    None,
    {},
    {"type": "Polygon"},
    {"type": "Polygon", "coordinates": 5},
    {"type": "Polygon", "coordinates": [[[0, 50], [1, 50]]]},
    {"type": "LineString", "coordinates": [[0, 50], [float("nan"), 50]]},
    {"type": "LineString", "coordinates": [[0, 50], [1e9, 50]]},
    {"type": "LineString", "coordinates": [[0, 50], ["a", "b"]]},
    {"type": "LineString", "coordinates": [["0", "50"], ["1", "51"]]},
    {"type": "LineString", "coordinates": [[0, 50], [0, 95]]},
    {"type": "LineString", "coordinates": [[0, 50], {"x": 1}]},
    {"type": "LineString", "coordinates": [[0, 50], [10**400, 50]]},
    {"type": "Point", "coordinates": []},
    {"type": "Point", "coordinates": [1]},
    {"type": "Point", "coordinates": {"lng": 1}},
    {"type": "GeometryCollection", "geometries": 3},
    {"type": ["Point"], "coordinates": [0, 50]},
    "Point",
]


@pytest.mark.parametrize("geometry", BAD)
def test_shapes_that_cannot_be_read_are_counted(tmp_path: Path, geometry: Any) -> None:
    """One bad shape costs itself only."""
    bad = {"type": "Feature", "geometry": geometry, "properties": {"kind": "path", "name": "X"}}
    model = read(tmp_path, bad, feature("LineString", SQUARE[:2], kind="path"), 7, None)
    assert kinds(model) == {"path": 1}
    assert model.notes == (f"{UNREADABLE}: 1.",)


@pytest.mark.parametrize("properties", [None, [], "x", {"name": ["a"], "kind": {"b": 1}, "ref": None}])
def test_properties_of_any_sort(tmp_path: Path, properties: Any) -> None:
    """Properties that are none are taken as empty."""
    odd = {**feature("LineString", SQUARE[:2]), "properties": properties}
    assert kinds(read(tmp_path, odd)) == {"path": 1}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not GeoJSON"),
        (b"hello", "not GeoJSON"),
        (b"\xff\xfe\x00", "not GeoJSON"),
        (b"[1, 2]", "object"),
        (b'{"type": "FeatureCollection"}', "not GeoJSON"),
        (b'{"type": "FeatureCollection", "features": 7}', "not GeoJSON"),
        (b'{"type": "Topology", "objects": {}}', "TopoJSON"),
        (b'{"a":' * 100_000, "nested|not GeoJSON"),
        (b"[" * 1_000_000, "nested|not GeoJSON"),
        (b'{"type": "FeatureCollection", "features": [', "not GeoJSON"),
    ],
)
def test_files_that_are_no_geojson(tmp_path: Path, content: bytes, what: str) -> None:
    """Whatever the file holds, the answer is a sentence with a remedy."""
    path = tmp_path / "map.geojson"
    path.write_bytes(content)
    with pytest.raises(MaterialError, match=what) as caught:
        maps.read(path, HERE)
    assert caught.value.problems[0].remedy


def test_other_systems_of_coordinates_are_refused(tmp_path: Path) -> None:
    """Places must be longitude and latitude; the old `crs` member is believed."""
    line = feature("LineString", SQUARE[:2], kind="path")

    def crs(called: str) -> dict[str, Any]:
        return {"type": "name", "properties": {"name": called}}

    for called in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"):
        assert kinds(read(tmp_path, line, crs=crs(called), **OURS)) == {"path": 1}
    with pytest.raises(MaterialError, match="27700"):
        read(tmp_path, line, crs=crs("urn:ogc:def:crs:EPSG::27700"), **OURS)


def test_credits_are_never_missing(tmp_path: Path) -> None:
    """The file's own words, OpenStreetMap's where its ids or its name stand, else a refusal with the remedy."""
    line = feature("LineString", SQUARE[:2], kind="path")
    with pytest.raises(MaterialError, match="whose data") as caught:
        read(tmp_path, line, name="anything")
    assert '"attribution"' in caught.value.problems[0].remedy
    assert read(tmp_path, line).credits == (MapCredit(text="© Anytown Council", licence="OGL 3.0"),)
    known = feature("LineString", SQUARE[:2], highway="path", osm_id="12")
    assert read(tmp_path, known, name="export").credits == (OSM_CREDIT,)
    assert read(tmp_path, {**line, "id": "way/12"}, name="export").credits == (OSM_CREDIT,)
    assert read(tmp_path, line, attribution="(c) OpenStreetMap contributors").credits == (OSM_CREDIT,)
    for empty in ("", " \n", 7, None):
        with pytest.raises(MaterialError, match="whose data"):
            read(tmp_path, line, attribution=empty)


def test_large_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit in bytes comes before reading."""
    monkeypatch.setattr(geojson, "_MOST_BYTES", 100)
    with pytest.raises(MaterialError, match="70 MB"):
        read(tmp_path, feature("LineString", SQUARE[:2], kind="path"))


def test_data_across_the_antimeridian_is_one(tmp_path: Path) -> None:
    """A line that jumps from 180° E to 180° W goes the short way, next to the wish."""
    line = feature("LineString", [[179.99, 0], [-179.99, 0]], kind="path")
    for bounds in (
        Bounds(west=0.9999, north=0.4999, east=1.0001, south=0.5001),
        Bounds(west=-0.0001, north=0.4999, east=0.0001, south=0.5001),
    ):
        model = read(tmp_path, line, at=MapWish(bounds=bounds, pixel=1e-8))
        assert Bounds.of(model.lines[0].points).width == pytest.approx(0.02 / 360)
        assert bounds.contains(Bounds.of(model.lines[0].points))


def test_elsewhere_is_empty(tmp_path: Path) -> None:
    """A file without anything in the wished stretch gives an empty model."""
    assert read(tmp_path, feature("Polygon", [SQUARE], kind="park"), at=wish(20, 20, 21, 21)).empty
    assert read(tmp_path).empty


def test_a_coast_of_openstreetmap_has_its_sea(tmp_path: Path) -> None:
    """Only there is the water known to lie at the right; another's coast is a line."""
    coast = [[0.005, 49.98], [0.005, 50.03]]
    corners = feature("MultiPoint", [[-0.01, 49.99], [0.02, 50.02]], place="village", name="Edge")
    theirs = read(
        tmp_path, feature("LineString", coast, natural="coastline", osm_id=1), corners, attribution="OpenStreetMap"
    )
    assert kinds(theirs)["sea"] == 1
    assert "sea" not in kinds(read(tmp_path, feature("LineString", coast, natural="coastline"), corners))


def test_central_london(shared: Path) -> None:
    """The real file: streets, houses and parks, with OpenStreetMap's credit as it says itself."""
    model = maps.read(shared / "data/maps/central-london-osm.geojson", wish(-0.133, 51.501, -0.107, 51.522))
    assert kinds(model) == {"building": 1839, "park": 12, "street": 1058, "primary": 162, "landmark": 1}
    assert model.credits == (OSM_CREDIT,)
    assert model.notes == ()
