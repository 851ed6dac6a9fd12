"""The same invented town in four schemas gives the same map; credits are in the right words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tile_samples import TOWN, TOWNS, bounds_of, encoded, town

from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, Label, Line, MapCredit, MapModel, MapWish
from pipeline.maps.credits import OMT_CREDIT, OS_CREDIT, credit_of, plain
from pipeline.maps.schemas import SCHEMAS, recognised
from pipeline.maps.tile_set import TileSet, tile_set
from pipeline.maps.tiling import model_from_tiles

VECTOR: dict[str, object] = {"format": "pbf", "minzoom": 14, "maxzoom": 14}


def town_model(schema: str, languages: tuple[str, ...] = ("en",)) -> MapModel:
    """The town as read from tiles of a schema, at about 1200 pixels."""
    tiles = town(schema)
    bounds = bounds_of(tiles)
    wish = MapWish(bounds=bounds, pixel=bounds.width / 1200, languages=languages)
    return model_from_tiles(lambda *place: tiles.get(place), tile_set("town", VECTOR), wish)


@pytest.fixture(scope="module", params=list(TOWNS))
def model(request: pytest.FixtureRequest) -> MapModel:
    return town_model(request.param)


def lines_of(model: MapModel, name: str) -> list[Line]:
    return [line for line in model.lines if line.name == name]


def label_of(model: MapModel, name: str) -> Label:
    (label,) = (label for label in model.labels if label.name == name)
    return label


def tile_units(line: Line) -> list[tuple[int, int]]:
    """Points in 4096ths of a tile, from the north-west corner of the town."""
    zoom, x, y = TOWN
    units = (line.points * 2**zoom - (x, y)) * 4096
    return [(round(across), round(down)) for across, down in units.tolist()]


def test_areas_are_what_they_are_in_the_town(model: MapModel) -> None:
    """Sea, pond with an island, park, school and houses are found in every schema; a house once."""
    kinds = [area.kind for area in model.areas]
    assert {"sea", "water", "park", "site", "building"} <= set(kinds)
    assert kinds.count("building") == 6
    assert kinds.count("water") == 1
    (pond,) = (area for area in model.areas if area.kind == "water")
    assert len(pond.rings) == 2


def test_the_street_is_whole_across_tiles_and_named(model: MapModel) -> None:
    """High Street is one line from the bridge over the edge of the tiles to the tunnel, and bears name and number."""
    street = lines_of(model, "High Street")
    assert all(line.kind == "street" and line.ref == "A1" for line in street)
    plain_ones = [line for line in street if not line.bridge and not line.tunnel]
    ends = sorted(sorted((tile_units(line)[0], tile_units(line)[-1])) for line in plain_ones)
    assert ends == [[(200, 1000), (2000, 1045)], [(2400, 1053), (6800, 1030)]]


def test_bridge_and_tunnel_keep_their_level_and_name(model: MapModel) -> None:
    """The pieces on the bridge and in the tunnel are known as such, drawn once, and carry the street's name."""
    street = lines_of(model, "High Street")
    (bridge,) = (line for line in street if line.bridge)
    (tunnel,) = (line for line in street if line.tunnel)
    assert sorted(tile_units(bridge)) == [(2000, 1045), (2400, 1053)]
    assert sorted(tile_units(tunnel)) == [(6800, 1030), (7600, 1000)]


def test_each_street_of_one_kind_gets_its_own_name(model: MapModel) -> None:
    """Mill Lane, which Shortbread draws in one line with High Street, ends where High Street begins."""
    (lane,) = lines_of(model, "Mill Lane")
    assert sorted(tile_units(lane)) == [(1790, 2200), (1800, 1040)]


def test_river_and_railway_are_lines(model: MapModel) -> None:
    """The river has its name, the railway is one line through both tiles."""
    (river,) = lines_of(model, "River Clyst")
    assert river.kind == "river"
    (rail,) = (line for line in model.lines if line.kind == "rail")
    assert (tile_units(rail)[0], tile_units(rail)[-1]) == ((100, 500), (8000, 560))


def test_nothing_is_drawn_twice(model: MapModel) -> None:
    """No stretch of any line lies in the model twice, though names come in layers of their own."""
    steps = [
        tuple(sorted(pair))
        for line in model.lines
        for pair in zip(tile_units(line), tile_units(line)[1:], strict=False)
    ]
    assert len(steps) == len(set(steps))


def test_labels_have_kind_and_place(model: MapModel) -> None:
    """The town, its pond, station and museum are labelled once each, where they are."""
    kinds = {label.name: label.kind for label in model.labels}
    expected = {"Clystmouth": "town", "Mill Pond": "water", "Clystmouth Halt": "station", "Town Museum": "landmark"}
    assert expected.items() <= kinds.items()
    zoom, x, _ = TOWN
    assert label_of(model, "Clystmouth").x == pytest.approx((x + 4000 / 4096) / 2**zoom)


@pytest.mark.parametrize("schema", list(TOWNS))
def test_names_are_in_the_wanted_language(schema: str) -> None:
    """A Welsh clip reads the Welsh name, in every schema, and the local one where there is no Welsh."""
    names = {label.name for label in town_model(schema, ("cy", "en")).labels}
    assert {"Aberclyst", "Town Museum"} <= names
    assert "Clystmouth" not in names


def test_paths_and_peaks_where_a_schema_has_them() -> None:
    """OpenStreetMap's schemas have footpaths; a peak has its height. Zoomstack has neither."""
    for schema in ("Shortbread", "OpenMapTiles", "Protomaps"):
        assert [line for line in town_model(schema).lines if line.kind == "path"]
    for schema in ("OpenMapTiles", "Protomaps"):
        assert label_of(town_model(schema), "Beacon Hill").ele_m == 181


def test_land_is_emitted_where_it_is_a_polygon_and_large_parks_are_not_filled() -> None:
    """Protomaps' earth is land; a national park over everything does not flood the map with green."""
    kinds = [area.kind for area in town_model("Protomaps").areas]
    assert kinds.count("land") == 2
    assert kinds.count("park") == 2  # the park's two pieces, one for each tile


def test_zoomstack_tells_the_coast() -> None:
    """The line of mean high water is the coast; contours, which are no kind of line here, are left out."""
    kinds = {line.kind for line in town_model("OS Open Zoomstack").lines}
    assert "coast" in kinds


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_a_schema_is_recognised_by_its_layers(schema: object) -> None:
    """All layers of a schema, or those of the town, are taken for that schema and for no other."""
    assert schema in SCHEMAS
    found = recognised(tuple(schema.wanted))  # type: ignore[attr-defined]
    assert found is schema
    assert recognised(tuple(TOWNS[schema.name]())) is schema  # type: ignore[attr-defined]


def test_an_unknown_schema_is_named_with_its_layers() -> None:
    """Tiles of another schema are refused with the layers seen and the schemas known."""
    data = encoded({"my_layer": [], "other": []})
    wish = MapWish(bounds=bounds_of([TOWN]), pixel=1e-7)
    with pytest.raises(MaterialError, match=r'"my_layer", "other"') as caught:
        model_from_tiles(lambda *_: data, tile_set("mine.pmtiles", VECTOR), wish)
    assert "Shortbread, OpenMapTiles, Protomaps or OS Open Zoomstack" in str(caught.value)
    assert recognised(("water", "buildings")) is None  # two schemas might be meant


SET = TileSet(where="x", kind="vector", min_zoom=0, max_zoom=14)
OSM = "© OpenStreetMap contributors"


@pytest.mark.parametrize(
    ("attribution", "usual", "text"),
    [
        ("", OSM_CREDIT, OSM),
        ("", OMT_CREDIT, f"© OpenMapTiles {OSM}"),
        ('<a href="https://www.openstreetmap.org/copyright" target="_blank">&copy; OpenStreetMap</a>', OSM_CREDIT, OSM),
        ('© <a href="https://osm.org">OpenStreetMap</a> contributors', OSM_CREDIT, OSM),
        ("<a>Protomaps</a> © <a>OpenStreetMap</a>", OSM_CREDIT, f"Protomaps {OSM}"),
        ("OpenFreeMap &copy; OpenMapTiles Data from OpenStreetMap", OMT_CREDIT, f"OpenFreeMap © OpenMapTiles {OSM}"),
        ("© MapTiler", OMT_CREDIT, f"© MapTiler © OpenMapTiles {OSM}"),
        ("Made by <b>Geofabrik</b>", OSM_CREDIT, f"Made by Geofabrik {OSM}"),
        ("© OpenStreetMap contributors, SRTM", None, f"{OSM}, SRTM"),
        ("© Mapterhorn", None, "© Mapterhorn"),
        ("Tiles &lt;b&gt;by\x07 me", None, "Tiles b by me"),
    ],
)
def test_a_credit_is_plain_and_complete(attribution: str, usual: MapCredit | None, text: str) -> None:
    """Credits lose tags and entities, and name OpenStreetMap's contributors and OpenMapTiles in full."""
    assert credit_of(replace(SET, attribution=attribution), usual).text == text


def test_a_long_credit_is_shortened_but_keeps_openstreetmap() -> None:
    """However much an archive says, the credit stays short, and OpenStreetMap stays in it."""
    for words in ("Someone and " * 300 + "© OpenStreetMap", "© OpenStreetMap " + "and others " * 300, "x" * 4000):
        text = credit_of(replace(SET, attribution=words), OSM_CREDIT).text
        assert OSM in text
        assert len(text) <= 160


@pytest.mark.parametrize(
    ("attribution", "about", "year", "text"),
    [
        ("", "OS Open Zoomstack 2024-06", 2026, "Contains OS data © Crown copyright and database right 2024"),
        ("", "", 2025, "Contains OS data © Crown copyright and database right 2025"),
        ("", "", None, "Contains OS data © Crown copyright and database right"),
        ("Contains OS data &copy; Crown copyright and database rights 2019", "2024", 2026,
         "Contains OS data © Crown copyright and database rights 2019"),
    ],
)  # fmt: skip
def test_ordnance_survey_is_thanked_with_the_year_of_supply(
    attribution: str, about: str, year: int | None, text: str
) -> None:
    """The year is the latest that the archive names, else that of the file."""
    found = credit_of(replace(SET, attribution=attribution, about=about, year=year), OS_CREDIT)
    assert (found.text, found.licence) == (text, "Open Government Licence v3.0")


def test_pictures_that_name_nobody_are_refused_unless_a_credit_is_given() -> None:
    """A raster archive without attribution cannot be published; a credit given from outside is taken."""
    with pytest.raises(MaterialError, match="whom to thank"):
        credit_of(SET, None)
    assert credit_of(SET, None, OSM_CREDIT) is OSM_CREDIT
    assert plain("<<<") == ""
