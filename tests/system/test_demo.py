"""The demo's project: complete, true to itself, and kept when it is written again. Pictures are tiny here."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import gpxpy
import numpy as np
import pytest
from ruamel.yaml import YAML

from pipeline import demo
from pipeline.basemap import choose
from pipeline.brief.reading import read_brief
from pipeline.demo import film as filming
from pipeline.demo.chart import ATTRIBUTION, NAME
from pipeline.demo.flights import FLIGHTS, FPS, Flight, fly, telemetry
from pipeline.demo.ground import FAR_CELLS, MERES, NEAR_CELLS, ORIGIN, Ground, axes, lng_lat, make_ground
from pipeline.demo.landscape import Landscape
from pipeline.demo.painting import encoded, make_layers
from pipeline.demo.picture import HORIZON
from pipeline.demo.walk import Loop, gpx, make_loop
from pipeline.errors import BriefError
from pipeline.files import Store
from pipeline.geo import distances_m, flat
from pipeline.geometry import Size
from pipeline.gpx import read_route

TINY = Size(160, 90)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return make_ground()


@pytest.fixture(scope="module")
def loop() -> Loop:
    return make_loop()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ground: Ground) -> Path:
    """A written project whose clips are stand-ins: the encoder is not what is tested."""
    monkeypatch.setattr("pipeline.demo.ground.make_ground", lambda: ground)
    monkeypatch.setattr("pipeline.demo.film.make_studio", lambda ground, loop: None)
    monkeypatch.setattr("pipeline.demo.film.film", lambda studio, plan, target: target.write_bytes(b"clip"))
    demo.write_project(tmp_path)
    return tmp_path


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_brief_names_files_that_exist_and_places_that_the_route_has(project: Path) -> None:
    """Every file and every waypoint in the demo's brief is really there."""
    brief = YAML(typ="safe").load((project / "route.yml").read_text("utf-8"))
    route = gpxpy.parse((project / brief["route"]).read_text("utf-8"))
    assert len(brief["footage"]) == len(FLIGHTS)
    for name in brief["footage"]:
        assert (project / name).is_file()
        assert (project / name).with_suffix(".SRT").is_file()
    named = {f"waypoint {waypoint.name}" for waypoint in route.waypoints}
    asked = {caption["at"] for caption in brief["captions"] if str(caption["at"]).startswith("waypoint")}
    assert asked
    assert asked <= named


def test_route_is_a_loop_of_five_to_eight_kilometres_with_heights(ground: Ground, loop: Loop) -> None:
    """The GPX is a closed track of a gentle afternoon's length whose every point has a height and no time."""
    (track,) = gpxpy.parse(gpx(loop, ground)).tracks
    points = track.segments[0].points
    lng, lat = np.array([p.longitude for p in points]), np.array([p.latitude for p in points])
    assert 5000 < distances_m(lng, lat).sum() < 8000
    assert (points[0].longitude, points[0].latitude) == (points[-1].longitude, points[-1].latitude)
    assert all(p.elevation is not None and 150 < p.elevation < 600 and p.time is None for p in points)


def test_waypoints_lie_on_the_line(ground: Ground, loop: Loop) -> None:
    """Each named place is a point of the track."""
    route = gpxpy.parse(gpx(loop, ground))
    line = {(p.longitude, p.latitude) for p in route.tracks[0].segments[0].points}
    assert len(route.waypoints) >= 5
    assert all((w.longitude, w.latitude) in line for w in route.waypoints)


def test_path_keeps_its_feet_dry(ground: Ground, loop: Loop) -> None:
    """The walk does not lead through a mere, and there is water in each of them."""
    x, y = axes(3072.0, NEAR_CELLS)

    def wet(east: float, north: float) -> float:
        return float(ground.water[np.abs(y[:, 0] - north).argmin(), np.abs(x[0] - east).argmin()])

    assert max(wet(a, b) for a, b in zip(loop.x, loop.y, strict=True)) == 0
    assert min(wet(mere.x, mere.y) for mere in MERES) == 1


@pytest.mark.parametrize("plan", FLIGHTS, ids=lambda plan: plan.name)
def test_telemetry_follows_the_route(plan: Flight, ground: Ground, loop: Loop) -> None:
    """Each frame has one cue, within 60 m of the route, moving, below the legal 120 m over take-off."""
    text = telemetry(plan, fly(plan, loop, ground))
    places = re.findall(r"latitude: (-?[\d.]+)\] \[longitude: (-?[\d.]+)\] \[rel_alt: (-?[\d.]+)", text)
    assert len(places) == plan.seconds * FPS == len(re.findall("-->", text))
    lat, lng, rise = np.array(places, np.float64).T
    route, drone = flat(*lng_lat(loop.x, loop.y), ORIGIN), flat(lng, lat, ORIGIN)
    assert np.hypot(*(drone[:, None] - route).transpose(2, 0, 1)).min(axis=1).max() < 60
    steps = np.hypot(*np.diff(drone, axis=0).T) * FPS
    assert 5 < steps.mean() < 20
    assert steps.max() < 25
    assert rise.max() < 120


def test_text_files_are_the_same_every_time(ground: Ground, loop: Loop) -> None:
    """Two makings give the same bytes."""
    again = make_ground()
    assert gpx(make_loop(), again) == gpx(loop, ground)
    assert telemetry(FLIGHTS[0], fly(FLIGHTS[0], make_loop(), again)) == telemetry(
        FLIGHTS[0], fly(FLIGHTS[0], loop, ground)
    )


def test_writing_again_changes_nothing(project: Path) -> None:
    """A second demo into the same folder keeps every byte."""
    before = _contents(project)
    demo.write_project(project)
    assert _contents(project) == before


def test_the_map_lies_beside_the_brief_and_is_chosen_by_itself(project: Path, tmp_path: Path) -> None:
    """The written project has a map that `source: auto` finds, with its own thanks and nothing to complain of."""
    brief, route = read_brief(project / "route.yml"), read_route(project / "route.gpx")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    choice = choose(brief, route.lines, Store(tmp_path / "cache"), offline=True, now=now)
    assert choice.basemap is not None
    assert choice.basemap.name == NAME
    assert [credit.text for credit in choice.basemap.credits] == [ATTRIBUTION]
    assert choice.problems == ()


def test_edits_of_a_person_are_kept(project: Path) -> None:
    """A brief that was edited stays as it is; a file that was lost comes back."""
    (project / "route.yml").write_text("title: Mine\nroute: route.gpx\n", "utf-8")
    (project / "route.gpx").unlink()
    (project / "footage/DJI_0002.MP4").write_bytes(b"another clip")
    demo.write_project(project)
    assert (project / "route.yml").read_text("utf-8").startswith("title: Mine")
    assert (project / "route.gpx").is_file()
    assert (project / "footage/DJI_0002.MP4").read_bytes() == b"another clip"


def test_clips_of_older_code_are_made_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the code that makes the pictures has changed, clips that nobody touched are filmed again."""
    monkeypatch.setattr("pipeline.demo._recipe", lambda: "newer")
    monkeypatch.setattr("pipeline.demo.film.film", lambda studio, plan, target: target.write_bytes(b"better"))
    demo.write_project(project)
    assert (project / "footage/DJI_0001.MP4").read_bytes() == b"better"


def test_a_stranger_is_not_overwritten(tmp_path: Path) -> None:
    """A folder with somebody else's brief is refused with a sentence, and the brief stays."""
    (tmp_path / "route.yml").write_text("title: Not the demo\n", "utf-8")
    with pytest.raises(BriefError, match="not from the demo"):
        demo.write_project(tmp_path)
    assert _contents(tmp_path) == {"route.yml": b"title: Not the demo\n"}


def test_heights_survive_their_coding() -> None:
    """24 bits hold a height to the millimetre."""
    heights = np.array([[150.0, 234.567, 1049.0]], np.float32)
    code = encoded(heights).astype(np.float64)
    back = (code[..., 0] + code[..., 1] * 256 + code[..., 2] * 65536) / (2**24 - 1) * 900 + 150
    assert np.abs(back - heights).max() < 0.001


def test_pictures_show_a_bright_sky_over_ground_and_move_smoothly(ground: Ground, loop: Loop) -> None:
    """The sky is brighter than the ground; from frame to frame something changes, but nothing flickers."""
    colour = np.full((1024, 1024, 4), 255, np.uint8)
    colour[..., :3] = np.random.Generator(np.random.PCG64(1)).integers(40, 140, (1024, 1024, 1))
    land = Landscape(
        near=colour,
        far=np.full((FAR_CELLS, FAR_CELLS, 4), 90, np.uint8),
        near_height=ground.near,
        far_height=ground.far,
        water=ground.water,
        houses=np.zeros((0, 6), np.float32),
        single=np.array([[0.0, 0.0, 240.0, 5.0, 0.0]], np.float32),
    )
    studio = filming.Studio(ground=ground, loop=loop, land=land, layers=make_layers(land))
    made = filming.frames(studio, FLIGHTS[1], TINY)
    pictures = [next(made)[..., :3].astype(np.float64) for _ in range(6)]
    foot = round(TINY.height * HORIZON * 0.3)
    for picture in pictures:
        assert picture[:foot].mean() > picture[TINY.height // 2 :].mean() + 30
    changes = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(pictures)]
    assert min(changes) > 0.05
    assert max(changes) < 6
    assert max(changes) < 2 * min(changes)
