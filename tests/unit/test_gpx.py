"""GPX files as they come, from clean exports to bombs."""

from __future__ import annotations

import gzip
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import gpx
from pipeline.errors import MaterialError
from pipeline.geo import EARTH_RADIUS_M, Floats, distances_m
from pipeline.gpx import sieve as gpx_sieve
from pipeline.gpx.sieve import clean_name
from pipeline.route import Route, route_json

METRE = float(np.degrees(1 / EARTH_RADIUS_M))  # of latitude, in degrees
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'
OPEN = {"trkpt": "<trk><trkseg>", "rtept": "<rte>", "wpt": ""}
CLOSE = {"trkpt": "</trkseg></trk>", "rtept": "</rte>", "wpt": ""}


def point(metres: float, tag: str = "trkpt", inner: str = "", lng: float = -0.3) -> str:
    return f'<{tag} lat="{51.5 + metres * METRE:.9f}" lon="{lng}">{inner}</{tag}>'


def stamp(second: int) -> str:
    return f"<time>{datetime(2024, 6, 15, 9) + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}</time>"


def points(n: int, tag: str = "trkpt", *, step: float = 10, timed: bool = False, start: float = 0) -> str:
    every = (point(start + i * step, tag, stamp(i * 5) if timed else "") for i in range(n))
    return OPEN[tag] + "".join(every) + CLOSE[tag]


def read(folder: Path, content: str | bytes, **trims: float) -> Route:
    path = folder / "walk.gpx"
    path.write_bytes(content if isinstance(content, bytes) else f"{HEAD}{content}</gpx>".encode())
    return gpx.read_route(path, **trims)


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(MaterialError) as caught:
        read(folder, content)
    (problem,) = caught.value.problems
    assert problem.remedy
    assert "\n" not in problem.what
    assert "Traceback" not in str(caught.value)
    return f"{problem.where}: {problem.what}"


def columns(route: Route) -> tuple[Floats, Floats]:
    return (
        np.concatenate([line.lng for line in route.lines]),
        np.concatenate([line.lat for line in route.lines]),
    )


# What can be followed


@pytest.mark.parametrize(("tag", "kind"), [("trkpt", "planned"), ("rtept", "planned"), ("wpt", "waypoints")])
def test_every_kind_of_file_gives_a_line(tmp_path: Path, tag: str, kind: str) -> None:
    """Tracks, routes and bare waypoints can be followed, and their kind is told."""
    route = read(tmp_path, points(101, tag))
    assert route.kind == kind
    assert route.distance_m == pytest.approx(1000, abs=0.1)
    assert not route.loop
    assert route.ascent_m is None
    assert bool(route.notes) == (kind == "waypoints")


def test_a_track_goes_before_a_route(tmp_path: Path) -> None:
    """With both in a file the track is the walk, the route only its plan."""
    assert read(tmp_path, points(50, "rtept") + points(101)).distance_m == pytest.approx(1000, abs=0.1)


def test_gaps_have_no_length(tmp_path: Path) -> None:
    """Segments far apart stay apart and the way between is not counted; near ones are chained."""
    apart = read(tmp_path, points(11) + points(11, start=5000))
    assert len(apart.lines) == 2
    assert apart.distance_m == pytest.approx(200, abs=0.1)
    assert any("gaps" in note for note in apart.notes)
    near = read(tmp_path, points(11) + points(11, start=120))
    assert len(near.lines) == 1
    assert near.distance_m == pytest.approx(220, abs=0.1)


def test_batches_do_not_show(tmp_path: Path) -> None:
    """A file that is read in several batches gives the same lines as if read at once."""
    route = read(tmp_path, points(12_345, step=2) + points(12_345, step=2, start=50_000))
    assert [len(line.lng) for line in route.lines] == [12_345, 12_345]
    assert route.distance_m == pytest.approx(2 * 12_344 * 2, rel=1e-6)
    assert read(tmp_path, points(25_000, "rtept", step=2)).distance_m == pytest.approx(49_998, rel=1e-6)
    timed = read(tmp_path, points(12_000, timed=True))
    (line,) = timed.lines
    assert np.diff(line.epoch_s[1:-1]) == pytest.approx(5)


def test_garmin_route_shapes_are_followed(tmp_path: Path) -> None:
    """The points between route points in Garmin's extension are the way; a name belongs to a route point."""
    shape = "".join(f'<x:rpt lat="{51.5 + 0.001 * i}" lon="-0.29"/>' for i in range(1, 5))
    extension = f'<extensions xmlns:x="u"><x:RoutePointExtension>{shape}</x:RoutePointExtension></extensions>'
    body = f"<rte>{point(0, 'rtept', '<name>A</name>' + extension)}{point(600, 'rtept')}</rte>"
    route = read(tmp_path, body)
    assert len(route.lines[0].lng) == 6
    assert [w.name for w in route.waypoints] == ["A"]


def test_a_loop_comes_back(tmp_path: Path) -> None:
    """A route that ends where it began is a loop, a short straight one is not."""
    ring = "".join(
        f'<trkpt lat="{51.5 + 0.01 * np.cos(a):.7f}" lon="{0.016 * np.sin(a):.7f}"/>'
        for a in np.linspace(0.01, 2 * np.pi - 0.01, 200)
    )
    assert read(tmp_path, f"<trk><trkseg>{ring}</trkseg></trk>").loop
    assert not read(tmp_path, points(5)).loop


def test_across_the_antimeridian(tmp_path: Path) -> None:
    """A line over 180° stays short, and lines on either side share one turn of the globe."""
    body = "<trk><trkseg>"
    body += "".join(f'<trkpt lat="-17" lon="{lng}"/>' for lng in (179.99, 179.999, -179.999, -179.99))
    body += '</trkseg></trk><trk><trkseg><trkpt lat="-17" lon="-179.97"/><trkpt lat="-17" lon="-179.96"/>'
    route = read(tmp_path, body + "</trkseg></trk>")
    assert route.distance_m == pytest.approx(3190, rel=0.01)
    assert columns(route)[0].tolist() == pytest.approx([179.99, 179.999, 180.001, 180.01, 180.03, 180.04])


# Bytes, encodings, names


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "utf-32"])
def test_encodings(tmp_path: Path, codec: str) -> None:
    """Whatever encoding a file declares or marks, names come out right."""
    declared = {"utf-8-sig": "utf-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(codec, codec)
    xml = f'<?xml version="1.0" encoding="{declared}"?><gpx><trk><name>Tŷ</name>' + points(5)[5:] + "</gpx>"
    xml = xml if codec.startswith("utf") else xml.replace("ŷ", "ÿ")
    assert read(tmp_path, xml.encode(codec)).name in ("Tŷ", "Tÿ")


def test_lying_and_unknown_encodings(tmp_path: Path) -> None:
    """A wrong declaration is no reason to refuse a file."""
    body = f"<gpx><trk><name>Café</name>{points(5)[5:]}</gpx>"
    for declared, codec in (
        ("utf-16", "utf-8"),
        ("zip", "utf-8"),
        ("nonsense", "utf-8"),
        ("utf-8", "cp1252"),
    ):
        xml = f'<?xml version="1.0" encoding="{declared}"?>{body}'
        assert read(tmp_path, xml.encode(codec)).name == "Café"


@pytest.mark.parametrize(
    "root",
    ["<gpx>", '<gpx xmlns="urn:wrong" version="9">', '<g:gpx xmlns:g="http://www.topografix.com/GPX/1/0">'],
)
def test_namespaces_do_not_matter(tmp_path: Path, root: str) -> None:
    """A missing, wrong or prefixed namespace changes nothing."""
    body = points(5)
    if "g:" in root:
        body = body.replace("</", "\0").replace("<", "<g:").replace("\0", "</g:")
    close = "</g:gpx>" if "g:" in root else "</gpx>"
    assert read(tmp_path, f"{root}{body}{close}".encode()).distance_m == pytest.approx(40, abs=0.01)


def test_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gzip is recognised by its bytes; half of it is refused, and so is a flood."""
    packed = gzip.compress(f"{HEAD}{points(50)}</gpx>".encode())
    assert read(tmp_path, packed).distance_m == pytest.approx(490, abs=0.1)
    assert "damaged" in refused(tmp_path, packed[:-20])
    assert gpx_sieve._UNPACKED_MAX == 200_000_000
    monkeypatch.setattr(gpx_sieve, "_UNPACKED_MAX", 2_000_000)  # the flood itself would take seconds
    assert "200 MB" in refused(tmp_path, gzip.compress(b" " * 2_000_001 + b"<gpx/>"))


def test_names_are_one_safe_line() -> None:
    """No control characters, no direction marks, no line breaks; joiners for emoji stay; 200 at most."""
    assert clean_name(" a\u202eb\x07\n c\u2028d\u200f ") == "ab c d"
    assert clean_name("🏃\u200d♀️") == "🏃\u200d♀️"
    assert len(clean_name("x" * 100_000)) == 200


def test_a_date_is_not_a_name(tmp_path: Path) -> None:
    """Recorders name tracks by the clock; that is not shown, the file's name is."""
    assert read(tmp_path, "<trk><name>2014-05-06 13:29:25</name>" + points(9)[5:]).name == "walk"


# Faults that are repaired


def test_bad_points_are_left_out(tmp_path: Path) -> None:
    """Impossible, empty and comma coordinates go, with a note; good ones stay."""
    bad = "".join(
        f'<trkpt lat="{lat}" lon="{lng}"/>'
        for lat, lng in [("91", "0"), ("NaN", "0"), ("", ""), ("51,5", "0,1"), ("1e400", "0"), ("5_1", "0")]
    )
    route = read(tmp_path, points(11).replace("</trkseg>", bad + "<trkpt/></trkseg>"))
    assert route.distance_m == pytest.approx(100, abs=0.01)
    assert any(note.startswith("7 points") for note in route.notes)


def test_bad_heights_and_times_are_left_out(tmp_path: Path) -> None:
    """Words for numbers cost only themselves."""
    inner = "<ele>high</ele><time>yesterday</time>"
    body = points(20).replace("></trkpt>", "><ele>12</ele></trkpt>")
    route = read(tmp_path, body.replace("<ele>12</ele>", inner, 3))
    assert route.ascent_m == 0
    assert route.kind == "planned"


def test_a_teleport_is_left_out(tmp_path: Path) -> None:
    """One point on the other side of the world does not make the walk longer."""
    leap = f'<trkpt lat="-33.86" lon="151.2">{stamp(100)}</trkpt>'
    body = points(101, timed=True).split("<trkpt")
    body[20] = leap.removeprefix("<trkpt")
    assert read(tmp_path, "<trkpt".join(body)).distance_m == pytest.approx(600, abs=1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\0" * 500, "empty"),
        (b"no xml at all", "not a GPX"),
        (b'{"type": "FeatureCollection"}', "not a GPX"),
        (b"\x0e\x10\xd9\x07\x00\x00\x00\x00.FIT" + b"\0" * 20, "FIT"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"<kml><Placemark/></kml>", "KML"),
        (b"<html><body/></html>", "web page"),
        (b"<a><b/></a>", "another kind"),
        (
            b"<gpx>\n<trk>\n<trkseg>\n<trkpt la",
            "walk.gpx:4: this is not well-formed XML (the file breaks off",
        ),
        (b"<gpx>\n<trk>\n</gpx>", "walk.gpx:3: this is not well-formed XML (mismatched tag)"),
        (b"\n\n<gpx>\n<a>&nbsp;</a></gpx>", "walk.gpx:4"),
        (b'<!DOCTYPE gpx SYSTEM "file:///etc/passwd"><gpx/>', "document type"),
        (b'<!DOCTYPE gpx [<!ENTITY x "y">]><gpx>&x;</gpx>', "document type"),
        ('<!DOCTYPE gpx [<!ENTITY x "y">]><gpx>&x;</gpx>'.encode("utf-16"), "document type"),
        (b"<gpx/>", "no track"),
        (b'<gpx><wpt lat="1" lon="1"/></gpx>', "only one usable point"),
        (b'<gpx><wpt lat="1" lon="1"/><wpt lat="1" lon="1"/></gpx>', "one place"),
        (b"<gpx>" + b"<a>" * 100_000, "breaks off"),
    ],
)
def test_what_is_not_a_route_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    """A place, one sentence and a remedy for each way of not being a route."""
    assert says in refused(tmp_path, content)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    """A missing file, a folder and a pipe are told apart and none hangs."""
    os.mkfifo(tmp_path / "pipe.gpx")
    for path, says in (
        ("none.gpx", "no such file"),
        ("", "folder"),
        ("pipe.gpx", "device"),
        ("a\0b", "read"),
    ):
        with pytest.raises(MaterialError, match=says):
            gpx.read_route(tmp_path / path)


def test_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 100 MB is refused by size alone, more than half a million points while counting."""
    path = tmp_path / "large.gpx"
    with path.open("wb") as file:
        file.truncate(100_000_001)
    with pytest.raises(MaterialError, match="100 MB"):
        gpx.read_route(path)
    assert gpx_sieve._POINTS_MAX == 500_000
    monkeypatch.setattr(gpx_sieve, "_POINTS_MAX", 5_000)
    assert "5,000 points" in refused(tmp_path, b"<gpx><rte>" + b'<rtept lat="1" lon="1"/>' * 5_001)


# Privacy


def test_recorded_ends_are_hidden(tmp_path: Path) -> None:
    """A recorded track loses exactly 200 m at each end, and says why; the brief can say otherwise."""
    body = points(201, timed=True)
    route = read(tmp_path, body)
    assert route.kind == "recorded"
    assert route.distance_m == pytest.approx(1600, abs=0.1)
    assert route.start[1] == pytest.approx(51.5 + 200 * METRE, abs=1e-8)
    assert route.finish[1] == pytest.approx(51.5 + 1800 * METRE, abs=1e-8)
    assert route.lines[0].along_m[0] == 0
    assert any("has times" in note or "have times" in note for note in route.notes)
    open_ends = read(tmp_path, body, trim_start_m=0, trim_end_m=305)
    assert open_ends.distance_m == pytest.approx(1695, abs=0.1)
    assert read(tmp_path, points(201)).distance_m == pytest.approx(2000, abs=0.1)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
def test_the_hidden_part_changes_nothing(tmp_path: Path, seed: int) -> None:
    """Two tracks that differ only within the hidden ends give the same facts, to the last figure."""
    heights, facts = np.random.default_rng(seed).uniform(0, 300, 201), []
    for side in (1, -1):
        walk = ""
        for i in range(201):
            hidden = i < 15 or i > 185
            lng = -0.3 + (side * 0.0001 * (i % 2) if hidden else 0)
            height = heights[i] + (side * 50 if hidden else 0)
            walk += point(i * 10, "trkpt", f"<ele>{height:.1f}</ele>" + stamp(i * 5), lng)
        home = f'<wpt lat="51.5" lon="{-0.3 + side * 0.001}"><name>Home {side}</name></wpt>'
        route = read(tmp_path, f"{home}<trk><trkseg>{walk}</trkseg></trk>")
        facts.append({**route_json(route, units="miles"), "notes": route.notes})
        lng_shown, lat_shown = columns(route)
        from_home = distances_m(np.array([-0.3, lng_shown[0]]), np.array([51.5, lat_shown[0]]))[0]
        assert 100 < from_home <= 200
    assert facts[0] == facts[1]


def test_pacing_about_at_home_uses_up_no_privacy(tmp_path: Path) -> None:
    """Two hundred metres walked round and round the house do not bring the cut to its door."""
    pacing = [abs(i % 8 - 4) * 10 for i in range(40)]
    walk = [*pacing, *range(40, 2000, 10)]
    body = "".join(point(metres, "trkpt", stamp(i * 7)) for i, metres in enumerate(walk))
    route = read(tmp_path, f"<trk><trkseg>{body}</trkseg></trk>")
    assert route.start[1] >= 51.5 + 49 * METRE


def test_waypoints_by_hidden_ends_are_hidden(tmp_path: Path) -> None:
    """A named point beside the hidden part does not appear; one further on has its distance from the cut."""
    marks = "".join(f"{point(m, 'wpt', f'<name>{n}</name>')}" for m, n in ((0, "Home"), (190, "Shop"), (900, "Hill")))
    route = read(tmp_path, marks + points(201, timed=True))
    assert [w.name for w in route.waypoints] == ["Hill"]
    assert route.waypoints[0].along_m == pytest.approx(700, abs=0.1)
    assert "Home" not in str(route_json(route, units="miles")) + str(route.notes)


def test_too_short_to_hide_is_refused(tmp_path: Path) -> None:
    """When hiding the ends leaves less than 100 m, the officer decides, not the program."""
    assert "less than 100 m" in refused(tmp_path, f"{HEAD}{points(49, timed=True)}</gpx>".encode())
    body = points(49, timed=True)
    assert read(tmp_path, body, trim_start_m=0, trim_end_m=0).distance_m == pytest.approx(480, abs=0.1)


def test_waypoints_have_their_place(tmp_path: Path) -> None:
    """Waypoints come in the order of the walk with distance along and aside; far ones are left out."""
    marks = "".join(point(m, "wpt", f"<name>{n}</name>", -0.2999) for m, n in ((800, "B"), (300, "A")))
    far = '<wpt lat="52" lon="-0.3"><name>Far</name></wpt>'
    route = read(tmp_path, marks + far + points(101))
    assert [(w.name, round(w.along_m), round(w.aside_m)) for w in route.waypoints] == [
        ("A", 300, 7),
        ("B", 800, 7),
    ]
    assert any("1 waypoint far" in note for note in route.notes)


# Real files

ROUTES = {
    "allermuir-hill-race.gpx": ("planned", 6750, True),
    "andorra-run.gpx": ("recorded", 43_800 - 400, True),
    "antimeridian-taveuni.gpx": ("recorded", 14_385 - 400, True),
    "bob-graham-round.gpx": ("planned", 101_100, True),
    "brent-capital-ring-10.gpx": ("planned", 9800, False),
    "cerknica-8-tracks.gpx": ("recorded", 4600 - 400, False),
    "garmin-big-sur-ride.gpx": ("recorded", 123_200 - 400, False),
    "huge-60000-points.gpx": ("recorded", 100_900 - 400, True),
    "manchester-marathon-2026.gpx": ("planned", 42_200, False),
    "mendips-ride-strava.gpx.gz": ("recorded", 53_350 - 400, False),
    "utf16-le-bom.gpx": ("planned", 642, False),
    "visnjan-route-only.gpx": ("planned", 6683, True),
}


@pytest.mark.parametrize("name", ROUTES)
def test_real_routes(shared: Path, name: str) -> None:
    """Real exports come out with their kind, their length to 1 %, and as a loop or not."""
    kind, distance_m, loop = ROUTES[name]
    route = gpx.read_route(shared / "data/routes" / name)
    assert (route.kind, route.loop) == (kind, loop)
    assert route.distance_m == pytest.approx(distance_m, rel=0.01)


def test_every_file_is_a_route_or_a_sentence(shared: Path) -> None:
    """No file of the data set, whatever is wrong with it, ends in anything but a route or one problem."""
    refusals = set()
    for path in sorted((shared / "data/routes").iterdir()):
        if path.name.startswith("huge"):  # read above
            continue
        try:
            route = gpx.read_route(path)
        except MaterialError as error:
            (problem,) = error.problems
            assert problem.what
            assert problem.remedy
            refusals.add(path.name)
        else:
            assert all(np.isfinite(column).all() for column in columns(route))
            assert route.distance_m > 0
    refusable = {"no-content.gpx", "single-point-london.gpx", "utf8-bom.gpx", "kml-named-gpx.gpx"}
    bad = {p.name for p in (shared / "data/routes").glob("empty-no-*")} | refusable
    assert bad <= refusals
    assert {"bad-billion-laughs.gpx", "bad-xxe-external-entity.gpx", "bad-truncated.gpx"} <= refusals
    assert "bad-coordinates.gpx" not in refusals


def test_bad_times_can_be_read_untrimmed(shared: Path) -> None:
    """Mixed zones, words and backward clocks cost only the times."""
    route = gpx.read_route(shared / "data/routes/bad-times.gpx", trim_start_m=0, trim_end_m=0)
    epochs = route.lines[0].epoch_s
    assert (np.diff(epochs[np.isfinite(epochs)]) >= 0).all()
    assert route.distance_m == pytest.approx(92, abs=2)


def test_a_hundred_thousand_points_are_read(tmp_path: Path) -> None:
    """A file of 100 000 points is read whole (how fast is for bench/reading.py)."""
    step = 2 * METRE
    body = "".join(f'<trkpt lat="{50 + i * step:.7f}" lon="-3"><ele>{i % 50}</ele></trkpt>' for i in range(100_000))
    (tmp_path / "long.gpx").write_text(f"{HEAD}<trk><trkseg>{body}</trkseg></trk></gpx>")
    route = gpx.read_route(tmp_path / "long.gpx")
    assert route.distance_m == pytest.approx(199_998, rel=1e-4)
