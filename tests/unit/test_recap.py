"""What may be shown of a fleet, and the time-lapse of it: frames, places, trails and totals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import recap
from pipeline.errors import MaterialError
from pipeline.fleet import Fleet, TrackPart, Vehicle
from pipeline.geo import distances_m
from pipeline.recap_guard import DELAY, TRIM_M, _cells, guarded
from pipeline.tracks import read_tracks

METRE = 1 / 111_195.08  # degrees of latitude
START = datetime(2022, 12, 2, 20, 0, tzinfo=UTC).timestamp()
NOW = datetime(2023, 1, 1, tzinfo=UTC)
FPS = Fraction(30)


def part(epoch_s: list[float], north_m: list[float], east: float = -1.1, status: int = 0) -> TrackPart:
    """Fixes along a meridian, seconds after eight in the evening."""
    n = len(epoch_s)
    return TrackPart(
        epoch_s=START + np.array(epoch_s, np.float64),
        lng=np.full(n, east),
        lat=53.5 + np.array(north_m, np.float64) * METRE,
        status=np.full(n, status, np.int16),
    )


def fleet(*vehicles: tuple[TrackPart, ...], zone: str | None = None) -> Fleet:
    return Fleet(
        vehicles=tuple(Vehicle(id=str(k), name=f"V{k}", parts=parts) for k, parts in enumerate(vehicles)),
        zone=zone,
        statuses=("", "spreading", "parked"),
    )


def drive(start_s: float, metres: float, from_m: float = 0.0, east: float = -1.1, every: float = 10.0) -> TrackPart:
    """Ten metres a second, northwards."""
    steps = np.arange(0, metres + 1, 10 * every)
    return part(list(start_s + steps / 10), list(from_m + steps), east)


def moved(fleet: Fleet, seconds: float) -> Fleet:
    return replace(
        fleet,
        vehicles=tuple(
            replace(one, parts=tuple(replace(piece, epoch_s=piece.epoch_s + seconds) for piece in one.parts))
            for one in fleet.vehicles
        ),
    )


def shown(fleet: Fleet) -> list[tuple[str, list[list[float]]]]:
    """All that can be seen, as plain values."""
    return [
        (one.id, [np.column_stack([p.epoch_s, p.lng, p.lat, p.status]).ravel().tolist() for p in one.parts])
        for one in fleet.vehicles
    ] + [("words", [[float(len(word)) for word in fleet.statuses]])]


# What may be shown


def test_nothing_newer_than_the_delay_is_shown() -> None:
    """With an hour's delay the last fix shown is an hour old; a vehicle that set out later is not there."""
    now = datetime.fromtimestamp(START, UTC) + timedelta(seconds=4600)
    out = guarded(fleet((drive(0, 50_000),), (drive(1001, 9000),)), now=now, delay=timedelta(hours=1), trim_m=0)
    assert [one.id for one in out.vehicles] == ["0"]
    assert out.span_s[1] == START + 1000
    assert "Positions of the last 60 minutes are not shown." in out.notes
    assert "1 vehicle never left what is hidden." in out.notes


def test_the_defaults_hide_two_hours_and_two_hundred_metres() -> None:
    """Unless told otherwise, the last two hours and at least 200 m around the ends are hidden."""
    out = guarded(fleet((drive(0, 50_000),)), now=datetime.fromtimestamp(START, UTC) + timedelta(hours=10))
    lat = out.vehicles[0].parts[0].lat
    assert timedelta(hours=2) == DELAY
    assert TRIM_M == 200.0
    assert 200 <= (lat[0] - 53.5) / METRE <= 600
    assert 200 <= 50_000 - (lat[-1] - 53.5) / METRE <= 600


def test_a_shared_depot_is_hidden_for_all() -> None:
    """Who only drives past a yard where two others begin is not shown beside it either; without depots it is."""
    passing = drive(0, 6000, from_m=-3000)
    fine = fleet((drive(0, 5000),), (drive(0, 8000, from_m=30),), (passing,))
    split = guarded(fine, now=NOW).vehicles[2]
    assert len(split.parts) == 2
    for piece in split.parts:
        assert (np.abs(piece.lat - 53.5) > 200 * METRE).all()
    assert len(guarded(fine, now=NOW, depots=False).vehicles[2].parts) == 1


def test_no_line_crosses_what_is_hidden() -> None:
    """Two fixes on either side of a depot are not joined through it."""
    past = part([0, 60, 120, 180, 240, 300], [-6000, -5000, -700, 700, 5000, 6000])
    yard = fleet((drive(0, 5000),), (drive(0, 8000),), (past,))
    pieces = guarded(yard, now=NOW).vehicles[2].parts
    assert all((piece.lat < 53.5).all() or (piece.lat > 53.5).all() for piece in pieces)
    assert len(pieces) == 2


def test_a_long_rest_is_an_end() -> None:
    """Where a vehicle stands for two hours between two drives is hidden, whether its tracker sleeps or not."""
    awake = part([0, 100, 200, 300, 9000, 9100, 9200, 9300], [-3000, -2000, -1000, 0, 0, 1000, 2000, 3000])
    asleep = (part([0, 100, 200, 300], [-3000, -2000, -1000, 0]), part([9000, 9100, 9200], [60, 1000, 2000]))
    for parts in ((awake,), asleep):
        for piece in guarded(fleet(parts), now=NOW).vehicles[0].parts:
            assert (np.abs(piece.lat - 53.5) > 200 * METRE).all()


def test_words_of_hidden_fixes_are_gone() -> None:
    """A status that only hidden fixes have is not among the words any more."""
    words = drive(0, 9000)
    words.status[:2] = 2
    words.status[20:30] = 1
    out = guarded(fleet((words,)), now=NOW)
    assert out.statuses == ("", "spreading")
    assert sorted(set(out.vehicles[0].parts[0].status.tolist())) == [0, 1]


def test_no_trim_shows_the_ends() -> None:
    """A trim of nothing hides no place."""
    out = guarded(fleet((drive(0, 900),)), now=NOW, trim_m=0)
    assert out.vehicles[0].parts[0].lat[0] == 53.5


def within_its_square(lng: float, lat: float, share: tuple[float, float]) -> tuple[float, float]:
    """Another spot of the square in which a spot lies."""
    goal = _cells(np.array([lng]), np.array([lat]), TRIM_M)
    for scale in (1.0, 0.5, 0.25, 0.1, 0.0):
        other = lng + share[0] * scale * 0.003, lat + share[1] * scale * 0.0018
        if (_cells(np.array([other[0]]), np.array([other[1]]), TRIM_M) == goal).all():
            return other
    return lng, lat


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_hidden_changes_nothing(data: st.DataObject) -> None:
    """Wherever in their squares tracks begin and end, and whatever happens after the delay, what comes out is the same
    to the last bit."""
    share = st.floats(-1, 1)
    vehicles, changed = [], []
    now_s = START + data.draw(st.integers(1200, 2000))
    for _ in range(data.draw(st.integers(1, 4))):
        turn = np.cumsum(data.draw(st.lists(st.floats(-0.3, 0.3), min_size=60, max_size=120)))
        lng = -1.1 + data.draw(st.floats(0, 0.02)) + np.cumsum(np.sin(turn)) * 60 * METRE / 0.6
        lat = 53.5 + np.cumsum(np.cos(turn)) * 60 * METRE
        epoch_s = START + np.arange(len(turn)) * 10.0
        one = TrackPart(epoch_s=epoch_s, lng=lng, lat=lat, status=np.ones(len(turn), np.int16))
        late = epoch_s > now_s - 600
        other_lng, other_lat, status = lng.copy(), lat.copy(), one.status.copy()
        for k in (0, int((~late).sum()) - 1):
            other_lng[k], other_lat[k] = within_its_square(lng[k], lat[k], (data.draw(share), data.draw(share)))
            status[k] = 2
        other_lng[late] += data.draw(share)
        other_lat[late] += data.draw(share)
        vehicles.append((one,))
        changed.append((TrackPart(epoch_s=epoch_s, lng=other_lng, lat=other_lat, status=status),))
    now = datetime.fromtimestamp(now_s, UTC)
    before, after = (guarded(fleet(*which), now=now, delay=timedelta(minutes=10)) for which in (vehicles, changed))
    assert shown(before) == shown(after)
    assert before.notes == after.notes
    for vehicle in before.vehicles:
        (whole,) = vehicles[int(vehicle.id)]
        for end in (0, int((whole.epoch_s <= now_s - 600).sum()) - 1):
            x, y = whole.lng[end], whole.lat[end]
            for piece in vehicle.parts:
                away = [
                    distances_m(np.array([a, x]), np.array([b, y]))[0]
                    for a, b in zip(piece.lng, piece.lat, strict=True)
                ]
                assert min(away) >= TRIM_M


# Frames and moments


def test_frames_run_evenly_from_first_to_last_movement() -> None:
    """Standing before the first and after the last movement is left out; between them time runs evenly."""
    track = part([0, 500, 600, 700, 1700], [0, 0, 1000, 2000, 2000])
    lapse = recap.timelapse(fleet((track,)), frames=5, fps=FPS)
    assert (lapse.moments - START).tolist() == [500, 550, 600, 650, 700]
    assert lapse.seconds_per_frame == 50
    assert lapse.skips == ()


def test_idle_stretches_of_all_are_passed_over_quickly() -> None:
    """Ten hours in which nobody moves take a fiftieth of the clip, and are told."""
    lapse = recap.timelapse(fleet((drive(0, 30_000), drive(39_000, 30_000))), frames=1021, fps=FPS)
    (skip,) = lapse.skips
    assert (skip.from_s - START, skip.to_s - START) == (3000, 39_000)
    # 6000 s on the way and 120 s for the skip, in 1020 steps of 6 s
    assert lapse.seconds_per_frame == pytest.approx(6.0)
    assert (skip.first, skip.until) == (501, 520)
    assert lapse.skip_at(510) == skip
    assert lapse.skip_at(500) is None
    assert lapse.moments[-1] - START == 42_000


def test_somebody_who_moves_keeps_the_pace() -> None:
    """While one vehicle stands the clip goes on for the other."""
    lapse = recap.timelapse(fleet((drive(0, 3000), drive(9000, 3000)), (drive(0, 93_000),)), frames=10, fps=FPS)
    assert np.diff(lapse.moments) == pytest.approx(9300 / 9)
    assert lapse.skips == ()


def test_a_fleet_that_stands_has_no_time_lapse() -> None:
    """Nothing that moves is a sentence, not a division by nothing."""
    for still in (fleet((part([0, 600], [0, 0]),)), fleet()):
        with pytest.raises(MaterialError, match="nothing moves"):
            recap.timelapse(still, frames=10, fps=FPS)


@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(30, 5000)), min_size=1, max_size=8), st.integers(2, 500))
def test_moments_rise_and_keep_the_ends(drives: list[tuple[int, int]], frames: int) -> None:
    """Whatever drives there are, frames rise strictly in time, from the first movement to the last."""
    whole = fleet(*((drive(start, metres * 10.0),) for start, metres in drives))
    lapse = recap.timelapse(whole, frames=frames, fps=FPS)
    assert (np.diff(lapse.moments) > 0).all()
    first, last = whole.span_s
    assert lapse.moments[0] == first
    assert last - 100 <= lapse.moments[-1] <= last  # the last step of a drive may be cut


def test_the_clock_goes_through_midnight_in_whole_steps() -> None:
    """Eight hours in ten seconds: the clock shows quarters of an hour, and the date turns at local midnight."""
    lapse = recap.timelapse(fleet((drive(0, 288_000),)), frames=300, fps=FPS)
    clocks = [lapse.clock(frame) for frame in range(300)]
    assert lapse.clock_step_min == 10
    assert {time.minute % 10 for time in clocks} == {0}
    assert clocks[0].isoformat() == "2022-12-02T20:00:00+00:00"
    assert clocks[-1].isoformat() == "2022-12-03T04:00:00+00:00"
    assert clocks == sorted(clocks)


@pytest.mark.parametrize(
    ("night", "hours"),
    [
        (
            "2022-10-30T00:00:00+01:00",
            ["00:00+0100", "00:30+0100", "01:00+0100", "01:30+0100", "01:00+0000", "01:30+0000", "02:00+0000"],
        ),
        (
            "2023-03-26T00:00:00+00:00",
            ["00:00+0000", "00:30+0000", "02:00+0100", "02:30+0100", "03:00+0100", "03:30+0100", "04:00+0100"],
        ),
    ],
)
def test_the_clock_follows_the_change_of_clocks(night: str, hours: list[str]) -> None:
    """In October one o'clock comes twice, in March never; time runs evenly through both."""
    begin = datetime.fromisoformat(night).timestamp()
    lapse = recap.timelapse(moved(fleet((drive(0, 108_000),)), begin - START), frames=7, fps=Fraction(1, 6))
    assert [lapse.clock(frame).strftime("%H:%M%z") for frame in range(7)] == hours


def test_the_zone_is_the_one_asked_for() -> None:
    """A zone given goes before the fleet's, and that before the British."""
    track = (drive(0, 5000),)
    assert recap.timelapse(fleet(track), frames=2, fps=FPS).zone == "Europe/London"
    assert recap.timelapse(fleet(track, zone="Asia/Seoul"), frames=2, fps=FPS).clock(0).hour == 5
    assert recap.timelapse(fleet(track, zone="Asia/Seoul"), frames=2, fps=FPS, zone="UTC").clock(0).hour == 20


# Places


def test_places_lie_between_fixes_and_never_in_gaps() -> None:
    """A vehicle moves evenly between its fixes; before, after and between its parts it is not shown."""
    gappy = (part([0, 100], [0, 1000]), part([500, 600], [9000, 8000], status=1))
    all_night = (drive(0, 8000),)
    whole = fleet(gappy, all_night)
    lapse = recap.timelapse(whole, frames=17, fps=FPS)  # a frame every 50 s, to 800 s
    found = recap.positions(whole, lapse, trail_frames=2)
    assert found.shown[0].tolist() == [True] * 3 + [False] * 7 + [True] * 3 + [False] * 4
    assert found.shown[1].all()
    north = (found.lat[0] - 53.5) / METRE
    assert north[[0, 1, 2, 10, 11, 12]] == pytest.approx([0, 500, 1000, 9000, 8500, 8000])
    assert np.isnan(north[3:10]).all()
    assert found.heading_deg[0][[0, 1, 2, 10, 12]].tolist() == [0, 0, 0, 180, 180]
    assert found.status[0][[1, 11]].tolist() == [0, 1]
    assert (found.since[0][[0, 2, 4, 12]].tolist(), found.until[0][[0, 2, 4, 12]].tolist()) == (
        [0, 0, 1, 2],
        [1, 2, 2, 4],
    )


def test_a_standing_vehicle_keeps_its_heading() -> None:
    """Parked, a vehicle is shown, does not move, and looks where it went; before its first move, where it will go."""
    east = TrackPart(
        epoch_s=START + np.array([0.0, 100, 200, 300, 400]),
        lng=np.array([-1.1, -1.1, -1.09, -1.09, -1.09]),
        lat=np.full(5, 53.5),
        status=np.zeros(5, np.int16),
    )
    whole = fleet((east,), (drive(0, 4000),))
    found = recap.positions(whole, recap.timelapse(whole, frames=9, fps=FPS), trail_frames=2)
    assert found.heading_deg[0] == pytest.approx(90.0)
    assert found.shown[0].all()
    assert found.moving[0].tolist() == [False] * 2 + [True] * 2 + [False] * 5


def test_a_trail_holds_the_frames_before_and_no_gap() -> None:
    """The trail begins where the vehicle was so many frames ago, ends where it is, and breaks at a gap."""
    whole = fleet((part([0, 100], [0, 1000]), part([140, 240], [5000, 6000])), (drive(0, 8000),))
    lapse = recap.timelapse(whole, frames=81, fps=FPS)  # a frame every 10 s
    first, second = recap.trail(whole.vehicles[0], lapse, 16, trail_frames=8)
    assert (first[:, 1] - 53.5) / METRE == pytest.approx([800, 1000])
    assert first[:, 2] == pytest.approx([0, 0.25])
    assert (second[:, 1] - 53.5) / METRE == pytest.approx([5000, 5200])
    assert second[:, 2] == pytest.approx([0.75, 1])
    assert recap.trail(whole.vehicles[0], lapse, 60, trail_frames=8) == []
    assert recap.trail(whole.vehicles[0], lapse, 0, trail_frames=8) == []


def test_thinning_keeps_time_and_place() -> None:
    """Thinned to 100 m a track keeps its ends, its stays and, everywhere, its place to within 100 m."""
    rng = np.random.default_rng(7)
    north = np.cumsum(np.repeat([1.0, 0.0, 1.0], 500) * rng.uniform(5, 15, 1500))
    whole = fleet((part(list(np.arange(1500.0)), list(north)),))
    thin = recap.thinned(whole, step_m=100)
    before, after = whole.vehicles[0].parts[0], thin.vehicles[0].parts[0]
    assert len(after.epoch_s) < 120
    assert (after.epoch_s[0], after.epoch_s[-1]) == (before.epoch_s[0], before.epoch_s[-1])
    again = np.interp(before.epoch_s, after.epoch_s, after.lat)
    assert np.abs(again - before.lat).max() / METRE < 100
    assert np.ptp(again[500:1000]) == pytest.approx(0, abs=1e-9)


# Totals


def test_totals_are_those_of_a_hand_count() -> None:
    """Two vehicles of 5 and 3 km and one that stands: 8 km, 800 s on the way, one night, dates in local time."""
    still = part([0, 9000], [0, 0])
    out = recap.totals(fleet((drive(0, 5000),), (drive(200, 3000),), (still,)))
    assert out.vehicles == 2
    assert out.distance_m == pytest.approx(8000, rel=1e-6)
    assert out.active_s == 800
    assert (out.first.isoformat(), out.last.isoformat()) == ("2022-12-02T20:00:00+00:00", "2022-12-02T20:08:20+00:00")
    assert (out.days, out.nights, out.by_night) == (1, 1, True)


def test_a_night_goes_over_midnight() -> None:
    """From eight to four is one night and two dates; three evenings are three nights."""
    assert (lambda t: (t.days, t.nights))(recap.totals(fleet((drive(0, 288_000),)))) == (2, 1)
    evenings = tuple(drive(day * 86_400, 50_000) for day in range(3))
    assert (lambda t: (t.days, t.nights))(recap.totals(fleet(evenings))) == (3, 3)
    assert not recap.totals(moved(fleet(evenings), -8 * 3600)).by_night


def test_gaps_have_no_length() -> None:
    """What lies between two parts is not driven."""
    out = recap.totals(fleet((part([0, 100], [0, 1000]), part([500, 600], [9000, 9500]))))
    assert out.distance_m == pytest.approx(1500, rel=1e-6)


def test_real_walks_become_a_time_lapse(shared: Path) -> None:
    """Eight walks of fifteen months: the months between are skipped, someone is shown in nearly every other frame, and
    nobody outside of his own walk."""
    walks = read_tracks(shared / "data/fleets/buda-hills-walks", zone="Europe/Budapest")
    safe = guarded(walks, now=NOW)
    lapse = recap.timelapse(safe, frames=900, fps=FPS)
    found = recap.positions(safe, lapse, trail_frames=60)
    assert len(safe.vehicles) == 8
    assert lapse.clock(0).tzname() == "CEST"
    assert [round((skip.to_s - skip.from_s) / 86_400) for skip in lapse.skips if skip.to_s - skip.from_s > 86_400] == [
        *(14, 35, 49, 28, 14, 287, 35),
    ]
    assert found.shown.any(axis=0).mean() > 0.8
    assert (found.shown.sum(axis=0) <= 1).all()
    total = recap.totals(safe)
    assert (total.vehicles, total.nights, total.by_night) == (8, 8, False)
    assert 50_000 < total.distance_m < 66_100
