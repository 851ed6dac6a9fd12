"""The route on the picture: true to its places, gaps left open, the trail as long as the walk."""

from __future__ import annotations

import numpy as np
import pytest
import skia

from pipeline import geo
from pipeline.colours import rgb
from pipeline.geometry import Insets, Size
from pipeline.layout import Layout, lay_out
from pipeline.overlays import facts, route_map, route_shape, scene
from pipeline.overlays.clip import Overlay
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette
from pipeline.overlays.ribbon import Ribbon
from pipeline.overlays.route_shape import FlatView, RouteShape
from pipeline.route import Line, Route, Waypoint

PALETTE = Palette()
LAYOUT: Layout = lay_out(Size(540, 960), Insets(top=134, bottom=336, left=60, right=125))


def line(lng: np.ndarray, lat: np.ndarray, start_m: float, ele: np.ndarray | None = None) -> Line:
    along = start_m + np.concatenate([[0.0], np.cumsum(geo.distances_m(lng, lat))])
    heights = np.full(len(lng), np.nan) if ele is None else ele
    return Line(lng=lng, lat=lat, ele_m=heights, along_m=along, epoch_s=np.full(len(lng), np.nan))


def route(*lines: Line, loop: bool = False, waypoints: tuple[Waypoint, ...] = ()) -> Route:
    return Route(
        name="Walk",
        kind="planned",
        lines=lines,
        waypoints=waypoints,
        distance_m=float(lines[-1].along_m[-1]),
        ascent_m=None,
        descent_m=None,
        loop=loop,
    )


def straight(count: int = 50, heights: bool = False) -> Route:
    """Two kilometres due east."""
    lng = np.linspace(0.0, 0.018, count)
    ele = 50 + 40 * np.sin(np.linspace(0, 6, count)) if heights else None
    return route(line(lng, np.zeros(count), 0.0, ele))


def two_lines() -> Route:
    """A piece in the west, a gap, a piece in the east."""
    west = line(np.linspace(0.0, 0.004, 20), np.zeros(20), 0.0)
    east = line(np.linspace(0.014, 0.018, 20), np.full(20, 0.004), float(west.along_m[-1]))
    return route(west, east)


def the_inset(of: Route, marker: list[float], **more: object) -> Overlay:
    shape = route_shape.of(of)
    return route_map.inset(shape, LAYOUT.inset, PALETTE, marker=marker, unit=LAYOUT.unit, fps=25, **more)  # type: ignore[arg-type]


def near(picture: np.ndarray, colour: str, reach: int = 40) -> np.ndarray:
    """Where a picture has (about) a colour."""
    return np.abs(picture[:, :, :3].astype(int) - rgb(colour)).sum(axis=2) < reach


def test_marker_is_where_the_walk_is() -> None:
    """Half-way along a straight line the marker is in the middle between its ends, and the trail ends
    there."""
    of = straight()
    pictures = {}
    for share in (0.0, 0.5, 1.0):
        overlay = the_inset(of, [share * of.distance_m])
        red = near(overlay.rgba(0), PALETTE.route)
        pictures[share] = np.nonzero(red)[1]
    left, right = pictures[0.0].mean(), pictures[1.0].max()
    assert pictures[0.5].max() == pytest.approx((left + right) / 2, abs=6)
    assert pictures[0.5].min() == pytest.approx(pictures[1.0].min(), abs=2)


def test_gap_between_lines_is_never_drawn() -> None:
    """Neither the line to come nor the trail crosses the gap between two lines."""
    overlay = the_inset(two_lines(), [0.0, two_lines().distance_m])
    picture = overlay.rgba(1)
    columns = np.nonzero(near(picture, PALETTE.route))[1]
    width = overlay.size[0]
    middle = (columns > width * 0.40) & (columns < width * 0.60)
    assert not middle.any()
    assert (columns < width * 0.40).any()
    assert (columns > width * 0.60).any()


def test_frames_may_be_asked_in_any_order() -> None:
    """A frame looks the same whether it is reached forwards or by going back."""
    marker = np.linspace(0, straight().distance_m, 20).tolist()
    once, again = the_inset(straight(), marker), the_inset(straight(), marker)
    forwards = [once.rgba(frame).copy() for frame in range(20)]
    for frame in (19, 3, 11, 0):
        assert np.array_equal(again.rgba(frame), forwards[frame])


def test_trail_reaches_the_marker_between_its_kept_steps() -> None:
    """The kept picture ends at a whole step; with its tip the trail ends exactly at the distance walked."""
    shape = route_shape.of(straight())
    view = FlatView(scale=1.0, x=1001.0, y=10.0)  # one pixel a metre, steps of five metres
    kept, frame = Sheet(2020, 20), Sheet(2020, 20)
    trail = route_map.Trail(shape, view, kept, thin_line())
    trail.grow(503.9)
    trail.paint_tip(frame.canvas, 503.9)
    assert np.nonzero(kept.pixels[10, :, 3])[0].max() == pytest.approx(501, abs=2)
    assert np.nonzero(frame.pixels[10, :, 3])[0].max() == pytest.approx(504, abs=1.5)


def thin_line() -> skia.Paint:
    """A line of one pixel without round ends."""
    return skia.Paint(Style=skia.Paint.kStroke_Style, StrokeWidth=2, Color=0xFF000000)


def test_trail_never_shrinks_when_the_drone_flies_back() -> None:
    """The marker follows the drone backwards; what was walked stays walked."""
    of = straight()
    overlay = the_inset(of, [0.0, of.distance_m * 0.8, of.distance_m * 0.4])
    forwards = near(overlay.rgba(1), PALETTE.route).sum()
    assert near(overlay.rgba(2), PALETTE.route).sum() >= 0.9 * forwards


def test_reduced_motion_draws_the_whole_route_still() -> None:
    """With less motion the complete line is there from the first frame, in the inset and in the scene."""
    of = straight()
    early = near(the_inset(of, [0.0], reduced=True).rgba(0), PALETTE.route).sum()
    assert early > 2 * near(the_inset(of, [0.0]).rgba(0), PALETTE.route).sum()
    shape = route_shape.of(of)
    overlay = scene.route_drawing(shape, PALETTE, LAYOUT, progress=[0.0] * 30, fps=25, reduced=True)
    assert list(overlay.changes()) == [0]
    assert near(overlay.rgba(0), PALETTE.route).sum() > 500


def test_start_and_finish_differ_in_shape() -> None:
    """A one-way route shows two pins with different signs; a closed loop shows the start alone."""
    one_way = the_inset(straight(), [1000.0]).rgba(0)
    angle = np.linspace(0, 2 * np.pi * 0.985, 60)  # ends beside its start
    ring = route(line(0.01 * np.cos(angle), 0.01 * np.sin(angle), 0.0), loop=True)
    closed = the_inset(ring, [1000.0]).rgba(0)
    assert near(one_way, PALETTE.start, 20).sum() > 20
    assert near(one_way, PALETTE.finish, 12).sum() > 20
    assert near(closed, PALETTE.start, 20).sum() > 20
    assert near(closed, PALETTE.finish, 12).sum() < 10


def test_hundred_thousand_points_are_thinned() -> None:
    """Points closer together than a pixel are thinned; both ends of the line are kept."""
    angle = np.linspace(0, 40, 100_000)
    shape = route_shape.of(route(line(0.02 * np.cos(angle), 0.02 * np.sin(angle) * angle / 40, 0.0)))
    overlay = route_map.inset(
        shape, LAYOUT.inset, PALETTE, marker=np.linspace(0, shape.distance_m, 50).tolist(), unit=0.5, fps=25
    )
    assert overlay.rgba(49)[:, :, 3].max() == 255
    thin = shape.simplified(200.0)
    assert len(thin.points) < 1500
    assert np.array_equal(thin.points[[0, -1]], shape.points[[0, -1]])


def test_flat_view_keeps_north_up_and_proportions() -> None:
    """East is to the right, north is up, and a metre is as long in both directions."""
    view = FlatView.fitting(np.array([[-100.0, -50.0], [100.0, 50.0]]), 0, 0, 300, 300)
    east, north, origin = view.pixels(np.array([[50.0, 0.0], [0.0, 50.0], [0.0, 0.0]]))
    assert (east - origin).tolist() == [75.0, 0.0]
    assert (north - origin).tolist() == [0.0, -75.0]


def test_shape_fills_missing_heights_and_says_when_there_are_none() -> None:
    """A few unknown heights are bridged; a route without heights is flat and says so."""
    ele = np.linspace(10.0, 60.0, 50)
    ele[10:14] = np.nan
    shape = route_shape.of(route(line(np.linspace(0, 0.018, 50), np.zeros(50), 0.0, ele)))
    assert shape.has_heights
    assert np.isfinite(shape.ele_m[0]).all()
    assert shape.heights(np.array([shape.distance_m / 2]))[0] == pytest.approx(35.0, abs=1.0)
    assert not route_shape.of(straight()).has_heights


def test_route_across_the_date_line_stays_in_one_piece() -> None:
    """Unwrapped longitudes around 180° give a shape of the right width."""
    lng = np.linspace(179.99, 180.01, 30)
    shape = route_shape.of(route(line(lng, np.full(30, -16.8), 0.0)))
    assert np.ptp(shape.points[:, 0]) == pytest.approx(shape.distance_m, rel=0.01)


@pytest.mark.parametrize("heights", [False, True])
def test_scene_draws_inside_the_map_and_grows(heights: bool) -> None:
    """Ribbon and flat card: the drawing lies in the map's box and covers more the farther the walk."""
    shape = route_shape.of(straight(heights=heights))
    progress = np.linspace(0, shape.distance_m, 10).tolist()
    overlay = scene.route_drawing(shape, PALETTE, LAYOUT, progress=progress, fps=25)
    area = LAYOUT.scene_map
    assert area.x <= overlay.x
    assert overlay.x + overlay.size[0] <= area.right
    assert area.y <= overlay.y
    assert overlay.y + overlay.size[1] <= area.bottom
    covered = [int((overlay.rgba(frame)[:, :, 3] > 128).sum()) for frame in (1, 5, 9)]
    assert covered[0] < covered[1] < covered[2]
    ground = scene.background(Size(540, 960), PALETTE, shape, LAYOUT)
    assert ground.shape == (960, 540, 4)
    assert ground[:, :, 3].min() == 255


def test_ribbon_stands_highest_where_the_route_does() -> None:
    """The wall rises above its foot in proportion to the height: the top of the hill is the top of the
    wall."""
    shape = route_shape.of(straight(heights=True))
    ribbon = Ribbon(shape, skia.Rect.MakeWH(600, 400), PALETTE, 1.0)
    along = np.linspace(0, shape.distance_m, 200)
    tops = ribbon.place(along)
    assert tops[:, 0].min() >= -1
    assert tops[:, 0].max() <= 601
    assert tops[:, 1].min() >= -1
    heights = shape.heights(along)
    straightened = tops[:, 1] - np.interp(along, [0, shape.distance_m], [tops[0, 1], tops[-1, 1]])
    assert abs(int(straightened.argmin()) - int(heights.argmax())) <= 12


def test_names_pop_up_when_reached_and_never_collide() -> None:
    """A name is absent before the walk reaches it and there after; placed names do not touch each other."""
    from pipeline.overlays.labels import placed
    from pipeline.overlays.text import Style

    names = [(f"Waypoint number {n}", 100.0 * n) for n in range(12)]
    places = np.stack([np.linspace(50, 550, 12), np.full(12, 200.0)], axis=-1)
    area = skia.Rect.MakeWH(600, 400)
    labels = placed(
        names, places, area, size=30, style=Style(fonts=PALETTE.fonts), gap=10, route=places, most_covered=0
    )
    assert 3 <= len(labels) <= 8
    for number, label in enumerate(labels):
        assert area.contains(label.rect)
        assert not any(label.rect.intersects(other.rect) for other in labels[number + 1 :])


def test_waypoint_names_are_drawn_after_they_are_passed() -> None:
    """Before the waypoint the scene has no white letters near it, afterwards it has."""
    point = Waypoint(name="Barn Hill pond", lng=0.009, lat=0.0, along_m=1000.0, aside_m=0.0)
    shape = route_shape.of(route(straight().lines[0], waypoints=(point,)))
    plain = route_shape.of(straight())

    def letters(of: RouteShape, reached: float) -> int:
        overlay = scene.route_drawing(of, PALETTE, LAYOUT, progress=[reached] * 20, fps=25)
        return int(near(overlay.rgba(19), PALETTE.paper, 12).sum())

    assert letters(shape, 900.0) == pytest.approx(letters(plain, 900.0), rel=0.02)
    assert letters(shape, 1100.0) > letters(plain, 1100.0) + 300


def test_discs_are_whole_units_and_few() -> None:
    """Marks come every 1, 2, 5, 10 … units, at most as many as asked, none on the finish."""
    shape = route_shape.of(straight())
    assert shape.discs(500.0, 9) == [(1, 500.0), (2, 1000.0), (3, 1500.0)]
    assert [number for number, _ in shape.discs(100.0, 9)] == list(range(2, 20, 2))
    assert [number for number, _ in shape.discs(100.0, 8)] == [5, 10, 15]


@pytest.mark.parametrize("heights", [False, True])
def test_facts_panel_fits_and_fills(heights: bool) -> None:
    """Long Welsh facts stay in the panel's box; the chart's coloured part grows with the walk."""
    shape = route_shape.of(straight(heights=heights))
    items = [
        facts.Fact(icon="distance", text="12.3 milltir", note="19.8 km"),
        facts.Fact(icon="ascent", text="1,120 m", note="o ddringo"),
        facts.Fact(icon="time", text="3 awr 45 i 5 awr 10 munud a mwy"),
    ]
    progress = [0.0, shape.distance_m / 2, shape.distance_m]
    overlay = facts.facts(items, shape, LAYOUT.facts, PALETTE, progress=progress, unit=LAYOUT.unit, fps=25)
    box = LAYOUT.facts
    assert overlay.x == box.x
    assert overlay.y >= box.y
    assert overlay.y + overlay.size[1] <= box.bottom
    filled = []
    for frame in range(3):
        picture = overlay.rgba(frame)
        low = picture[-int(picture.shape[0] * 0.22) :]
        filled.append(int((low[:, :, 0].astype(int) - low[:, :, 2] > 60).sum()))
    assert filled[0] < filled[1] < filled[2]
    still = facts.facts(items, shape, box, PALETTE, progress=progress, unit=0.5, fps=25, reduced=True)
    assert list(still.changes()) == [0]
