"""OpenStreetMap extracts: tags to kinds, whole and broken files, the names people read."""

from __future__ import annotations

import builtins
import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import maps
from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, MapModel, MapWish
from pipeline.maps import osm, osm_file
from pipeline.maps.osm_names import name, number, tidy
from pipeline.maps.osm_tags import area_kind, bridge, label_kind, line_kind, tunnel
from pipeline.mercator import Bounds, world

pytest.importorskip("osmium")


def box(west: float, south: float, east: float, north: float) -> Bounds:
    return Bounds.of(world(np.array([west, east]), np.array([south, north])))


def wish(*sides: float, pixel: float = 1e-8, languages: tuple[str, ...] = ("en",)) -> MapWish:
    return MapWish(bounds=box(*sides), pixel=pixel, languages=languages)


def xml(folder: Path, inside: str, *, head: str = "", file: str = "town.osm") -> Path:
    path = folder / file
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>{head}<osm version="0.6">{inside}</osm>', encoding="utf-8")
    return path


def nodes(*places: tuple[int, float, float]) -> str:
    return "".join(f'<node id="{i}" version="1" lon="{lng}" lat="{lat}"/>' for i, lng, lat in places)


def way(number: int, refs: list[int], **tags: str) -> str:
    inside = "".join(f'<nd ref="{ref}"/>' for ref in refs) + _tags(tags)
    return f'<way id="{number}" version="1">{inside}</way>'


def _tags(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


SQUARE = nodes((1, 0.0, 50.0), (2, 0.01, 50.0), (3, 0.01, 50.01), (4, 0.0, 50.01))
HERE = (-0.01, 49.99, 0.02, 50.02)


def kinds(model: MapModel) -> dict[str, int]:
    things: tuple[Any, ...] = (*model.areas, *model.lines, *model.labels)
    return dict(Counter(thing.kind for thing in things))


AREAS: list[tuple[dict[str, str], str | None]] = [
    ({"building": "yes"}, "building"),
    ({"building": "no"}, None),
    ({"building:part": "yes"}, None),
    ({"building": "yes", "location": "underground"}, None),
    ({"natural": "water"}, "water"),
    ({"waterway": "riverbank"}, "water"),
    ({"natural": "wetland"}, "wetland"),
    ({"landuse": "forest"}, "wood"),
    ({"leisure": "park"}, "park"),
    ({"landuse": "cemetery"}, "park"),
    ({"natural": "beach"}, "sand"),
    ({"natural": "scree"}, "rock"),
    ({"natural": "moor"}, "heath"),
    ({"amenity": "school"}, "site"),
    ({"landuse": "residential"}, "residential"),
    ({"landuse": "meadow"}, "grass"),
    ({"landuse": "vineyard"}, "farmland"),
    ({"natural": "glacier"}, "glacier"),
    ({"man_made": "pier"}, "pier"),
    ({"highway": "pedestrian", "area": "yes"}, "pedestrian"),
    ({"highway": "pedestrian"}, None),
    ({"area:highway": "footway"}, "pedestrian"),
    ({"natural": "coastline"}, None),
    ({"amenity": "restaurant"}, None),
]
LINES: list[tuple[dict[str, str], str | None]] = [
    ({"highway": "motorway_link"}, "motorway"),
    ({"highway": "unclassified"}, "street"),
    ({"highway": "service"}, "service"),
    ({"highway": "service", "service": "driveway"}, None),
    ({"highway": "footway"}, "path"),
    ({"highway": "footway", "footway": "sidewalk"}, None),
    ({"highway": "bridleway"}, "path"),
    ({"highway": "steps"}, "steps"),
    ({"highway": "track"}, "track"),
    ({"highway": "pedestrian"}, "pedestrian"),
    ({"highway": "pedestrian", "area": "yes"}, None),
    ({"highway": "proposed"}, None),
    ({"highway": "corridor", "indoor": "yes"}, None),
    ({"railway": "rail"}, "rail"),
    ({"railway": "rail", "service": "yard"}, None),
    ({"railway": "subway", "tunnel": "yes"}, None),
    ({"railway": "abandoned"}, None),
    ({"railway": "tram"}, "tram"),
    ({"waterway": "canal"}, "river"),
    ({"waterway": "stream", "intermittent": "yes"}, "stream"),
    ({"route": "ferry"}, "ferry"),
    ({"man_made": "breakwater"}, "pier"),
    ({"natural": "coastline"}, "coast"),
    ({"boundary": "administrative", "admin_level": "2"}, "boundary"),
    ({"boundary": "administrative", "admin_level": "8"}, None),
]
LABELS: list[tuple[dict[str, str], str | None]] = [
    ({"place": "town"}, "town"),
    ({"place": "isolated_dwelling"}, "hamlet"),
    ({"natural": "peak"}, "peak"),
    ({"railway": "station"}, "station"),
    ({"tourism": "viewpoint"}, "landmark"),
    ({"historic": "castle"}, "landmark"),
    ({"leisure": "nature_reserve"}, "park"),
    ({"natural": "bay"}, "water"),
    ({"amenity": "bench"}, None),
]


@pytest.mark.parametrize(("tags", "kind"), AREAS)
def test_areas_by_their_tags(tags: dict[str, str], kind: str | None) -> None:
    """What a closed shape is filled as follows from its tags."""
    assert area_kind(tags) == kind


@pytest.mark.parametrize(("tags", "kind"), LINES)
def test_lines_by_their_tags(tags: dict[str, str], kind: str | None) -> None:
    """What a way is drawn as follows from its tags; clutter and what is gone or under the ground is not drawn."""
    assert line_kind(tags) == kind


@pytest.mark.parametrize(("tags", "kind"), LABELS)
def test_names_by_their_tags(tags: dict[str, str], kind: str | None) -> None:
    """As what a name is set follows from the tags."""
    assert label_kind(tags) == kind


def test_bridges_and_tunnels() -> None:
    """Bridges of every sort are bridges; a passage through a house is no tunnel."""
    assert [bridge({"bridge": value}) for value in ("yes", "viaduct", "no")] == [True, True, False]
    assert [tunnel({"tunnel": value}) for value in ("yes", "culvert", "building_passage", "no")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert tunnel({"layer": "-1", "covered": "yes"})


def test_names_in_the_language_of_the_brief() -> None:
    """The first wanted language that has a name, else the name on the sign."""
    tags = {"name": "Caerdydd / Cardiff", "name:cy": "Caerdydd", "name:en": "Cardiff"}
    assert [name(tags, one) for one in (("cy", "en"), ("en-GB",), ("fr",), ())] == [
        "Caerdydd", "Cardiff", "Caerdydd / Cardiff", "Caerdydd / Cardiff",
    ]  # fmt: skip


def test_names_can_be_lettered() -> None:
    """Control and direction marks are gone, lines are one line, a novel is cut; joiners of scripts stay."""
    assert tidy("Hill\u202e\nTop\x00 \t Rd") == "Hill Top Rd"
    assert tidy("क्\u200dष") == "क्\u200dष"
    assert len(tidy("x" * 10_000)) == 80


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234 m", 1234.0), ("8 300", 8300.0), ("2965,3", 2965.3), ("-3", -3.0), ("high", None), ("9" * 60, None)],
)
def test_numbers_as_people_write_them(text: str, value: float | None) -> None:
    """Heights and inhabitants are read with any separators, or not at all."""
    assert number(text) == value


def test_the_whole_of_a_small_town(tmp_path: Path) -> None:
    """Areas with holes, lines with names, bridges and labels come out of a file; areas are named inside themselves."""
    hole = nodes((5, 0.004, 50.004), (6, 0.006, 50.004), (7, 0.006, 50.006), (8, 0.004, 50.006))
    relation = (
        '<relation id="1" version="1"><member type="way" ref="1" role="outer"/>'
        '<member type="way" ref="2" role="inner"/>'
        + _tags({"type": "multipolygon", "leisure": "park", "name": "Green", "name__cy": "Gwyrdd"})
        + "</relation>"
    )
    ways = way(1, [1, 2, 3, 4, 1]) + way(2, [5, 6, 7, 8, 5])
    road = way(3, [1, 3], highway="primary", name="High Street", ref="A1", bridge="yes")
    model = maps.read(xml(tmp_path, SQUARE + hole + ways + road + relation), wish(*HERE, languages=("cy",)))
    assert kinds(model) == {"park": 2, "primary": 1}
    assert model.credits == (OSM_CREDIT,)
    (park,), (street,), (label,) = model.areas, model.lines, model.labels
    assert [len(ring) for ring in park.rings] == [4, 4]
    assert (street.name, street.ref, street.bridge, street.tunnel) == ("High Street", "A1", True, False)
    assert label.name == "Gwyrdd"
    inner = Bounds.of(park.rings[1])
    assert not (inner.west < label.x < inner.east and inner.north < label.y < inner.south)
    assert label.weight == pytest.approx(0.96 * 715 * 1112, rel=0.01)


def test_things_outside_are_left_out_and_at_the_edge_cut(tmp_path: Path) -> None:
    """Geometry ends near the wished box; what lies outside is not there, and an empty stretch gives an empty model."""
    far = nodes((9, 5.0, 50.0), (10, 5.001, 50.0))
    path = xml(tmp_path, SQUARE + far + way(1, [1, 9], highway="track") + way(2, [9, 10], highway="path"))
    model = maps.read(path, wish(*HERE))
    assert kinds(model) == {"track": 1}
    assert Bounds.of(model.lines[0].points).width < 1.2 * box(*HERE).width
    assert maps.read(path, wish(20, 20, 20.1, 20.1)).empty


def test_detail_below_a_pixel_is_left_out(tmp_path: Path) -> None:
    """Houses smaller than a pixel are not kept; roads are, with their ends."""
    path = xml(tmp_path, SQUARE + way(1, [1, 2, 3, 4, 1], building="yes") + way(2, [1, 2, 3], highway="path"))
    model = maps.read(path, wish(*HERE, pixel=1e-3))
    assert kinds(model) == {"path": 1}
    assert len(model.lines[0].points) == 2


def test_ways_and_areas_with_missing_places(tmp_path: Path) -> None:
    """What an extract has of a way is drawn; an area that does not close is not; both without a crash."""
    relation = (
        '<relation id="1" version="1"><member type="way" ref="1" role="outer"/>'
        '<member type="way" ref="77" role="outer"/>'
        + _tags({"type": "multipolygon", "natural": "water"})
        + "</relation>"
    )
    broken = way(1, [1, 2]) + way(2, [1, 2, 99, 3, 4], highway="path") + way(3, [98, 99], highway="path")
    model = maps.read(xml(tmp_path, SQUARE + broken + relation), wish(*HERE))
    assert kinds(model) == {"path": 2}
    assert any("missing" in note for note in model.notes)


def test_a_map_across_the_antimeridian_is_one(tmp_path: Path) -> None:
    """Data on both sides of 180° lies next to the wish."""
    places = nodes((1, 179.99, 0.0), (2, 180.0, 0.0), (3, -180.0, 0.0), (4, -179.99, 0.0))
    path = xml(tmp_path, places + way(1, [1, 2], highway="path") + way(2, [3, 4], highway="path"))
    bounds = Bounds(west=0.9999, north=0.4999, east=1.0001, south=0.5001)
    model = maps.read(path, MapWish(bounds=bounds, pixel=1e-8))
    assert len(model.lines) == 2
    assert Bounds.of(np.concatenate([line.points for line in model.lines])).width < 1e-4


LAUGHS = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE, f"<!-- <osm> -->{LAUGHS}", LAUGHS.lower()])
def test_entities_are_refused(tmp_path: Path, head: str) -> None:
    """XML with a document type never reaches the parser, wherever it hides."""
    path = xml(tmp_path, _tags({"name": "&b;"}), head=head)
    with pytest.raises(MaterialError):
        maps.read(path, wish(*HERE))


def _cut(shared: Path, folder: Path, file: str, size: int) -> Path:
    path = folder / file
    path.write_bytes((shared / "data/maps" / file).read_bytes()[:size])
    return path


@pytest.mark.parametrize(
    ("file", "size"), [("leeds-university.osm.pbf", 20_000), ("manchester-stretford.osm", 300_000)]
)
def test_files_cut_off_are_told(shared: Path, tmp_path: Path, file: str, size: int) -> None:
    """A file that ends in the middle is a sentence."""
    with pytest.raises(MaterialError, match="damaged"):
        maps.read(_cut(shared, tmp_path, file, size), wish(-2.4, 53.4, -1.5, 53.9))


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("a.osm.pbf", b"", "empty"),
        ("a.osm.pbf", b"This is not a map, but a letter.\n" * 50, "not an OSM extract"),
        ("a.osm.pbf", b"\x00\x00\x00\x0e", "not an OSM extract"),
        ("a.osm", b"", "empty"),
        ("a.osm", b"\x89PNG\r\n", "not OSM XML"),
        ("a.osm", b"<html><body/></html>", "not OSM XML"),
        ("a.osm", b'<osm version="0.6"><node id="1" lat="5000" lon="1"/></osm>', "damaged"),
        ("a.osm", b'<osm version="0.6"><node id="x" lat="nan" lon="1"/></osm>', "damaged"),
        ("a.osm", '<osm version="0.6"/>'.encode("utf-16"), "UTF-8"),
        ("a.osm.gz", b"not gzip at all", "unpack"),
        ("a.osm.bz2", b"BZh9 broken", "unpack"),
    ],
)
def test_files_that_are_no_extracts(tmp_path: Path, file: str, content: bytes, what: str) -> None:
    """Whatever a file holds that is no map data, the answer is a sentence with a remedy."""
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(MaterialError, match=what) as caught:
        maps.read(path, wish(*HERE))
    assert caught.value.problems[0].remedy


def test_any_broken_byte_is_a_sentence(shared: Path, tmp_path: Path) -> None:
    """A damaged extract gives a model or a sentence, never anything else."""
    raw = (shared / "data/maps/leeds-university.osm.pbf").read_bytes()
    path = tmp_path / "broken.osm.pbf"
    for at in (*range(0, 200, 13), *range(200, len(raw), len(raw) // 25)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0xFF, 0xFF]) + raw[at + 2 :])
        try:
            model = maps.read(path, wish(-1.57, 53.8, -1.54, 53.82))
        except MaterialError:
            continue
        assert model.credits == (OSM_CREDIT,)


def test_a_packed_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to a huge one is not unpacked to its end."""
    monkeypatch.setattr(osm_file, "_XML_MOST", 3_000_000)
    path = tmp_path / "bomb.osm.gz"
    path.write_bytes(gzip.compress(b'<osm version="0.6">' + b" " * 30_000_000 + b"</osm>"))
    with pytest.raises(MaterialError, match="too large") as caught:
        maps.read(path, wish(*HERE))
    assert "osmium extract -b" in caught.value.problems[0].remedy


def test_packed_xml_is_read(shared: Path, tmp_path: Path) -> None:
    """.osm.gz is read as .osm is."""
    path = tmp_path / "town.osm.gz"
    path.write_bytes(gzip.compress((shared / "data/maps/manchester-stretford.osm").read_bytes()))
    there = wish(-2.32, 53.43, -2.29, 53.46)
    assert kinds(maps.read(path, there)) == kinds(maps.read(shared / "data/maps/manchester-stretford.osm", there))


def test_a_large_extract_is_read_only_where_it_can_help(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large: a sentence with the command that cuts it; elsewhere: simply nothing there."""
    monkeypatch.setattr(osm_file, "PBF_MOST", 1000)
    path = shared / "data/maps/andorra.osm.pbf"
    with pytest.raises(MaterialError, match="too large"):
        maps.read(path, wish(1.5, 42.5, 1.6, 42.6))
    assert maps.read(path, wish(-1.5, 53.5, -1.4, 53.6)).empty


def test_without_osmium_the_remedy_is_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pyosmium is an extra; without it the command that installs it is told."""
    real = builtins.__import__

    def without(module: str, *rest: Any, **more: Any) -> Any:
        if module.startswith("osmium"):
            raise ImportError(module)
        return real(module, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MaterialError) as caught:
        osm.read(xml(tmp_path, SQUARE), wish(*HERE))
    assert caught.value.problems[0].remedy == 'python -m pip install "make-promo[osm]"'


@pytest.mark.parametrize(
    ("file", "sides", "least"),
    [
        ("andorra.osm.pbf", (1.42, 42.43, 1.78, 42.66), {"peak": 60, "wood": 45, "street": 500, "village": 25}),
        ("leeds-university.osm.pbf", (-1.565, 53.805, -1.547, 53.811), {"building": 75, "path": 60, "steps": 8}),
        ("manchester-stretford.osm", (-2.32, 53.43, -2.29, 53.46), {"trunk": 25, "water": 1}),
        ("london-south-bank-to-elephant.osm", (-0.13, 51.48, -0.08, 51.52), {"building": 110, "path": 40}),
    ],
)
def test_real_extracts(shared: Path, file: str, sides: tuple[float, ...], least: dict[str, int]) -> None:
    """Every extract of the data set has what its place is known for, the same each time, near the wished box."""
    path = shared / "data/maps" / file
    model = maps.read(path, wish(*sides))
    found = kinds(model)
    assert {kind: found.get(kind, 0) for kind, count in least.items() if found.get(kind, 0) < count} == {}
    assert found == kinds(maps.read(path, wish(*sides)))
    around = box(*sides).grown(0.051 * max(box(*sides).width, box(*sides).height))
    assert all(around.contains(Bounds.of(ring)) for area in model.areas for ring in area.rings)
    assert all(around.contains(Bounds.of(line.points)) for line in model.lines)


def test_the_extent_is_what_the_header_says(shared: Path) -> None:
    """A header with a box tells the extent without reading; one without leaves it open."""
    extent = maps.extent(shared / "data/maps/andorra.osm.pbf")
    assert extent is not None
    assert extent.contains(box(1.5, 42.5, 1.6, 42.6))
    assert maps.extent(shared / "data/maps/manchester-stretford.osm") is None
