from __future__ import annotations

from pathlib import Path

import gpxpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_samples import (
    EIGHT,
    LOOP,
    OUT_AND_BACK,
    PARALLEL,
    STRAIGHT,
    flight_of,
    flown,
    route_of,
)

from pipeline.flight import Flight
from pipeline.geo import Floats, distances_m
from pipeline.route import Line, Route
from pipeline.sync.matching import SPEED_EXTRA, SPEED_FACTOR, Match, match
from pipeline.sync.steady import CameraPath, camera_path, limited, taut
from pipeline.sync.stretches import cells_near, nearest_m

SHAPES = {"loop": LOOP, "eight": EIGHT, "out and back": OUT_AND_BACK, "parallel": PARALLEL}


def path_of(flight: Flight, duration_s: float) -> CameraPath:
    path = camera_path(flight, duration_s)
    assert path is not None
    return path


def matched(
    route: Route, shape: Floats, along: Floats, time: Floats, *, aside: float = 0.0, noise: float = 0.0
) -> Match:
    camera = flown(route, shape, along, aside) + np.random.default_rng(7).normal(0, noise, (len(time), 2))
    return match(route, path_of(flight_of(time, camera), float(time[-1])))[0]


def errors(found: Match, time: Floats, along: Floats) -> Floats:
    return np.abs(np.interp(time, found.time_s, found.along_m) - along)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rate", [1, 30])
@pytest.mark.parametrize(("noise", "aside"), [(0.0, 0.0), (3.0, 0.0), (3.0, 30.0)])
@pytest.mark.parametrize(("start", "speed"), [(0.1, 5.0), (0.44, 8.0), (0.85, 5.0)])
def test_place_is_true_within_ten_metres(
    shape: str, rate: int, noise: float, aside: float, start: float, speed: float
) -> None:
    """Loops, crossings, returns and parallel legs: median error at most 10 m, worst 30 m."""
    route = route_of(SHAPES[shape])
    time = np.arange(0, 60, 1 / rate)
    along = np.minimum(start * route.distance_m + speed * time, route.distance_m)
    error = errors(matched(route, SHAPES[shape], along, time, aside=aside, noise=noise), time, along)
    assert np.median(error) <= 10
    assert error.max() <= 30


def test_missing_fixes_are_bridged() -> None:
    """Over a stretch without fixes the place goes straight on, and its distance aside is unknown there."""
    route = route_of(LOOP)
    time = np.arange(0, 60, 0.5)
    along = 300 + 6 * time
    camera = flown(route, LOOP, along)
    camera[30:70] = np.nan
    found = match(route, path_of(flight_of(time, camera), 60.0))[0]
    assert np.median(errors(found, time, along)) <= 10
    assert errors(found, time, along).max() <= 20
    hole = (found.time_s > 17) & (found.time_s < 32)
    assert np.isnan(found.aside_m[hole]).all()
    assert np.isfinite(found.aside_m[~((found.time_s > 13) & (found.time_s < 37))]).all()


def test_backward_flight_moves_backward() -> None:
    """A camera that flies against the direction of a one-way route is followed backwards."""
    route = route_of(LOOP)
    time = np.arange(0, 60, 0.2)
    along = 1500 - 6 * time
    found = matched(route, LOOP, along, time, noise=2.0)
    assert np.median(errors(found, time, along)) <= 10
    assert found.backward_m == pytest.approx(354, abs=25)


def test_turning_round_in_the_air_is_followed() -> None:
    """Forward, hover, back again: the place does the same."""
    route = route_of(LOOP)
    time = np.arange(0, 60, 0.2)
    along = 800 + np.interp(time, [0, 20, 35, 60], [0, 120, 120, -30])
    assert np.median(errors(matched(route, LOOP, along, time, noise=1.0), time, along)) <= 10


@pytest.mark.parametrize("rate", [1, 10, 30])
@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0])
def test_hover_is_still(rate: int, noise: float) -> None:
    """While the camera hovers the marker does not move at all, whatever the noise of the fixes."""
    route = route_of(LOOP)
    time = np.arange(0, 90, 1 / rate)
    found = matched(route, LOOP, np.full(len(time), 1234.0), time, aside=15.0, noise=noise)
    assert np.ptp(found.along_m) < 0.5
    assert found.along_m[0] == pytest.approx(1234, abs=10)


def test_direction_of_flight_tells_the_way_back_from_the_way_out() -> None:
    """On a path walked there and back the camera is taken to fly forward; both readings are offered."""
    route = route_of(OUT_AND_BACK)
    time = np.arange(0, 40, 0.2)
    half = route.distance_m / 2
    for start in (600.0, half + 600.0):
        camera = flown(route, OUT_AND_BACK, start + 6 * time, 20.0 if start < half else -20.0)
        found = match(route, path_of(flight_of(time, camera), 40.0))
        assert found[0].along_m[0] == pytest.approx(start, abs=25)
        mirrored = route.distance_m - start
        assert any(abs(other.along_m[0] - mirrored) < 60 for other in found[1:])


@settings(max_examples=40, deadline=None)
@given(
    shape=st.sampled_from(sorted(SHAPES)),
    start=st.floats(-0.1, 1.1),
    legs=st.lists(st.floats(-15, 15), min_size=1, max_size=4),
    aside=st.floats(-80, 80),
    noise=st.sampled_from([0.0, 1.0, 3.0]),
)
def test_marker_never_jumps_and_never_leaves_the_route(
    shape: str, start: float, legs: list[float], aside: float, noise: float
) -> None:
    """Any flight: the place stays in 0…distance, and moves at most 1.5 × the camera's speed + 2 m/s."""
    route = route_of(SHAPES[shape])
    time = np.arange(0, 30, 0.25)
    speed = np.repeat(legs, -(-len(time) // len(legs)))[: len(time)]
    along = start * route.distance_m + np.cumsum(speed) * 0.25
    camera = flown(route, SHAPES[shape], np.clip(along, 3, route.distance_m - 3), aside)
    camera += np.random.default_rng(3).normal(0, noise, camera.shape)
    path = path_of(flight_of(time, camera), 30.0)
    for found in match(route, path):
        assert np.isfinite(found.along_m).all()
        assert found.along_m.min() >= 0
        assert found.along_m.max() <= route.distance_m
        rate = np.abs(np.diff(found.along_m)) / np.diff(found.time_s)
        assert (rate <= SPEED_FACTOR * path.speed + SPEED_EXTRA + 1e-6).all()


def test_straight_flight_over_a_winding_route_keeps_the_speed_limit() -> None:
    """Where the route winds more than the camera can follow, the marker is slow rather than jumping ahead."""
    east = np.arange(0, 1201, 30.0)
    winding = np.stack([east, 60 * (np.arange(len(east)) % 2)], axis=-1)
    time = np.arange(0, 60, 0.5)
    camera = np.stack([100 + np.interp(time, [0, 20, 30, 60], [0, 160, 160, 400]), np.full(len(time), 30.0)], axis=-1)
    path = path_of(flight_of(time, camera), 60.0)
    found = match(route_of(winding), path)[0]
    rate = np.abs(np.diff(found.along_m)) / np.diff(found.time_s)
    assert (rate <= SPEED_FACTOR * path.speed + SPEED_EXTRA + 1e-6).all()
    assert found.along_m[-1] - found.along_m[0] > 400


def test_seam_of_a_loop_does_not_teleport() -> None:
    """Flying over start and finish of a loop, the place stays on one side of the seam."""
    route = route_of(LOOP, loop=True)
    time = np.arange(0, 40, 0.2)
    along = (route.distance_m - 120 + 6 * time) % route.distance_m
    for found in match(route, path_of(flight_of(time, flown(route, LOOP, along)), 40.0)):
        assert np.abs(np.diff(found.along_m)).max() <= 0.5 * (SPEED_FACTOR * 6.5 + SPEED_EXTRA)


@pytest.mark.parametrize("home", [(179.99, -16.8), (-179.99, -16.8), (180.0, 65.0)])
def test_antimeridian_is_no_border(home: tuple[float, float]) -> None:
    """A route and a flight across 180° are matched like any other."""
    route = route_of(STRAIGHT - [1500, 0], home=home)
    time = np.arange(0, 60, 0.5)
    camera = np.stack([-200 + 8 * time, np.full(len(time), 20.0)], axis=-1)
    found = match(route, path_of(flight_of(time, camera, home=home), 60.0))[0]
    assert errors(found, time, 1300 + 8 * time).max() < 10
    assert np.nanmedian(found.aside_m) == pytest.approx(20, abs=1)


def test_gap_takes_flying_but_has_no_length() -> None:
    """The place crosses the gap between two lines while the camera does, and stands still meanwhile."""
    first, second = np.array([[0.0, 0], [500, 0]]), np.array([[800.0, 0], [1500, 0]])
    route = route_of(first, second)
    time = np.arange(0, 100, 0.5)
    east = 300 + 8 * time
    found = match(route, path_of(flight_of(time, np.stack([east, 0 * east], axis=-1)), 100.0))[0]
    truth = np.interp(east, [0, 500, 800, 1500], [0, 500, 500, 1200])
    assert errors(found, time, truth).max() < 12


def test_far_line_is_not_reached_over_a_great_gap() -> None:
    """Lines kilometres apart share a distance along the route, but a camera at one is placed on that one."""
    first, second = np.array([[0.0, 0], [1000, 0]]), np.array([[9000.0, 0], [9900, 0]])
    route = route_of(first, second)
    time = np.arange(0, 20, 0.5)
    camera = np.stack([9100 + 5 * time, 0 * time], axis=-1)
    found = match(route, path_of(flight_of(time, camera), 20.0))[0]
    assert errors(found, time, 1100 + 5 * time).max() < 8


def test_no_slipping_from_one_stretch_to_another() -> None:
    """Stretches of the route that are near the flight but far apart along it are never joined up."""
    first, second = np.array([[0.0, 0], [1000, 0]]), np.array([[1010.0, 3000], [1010, 0], [2000, 0]])
    route = route_of(first, second)
    time = np.arange(0, 100, 0.5)
    path = path_of(flight_of(time, np.stack([600 + 8 * time, 0 * time], axis=-1)), 99.5)
    for found in match(route, path):
        assert found.along_m.max() <= 1000 or found.along_m.min() >= 3500


def test_spikes_are_ignored() -> None:
    """Single fixes kilometres away, and the 0°, 0° of a recorder without fix, do not pull the place."""
    route = route_of(LOOP)
    time = np.arange(0, 60, 0.1)
    along = 500 + 5 * time
    camera = flown(route, LOOP, along)
    camera[100] += 5000
    camera[301:303] -= 900
    flight = flight_of(time, camera)
    flight.lng[400:420], flight.lat[400:420] = 0.0, 0.0
    found = match(route, path_of(flight, 60.0))[0]
    assert errors(found, time, along).max() < 15


def test_long_flight_over_a_long_route() -> None:
    """Six minutes at 30 Hz on a route of 100 km and 60 000 points."""
    turn = np.linspace(0, 40 * np.pi, 60_000)
    shape = np.stack([np.linspace(0, 60_000, 60_000), 700 * np.sin(turn)], axis=-1)
    route = route_of(shape)
    time = np.arange(0, 360, 1 / 30)
    along = 40_000 + 9 * time
    camera = flown(route, shape, along) + np.random.default_rng(1).normal(0, 1.0, (len(time), 2))
    flight = flight_of(time, camera)
    found = match(route, path_of(flight, 360.0))[0]
    assert np.median(errors(found, time, along)) <= 10


def test_one_fix_is_enough_for_a_place() -> None:
    """A single fix gives a still marker at the nearest place."""
    route = route_of(STRAIGHT)
    found = match(route, path_of(flight_of(np.array([4.0]), np.array([[700.0, 12.0]])), 10.0))[0]
    assert found.along_m == pytest.approx(np.full(len(found.along_m), 700.0), abs=2)


def test_no_fix_in_the_running_time_gives_no_path() -> None:
    """Fixes that are unknown or beyond the clip are none."""
    assert camera_path(flight_of(np.arange(3.0), np.full((3, 2), np.nan)), 10.0) is None
    assert camera_path(flight_of(np.array([50.0, 51.0]), np.zeros((2, 2))), 10.0) is None


def test_nearest_is_measured_to_the_line() -> None:
    """The camera's distance from the route is the distance to the line, not to its points."""
    route = route_of(STRAIGHT)
    path = path_of(flight_of(np.arange(10.0), np.full((10, 2), [1511.0, 2500.0])), 9.0)
    assert nearest_m(route, path) == pytest.approx(2500, abs=1)


def test_cells_are_only_made_near_the_flight() -> None:
    """A long route is not cut into cells where the camera never was."""
    route = route_of(np.array([[0.0, 0], [90_000, 0]]))
    path = path_of(flight_of(np.arange(10.0), np.stack([40_000 + np.arange(10.0), np.zeros(10)], axis=-1)), 9.0)
    open_cells = cells_near(route, path).along_m[~cells_near(route, path).wall]
    assert 39_500 < open_cells.min() < 40_000 < open_cells.max() < 40_500


tubes = st.lists(st.floats(-50, 50), min_size=2, max_size=60).map(lambda y: np.array(y, np.float64))


@given(value=tubes, slack=st.floats(0.1, 20))
def test_string_stays_in_its_tube_and_never_wanders_more(value: Floats, slack: float) -> None:
    """A taut string is nowhere further than the slack from its value, and its way is never longer."""
    time = np.arange(len(value)) * 0.5
    string = taut(time, value, slack)
    assert (np.abs(string - value) <= slack + 1e-9).all()
    assert np.abs(np.diff(string)).sum() <= np.abs(np.diff(value)).sum() + 1e-6
    assert np.abs(np.diff(string)).max() <= np.abs(np.diff(value)).max() + 1e-6


def test_string_is_level_where_one_level_fits() -> None:
    """Trembling within the slack becomes one value; an even way stays even."""
    trembling = 100 + np.random.default_rng(2).uniform(-2.9, 2.9, 200)
    assert np.ptp(taut(np.arange(200.0), trembling, 3.0)) == 0
    even = taut(np.arange(200.0), 5 * np.arange(200.0) + trembling, 3.0)
    assert np.ptp(np.diff(even[5:-5])) < 0.6


@given(value=tubes, most=st.floats(0.1, 30))
def test_limit_holds_and_leaves_alone_what_fits(value: Floats, most: float) -> None:
    """No step is larger than allowed; what never steps too far comes back as it was."""
    bound = np.full(len(value) - 1, most)
    assert (np.abs(np.diff(limited(value, bound))) <= bound + 1e-9).all()
    calm = np.cumsum(np.clip(value, -most, most))
    assert limited(calm, bound) == pytest.approx(calm, abs=1e-6)


def test_real_flight_on_its_own_track(shared: Path) -> None:
    """The GoPro Karma flight, matched to the track made from it, is at the track's own distances."""
    track = gpxpy.parse((shared / "data/telemetry/gopro-karma-flight.gpx").read_text())
    points = track.tracks[0].segments[0].points
    lng, lat = (np.array([getattr(p, axis) for p in points]) for axis in ("longitude", "latitude"))
    time = np.array([(p.time - points[0].time).total_seconds() for p in points])
    along = np.concatenate([[0.0], np.cumsum(distances_m(lng, lat))])
    unknown = np.full(len(lng), np.nan)
    line = Line(lng=lng, lat=lat, ele_m=unknown, along_m=along, epoch_s=unknown)
    route = Route(
        name="karma", kind="recorded", lines=(line,), waypoints=(), distance_m=float(along[-1]),
        ascent_m=None, descent_m=None, loop=False,
    )  # fmt: skip
    flight = Flight(source="GPMF", time_s=time, lng=lng, lat=lat, height_m=unknown, altitude_m=unknown)
    found = match(route, path_of(flight, 13.01))[0]
    assert np.median(errors(found, time, along)) < 3
    assert np.nanmax(found.aside_m) < 2
    assert (np.diff(found.along_m) >= 0).all()
