"""The picture of a recap: what its map, names, clock and totals show in each frame."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from pipeline import recap, recap_told
from pipeline.cartography import recap_view
from pipeline.cartography.recap_scene import RecapScene
from pipeline.colours import rgb
from pipeline.fleet import Fleet, TrackPart, Vehicle
from pipeline.geo import Floats
from pipeline.geometry import Box, Insets, Size
from pipeline.layout import Layout, lay_out
from pipeline.mercator import MapView, world
from pipeline.overlays.clip import Rgba
from pipeline.overlays.clock import clock_panel
from pipeline.overlays.palette import Palette
from pipeline.recap import Timelapse
from pipeline.styles import read_map_style

METRE = 1 / 111_195.08  # degrees of latitude
LNG, LAT = -1.13, 53.52
FPS = 15
STYLE = read_map_style("daylight")
GROUND = "#f0ede4"
NAMES = (
    "Gritney Spears", "Spready Mercury", "David Plowie", "Gritsy Bitsy Teeny Weeny Yellow Anti-Slip Machiney",
    "Sir Salter Scott", "Mr Plow", "Brad Grit", "Gritty Gritty Bang Bang", "Usain Salt", "Freezy Rider",
    "Basil Salty", "Roger Spreadington", "True Grit", "Lew-ice Hamilton",
)  # fmt: skip


def part(epoch_s: Floats, east_north_m: Floats, status: int = 0) -> TrackPart:
    return TrackPart(
        epoch_s=np.asarray(epoch_s, np.float64),
        lng=LNG + east_north_m[:, 0] * METRE / np.cos(np.radians(LAT)),
        lat=LAT + east_north_m[:, 1] * METRE,
        status=np.full(len(epoch_s), status, np.int16),
    )


def fleet(*parts: tuple[TrackPart, ...], statuses: tuple[str, ...] = ("",)) -> Fleet:
    vehicles = tuple(Vehicle(id=str(k), name=NAMES[k % 14], parts=some) for k, some in enumerate(parts))
    return Fleet(vehicles=vehicles, zone="Europe/London", statuses=statuses)


def straight(start: datetime, seconds: float, begin: tuple[float, float], end: tuple[float, float]) -> TrackPart:
    """An even drive, with a fix every ten seconds."""
    at = np.arange(0, seconds + 1, 10)
    places = np.array(begin) + (np.array(end) - np.array(begin)) * (at / at[-1])[:, None]
    return part(start.timestamp() + at, places)


def gritters(count: int = 14, hours: float = 5.0, start: datetime = datetime(2022, 12, 2, 21, tzinfo=UTC)) -> Fleet:
    """A night out of one yard: along the roads of a warped grid, with rests and gaps."""
    random = np.random.default_rng(7)
    grid = np.linspace(-8000, 8000, 13)
    nodes = np.stack(np.meshgrid(grid, grid), axis=-1) + random.normal(0, 250, (13, 13, 2))
    return fleet(
        *(_night_of(random, nodes, start.timestamp(), hours) for _ in range(count)),
        statuses=("", "Gritting", "Returning", "Parked"),
    )


def _night_of(random: np.random.Generator, nodes: Floats, start: float, hours: float) -> tuple[TrackPart, ...]:
    at, here, way = start + random.uniform(0, 2400), np.array([6, 6]), np.array([0, 1])
    until = start + hours * 3600 * random.uniform(0.6, 1.0)
    rows: list[tuple[float, float, float, int]] = []
    parts: list[TrackPart] = []
    while at < until:
        steps = [np.array(step) for step in ((0, 1), (1, 0), (0, -1), (-1, 0))]
        free = [s for s in steps if (here + s >= 0).all() and (here + s < 13).all() and (s != -way).any()]
        way = free[int(random.integers(len(free)))]
        begin, end = nodes[tuple(here)], nodes[tuple(here + way)]
        here = here + way
        seconds = float(np.hypot(*(end - begin))) / random.uniform(7, 12)
        status = 1 if random.random() < 0.75 else 2
        rows += [(at + s, *(begin + (end - begin) * s / seconds), status) for s in np.arange(0, seconds, 15)]
        at += seconds
        event = random.random()
        if event < 0.03:
            rows += [(at + s, *end, 3) for s in np.arange(0, random.uniform(600, 2400), 60)]
            at = rows[-1][0] + 60
        elif event < 0.06 and len(rows) > 1:
            parts, rows = [*parts, _part_of(rows)], []
            at += random.uniform(300, 1500)
    return (*parts, _part_of(rows)) if len(rows) > 1 else tuple(parts)


def _part_of(rows: list[tuple[float, float, float, int]]) -> TrackPart:
    table = np.array(rows)
    return replace(part(table[:, 0], table[:, 1:3]), status=table[:, 3].astype(np.int16))


def plain(view: MapView) -> Rgba:
    """A map without anything on it."""
    return np.full((view.height, view.width, 4), (*rgb(GROUND), 255), np.uint8)


def layout(width: int = 540, height: int = 960) -> Layout:
    return lay_out(Size(width, height), Insets(top=40, bottom=60, left=20, right=30))


def lapse_of(some: Fleet, seconds: float = 12, fps: int = FPS) -> Timelapse:
    return recap.timelapse(some, frames=round(seconds * fps), fps=Fraction(fps))


def scene(some: Fleet, lay: Layout | None = None, *, seconds: float = 12, reduced: bool = False) -> RecapScene:
    lay = lay or layout()
    lapse = lapse_of(some, seconds)
    return RecapScene(some, lapse, lay, Palette(), STYLE, plain, fps=FPS, credit="© A map", reduced=reduced)


@lru_cache
def night() -> Fleet:
    return gritters()


SHAPES = ((540, 960), (540, 540), (960, 540))


# Names


@pytest.mark.parametrize("shape", SHAPES)
def test_names_neither_meet_nor_leave_the_map(shape: tuple[int, int]) -> None:
    """In every frame all name plates lie inside the layout's map, apart from each other, and off the clock."""
    lay = layout(*shape)
    names = scene(night(), lay).names
    area = lay.scene_map
    seen = 0
    for frame in range(names.level.shape[1]):
        shown = np.flatnonzero(names.level[:, frame] > 0)
        low, high = names.corners[shown, frame], names.corners[shown, frame] + names.sizes[shown]
        assert (low >= (area.x, area.y)).all()
        assert (high <= (area.right, area.bottom)).all()
        for k in range(len(shown)):
            beside = ((low[k] >= high) | (low >= high[k])).any(axis=1)
            beside[k] = True
            assert beside.all(), f"names meet in frame {frame}"
        seen += len(shown)
    assert seen > 2 * names.level.shape[1], "hardly any name was shown"


@pytest.mark.parametrize("shape", SHAPES)
def test_names_keep_their_side_for_a_second(shape: tuple[int, int]) -> None:
    """A name that comes, goes or changes its side stays as it is for at least a second, and is faded while it does;
    between that it moves no faster than can be followed."""
    names = scene(night(), layout(*shape)).names
    for side, level, corner in zip(names.side, names.level, names.corners, strict=True):
        changes = np.flatnonzero(np.diff(side)) + 1
        assert (np.diff(changes) >= FPS).all()
        assert (level[changes] < 0.5).all()
        step = np.hypot(*np.diff(corner, axis=0).T)
        step[changes - 1] = 0
        assert step.max() < 0.05 * min(shape)


def test_names_can_be_read() -> None:
    """The letters of a name have at least 34 design pixels, also those of a very long one."""
    from pipeline.cartography.recap_marks import inks
    from pipeline.cartography.recap_names import LEAST, Plates

    one = replace(night().vehicles[0], name="Salty " * 30)
    other = replace(night().vehicles[0], name="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch")
    some = inks(replace(night(), vehicles=(one, other)), STYLE)
    plates = Plates(some, Palette(), STYLE, 0.5, 220.0, numbered=True)
    assert all(block.size >= LEAST * 0.5 * 0.999 for block in plates._blocks)
    assert (plates.sizes[:, 0] < 300).all()


# The map


def test_trails_never_bridge_gaps() -> None:
    """Between two parts of a track the map stays what it is in every frame: no line, no name that travels there."""
    start = datetime(2022, 12, 2, 21, tzinfo=UTC)
    later = datetime(2022, 12, 2, 22, tzinfo=UTC)
    some = fleet((straight(start, 1800, (0, 9000), (0, 6000)), straight(later, 1800, (0, -6000), (0, -9000))))
    made = scene(some)
    middle = made.view.pixels(world(np.array([LNG]), np.array([LAT])))[0]
    x, y = (int(value) for value in middle)
    reach = int(2500 / made.view.metres_per_pixel)
    assert reach > 50
    for number in range(0, 225, 3):
        line = made.frame(number)[:, x - 4 : x + 4, :3]
        assert (line[y - reach : y + reach] == rgb(GROUND)).all(), f"frame {number}"
        assert (line[: y - reach] != rgb(GROUND)).any()
    assert (line[y + reach :] != rgb(GROUND)).any()


def test_a_trail_is_bright_behind_the_vehicle_and_stays_as_a_thin_line() -> None:
    """Where a vehicle was a while ago the line is thinner than just behind it, and it is still there at the end."""
    start = datetime(2022, 12, 2, 21, tzinfo=UTC)
    made = scene(fleet((straight(start, 3600, (-6000, 0), (6000, 0)),)))
    number = 120
    head, y = made._night.places[0, number]
    tail = made._night.places[0, 10, 0]

    def thickness(frame: int, x: float) -> int:
        column = made.frame(frame)[int(y) - 40 : int(y) + 40, int(x), :3]
        return int((column != rgb(GROUND)).any(axis=1).sum())

    assert thickness(number, head - 30) > thickness(number, tail) > 0
    assert thickness(number, head + 30) == 0
    assert thickness(200, tail) > 0


def test_one_far_vehicle_does_not_make_the_map_small() -> None:
    """A vehicle two degrees away is left out of the view, in a sentence; the others fill the map as without it."""
    whole = night()
    away = tuple(replace(one, lat=one.lat + 2) for one in whole.vehicles[3].parts)
    far = replace(whole, vehicles=(*whole.vehicles[:3], replace(whole.vehicles[3], parts=away), *whole.vehicles[4:]))
    view, notes = recap_view.fitted(far, layout())
    assert view.scale > 0.8 * recap_view.fitted(whole, layout())[0].scale
    assert notes == (f"{NAMES[3]} was mostly outside of what the map shows.",)
    assert recap_view.fitted(whole, layout())[1] == ()


def test_what_matters_lies_inside_the_map() -> None:
    """Nearly all places of the night lie in the layout's map, in every shape."""
    for shape in SHAPES:
        lay = layout(*shape)
        made = scene(night(), lay)
        area = lay.scene_map
        inside = (made._night.places >= (area.x, area.y)) & (made._night.places <= (area.right, area.bottom))
        assert inside.all(axis=-1).mean() > 0.97


def test_a_frame_depends_on_its_number_alone() -> None:
    """Going back, leaping ahead and asking twice give the same pixels as asking in order."""
    one, other = scene(night()), scene(night())
    in_order = {number: one.frame(number).copy() for number in range(200) if number in (0, 37, 90, 179, 185, 199)}
    for number in (199, 37, 185, 0, 90, 37, 179):
        assert (other.frame(number) == in_order[number]).all(), number
    assert other.frame(0).flags["C_CONTIGUOUS"]
    assert (other.frame(0)[..., 3] == 255).all()


def test_less_motion_is_a_still_of_the_end() -> None:
    """`reduced` shows in all frames what the other shows in its last; and both say that it stays."""
    moving, still = scene(night()), scene(night(), reduced=True)
    last = moving.frame(220).copy()
    for number in (0, 60, 220):
        assert (still.frame(number) == last).all()
    assert still.same_as_before(1)
    assert moving.same_as_before(220)
    assert not moving.same_as_before(30)


def test_one_and_two_vehicles_are_a_map_too() -> None:
    """Small fleets are drawn, and their names are shown nearly all the time."""
    for count in (1, 2):
        made = scene(gritters(count))
        assert (made.names.level > 0).any(axis=0).mean() > 0.7
        assert (made.frame(100)[..., :3] != rgb(GROUND)).any()


def test_signs_tell_work_ways_and_rests_apart() -> None:
    """Words that are known have their look; a vehicle is parked while it stands, not at a junction."""
    told = recap_told.looks(("", "Gritting", "NOT GRITTING", "Returning to depot", "parked", "dychwelyd", "Blue"))
    assert told == ("working", "working", "returning", "returning", "parked", "returning", "working")
    start = datetime(2022, 12, 2, 21, tzinfo=UTC)
    drive = straight(start, 1800, (0, 0), (9000, 0))
    rest = part(start.timestamp() + np.arange(1810.0, 3610.0, 60.0), np.full((30, 2), (9000.0, 0.0)))
    on = straight(datetime(2022, 12, 2, 22, 1, tzinfo=UTC), 1800, (9000, 0), (9000, 9000))
    columns = [
        np.concatenate([getattr(one, name) for one in (drive, rest, on)])
        for name in ("epoch_s", "lng", "lat", "status")
    ]
    joined = TrackPart(epoch_s=columns[0], lng=columns[1], lat=columns[2], status=columns[3].astype(np.int16))
    other = straight(start, 7200, (0, 500), (9000, 500))
    made = scene(fleet((joined,), (other,)))
    looks = made._night.look[0]
    assert looks[20] == recap_view.WORKING
    assert looks[68] == recap_view.PARKED
    assert looks[110] == recap_view.WORKING
    assert (np.diff(np.flatnonzero(np.diff(looks))) > 5).all()


# Words


def test_the_clock_goes_over_midnight_and_the_change_of_the_clocks() -> None:
    """In the night to 30 October 2022 the hour after one comes twice: the zone is told, the day changes at midnight."""
    start = datetime(2022, 10, 29, 20, tzinfo=UTC)  # 21:00 in summer time
    some = fleet((straight(start, 8 * 3600, (0, 0), (60_000, 0)),))
    lapse = recap.timelapse(some, frames=8 * 60 + 1, fps=Fraction(30))
    said = recap_told.readings(some, lapse, fps=30)
    assert (said[0].time, said[0].day) == ("21:00", "Sat 29 Oct · BST")
    assert (said[180].time, said[180].day) == ("00:00", "Sun 30 Oct · BST")
    assert (said[290].time, said[290].day) == ("01:50", "Sun 30 Oct · BST")
    assert (said[300].time, said[300].day) == ("01:00", "Sun 30 Oct · GMT")
    assert (said[480].time, said[480].day) == ("04:00", "Sun 30 Oct · GMT")
    assert [reading.share for reading in said] == sorted(reading.share for reading in said)
    assert said[-1].share == 1.0


def test_the_clock_says_when_time_runs_fast() -> None:
    """Where nothing moves for days, the hours give way to the day to come, and nobody is out."""
    first, later = datetime(2022, 12, 2, 21, tzinfo=UTC), datetime(2022, 12, 4, 20, tzinfo=UTC)
    some = fleet((straight(first, 3600, (0, 0), (9000, 0)), straight(later, 3600, (0, 0), (9000, 0))))
    lapse = recap.timelapse(some, frames=300, fps=Fraction(30))
    said = recap_told.readings(some, lapse, fps=30)
    skip = lapse.skips[0]
    middle = said[(skip.first + skip.until) // 2]
    assert (middle.skipping, middle.time, middle.day) == (True, "", "Sun 4 Dec")
    assert middle.running.startswith("0 out")
    assert not said[skip.until + 1].skipping
    assert said[skip.until + 1].time == "20:00"


def test_the_totals_are_those_of_the_recap() -> None:
    """The running miles rise to the total; the totals count up to what `recap.totals` found."""
    some = night()
    total = recap.totals(some)
    lapse = lapse_of(some)
    way = recap_told.driven_m(some, lapse)
    assert (np.diff(way) >= 0).all()
    assert way[-1] == pytest.approx(total.distance_m)
    who, far, when = recap_told.figures(total, called="gritters")
    assert [figure.at(1) for figure in (who, far, when)] == [
        "14 gritters", f"{total.distance_m / 1609.344:,.0f} miles", "one night",
    ]  # fmt: skip
    assert who.at(0) == "0 gritters"
    said = recap_told.readings(some, lapse, fps=FPS)
    assert said[-1].running.endswith(" · " + far.at(1))
    for reading in said:
        work, ways = (int(text.split()[0]) for _, text in reading.key)
        assert int(reading.running.split()[0]) == work + ways


def test_words_in_both_languages() -> None:
    """One vehicle is called by its name; Welsh has its own days, units and nights; one mile is no miles."""
    start = datetime(2022, 12, 2, 21, tzinfo=UTC)
    some = fleet((straight(start, 600, (0, 0), (1609.344, 0)),))
    total = recap.totals(some)
    told = recap_told.figures(total, called="gritters", only="Gritney {Spears}")
    assert [figure.at(1) for figure in told] == ["Gritney (Spears)", "1 mile", "one night"]
    welsh = recap_told.figures(replace(total, by_night=False, days=2), called="lori", lang="cy-GB", units="km")
    assert [figure.at(1) for figure in welsh] == ["1 lori", "1.6 km", "2 ddiwrnod"]
    assert recap_told.day_text(start, "cy") == "Gwen 2 Rhag"
    reading = recap_told.readings(some, lapse_of(some, 4), fps=FPS, lang="cy")[-1]
    assert reading.running == "1 allan · 1 filltir"


def test_a_held_count_changes_seldom() -> None:
    """How many are out is not a flicker: it changes at most every six tenths of a second."""
    said = recap_told.readings(night(), lapse_of(night()), fps=FPS)
    counts = [int(reading.running.split()[0]) for reading in said]
    changes = np.flatnonzero(np.diff(counts)) + 1
    changes = changes[changes < len(counts) - 1]
    assert (np.diff(changes) >= 9).all()
    assert len(changes) > 3


# The panel


@pytest.mark.parametrize("shape", SHAPES)
def test_the_panel_lies_in_its_box_and_changes_when_it_says_so(shape: tuple[int, int]) -> None:
    """The panel never leaves its box; between the frames it calls changes it is the same; the totals stay at the
    end for two seconds."""
    lay = layout(*shape)
    frames = 180
    hold = recap_told.held(frames, FPS)
    lapse = recap.timelapse(night(), frames=frames - hold, fps=Fraction(FPS))
    panel = clock_panel(
        recap_told.readings(night(), lapse, fps=FPS),
        recap_told.figures(recap.totals(night()), called="gritters"),
        lay.facts,
        Palette(),
        frames=frames,
        counting=round(recap_told.COUNT_S * FPS),
        unit=lay.unit,
        fps=FPS,
    )
    box = Box(x=panel.x, y=panel.y, width=panel.size[0], height=panel.size[1])
    assert lay.facts.contains(box)
    changes = set(panel.changes())
    before = panel.rgba(0).copy()
    for frame in range(1, frames, 1 if shape == SHAPES[0] else 7):
        now = panel.rgba(frame)
        if frame not in changes and frame - 1 >= 0 and shape == SHAPES[0]:
            assert (now == before).all(), frame
        before = now.copy()
    assert max(changes) <= frames - 2 * FPS
    assert (panel.rgba(0) != panel.rgba(frames - 1)).any()


def test_the_totals_stand_still_for_those_who_ask_for_less_motion() -> None:
    """`reduced`: one picture, the totals as they are in the end."""
    lay, lapse = layout(), lapse_of(night())
    said, figures = recap_told.readings(night(), lapse, fps=FPS), recap_told.figures(
        recap.totals(night()), called="gritters"
    )  # fmt: skip

    def panel(reduced: bool) -> tuple[Rgba, list[int]]:
        made = clock_panel(
            said, figures, lay.facts, Palette(), frames=230, counting=13, unit=lay.unit, fps=FPS, reduced=reduced
        )
        return made.rgba(229), list(made.changes())

    still, changes = panel(True)
    assert changes == [0]
    assert (still == panel(False)[0]).all()
