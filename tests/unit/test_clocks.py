from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_samples import STRAIGHT, blind, clip_of, route_of

from pipeline.footage import Clip
from pipeline.route import Route
from pipeline.sync.clocks import clock_timings, timed_route
from pipeline.sync.zones import OFFSETS, zone_name

BEGIN = datetime(2026, 6, 14, 8, 55, tzinfo=UTC)


def walk(minutes: float = 165, begin: datetime = BEGIN, home: tuple[float, float] = (-0.27, 51.56)) -> Route:
    """A straight walk of 3 km at an even pace."""
    east = np.linspace(0, 3000, 300)
    times = begin.timestamp() + np.linspace(0, 60 * minutes, 300)
    return route_of(np.stack([east, 0 * east], axis=-1), home=home, times=[times])


def shot(minutes: float, offset_min: int, **more: object) -> Clip:
    """A clip whose recorder shows local time, `minutes` after the start of the walk."""
    clock = (BEGIN + timedelta(minutes=minutes + offset_min)).replace(tzinfo=None)
    return clip_of(flight=blind(clock), **more)  # type: ignore[arg-type]


def start_m(route: Route, *clips: Clip) -> list[float]:
    timings = clock_timings(route, clips, [True] * len(clips))
    return [float(t.along_m[0]) if len(t.along_m) else np.nan for t in timings]


@settings(max_examples=60, deadline=None)
@given(offset=st.sampled_from(sorted(OFFSETS)), minutes=st.floats(1, 13))
def test_every_zone_on_earth_is_found(offset: int, minutes: float) -> None:
    """A walk of a few minutes leaves one zone only: the place is exact, whatever the zone."""
    found = start_m(walk(14.0), shot(minutes, offset, duration=10.0))
    assert found[0] == pytest.approx(3000 * minutes / 14, abs=2)


@pytest.mark.parametrize(("offset", "lng"), [(330, 77.0), (570, 133.9), (-210, -52.7), (345, 85.3)])
def test_half_hour_zones(offset: int, lng: float) -> None:
    """India, central Australia, Newfoundland and Nepal: clips at both ends of a long walk pin the zone."""
    route = walk(165, home=(lng, 20.0))
    clips = [shot(3, offset), shot(80, offset), shot(160, offset)]
    assert start_m(route, *clips) == pytest.approx([3000 * m / 165 for m in (3, 80, 160)], abs=2)


@pytest.mark.parametrize(
    ("offset", "home"),
    [
        (330, (77.2, 28.6)),
        (570, (133.9, -23.7)),
        (-150, (-52.7, 47.6)),
        (345, (85.3, 27.7)),
        (120, (2.3, 48.8)),
    ],
)
def test_among_equals_local_time_is_that_of_the_place(offset: int, home: tuple[float, float]) -> None:
    """Delhi, Alice Springs, Newfoundland, Nepal, Paris: a clip amid a long walk is read as local time."""
    assert start_m(walk(600, home=home), shot(300, offset)) == pytest.approx([1500.0], abs=2)


def test_created_is_utc_when_it_fits() -> None:
    """The time in an MP4 is taken as UTC if that falls into the track, whatever else would fit too."""
    clip = clip_of(created=BEGIN + timedelta(minutes=90))
    timing = clock_timings(walk(), [clip], [True])[0]
    assert timing.along_m[0] == pytest.approx(3000 * 90 / 165, abs=2)
    assert "read as UTC it falls" in timing.reason
    assert "write `at:` if this is wrong" in timing.reason


def test_created_is_repaired_when_it_holds_local_time() -> None:
    """Local time where UTC belongs is noticed because as UTC no clip would be on the track."""
    clip = clip_of(created=BEGIN + timedelta(hours=9, minutes=90))
    timing = clock_timings(walk(), [clip], [True])[0]
    assert "UTC+8" in timing.reason or "UTC+9" in timing.reason
    clips = [clip_of(created=BEGIN + timedelta(hours=9, minutes=m)) for m in (2, 163)]
    assert start_m(walk(), *clips) == pytest.approx([3000 * 2 / 165, 3000 * 163 / 165], abs=2)


def test_working_is_shown() -> None:
    """The sentence names the clock, the zone, the track and the time since its start."""
    clip = shot(26.65, 60)
    assert clock_timings(walk(), [clip], [True])[0].reason == (
        "the clock of DJI_0042.MP4 says 10:21:39; read as UTC+1 it falls into the recorded track "
        "(2026-06-14 08:55–11:40 UTC), 26 min after its start; 2 other time zones would fit too, "
        "so write `at:` if this is wrong."
    )


def test_second_clock_of_the_file_gives_the_zone_away() -> None:
    """A local clock beside a UTC one in the same file tells the zone, even far from the sun's."""
    utc = BEGIN + timedelta(minutes=40)
    clip = clip_of(flight=blind((utc + timedelta(hours=3)).replace(tzinfo=None)), created=utc)
    timing = clock_timings(walk(400), [clip], [True])[0]
    assert "UTC+3" in timing.reason
    assert timing.along_m[0] == pytest.approx(3000 * 40 / 400, abs=2)


def test_one_zone_for_one_recorder() -> None:
    """A clip that alone would fit another zone follows its recorder's other clips, even off the track."""
    clips = [shot(5, 120), shot(160, 120), shot(60 * 5, 120)]
    timings = clock_timings(walk(), clips, [True] * 3)
    assert [len(t.along_m) > 0 for t in timings] == [True, True, False]
    assert timings[2].reason.endswith("it is 2 h 15 min after the recorded track (2026-06-14 08:55–11:40 UTC)")


def test_two_recorders_have_two_zones() -> None:
    """A drone on local time and a phone on UTC are repaired apart."""
    drone = [shot(m, 120) for m in (3, 162)]
    phone = [clip_of("IMG_1.MOV", created=BEGIN + timedelta(minutes=m)) for m in (4, 161)]
    found = start_m(walk(), *drone, *phone)
    assert found == pytest.approx([3000 * m / 165 for m in (3, 162, 4, 161)], abs=2)


def test_drift_and_trimmed_ends_are_held_at_the_end() -> None:
    """A clip a little before or after the shown part waits at its end, and the sentence says so."""
    clips = [shot(-5, 60), shot(80, 60), shot(168, 60)]
    timings = clock_timings(walk(), clips, [True] * 3)
    assert timings[0].along_m.max() == 0
    assert "is 5 min before the part of the track that is shown" in timings[0].reason
    assert timings[2].along_m == pytest.approx(np.full(len(timings[2].along_m), 3000.0))
    assert "is 3 min after the part of the track that is shown" in timings[2].reason


def test_nothing_fits() -> None:
    """A clock of another day places nothing and says what it said."""
    timing = clock_timings(walk(), [shot(60 * 24 * 40, 0)], [True])[0]
    assert len(timing.along_m) == 0
    assert "says 2026-07-24 08:55:00, which in no time zone falls into" in timing.reason


@pytest.mark.parametrize("year", [1904, 1970, 1980])
def test_unset_clock_is_none(year: int) -> None:
    """The epochs of MP4, POSIX and GPS mean that nobody set the clock."""
    timing = clock_timings(walk(), [clip_of(created=datetime(year, 1, 1, tzinfo=UTC))], [True])[0]
    assert timing.reason == "DJI_0042.MP4 has neither positions nor a clock that was set"


def test_route_without_times() -> None:
    """A planned route has no times to compare with."""
    timing = clock_timings(route_of(STRAIGHT), [shot(5, 0)], [True])[0]
    assert timing.reason == "DJI_0042.MP4 has no positions and the route no times"


def test_times_are_cleaned() -> None:
    """Unknown, stray and backward times of a track are left out; the rest still places clips."""
    route = walk()
    epoch = route.lines[0].epoch_s
    epoch[10:20] = np.nan
    epoch[50] = 0.0
    epoch[51] = datetime(2099, 1, 1, tzinfo=UTC).timestamp()
    epoch[120:125] -= 3000
    epoch[200] += 4000
    timed = timed_route(route)
    assert timed is not None
    (time, _), *others = timed.pieces
    assert not others
    assert (np.diff(time) > 0).all()
    assert len(time) == 300 - 10 - 2 - 5 - 1
    assert start_m(route, shot(5, 60), shot(160, 60)) == pytest.approx([3000 * 5 / 165, 3000 * 160 / 165], abs=25)


def test_pause_between_lines_stands_still() -> None:
    """Between two timed lines the marker waits where the one ends and the other begins."""
    first, second = np.array([[0.0, 0], [1000, 0]]), np.array([[1500.0, 0], [2500, 0]])
    at = BEGIN.timestamp()
    route = route_of(first, second, times=[at + np.array([0.0, 600]), at + np.array([1200.0, 1800])])
    timing = clock_timings(route, [shot(15, 60), shot(1, 60), shot(29, 60)], [True] * 3)[0]
    assert timing.along_m == pytest.approx(np.full(len(timing.along_m), 1000.0))


def test_lines_out_of_order_do_not_make_the_marker_leap() -> None:
    """A file whose later line was walked first: even then no leap inside a clip."""
    first, second = np.array([[0.0, 0], [1000, 0]]), np.array([[1500.0, 0], [2500, 0]])
    at = BEGIN.timestamp()
    route = route_of(first, second, times=[at + np.array([600.0, 1200]), at + np.array([0.0, 599])])
    timing = clock_timings(route, [shot(9.5, 60), shot(0, 60), shot(19, 60)], [True] * 3)[0]
    assert np.abs(np.diff(timing.along_m)).max() < 10


@pytest.mark.parametrize(("minutes", "name"), [(0, "UTC"), (60, "UTC+1"), (-210, "UTC−3:30"), (345, "UTC+5:45")])
def test_zone_names(minutes: int, name: str) -> None:
    """Zones are written as people write them."""
    assert zone_name(minutes) == name
