"""Ink on a map: the route, its signs, the scale bar and the credit are true, whole and told apart."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import geo
from pipeline.cartography import ink, scale_bar, signs
from pipeline.cartography.ink import PATTERNS, SYMBOLS, RouteInk, inks, paint_route, paint_symbol, visible
from pipeline.cartography.scale_bar import ScaleBar, credit_plate, scale_plate
from pipeline.cartography.world_line import WorldLine
from pipeline.colours import contrast, mixed, rgb
from pipeline.geometry import Box
from pipeline.mercator import MapView, metres_per_unit, world
from pipeline.overlays import marks
from pipeline.overlays.paint import Sheet, fill
from pipeline.overlays.palette import Palette
from pipeline.route import Line, Route
from pipeline.styles import MapStyle, read_map_style
from pipeline.walking import MILE_M, Units

PALETTE = Palette()
INK = RouteInk(colour="#e4003a", casing="#ffffff", todo="#6b7678")
STYLES = ("daylight", "night", "contrast")


def piece(*points: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """A line in pixels; one pixel is one metre."""
    at = np.array(points, np.float64)
    return at, np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(at, axis=0).T))])


def a_line(metres: float, turns: int = 1, count: int = 4000) -> WorldLine:
    """A route round a circle (of several turns) in England, `metres` long."""
    angle = np.linspace(0, 2 * math.pi * turns, count) * 0.98
    radius = metres / (2 * math.pi * turns)
    lat = 53.0 + np.degrees(radius * np.cos(angle) / geo.EARTH_RADIUS_M)
    lng = -1.5 + np.degrees(radius * np.sin(angle) / geo.EARTH_RADIUS_M / math.cos(math.radians(53)))
    along = np.concatenate([[0.0], np.cumsum(geo.distances_m(lng, lat))])
    unknown = np.full(count, np.nan)
    line = Line(lng=lng, lat=lat, ele_m=unknown, along_m=along, epoch_s=unknown)
    return WorldLine.of(
        Route(
            name="", kind="planned", lines=(line,), waypoints=(), distance_m=float(along[-1]), ascent_m=None,
            descent_m=None, loop=True,
        )
    )  # fmt: skip


def at(sheet: Sheet, x: float, y: float) -> tuple[int, int, int]:
    red, green, blue = sheet.pixels[round(y), round(x), :3].tolist()
    return red, green, blue


def test_the_line_is_walked_up_to_the_distance() -> None:
    """Behind the marker the line has its full colour, before it the colour of what is to come, both in a casing."""
    sheet = Sheet(800, 100)
    paint_route(
        sheet.canvas, [piece((0, 50), (800, 50))], INK, 1.0, walked_m=400, metres_per_pixel=1, gaps_m=(200, 600)
    )
    assert at(sheet, 200, 50) == rgb(INK.colour)
    assert at(sheet, 600, 50) == rgb(INK.todo)
    assert at(sheet, 200, 50 + 8) == at(sheet, 600, 50 - 8) == rgb(INK.casing)
    assert sheet.pixels[20].max() == 0


def test_marks_point_the_way_and_keep_clear_of_signs() -> None:
    """Direction marks stand outside the line about every 150 pixels, in the direction of the walk, not at a gap."""

    def wings(walked: float, gaps: tuple[float, ...]) -> np.ndarray:
        sheet = Sheet(1000, 60)
        paint_route(
            sheet.canvas, [piece((0, 30), (1000, 30))], INK, 1.0, walked_m=walked, metres_per_pixel=1, gaps_m=gaps
        )
        row = sheet.pixels[30 - 9].astype(int)
        return np.flatnonzero(np.abs(row[:, :3] - rgb(INK.colour)).sum(axis=1) < 90)

    found = wings(1000, ())
    middles = [float(group.mean()) for group in np.split(found, np.flatnonzero(np.diff(found) > 8) + 1)]
    assert 3 <= len(middles) <= 8
    assert np.diff(middles).min() > 70
    assert len(wings(1000, tuple(middles))) == 0
    sheet = Sheet(1000, 60)
    paint_route(sheet.canvas, [piece((0, 30), (1000, 30))], INK, 1.0, walked_m=1000, metres_per_pixel=1)
    x = round(middles[0])
    near = sheet.pixels[30 - 9, x - 30 : x + 30, :3].astype(int)
    tip = sheet.pixels[30, x - 30 : x + 30, :3].astype(int)
    wing = np.flatnonzero(np.abs(near - rgb(INK.colour)).sum(axis=1) < 90).mean()
    white = np.flatnonzero(tip.min(axis=1) > 200)
    assert white.max() > wing  # the tip is ahead of the wings


def test_marks_stay_at_their_places_while_the_map_grows() -> None:
    """A little closer, every mark that was there is still at the same distance along."""
    line = np.array([(0.0, 0.0), (5000.0, 0.0)])
    along = np.array([0.0, 5000.0])

    def places(scale: float) -> set[float]:
        step = 2.0 ** math.ceil(math.log2(ink.CHEVRONS / scale))
        found = ink._pointers(line * scale, along, 0.5 * step, step, 7.5 / scale, (), 1.0)
        return {round(float(tip[0]) / scale, 3) for tip, _ in found}

    assert places(1.0) == places(1.01)
    assert len(places(1.0)) > 5


def test_only_what_can_be_seen_is_drawn() -> None:
    """Runs that cross the bounds are kept with their neighbours, everything else is left out."""
    points, along = piece(*[(x, 0.0) for x in range(0, 1000, 10)])
    ((seen, distances),) = visible([(points, along)], (395, -5, 425, 5))
    assert seen[:, 0].tolist() == [390, 400, 410, 420, 430]
    assert distances.tolist() == [390, 400, 410, 420, 430]
    assert visible([(points, along)], (0, 5, 1000, 9)) == []


def test_a_fine_line_loses_no_more_than_a_part_of_a_pixel() -> None:
    """A line for a scale has far fewer points, keeps its ends, and lies within its tolerance of the whole line."""
    line = a_line(20_000)
    scale = 900 / 0.0005
    ((points, along),) = line.at_scale(scale)
    assert len(points) < 0.1 * 4000
    assert (points[[0, -1]] == line.lines[0][[0, -1]]).all()
    whole = line.lines[0]
    near = np.stack([np.interp(line.shape.along_m[0], along, points[:, axis]) for axis in (0, 1)], axis=-1)
    assert np.hypot(*((near - whole) * scale).T).max() < 1


def test_several_routes_are_told_apart_without_colour() -> None:
    """Of six routes in the same colour no two lines and no two signs look alike."""
    made = inks([f"Walk {k}" for k in range(6)], ["#1a4fd0"], "#ffffff", "#707070")
    lines, shapes = [], []
    for one in made:
        sheet = Sheet(300, 40)
        paint_route(sheet.canvas, [piece((10, 20), (290, 20))], one, 1.0, walked_m=300, metres_per_pixel=1)
        lines.append(sheet.pixels.astype(int))
        sign = Sheet(60, 60)
        paint_symbol(sign.canvas, 30, 30, 16, one)
        shapes.append(sign.pixels.astype(int))
    for some, least in ((lines, 300), (shapes, 120)):
        for a, b in itertools.combinations(some, 2):
            assert (np.abs(a - b).max(axis=2) > 60).sum() > least
    many = inks([str(k) for k in range(36)], ["#1a4fd0", "#a02010"], "#ffffff", "#707070")
    assert len({(one.pattern, one.symbol) for one in many}) == 36
    assert len(PATTERNS) >= 6
    assert len(SYMBOLS) >= 6


def test_the_ink_of_a_palette_can_be_seen() -> None:
    """A brand's pale line is darkened until it stands out from its casing."""
    made = RouteInk.of(Palette(route="#ffe9a0", route_casing="#ffffff"))
    assert contrast(made.colour, made.casing) >= 3
    assert contrast(made.todo, made.casing) >= 3


@given(st.floats(0.05, 3000), st.floats(80, 400), st.sampled_from(["miles", "km"]))
def test_the_scale_bar_is_a_round_length_that_fits(metres_per_pixel: float, most: float, units: Units) -> None:
    """Its text says what its length is, and it is at most as long as it may be, but not much shorter."""
    bar = ScaleBar.of(metres_per_pixel, most, units)
    number, _, unit = bar.text.partition(" ")
    each = {"m": 1.0, "km": 1000.0, "mile": MILE_M, "miles": MILE_M, "yard": 0.9144, "yards": 0.9144}[unit]
    value = {"¼": 0.25, "½": 0.5}.get(number) or float(number.replace(",", ""))
    assert bar.length * metres_per_pixel == pytest.approx(value * each)
    assert bar.length <= most * 1.0001
    assert bar.length > most * 0.38
    assert not (value == 1 and unit.endswith("s"))


def test_the_scale_bar_is_true_at_its_latitude() -> None:
    """In Shetland the same picture of the world is less wide in metres, and so the bar is longer."""
    scale = 2e6
    lengths = [
        ScaleBar.of(metres_per_unit(float(world(np.array([-1.0]), np.array([lat]))[0, 1])) / scale, 300, "km").length
        * (2 * math.pi * geo.EARTH_RADIUS_M * math.cos(math.radians(lat)) / scale)
        for lat in (0.0, 60.4)
    ]
    assert lengths == pytest.approx([5000, 2000])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("width", [300, 560, 960])
@pytest.mark.parametrize(
    "text",
    [
        "© OpenStreetMap contributors",
        "Contains OS data © Crown copyright and database right 2026, © OpenStreetMap contributors, NASA SRTM",
    ],
)
def test_the_credit_is_whole_and_readable(text: str, width: int, style: str) -> None:
    """The credit's plate lies inside its box; its letters are at least 22 pixels, on as many lines as it needs."""
    look = read_map_style(style)
    box = Box(x=40, y=500, width=width, height=300)
    plate = credit_plate(text, box, 1.0, PALETTE, look)
    assert box.x <= plate.x
    assert plate.x + plate.image.width() <= box.right + 1
    assert box.y <= plate.y
    assert plate.y + plate.image.height() <= box.bottom + 1
    rows = plate.image.toarray()[:, :, 3].max(axis=1) > 0
    assert rows.sum() >= 28
    if text.startswith("©") and width > 400:
        assert plate.image.height() < 50  # one line
    worst = min(
        contrast(look.panel_text, mixed(ground, look.panel, scale_bar._OPAQUE)) for ground in ("#000000", "#ffffff")
    )
    assert worst >= 4.5


@pytest.mark.parametrize("style", STYLES)
def test_the_scale_plate_stands_where_it_was_put(style: str) -> None:
    """The plate's lower left corner is the one that was asked for, and the bar on it is as long as it says."""
    look: MapStyle = read_map_style(style)
    bar = ScaleBar(length=200.0, text="½ mile")
    plate = scale_plate(bar, 60.0, 900.0, 1.0, PALETTE, look)
    assert (plate.x, plate.y + plate.image.height()) == (60, pytest.approx(900, abs=1))
    pixels = plate.image.toarray().astype(int)[:, :, :3]
    dark = np.abs(pixels - rgb(look.panel_text)).sum(axis=2) < 40
    row = np.flatnonzero(dark.sum(axis=1) > 150)
    columns = np.flatnonzero(dark[row[0]])
    assert columns.max() - columns.min() == pytest.approx(200, abs=6)


@pytest.mark.parametrize("metres", [900, 12_000, 160_000])
@pytest.mark.parametrize("unit_m", [1000.0, MILE_M])
def test_discs_are_few_and_apart(metres: float, unit_m: float) -> None:
    """At most nine discs, none over a pin, none over another, each at its distance."""
    line = a_line(metres)
    view = MapView.fitting(line.points, (60, 160, 1020, 1200), 1080, 1920, 1.0)
    found = signs.discs(line, view, PALETTE, unit_m)
    assert len(found) <= signs.MOST_DISCS
    assert len(found) >= (metres > 2 * unit_m)
    places = view.pixels(np.array([(sign.x, sign.y) for sign in found]).reshape(-1, 2))
    for a, b in itertools.combinations(places, 2):
        assert np.hypot(*(a - b)) > 2 * signs.DISC
    ends = view.pixels(line.places(np.array([0.0, line.distance_m])))
    for place, end in itertools.product(places, ends):
        assert np.hypot(*(place - end)) > signs.DISC
        assert np.hypot(*(place - end + (0, signs.PIN * (marks.PIN_HEIGHT - 1)))) > signs.DISC + signs.PIN
    for sign in found:
        assert sign.along_m / unit_m == pytest.approx(round(sign.along_m / unit_m))


def test_start_and_finish_differ_by_shape() -> None:
    """In the same colour the two pins are still different pictures."""
    same = Palette(start="#16181a", finish="#16181a")
    finish, start = signs.pins(a_line(3000), 1.0, same)
    assert (finish.along_m > start.along_m, start.along_m) == (True, 0.0)
    different = np.abs(finish.image.toarray().astype(int) - start.image.toarray().astype(int)).max(axis=2) > 80
    assert different.sum() > 200


def test_a_sign_stands_with_its_tip_at_its_place() -> None:
    """A pin painted at a point reaches down to it and not beyond."""
    start = signs.pins(a_line(3000), 1.0, PALETTE)[1]
    sheet = Sheet(200, 200)
    sheet.canvas.drawPaint(fill("#ffffff"))
    start.paint(sheet.canvas, 100, 150)
    green = np.abs(sheet.pixels[:, :, :3].astype(int) - rgb(PALETTE.start)).sum(axis=2) < 60
    rows, columns = np.nonzero(green)
    assert rows.max() == pytest.approx(149, abs=4)
    assert columns.mean() == pytest.approx(100, abs=2)
