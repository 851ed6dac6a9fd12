"""The demo's map of its own valley: true to what is filmed, the same every time, and read like any other map."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia

from pipeline import maps
from pipeline.cartography.approach import room_beside
from pipeline.cartography.camera import room
from pipeline.demo.chart import ATTRIBUTION, LICENCE, NAME, chart
from pipeline.demo.cover import area_m2, simpler
from pipeline.demo.ground import MERES, NEAR_CELLS, NEAR_M, ORIGIN, Ground, axes, lng_lat, make_ground
from pipeline.demo.planting import House, lay_fields, plant_trees
from pipeline.demo.walk import Loop, make_loop
from pipeline.demo.way_strokes import draw_ways
from pipeline.demo.ways import BRIDGE_M, Way, becks, bridged, lanes_and_paths, winding
from pipeline.geo import Floats, flat
from pipeline.layout import lay_out
from pipeline.map_coverage import covered, wished
from pipeline.map_model import MapModel, MapWish
from pipeline.mercator import Bounds, MapView, world
from pipeline.platforms import load_platforms

MOST_BYTES = 400_000


@pytest.fixture(scope="module")
def ground() -> Ground:
    return make_ground()


@pytest.fixture(scope="module")
def loop() -> Loop:
    return make_loop()


@pytest.fixture(scope="module")
def text(ground: Ground, loop: Loop) -> str:
    return chart(ground, loop)


@pytest.fixture(scope="module")
def features(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["features"]
    return found


@pytest.fixture(scope="module")
def houses(ground: Ground, loop: Loop) -> list[House]:
    return lay_fields(ground, loop).houses


@pytest.fixture(scope="module")
def model(text: str, loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> MapModel:
    place = tmp_path_factory.mktemp("map") / NAME
    place.write_text(text, "utf-8")
    return maps.read(place, wished(_route(loop), ("en",)))


def _route(loop: Loop) -> Floats:
    return world(*lng_lat(loop.x, loop.y))


def _metres(places: list[list[float]]) -> Floats:
    lng, lat = np.array(places, np.float64).T
    return flat(lng, lat, ORIGIN)


def _areas(features: list[dict[str, Any]], **tags: str) -> list[list[Floats]]:
    return [
        [_metres(ring) for ring in one["geometry"]["coordinates"]]
        for one in features
        if one["geometry"]["type"] == "Polygon" and tags.items() <= one["properties"].items()
    ]


def _lines(features: list[dict[str, Any]], key: str) -> list[tuple[dict[str, str], Floats]]:
    return [
        (one["properties"], _metres(one["geometry"]["coordinates"])) for one in features if key in one["properties"]
    ]


def _inside(areas: list[list[Floats]], x: Any, y: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each place lies in one of the areas, holes counted out."""
    found = np.zeros(len(x), np.bool_)
    for rings in areas:
        path = skia.Path()
        for ring in rings:
            path.addPoly([skia.Point(*map(float, point)) for point in ring], True)
        path.setFillType(skia.PathFillType.kEvenOdd)
        found |= np.array([path.contains(float(a), float(b)) for a, b in zip(x, y, strict=True)])
    return found


def test_two_makings_give_the_same_bytes(text: str, ground: Ground, loop: Loop) -> None:
    """The map is the same every time, also from ground that was made anew."""
    assert hashlib.sha256(chart(make_ground(), make_loop()).encode()).digest() == hashlib.sha256(text.encode()).digest()


def test_it_is_small_and_says_whose_it_is(text: str, model: MapModel) -> None:
    """The file stays small, and its thanks and licence reach the model; nobody else is named."""
    assert len(text.encode()) <= MOST_BYTES
    assert [(credit.text, credit.licence) for credit in model.credits] == [(ATTRIBUTION, LICENCE)]
    assert "openstreetmap" not in text.lower()


def test_it_is_read_without_notes_and_covers_the_walk(model: MapModel, loop: Loop) -> None:
    """The reader finds nothing to repair, and all of the walk has map near."""
    assert model.notes == ()
    assert covered(model, _route(loop)) >= 0.99
    kinds = (
        {line.kind for line in model.lines} | {area.kind for area in model.areas} | {one.kind for one in model.labels}
    )
    assert {"secondary", "tertiary", "street", "track", "path", "stream"} <= kinds
    assert {"water", "wood", "grass", "farmland", "heath", "park", "building", "residential"} <= kinds
    assert {"village", "hamlet", "peak", "landmark"} <= kinds


def test_no_edge_of_the_map_shows_in_any_frame(text: str, loop: Loop, tmp_path: Path) -> None:
    """However a platform covers its picture, the whole walk is seen with map on all sides."""
    place = tmp_path / NAME
    place.write_text(text, "utf-8")
    route = _route(loop)
    reach = Bounds.of(route).grown(4 * Bounds.of(route).width)
    bounds = maps.read(place, MapWish(bounds=reach, pixel=1e-7)).bounds
    frames = [frame for platform in load_platforms().values() for frame in platform.frames]
    assert len(frames) > 10
    for frame in frames:
        layout = lay_out(frame.size, frame.safe)
        for inner in (room(layout), room_beside(layout)):
            rect = (inner.x, inner.y, inner.right, inner.bottom)
            view = MapView.fitting(route, rect, frame.size.width, frame.size.height, layout.unit)
            assert bounds.contains(view.bounds), frame


def test_water_is_where_the_films_show_water(features: list[dict[str, Any]], ground: Ground) -> None:
    """Places in the near square are in a mere of the map where the landscape is wet, and dry where it is dry."""
    x, y = (axis.ravel() for axis in axes(NEAR_M, NEAR_CELLS))
    picked = np.arange(8, NEAR_CELLS, 24)
    wet = ground.water[np.ix_(picked, picked)]
    clear = (wet > 0.95) | (wet < 0.05)
    east, north = np.meshgrid(x[picked], y[picked])
    drawn = _inside(_areas(features, natural="water"), east[clear], north[clear])
    assert (wet > 0.95).sum() > 60
    assert (drawn == (wet[clear] > 0.5)).mean() > 0.999
    names = [one["properties"]["name"] for one in features if one["properties"].get("natural") == "water"]
    assert names == [mere.name for mere in MERES]


def test_woods_are_where_the_films_show_trees(features: list[dict[str, Any]], ground: Ground, loop: Loop) -> None:
    """Nearly all trees of the landscape's woods stand in a wood of the map, and its woods are full of them."""
    trees = plant_trees(ground, loop)
    thick = trees.only(trees.wood)
    woods = _areas(features, landuse="forest")
    assert _inside(woods, thick.x[::7], thick.y[::7]).mean() > 0.93
    alone = trees.only(~trees.wood)
    assert _inside(woods, alone.x, alone.y).mean() < 0.02
    rng = np.random.Generator(np.random.PCG64(5))
    x, y = rng.uniform(-1400, 1400, (2, 3000))
    inside = _inside(woods, x, y)
    nearest = np.array([np.hypot(thick.x - a, thick.y - b).min() for a, b in zip(x[inside], y[inside], strict=True)])
    assert inside.sum() > 150
    assert np.quantile(nearest, 0.97) < 14


def test_houses_are_the_filmed_ones(features: list[dict[str, Any]], houses: list[House]) -> None:
    """Near the walk the map has exactly the houses of the landscape, each at its place and of its size."""
    drawn = [rings[0] for rings in (r for r in _buildings(features)) if np.abs(rings[0]).max() < NEAR_M / 2]
    assert len(drawn) == len(houses)
    for ring, (x, y, half_length, half_width, _) in zip(drawn, houses, strict=True):
        assert np.allclose(ring[:4].mean(axis=0), (x, y), atol=0.3)
        assert area_m2(ring) == pytest.approx(4 * half_length * half_width, rel=0.05)


def _buildings(features: list[dict[str, Any]]) -> list[list[Floats]]:
    return [
        [_metres(ring) for ring in one["geometry"]["coordinates"]]
        for one in features
        if "building" in one["properties"]
    ]


def test_lanes_keep_clear_of_the_houses(features: list[dict[str, Any]]) -> None:
    """No lane and no path of the map runs through a house."""
    corners = np.concatenate([rings[0] for rings in _buildings(features)])
    for tags, line in _lines(features, "highway"):
        dense = np.concatenate([np.linspace(a, b, 12) for a, b in itertools.pairwise(line)])
        nearest = min(float(np.hypot(*(dense - corner).T).min()) for corner in corners)
        assert nearest > 3, tags


def test_roads_and_paths_do_not_run_through_water(features: list[dict[str, Any]]) -> None:
    """Every way with feet or wheels on it stays out of the meres."""
    meres = _areas(features, natural="water")
    for tags, line in _lines(features, "highway"):
        dense = np.concatenate([np.linspace(a, b, 5) for a, b in itertools.pairwise(line)])
        assert not _inside(meres, dense[:, 0], dense[:, 1]).any(), tags


def test_the_walk_is_in_the_map_and_bridges_the_beck_where_the_gpx_says(
    features: list[dict[str, Any]], loop: Loop
) -> None:
    """Three Meres Way is the route itself, and Packhorse Bridge is a bridge of it."""
    pieces = [(tags, line) for tags, line in _lines(features, "highway") if tags.get("name") == "Three Meres Way"]
    points = np.concatenate([line for _, line in pieces])
    away = [np.hypot(loop.x - a, loop.y - b).min() for a, b in points]
    assert max(away) < 7  # points of the route lie 12 m apart
    length = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for _, line in pieces)
    assert length == pytest.approx(loop.length_m, rel=0.002)
    x, y = (float(value) for value in loop.at(np.array(0.115 * loop.length_m)))
    bridges = [line.mean(axis=0) for tags, line in pieces if tags.get("bridge") == "yes"]
    assert min(np.hypot(a - x, b - y) for a, b in bridges) < 15


def test_areas_are_closed_and_turned_as_the_standard_has_them(features: list[dict[str, Any]]) -> None:
    """Outlines run anticlockwise, holes clockwise, and each ring ends where it began."""
    polygons = [one["geometry"]["coordinates"] for one in features if one["geometry"]["type"] == "Polygon"]
    assert any(len(rings) > 1 for rings in polygons)
    for rings in polygons:
        assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in rings)
        assert area_m2(_metres(rings[0])) > 0
        assert all(area_m2(_metres(ring)) < 0 for ring in rings[1:])


def test_a_bridge_is_cut_out_of_its_way() -> None:
    """A way that crosses a beck is the same line in three pieces, the middle one a bridge."""
    way = Way(tags={"highway": "path"}, points=np.array([(-100.0, 0.0), (0.0, 3.0), (100.0, 0.0)]))
    beck = Way(tags={"waterway": "stream"}, points=np.array([(40.0, -50.0), (40.0, 60.0)]))
    before, bridge, after = bridged(way, [beck])
    assert bridge.tags == {"highway": "path", "bridge": "yes", "layer": "1"}
    assert before.tags == after.tags == {"highway": "path"}
    assert (before.points[-1] == bridge.points[0]).all()
    assert (bridge.points[-1] == after.points[0]).all()
    assert np.hypot(*(bridge.points[-1] - bridge.points[0])) == pytest.approx(2 * BRIDGE_M, rel=0.01)
    assert bridge.points.mean(axis=0)[0] == pytest.approx(40, abs=1)


def test_a_winding_way_goes_through_its_anchors_and_paths_end_on_the_walk(loop: Loop) -> None:
    """Anchors are points of the line; a path that comes near the walk ends exactly on it."""
    anchors = ((0.0, 0.0), (120.0, 40.0), (200.0, -30.0))
    line = winding(anchors, 8)
    assert all(np.hypot(*(line - anchor).T).min() < 1e-9 for anchor in anchors)
    walk = np.stack([loop.x, loop.y], axis=1)
    ends = [way.points[end] for way in lanes_and_paths(loop)[1:] for end in (0, -1)]
    on_it = [min(np.hypot(*(walk - end).T)) for end in ends]
    assert sum(away == 0 for away in on_it) >= 8


def test_simpler_lines_stay_within_the_tolerance() -> None:
    """A ring with fewer points keeps its ends and moves nowhere farther than was allowed."""
    turn = np.linspace(0, 2 * np.pi, 400)
    ring = np.stack([200 * np.cos(turn), 120 * np.sin(turn)], axis=1)
    less = simpler(ring, 1.0)
    assert (less[0] == ring[0]).all()
    assert (less[-1] == ring[-1]).all()
    assert len(less) < 80
    assert abs(area_m2(less)) == pytest.approx(np.pi * 200 * 120, rel=0.02)


def test_every_kind_of_way_can_be_painted_on_the_filmed_ground(loop: Loop) -> None:
    """The strokes for the films cover each beck and lane with paint, and leave the rest alone."""
    pixels = np.zeros((512, 512, 4), np.uint8)
    canvas = skia.Surface(pixels, skia.kRGBA_8888_ColorType).getCanvas()
    canvas.translate(256, 256)
    canvas.scale(512 / NEAR_M, -512 / NEAR_M)
    draw_ways(canvas, loop)
    for way in [*becks(), *lanes_and_paths(loop)[1:]]:
        column, row = 256 + way.points[:, 0] / 6, 256 - way.points[:, 1] / 6
        seen = (np.abs(column - 256) < 250) & (np.abs(row - 256) < 250)
        if seen.any():
            assert pixels[row[seen].astype(int), column[seen].astype(int), 3].max() > 40, way.tags
    assert (pixels[..., 3] > 0).mean() < 0.2
