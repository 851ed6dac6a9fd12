"""Flights of takes that a recorder has split."""

from datetime import datetime
from fractions import Fraction

import numpy as np

from pipeline.flight import Flight, joined


def _flight(times: list[float], lng: float, clock: datetime | None = None) -> Flight:
    column = np.full(len(times), lng)
    return Flight(
        source=f"at {lng}",
        time_s=np.array(times),
        lng=column,
        lat=column,
        height_m=column,
        altitude_m=column,
        clock=clock,
    )


def test_the_second_file_goes_on_where_the_first_ended() -> None:
    """Times of a later part count from the start of the take, and nothing is lost."""
    whole = joined([(Fraction(0), _flight([0, 1], 1.0)), (Fraction(2), _flight([0, 1], 2.0))])
    assert whole is not None
    assert whole.time_s.tolist() == [0, 1, 2, 3]
    assert whole.lng.tolist() == [1, 1, 2, 2]


def test_a_clock_of_a_later_part_is_taken_back_to_the_start() -> None:
    """The clock is that of the first frame of the take, also when only a later file has telemetry."""
    whole = joined([(Fraction(0), None), (Fraction(60), _flight([0], 2.0, datetime(2026, 5, 1, 12, 1)))])
    assert whole is not None
    assert whole.clock == datetime(2026, 5, 1, 12, 0)


def test_no_telemetry_in_any_part_is_none() -> None:
    """A take without telemetry has no flight."""
    assert joined([(Fraction(0), None), (Fraction(9), None)]) is None
