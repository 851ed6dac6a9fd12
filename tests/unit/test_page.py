"""The web page of a route: local, still, without inline code, and safe whatever the names say."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import gpxpy
import numpy as np
import pytest
from PIL import Image

from pipeline.errors import BriefError, MaterialError
from pipeline.mercator import Bounds, degrees, world
from pipeline.page import (
    Colours,
    LiveOption,
    PageMap,
    PageRoute,
    PageTrack,
    TileOption,
    wanted,
    write_page,
    write_recap_page,
    write_routes_page,
)
from pipeline.page.marks import ends
from pipeline.page.say import phrases
from pipeline.page.thinning import all_thinned, thinned
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
    return {path.name: path.read_text("utf-8") for path in paths if path.suffix not in {".png", ".webp"}}


def test_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """What we write names no address on the network, and every file that the page loads is there."""
    texts = written(walk(names=("Pond",)), tmp_path)
    for name in ("map.html", "map.js", "map.css", "page.js"):
        assert not re.search(r"https?:|//cdn|jquery|bootstrap", texts[name], re.IGNORECASE), name
    for local in re.findall(r'(?:src|href)="([^"]+)"', texts["map.html"]):
        if local.startswith("#"):
            assert f'id="{local[1:]}"' in texts["map.html"], local
        else:
            assert local == "data:," or (tmp_path / local).is_file(), local
    for local in re.findall(r"url\(([^)#]+)\)", texts["leaflet.css"]):
        assert (tmp_path / "assets" / local).is_file(), local


def test_holds_no_inline_code(tmp_path: Path) -> None:
    """The content policy forbids inline code and styles, and the page has none of either."""
    page = written(walk(names=("Pond",)), tmp_path)["map.html"]
    assert "default-src 'none'" in page
    assert "unsafe" not in page
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == ["", "", ""]


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
    page = written(walk(names=("Barn Hill pond",)), tmp_path)["map.html"].replace("\u00a0", " ")
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
    page = written(walk(), tmp_path, lang="cy")["map.html"].replace("\u00a0", " ")
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
    assert 'class="profile"' not in page
    assert "Ascent" not in page
    assert "<ele>" not in (tmp_path / "assets" / "route.gpx").read_text()


def test_joined_waypoints_are_not_called_a_path(tmp_path: Path) -> None:
    """Where a file has only waypoints, the page says so and the download has no track."""
    texts = written(replace(walk(names=("A", "B")), kind="waypoints"), tmp_path)
    assert "not the path itself" in texts["map.html"]
    assert "<trk>" not in texts["route.gpx"]
    assert len(gpxpy.parse(texts["route.gpx"]).routes[0].points) > 2


OSM = ("© OpenStreetMap contributors", "https://www.openstreetmap.org/copyright")
STREETS = TileOption(name="Streets", url="https://{s}.tiles.example/{z}/{x}/{y}.png", credit=OSM)


def drawn(west: float = -0.3, east: float = -0.2, credits: tuple[tuple[str, str], ...] = (OSM,)) -> PageMap:
    """A map of one colour, 64 pixels wide."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), "#dde6dd").save(stream, "WEBP")
    return PageMap(image=stream.getvalue(), west=west, south=51.5, east=east, north=51.6, credits=credits)


def track(name: str = "Gritty", *, points: int = 500, lng0: float = -0.27) -> PageTrack:
    t = np.linspace(0, 9, points)
    return PageTrack(name=name, lines=((lng0 + 0.01 * t, 51.5 + 0.01 * np.sin(t)),), distance_m=9000.0)


def all_texts(paths: tuple[Path, ...]) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in paths if path.suffix not in {".png", ".webp", ".jpg"}}


def test_drawn_map_lies_beside_and_is_credited(tmp_path: Path) -> None:
    """A drawn map is a file of its own under the route, credited on the map and in the footer with a link."""
    texts = written(walk(), tmp_path, ground=[drawn()])
    assert "assets/map-1.webp" in texts["map.js"]
    assert (tmp_path / "assets" / "map-1.webp").read_bytes()[8:12] == b"WEBP"
    assert '<a href="https://www.openstreetmap.org/copyright"' in texts["map.html"]
    assert "openstreetmap.org/copyright" in texts["map.js"]
    assert texts["map.js"].index("L.imageOverlay") < texts["map.js"].index("L.polyline")


def test_widest_drawn_map_is_the_first_and_old_ones_go(tmp_path: Path) -> None:
    """Of two maps the overview is numbered 1; a page with fewer maps leaves none of the old ones behind."""
    written(walk(), tmp_path, ground=[drawn(), drawn(west=-1.3, east=0.8)])
    told = (tmp_path / "assets" / "map.js").read_text("utf-8")
    assert told.index("-1.3") < told.index("-0.3")
    assert (tmp_path / "assets" / "map-2.webp").exists()
    written(walk(), tmp_path, ground=[drawn()])
    assert not (tmp_path / "assets" / "map-2.webp").exists()


def test_drawn_map_moves_to_the_turn_of_the_globe_of_the_route(tmp_path: Path) -> None:
    """A route whose longitudes go beyond 180 gets its map there, whichever turn the map was given on."""
    told = written(walk(lng0=179.99), tmp_path, ground=[drawn(west=-180.1, east=-179.9)])["map.js"]
    assert "[[51.5, 179.9], [51.6, 180.1]]" in told


@pytest.mark.parametrize("image", [b"", b"no picture", b"GIF89a" + bytes(30)])
def test_what_is_no_picture_is_refused(tmp_path: Path, image: bytes) -> None:
    """Bytes that are no WebP, JPEG or PNG give a sentence."""
    with pytest.raises(MaterialError, match="no WebP"):
        write_page(walk(), tmp_path, title="Walk", ground=[replace(drawn(), image=image)])


def test_credit_with_an_unsafe_address_is_text(tmp_path: Path) -> None:
    """An address that is not of the web makes no link, and markup in a credit stays text."""
    texts = written(walk(), tmp_path, ground=[drawn(credits=((EVIL, "javascript:alert(1)"),))])
    assert "javascript:" not in texts["map.html"] + texts["map.js"]
    assert "<img" not in texts["map.html"]
    assert "<" not in texts["map.js"]


def test_street_tiles_are_asked_for(tmp_path: Path) -> None:
    """Only with the option does the policy open, for that host alone, and the layer waits for the button."""
    assert "https:" not in written(walk(), tmp_path / "without")["map.html"]
    texts = written(walk(), tmp_path / "with", tiles=STREETS)
    assert "img-src 'self' file: data: https://*.tiles.example;" in texts["map.html"]
    assert "Show street map from Streets (loads pictures from tiles.example)" in texts["map.html"]
    assert "tile_layer_" in texts["map.js"]
    assert not re.search(r"tile_layer_\d+\.addTo", texts["map.js"])


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example/{z}/{x}.png",
        "https://tiles.example; script-src */{z}/{x}/{y}",
        'https://tiles.example" onload/{z}/{x}/{y}',
        "https://*/{z}/{x}/{y}",
        "javascript:{z}{x}{y}",
    ],
)
def test_tile_address_cannot_open_the_policy(url: str) -> None:
    """An address that could say more in the policy than its host is refused."""
    with pytest.raises(BriefError):
        TileOption(name="Streets", url=url, credit=OSM)


def test_tiles_without_credit_are_refused() -> None:
    """No credit, no tiles."""
    with pytest.raises(BriefError, match="credit"):
        TileOption(name="Streets", url=STREETS.url, credit=(" ", ""))


def test_several_routes_differ_in_colour_dash_and_letter(tmp_path: Path) -> None:
    """Each route has its own colour, dashes, letter, name in the list and download."""
    routes = [PageRoute(name=name, route=walk(loop=k == 1)) for k, name in enumerate(("Pond", "Barn", EVIL))]
    texts = all_texts(write_routes_page(routes, tmp_path, title="Three walks"))
    samples = re.findall(r'<path d="M5 8H55" stroke="(#\w+)"(?: stroke-dasharray="([^"]+)")?', texts["map.html"])
    assert len(set(samples)) == len({colour for colour, _ in samples}) == len({dash for _, dash in samples}) == 3
    assert re.findall(r'class="letter">(\w)<', texts["map.html"]) == ["A", "B", "C"]
    assert {"route-1.gpx", "route-2.gpx", "route-3.gpx"} <= texts.keys()
    assert "<img" not in texts["map.html"]
    assert "<" not in texts["map.js"]
    for colour, dash in samples:
        assert f'"color": "{colour}"' in texts["map.js"]
        assert not dash or f'"dashArray": "{dash}"' in texts["map.js"]


def test_recap_lists_vehicles_and_no_times(tmp_path: Path) -> None:
    """Every vehicle stands in the table with its distance, all of them in a sum; nothing can be downloaded."""
    tracks = [track("Gritty"), track("Salty"), PageTrack(name="Idle", lines=(), distance_m=0.0)]
    texts = all_texts(write_recap_page(tracks, tmp_path, title="One night"))
    assert "<dd>2</dd>" in texts["map.html"]
    assert "<dt>Distance together</dt><dd>11.2\u00a0miles (18\u00a0km)</dd>" in texts["map.html"]
    assert re.findall(r"<bdi>(\w+)</bdi></button>", texts["map.html"]) == ["Gritty", "Salty"]
    assert "download" not in texts["map.html"]
    with pytest.raises(MaterialError):
        write_recap_page(tracks[2:], tmp_path, title="None")


def test_live_layer_is_that_of_folium_without_its_network(tmp_path: Path) -> None:
    """folium's Realtime layer reads the council's address; the policy allows that host, and our script serves it."""
    live = LiveOption(url="https://data.example/gritters.geojson")
    texts = all_texts(write_recap_page([track()], tmp_path, title="Now", live=live))
    assert 'L.realtime(\n            "https://data.example/gritters.geojson"' in texts["map.js"]
    assert "connect-src https://data.example;" in texts["map.html"]
    assert "cdnjs" not in "".join(texts.values())
    assert 'aria-live="polite"' in texts["map.html"]
    beside = all_texts(write_recap_page([track()], tmp_path, title="Now", live=LiveOption(url="now.geojson")))
    assert "connect-src 'self';" in beside["map.html"]


@pytest.mark.parametrize("url", ["http://a.example/x", "//a.example/x", "/x", "data:x", "https://a;b/x", "a b"])
def test_live_address_cannot_open_the_policy(url: str) -> None:
    """Positions come by https or from beside the page."""
    with pytest.raises(BriefError):
        LiveOption(url=url)


def test_many_long_tracks_stay_a_light_page(tmp_path: Path) -> None:
    """Half a million points of a hundred vehicles make a script of less than 2 MB, and no line loses its ends."""
    t = np.linspace(0, 9, 5_000)
    lines = [(0.01 * t + 0.001 * k, 51.5 + 0.01 * np.sin(t * (1 + k % 7))) for k in range(100)]
    tracks = [PageTrack(name=f"{k}", lines=(line,), distance_m=9000.0) for k, line in enumerate(lines)]
    texts = all_texts(write_recap_page(tracks, tmp_path, title="One night"))
    assert len(texts["map.js"]) < 2_000_000
    thin = all_thinned(lines, 10_000.0)
    assert sum(len(lng) for lng, _ in thin) <= 40_000
    assert all((lng[0], lng[-1]) == (was[0], was[-1]) for (lng, _), (was, _) in zip(thin, lines, strict=True))


@pytest.mark.parametrize(("width", "height"), [(1016, 544), (320, 420)])
def test_wanted_ground_fills_the_box(width: int, height: int) -> None:
    """What is to be drawn covers the map's box in a wide and in a narrow window, with the route in the middle."""
    lng, lat = np.array([-0.3, -0.2]), np.array([51.5, 51.53])
    ground = wanted([(lng, lat)], spare=1.0)
    route = Bounds.of(world(lng, lat))
    scale = min((width - 80) / route.width, (height - 80) / route.height)
    assert ground.contains(route)
    assert ground.width >= width / scale * 0.999
    assert ground.height >= height / scale * 0.999
    edge, _ = degrees(np.array([[ground.west, 0.3], [ground.east, 0.3]]))
    assert edge.mean() == pytest.approx(-0.25, abs=1e-6)


def test_words_of_the_author_keep_their_language(tmp_path: Path) -> None:
    """Without words of ours in a language the page is English, its figures too, and says that the title is not."""
    texts = written(walk(names=("Staw",)), tmp_path, lang="pl")
    page = texts["map.html"].replace("\u00a0", " ")
    assert '<html lang="en">' in page
    assert '<header lang="pl">' in page
    for words in ("1.2 miles (2 km)", "70 ft (20 m)", "25 to 30 min", "0.4 miles (0.6 km) from the start", ">150 ft<"):
        assert words in page, words
    assert not re.search("mili|stóp", page + texts["map.js"])


def test_both_languages_have_the_same_words() -> None:
    """No sentence of the page is missing in Welsh, and each has as many places for figures."""
    english, welsh = phrases("en"), phrases("cy")
    assert english.keys() == welsh.keys()
    assert {key: text.count("{}") for key, text in english.items()} == {k: t.count("{}") for k, t in welsh.items()}
