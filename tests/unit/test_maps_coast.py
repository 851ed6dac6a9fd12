"""Coastlines to sea: nothing is flooded, islands are cut out, ragged extracts are met."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import maps
from pipeline.geo import Floats
from pipeline.map_model import MapModel, MapWish
from pipeline.maps.coast import FLOODED, UNCLOSED, Sea, sea
from pipeline.maps.osm_clip import cut_line, cut_ring, inside
from pipeline.mercator import Bounds, world

BOX = Bounds(west=0.4, north=0.4, east=0.5, south=0.5)


def line(*points: tuple[float, float]) -> Floats:
    """Points in tenths of the box, (0, 0) its north-west corner."""
    return np.array([(BOX.west + x / 100, BOX.north + y / 100) for x, y in points])


def ring(x: float, y: float, r: float, *, island: bool = True, corners: int = 24) -> Floats:
    """A closed way round a point; an island runs against the clock as one sees it."""
    turn = -1 if island else 1
    angles = np.linspace(0, turn * 2 * np.pi, corners + 1)
    angles[-1] = 0
    return line(*((x + r * math.cos(a), y + r * math.sin(a)) for a in angles.tolist()))


def wet(found: Sea, *points: tuple[float, float]) -> list[bool]:
    asked = line(*points)
    return [any(bool(inside(asked[i : i + 1], area.rings)[0]) for area in found.areas) for i in range(len(asked))]


def test_water_lies_at_the_right_of_a_coast() -> None:
    """A coast that runs north has its sea in the east, one that runs south in the west."""
    north = sea([line((5, 12), (5, -2))], BOX, BOX)
    assert wet(north, (8, 5), (2, 5)) == [True, False]
    south = sea([line((5, -2), (5, 12))], BOX, BOX)
    assert wet(south, (8, 5), (2, 5)) == [False, True]


def test_a_coast_in_pieces_is_one() -> None:
    """Ways are joined end to start, in whatever order they come."""
    ways = [line((5, 3), (6, 0.1), (6, -1)), line((4, 11), (5, 7)), line((5, 7), (5, 3))]
    assert wet(sea(ways, BOX, BOX), (8, 5), (2, 5)) == [True, False]


def test_several_coasts_share_a_box() -> None:
    """A strait between two coasts is sea, both shores are land; two seas beside a neck of land are two."""
    strait = [line((3, 11), (3, -1)), line((7, -1), (7, 11))]
    assert wet(sea(strait, BOX, BOX), (1, 5), (5, 5), (9, 5)) == [False, True, False]
    neck = [line((3, -1), (3, 11)), line((7, 11), (7, -1))]
    assert wet(sea(neck, BOX, BOX), (1, 5), (5, 5), (9, 5)) == [True, False, True]


def test_a_bay_and_a_cape_through_one_edge() -> None:
    """A coast that leaves through the edge it came in by closes along that edge only."""
    bay = sea([line((-1, 3), (4, 3), (4, 6), (-1, 6))], BOX, BOX)
    assert wet(bay, (2, 4.5), (7, 4.5), (2, 8)) == [True, False, False]
    cape = sea([line((-1, 6), (4, 6), (4, 3), (-1, 3))], BOX, BOX)
    assert wet(cape, (2, 4.5), (7, 4.5), (2, 8)) == [False, True, True]


def test_islands_without_a_mainland() -> None:
    """Two islands lie in the sea; a lagoon on one of them is water again."""
    found = sea([ring(3, 3, 2), ring(7, 7, 1.5), ring(3, 3, 0.7, island=False)], BOX, BOX)
    assert wet(found, (5.5, 2), (3, 4.5), (7, 7), (3, 3)) == [True, False, False, True]


def test_a_lagoon_alone_floods_nothing() -> None:
    """A closed shore that runs with the clock holds its water inside."""
    assert wet(sea([ring(5, 5, 2, island=False)], BOX, BOX), (5, 5), (1, 1)) == [True, False]


def test_an_island_over_the_edge_and_around_the_box() -> None:
    """An island that the box cuts is land to the edge; one that the box lies in leaves no sea."""
    assert wet(sea([ring(0, 5, 3)], BOX, BOX), (1, 5), (6, 5), (1, 9)) == [False, True, True]
    assert sea([ring(5, 5, 30)], BOX, BOX).areas == ()


def test_a_box_without_any_shore_asks_the_nearest() -> None:
    """Out at sea all is sea, behind the coast all is land."""
    coast = line((5, 12), (5, -2))
    east = Bounds(west=0.46, north=0.44, east=0.47, south=0.45)
    west = Bounds(west=0.42, north=0.44, east=0.43, south=0.45)
    assert wet(sea([coast], east, BOX), (6.5, 4.5)) == [True]
    assert sea([coast], west, BOX).areas == ()


def test_a_coast_cut_off_at_the_edge_of_the_data_goes_on() -> None:
    """Ends at the extract's edge go straight on, both a little inside it and a little beyond."""
    for ends in ((9.9, 0.1), (10.4, -0.6)):
        found = sea([line((5, ends[0]), (5.5, 5), (5, ends[1]))], BOX.grown(0.02), BOX)
        assert found.notes == ()
        assert wet(found, (8, 5), (2, 5), (8, -1), (2, 11)) == [True, False, True, False]


def test_a_coast_that_ends_in_the_midst_floods_nothing() -> None:
    """Nobody can close such a coast: no sea, and a sentence."""
    assert sea([line((5, 12), (5, 5))], BOX, BOX) == Sea(notes=(UNCLOSED,))
    assert sea([line((2, 2), (3, 3))], BOX, BOX) == Sea(notes=(UNCLOSED,))


def test_a_missing_coast_floods_nothing() -> None:
    """Two coasts that both leave without one that comes in between: a piece is missing."""
    ways = [line((2, 11), (2, -1)), line((6, 11), (6, -1))]
    assert sea(ways, BOX, BOX) == Sea(notes=(UNCLOSED,))


def test_houses_in_the_water_show_a_wrong_guess() -> None:
    """A coast drawn the wrong way round is found out by the streets."""
    dry = line(*((8, y / 10) for y in range(10, 90)))
    assert sea([line((5, 12), (5, -2))], BOX, BOX, dry) == Sea(notes=(FLOODED,))
    assert sea([line((5, -2), (5, 12))], BOX, BOX, dry).notes == ()


def test_a_coast_through_the_corners() -> None:
    """A coast from corner to corner parts the box; one that only touches a corner changes nothing."""
    assert wet(sea([line((-1, 11), (11, -1))], BOX, BOX), (8, 8), (2, 2)) == [True, False]
    touching = sea([line((5, 12), (5, -2)), line((-1, 1), (1, -1), (-1, -1))], BOX, BOX)
    assert wet(touching, (8, 5), (2, 5)) == [True, False]


def test_sea_is_not_told_far_beyond_the_data() -> None:
    """A small extract in a large picture: the sea ends one width of the data beyond it."""
    found = sea([line((5, 12), (5, -2))], Bounds(west=0.0, north=0.0, east=1.0, south=1.0), BOX)
    points = np.concatenate([ring_ for area in found.areas for ring_ in area.rings])
    assert points[:, 0].max() <= BOX.east + BOX.width + 1e-9


def test_an_archipelago_is_cut_out_whole() -> None:
    """Thousands of islands are each land; looking for the sea around each does not ask every other."""
    spots = [(x / 10, y / 10) for x in range(2, 99, 2) for y in range(2, 99, 2)]
    found = sea([ring(x, y, 0.05, corners=6) for x, y in spots], BOX, BOX)
    assert len(found.areas) == 1
    assert len(found.areas[0].rings) == len(spots) + 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-2, 12), st.floats(-2, 12), st.floats(0.3, 4), st.integers(3, 9)), min_size=1, max_size=4
    )
)
def test_any_islands_are_land_and_the_rest_is_sea(islands: list[tuple[float, float, float, int]]) -> None:
    """Convex islands that do not touch, anywhere over the box: a point is wet if it is on none of them."""
    apart: list[tuple[float, float, float, int]] = []
    for x, y, r, corners in islands:
        if all(math.hypot(x - a, y - b) > r + c + 0.05 for a, b, c, _ in apart):
            apart.append((x, y, r, corners))
    rings = [ring(x, y, r, corners=corners) for x, y, r, corners in apart]
    seen = [one for one in rings if cut_line(one, BOX)]
    places = [(x + 0.0173, y + 0.0119) for x in range(1, 10) for y in range(1, 10)]
    asked = line(*places)
    land = np.zeros(len(asked), bool)
    for one in rings:
        land |= inside(asked, (one[:-1],))
    if not seen and not land.all():
        return  # no shore in the box: another rule
    assert wet(sea(rings, BOX, BOX), *places) == (~land).tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 15), st.floats(-5, 15)), min_size=3, max_size=12))
def test_cut_rings_hold_what_the_ring_held(points: list[tuple[float, float]]) -> None:
    """Cutting a ring at a box leaves every point of the box as wet as it was, and nothing outside."""
    whole = line(*points)
    cut = cut_ring(whole, BOX)
    asked = line(*((x + 0.0173, y + 0.0119) for x in range(10) for y in range(10)))
    assert inside(asked, (cut,)).tolist() == inside(asked, (whole,)).tolist()
    assert np.abs(cut - 0.45).max(initial=0) <= 0.05 + 1e-12


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 15), st.floats(-5, 15)), min_size=2, max_size=12))
def test_cut_lines_stay_inside_and_end_at_the_edge(points: list[tuple[float, float]]) -> None:
    """Pieces of a line lie in the box; where one ends, the line ended or left."""
    whole = line(*points)
    for piece in cut_line(whole, BOX):
        assert len(piece) > 1
        assert np.abs(piece - 0.45).max() <= 0.05 + 1e-12
        for end, own in ((piece[0], whole[0]), (piece[-1], whole[-1])):
            edge = np.isin(end[0], (BOX.west, BOX.east)) or np.isin(end[1], (BOX.north, BOX.south))
            assert edge or (end == own).all()


def at(model: MapModel, lng: float, lat: float) -> bool:
    spot = world(np.array([lng]), np.array([lat]))
    return any(area.kind == "sea" and bool(inside(spot, area.rings)[0]) for area in model.areas)


def test_san_francisco_stands_beside_its_bay(shared: Path) -> None:
    """The real extract: the bay and the piers' water are sea, downtown, the hills and the island are not."""
    pytest.importorskip("osmium")
    bounds = Bounds.of(world(np.array([-122.45, -122.345]), np.array([37.745, 37.84])))
    model = maps.read(shared / "data/maps/san-francisco-downtown.osm.pbf", MapWish(bounds=bounds, pixel=2e-7))
    for lng, lat in ((-122.36, 37.80), (-122.382, 37.785), (-122.390, 37.7975)):
        assert at(model, lng, lat), (lng, lat)
    for lng, lat in (
        (-122.4194, 37.7749),
        (-122.4, 37.79),
        (-122.39, 37.772),
        (-122.3712, 37.825),
        (-122.3665, 37.8105),
    ):
        assert not at(model, lng, lat), (lng, lat)
