"""Maps in finished clips: drawn from a file beside the brief, moving, credited everywhere; never a reason to fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from map_towns import town
from workbench import brief, frames, pieces, plan, promo, state, walk

pytestmark = pytest.mark.slow

CREDIT = "© Testham Council"


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map-only promo of a walk on a map beside the brief, rendered once."""
    folder = tmp_path_factory.mktemp("mapped")
    walk(folder / "w.gpx", names=["Old Mill", "Quiet Corner"])
    town(folder / "town.geojson")
    path = brief(folder, length="9s", captions=[{"at": "0.7 mi", "text": "By the river"}])
    done = promo(path, "--offline", cache=folder / "cache", MAKE_PROMO_MAPS=str(folder / "none"))
    assert done.returncode == 0, done.stderr
    return folder


def test_the_plan_says_which_map_and_why(mapped: Path) -> None:
    """The source, its kind, the reason and the credit stand in the plan."""
    said = plan(mapped / "route.yml", cache=mapped / "cache")["map"]
    assert (said["source"], said["kind"], said["credits"]) == ("town.geojson", "map", [CREDIT])
    assert "beside the brief" in said["why"]


def test_the_map_moves(mapped: Path) -> None:
    """Most frames of the map scene differ, the last second rests, and the picture is no plain card."""
    pictures = [picture[::8, ::8].astype(int) for _, picture in frames(mapped / "promo" / "route" / "x.en.mp4")]
    shots = plan(mapped / "route.yml", cache=mapped / "cache")["shots"]
    (scene,) = [shot for shot in shots if shot["role"] == "route"]
    rate = len(pictures) / shots[-1]["end_s"]
    first, last = round(scene["start_s"] * rate), round(scene["end_s"] * rate)
    steps = [
        float(np.abs(a - b).mean()) for a, b in zip(pictures[first:last], pictures[first + 1 : last], strict=False)
    ]
    assert sum(step > 0.3 for step in steps) > len(steps) / 2
    assert max(steps[-round(0.5 * rate) :]) < 0.3
    assert pictures[(first + last) // 2].std() > 20


def test_the_credit_is_everywhere(mapped: Path) -> None:
    """Who made the map is thanked in the sidecar, the post, the list of credits, the page and the transcript."""
    out = mapped / "promo" / "route"
    note = json.loads((out / "x.en.json").read_text())
    assert CREDIT in note["credits"]
    assert CREDIT in (out / "x.en.post.txt").read_text()
    assert CREDIT in (out / "transcript.en.txt").read_text()
    assert CREDIT in (out / "map.html").read_text()
    (credit,) = json.loads((out / "credits.json").read_text())["credits"]
    assert (credit["text"], credit["source"], credit["licence"]) == (CREDIT, "map", "OGL v3")


def test_the_page_lies_on_the_map(mapped: Path) -> None:
    """The page has our drawn map as a picture of its own."""
    pictures = list((mapped / "promo" / "route" / "assets").glob("map-*.webp"))
    assert pictures
    assert all(path.stat().st_size > 5_000 for path in pictures)


def test_a_second_run_reads_no_map(mapped: Path) -> None:
    """When nothing has changed, nothing is drawn or written, even where the map file can no longer be read as one."""
    before, made = state(mapped / "promo"), pieces(mapped / "cache")
    done = promo(mapped / "route.yml", cache=mapped / "cache", MAKE_PROMO_MAPS=str(mapped / "none"))
    assert "nothing has changed" in done.stderr
    assert (state(mapped / "promo"), pieces(mapped / "cache")) == (before, made)


def test_the_same_map_gives_the_same_bytes(mapped: Path, tmp_path: Path) -> None:
    """Another cache and folder, the same clip."""
    for name in ("route.yml", "w.gpx", "town.geojson"):
        shutil.copy(mapped / name, tmp_path / name)
    done = promo(tmp_path / "route.yml", cache=tmp_path / "cache", MAKE_PROMO_MAPS=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    clip = Path("promo", "route", "x.en.mp4")
    assert (tmp_path / clip).read_bytes() == (mapped / clip).read_bytes()


def test_a_broken_map_costs_a_warning(tmp_path: Path) -> None:
    """The clip is made with the route card, and the warning names the file."""
    walk(tmp_path / "w.gpx")
    (tmp_path / "town.osm.pbf").write_bytes(b"no map at all")
    path = brief(tmp_path, map={"source": "town.osm.pbf"})
    done = promo(path, cache=tmp_path / "cache", MAKE_PROMO_MAPS=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    assert "map.source: warning: town.osm.pbf: " in done.stderr
    assert "another map is used" in done.stderr
    assert plan(path, cache=tmp_path / "cache")["map"]["source"] == "none"


def test_less_motion_is_a_still_map(tmp_path: Path) -> None:
    """`motion: reduced` shows the whole route on a map that does not move."""
    walk(tmp_path / "w.gpx")
    town(tmp_path / "town.geojson")
    path = brief(tmp_path, motion="reduced")
    done = promo(path, cache=tmp_path / "cache", MAKE_PROMO_MAPS=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    shots = plan(path, cache=tmp_path / "cache")["shots"]
    (scene,) = [shot for shot in shots if shot["role"] == "route"]
    pictures = [picture[::8, ::8].astype(int) for _, picture in frames(tmp_path / "promo" / "route" / "x.en.mp4")]
    rate = len(pictures) / shots[-1]["end_s"]
    inside = pictures[round(scene["start_s"] * rate) + 1 : round(scene["end_s"] * rate) - 1]
    assert max(float(np.abs(a - inside[0]).mean()) for a in inside) < 0.5


def test_photos_are_laid_on_the_map(tmp_path: Path) -> None:
    """A photo among the footage of a map clip is seen on the map, and one too many is told."""
    from PIL import Image

    walk(tmp_path / "w.gpx")
    town(tmp_path / "town.geojson")
    Image.new("RGB", (400, 300), (250, 0, 250)).save(tmp_path / "pink.jpg")
    for number in range(4):
        Image.new("RGB", (400, 300), (0, 250, 250)).save(tmp_path / f"more{number}.jpg")
    few = brief(tmp_path, "few.yml", length="9s", kind="map", footage=[{"file": "pink.jpg", "at": "0.7 mi"}])
    done = promo(few, cache=tmp_path / "cache", MAKE_PROMO_MAPS=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    pink = [
        int(((picture[..., 0] > 200) & (picture[..., 1] < 60) & (picture[..., 2] > 200)).sum())
        for _, picture in frames(tmp_path / "promo" / "few" / "x.en.mp4")
    ]
    assert max(pink) > 8_000
    assert pink[0] == pink[-1] == 0
    names = ["pink.jpg", *(f"more{number}.jpg" for number in range(4))]
    many = brief(tmp_path, "many.yml", length="9s", kind="map", footage=names)
    assert "there is no room for this photo" in promo("check", many, cache=tmp_path / "cache").stdout
