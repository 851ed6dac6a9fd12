"""The web page of a route: local, still, without inline code, and safe whatever the names say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import gpxpy
import numpy as np
import pytest

from pipeline.page import Colours, write_page
from pipeline.page.page_map import ends, thinned
from pipeline.route import Line, Route, Waypoint

EVIL = "</script><img src=x onerror=alert(1)> `${alert(2)}` \\\" ' & {{7*7}} {% raw %} {#"


def walk(*, loop: bool = False, names: tuple[str, ...] = (), lng0: float = -0.27) -> Route:
    """Two kilometres of a wavy line (or a ring), 100 points, heights 40 to 60 m, with times."""
    t = np.linspace(0, 1, 100)
    if loop:
        lng, lat = lng0 + 0.004 * np.cos(2 * np.pi * t), 51.56 + 0.0025 * np.sin(2 * np.pi * t)
    else:
        lng, lat = lng0 + 0.029 * t, 51.56 + 0.0005 * np.sin(9 * t)
    line = Line(lng=lng, lat=lat, ele_m=50 + 10 * np.sin(6 * t), along_m=2000 * t, epoch_s=1.7e9 + 1500 * t)
    places = tuple(
        Waypoint(
            name=name,
            lng=float(lng[30 + k]),
            lat=float(lat[30 + k]),
            along_m=float(line.along_m[30 + k]),
            aside_m=0.0,
        )
        for k, name in enumerate(names)
    )
    return Route(
        name="Walk", kind="recorded", lines=(line,), waypoints=places,
        distance_m=2000.0, ascent_m=20.0, descent_m=20.0, loop=loop,
    )  # fmt: skip


def written(route: Route, folder: Path, title: str = "Fryent Country Park", **options: object) -> dict[str, str]:
    paths = write_page(route, folder, title=title, summary="A gentle walk.", **options)  # type: ignore[arg-type]
    assert {path for path in folder.rglob("*") if path.is_file()} == set(paths)
    return {path.name: path.read_text("utf-8") for path in paths if path.suffix != ".png"}


def test_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """What we write names no address on the network, and every file that the page loads is there."""
    texts = written(walk(names=("Pond",)), tmp_path)
    for name in ("map.html", "map.js", "map.css"):
        assert not re.search(r"https?:|//cdn|jquery|bootstrap", texts[name], re.IGNORECASE), name
    for local in re.findall(r'(?:src|href)="([^"]+)"', texts["map.html"]):
        assert local == "data:," or (tmp_path / local).is_file(), local
    for local in re.findall(r"url\(([^)#]+)\)", texts["leaflet.css"]):
        assert (tmp_path / "assets" / local).is_file(), local


def test_holds_no_inline_code(tmp_path: Path) -> None:
    """The content policy forbids inline code and styles, and the page has none of either."""
    page = written(walk(names=("Pond",)), tmp_path)["map.html"]
    assert "default-src 'none'" in page
    assert "unsafe" not in page
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == ["", ""]


def test_names_stay_text(tmp_path: Path) -> None:
    """A name with markup, template code or script code is shown as it is and runs nowhere."""
    texts = written(walk(names=(EVIL,)), tmp_path, title=EVIL, credits=[EVIL])
    assert "<img" not in texts["map.html"]
    assert "<" not in texts["map.js"]
    assert "{{7*7}}" in texts["map.js"]
    assert texts["map.js"].count("onerror") == 2  # the tooltip's text and the popup's escaped markup
    assert "\\u0026lt;img" in texts["map.js"]
    assert gpxpy.parse(texts["route.gpx"]).waypoints[0].name == EVIL


def test_same_route_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs write equal files: folium's random ids are gone."""
    route = walk(names=("Pond", "Barn"))
    assert written(route, tmp_path / "a") == written(route, tmp_path / "b")


def test_download_has_no_times(tmp_path: Path) -> None:
    """The GPX holds the drawn line, heights and names, but no time, extension or point outside the route."""
    route = walk(names=("Pond",))
    text = written(route, tmp_path)["route.gpx"]
    document = gpxpy.parse(text)
    points = [point for track in document.tracks for segment in track.segments for point in segment.points]
    assert "<time" not in text
    assert "extensions" not in text
    assert points[0].longitude == pytest.approx(route.start[0], abs=1e-6)
    assert points[-1].longitude == pytest.approx(route.finish[0], abs=1e-6)
    assert document.length_2d() == pytest.approx(2000, rel=0.03)
    assert document.waypoints[0].name == "Pond"


def test_everything_on_the_map_is_also_text(tmp_path: Path) -> None:
    """Distance, climb, time and places can be read without the map, in both units."""
    page = written(walk(names=("Barn Hill pond",)), tmp_path)["map.html"]
    for words in (
        "1.2 miles (2 km)",
        "70 ft (20 m)",
        "25 to 30 min",
        "Barn Hill pond",
        "One way",
        'lang="en"',
    ):
        assert words in page, words
    assert '<svg class="profile"' in page


def test_welsh_page_is_welsh(tmp_path: Path) -> None:
    """In Welsh the page says its own words and the units in Welsh."""
    page = written(walk(), tmp_path, lang="cy")["map.html"]
    assert 'lang="cy"' in page
    assert "1.2 milltir (2 km)" in page
    assert "Start" not in page


def test_ring_has_one_mark_for_both_ends(tmp_path: Path) -> None:
    """Start and finish share one mark when they lie together, and are two different shapes when not."""
    assert ends(walk(loop=True)) == ("both",)
    assert ends(walk()) == ("finish", "start")
    assert "Start and finish" in written(walk(loop=True), tmp_path)["map.js"]


def test_line_across_the_antimeridian_is_drawn_in_one_piece(tmp_path: Path) -> None:
    """The map takes unwrapped longitudes; the GPX gets them inside ±180."""
    texts = written(walk(lng0=179.99), tmp_path)
    assert "180.0" in texts["map.js"]
    assert "-179.9" not in texts["map.js"]
    longitudes = [float(found) for found in re.findall(r'lon="([^"]+)"', texts["route.gpx"])]
    assert max(map(abs, longitudes)) <= 180
    assert min(longitudes) < 0 < max(longitudes)


def test_thinning_keeps_shape_and_ends() -> None:
    """Straight stretches lose their points, corners stay, and a pause (equal points) does no harm."""
    lng = np.concatenate([np.linspace(0, 0.01, 500), np.full(500, 0.01), np.full(20, 0.01)])
    lat = np.concatenate([np.zeros(500), np.linspace(0, 0.01, 500), np.full(20, 0.01)])
    zeros = np.zeros(len(lng))
    thin = thinned(Line(lng=lng, lat=lat, ele_m=zeros, along_m=zeros, epoch_s=zeros))
    assert len(thin.lng) == 3
    assert (thin.lng[1], thin.lat[1]) == (pytest.approx(0.01), pytest.approx(0.0))


def test_colours_of_the_brand_are_used(tmp_path: Path) -> None:
    """The route is drawn in the brand's colour, on the map and in the style."""
    texts = written(walk(), tmp_path, colours=Colours(route="#123456"))
    assert "#123456" in texts["map.js"]
    assert "#123456" in texts["map.css"]


def test_heights_unknown_means_no_drawing(tmp_path: Path) -> None:
    """A route without heights has neither a climb nor a profile."""
    route = walk()
    line = replace(route.lines[0], ele_m=np.full(100, np.nan))
    page = written(replace(route, lines=(line,), ascent_m=None, descent_m=None), tmp_path)["map.html"]
    assert "profile" not in page
    assert "Ascent" not in page
    assert "<ele>" not in (tmp_path / "assets" / "route.gpx").read_text()


def test_joined_waypoints_are_not_called_a_path(tmp_path: Path) -> None:
    """Where a file has only waypoints, the page says so and the download has no track."""
    texts = written(replace(walk(names=("A", "B")), kind="waypoints"), tmp_path)
    assert "not the path itself" in texts["map.html"]
    assert "<trk>" not in texts["route.gpx"]
    assert len(gpxpy.parse(texts["route.gpx"]).routes[0].points) > 2
