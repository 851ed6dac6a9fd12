"""Length, climb and time of a walk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import walking
from pipeline.geo import EARTH_RADIUS_M, Floats, distances_m

DEGREE_M = np.radians(1) * EARTH_RADIUS_M


def north(metres: Floats) -> Floats:
    return np.asarray(51.5 + metres / DEGREE_M)


def length(lng: Floats, lat: Floats) -> float:
    return float(distances_m(lng, lat).sum())


def hills(count: int, height_m: float, slope: float) -> tuple[Floats, float]:
    """Zigzag corners: distances, and the true ascent."""
    along = np.arange(2 * count + 1) * height_m / slope
    return along, count * height_m


def test_a_dense_straight_line_keeps_its_length() -> None:
    """Points every metre on a straight path measure what the path measures."""
    lat, lng, time = north(np.arange(2001.0)), np.zeros(2001), np.arange(2001.0)
    x, y, keep = walking.steadied(lng, lat, time)
    assert length(x[keep], y[keep]) == pytest.approx(2000, abs=0.5)


def test_standing_still_adds_nothing() -> None:
    """Ten minutes of shivering in the middle of a walk add less than ten metres."""
    noise = np.random.default_rng(3).normal(0, 3, (2, 600))
    metres = np.concatenate([np.arange(0, 700, 1.4), 700 + noise[0], np.arange(700, 1400, 1.4)])
    aside = np.zeros(len(metres))
    aside[500:1100] = noise[1]
    lat, lng = north(metres), aside / DEGREE_M / np.cos(np.radians(51.5))
    x, y, keep = walking.steadied(lng, lat, np.arange(float(len(metres))))
    assert length(lng, lat) > 2500
    assert length(x[keep], y[keep]) == pytest.approx(1400, abs=10)


def test_a_turn_is_not_a_stop() -> None:
    """Out and back at a slow pace keeps its length."""
    metres = np.concatenate([np.arange(0, 500, 0.8), np.arange(500, 0, -0.8)])
    x, y, keep = walking.steadied(np.zeros(len(metres)), north(metres), np.arange(float(len(metres))))
    assert length(x[keep], y[keep]) == pytest.approx(1000, abs=8)


def test_one_leap_is_dropped_and_the_rest_stays() -> None:
    """A point that no traveller could reach is out, with times or without."""
    lat = north(np.arange(30.0) * 10)
    lat[11:13] = -33.0
    for time in (np.arange(30.0) * 5, np.full(30, np.nan)):
        keep = walking.plausible(np.zeros(30), lat, time)
        assert list(np.flatnonzero(~keep)) == [11, 12]


def test_a_long_planned_leg_stays() -> None:
    """A ferry in a planned route is one long step and no fault."""
    lat = north(np.concatenate([np.arange(50.0) * 10, 8000 + np.arange(50.0) * 10]))
    assert walking.plausible(np.zeros(100), lat, np.full(100, np.nan)).all()


def test_an_aeroplane_is_not_emptied() -> None:
    """When the rule would drop most of a file, the rule is wrong and not the file."""
    lat = north(np.arange(50.0) * 250)
    assert walking.plausible(np.zeros(50), lat, np.arange(50.0)).all()


def test_times_run_forward() -> None:
    """The longest forward run of times stays, others become unknown."""
    forward = walking.forward(np.array([5.0, 1.0, 2.0, np.nan, 99.0, 3.0, 4.0]))
    assert forward[[1, 2, 5, 6]].tolist() == [1, 2, 3, 4]
    assert np.isnan(forward[[0, 3, 4]]).all()


@given(st.floats(1, 900), st.floats(100, 20_000), st.integers(2, 400))
def test_a_steady_slope_counts_whole(rise_m: float, run_m: float, points: int) -> None:
    """A constant slope keeps its ascent whatever the spacing of the points."""
    along = np.linspace(0, run_m, points)
    up, down = walking.climb(along, along * rise_m / run_m)
    assert up == pytest.approx(rise_m, rel=1e-6, abs=1e-6)
    assert down == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.5, 5.0, 12.0, 30.0, 80.0]))
def test_noise_on_the_flat_is_no_climb(seed: int, step_m: float) -> None:
    """Noise of ±2 m on level ground adds no more than its own height."""
    along = np.arange(0, 6000, step_m)
    up, down = walking.climb(along, np.random.default_rng(seed).uniform(-2, 2, len(along)))
    assert up <= 4
    assert down <= 4


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.5, 5.0, 12.0, 30.0]), st.integers(1, 8), st.floats(20, 150))
def test_noise_does_not_double_the_climb(seed: int, step_m: float, count: int, height_m: float) -> None:
    """Hills with noise of ±2 m keep their ascent to within a quarter, never more than it and 4 m a hill."""
    corners, true = hills(count, height_m, 0.08)
    along = np.arange(0, corners[-1], step_m)
    ele = np.interp(along, corners, np.arange(len(corners)) % 2 * height_m)
    up, _ = walking.climb(along, ele + np.random.default_rng(seed).uniform(-2, 2, len(along)))
    assert 0.75 * true <= up <= true + 4 * count


def test_spikes_and_missing_readings_are_no_heights() -> None:
    """One point high in the air and zeros in the hills become unknown; a real summit and the sea stay."""
    along = np.arange(12.0) * 20
    hill = 200 + 8 * np.minimum(np.arange(12.0), 11 - np.arange(12.0))
    spiky = hill.copy()
    spiky[4], spiky[8] = 400, 0
    assert list(np.flatnonzero(np.isnan(walking.despiked(along, spiky)))) == [4, 8]
    lone = np.array([10.0, 12, 30, 13, 12, 14, 15, 16, 15, 18, 15, 15])
    assert list(np.flatnonzero(np.isnan(walking.despiked(along * 2.5, lone)))) == [2]
    assert not np.isnan(walking.despiked(along * 50, lone)).any()
    assert not np.isnan(walking.despiked(along, hill)).any()
    assert not np.isnan(walking.despiked(along, hill - 200)).any()


def test_gaps_in_heights_are_bridged() -> None:
    """Unknown heights between known ones lie on the line between them."""
    along = np.linspace(0, 1000, 101)
    ele = along / 10
    ele[20:60] = np.nan
    assert walking.smoothed(along, ele, np.array([400.0]))[0] == pytest.approx(40)
    assert np.isnan(walking.smoothed(along, np.full(101, np.nan), along)).all()


@pytest.mark.parametrize(
    ("distance_m", "ascent_m", "expected"),
    [(5000, 0, (60, 75)), (10_000, 300, (150, 180)), (300, None, (5, 10)), (0, 0, (5, 10))],
)
def test_walking_time_is_a_range(distance_m: float, ascent_m: float | None, expected: tuple[int, int]) -> None:
    """From Naismith to 15 min per km, both with the climb, to 5 min, never empty and never nothing."""
    assert walking.minutes(distance_m, ascent_m) == expected


@given(st.floats(0, 300_000), st.floats(0, 9000))
def test_any_walk_has_a_proper_range(distance_m: float, ascent_m: float) -> None:
    """Both ends are positive multiples of five and the upper is the greater."""
    low, high = walking.minutes(distance_m, ascent_m)
    assert low >= 5
    assert high > low
    assert low % 5 == high % 5 == 0


def test_words() -> None:
    """Facts read as in route leaflets."""
    assert walking.distance_text(5000, "miles") == "3.1 miles (5 km)"
    assert walking.distance_text(5000, "km") == "5 km (3.1 miles)"
    assert walking.distance_text(1609, "miles") == "1 mile (1.6 km)"
    assert walking.distance_text(44.4, "miles") == "49 yards (44 m)"
    assert walking.ascent_text(121, "miles") == "400 ft (120 m)"
    assert walking.ascent_text(1210, "km") == "1,210 m (3,970 ft)"
    assert walking.time_text((90, 120)) == "1 h 30 min to 2 h"
    assert walking.time_text((30, 45)) == "30 to 45 min"
    assert walking.time_text((55, 65)) == "55 min to 1 h 5 min"
    assert walking.time_text((120, 180)) == "2 to 3 h"
