"""Names on a map: the important ones, readable, none over another, none cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia

from pipeline.cartography import lettering, name_course, names
from pipeline.cartography.lettering import Lettering
from pipeline.cartography.names import Names
from pipeline.fonts import default
from pipeline.geo import Floats
from pipeline.map_model import Area, Label, LabelKind, Line, LineKind, MapModel, MapWish
from pipeline.mercator import Bounds, MapView, metres_per_unit, world
from pipeline.overlays.paint import Sheet
from pipeline.styles import read_map_style

WIDTH, HEIGHT = 1080, 1350
STYLE = read_map_style("daylight")


def view(metres: float = 2500.0, unit: float = 1.0, width: int = WIDTH, height: int = HEIGHT) -> MapView:
    scale = width / (metres / metres_per_unit(0.33))
    return MapView(x=0.5, y=0.33, scale=scale, width=width, height=height, unit=unit)


VIEW = view()


def line(points: Sequence[tuple[float, float]], name: str, kind: LineKind = "street", at: MapView = VIEW) -> Line:
    return Line(kind=kind, points=np.array(points, float) / at.scale + (at.x, at.y), name=name)


def label(x: float, y: float, name: str, kind: LabelKind = "suburb", at: MapView = VIEW, **more: Any) -> Label:
    return Label(kind=kind, name=name, x=x / at.scale + at.x, y=y / at.scale + at.y, **more)


def model(*things: Line | Label | Area, at: MapView = VIEW) -> MapModel:
    return MapModel(
        bounds=at.bounds.grown(100 / at.scale),
        credits=(),
        areas=tuple(thing for thing in things if isinstance(thing, Area)),
        lines=tuple(thing for thing in things if isinstance(thing, Line)),
        labels=tuple(thing for thing in things if isinstance(thing, Label)),
    )


def placed(*things: Line | Label | Area, at: MapView = VIEW, **more: Any) -> Names:
    return names.place(model(*things, at=at), at, STYLE, default(), **more)


def crowd(at: MapView = VIEW) -> MapModel:
    """Far more names than there is room for: a bent grid of streets, and places of all kinds."""
    rng = np.random.default_rng(7)
    kinds: tuple[LabelKind, ...] = ("suburb", "village", "park", "water", "peak", "station", "landmark", "hamlet")
    things: list[Line | Label] = []
    size = np.array([at.width, at.height])
    for i in range(260):
        x, y = rng.uniform(-0.05, 1.05, 2) * size
        name = f"{'North West '[: 6 * (i % 3)]}Place {i}"
        things.append(label(x, y, name, kinds[i % 8], at, weight=float(i), ele_m=500.0 + i))
    for i in range(26):
        t = np.linspace(-0.1, 1.1, 30)
        wave = 0.01 * np.sin(t * 9 + i)
        across, down = np.stack([t, i / 26 + wave], axis=1), np.stack([i / 26 + wave, t], axis=1)
        things.append(line(across * size, f"Long Avenue {i}", "secondary", at))
        things.append(line((down * size)[:: 1 if i % 2 else -1], f"Steep Street {i}", "street", at))
    return model(*things, at=at)


def boxes(found: Names) -> list[tuple[object, Floats]]:
    """(whose, corners (4, 2)) of all that was placed."""
    out: list[tuple[object, Floats]] = []
    for point in found.points:
        rect = point.box
        left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
        out.append((point, np.array([(left, top), (right, top), (right, bottom), (left, bottom)])))
    return out + [(one, box) for one in found.lines for box in one.boxes]


def touch(one: Floats, other: Floats) -> bool:
    """Whether two turned rectangles overlap: no side of either separates them."""
    for box in (one, other):
        for side in (box[1] - box[0], box[3] - box[0]):
            a, b = one @ side, other @ side
            if a.max() <= b.min() or b.max() <= a.min():
                return False
    return True


@pytest.fixture(scope="module", params=[1.0, 2.0])
def crowded(request: pytest.FixtureRequest) -> tuple[MapView, Names]:
    at = view(unit=request.param, width=int(WIDTH * request.param), height=int(HEIGHT * request.param))
    return at, names.place(crowd(at), at, STYLE, default())


def test_no_two_names_overlap(crowded: tuple[MapView, Names]) -> None:
    """No name touches another, halos and signs counted, and a crowd still gives a well filled map."""
    found = crowded[1]
    assert len(found.points) >= 12
    assert len(found.lines) >= 12
    for (whose, one), (other_whose, other) in combinations(boxes(found), 2):
        assert whose is other_whose or not touch(one, other), (whose, other_whose)


def test_nothing_is_cut(crowded: tuple[MapView, Names]) -> None:
    """Every name lies wholly inside the picture, less its margin; with `inside`, in that."""
    at, found = crowded
    margin = names.MARGIN * at.unit
    for _, box in boxes(found):
        assert box.min() >= margin
        assert (box.max(axis=0) <= (at.width - margin, at.height - margin)).all()
    inside = skia.Rect.MakeXYWH(300, 200, 420, 500)
    for _, box in boxes(names.place(crowd(), VIEW, STYLE, default(), inside=inside)):
        assert box[:, 0].min() >= 300
        assert box[:, 0].max() <= 720
        assert box[:, 1].min() >= 200
        assert box[:, 1].max() <= 700


def test_boxes_hold_all_that_is_painted(crowded: tuple[MapView, Names]) -> None:
    """No pixel is painted outside the boxes by which overlaps are judged."""
    at, found = crowded
    sheet, cover = Sheet(at.width, at.height), Sheet(at.width, at.height)
    found.paint(sheet.canvas)
    for _, box in boxes(found):
        path = skia.Path()
        path.addPoly([skia.Point(*corner) for corner in box.tolist()], True)
        width = 2 + at.unit
        paint = skia.Paint(Color=0xFFFFFFFF, Style=skia.Paint.kStrokeAndFill_Style, StrokeWidth=2 * width)
        cover.canvas.drawPath(path, paint)
    assert (sheet.pixels[..., 3] > 0).sum() > 10_000
    assert not ((sheet.pixels[..., 3] > 60) & (cover.pixels[..., 3] == 0)).any()


def test_nothing_touches_what_is_to_be_avoided() -> None:
    """Pins and cards stay free, and so does the corridor of the route."""
    avoid = [skia.Rect.MakeXYWH(200, 300, 300, 200), skia.Rect.MakeXYWH(700, 900, 380, 450)]
    route = np.stack([np.linspace(100, 980, 400), 650 + 200 * np.sin(np.linspace(0, 6, 400))], axis=1)
    found = names.place(crowd(), VIEW, STYLE, default(), avoid=avoid, route=route)
    assert len(found.lines) + len(found.points) > 12
    for _, box in boxes(found):
        for rect in avoid:
            corners = [(rect.left(), rect.top()), (rect.right(), rect.top())]
            corners += [(rect.right(), rect.bottom()), (rect.left(), rect.bottom())]
            assert not touch(box, np.array(corners))
        along, down = box[1] - box[0], box[3] - box[0]
        share = np.stack([(route - box[0]) @ side / (side @ side) for side in (along, down)], axis=1)
        gap = np.where((share >= 0) & (share <= 1), 0, np.minimum(np.abs(share), np.abs(share - 1)))
        away = np.hypot(*(gap * (math.hypot(*along), math.hypot(*down))).T)
        assert away.min() >= names.CORRIDOR / 2


def test_a_road_that_is_walked_is_named_beside_the_route() -> None:
    """The road under the route keeps its name: it stands beside the line."""
    road = [(100.0, 600.0), (900.0, 560.0)]
    route = np.stack([np.linspace(100, 900, 300), np.linspace(600, 560, 300)], axis=1)
    (beside,) = placed(line(road, "Ropery Lane"), route=route).lines
    (on_it,) = placed(line(road, "Ropery Lane")).lines
    assert on_it.middle[1] == pytest.approx(580, abs=6)
    assert 20 < abs(beside.middle[1] - 580) < 60


@pytest.mark.parametrize("turn", range(0, 360, 15))
def test_no_name_stands_on_its_head(turn: int) -> None:
    """Names read from left to right however the road was drawn; what is vertical reads upwards."""
    way = np.array([math.cos(math.radians(turn)), math.sin(math.radians(turn))])
    (found,) = placed(line([tuple(np.array([540, 675]) + way * far) for far in (-260, 0, 260)], "Castle Street")).lines
    assert np.ptp(found.angles) < 0.02
    angle = math.degrees(float(found.angles.mean()))
    assert -90.5 <= angle < 89
    assert (angle - turn) % 180 == pytest.approx(0, abs=0.5) or (angle - turn) % 180 == pytest.approx(180, abs=0.5)


def test_letters_of_bent_roads_stay_upright_and_close(crowded: tuple[MapView, Names]) -> None:
    """Between two letters a name bends at most 24°, and no letter leans over backwards."""
    for found in crowded[1].lines:
        assert (np.abs(np.diff(found.angles)) <= name_course.MOST_BEND + 1e-9).all()
        assert (np.cos(found.angles) > -0.15).all()


def test_sharp_bends_carry_no_name() -> None:
    """A hairpin road that is long enough but nowhere straight enough stays without its name; a gentle arc has it."""
    zigzag = [(200.0 + 12 * i, 600.0 + (0, 42)[i % 2]) for i in range(40)]
    assert not placed(line(zigzag, "Hairpin Bends")).lines
    arc = [(540 + 300 * math.sin(a), 900 - 300 * math.cos(a)) for a in np.linspace(-0.7, 0.7, 30)]
    (found,) = placed(line(arc, "Crescent Road")).lines
    assert found.angles[0] < -0.1 < 0.1 < found.angles[-1]


def test_a_name_longer_than_its_road_is_dropped() -> None:
    """Letters never stand beyond the end of the road."""
    assert not placed(line([(300, 500), (420, 500)], "Lower Thames Embankment")).lines
    assert placed(line([(300, 500), (700, 500)], "Lower Thames Embankment")).lines


def test_pieces_of_a_road_are_one() -> None:
    """A name finds its room along pieces that follow each other, in whatever direction and order they come."""
    joints = [(200.0, 500.0), (280.0, 505.0), (360.0, 500.0), (450.0, 495.0), (540.0, 500.0)]
    pieces = list(pairwise(joints))
    things = [line(pair if i % 2 else pair[::-1], "Old Mill Road") for i, pair in enumerate(pieces)]
    assert len(placed(*things[::-1]).lines) == 1
    assert not placed(things[0]).lines


def test_the_same_name_is_not_repeated_nearby() -> None:
    """Two carriageways give one name; a long road repeats its own about every 600 pixels."""
    pair = [line([(100, y), (600, y)], "High Street") for y in (500, 560)]
    assert len(placed(*pair).lines) == 1
    far = [line([(100, y), (600, y)], "High Street") for y in (200, 900)]
    assert len(placed(*far).lines) == 2
    wide = view(width=2600)
    found = placed(line([(20, 500), (2580, 500)], "Ring Road", at=wide), at=wide).lines
    assert len(found) == 4
    middles = sorted(one.middle[0] for one in found)
    assert min(np.diff(middles)) >= names.APART - 1


def test_the_important_wins() -> None:
    """At one spot a town stands before a landmark, and of two of a kind the weightier."""
    at = view(metres=6000)
    things = [label(540, 675, "Folly", "landmark", at), label(540, 680, "Ripon", "town", at)]
    assert [found.text for found in placed(*things, at=at, inside=skia.Rect.MakeXYWH(460, 640, 160, 75)).points] == [
        "Ripon"
    ]
    peaks = [label(540, 700 + i, f"Peak {i}", "peak", weight=[3.0, 9.0, math.nan, 5.0][i]) for i in range(4)]
    assert placed(*peaks).points[0].text == "Peak 1"


def test_a_street_of_higher_class_is_named_first() -> None:
    """Where two streets cross at the only room, the more important one has its name."""
    cross = [line([(400, 600), (680, 600)], "Cowgate"), line([(540, 460), (540, 740)], "Main Road", "primary")]
    found = placed(*cross, inside=skia.Rect.MakeXYWH(440, 500, 200, 200)).lines
    assert [one.text for one in found] == ["Main Road"]


def test_the_map_stays_calm() -> None:
    """However many names there are, only so many stand near each other."""
    middles = np.array([box.mean(axis=0) for _, box in boxes(placed(*crowd().labels))])
    for x, y in middles:
        near = (np.abs(middles - (x, y)) < names.NEAR).all(axis=1)
        assert near.sum() <= 2 * names.MOST_ALL


def test_the_same_map_twice_is_the_same(crowded: tuple[MapView, Names]) -> None:
    """The same input gives equal bytes; the order of what lies in the model does not count."""
    at, found = crowded
    again = crowd(at)
    mixed = MapModel(bounds=again.bounds, credits=(), lines=again.lines[::-1], labels=again.labels[::-1])
    sheets = [Sheet(at.width, at.height) for _ in range(3)]
    found.paint(sheets[0].canvas)
    names.place(again, at, STYLE, default()).paint(sheets[1].canvas)
    names.place(mixed, at, STYLE, default()).paint(sheets[2].canvas)
    assert sheets[0].pixels.tobytes() == sheets[1].pixels.tobytes() == sheets[2].pixels.tobytes()


@pytest.mark.parametrize(
    "name", ["No \u0378 glyph", "Icon \ue000", "", " \n\t ", "---", "\u202e\u200f", "A" * 5000, "a" + "\u0301" * 9]
)
def test_what_cannot_be_lettered_is_left_out(name: str) -> None:
    """A name without glyphs or letters, or one that nobody could read, is dropped: never a box, never a crash."""
    found = placed(label(500, 400, name), line([(100, 800), (1000, 800)], name))
    assert not found.points
    assert not found.lines


def test_hostile_characters_do_no_harm() -> None:
    """Line breaks become spaces, direction marks go, and places that are no places are left out."""
    found = placed(
        line([(100, 800), (700, 800)], "New\nMarket\u202e\x00 Street"),
        line([(100, math.nan), (700, 900)], "Nowhere Street"),
        line([(100, 1000), (700, math.inf)], "Endless Street"),
        line([(100, 1100), (700, 1100)], "Somewhere Street"),
        label(math.inf, 300, "Nowhere"),
        label(500, 300, "B\u202dath", "village"),
    )
    assert [one.text for one in found.lines] == ["New Market Street", "Somewhere Street"]
    assert [point.text for point in found.points] == ["Bath"]


LOOK = Lettering(fonts=default(), role="semibold", size=40, colour="#000000", halo="#ffffff")


@pytest.mark.parametrize("name", ["شارع الملك فهد", "सरदार पटेल", "ગાંધી રોડ", "அண்ணா சாலை", "ถนนสุขุมวิท"])
def test_letters_that_join_are_never_bent_one_by_one(name: str) -> None:
    """Scripts with joined letters are set straight as a whole."""
    assert lettering.letters(name, LOOK) is None


@pytest.mark.parametrize("name", ["Heol y Tŷ Gŵyn", "Οδός Ερμού", "ул. Льва Толстого", "Straße des 17. Juni"])
def test_letters_that_stand_alone_bend_with_the_road(name: str) -> None:
    """Latin with all accents, Greek and Cyrillic come from the packaged fonts, letter by letter."""
    arc = [(540 + 400 * math.sin(a), 900 - 400 * math.cos(a)) for a in np.linspace(-0.7, 0.7, 30)]
    (found,) = placed(line(arc, name)).lines
    assert found.text == name
    assert len(found.angles) == len(name)


def test_letters_are_kerned() -> None:
    """Pairs are drawn together as the font asks: a road name is as wide as the same words set straight."""
    word = lettering.letters("AVATo Road", LOOK)
    block = lettering.broken("AVATo Road", LOOK, math.inf, math.inf)
    assert word is not None
    assert block is not None
    assert word.width == pytest.approx(block.width, abs=0.5)


def test_capitals_only_where_they_are_known() -> None:
    """Suburbs stand in capitals, but not in letters whose capitals depend on the language."""
    found = placed(label(300, 300, "Camden"), label(300, 700, "Beşiktaş"), label(700, 900, "Αθήνα"))
    assert {point.text for point in found.points} == {"CAMDEN", "Beşiktaş", "Αθήνα"}


def test_long_names_are_broken_into_lines() -> None:
    """A name much wider than high stands in two lines, and keeps all its words."""
    block = lettering.broken("Saint Mary on the Hill Gardens", LOOK, 300, 900)
    assert block is not None
    assert len(block.lines) == 2
    assert " ".join(block.lines) == "Saint Mary on the Hill Gardens"
    assert lettering.broken("Llanfairpwllgwyngyllgogerychwyrndrobwll", LOOK, 300, 500) is None


def test_a_point_name_can_be_drawn_anywhere() -> None:
    """The picture of a name has its sign at the anchor, wherever a camera puts it; a peak says its height."""
    (peak,) = placed(label(540, 675, "Scafell Pike", "peak", ele_m=977.6)).points
    (plain,) = placed(label(540, 675, "Scafell Pike", "peak")).points
    assert peak.image.height() > plain.image.height() * 1.3
    pixels = peak.image.toarray()
    assert pixels[round(-peak.dy), round(-peak.dx), 3] == 255
    assert (peak.x, peak.y) == pytest.approx((540, 675))
    sheet = Sheet(WIDTH, HEIGHT)
    peak.paint(sheet.canvas)
    assert sheet.pixels[680, 540, 3] == 255


def test_small_parks_need_no_name() -> None:
    """A park that is a speck in this view has no name, a large one has; without areas nobody knows."""

    def park(x: float, size: float) -> Area:
        ring = np.array([(x, 600), (x + size, 600), (x + size, 600 + size), (x, 600 + size)])
        return Area(kind="park", rings=(ring / VIEW.scale + (VIEW.x, VIEW.y),))

    things = [label(210, 610, "Bed", "park"), label(700, 700, "Hyde Park", "park")]
    assert [point.text for point in placed(*things, park(200, 20), park(600, 300)).points] == ["Hyde Park"]
    assert len(placed(*things).points) == 2


def test_names_stand_only_where_the_map_is_known() -> None:
    """Beyond what a source has there is blank paper, and no name floats on it."""
    half = Bounds.of(np.array([(0, 0), (WIDTH / 2, HEIGHT)]) / VIEW.scale + (VIEW.x, VIEW.y))
    labels = (label(200, 600, "Here"), label(900, 600, "Beyond"))
    found = names.place(MapModel(bounds=half, credits=(), labels=labels), VIEW, STYLE, default())
    assert [point.text for point in found.points] == ["HERE"]


def test_without_names_nothing_is_placed() -> None:
    """An empty model, or no room at all, gives no names."""
    assert placed().points == ()
    assert names.place(crowd(), VIEW, STYLE, default(), inside=skia.Rect.MakeXYWH(50, 50, 0, 0)).lines == ()


def test_far_away_only_towns_are_named() -> None:
    """From far above streets and suburbs are silent, and towns stand beside dots."""
    far = view(metres=120_000)
    things = [label(300, 400, "Leeds", "city", far), label(700, 900, "Otley", "town", far)]
    more = [label(500, 600, "Hyde Park", "suburb", far), line([(100, 700), (900, 700)], "Kirkgate", at=far)]
    found = placed(*things, *more, at=far)
    assert [point.text for point in found.points] == ["Leeds", "Otley"]
    assert not found.lines
    assert all(not point.box.contains(point.x, point.y - 30) or point.dy < -30 for point in found.points)


def test_a_real_town_is_lettered(shared: Path) -> None:
    """The extract of Leeds has its streets named, none over another."""
    pytest.importorskip("osmium")
    from pipeline.maps import osm

    middle = world(np.array([-1.556]), np.array([53.807]))[0]
    scale = 1080 / (1100 / metres_per_unit(middle[1]))
    at = MapView(x=middle[0] - 540 / scale, y=middle[1] - 540 / scale, scale=scale, width=1080, height=1080, unit=1.0)
    read = osm.read(shared / "data/maps/leeds-university.osm.pbf", MapWish(bounds=at.bounds, pixel=1 / scale))
    found = names.place(read, at, STYLE, default())
    assert {"Woodhouse Lane", "Clarendon Road"} <= {one.text for one in found.lines}
    for (whose, one), (other_whose, other) in combinations(boxes(found), 2):
        assert whose is other_whose or not touch(one, other)
