"""Archives of tiles: what is in them is found, at a fitting zoom and place; what is wrong with them is a sentence."""

from __future__ import annotations

import gzip
import io
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tile_samples import (
    TOWN,
    TOWNS,
    Drawn,
    Tile,
    bounds_of,
    box_of,
    directory,
    encoded,
    town,
    write_mbtiles,
    write_pmtiles,
)

from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, Line, LineKind, MapModel, MapWish
from pipeline.maps import mbtiles, pmtiles
from pipeline.maps.joining import cut, joined
from pipeline.maps.line_names import Course, named
from pipeline.maps.rasters import mapbox, terrarium
from pipeline.maps.tile_set import TileSet, tile_set
from pipeline.maps.tiling import MOST_TILES, chosen, model_from_tiles
from pipeline.mercator import Bounds

WORLD = Bounds(west=0.0, north=0.0, east=1.0, south=1.0)
HOUSE = {"buildings": [Drawn("polygon", [[(100, 100), (900, 100), (900, 900), (100, 900)]])], "streets": []}
TITLES = {"format": "pbf", "name": "town"}
CREDITED = {"attribution": "© Somebody"}


def wish_for(tiles: object, pixels: int = 1200) -> MapWish:
    """The whole of these tiles, so many pixels wide."""
    bounds = tiles if isinstance(tiles, Bounds) else bounds_of(tiles)  # type: ignore[arg-type]
    return MapWish(bounds=bounds, pixel=bounds.width / pixels)


def same(one: MapModel, other: MapModel) -> bool:
    lines = [(line.kind, line.name, line.points.tolist()) for line in one.lines]
    return (
        lines == [(line.kind, line.name, line.points.tolist()) for line in other.lines] and one.labels == other.labels
    )


# PMTiles


def test_tiles_are_numbered_along_a_hilbert_curve() -> None:
    """The numbers are those of the specification, and no two tiles of a zoom have the same."""
    known = {
        (0, 0, 0): 0,
        (1, 0, 0): 1,
        (1, 0, 1): 2,
        (1, 1, 1): 3,
        (1, 1, 0): 4,
        (2, 0, 0): 5,
        (12, 3423, 1763): 19078479,
    }
    assert {place: pmtiles.tile_number(*place) for place in known} == known
    assert sorted(pmtiles.tile_number(4, x, y) for x in range(16) for y in range(16)) == list(range(85, 85 + 256))


@given(st.integers(0, 20), st.integers(0, 2**20), st.integers(0, 2**20))
def test_every_zoom_has_its_range_of_numbers(zoom: int, x: int, y: int) -> None:
    """A tile's number lies behind those of all coarser zooms and before those of all finer ones."""
    side = 1 << zoom
    first = (4**zoom - 1) // 3
    assert first <= pmtiles.tile_number(zoom, x % side, y % side) < first + 4**zoom


@pytest.mark.parametrize("leaf", [0, 1, 2])
def test_a_pmtiles_archive_gives_its_tiles(tmp_path: Path, leaf: int) -> None:
    """With and without leaf directories every tile is found, and one that is not there is None."""
    tiles = {**town("Shortbread"), (3, 1, 2): b"another"}
    path = write_pmtiles(tmp_path / "town.pmtiles", tiles, TITLES, leaf=leaf)
    with pmtiles.opened(path) as (described, tile):
        assert {place: tile(*place) for place in tiles} == tiles
        assert tile(14, 0, 0) is None
        assert tile(0, 0, 0) is None
        assert (described.kind, described.min_zoom, described.max_zoom) == ("vector", 3, 14)


def test_a_run_of_tiles_shares_one_tile(tmp_path: Path) -> None:
    """Tiles of one run (the sea) are the same bytes; behind the run there is none."""
    path = write_pmtiles(tmp_path / "sea.pmtiles", {(2, 0, 0): b"sea"}, TITLES)
    data = bytearray(path.read_bytes())
    packed = gzip.compress(directory([(5, 3, 3, 0)]), mtime=0)
    data[8:24] = len(data).to_bytes(8, "little") + len(packed).to_bytes(8, "little")
    path.write_bytes(bytes(data) + packed)
    with pmtiles.opened(path) as (_, tile):
        assert [tile(2, *place) for place in ((0, 0), (1, 0), (1, 1), (0, 1))] == [b"sea", b"sea", b"sea", None]


def test_an_archive_over_ranges_needs_few_requests(tmp_path: Path) -> None:
    """Header and root are one request, metadata one, each leaf directory and tile one; directories are kept."""
    tiles = town("Protomaps")
    data = write_pmtiles(tmp_path / "town.pmtiles", tiles, TITLES, leaf=2).read_bytes()
    asked: list[tuple[int, int]] = []

    def read_range(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return data[offset : offset + length]

    archive = pmtiles.Archive("https://example.org/town.pmtiles", read_range)
    model = model_from_tiles(archive.tile, archive.tiles, wish_for(tiles))
    assert len(model.lines) > 5
    assert len(asked) == 2 + 1 + len(tiles)


def broken(path: Path, data: bytes) -> str:
    """What is said of a file with these bytes."""
    path.write_bytes(data)
    with pytest.raises(MaterialError) as caught:
        pmtiles.read(path, wish_for(town("Shortbread")))
    assert path.name in str(caught.value)
    assert "hint:" in str(caught.value)
    return str(caught.value)


def test_broken_pmtiles_are_explained(tmp_path: Path) -> None:
    """Wrong magic, an old version, unknown packing, cut files and nested directories each have their sentence."""
    path = tmp_path / "bad.pmtiles"
    good = write_pmtiles(tmp_path / "good.pmtiles", town("Shortbread"), TITLES, leaf=1).read_bytes()
    assert "not a PMTiles archive" in broken(path, b"")
    assert "not a PMTiles archive" in broken(path, good[:100])
    assert "version 2" in broken(path, good[:7] + b"\x02" + good[8:])
    assert "packed with brotli" in broken(path, good[:98] + b"\x03" + good[99:])
    assert "packed with zstd" in broken(path, good[:97] + b"\x04" + good[98:])
    assert "a kind that is not read (avif)" in broken(path, good[:99] + b"\x05" + good[100:])
    assert "cut off" in broken(path, good[:-9])
    assert "too far away" in broken(path, good[:56] + b"\xff" * 8 + good[64:])
    looping = gzip.compress(directory([(0, 0, 60, 0)]), mtime=0)
    sections = b"".join(number.to_bytes(8, "little") for number in (len(good), len(looping)))
    endless = good[:8] + sections + good[24:40] + sections + good[56:] + looping
    endless = endless.replace(looping, gzip.compress(directory([(0, 0, len(looping), 0)]), mtime=0))
    assert "nested too deeply" in broken(path, endless)
    bomb = gzip.compress(bytes(30_000_000), mtime=0)
    sections = b"".join(number.to_bytes(8, "little") for number in (len(good), len(bomb)))
    assert "directory cannot be read" in broken(path, good[:8] + sections + good[24:] + bomb)


def test_a_wrong_byte_anywhere_is_no_crash(tmp_path: Path) -> None:
    """An archive with any byte changed is read, or refused with a MaterialError."""
    good = write_pmtiles(tmp_path / "good.pmtiles", town("Shortbread"), TITLES)
    data, path, chance = good.read_bytes(), tmp_path / "bad.pmtiles", random.Random(7)
    for place in [*range(0, 127, 2), *(chance.randrange(127, len(data)) for _ in range(60))]:
        path.write_bytes(data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :])
        try:
            pmtiles.extent(path)
            pmtiles.read(path, wish_for(town("Shortbread")))
        except MaterialError:
            continue


def test_real_archives(shared: Path) -> None:
    """The archives of the data set: a broken one, one of no known schema, a world without a word of thanks."""
    maps = shared / "data" / "maps"
    for name, words in (
        ("broken", "not a PMTiles archive"),
        ("tiny-vector", '"test_fixture_1pmtiles"'),
        ("world-toner-z0-3", "does not say whom to thank"),
    ):
        with pytest.raises(MaterialError, match=words):
            pmtiles.read(maps / f"{name}.pmtiles", MapWish(bounds=WORLD, pixel=1 / 1000))
    model = pmtiles.read(maps / "world-toner-z0-3.pmtiles", MapWish(bounds=WORLD, pixel=1 / 600), credit=OSM_CREDIT)
    assert model.pictures[0].rgba.shape == (512, 512, 4)
    assert model.pictures[0].bounds == WORLD


def test_real_terrain_has_the_heights_of_the_place(shared: Path) -> None:
    """Bad Schandau lies at the Elbe, some 120 m above the sea; the hills around reach 560 m."""
    path = shared / "data" / "maps" / "terrain-bad-schandau-z10-11.pmtiles"
    bounds = pmtiles.extent(path)
    assert bounds is not None
    assert bounds.width == pytest.approx(2**-11)
    model = pmtiles.read(path, wish_for(bounds, 1000))
    heights = model.heights
    assert heights is not None
    assert not model.pictures
    assert model.credits[0].text == "© Mapterhorn"
    assert 110 < np.nanmin(heights.ele_m) < 120
    assert 550 < np.nanmax(heights.ele_m) < 570
    assert bounds.contains(heights.bounds)
    assert np.all(np.diff(heights.x) > 0)
    assert np.all(np.diff(heights.y) > 0)


# MBTiles


@pytest.mark.parametrize("view", [False, True])
@pytest.mark.parametrize("schema", list(TOWNS))
def test_mbtiles_and_pmtiles_hold_the_same_map(tmp_path: Path, schema: str, view: bool) -> None:
    """Tiles in rows from the south, in a table or a view, give the map that the same tiles give as PMTiles."""
    tiles = town(schema)
    west, south, east, north = box_of(tiles)
    words = {**TITLES, "bounds": f"{west},{south},{east},{north}", "minzoom": 14, "maxzoom": 14}
    one = mbtiles.read(write_mbtiles(tmp_path / "town.mbtiles", tiles, words, view=view), wish_for(tiles))
    other = pmtiles.read(write_pmtiles(tmp_path / "town.pmtiles", tiles, TITLES), wish_for(tiles))
    assert not one.empty
    assert same(one, other)
    reach, known = mbtiles.extent(tmp_path / "town.mbtiles"), bounds_of(tiles)
    assert reach is not None
    assert (reach.west, reach.north, reach.east, reach.south) == pytest.approx(
        (known.west, known.north, known.east, known.south)
    )


def test_mbtiles_without_words_are_understood(tmp_path: Path) -> None:
    """Zooms and format are found in the tiles where the metadata lacks them; the extent is then unknown."""
    tiles = town("Shortbread")
    path = write_mbtiles(tmp_path / "town.mbtiles", tiles, {})
    assert mbtiles.extent(path) is None
    model = mbtiles.read(path, wish_for(tiles))
    assert not model.empty
    assert model.credits[0].text == "© OpenStreetMap contributors"


def test_a_wish_elsewhere_gives_an_empty_model(tmp_path: Path) -> None:
    """A place that the archive does not cover is an empty model, not an error."""
    tiles = town("OpenMapTiles")
    far = MapWish(bounds=Bounds(west=0.1, north=0.1, east=0.1001, south=0.1001), pixel=1e-7)
    words = {**TITLES, "json": '{"vector_layers": [{"id": "transportation"}, {"id": "water"}]}'}
    for model in (
        mbtiles.read(write_mbtiles(tmp_path / "town.mbtiles", tiles, words), far),
        pmtiles.read(write_pmtiles(tmp_path / "town.pmtiles", tiles, TITLES), far),
    ):
        assert model.empty


def sql(path: Path, *statements: str) -> Path:
    base = sqlite3.connect(path)
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()
    return path


WORDS = "CREATE TABLE metadata AS SELECT 'format' AS name, 'pbf' AS value"
COLUMNS = "0 AS zoom_level, 0 AS tile_column, 0 AS tile_row"


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        ((), "not an MBTiles archive"),
        ((WORDS,), "no such table: tiles"),
        ((WORDS, "CREATE VIEW tiles AS WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a)"
          f" SELECT {COLUMNS}, n AS tile_data FROM a WHERE n < 0"), "takes too long|not authorized|prohibited"),
        ((WORDS, f"CREATE VIEW tiles AS SELECT {COLUMNS}, zeroblob(900000000) AS tile_data"),
         "not authorized|prohibited"),
        ((WORDS, f"CREATE VIEW tiles AS SELECT {COLUMNS}, load_extension('x') AS tile_data"), "sound|authorized"),
        ((WORDS, f"CREATE TABLE tiles AS SELECT {COLUMNS}, zeroblob(12000000) AS tile_data"), "too big"),
    ],
)  # fmt: skip
def test_hostile_databases_are_refused(tmp_path: Path, statements: tuple[str, ...], what: str) -> None:
    """Missing tables, endless queries, functions and huge values end in a sentence."""
    path = sql(tmp_path / "bad.mbtiles", *statements)
    if not statements:
        path.write_bytes(b"")
    with pytest.raises(MaterialError, match=what):
        mbtiles.read(path, MapWish(bounds=WORLD, pixel=1 / 600))


def test_damaged_databases_are_refused(tmp_path: Path) -> None:
    """No database at all, one cut in half, and one with noise inside are explained or read in part."""
    path = tmp_path / "bad.mbtiles"
    tiles = town("Shortbread")
    good = write_mbtiles(tmp_path / "good.mbtiles", tiles, TITLES).read_bytes()
    for data in (b"hello", good[:20], good[:3000], good[:1000] + bytes(range(256)) * 20 + good[6120:]):
        path.write_bytes(data)
        with pytest.raises(MaterialError, match=r"bad\.mbtiles: "):
            mbtiles.read(path, wish_for(tiles))


def test_a_database_is_never_written(tmp_path: Path) -> None:
    """Reading leaves the file and its folder as they were, and works where nothing may be written."""
    tiles = town("Shortbread")
    path = write_mbtiles(tmp_path / "with ? and # signs.mbtiles", tiles, TITLES)
    before = path.read_bytes()
    path.chmod(0o444)
    assert not mbtiles.read(path, wish_for(tiles)).empty
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


# Which tiles


def vector_set(**more: object) -> TileSet:
    return tile_set("x", {"format": "pbf", "minzoom": 0, "maxzoom": 14, **more})


@pytest.mark.parametrize("width", [1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("pixels", [540, 1080, 2160, 20_000])
@pytest.mark.parametrize("kind", ["pbf", "png"])
def test_the_zoom_suits_the_picture(width: float, pixels: int, kind: str) -> None:
    """A tile is 424 to 848 pixels wide (pictures 256 to 512), unless it is the deepest, or tiles would be too many."""
    wish = MapWish(bounds=Bounds(west=0.0, north=0.2, east=width, south=0.2 + width / 2), pixel=width / pixels)
    places = chosen(vector_set(format=kind), wish)
    assert 0 < len(places) <= MOST_TILES
    shown = places[0].size / wish.pixel
    low, high = (424, 849) if kind == "pbf" else (255, 513)
    assert places[0].zoom in (0, 14) or low <= shown <= high or (shown > high and pixels > 3000)


def test_tiles_that_are_too_fine_are_refused() -> None:
    """An archive that begins at zoom 14 cannot serve a map of the country."""
    with pytest.raises(MaterialError, match="too fine for this map"):
        chosen(vector_set(minzoom=14), MapWish(bounds=Bounds(west=0.4, north=0.3, east=0.5, south=0.4), pixel=1e-4))


def test_only_tiles_within_the_archive_are_asked_for() -> None:
    """Where the archive ends, no tile is asked for."""
    places = chosen(vector_set(bounds=[0.0, 40.0, 0.01, 40.01]), MapWish(bounds=WORLD, pixel=1e-4))
    assert {(place.zoom, place.x, place.row) for place in places} <= {(4, 8, 6), (5, 16, 12), (6, 32, 24)}


def test_a_map_across_the_antimeridian_is_in_one_piece() -> None:
    """East of 180° columns begin again at 0, and what they hold is drawn beyond 1."""
    asked: list[Tile] = []

    def tile(zoom: int, x: int, y: int) -> bytes:
        asked.append((zoom, x, y))
        return encoded(HOUSE)

    wish = MapWish(bounds=Bounds(west=0.999, north=0.5005, east=1.001, south=0.5015), pixel=0.002 / 1000)
    model = model_from_tiles(tile, vector_set(), wish)
    count = 1 << asked[0][0]
    assert {x for _, x, _ in asked} == {count - 2, count - 1, 0, 1}
    middles = sorted(float(area.rings[0][:, 0].mean()) for area in model.areas)
    assert middles[0] < 1 < middles[-1] < 1.002


def test_broken_and_missing_tiles_are_blank_and_noted() -> None:
    """One tile that cannot be read does not spoil the others; if none can be, that is an error."""
    tiles: dict[Tile, bytes] = {**town("Shortbread")}
    first, second = tiles
    described = vector_set(minzoom=14)
    model = model_from_tiles(lambda *place: {**tiles, second: b"\x1a\x90"}.get(place), described, wish_for(tiles))
    assert model.notes == ("1 of 2 map tiles cannot be read and are left blank.",)
    assert not model.empty
    model = model_from_tiles(lambda *place: {first: tiles[first]}.get(place), described, wish_for(tiles))
    assert model.notes == ()
    with pytest.raises(MaterialError, match="none of its tiles here can be read"):
        model_from_tiles(lambda *_: b"\x1a\x90", vector_set(vector_layers=[{"id": "streets"}]), wish_for(tiles))


def test_a_house_in_two_buffers_is_drawn_once() -> None:
    """A house on the edge that both tiles have whole is kept by one of them, and by the only one that is there."""
    zoom, x, y = TOWN
    left = encoded(
        {"buildings": [Drawn("polygon", [[(4080, 100), (4130, 100), (4130, 150), (4080, 150)]])], "streets": []}
    )
    right = encoded({"buildings": [Drawn("polygon", [[(-16, 100), (34, 100), (34, 150), (-16, 150)]])], "streets": []})
    tiles = {(zoom, x, y): left, (zoom, x + 1, y): right}
    wish = wish_for(tiles, 4000)
    both = model_from_tiles(lambda *place: tiles.get(place), vector_set(minzoom=14), wish)
    alone = model_from_tiles(lambda *place: {(zoom, x, y): left}.get(place), vector_set(minzoom=14), wish)
    assert len(both.areas) == len(alone.areas) == 1


# Lines


def test_a_line_is_cut_at_the_square() -> None:
    """Pieces begin and end on the edge; a line that stays outside, or only touches, gives none."""
    square = Bounds(west=0.0, north=0.0, east=1.0, south=1.0)
    there_and_back = np.array([[-1.0, 0.5], [0.5, 0.5], [2.0, 0.5], [2.0, 0.8], [0.5, 0.8]])
    pieces = [piece.tolist() for piece in cut(there_and_back, square)]
    assert pieces == [[[0.0, 0.5], [0.5, 0.5], [1.0, 0.5]], [[1.0, 0.8], [0.5, 0.8]]]
    assert cut(np.array([[-1.0, 0.0], [-0.5, 3.0]]), square) == []


@given(st.lists(st.tuples(st.floats(-2, 3), st.floats(-2, 3)), min_size=2, max_size=12))
def test_what_is_cut_lies_inside(points: list[tuple[float, float]]) -> None:
    """No piece leaves the square, and none is a single point."""
    for piece in cut(np.array(points), Bounds(west=0.0, north=0.0, east=1.0, south=1.0)):
        assert len(piece) >= 2
        assert piece.min() >= -1e-9
        assert piece.max() <= 1 + 1e-9


def line(*points: tuple[float, float], name: str = "") -> Line:
    return Line(kind="street", points=np.array(points), name=name)


def test_lines_are_joined_only_where_two_ends_meet() -> None:
    """A chain becomes one line whatever the direction of its pieces; a fork and another name stay apart."""
    chain = [line((0, 0), (0.3, 0)), line((0.6, 0.1), (0.3, 0)), line((0.6, 0.1), (0.9, 0))]
    (whole,) = joined(chain, 10.0, 0.01)
    assert whole.points[:, 0].tolist() in ([0, 0.3, 0.6, 0.9], [0.9, 0.6, 0.3, 0])
    fork = [*chain[:2], line((0.3, 0), (0.3, 0.5))]
    assert len(joined(fork, 10.0, 0.01)) == 3
    assert len(joined([chain[0], line((0.3, 0), (0.5, 0), name="A")], 10.0, 0.01)) == 2
    ring = [line((0.1, 0.1), (0.5, 0.1)), line((0.5, 0.1), (0.5, 0.5), (0.1, 0.1))]
    (round_about,) = joined(ring, 10.0, 0.01)
    assert len(round_about.points) == 4


def test_ends_on_an_edge_meet_though_tiles_disagree_a_little() -> None:
    """On the edge between two tiles ends some units apart are the same; inside a tile they are not."""
    assert len(joined([line((0.5, 0.5), (1.0, 0.5)), line((1.0, 0.5005), (1.5, 0.5))], 1.0, 0.001)) == 1
    assert len(joined([line((0.5, 0.5), (0.9, 0.5)), line((0.9, 0.5005), (1.5, 0.5))], 1.0, 0.001)) == 2


def course(*points: tuple[int, int], kind: LineKind = "street", name: str = "") -> Course:
    """Points in 4096ths of the tile that is the world."""
    return Course(kind=kind, points=np.array(points) / 4096, name=name)


def test_a_line_takes_the_names_that_run_along_it() -> None:
    """A line under two names is cut between them; crossing streets, other kinds and strangers stay nameless."""
    names = [course((100, 500), (2000, 500), name="East"), course((2000, 500), (2000, 3000), name="South")]
    around = course((100, 503), (1000, 498), (2000, 500), (2002, 1500), (2000, 3000), (3500, 3000))
    crossing = course((1000, 100), (1000, 490), (1000, 510), (1000, 1200))
    beside = course((100, 503), (2000, 500), kind="service")
    found = named([around, crossing, beside], names, WORLD)
    assert [stretch[:3] for stretch in found[0]] == [(0, 2, "East"), (2, 4, "South"), (4, 5, "")]
    assert found[1:] == [[(0, 3, "", "")], [(0, 1, "", "")]]


def test_too_many_lines_are_drawn_without_names() -> None:
    """A tile that would take too long to name keeps its lines."""
    tangle = course(*[(number % 2 * 4096, number * 7 % 4096) for number in range(4000)], name="Tangle")
    assert named([tangle], [tangle], WORLD) == [[(0, 3999, "", "")]]


def test_tiles_that_are_too_full_together_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiles of a map have a greatest size together; what is beyond is blank and noted."""
    tiles = town("Shortbread")
    size = max(len(gzip.decompress(data)) for data in tiles.values())
    monkeypatch.setattr("pipeline.maps.tiling.MOST_BYTES", size + 10)
    model = model_from_tiles(lambda *place: tiles.get(place), vector_set(minzoom=14), wish_for(tiles))
    assert not model.empty
    assert model.notes == ("1 of 2 map tiles cannot be read and are left blank.",)


# Pictures and heights


def png(colour: tuple[int, ...], side: int = 64, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, form, lossless=True)
    return out.getvalue()


def test_pictures_are_joined_and_cut_to_the_wish(tmp_path: Path) -> None:
    """Four tiles make one picture whose bounds are true; a missing tile is see-through."""
    tiles = {(1, 0, 0): png((255, 0, 0)), (1, 1, 0): png((0, 255, 0)), (1, 0, 1): png((0, 0, 255))}
    path = write_pmtiles(tmp_path / "world.pmtiles", tiles, CREDITED, kind=2)
    middle = Bounds(west=0.25, north=0.25, east=0.75, south=0.75)
    model = pmtiles.read(path, wish_for(middle, 300))
    (picture,) = model.pictures
    assert picture.bounds.contains(middle)
    assert picture.rgba.shape == (68, 68, 4)
    assert picture.rgba[0, 0].tolist() == [255, 0, 0, 255]
    assert picture.rgba[0, -1].tolist() == [0, 255, 0, 255]
    assert picture.rgba[-1, -1].tolist() == [0, 0, 0, 0]
    edge = (0.5 - picture.bounds.west) / picture.bounds.width * 68
    assert picture.rgba[0, int(edge)].tolist() == [0, 255, 0, 255]


def test_what_is_no_picture_is_blank_or_refused(tmp_path: Path) -> None:
    """Broken, oblong and enormous pictures are left blank; when all are, that is an error."""
    oblong = io.BytesIO()
    Image.new("RGB", (10, 20)).save(oblong, "PNG")
    vast = bytearray(png((1, 2, 3)))
    vast[16:24] = (100_000).to_bytes(4, "big") * 2
    bad = {(1, 0, 0): b"<html>blocked</html>", (1, 1, 0): oblong.getvalue(), (1, 0, 1): bytes(vast)}
    wish = wish_for(WORLD, 600)
    with pytest.raises(MaterialError, match="none of its tiles here is a picture"):
        pmtiles.read(write_pmtiles(tmp_path / "bad.pmtiles", bad, CREDITED, kind=2), wish)
    mixed = {**bad, (1, 1, 1): png((9, 9, 9), form="WEBP")}
    model = mbtiles.read(write_mbtiles(tmp_path / "mixed.mbtiles", mixed, {**CREDITED, "format": "png"}), wish)
    assert model.notes == ("3 of 4 map tiles cannot be read and are left blank.",)


def test_terrarium_and_mapbox_heights_are_decoded() -> None:
    """Known colours are known heights; black is a place that nobody knows."""
    colours = np.array([[[128, 0, 0], [131, 232, 128], [127, 255, 0], [0, 0, 0]]], np.uint8)
    assert terrarium(colours)[0, :3].tolist() == [0.0, 1000.5, -1.0]
    assert np.isnan(terrarium(colours)[0, 3])
    assert mapbox(np.array([[[1, 134, 160]]], np.uint8))[0, 0] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "heights"),
    [
        ({"encoding": "terrarium"}, True),
        ({"encoding": "mapbox"}, True),
        ({"name": "Terrarium tiles"}, True),
        ({"attribution": "<a>© Mapterhorn</a>"}, True),
        ({"name": "Terrain map"}, False),
    ],
)
def test_terrain_is_told_from_pictures(tmp_path: Path, words: dict[str, str], heights: bool) -> None:
    """The encoding, or a name that says it, makes an archive of pictures one of heights."""
    tiles = {(0, 0, 0): png((128, 100, 0))}
    path = write_pmtiles(tmp_path / "a.pmtiles", tiles, {**CREDITED, **words}, kind=2)
    model = pmtiles.read(path, wish_for(WORLD, 100))
    assert (model.heights is not None, bool(model.pictures)) == (heights, not heights)
