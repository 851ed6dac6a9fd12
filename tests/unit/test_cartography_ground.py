"""The ground of a map and its roads, on a small made-up place of 400 pixels, 2 metres each."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pipeline.cartography import ground, ground_crowd, ground_scale, roads
from pipeline.cartography.ground_shapes import Runs
from pipeline.colours import rgb
from pipeline.geo import Floats
from pipeline.map_model import OSM_CREDIT, Area, AreaKind, Line, LineKind, MapModel, Picture
from pipeline.map_styles import MapStyle, read_map_style
from pipeline.mercator import Bounds, MapView, metres_per_unit
from pipeline.overlays.clip import Rgba
from pipeline.overlays.paint import Sheet

SIDE = 400


def view_of(metres_per_pixel: float, unit: float = 1.0) -> MapView:
    """400 x 400 pixels near London, of so many metres each."""
    scale = metres_per_unit(0.33) / metres_per_pixel
    return MapView(x=0.5, y=0.33, scale=scale, width=SIDE, height=SIDE, unit=unit)


VIEW = view_of(2.0)


def at(*points: tuple[float, float], view: MapView = VIEW) -> Floats:
    """World units of places in pixels."""
    return np.array(points, np.float64) / view.scale + (view.x, view.y)


def box(left: float, top: float, right: float, bottom: float) -> Floats:
    return at((left, top), (right, top), (right, bottom), (left, bottom))


def area(kind: AreaKind, *rings: Floats) -> Area:
    return Area(kind=kind, rings=rings)


def line(kind: LineKind, *points: tuple[float, float], bridge: bool = False, tunnel: bool = False) -> Line:
    return Line(kind=kind, points=at(*points), bridge=bridge, tunnel=tunnel)


def model_of(*things: Area | Line, bounds: Bounds | None = None, pictures: tuple[Picture, ...] = ()) -> MapModel:
    whole = VIEW.bounds.grown(VIEW.bounds.width)
    return MapModel(
        bounds=bounds or whole,
        credits=(OSM_CREDIT,),
        areas=tuple(thing for thing in things if isinstance(thing, Area)),
        lines=tuple(thing for thing in things if isinstance(thing, Line)),
        pictures=pictures,
    )


def drawn(model: MapModel, style: MapStyle, view: MapView = VIEW) -> Rgba:
    sheet = Sheet(view.width, view.height)
    ground.paint_areas(sheet.canvas, model, view, style)
    roads.paint_lines(sheet.canvas, model, view, style)
    ground.paint_edge_fade(sheet.canvas, model, view, style)
    return sheet.pixels


def is_colour(pixels: Rgba, x: int, y: int, colour: str) -> bool:
    return bool(np.abs(pixels[y, x, :3].astype(int) - rgb(colour)).max() <= 2)


@pytest.fixture(params=["daylight", "night", "contrast"])
def style(request: pytest.FixtureRequest) -> MapStyle:
    return read_map_style(str(request.param))


def test_unknown_ground_stays_paper(style: MapStyle) -> None:
    """A model without anything is the plain paper of the style, opaque everywhere."""
    pixels = drawn(model_of(), style)
    assert (pixels == (*rgb(style.background), 255)).all()


def test_water_is_where_its_polygon_is(style: MapStyle) -> None:
    """Water is coloured in its middle, its holes and what is beside it stay land, and the shore is a little darker."""
    lake = area("water", box(50, 50, 350, 350), box(150, 150, 250, 250))
    pixels = drawn(model_of(lake), style)
    assert is_colour(pixels, 100, 100, style.areas["water"])
    assert is_colour(pixels, 200, 200, style.background)
    assert is_colour(pixels, 20, 20, style.background)
    assert not is_colour(pixels, 52, 200, style.areas["water"])


def test_pieces_of_tiles_join_without_a_seam(style: MapStyle) -> None:
    """Two pieces of sea that touch or overlap, turned opposite ways, are one sea: no line, no hole, no shore."""
    for overlap in (0.0, 8.0):
        left, right = box(-300, -300, 200.4, 700), box(200.4 - overlap, -300, 700, 700)[::-1]
        island = box(640, 680, 680, 690)  # two rings: such a piece is a path of its own
        for pieces in ((area("sea", left), area("sea", right)), (area("sea", left), area("sea", right, island))):
            pixels = drawn(model_of(*pieces), style)
            assert np.abs(pixels.astype(int) - (*rgb(style.areas["sea"]), 255)).max() <= 3


def test_no_land_throws_a_shadow_beyond_the_data() -> None:
    """Where sea ends because the data ends, no shore is drawn."""
    style = read_map_style("daylight")
    bounds = Bounds.of(box(0, 0, 200, 400))
    sheet = Sheet(SIDE, SIDE)
    ground.paint_areas(sheet.canvas, model_of(area("sea", box(0, 0, 200, 400)), bounds=bounds), VIEW, style)
    assert is_colour(sheet.pixels, 196, 200, style.areas["sea"])
    assert is_colour(sheet.pixels, 204, 200, style.background)


def test_the_smaller_lies_on_the_larger(style: MapStyle) -> None:
    """A park in a town, grass in the park and a house on the grass are all seen, in whatever order they come."""
    things = [
        area("building", box(180, 180, 220, 220)),
        area("grass", box(150, 150, 250, 250)),
        area("park", box(100, 100, 300, 300)),
        area("residential", box(0, 0, 400, 400)),
    ]
    for order in (things, things[::-1]):
        pixels = drawn(model_of(*order), style)
        seen = {"building": (200, 200), "grass": (160, 200), "park": (110, 200), "residential": (50, 200)}
        for kind, (x, y) in seen.items():
            assert is_colour(pixels, x, y, style.areas[kind]), kind  # type: ignore[index]


def test_a_pier_stands_in_the_water(style: MapStyle) -> None:
    """Piers are painted over water."""
    pixels = drawn(model_of(area("pier", box(180, 0, 220, 300)), area("sea", box(0, 0, 400, 400))), style)
    assert is_colour(pixels, 200, 150, style.areas["pier"])


def test_bridges_above_and_tunnels_below(style: MapStyle) -> None:
    """A bridge lies over river and motorway; a tunnel lies under the street and is paler than the road it carries."""
    river = line("river", (0, 100), (400, 100))
    way = line("motorway", (100, 0), (100, 400))
    over = line("street", (0, 300), (200, 300), bridge=True)
    under = line("primary", (200, 200), (400, 200), tunnel=True)
    street = line("street", (300, 0), (300, 400))
    pixels = drawn(model_of(river, way, over, under, street), style)
    assert is_colour(pixels, 100, 100, style.roads["motorway"].fill)
    assert is_colour(pixels, 100, 300, style.roads["street"].fill)
    assert is_colour(pixels, 300, 200, style.roads["street"].fill)
    assert not is_colour(pixels, 240, 200, style.roads["primary"].fill)
    assert not is_colour(pixels, 240, 200, style.background)


def test_greater_roads_lie_on_lesser_and_junctions_are_open(style: MapStyle) -> None:
    """Where a motorway and a street cross, the motorway is whole; where two streets cross, no outline is between."""
    for kind in ("motorway", "street"):
        pixels = drawn(model_of(line(kind, (200, 0), (200, 400)), line("street", (0, 200), (400, 200))), style)
        assert is_colour(pixels, 200, 200, style.roads[kind].fill)
        if kind == "street":
            row = pixels[200, 190:211, :3].astype(int)
            assert np.abs(row - rgb(style.roads["street"].fill)).max() <= 2


def test_what_is_far_away_costs_nothing() -> None:
    """Lines and rings beyond the picture, and specks smaller than a pixel, leave no trace."""
    style = read_map_style("daylight")
    things = (
        area("wood", box(500, 500, 900, 900)),
        area("building", box(10, 10, 10.3, 10.3)),
        line("motorway", (-500, -900), (-500, 900)),
    )
    assert (drawn(model_of(*things), style) == drawn(model_of(), style)).all()


def test_the_scale_decides_what_is_drawn() -> None:
    """At 60 km across only great roads are left; streets come below 20 km, service roads below 6; near is wider."""
    far, near = view_of(60_000 / 1080), view_of(2.0)
    seen = {kind for kind in ground_scale.WIDTHS if ground_scale.width(kind, far) > 0}
    assert {"motorway", "trunk", "primary", "rail", "river"} <= seen
    assert not seen & {"tertiary", "street", "service", "path", "track", "steps", "tram"}
    assert ground_scale.width("street", view_of(8.0)) > 0
    assert ground_scale.width("service", view_of(8.0)) == 0
    for widths in ground_scale.WIDTHS.values():
        assert len(widths) == len(ground_scale.STOPS)
        assert all(a >= b for a, b in pairwise(widths))
    small = view_of(4.0, unit=0.5)
    assert ground_scale.width("street", small) == pytest.approx(ground_scale.width("street", near) / 2, rel=0.001)


def test_a_lone_path_stays_and_crowded_ones_go() -> None:
    """At 4 m a pixel a path by itself is drawn; of forty side by side none is."""
    view = view_of(4.0)
    lone = [at((20, 20), (380, 20), view=view)]
    crowd = [at((150, 200 + 4.0 * step), (390, 200 + 4.0 * step), view=view) for step in range(40)]
    runs = Runs.of([*lone, *crowd], np.arange(41), view)
    flags = ground_crowd.crowded(runs, view)
    assert not flags[0]
    assert flags[5:35].all()


def test_lines_are_cut_to_the_picture() -> None:
    """A line that leaves the picture and comes back becomes two; what is kept is what touches the picture."""
    runs = Runs.of([at((10, 10), (200, 10), (200, -5000), (300, -5000), (300, 10), (390, 10))], np.arange(1), VIEW)
    cut = runs.seen(VIEW, 5.0)
    assert cut.lengths.tolist() == [3, 3]
    assert cut.owner.tolist() == [0, 0]
    assert cut.points[3] == pytest.approx([300, -5000])


def test_thinning_keeps_ends_and_shape() -> None:
    """A thousand vertices on a stretch of fifty pixels become about a hundred, with the same ends."""
    xs = np.linspace(10, 60, 1000)
    runs = Runs.of([at(*((float(x), 20.0) for x in xs))], np.arange(1), VIEW)
    thin = runs.thinned()
    assert 60 < len(thin.points) < 160
    assert thin.points[[0, -1]] == pytest.approx(runs.points[[0, -1]])


def test_the_map_fades_where_the_data_ends() -> None:
    """Beyond the data there is paper only; at its edge the map fades, and far inside it is untouched."""
    style = read_map_style("daylight")
    wood = area("park", box(-400, -400, 1200, 800))
    pixels = drawn(model_of(wood, bounds=Bounds.of(box(-300, -300, 200, 700))), style)
    assert is_colour(pixels, 280, 200, style.background)
    assert is_colour(pixels, 60, 200, style.areas["park"])
    assert not is_colour(pixels, 235, 200, style.areas["park"])
    assert not is_colour(pixels, 235, 200, style.background)


def test_finished_pictures_lie_below() -> None:
    """A picture of the source covers its bounds, and areas and roads are painted on it."""
    style = read_map_style("daylight")
    red = np.zeros((8, 8, 4), np.uint8)
    red[:] = (200, 10, 10, 255)
    picture = Picture(rgba=red, bounds=Bounds.of(box(100, 100, 300, 300)))
    pixels = drawn(model_of(line("primary", (200, 0), (200, 400)), pictures=(picture,)), style)
    assert is_colour(pixels, 150, 150, "#c80a0a")
    assert is_colour(pixels, 50, 50, style.background)
    assert is_colour(pixels, 200, 200, style.roads["primary"].fill)


def test_the_same_map_has_the_same_bytes(style: MapStyle) -> None:
    """Drawing twice gives equal pixels, patterns, dashes, sleepers and ladders included."""
    things: list[Area | Line] = [area("wood", box(0, 0, 200, 200)), area("wetland", box(200, 0, 400, 200))]
    kinds = tuple(ground_scale.WIDTHS)
    things += [line(kind, (20 + 17 * row, 10), (30 + 17 * row, 390)) for row, kind in enumerate(kinds)]
    things += [line(kind, (0, 250), (400, 240), bridge=kind == "rail", tunnel=kind == "path") for kind in kinds]
    model = model_of(*things)
    assert drawn(model, style).tobytes() == drawn(model, style).tobytes()


def test_patterns_hang_on_the_ground() -> None:
    """A map drawn some pixels to the side shows the same trees at the same places of the ground."""
    style = read_map_style("daylight")
    model = model_of(area("wood", box(-900, -900, 1300, 1300)))
    aside = MapView(
        x=VIEW.x + 30 / VIEW.scale, y=VIEW.y + 12 / VIEW.scale, scale=VIEW.scale, width=SIDE, height=SIDE, unit=1.0
    )
    here, there = drawn(model, style), drawn(model, style, aside)
    assert np.abs(here[12:, 30:].astype(int) - there[:-12, :-30]).max() <= 3
    assert len(np.unique(here.reshape(-1, 4), axis=0)) > 1
