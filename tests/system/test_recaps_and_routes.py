"""Recaps and briefs of several routes, from outside: what is asked, shown, told and kept private."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml
from map_towns import LAT, LNG, town
from workbench import brief, frames, plan, promo, state, walk

pytestmark = pytest.mark.slow

NAMES = ("Gritsy Bitsy", "David Plowie", "Salt Disney")


def night(folder: Path, *, begun: datetime, hours: float = 5.0) -> Path:
    """Three gritters that leave one depot and drive their own ways, a fix every 20 seconds."""
    folder.mkdir()
    for number, name in enumerate(NAMES):
        points = []
        for step in range(int(hours * 180)):
            way = step * 0.0006
            at = begun + timedelta(seconds=20 * step)
            lat = LAT + 0.02 * math.sin(way * 7 + number) * min(1, step / 60)
            lng = LNG + 0.03 * math.sin(way * 5 + 2 * number) * min(1, step / 60)
            points.append(f'<trkpt lat="{lat:.6f}" lon="{lng:.6f}"><time>{at.isoformat()}</time></trkpt>')
        (folder / f"{number}.gpx").write_text(
            f'<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>{name}</name><trkseg>'
            f"{''.join(points)}</trkseg></trk></gpx>"
        )
    return folder


@pytest.fixture(scope="module")
def recap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered recap of one night, in English and Welsh."""
    home = tmp_path_factory.mktemp("recap")
    night(home / "gritters", begun=datetime(2026, 1, 10, 21, 0, tzinfo=UTC))
    town(home / "town.geojson", reach=0.06)
    asked = {
        "title": {"en": "Last night", "cy": "Neithiwr"},
        "kind": "recap",
        "route": None,
        "tracks": {"file": "gritters", "called": {"en": "gritters", "cy": "graenwyr"}},
        "languages": ["en", "cy"],
        "length": "10s",
    }
    path = brief(home, **asked)
    done = promo(path, "--offline", cache=home / "cache", MAKE_PROMO_MAPS=str(home / "none"))
    assert done.returncode == 0, done.stderr
    return home


def test_a_recap_tells_its_totals(recap: Path) -> None:
    """Number, miles and nights stand in the post, in route.json and in the transcript, in both languages."""
    out = recap / "promo" / "route"
    told = json.loads((out / "route.json").read_text())
    assert told["kind"] == "recap"
    assert sorted(one["name"] for one in told["vehicles"]) == sorted(NAMES)
    miles = told["distance_m"] / 1609.344
    assert f"3 gritters, {miles:.0f} miles, one night" in (out / "x.en.post.txt").read_text()
    assert "3 graenwyr" in (out / "x.cy.post.txt").read_text()
    assert "3 gritters" in (out / "transcript.en.txt").read_text()


def test_a_recap_moves_on_its_map(recap: Path) -> None:
    """The vehicles drive: frames of the map scene differ, and the scene is more than plain paper."""
    pictures = [picture[::6, ::6].astype(int) for _, picture in frames(recap / "promo" / "route" / "x.en.mp4")]
    middle = pictures[len(pictures) // 2]
    assert middle.std() > 15
    assert np.abs(middle - pictures[len(pictures) // 2 + 15]).max() > 60


def test_the_depot_is_nowhere(recap: Path) -> None:
    """No point within 150 m of where the vehicles start is on the page or in route.json."""
    written = (recap / "promo" / "route" / "assets" / "map.js").read_text()
    written = re.sub(r"center: \[[^]]*\]", "", written)  # the middle of all that is shown
    pairs = re.findall(r"\[\s*(-?\d+\.\d+),\s*(-?\d+\.\d+)\s*\]", written)
    assert len(pairs) > 50
    for lat, lng in ((float(a), float(b)) for a, b in pairs):
        if abs(lat - LAT) < 0.05 and abs(lng - LNG) < 0.05:
            away = math.hypot((lat - LAT) * 111_000, (lng - LNG) * 69_000)
            assert away > 150


def test_new_positions_wait(tmp_path: Path) -> None:
    """What is newer than the delay is not shown; when nothing is left, a sentence says so."""
    night(tmp_path / "gritters", begun=datetime.now(UTC) - timedelta(minutes=40), hours=0.5)
    path = brief(tmp_path, kind="recap", route=None, tracks="gritters")
    done = promo(path, "--offline", cache=tmp_path / "cache")
    assert done.returncode == 3
    assert "too new" in done.stderr


def test_a_recap_with_nothing_to_show_says_what_to_write(tmp_path: Path) -> None:
    """The remedy, put into the brief as it stands there, is understood; only the file's name is the author's."""
    night(tmp_path / "gritters", begun=datetime.now(UTC) - timedelta(minutes=40), hours=0.5)
    path = brief(tmp_path, kind="recap", route=None, tracks="gritters", length="8s")
    done = promo("check", path, cache=tmp_path / "cache")
    assert done.returncode == 3
    asked = re.search(r"`tracks: (\{.*\})`", done.stdout)
    assert asked is not None, done.stdout
    wanted = yaml.safe_load(asked[1].replace("…", "gritters"))
    done = promo("check", brief(tmp_path, kind="recap", route=None, tracks=wanted, length="8s"), cache=tmp_path / "c")
    assert done.returncode == 0, done.stdout


def test_one_moment_is_no_recap(tmp_path: Path, shared: Path) -> None:
    """One position for each vehicle cannot be a time-lapse, and that is said at its place."""
    path = brief(
        tmp_path, kind="recap", route=None, tracks=str(shared / "data" / "fleets" / "doncaster-buses-2022-01-08.csv")
    )
    done = promo("check", path, cache=tmp_path / "cache")
    assert done.returncode == 3
    assert "tracks" in done.stdout + done.stderr


def test_several_routes_are_told_apart(tmp_path: Path) -> None:
    """Each route has its name and length in the post, the plan, the page and the legend; a second run does nothing."""
    walk(tmp_path / "w.gpx", title="Short walk")
    walk(tmp_path / "other.gpx", title="Other walk")
    town(tmp_path / "town.geojson")
    ways = [{"file": "w.gpx", "name": "Mill Walk"}, {"file": "other.gpx", "colour": "#0a3fb5"}]
    path = brief(tmp_path, route=None, routes=ways, length="9s")
    done = promo(path, "--offline", cache=tmp_path / "cache", MAKE_PROMO_MAPS=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    out = tmp_path / "promo" / "route"
    post = (out / "x.en.post.txt").read_text()
    assert "Mill Walk, 1.5 miles" in post
    assert "Other walk, 1.5 miles" in post
    said = plan(path, cache=tmp_path / "cache")["route"]["routes"]
    assert [one["name"] for one in said] == ["Mill Walk", "Other walk"]
    assert "Mill Walk" in (out / "map.html").read_text()
    assert "Mill Walk" in (out / "x.en.srt").read_text()
    before = state(tmp_path / "promo")
    again = promo(path, "--offline", cache=tmp_path / "cache", MAKE_PROMO_MAPS=str(tmp_path / "none"))
    assert "nothing has changed" in again.stderr
    assert state(tmp_path / "promo") == before
