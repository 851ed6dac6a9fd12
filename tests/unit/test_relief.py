"""The lie of the land on a map: where light falls, where contours run, and what must not be drawn."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import skia

from pipeline.cartography.contours import EVERY, contours, interval_m, numbers
from pipeline.cartography.field import field, sample_px
from pipeline.cartography.relief import paint_contours, paint_shade, paint_terrain, relief_colours
from pipeline.cartography.shade import light, steepness
from pipeline.colours import contrast, rgb
from pipeline.fonts import default
from pipeline.map_model import Heights, MapWish
from pipeline.map_styles import read_map_style
from pipeline.maps import hgt
from pipeline.mercator import MapView, metres_per_unit, world
from pipeline.overlays.paint import Sheet

STYLES = ("daylight", "night", "contrast")
STYLE = read_map_style("daylight")
SIZE = 360


def view(*, lng: float = 0.0, lat: float = 0.0, metres: float = 7200.0, size: int = SIZE) -> MapView:
    """A square picture `metres` wide about a place."""
    x, y = world(np.array([lng]), np.array([lat]))[0]
    scale = size / (metres / metres_per_unit(y))
    return MapView(
        x=x - size / 2 / scale, y=y - size / 2 / scale, scale=scale, width=size, height=size, unit=size / 1080
    )


def grid(seen: MapView, apart_px: float, shape: str) -> Heights:
    """A grid half a picture wider than the view, its heights a function of metres east and south of the middle."""
    cells = np.arange(-seen.width / 2, seen.width * 1.5, apart_px)
    east = (cells - seen.width / 2)[None, :] * seen.metres_per_pixel
    south = (cells - seen.width / 2)[:, None] * seen.metres_per_pixel
    away = np.hypot(east, south)
    ele = {
        "cone": 1000 - 0.2 * away,
        "hill": 300 * np.exp(-((away / 1200) ** 2)) + 50,
        "plain": np.full(away.shape, 37.3),
        "coast": np.where(east < 0, 0.0, east * 0.2) + 0 * away,
        "up to the south-east": 500 + 0.1 * (east + south),
        "up to the north-west": 500 - 0.1 * (east + south),
    }[shape]
    return Heights(x=seen.x + cells / seen.scale, y=seen.y + cells / seen.scale, ele_m=ele.astype(np.float32))


def holed(heights: Heights, share: float) -> Heights:
    """With a square hole in the middle, `share` of the grid wide."""
    ele = heights.ele_m.copy()
    first, last = round(len(ele) * (0.5 - share / 2)), round(len(ele) * (0.5 + share / 2))
    ele[first:last, first:last] = np.nan
    return Heights(x=heights.x, y=heights.y, ele_m=ele)


def sheet(seen: MapView, ground: int = 0xFF808080) -> Sheet:
    made = Sheet(seen.width, seen.height)
    made.canvas.clear(ground)
    return made


def grey(made: Sheet) -> np.ndarray:
    return made.pixels[..., :3].astype(float).mean(axis=-1)


def test_light_comes_from_the_north_west() -> None:
    """A hill's flank towards the upper left is brighter than the ground, the opposite one darker."""
    seen = view()
    made = sheet(seen)
    paint_shade(made.canvas, grid(seen, 4, "hill"), seen, STYLE)
    shown, near, far = grey(made), SIZE // 2 - 30, SIZE // 2 + 30
    assert shown[near, near] > 128 + 8
    assert shown[far, far] < 128 - 8
    assert shown[near, near] > shown[near, far] > shown[far, far]


def test_planes_are_lit_by_their_slope_alone() -> None:
    """A plane is equally bright all over, and level ground exactly as bright as without light."""
    seen = view()
    lit = {}
    for shape in ("up to the south-east", "up to the north-west", "plain"):
        land = field(grid(seen, 6, shape), seen, 2.0)
        assert land is not None
        shades = light(land, 1.0)[4:-4, 4:-4]
        assert np.ptp(shades) < 0.01
        lit[shape] = float(shades.mean())
    assert lit["up to the south-east"] > 0.1  # it faces the north-west
    assert lit["up to the north-west"] < -0.1
    assert lit["plain"] == pytest.approx(0, abs=1e-6)


def test_slopes_are_those_of_the_ground_at_every_latitude() -> None:
    """The same plane in metres gets the same light on the equator and at 60° north."""
    shades = []
    for lat in (0.0, 60.0):
        seen = view(lat=lat)
        land = field(grid(seen, 6, "up to the south-east"), seen, 2.0)
        assert land is not None
        shades.append(light(land, 1.0)[20:-20, 20:-20].mean())
    assert shades[0] == pytest.approx(shades[1], rel=0.01)
    assert steepness(grid(view(lat=60.0), 6, "up to the south-east")) == pytest.approx(0.1414, rel=0.01)


@pytest.mark.parametrize("apart_px", [3, 8, 30])
def test_contours_of_a_cone_are_circles(apart_px: float) -> None:
    """The line of each height keeps the distance from the top that the slope says, to a pixel or 0.1 samples."""
    seen = view()
    found = contours(grid(seen, apart_px, "cone"), seen, 50)
    rounds = [line for line in found if 650 <= line.ele_m <= 700]
    assert [line.ele_m for line in rounds] == [650, 700]
    for line in rounds:
        radius = (1000 - line.ele_m) / 0.2 / seen.metres_per_pixel
        away = np.hypot(*(line.points - SIZE / 2).T)
        assert away == pytest.approx(radius, abs=max(1.0, 0.1 * apart_px))
        assert line.index == (line.ele_m % (50 * EVERY) == 0)


def test_level_ground_draws_nothing() -> None:
    """On a plain neither shade nor lines change a pixel."""
    seen = view()
    made = sheet(seen)
    before = made.pixels.copy()
    paint_shade(made.canvas, grid(seen, 5, "plain"), seen, STYLE)
    paint_contours(made.canvas, grid(seen, 5, "plain"), seen, STYLE, default())
    assert np.array_equal(made.pixels, before)


def test_noise_on_a_plain_makes_no_web() -> None:
    """A metre or two of noise on flat land, crossing a level, leaves hardly a line."""
    seen = view(metres=10_800)
    flat = grid(seen, 3, "plain")
    rows, columns = np.indices(flat.ele_m.shape)
    noise = np.sin(rows * 2.1 + columns * 1.3) + np.sin(columns * 2.7 - rows * 1.7)
    noisy = Heights(x=flat.x, y=flat.y, ele_m=(40 + noise).astype(np.float32))
    assert sum(len(line.points) for line in contours(noisy, seen, 10)) < 200


def test_the_sea_stays_sea() -> None:
    """Level water at 0 m has the sea's colour without shade or lines; the land beside it has not."""
    seen = view()
    made = Sheet(SIZE, SIZE)
    paint_terrain(made.canvas, grid(seen, 5, "coast"), seen, STYLE, default())
    sea = np.array(rgb(relief_colours(STYLE).sea))
    assert np.abs(made.pixels[:, : SIZE // 2 - 15, :3].astype(int) - sea).max() <= 1
    assert np.abs(made.pixels[:, SIZE // 2 + 15 :, :3].astype(int) - sea).max(axis=-1).min() > 10
    assert all(line.points[:, 0].min() > SIZE / 2 for line in contours(grid(seen, 5, "coast"), seen, 20))


def test_a_void_is_no_cliff() -> None:
    """A hole in a plane is neither dark nor bright at its rim, and no line runs into it."""
    seen = view()
    whole = grid(seen, 6, "up to the south-east")
    plain, hole = sheet(seen), sheet(seen)
    paint_shade(plain.canvas, whole, seen, STYLE)
    paint_shade(hole.canvas, holed(whole, 0.2), seen, STYLE)
    bare, lit = 128.0, grey(plain)
    assert (grey(hole) >= bare - 1.5).all()
    assert (grey(hole) <= lit.max() + 1.5).all()
    lines = np.concatenate([line.points for line in contours(holed(whole, 0.2), seen, 20)])
    middle = np.abs(lines - SIZE / 2).max(axis=1)
    assert middle.min() > SIZE * 0.18


def test_beyond_the_grid_there_is_paper() -> None:
    """Where the grid ends the card fades to its paper; a view that it does not reach is paper alone."""
    seen = view()
    whole = grid(seen, 5, "hill")
    half = len(whole.x) // 2
    left = Heights(x=whole.x[:half], y=whole.y, ele_m=whole.ele_m[:, :half])
    made = Sheet(SIZE, SIZE)
    paint_terrain(made.canvas, left, seen, STYLE, default())
    paper = np.array(rgb(STYLE.background))
    assert np.abs(made.pixels[:, SIZE // 2 + 4 :, :3].astype(int) - paper).max() <= 1
    elsewhere = view(lng=40.0)
    paint_terrain(made.canvas, left, elsewhere, STYLE, default())
    assert np.abs(made.pixels[..., :3].astype(int) - paper).max() == 0


def test_shade_leaves_close_street_maps_alone() -> None:
    """Samples more than sixty design pixels apart say nothing about a street."""
    seen = view()
    coarse = grid(seen, 25, "hill")
    assert sample_px(coarse, seen) / seen.unit > 60
    made = sheet(seen)
    before = made.pixels.copy()
    paint_shade(made.canvas, coarse, seen, STYLE)
    assert np.array_equal(made.pixels, before)


def test_a_coarse_grid_shows_no_blocks() -> None:
    """Forty pixels between samples: light changes by small steps from pixel to pixel, and so do its changes."""
    seen = view()
    land = field(grid(seen, 40, "hill"), seen, 1.0)
    assert land is not None
    shades = light(land, 2.0)[2:-2, 2:-2]
    assert np.abs(np.diff(shades, axis=1)).max() < 0.04
    assert np.abs(np.diff(shades, n=2, axis=1)).max() < 0.006


def test_across_the_antimeridian() -> None:
    """A view on the other side of the world's edge draws the same as one beside the grid."""
    seen = view(lng=180.0)
    heights = grid(seen, 6, "hill")
    shown = []
    for turns in (0, -1):
        moved = MapView(x=seen.x + turns, y=seen.y, scale=seen.scale, width=SIZE, height=SIZE, unit=seen.unit)
        made = sheet(seen)
        paint_shade(made.canvas, heights, moved, STYLE)
        shown.append(made.pixels.astype(int))
    assert np.abs(shown[0] - shown[1]).max() <= 1
    assert shown[0].std() > 0.5


def test_numbers_are_upright_apart_and_where_they_may_be() -> None:
    """No number stands on its head, leaves the picture, comes near another, a place to avoid, or the route."""
    seen = view(size=1080, metres=20_000)
    lines = contours(grid(seen, 12, "cone"), seen, 20)
    free = numbers(lines, seen, default())
    assert len(free) >= 4
    taken = free[0]
    keep_out = skia.Rect.MakeXYWH(taken.x - 40, taken.y - 40, 80, 80)
    route = np.array([[free[1].x, free[1].y]])
    placed = numbers(lines, seen, default(), avoid=[keep_out], route=route)
    for number in placed:
        assert -90 < number.turned <= 90
        assert 20 < number.x < 1060
        assert 20 < number.y < 1060
        assert not keep_out.contains(number.x, number.y)
        assert np.hypot(number.x - free[1].x, number.y - free[1].y) > 20
        assert number.block.size >= 22
    for i, one in enumerate(placed):
        assert all(np.hypot(one.x - other.x, one.y - other.y) > 200 for other in placed[:i])


def test_numbers_interrupt_their_line() -> None:
    """Under a number's room no line is drawn: the ground shows beside the digits."""
    seen = view(size=1080, metres=20_000)
    heights = grid(seen, 12, "cone")
    lines = contours(heights, seen, interval_m(heights, seen))
    made = sheet(seen, 0xFFFFFFFF)
    paint_contours(made.canvas, heights, seen, STYLE, default())
    for number in numbers(lines, seen, default()):
        reach = number.block.width / 2 + 2
        turned = np.radians(number.turned)
        for side in (-1, 1):
            x, y = number.x + side * reach * np.cos(turned), number.y + side * reach * np.sin(turned)
            assert made.pixels[round(y), round(x), :3].min() > 200


@pytest.mark.parametrize(("metres", "least", "most"), [(3_000, 5, 20), (12_000, 10, 50), (60_000, 20, 200)])
def test_the_interval_suits_the_scale(metres: float, least: int, most: int) -> None:
    """Nearer views have closer lines."""
    seen = view(size=1080, metres=metres)
    assert least <= interval_m(grid(seen, 12, "hill"), seen) <= most


def test_coarse_data_have_no_close_lines() -> None:
    """90 m samples carry no contours of 5 m, however near and gentle the land is."""
    seen = view(size=1080, metres=2_700)
    assert interval_m(grid(seen, 36, "plain"), seen) == 10
    assert interval_m(grid(seen, 8, "plain"), seen) == 5


@pytest.mark.parametrize("name", STYLES)
def test_what_means_something_is_seen_on_every_height(name: str) -> None:
    """Numbers have 4.5 : 1 and the route and its signs 3 : 1 on the paper of every height."""
    style = read_map_style(name)
    colours = relief_colours(style)
    for _, ground in colours.ramp:
        assert contrast(colours.number, ground) >= 4.5
    for ground in (*(tint for _, tint in colours.ramp), colours.sea):
        for sign in (style.route, style.todo, style.start, style.finish, style.mark):
            assert contrast(sign, ground) >= 3.0


@pytest.mark.parametrize("name", STYLES)
def test_real_hills_twice_give_the_same_picture(shared: Path, name: str) -> None:
    """The card of Andorra is drawn alike each time, with light, tint and lines in it."""
    seen = view(lng=1.52, lat=42.53, metres=9_000, size=300)
    wish = MapWish(bounds=seen.bounds, pixel=1 / seen.scale)
    heights = hgt.read(shared / "data" / "maps" / "srtm-N42E001.hgt.zip", wish).heights
    assert heights is not None
    pictures = []
    for _ in range(2):
        made = Sheet(300, 300)
        paint_terrain(made.canvas, heights, seen, read_map_style(name), default())
        pictures.append(made.pixels.copy())
    assert np.array_equal(*pictures)
    assert (pictures[0][..., 3] == 255).all()
    assert len(np.unique(pictures[0].reshape(-1, 4), axis=0)) > 500


def test_a_large_grid_costs_no_more_than_its_part() -> None:
    """Drawing from a 3601 × 3601 grid takes little memory beside it, near or as a whole."""
    axis = np.linspace(0.5, 0.5 + 1 / 360, 3601)
    ele = np.add.outer(np.arange(3601.0, dtype=np.float32), np.arange(3601.0, dtype=np.float32)) % 400
    heights = Heights(x=axis, y=axis, ele_m=ele)
    tracemalloc.start()
    try:
        for metres in (5_000, 120_000):
            seen = view(lng=0.5, lat=-0.5, metres=metres, size=400)
            made = sheet(seen)
            paint_shade(made.canvas, heights, seen, STYLE)
        assert tracemalloc.get_traced_memory()[1] < 250_000_000
    finally:
        tracemalloc.stop()


def test_a_grid_too_small_to_draw_is_left_out() -> None:
    """One sample, one row or nothing but voids: no picture, no error."""
    seen = view()
    whole = grid(seen, 6, "hill")
    voids = Heights(x=whole.x, y=whole.y, ele_m=np.full_like(whole.ele_m, np.nan))
    row = Heights(x=whole.x, y=whole.y[:1], ele_m=whole.ele_m[:1])
    one = Heights(x=whole.x[:1], y=whole.y[:1], ele_m=whole.ele_m[:1, :1])
    for heights in (voids, row, one):
        made = Sheet(SIZE, SIZE)
        paint_shade(made.canvas, heights, seen, STYLE)
        paint_contours(made.canvas, heights, seen, STYLE, default())
        assert not made.pixels.any()
        paint_terrain(made.canvas, heights, seen, STYLE, default())
        assert len(np.unique(made.pixels.reshape(-1, 4), axis=0)) == 1


def test_islets_are_not_drowned() -> None:
    """The shore is smoothed, but an island of a few samples in the sea stays land."""
    seen = view()
    flat = grid(seen, 10, "plain")
    ele = np.zeros_like(flat.ele_m)
    middle = len(ele) // 2
    ele[middle - 1 : middle + 1, middle - 1 : middle + 1] = 12
    land = field(Heights(x=flat.x, y=flat.y, ele_m=ele), seen, 2.0)
    assert land is not None
    assert land.sea.min() < 0.5
    assert land.sea[4, 4] == pytest.approx(1)
