from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_samples import (
    LOOP,
    OUT_AND_BACK,
    STRAIGHT,
    blind,
    clip_of,
    flight_of,
    flown,
    route_of,
)

from pipeline.footage import Clip
from pipeline.geo import Floats
from pipeline.route import Route
from pipeline.sync import STROLL_SPEED, Placing, place_clips

TIME = np.arange(0, 30, 0.5)


def over(route: Route, shape: Floats, start: float, speed: float = 6.0, name: str = "DJI_1.MP4") -> Clip:
    along = np.clip(start + speed * TIME, 0, route.distance_m)
    return clip_of(name, 30.0, flight_of(TIME, flown(route, shape, along, 10.0)))


def spans(placings: tuple[Placing, ...]) -> list[tuple[int, int]]:
    return [(round(p.along_m[0]), round(p.along_m[-1])) for p in placings]


def test_positions_come_first() -> None:
    """A clip with positions is placed by them, and the sentence names source, stretch and distances."""
    route = route_of(LOOP)
    (placing,) = place_clips(route, [over(route, LOOP, 900)], [None])
    assert placing.how == "telemetry"
    assert placing.along(Fraction(15)) == pytest.approx(990, abs=8)
    assert "60 positions from DJI_0042.SRT (DJI, bracket fields) lead along" in placing.why
    assert "10 m from the route" in placing.why


def test_agreeing_at_keeps_the_positions() -> None:
    """An `at:` near the positions changes nothing but is mentioned."""
    route = route_of(LOOP)
    (placing,) = place_clips(route, [over(route, LOOP, 900)], [1100.0])
    assert placing.how == "telemetry"
    assert "`at:` 1.10 km agrees" in placing.why


def test_at_overrules_positions_that_say_otherwise() -> None:
    """The brief decides, and the sentence tells what the positions said."""
    route = route_of(LOOP)
    (placing,) = place_clips(route, [over(route, LOOP, 900)], [2500.0])
    assert placing.how == "at"
    assert placing.along(15.0) == pytest.approx(2500, abs=5)
    assert "the positions of DJI_1.MP4 say" in placing.why


def test_at_chooses_the_pass() -> None:
    """On a path walked there and back `at:` decides which of the two passes is meant."""
    route = route_of(OUT_AND_BACK)
    back = route.distance_m - 700
    (placing,) = place_clips(route, [over(route, OUT_AND_BACK, 600)], [back])
    assert placing.how == "telemetry"
    assert placing.along(15.0) == pytest.approx(back, abs=60)


def test_order_of_the_brief_chooses_between_equal_passes() -> None:
    """Hovering where the route passes twice, the reading is taken that keeps the clips in order."""
    route = route_of(OUT_AND_BACK)
    late = over(route, OUT_AND_BACK, 2600, name="late.MP4")
    hover = over(route, OUT_AND_BACK, 1000, speed=0.0, name="hover.MP4")
    first = place_clips(route, [hover, late], [None, None])
    last = place_clips(route, [late, hover], [None, None])
    assert first[0].along(0.0) == pytest.approx(1000, abs=60)
    assert last[1].along(0.0) == pytest.approx(route.distance_m - 1000, abs=60)
    assert "the order of the clips decided" in last[1].why or "the direction of flight decided" in last[1].why


def test_seam_of_a_loop_follows_the_order() -> None:
    """Where a loop closes, a first or lone clip is at the start, a last one at the finish."""
    route = route_of(LOOP, loop=True)
    seam = over(route, LOOP, 5, speed=0.0, name="seam.MP4")
    middle = over(route, LOOP, 1500)
    found = place_clips(route, [seam, middle, seam], [None] * 3)
    assert found[0].along(0.0) < 60
    assert found[2].along(0.0) > route.distance_m - 60
    (lone,) = place_clips(route, [seam], [None])
    assert lone.along(0.0) < 60
    assert "the route passes here more than once" in lone.why


def test_absurd_positions_are_refused() -> None:
    """A camera that never came near the route is not matched; the sentence says how far it was."""
    route = route_of(LOOP)
    away = clip_of("far.MP4", 30.0, flight_of(TIME, np.full((len(TIME), 2), 40_000.0)))
    spread, at = place_clips(route, [away, away], [None, 2000.0])
    assert (spread.how, at.how) == ("spread", "at")
    assert "the positions of far.MP4 are never nearer than 55.85 km" in spread.why
    assert "never nearer" in at.why


def test_clock_comes_before_spread_and_after_at() -> None:
    """Without positions the clock places the clip, unless the brief says where."""
    east = np.linspace(0, 3000, 100)
    begin = datetime(2026, 6, 14, 8, 55, tzinfo=UTC)
    times = begin.timestamp() + np.linspace(0, 7200, 100)
    route = route_of(np.stack([east, 0 * east], axis=-1), times=[times])
    clips = [clip_of("a.MP4", 20.0, blind((begin + timedelta(minutes=m)).replace(tzinfo=None))) for m in (5, 60, 115)]
    found = place_clips(route, clips, [None, 400.0, None])
    assert [p.how for p in found] == ["clock", "at", "clock"]
    assert found[2].along(0.0) == pytest.approx(3000 * 115 / 120, abs=2)
    assert np.isnan(found[0].aside_m).all()


def test_spread_shares_the_route_equally() -> None:
    """Three clips without any place get a third each, and move through it in proportion to time."""
    route = route_of(STRAIGHT)
    found = place_clips(route, [clip_of(f"{n}.MP4", 10.0) for n in range(3)], [None] * 3)
    assert [p.how for p in found] == ["spread"] * 3
    assert spans(found) == [(0, 1000), (1000, 2000), (2000, 3000)]
    assert found[1].along(2.5) == pytest.approx(1250)
    assert "turn 2 of 3 between 0 m and 3.00 km, so 1.00 km to 2.00 km" in found[1].why


def test_spread_lies_between_placed_neighbours() -> None:
    """Clips without a place fill the room between the clips that have one."""
    route = route_of(STRAIGHT)
    found = place_clips(route, [clip_of(f"{n}.MP4", 5.0) for n in range(4)], [None, 1000.0, None, 2000.0])
    assert [p.how for p in found] == ["spread", "at", "spread", "at"]
    assert spans(found) == [(0, 980), (980, 1020), (1020, 1980), (1980, 2020)]


def test_contradicting_order_does_not_stop_the_work() -> None:
    """Anchors against the order of the brief are kept; what lies between goes on forward."""
    route = route_of(STRAIGHT)
    found = place_clips(route, [clip_of(f"{n}.MP4", 5.0) for n in range(3)], [2500.0, None, 500.0])
    assert spans(found) == [(2480, 2520), (2520, 3000), (480, 520)]


def test_stroll_about_an_anchor_stays_on_the_route_and_off_its_neighbours() -> None:
    """The marker strolls at most 8 m/s about its anchor, half-way to the next anchor at most."""
    route = route_of(STRAIGHT)
    clips = [clip_of(f"{n}.MP4", 60.0) for n in range(4)]
    found = place_clips(route, clips, [0.0, 1000.0, 1040.0, 3000.0])
    assert spans(found) == [(0, 150), (870, 1020), (1020, 1170), (2850, 3000)]
    assert all(np.diff(p.along_m)[0] <= STROLL_SPEED * 60 for p in found)


def test_anchor_beyond_the_route_is_held_at_its_end() -> None:
    """An anchor outside 0…distance cannot push the marker off the route."""
    found = place_clips(route_of(STRAIGHT), [clip_of(duration=5.0)] * 2, [-50.0, 99_999.0])
    assert spans(found) == [(0, 40), (2960, 3000)]


def test_no_clips_no_placings() -> None:
    """A map-only brief has nothing to place."""
    assert place_clips(route_of(STRAIGHT), [], []) == ()


@settings(max_examples=40, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["positions", "bare", "at", "away"]), min_size=1, max_size=5),
    starts=st.lists(st.floats(-500, 4500), min_size=5, max_size=5),
    duration=st.floats(0.5, 60),
)
def test_every_placing_is_whole(kinds: list[str], starts: list[float], duration: float) -> None:
    """Whatever comes: one placing per clip, finite, on the route, times increasing, a sentence."""
    route = route_of(OUT_AND_BACK)
    clips, anchors = [], []
    for kind, start in zip(kinds, starts, strict=False):
        along = np.clip(start + 4 * TIME, 3, route.distance_m - 3)
        camera = flown(route, OUT_AND_BACK, along) + (60_000 if kind == "away" else 0)
        clips.append(clip_of(kind, duration, flight_of(TIME, camera) if kind in ("positions", "away") else None))
        anchors.append(start if kind == "at" else None)
    found = place_clips(route, clips, anchors)
    assert len(found) == len(clips)
    for placing in found:
        assert len(placing.time_s) == len(placing.along_m) == len(placing.aside_m) >= 2
        assert (np.diff(placing.time_s) > 0).all()
        assert np.isfinite(placing.along_m).all()
        assert placing.along_m.min() >= 0
        assert placing.along_m.max() <= route.distance_m
        assert placing.why.endswith(".")
        assert np.abs(np.diff(placing.along_m)).max() < 100 or placing.how in ("spread", "at")
