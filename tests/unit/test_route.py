"""Places, directions and parts of a route."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import route
from pipeline.geo import Floats, distances_m
from pipeline.route import Line, Route, Waypoint


def line(lng: list[float], lat: list[float], begin_m: float = 0.0, ele: list[float] | None = None) -> Line:
    x, y = np.array(lng), np.array(lat)
    along = begin_m + np.concatenate([[0.0], np.cumsum(distances_m(x, y))])
    heights = np.full(len(x), np.nan) if ele is None else np.array(ele)
    return Line(lng=x, lat=y, ele_m=heights, along_m=along, epoch_s=np.full(len(x), np.nan))


def made(*lines: Line, ascent_m: float | None = None) -> Route:
    return Route(
        name="x",
        kind="planned",
        lines=lines,
        waypoints=(),
        distance_m=float(lines[-1].along_m[-1]),
        ascent_m=ascent_m,
        descent_m=ascent_m,
        loop=False,
    )


@pytest.fixture
def angled() -> Route:
    """1.1 km north, a gap, then 0.7 km east."""
    first = line([0.0, 0.0], [51.0, 51.01], ele=[10, 30])
    return made(first, line([0.01, 0.02], [51.02, 51.02], float(first.along_m[-1]), [50, 50]), ascent_m=20)


def test_a_place_lies_on_its_line(angled: Route) -> None:
    """Distances run through the lines, jump the gap at once and stop at the ends."""
    gap = float(angled.lines[0].along_m[-1])
    assert route.place(angled, -5) == angled.start
    assert route.place(angled, 1e9) == angled.finish
    assert route.place(angled, gap / 2) == pytest.approx((0.0, 51.005))
    assert route.place(angled, gap) == pytest.approx((0.01, 51.02))


@given(st.lists(st.floats(-100, 3000), min_size=1, max_size=20))
def test_many_places_are_as_one(along: list[float]) -> None:
    """`places` gives for each distance what `place` gives."""
    first = line([0.0, 0.0], [51.0, 51.01])
    both = made(first, line([0.01, 0.02], [51.02, 51.02], float(first.along_m[-1])))
    lng, lat = route.places(both, np.array(along))
    assert list(zip(lng, lat, strict=True)) == [route.place(both, x) for x in along]


def test_heights(angled: Route) -> None:
    """A profile spans the route evenly, and is unknown where no heights are."""
    along, ele = route.profile(angled, 5)
    assert along[0] == 0
    assert along[-1] == angled.distance_m
    assert ele[0] == pytest.approx(10)
    assert ele[-1] == pytest.approx(50)
    assert np.isnan(route.profile(replace(angled, ascent_m=None), 4)[1]).all()


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_part_is_cut_exactly(a: float, b: float) -> None:
    """The part between two distances is as long as they are apart and begins and ends on the route."""
    first = line([0.0, 0.003, 0.0], [51.0, 51.005, 51.01])
    whole = made(first, line([0.01, 0.02], [51.02, 51.02], float(first.along_m[-1])))
    low, high = sorted((a * whole.distance_m, b * whole.distance_m))
    parts = route.between(whole.lines, low, high)
    spans = [(p.along_m[0], p.along_m[-1], distances_m(p.lng, p.lat).sum()) for p in parts]
    assert sum(end - begin for begin, end, _ in spans) == pytest.approx(high - low, abs=1e-6)
    assert sum(length for *_, length in spans) == pytest.approx(high - low, rel=1e-5, abs=1e-3)
    for part in parts:
        assert (np.diff(part.along_m) > 0).all()
        lng, lat = route.place(whole, float(part.along_m[0]))
        assert (part.lng[0], part.lat[0]) == pytest.approx((lng, lat), abs=1e-9)


def test_what_is_trimmed_counts_anew() -> None:
    """After trimming the route begins at zero."""
    (part,) = route.trimmed((line([0.0, 0.0], [51.0, 51.01]),), 200, 700)
    assert part.along_m[[0, -1]] == pytest.approx([0, 500])


def test_a_cut_beside_unknown_values_keeps_the_known_ones() -> None:
    """A height next to the cut is not lost because another one is unknown."""
    whole = line([0.0, 0.0, 0.0], [51.0, 51.01, 51.02], ele=[10, 20, math.nan])
    (part,) = route.between((whole,), 500, 1500)
    assert part.ele_m[0] == pytest.approx(14.5, abs=0.1)
    assert part.ele_m[1] == 20
    assert math.isnan(part.ele_m[2])


def test_the_first_visit_counts() -> None:
    """Where a route passes a place twice, the place belongs to the first time."""
    there_and_back = line([0.0, 0.0, 0.0], [51.0, 51.01, 51.0])
    along, aside = route.nearest((there_and_back,), 0.0001, 51.005)
    assert along == pytest.approx(there_and_back.along_m[1] / 2, abs=1)
    assert aside == pytest.approx(7, abs=0.1)


def test_json_is_plain_and_tells_no_times(angled: Route) -> None:
    """route.json holds the contract's facts, in numbers that any reader takes, without clock times."""
    stamped = tuple(replace(part, epoch_s=np.array([1.7e9, 1.7e9 + 60])) for part in angled.lines)
    mark = Waypoint(name="Pond", lng=0.0, lat=51.004, along_m=444.7, aside_m=3.0)
    facts = route.route_json(replace(angled, lines=stamped, waypoints=(mark,)), units="miles")
    text = json.dumps(facts, allow_nan=False)
    assert "17000" not in text
    assert "trim" not in text
    assert {"distance_m", "ascent_m", "descent_m", "loop", "bounds", "start", "finish"} <= set(facts)
    assert facts["bounds"] == [0.0, 51.0, 0.02, 51.02]
    assert facts["waypoints"] == [{"name": "Pond", "lng": 0.0, "lat": 51.004, "along_m": 444.7}]
    assert facts["times"]["walking_minutes"] == [25, 30]


def test_json_across_the_antimeridian() -> None:
    """Longitudes leave the house within ±180, and the box then has west greater than east."""
    pacific = made(line([179.99, 180.01], [-17.0, -17.0]))
    facts = route.route_json(pacific, units="km")
    assert facts["bounds"] == [179.99, -17.0, -179.99, -17.0]
    assert facts["finish"] == [-179.99, -17.0]


def test_columns_never_mix_lines(angled: Route) -> None:
    """Sampling a route finely never lands in the gap between two lines."""
    samples: Floats = np.linspace(0, angled.distance_m, 500)
    lng, lat = route.places(angled, samples)
    assert not ((lng > 0.0001) & (lng < 0.0099)).any()
    assert not ((lat > 51.0101) & (lat < 51.0199)).any()
