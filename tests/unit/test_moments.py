"""Which seconds are chosen, and when pictures have to be looked at for it."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import sync_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.flight import Flight
from pipeline.footage import Clip, Look
from pipeline.geo import Floats
from pipeline.moments import Moment, needs_look, pick
from pipeline.timing import Span


def span(start: float, end: float) -> Span:
    return Span(start=Fraction(str(start)), end=Fraction(str(end)))


def clip_of(seconds: float, flight: Flight | None = None, damaged: tuple[Span, ...] = ()) -> Clip:
    duration = Fraction(str(seconds))
    clip = sync_samples.clip_of(duration=seconds, flight=flight)
    return replace(clip, duration=duration, parts=(replace(clip.parts[0], duration=duration),), damaged=damaged)


def flight_of(height: Floats, speed_mps: float = 5.0) -> Flight:
    """A fix a second, due north."""
    time = np.arange(len(height), dtype=np.float64)
    unknown = np.full(len(height), np.nan)
    lat = 51.5 + time * speed_mps / 111_195
    return Flight(source="test", time_s=time, lng=np.zeros(len(time)), lat=lat, height_m=height, altitude_m=unknown)


def look_of(time: list[float], damaged: tuple[Span, ...] = (), **columns: list[float]) -> Look:
    """A pleasant look but for what is given."""
    usual = {"shift_x": 0.05, "shift_y": 0.0, "residual": 0.1, "sharpness": 0.3, "brightness": 0.4}
    filled = {
        name: np.array(columns.get(name, [usual.get(name, 0.0)] * len(time)), np.float64)
        for name in (*usual, "dark", "bright")
    }
    return Look(time_s=np.array(time, np.float64), colour=np.full((len(time), 3), 0.4), damaged=damaged, **filled)


def only(moments: tuple[Moment, ...]) -> Moment:
    (moment,) = moments
    return moment


def test_short_clip_is_used_whole() -> None:
    """A clip that is hardly longer than asked has nothing to choose from."""
    moment = only(pick(clip_of(3.5), length=Fraction(5)))
    assert (moment.start, moment.end) == (0, Fraction(7, 2))
    assert "the whole clip" in moment.why


def test_middle_when_nothing_is_known() -> None:
    """Without telemetry and look the middle is taken."""
    moment = only(pick(clip_of(30), length=Fraction(4)))
    assert abs((moment.start + moment.end) / 2 - 15) <= Fraction(1, 2)
    assert "middle" in moment.why


def test_take_off_and_landing_are_left_out() -> None:
    """Below five metres the drone is rising or coming down, even if the best light is there."""
    height = np.array([0, 0, 1, 3, 4, 10, *[40] * 20, 10, 4, 2, 0, 0], np.float64)
    clip = clip_of(30, flight_of(height))
    moments = pick(clip, length=Fraction(5), count=4)
    assert len(moments) == 4
    assert all(moment.start >= 5 and moment.end <= 26 for moment in moments)
    assert "40 m up" in moments[0].why


def test_a_flight_along_the_ground_is_no_take_off() -> None:
    """A clip that never rises is used like any other."""
    clip = clip_of(12, flight_of(np.full(13, 2.0)))
    assert len(pick(clip, length=Fraction(4), count=3)) == 3


def test_long_clips_lose_their_edges() -> None:
    """With nothing known, the first and last three seconds of a long clip are left out."""
    moments = pick(clip_of(27), length=Fraction(7), count=3)
    assert {(moment.start, moment.end) for moment in moments} == {(3, 10), (10, 17), (17, 24)}


def test_edges_are_given_back_when_the_length_needs_them() -> None:
    """Rather a take-off than a shot that is too short."""
    assert only(pick(clip_of(24), length=Fraction(20))).span.duration == 20


def test_nearness_to_the_route_decides() -> None:
    """Of equal seconds those over the route are chosen."""
    clip = clip_of(60, flight_of(np.full(61, 40.0)))
    moment = only(pick(clip, aside=lambda t: abs(t - 45) * 30, along=lambda t: 1000 + t, length=Fraction(6)))
    assert abs((moment.start + moment.end) / 2 - 45) <= 3
    assert "m from the route" in moment.why
    assert "1.0 km along the route" in moment.why


def test_unknown_nearness_is_no_obstacle() -> None:
    """Where the route is not known the other values decide."""
    clip = clip_of(60, flight_of(np.full(61, 40.0)))
    moment = only(pick(clip, aside=lambda t: math.nan, along=lambda t: math.nan, length=Fraction(6)))
    assert "route" not in moment.why


def test_whip_pans_are_avoided() -> None:
    """A steady stretch is preferred to a fast one, wherever it lies."""
    time = [float(second) for second in range(2, 40, 2)]
    shift = [0.8 if second < 28 else 0.06 for second in time]
    moment = only(pick(clip_of(40), look_of(time, shift_x=shift), length=Fraction(5)))
    assert moment.start >= 27
    assert "steady move" in moment.why


@pytest.mark.parametrize("column", ["sharpness", "brightness", "bright"])
def test_poor_pictures_are_avoided(column: str) -> None:
    """Blurred, dark and burnt-out stretches lose."""
    time = [float(second) for second in range(0, 40, 2)]
    good, bad = {"sharpness": (0.3, 0.04), "brightness": (0.4, 0.01), "bright": (0.0, 0.9)}[column]
    values = [good if second < 14 else bad for second in time]
    moment = only(pick(clip_of(40), look_of(time, **{column: values}), length=Fraction(5)))
    assert moment.end <= 14


def test_damaged_stretches_are_never_used() -> None:
    """Neither what the clip nor what the look calls damaged is shown, whatever it costs."""
    clip = clip_of(10, damaged=(span(0, 2),))
    moments = pick(clip, look_of([3.0, 8.0], damaged=(span(5, 6),)), length=Fraction(5), count=3)
    assert {(moment.start, moment.end) for moment in moments} == {(2, 5), (6, 10)}
    assert pick(clip_of(10, damaged=(span(0, 10),)), length=Fraction(5)) == ()


def test_within_bounds_the_choice() -> None:
    """What the brief allows is a wall; outside of the clip there is nothing."""
    inside = only(pick(clip_of(60), length=Fraction(4), within=span(12, 31)))
    assert inside.start >= 12
    assert inside.end <= 31
    exact = only(pick(clip_of(60), length=Fraction(30), within=span(12, 31)))
    assert (exact.start, exact.end) == (12, 31)
    assert only(pick(clip_of(60), length=Fraction(3), within=span(0, 3))).span == span(0, 3)
    assert pick(clip_of(10), length=Fraction(3), within=span(12, 20)) == ()


def test_several_moments_keep_their_distance() -> None:
    """In a long clip the shots do not look like one shot cut in pieces."""
    spans = sorted((moment.span for moment in pick(clip_of(120), length=Fraction(4), count=3)), key=lambda s: s.start)
    assert all(later.start - earlier.end >= 4 for earlier, later in pairwise(spans))


def test_best_first_and_the_same_again() -> None:
    """Moments come in order of their score, and twice the same."""
    time = [float(second) for second in range(0, 60, 3)]
    rng = np.random.default_rng(3)
    seen = look_of(time, shift_x=list(rng.random(20) * 0.4), sharpness=list(rng.random(20)))
    moments = pick(clip_of(60), seen, length=Fraction(4), count=4)
    assert [moment.score for moment in moments] == sorted((m.score for m in moments), reverse=True)
    assert moments == pick(clip_of(60), seen, length=Fraction(4), count=4)


@settings(max_examples=40, deadline=None)
@given(
    seconds=st.integers(1, 400),
    length=st.fractions(Fraction(1, 2), 20, max_denominator=30),
    count=st.integers(1, 6),
    hole=st.tuples(st.integers(0, 100), st.integers(1, 60)),
)
def test_moments_lie_apart_inside_the_sound_clip(
    seconds: int, length: Fraction, count: int, hole: tuple[int, int]
) -> None:
    """Whatever is asked: inside the clip, no overlap, no damage, never longer, and as many as fit."""
    damaged = Span(start=Fraction(hole[0]), end=Fraction(hole[0] + hole[1]))
    moments = pick(clip_of(seconds, damaged=(damaged,)), length=length, count=count)
    spans = sorted((moment.span for moment in moments), key=lambda s: s.start)
    assert len(spans) <= count
    for one in spans:
        assert 0 <= one.start < one.end <= seconds
        assert one.duration <= length
        assert not one.overlaps(damaged)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    if seconds <= 20 and hole[0] >= seconds and seconds >= length:
        assert len(spans) == min(count, int(seconds / length))


def test_when_pictures_are_looked_at() -> None:
    """Decoding is spared when the brief, the length or telemetry decides."""
    flight = flight_of(np.full(61, 40.0))
    assert needs_look(clip_of(60), Fraction(5))
    assert not needs_look(clip_of(60), Fraction(5), span(10, 40))
    assert not needs_look(clip_of(6), Fraction(5))
    assert not needs_look(clip_of(60, flight), Fraction(5))
    unknown = replace(flight, lng=flight.lng * np.nan, lat=flight.lat * np.nan, height_m=flight.altitude_m)
    assert needs_look(clip_of(60, unknown), Fraction(5))
    assert needs_look(clip_of(600, flight), Fraction(5)), "telemetry that knows a tenth of the clip"
