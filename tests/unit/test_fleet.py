"""The fleet as a value, and how a vehicle's raw fixes become parts of a track."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.fleet import Fleet, TrackPart, Vehicle, sorting
from pipeline.geo import Floats
from pipeline.tracks.cleaning import Tally, calm, parts, steady

METRE = 1 / 111_195.08  # degrees of latitude


def columns(epoch_s: Floats, north_m: Floats) -> tuple[Floats, Floats, Floats, np.ndarray]:
    """Fixes along a meridian."""
    epoch_s, north_m = np.asarray(epoch_s, np.float64), np.asarray(north_m, np.float64)
    return epoch_s, np.full(len(epoch_s), -1.1), 53.5 + north_m * METRE, np.zeros(len(epoch_s), np.int16)


def test_names_sort_as_people_sort_them() -> None:
    """2 comes before 10, capitals count like small letters, equal names go by their id."""
    names = [
        ("Gritter 10", "a"),
        ("gritter 2", "b"),
        ("David Plowie", "c"),
        ("Gritter 2", "z"),
        ("Gritter 2", "d"),
        ("7", "e"),
    ]
    ordered = sorted(names, key=lambda pair: sorting(*pair))
    assert [pair[1] for pair in ordered] == ["e", "c", "d", "z", "b", "a"]


def test_a_fleet_knows_its_span_and_size() -> None:
    """A fleet's span reaches from the first fix of all to the last; its points are counted over all parts."""
    one = TrackPart(
        epoch_s=np.array([10.0, 20.0]), lng=np.zeros(2), lat=np.array([0.0, 0.001]), status=np.zeros(2, np.int16)
    )
    later = TrackPart(epoch_s=one.epoch_s + 100, lng=one.lng, lat=one.lat, status=one.status)
    fleet = Fleet(
        vehicles=(Vehicle(id="a", name="A", parts=(later,)), Vehicle(id="b", name="B", parts=(one, later))), zone=None
    )
    assert fleet.span_s == (10.0, 120.0)
    assert fleet.points == 6
    assert one.distance_m == pytest.approx(111.195, abs=0.01)


def test_fixes_are_sorted_and_told_once() -> None:
    """Fixes come out in order of time, and of two for one second the first stays."""
    tally = Tally()
    (part,) = parts(*columns([30, 10, 20, 20], [200, 0, 100, 900]), tally)
    assert part.epoch_s.tolist() == [10, 20, 30]
    assert part.lat.tolist() == pytest.approx([53.5, 53.5 + 100 * METRE, 53.5 + 200 * METRE])
    assert tally.doubles == 1


def test_a_long_silence_on_the_way_is_a_gap() -> None:
    """More than five minutes between two places cut the track; nothing is known of the way between."""
    tally = Tally()
    found = parts(*columns([0, 10, 311, 321], [0, 100, 200, 300]), tally)
    assert [part.epoch_s.tolist() for part in found] == [[0, 10], [311, 321]]
    assert tally.gaps == 1


def test_a_long_leg_without_a_fix_is_a_gap() -> None:
    """More than 1.5 km between two fixes cut the track, though the speed may be possible."""
    found = parts(*columns([0, 10, 110, 120], [0, 100, 1700, 1800]), Tally())
    assert len(found) == 2
    assert len(parts(*columns([0, 10, 110, 120], [0, 100, 1500, 1600]), Tally())) == 1


def test_a_silent_vehicle_at_one_place_is_parked() -> None:
    """A tracker that sleeps for an hour and wakes at the same place leaves no gap."""
    (part,) = parts(*columns([0, 10, 3610, 3620], [0, 100, 110, 200]), Tally())
    assert len(part.epoch_s) == 4


def test_a_single_fix_between_gaps_is_left_out() -> None:
    """One fix alone makes no part; it is counted."""
    tally = Tally()
    assert parts(*columns([0, 1000, 2000], [0, 1000, 2000]), tally) == ()
    assert tally.alone == 3


def test_a_leap_of_the_receiver_is_left_out() -> None:
    """Fixes that can only be reached at more than 200 km/h go, however many come in a row, and nothing else does."""
    north = np.arange(40) * 100.0
    north[10:13] += 5000
    epoch_s, lng, lat, _ = columns(np.arange(40) * 10.0, north)
    keep = steady(epoch_s, lng, lat)
    assert np.flatnonzero(~keep).tolist() == [10, 11, 12]


def test_a_wrong_first_fix_is_left_out() -> None:
    """A first fix far off does not cost the rest of the track."""
    epoch_s, lng, lat, _ = columns(np.arange(20) * 10.0, np.r_[90_000.0, np.arange(1, 20) * 100.0])
    assert np.flatnonzero(~steady(epoch_s, lng, lat)).tolist() == [0]


def test_a_fast_but_possible_drive_stays() -> None:
    """At 190 km/h nothing is left out."""
    epoch_s, lng, lat, _ = columns(np.arange(20) * 10.0, np.arange(20) * 1900 / 3.6)
    assert steady(epoch_s, lng, lat).all()


def test_a_parked_vehicle_stands_still() -> None:
    """Jitter of a receiver at rest becomes one place; the drive before and after keeps its own fixes."""
    rng = np.random.default_rng(3)
    north = np.concatenate([np.arange(30) * 100.0, 3000 + rng.normal(0, 4, 60), 3100 + np.arange(30) * 100.0])
    epoch_s, lng, lat, _ = columns(np.arange(120) * 10.0, north)
    _, calmed = calm(epoch_s, lng, lat)
    assert len(np.unique(calmed[32:88])) == 1
    assert calmed[:29].tolist() == lat[:29].tolist()
    assert calmed[92:].tolist() == lat[92:].tolist()


def test_a_slow_crawl_is_no_stay() -> None:
    """A queue at a quarter of a metre per second for ten minutes is a way of 150 m, not one place."""
    epoch_s, lng, lat, _ = columns(np.arange(60) * 10.0, np.arange(60) * 2.5)
    assert calm(epoch_s, lng, lat)[1].tolist() == lat.tolist()


def test_a_track_across_the_antimeridian_stays_in_one_piece() -> None:
    """From 179.99° E to 179.99° W is a step of a mile, not a leap."""
    epoch_s = np.arange(21) * 20.0
    lng = (179.99 + np.arange(21) * 0.001 + 180) % 360 - 180
    (part,) = parts(epoch_s, lng, np.full(21, -17.0), np.zeros(21, np.int16), Tally())
    assert np.diff(part.lng) == pytest.approx(0.001)
