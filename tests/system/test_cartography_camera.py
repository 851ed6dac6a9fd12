"""The moving map: the marker stays in its room, nobody gets dizzy, and the whole route is seen in the end."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import skia
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import geo, gpx, pacing
from pipeline.cartography import camera, lettering
from pipeline.cartography.camera import Mode
from pipeline.cartography.flying import Flight
from pipeline.cartography.laid import LaidNames, turned_round
from pipeline.cartography.lens import Course, Lens, Pose, to_ground, to_world
from pipeline.cartography.masters import MOST_FAR, MOST_PIXELS, Masters
from pipeline.cartography.names import Names, PointName
from pipeline.cartography.turning import MOST_PER_S, bearings
from pipeline.cartography.upright import UprightNames
from pipeline.cartography.world_line import WorldLine
from pipeline.fonts import default
from pipeline.geometry import Box, Insets, Size
from pipeline.layout import Layout, lay_out
from pipeline.mercator import MapView, metres_per_unit
from pipeline.overlays.paint import Sheet, fill
from pipeline.overlays.palette import Palette
from pipeline.route import Line, Route
from pipeline.styles import read_map_style

FPS = 25
SIZES = {
    "tall": (Size(540, 960), Insets(top=134, bottom=168, left=30, right=60)),
    "square": (Size(540, 540), Insets(top=27, bottom=27, left=27, right=27)),
    "wide": (Size(960, 540), Insets(top=27, bottom=27, left=48, right=48)),
}
MODES: tuple[Mode, ...] = ("flat", "turn", "tilt")


def layout_of(shape: str) -> Layout:
    return lay_out(*SIZES[shape])


def line_of(*parts: np.ndarray) -> WorldLine:
    """A route through points (n, 2) in metres east and north of a place in England."""
    lines, start = [], 0.0
    for metres in parts:
        lat = 53.0 + np.degrees(metres[:, 1] / geo.EARTH_RADIUS_M)
        lng = -1.5 + np.degrees(metres[:, 0] / geo.EARTH_RADIUS_M / math.cos(math.radians(53.0)))
        along = start + np.concatenate([[0.0], np.cumsum(geo.distances_m(lng, lat))])
        start = float(along[-1])
        unknown = np.full(len(lng), np.nan)
        lines.append(Line(lng=lng, lat=lat, ele_m=unknown, along_m=along, epoch_s=unknown))
    route = Route(
        name="", kind="planned", lines=tuple(lines), waypoints=(), distance_m=start, ascent_m=None, descent_m=None,
        loop=False,
    )  # fmt: skip
    return WorldLine.of(route)


def out_and_back(length: float) -> np.ndarray:
    there = np.stack([np.linspace(0, length, 60), np.zeros(60)], axis=-1)
    return np.concatenate([there, there[::-1]])


def hairpins(length: float) -> np.ndarray:
    return np.array([(length * (k % 2), length / 12 * (k // 2)) for k in range(24)], np.float64)


def loop(length: float) -> np.ndarray:
    angle = np.linspace(0, 2 * math.pi, 200)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1) * length / 6


ROUTES = {
    f"{shape.__name__} {length} m": shape(float(length))
    for shape in (out_and_back, hairpins, loop)
    for length in (200, 5_000, 100_000)
}


def flown(
    line: WorldLine, shape: str, mode: Mode, seconds: float = 9
) -> tuple[np.ndarray, tuple[Pose, ...], Lens, Box]:
    size, inner = SIZES[shape][0], camera.room(layout_of(shape))
    along = pacing.travelled(line.distance_m, round(seconds * FPS), FPS)
    return along, camera.path(line, along, FPS, size, inner, mode), camera.lens_for(mode, size, inner), inner


def in_frame(places: np.ndarray, pose: Pose, lens: Lens) -> np.ndarray:
    return lens.seen(to_ground(places, pose), pose.tilt)


def inside(points: np.ndarray, box: Box) -> bool:
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(
        low[0] >= box.x - 0.5 and low[1] >= box.y - 0.5 and high[0] <= box.right + 0.5 and high[1] <= box.bottom + 0.5
    )


def turn_rate(poses: tuple[Pose, ...]) -> float:
    """The fastest turn, degrees a second; a whole turn is none."""
    step = np.diff([pose.bearing for pose in poses])
    return float(np.degrees(np.abs((step + math.pi) % (2 * math.pi) - math.pi)).max() * FPS)


@given(
    st.lists(st.floats(-50, 50), min_size=2, max_size=300),
    st.integers(0, 40),
    st.integers(0, 40),
    st.sampled_from([24, 25, 30, 60]),
)
def test_no_heading_turns_the_map_faster_than_25_degrees_a_second(
    wanted: list[float], first: int, spare: int, fps: int
) -> None:
    """Whatever headings are wanted, the bearing obeys its limit and is north at both ends."""
    last = max(0, len(wanted) - 1 - spare)
    found = bearings(np.array(wanted), fps, first, last)
    assert len(found) == len(wanted)
    assert np.abs(np.diff(found)).max(initial=0) * fps <= MOST_PER_S
    assert (found[: first + 1] == 0).all()
    whole = found[-1] / (2 * math.pi)
    assert abs(whole - round(whole)) < 1e-9


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=40, unique=True),
    st.sampled_from([200.0, 3_000.0, 100_000.0]),
    st.sampled_from(MODES),
    st.sampled_from(sorted(SIZES)),
    st.floats(3.0, 20.0),
)
def test_the_marker_stays_in_its_room_on_any_route(
    corners: list[tuple[float, float]], length: float, mode: Mode, shape: str, seconds: float
) -> None:
    """The marker never leaves its room, the map never turns too fast, and in the end the whole route is seen."""
    line = line_of(np.array(corners) * length)
    along, poses, lens, inner = flown(line, shape, mode, seconds)
    markers = np.array([in_frame(line.places(along[[k]]), pose, lens)[0] for k, pose in enumerate(poses)])
    assert np.isfinite(markers).all()
    assert inside(markers, inner)
    assert turn_rate(poses) <= 25
    assert inside(in_frame(line.points, poses[-1], lens), inner)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ROUTES)
def test_a_flight_begins_and_ends_with_the_whole_route(name: str, mode: Mode) -> None:
    """The first frame and the last second are the overview, north up; in between nothing jumps."""
    line = line_of(ROUTES[name])
    _, poses, lens, inner = flown(line, "tall", mode)
    overview = camera.overview(line, inner, lens)
    assert poses[0] == overview
    assert set(poses[-FPS:]) == {overview}
    assert inside(in_frame(line.points, overview, lens), inner)
    assert turn_rate(poses) <= 25
    ratios = np.diff(np.log([pose.scale for pose in poses]))
    assert np.abs(ratios).max() < 0.14
    grid = np.array([(x, y) for x in (0.0, 270.0, 539.0) for y in (500.0, 700.0, 959.0)])
    moves = [
        np.hypot(*(in_frame(to_world(lens.below(grid, a.tilt), a), b, lens) - grid).T).max()
        for a, b in itertools.pairwise(poses)
    ]
    assert max(moves) < 120
    assert np.abs(np.diff(moves)).max() < 25


@pytest.mark.parametrize("shape", sorted(SIZES))
def test_closeness_has_its_limits(shape: str) -> None:
    """Never closer than 350 m across the frame (unless the whole route is smaller), never farther than the overview,
    and the camera does not race."""
    for name, metres in ROUTES.items():
        line = line_of(metres)
        _, poses, lens, inner = flown(line, shape, "flat", 20)
        scales = np.array([pose.scale for pose in poses])
        overview = camera.overview(line, inner, lens)
        across = lens.width * metres_per_unit(overview.y) / scales
        assert scales.min() >= overview.scale * (1 - 1e-9), name
        assert across.min() >= min(349.0, across.max()), name
        places = np.array([(pose.x, pose.y) for pose in poses])
        followed = scales > 0.99 * scales.max()
        if scales.max() > overview.scale:
            pace = np.hypot(*np.diff(places[followed], axis=0).T) * scales.max() * FPS
            assert pace.max(initial=0) < lens.width, name


def test_reduced_motion_is_one_still_overview() -> None:
    """`still`, and scenes too short for a move, have the same pose throughout."""
    line = line_of(loop(3000))
    assert len(set(flown(line, "tall", "still")[1])) == 1
    assert len(set(flown(line, "tall", "tilt", 2.5)[1])) == 1


def test_the_walk_is_even_and_complete() -> None:
    """The marker starts at the start, never goes back, arrives before the rest, and keeps an even pace."""
    along = pacing.travelled(5000.0, 300, FPS)
    steps = np.diff(along)
    assert along[0] == 0
    assert along[-FPS] == pytest.approx(5000)
    assert steps.min() >= 0
    assert steps.max() < 1.6 * 5000 / np.count_nonzero(steps)


def test_the_opening_pushes_in_slowly_towards_the_start() -> None:
    """The opening's zoom only grows, by about a quarter, and the start stays in the picture."""
    line = line_of(loop(3000))
    size, inner = SIZES["tall"][0], camera.room(layout_of("tall"))
    poses = camera.opening(line, 4 * FPS, FPS, size, inner)
    scales = np.array([pose.scale for pose in poses])
    assert (np.diff(scales) >= -1e-6).all()
    assert scales[-1] / scales[0] == pytest.approx(camera.PUSH_IN, rel=0.02)
    lens = camera.lens_for("flat", size, inner)
    assert inside(np.array([in_frame(line.lines[0][:1], pose, lens)[0] for pose in poses]), inner)


def test_ground_and_frame_are_each_others_inverse() -> None:
    """What a tilted lens sees at a place of the frame is what lies below that place."""
    lens = Lens.for_frame(Size(1080, 1920), Box(x=60, y=200, width=960, height=1000), camera.TILT)
    pose = Pose(x=0.49, y=0.33, scale=2e8, bearing=1.1, tilt=camera.TILT)
    frame = np.array([[0.0, lens.horizon(pose.tilt) + 90], [1080.0, 1920.0], [540.0, 900.0]])
    world = to_world(lens.below(frame, pose.tilt), pose)
    assert in_frame(world, pose, lens) == pytest.approx(frame, abs=1e-3)
    view = MapView(x=0.4899, y=0.3299, scale=1.5e8, width=100, height=100, unit=1)
    mapped = np.column_stack([view.pixels(world), np.ones(3)]) @ lens.matrix(pose, view).T
    assert mapped[:, :2] / mapped[:, 2:] == pytest.approx(frame, abs=1e-3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["hairpins 200 m", "out_and_back 5000 m", "loop 5000 m", "out_and_back 100000 m"])
def test_masters_cover_what_is_seen_and_stay_small(name: str, mode: Mode) -> None:
    """The close master covers every followed frame as far as it is shown; no master is larger than allowed."""
    line = line_of(ROUTES[name])
    _, poses, lens, _ = flown(line, "tall", mode, 20)
    plan = Masters.of(poses, lens, 0.5)
    assert plan.overview is not None
    if plan.close is None:
        assert set(poses) == {poses[0]}
        return
    assert plan.close.width * plan.close.height <= MOST_PIXELS * 1.02
    assert plan.far is None or plan.far.width * plan.far.height <= MOST_FAR * 1.02
    assert plan.overview_share[0] == plan.overview_share[-1] == 1
    for pose, share in zip(poses, plan.close_share, strict=True):
        if pose != poses[-1] and (share > 0 or plan.far is None):
            corners = plan.close.pixels(to_world(lens.corners(pose.tilt, 2.0), pose))
            assert corners.min() > -1
            assert (corners.max(axis=0) < (plan.close.width + 1, plan.close.height + 1)).all()


def chequered(view: MapView) -> Sheet:
    """A made-up map: squares of 100 m."""
    sheet = Sheet(view.width, view.height)
    sheet.canvas.clear(0xFFF0ECE2)
    step = 100.0 / metres_per_unit(view.y) * view.scale
    for k in range(min(400, math.ceil(view.width / step))):
        sheet.canvas.drawRect(skia.Rect.MakeXYWH(k * step, 0, step / 2, view.height), fill("#c8d8b0"))
    return sheet


def names_everywhere(view: MapView) -> Names:
    """A name every 150 pixels, with two ranks, as `names.place` gives them, and one along a way."""
    points = []
    for k, (x, y) in enumerate(itertools.product(range(60, view.width - 60, 150), range(40, view.height - 40, 150))):
        sheet = Sheet(80, 24)
        sheet.canvas.clear(0xFF204060)
        box = skia.Rect.MakeXYWH(x - 40, y - 12, 80, 24)
        points.append(
            PointName(
                kind="suburb", text=f"n{k}", rank=float(1 + k % 2), weight=0.0, x=float(x), y=float(y),
                image=sheet.image(), dx=-40.0, dy=-12.0, box=box,
            )
        )  # fmt: skip
    return Names(points=tuple(points), lines=(way_name(view.width / 2, view.height / 2, 0.3),))


def way_name(x: float, y: float, bend: float) -> lettering.LineName:
    look = lettering.Lettering(fonts=default(), role="semibold", size=20, colour="#102030", halo="#ffffff")
    word = lettering.letters("Long Street", look)
    assert word is not None
    at = np.cumsum(word.advances) - word.advances / 2 - word.width / 2
    places = np.stack([x + at, y + bend * at**2 / word.width], axis=-1)
    return lettering.curved(word, look, places, np.arctan(2 * bend * at / word.width))


def flight(mode: Mode = "tilt", shape: str = "tall", seconds: float = 5) -> tuple[Flight, int]:
    line, layout = line_of(hairpins(900.0)), layout_of(shape)
    along, poses, lens, _ = flown(line, shape, mode, seconds)
    style = read_map_style("daylight")
    made = Flight(
        chequered, names_everywhere, line, along, poses, lens, layout, Palette(), style,
        fps=FPS, credit="© OpenStreetMap contributors", plain=chequered, avoid=(layout.facts,),
    )  # fmt: skip
    return made, len(poses)


@pytest.mark.parametrize("mode", MODES)
def test_a_frame_depends_on_its_number_alone(mode: Mode) -> None:
    """Asked for in any order, frames are the same pixels; all are opaque and whole."""
    one, count = flight(mode)
    numbers = [0, 20, count // 2, count - 40, count - 1]
    first = {k: one.frame(k).copy() for k in numbers}
    for k in reversed(numbers):
        frame = one.frame(k)
        assert frame.shape == (960, 540, 4)
        assert frame.flags.c_contiguous
        assert (frame[:, :, 3] == 255).all()
        assert (frame == first[k]).all()


def test_held_frames_are_known_as_the_same() -> None:
    """A frame that is said to be the same as the one before is; the rest at the end is held."""
    one, count = flight("flat")
    same = [k for k in range(count) if one.same_as_before(k)]
    assert len(set(range(count - FPS + 3, count)) - set(same)) == 0
    assert count // 2 not in same
    for k in (same[0], same[-1]):
        assert (one.frame(k - 1).copy() == one.frame(k)).all()


def test_names_stay_apart_and_come_and_go_softly() -> None:
    """Shown names never touch each other or what they avoid, lie whole in the frame, and no level jumps."""
    line = line_of(hairpins(900.0))
    along, poses, lens, _ = flown(line, "tall", "tilt", 8)
    view = Masters.of(poses, lens, 0.5).close
    assert view is not None
    course = Course(poses=poses, lens=lens, fps=FPS, unit=0.5)
    plate = skia.Rect.MakeXYWH(0, 800, 540, 160)
    marker = (line.places(along), Box(x=-10, y=-10, width=20, height=20))
    some = UprightNames(
        names_everywhere(view).points, view, course, shares=np.ones(len(poses)), avoid=[plate], signs=[marker]
    )
    assert (some.levels > 0.5).any(axis=1).mean() > 0.8
    assert np.abs(np.diff(some.levels, axis=0)).max() < 0.35
    for taken in some.taken[::10]:
        names_taken = taken[2:]  # after the plate and the marker
        assert names_taken[:, :2].min(initial=0) >= 0
        assert (names_taken[:, 2:] <= (540, 960)).all()
        for a, b in itertools.combinations(range(len(taken)), 2):
            if b >= 2:
                apart = (taken[a, :2] >= taken[b, 2:]).any() or (taken[b, :2] >= taken[a, 2:]).any()
                assert apart


def test_names_along_ways_are_never_upside_down() -> None:
    """As the map turns right round, a name along a way is shown the way round that reads more upright."""
    lens = Lens.for_frame(Size(540, 960), Box(x=0, y=0, width=540, height=960))
    scale = 1e7
    view = MapView(x=0.5, y=0.3, scale=scale, width=540, height=960, unit=1)
    where = {"x": 0.5 + 270 / scale, "y": 0.3 + 480 / scale, "scale": scale}
    poses = tuple(Pose(**where, bearing=math.radians(k)) for k in range(0, 720, 2))
    course = Course(poses=poses, lens=lens, fps=FPS, unit=1)
    nothing = UprightNames((), view, course, shares=np.ones(len(poses)))
    laid = LaidNames([way_name(270, 480, 0.0)], view, course, shares=np.ones(len(poses)), above=nothing)
    for k in range(20, len(poses) - 20):
        lean = abs((k * 2 + 180) % 360 - 180)
        if not 70 < lean < 110:
            assert laid.levels[k, 0, int(lean > 90)] > 0.95
    assert laid.levels.sum(axis=2) == pytest.approx(1, abs=0.01)


def test_a_name_turned_round_keeps_its_place_and_its_letters_apart() -> None:
    """Set from the other end, a name covers the same ground, its letters run back, and none is squeezed."""
    name = way_name(300, 200, 0.4)
    turned = turned_round(name)
    assert turned.text == name.text
    assert turned.boxes.mean(axis=(0, 1)) == pytest.approx(name.boxes.mean(axis=(0, 1)), abs=6)
    middles = turned.boxes.mean(axis=1)
    assert (np.diff(middles[:, 0]) < 0).all()
    assert (
        np.hypot(*np.diff(middles, axis=0).T).min() > 0.8 * np.hypot(*np.diff(name.boxes.mean(axis=1), axis=0).T).min()
    )
    assert np.cos(turned.angles - math.pi).min() > 0.7


@pytest.mark.parametrize("name", ["bob-graham-round", "antimeridian-taveuni", "cerknica-8-tracks"])
def test_real_routes_fly(shared: Path, name: str) -> None:
    """A hundred kilometres, a walk across the antimeridian and a route of eight pieces keep all the promises."""
    line = WorldLine.of(gpx.read_route(shared / "data" / "routes" / f"{name}.gpx"))
    for mode in MODES:
        along, poses, lens, inner = flown(line, "wide", mode, 12)
        markers = np.array([in_frame(line.places(along[[k]]), pose, lens)[0] for k, pose in enumerate(poses)])
        assert inside(markers, inner)
        assert turn_rate(poses) <= 25
