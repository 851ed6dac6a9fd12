"""Which map is chosen for a route, and what is said of those that will not do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from map_towns import LAT, LNG, town

from pipeline.basemap import choose
from pipeline.basemaps import Basemap, Choice
from pipeline.brief.reading import read_brief
from pipeline.elevation import with_heights
from pipeline.files import Store
from pipeline.map_coverage import covered
from pipeline.map_model import Heights, MapModel
from pipeline.mercator import Bounds, world
from pipeline.route import Line, Route

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def line(reach: float = 0.01, count: int = 40, *, lng: float = LNG, lat: float = LAT) -> Line:
    places = np.linspace(-reach, reach, count)
    nothing = np.full(count, np.nan)
    along = (places + reach) * 111_000.0
    return Line(lng=lng + 0.3 * places, lat=lat + places, ele_m=nothing, epoch_s=nothing, along_m=along)


def chosen(folder: Path, *lines: Line, source: str = "auto") -> Choice:
    (folder / "r.gpx").touch()
    path = folder / "route.yml"
    path.write_text(f"title: T\nroute: r.gpx\nmap: {{source: {source}}}\n")
    return choose(read_brief(path), lines or (line(),), Store(folder / "store"), offline=True, now=NOW)


@pytest.fixture(autouse=True)
def _own_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKE_PROMO_MAPS", str(tmp_path / "my maps"))
    monkeypatch.setenv("MAKE_PROMO_CONFIG", str(tmp_path / "config"))


def test_a_map_beside_the_brief_is_taken(tmp_path: Path) -> None:
    """A map file that lies beside the brief and covers the route is the map, with its credit and a reason."""
    town(tmp_path / "town.geojson")
    found = chosen(tmp_path)
    assert found.basemap is not None
    assert (found.basemap.name, found.basemap.kind) == ("town.geojson", "map")
    assert "beside the brief" in found.why
    assert [credit.text for credit in found.basemap.credits] == ["© Testham Council"]
    assert found.basemap.model().lines


def test_a_map_in_the_folder_of_maps_is_taken(tmp_path: Path) -> None:
    """What lies in the user's folder of maps serves every brief; what lies beside the brief comes first."""
    (tmp_path / "my maps").mkdir()
    town(tmp_path / "my maps" / "county.geojson")
    assert chosen(tmp_path).basemap.name == "county.geojson"  # type: ignore[union-attr]
    town(tmp_path / "town.geojson")
    assert chosen(tmp_path).basemap.name == "town.geojson"  # type: ignore[union-attr]


def test_a_map_of_elsewhere_is_passed_over(tmp_path: Path) -> None:
    """A file that has nothing where the route is is no map for it, and nobody is bothered with it."""
    town(tmp_path / "elsewhere.geojson", lng=LNG + 3)
    assert chosen(tmp_path) == Choice(basemap=None, why="no map at hand covers the route")


def test_a_named_map_of_elsewhere_is_told(tmp_path: Path) -> None:
    """Who names a file that does not help is told, at its place, and gets the next best."""
    town(tmp_path / "elsewhere.geojson", lng=LNG + 3)
    town(tmp_path / "town.geojson")
    found = chosen(tmp_path, source="elsewhere.geojson")
    assert found.basemap.name == "town.geojson"  # type: ignore[union-attr]
    (problem,) = found.problems
    assert (problem.level, problem.where.partition(": ")[2]) == ("warn", "map.source")
    assert "has nothing where the route is" in problem.what


def test_a_map_of_a_part_of_the_route(tmp_path: Path) -> None:
    """A named map that covers a part is used and told; it is not chosen by itself."""
    town(tmp_path / "part.geojson", reach=0.012)
    long = line(0.03)
    assert chosen(tmp_path, long).basemap is None
    found = chosen(tmp_path, long, source="part.geojson")
    assert found.basemap is not None
    assert "of the route; the rest is drawn on plain paper" in found.problems[0].what


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.geojson", '{"type": "FeatureCollection", "features": ['),
        ("text.osm.pbf", "this is no map"),
        ("empty.pmtiles", ""),
        ("odd.mbtiles", "SQLite format 3\0 and then nothing"),
        ("nobody.geojson", None),
    ],
)
def test_a_broken_map_is_a_sentence(tmp_path: Path, name: str, content: str | None) -> None:
    """A broken file, or one without a credit, costs a warning with its name and never the clip."""
    if content is None:
        town(tmp_path / name, attribution=None, licence=None)
    else:
        (tmp_path / name).write_text(content)
    found = chosen(tmp_path)
    assert found.basemap is None
    (problem,) = found.problems
    assert (problem.level, problem.where) == ("warn", name)
    assert problem.what.endswith("; another map is used")


def test_no_map_is_a_choice(tmp_path: Path) -> None:
    """`source: none` looks at nothing."""
    town(tmp_path / "town.geojson")
    assert chosen(tmp_path, source="none") == Choice(basemap=None, why="the brief asks for no map")


def test_the_second_look_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file has of the route is remembered by its content."""
    from pipeline import maps

    town(tmp_path / "town.geojson")
    first = chosen(tmp_path)
    monkeypatch.setattr(maps, "read", lambda *_: pytest.fail("it was read again"))
    again = chosen(tmp_path)
    assert again.basemap.fingerprint == first.basemap.fingerprint  # type: ignore[union-attr]
    monkeypatch.undo()
    file = tmp_path / "town.geojson"
    content = json.loads(file.read_text())
    content["features"] = content["features"][:-1]
    file.write_text(json.dumps(content))
    assert chosen(tmp_path).basemap.fingerprint != first.basemap.fingerprint  # type: ignore[union-attr]


def test_heights_fill_a_route_that_has_none(tmp_path: Path) -> None:
    """A route without heights gets those of the land, its climb, and a note; one with its own keeps them."""
    lng, lat = np.linspace(LNG - 0.1, LNG + 0.1, 60), np.linspace(LAT + 0.1, LAT - 0.1, 80)
    x, y = world(lng, np.full(60, LAT))[:, 0], world(np.full(80, LNG), lat)[:, 1]
    ele = np.repeat(np.linspace(300, 0, 80, dtype=np.float32)[:, None], 60, axis=1)  # rising to the north
    grid = Heights(x=x, y=y, ele_m=ele)
    model = MapModel(bounds=grid.bounds, credits=(), heights=grid)
    source = Basemap(kind="terrain", name="hills", why="", fingerprint="f", credits=(), model=lambda: model)
    bare = Route(
        name="",
        kind="planned",
        lines=(line(0.05),),
        waypoints=(),
        distance_m=11_100.0,
        ascent_m=None,
        descent_m=None,
        loop=False,
    )
    store = Store(tmp_path)
    filled = with_heights(bare, source, store)
    assert filled.ascent_m == pytest.approx(150, abs=8)
    assert filled.descent_m == pytest.approx(0, abs=1)
    assert "heights come from hills" in filled.notes[-1]
    again = with_heights(bare, Basemap(**{**vars(source), "model": lambda: pytest.fail("read again")}), store)
    assert again.ascent_m == filled.ascent_m
    assert with_heights(filled, source, store) is filled


def test_coverage_is_what_lies_near() -> None:
    """Points with a corner of the map within a few hundred metres are covered, others are not."""
    from pipeline.map_model import Line as MapLine

    way = line(0.02)
    points = world(way.lng, way.lat)
    half = MapLine(kind="street", points=points[:20])
    model = MapModel(bounds=Bounds.of(points), credits=(), lines=(half,))
    assert covered(model, points) == pytest.approx(0.5 + 6 / 40, abs=0.08)
    assert covered(MapModel(bounds=Bounds.of(points), credits=()), points) == 0.0
