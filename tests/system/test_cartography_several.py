"""Several routes on one map: each has its turn, its name and its look; nothing touches, nobody gets dizzy."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import skia
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import geo, gpx
from pipeline.cartography import camera, several_course, several_inks, several_marks
from pipeline.cartography.lens import to_ground
from pipeline.cartography.several import SeveralScene
from pipeline.cartography.several_course import Journey, journey, wanted_s
from pipeline.cartography.world_line import WorldLine
from pipeline.geometry import Insets, Size
from pipeline.layout import Layout, lay_out
from pipeline.mercator import MapView
from pipeline.overlays.legend import FLOOR, Row, laid_out, legend
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette
from pipeline.route import Line, Route
from pipeline.styles import read_map_style

FPS = 25
SIZES = {
    "tall": (Size(540, 960), Insets(top=134, bottom=168, left=30, right=60)),
    "square": (Size(540, 540), Insets(top=27, bottom=27, left=27, right=27)),
    "wide": (Size(960, 540), Insets(top=27, bottom=27, left=48, right=48)),
    "feed": (Size(540, 675), Insets(top=34, bottom=34, left=27, right=27)),
}
STYLE, PALETTE = read_map_style("daylight"), Palette()
NAMES = (
    "Riverside", "Taith Gerdded Llanfairpwllgwyngyll", "درب الحديقة القديمة", "The Royal Parks and Palaces Walk",
    "Hármashatár", "Canal", "Leaf walk", "New Year's Day stroll", "Frost", "Fog", "Old railway", "Coast to coast",
)  # fmt: skip


def layout_of(shape: str) -> Layout:
    return lay_out(*SIZES[shape])


def line_of(metres: np.ndarray) -> WorldLine:
    """A route through points (n, 2) in metres east and north of a place in England."""
    lat = 53.0 + np.degrees(metres[:, 1] / geo.EARTH_RADIUS_M)
    lng = -1.5 + np.degrees(metres[:, 0] / geo.EARTH_RADIUS_M / math.cos(math.radians(53.0)))
    along = np.concatenate([[0.0], np.cumsum(geo.distances_m(lng, lat))])
    unknown = np.full(len(lng), np.nan)
    line = Line(lng=lng, lat=lat, ele_m=unknown, along_m=along, epoch_s=unknown)
    return WorldLine.of(
        Route(
            name="", kind="planned", lines=(line,), waypoints=(), distance_m=float(along[-1]), ascent_m=None,
            descent_m=None, loop=False,
        )
    )  # fmt: skip


def loops(count: int, apart_m: float, length_m: float = 3000.0) -> list[WorldLine]:
    """Rings of growing size; apart 0: all begin at one place."""
    angle = np.linspace(0, 2 * math.pi, 60)
    out = []
    for k in range(count):
        size = length_m / 6 * (1 + 0.3 * k)
        ring = np.stack([np.sin(angle) * size, (1 - np.cos(angle)) * size], axis=-1)
        out.append(line_of(ring + np.array([apart_m * (k % 3), apart_m * (k // 3)])))
    return out


def plain(view: MapView) -> np.ndarray:
    return np.full((view.height, view.width, 4), 255, np.uint8)


def scene_of(lines: list[WorldLine], shape: str = "tall", seconds: float = 8, *, reduced: bool = False) -> SeveralScene:
    inks = several_inks.route_inks(NAMES[: len(lines)], [None] * len(lines), STYLE)
    return SeveralScene(
        lines, inks, layout_of(shape), PALETTE, STYLE, plain, fps=FPS, frames=round(seconds * FPS), reduced=reduced,
        credit="© OpenStreetMap contributors",
    )  # fmt: skip


def planned(lines: list[WorldLine], shape: str, seconds: float) -> Journey:
    return journey(lines, layout_of(shape), round(seconds * FPS), FPS)


FAR = loops(4, 60_000)


@given(st.integers(1, 12), st.integers(1, 500), st.sampled_from([0.0, 1500.0, 60_000.0]))
@settings(max_examples=40, deadline=None)
def test_each_route_has_its_turn(count: int, frames: int, apart: float) -> None:
    """Routes are drawn in the order of the brief, each for a while, and all are whole at the last frame."""
    plan = journey(loops(count, apart), layout_of("tall"), frames, FPS)
    assert len(plan.turns) == count
    assert len(plan.poses) == frames
    assert [turn.first for turn in plan.turns] == sorted(turn.first for turn in plan.turns)
    assert [turn.end for turn in plan.turns] == sorted(turn.end for turn in plan.turns)
    assert all(turn.first < turn.end <= max(frames, 1) for turn in plan.turns)
    assert all(turn.share(frames - 1) == 1.0 for turn in plan.turns)


def test_turns_share_the_time_and_overlap_a_little() -> None:
    """Longer routes take longer, each begins before the one before is done, and the last second and a half is rest."""
    plan = planned(loops(5, 3000), "tall", 12)
    lengths = [turn.end - turn.first for turn in plan.turns]
    assert lengths[4] > lengths[1]
    assert max(lengths) < 4 * min(lengths)
    for one, other in itertools.pairwise(plan.turns):
        assert one.first < other.first < one.end
        assert one.end - other.first < 0.3 * (one.end - one.first) + 1
    assert plan.turns[-1].end <= 12 * FPS - several_course.REST_S * FPS + 1


@pytest.mark.parametrize("shape", SIZES)
def test_the_camera_moves_only_for_legibility(shape: str) -> None:
    """Routes that the overview shows well get no visit; tiny ones do, when there is time, and not when there is not."""
    assert not planned(loops(3, 1500), shape, 60).moving
    assert planned(FAR, shape, wanted_s(FAR, layout_of(shape)) + 0.1).moving
    assert not planned(FAR, shape, 5).moving


@pytest.mark.parametrize("shape", SIZES)
def test_a_visit_shows_the_whole_route_large(shape: str) -> None:
    """While a route is drawn on a visit all of it lies in the room, and it is larger than in the overview."""
    layout = layout_of(shape)
    plan = planned(FAR, shape, wanted_s(FAR, layout))
    room = camera.room(layout)
    for stop in plan.stops[1:-1]:
        assert stop.pose.scale > plan.whole.scale
        for k in stop.routes:
            assert stop.first <= plan.turns[k].first
            assert plan.turns[k].end <= stop.end
            seen = plan.lens.seen(to_ground(FAR[k].points, stop.pose), 0.0)
            low, high = seen.min(axis=0), seen.max(axis=0)
            assert low[0] >= room.x - 1
            assert low[1] >= room.y - 1
            assert high[0] <= room.right + 1
            assert high[1] <= room.bottom + 1
            assert float(np.ptp(seen, axis=0).max()) >= several_course.LEGIBLE * layout.unit


@pytest.mark.parametrize("shape", SIZES)
def test_nobody_gets_dizzy(shape: str) -> None:
    """The camera never jumps, never races, stays within the overview's frame, and begins and ends with it."""
    plan = planned(FAR, shape, wanted_s(FAR, layout_of(shape)))
    ways = np.array([[pose.x, pose.y, 1 / pose.scale] for pose in plan.poses])
    pan = np.hypot(*np.diff(ways[:, :2], axis=0).T) / ways[1:, 2] / plan.lens.width * FPS
    zoom = np.abs(np.diff(np.log(ways[:, 2]))) * FPS
    assert pan.max() < 1.2
    assert zoom.max() < 1.1 * math.log(20)
    assert np.abs(np.diff(pan)).max() < 0.25
    assert np.abs(np.diff(zoom)).max() < 0.6
    whole = plan.whole
    assert plan.poses[0] == whole
    assert all(pose == whole for pose in plan.poses[-int(several_course.REST_S * FPS) :])
    spare = 1 / whole.scale - ways[:, 2]
    assert (spare > -1e-12).all()
    tiny = 1e-6 / whole.scale
    assert (ways[:, 0] >= whole.x - plan.lens.x * spare - tiny).all()
    assert (ways[:, 0] <= whole.x + (plan.lens.width - plan.lens.x) * spare + tiny).all()


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("lines", [loops(8, 0.0), loops(5, 1500), FAR], ids=["one start", "neighbours", "far"])
def test_names_never_touch(lines: list[WorldLine], shape: str) -> None:
    """At every stop no name lies on another, on a sign or outside of the scene's room; the overview names most."""
    scene = scene_of(lines, shape, 30)
    room = layout_of(shape).scene_map
    area = skia.Rect.MakeLTRB(room.x, room.y, room.right, room.bottom)
    for stop, names in zip(scene.plan.stops, scene.names, strict=True):
        assert {name.route for name in names} <= set(stop.routes)
        for one, other in itertools.combinations(names, 2):
            assert not skia.Rect.Intersects(one.rect, other.rect)
        for name in names:
            assert area.contains(name.rect)
            assert name.block.size >= several_marks.LEAST_LABEL * layout_of(shape).unit * 0.999
    assert len(scene.names[-1]) >= 0.6 * len(lines)


def test_signs_at_one_place_stand_side_by_side() -> None:
    """Signs of routes with one start never cover each other; a sign alone stays at its start."""
    crowded = np.tile([[100.0, 100.0]], (8, 1))
    moved = several_marks.spread(np.concatenate([crowded, [[500.0, 500.0]]]), 10.0)
    gaps = [math.dist(one, other) for one, other in itertools.combinations(moved.tolist(), 2)]
    assert min(gaps) >= 2.3 * 10
    assert moved[-1].tolist() == [500.0, 500.0]
    assert np.hypot(*(moved[:8] - 100).T).max() < 60


def test_the_end_shows_every_route_in_its_colour() -> None:
    """The last frame has all colours, each in the pixels along its route; the first has nothing strong yet."""
    lines = loops(3, 4000)
    scene = scene_of(lines)
    last = scene.frame(8 * FPS - 1).astype(int)
    for k, line in enumerate(lines):
        colour = np.array([int(scene._inks[k].colour[i : i + 2], 16) for i in (1, 3, 5)])
        at = line.places(np.linspace(0.05, 0.95, 60) * line.distance_m)
        x, y = scene.plan.lens.seen(to_ground(at, scene.plan.whole), 0.0).round().astype(int).T
        around = np.stack([last[y + dy, x + dx, :3] for dx in (-2, 0, 2) for dy in (-2, 0, 2)])
        near = (np.abs(around - colour).max(axis=-1) < 60).any(axis=0)
        assert near.mean() > 0.5, f"route {k} is not there"


def test_a_frame_depends_on_its_number_alone() -> None:
    """Frames asked for out of order, or by another scene, are the same to the pixel; opaque and contiguous."""
    lines = FAR
    seconds = wanted_s(lines, layout_of("square"))
    one, other = scene_of(lines, "square", seconds), scene_of(lines, "square", seconds)
    numbers = [3, 70, 140, 139, 220, round(seconds * FPS) - 1]
    straight = {number: one.frame(number).copy() for number in sorted(numbers)}
    for number in numbers:
        frame = other.frame(number)
        assert frame.flags.c_contiguous
        assert (frame[..., 3] == 255).all()
        assert (frame == straight[number]).all()


def test_same_as_before_tells_the_truth() -> None:
    """A frame said to be as the one before is; at rest most are."""
    scene = scene_of(loops(2, 3000), "square", 5)
    before, same = scene.frame(0).copy(), []
    for number in range(1, 5 * FPS):
        frame = scene.frame(number)
        if scene.same_as_before(number):
            same.append(number)
            assert (frame == before).all()
        before = frame.copy()
    assert len(same) >= 20


def test_reduced_motion_is_one_still_picture() -> None:
    """Without motion every frame is the overview with all routes whole and all names."""
    scene = scene_of(loops(4, 3000), "square", 4, reduced=True)
    first = scene.frame(0).copy()
    assert all(scene.same_as_before(number) for number in range(1, 4 * FPS))
    assert (scene.frame(4 * FPS - 1) == first).all()
    moving = scene_of(loops(4, 3000), "square", 8)
    assert np.abs(moving.frame(8 * FPS - 1).astype(int) - first).mean() < 1.0


def test_no_two_routes_look_alike() -> None:
    """Patterns with symbols are unique, given colours are kept, and eight routes without any get eight colours."""
    inks = several_inks.route_inks(NAMES, [None] * len(NAMES), STYLE)
    assert len({(one.pattern, one.symbol) for one in inks}) == len(inks)
    assert len({one.symbol for one in inks[:6]}) == len({one.pattern for one in inks[:6]}) == 6
    assert len({one.colour for one in inks[:8]}) == 8
    given = several_inks.route_inks(["a", "b"], ["#123456", None], STYLE)
    assert given[0].colour == "#123456"
    assert given[1].colour != "#123456"


@pytest.mark.parametrize("style", ["daylight", "night", "contrast"])
def test_without_colour_they_are_still_told_apart(style: str) -> None:
    """In grey, with one and the same colour, any two of twelve signs differ in many of their pixels."""
    look = read_map_style(style)
    inks = several_inks.route_inks(NAMES, ["#aa2255"] * len(NAMES), look)
    pictures = []
    for row in several_inks.rows(inks, [""] * len(NAMES)):
        sheet = Sheet(100, 48)
        sheet.canvas.clear(skia.ColorWHITE)
        row.swatch(sheet.canvas, 0, 24, 100, 42)
        pictures.append(sheet.pixels[..., :3].mean(axis=-1))
    for one, other in itertools.combinations(pictures, 2):
        assert (np.abs(one - other) > 40).sum() > 60


def rows_of(count: int) -> list[Row]:
    inks = several_inks.route_inks(NAMES[:count], [None] * count, STYLE)
    return several_inks.rows(inks, ["12.4 miles"] * count)


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("count", range(1, 13))
def test_legend_rows_fit(count: int, shape: str) -> None:
    """Rows lie inside the card, none on another, no letter below the floor; what has no room is counted."""
    layout = layout_of(shape)
    placed, more, height = laid_out(rows_of(count), layout.facts, PALETTE, layout.unit)
    assert placed
    assert height <= layout.facts.height
    assert len(placed) == count or (more is not None and str(count - len(placed)) in more.lines[0])
    for one, other in itertools.combinations(placed, 2):
        assert not one.box.overlaps(other.box)
    for one in placed:
        assert one.box.x >= 0
        assert one.box.y >= 0
        assert one.box.right <= layout.facts.width
        assert one.box.bottom <= height
        for block in (one.light, one.bold):
            assert block.size >= FLOOR * layout.unit * 0.999
            assert one.left + block.width <= one.box.width + 0.5
            assert block.height + one.below <= one.box.height + 0.5
    if count <= 4:
        assert len(placed) == count


def test_legend_emphasises_the_current_row_without_colour() -> None:
    """The row being drawn has a bar and bolder letters, seen in grey too; after the last turn no row has."""
    layout, turns = layout_of("tall"), [(0, 20), (18, 40), (38, 60)]
    made = legend(rows_of(3), turns, layout.facts, PALETTE, frames=80, unit=layout.unit, fps=FPS)
    assert (made.size[0] % 2, made.size[1] % 2, made.y + made.size[1]) == (0, 0, layout.facts.bottom)
    placed, _, _ = laid_out(rows_of(3), layout.facts, PALETTE, layout.unit)
    boxes = [one.box for one in placed]
    grey = {n: made.rgba(n)[..., :3].astype(float).mean(axis=-1) for n in (10, 30, 50, 79)}
    for k, number in enumerate((10, 30, 50)):
        bars = [np.ptp(grey[number][box.y : box.bottom, box.x : box.x + 4]) for box in boxes]
        assert bars[k] > 30
        assert all(bar < 5 for j, bar in enumerate(bars) if j != k)
    assert all(np.ptp(grey[79][box.y : box.bottom, box.x : box.x + 4]) < 5 for box in boxes)
    changes = made.changes()
    assert changes[0] == 0
    assert len(changes) < 40
    before = made.rgba(0).copy()
    for number in range(1, 80):
        now = made.rgba(number)
        assert (now == before).all() or number in changes
        before = now.copy()


def test_real_walks_are_all_named(shared: Path) -> None:
    """Eight walks that begin close together in the Buda hills all get a name in an upright picture."""
    files = sorted((shared / "data/fleets/buda-hills-walks").glob("*.gpx"))
    lines = [WorldLine.of(gpx.read_route(path)) for path in files]
    scene = scene_of(lines, "tall", 12)
    assert len(lines) == 8
    assert not scene.plan.moving
    assert len(scene.names[0]) == 8
    assert (scene.frame(299)[..., 3] == 255).all()
