from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.timing import Span, frame_rate, merged, seconds, timecode


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0:31", 31),
        ("1:02:03.5", Fraction(7447, 2)),
        ("30s", 30),
        ("30", 30),
        (30, 30),
        (0.1, Fraction(1, 10)),
        ("1.5 min", 90),
        (" 2 Minutes ", 120),
        ("90:00", 5400),
    ],
)
def test_times_are_read_as_people_write_them(text: str | float, value: Fraction) -> None:
    """Clock times, amounts with units and plain numbers are exact seconds."""
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "1:75", "-3s", "1:2:3:4", "0:31-0:40", "3 km", -1])
def test_what_is_no_time_is_refused(text: str | float) -> None:
    """Anything else is a ValueError with a sentence."""
    with pytest.raises(ValueError, match=r"."):
        seconds(text)


@given(st.integers(0, 10**6))
def test_a_timecode_reads_back(tenths: int) -> None:
    """What is written for people is read as the same tenth of a second."""
    assert seconds(timecode(Fraction(tenths, 10))) == Fraction(tenths, 10)


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=8).map(
    lambda rows: [Span(start=Fraction(a), end=Fraction(a + n)) for a, n in rows]
)


@given(spans)
def test_merged_spans_cover_the_same_seconds(some: list[Span]) -> None:
    """Merging keeps every second, adds none, and leaves gaps between what it returns."""
    made = merged(some)
    assert {s for one in some for s in range(int(one.start), int(one.end))} == {
        s for one in made for s in range(int(one.start), int(one.end))
    }
    assert all(a.end < b.start for a, b in itertools.pairwise(made))


def test_spans_are_half_open() -> None:
    """Spans that only touch do not overlap."""
    one, two = Span(start=Fraction(0), end=Fraction(1)), Span(start=Fraction(1), end=Fraction(2))
    assert not one.overlaps(two)
    assert one.duration == 1


@pytest.mark.parametrize(
    ("rates", "rate"),
    [
        ([], 30),
        (["50"], 25),
        (["60000/1001"], 30),
        (["24000/1001"], 24),
        (["120"], 30),
        (["100"], 25),
        (["48"], 24),
        (["29.7"], 30),
        (["25", "25", "30"], 25),
        (["240"], 30),
    ],
)
def test_the_rate_nearest_to_the_footage(rates: list[str], rate: int) -> None:
    """24, 25 or 30, whichever the clips are a multiple of; most of them decide."""
    assert frame_rate([Fraction(one) for one in rates]) == rate
