"""Flashing footage is found and blocked, calm footage passes, and looking costs nothing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from workbench import brief, ffmpeg, pieces, promo, state, walk

pytestmark = pytest.mark.slow

# Light and dark in turns, for three pictures each: five times a second.
FLASHING = "color=c=gray:s=480x270:r=30:d=5,geq=lum='if(lt(mod(N,6),3),200,60)':cb=128:cr=128"
CALM = "gradients=s=480x270:r=30:d=5:speed=0.02:seed=3"
RULES = ["F3", "F2", "F4", "F5", "F9", "F10", "F12"]


def project(folder: Path, picture: str) -> Path:
    """A brief of two shots with a caption, of footage that shows `picture` (lavfi)."""
    folder.mkdir()
    walk(folder / "w.gpx")
    ffmpeg(
        *("-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", 12, "-g", 15, f"file:{folder / 'clip.mp4'}"),
    )
    return brief(folder, footage=["clip.mp4"], length="6s", captions=[{"at": "0.7 mi", "text": "One"}])


def flashes(folder: Path) -> dict[str, dict[str, Any]]:
    checks = json.loads((folder / "promo" / "route" / "x.en.json").read_text(encoding="utf-8"))["checks"]
    return {check["id"]: check for check in checks if check["id"] in RULES}


def test_flashing_footage_is_blocked(tmp_path: Path) -> None:
    """Five flashes a second over the whole picture: the clip is made, and its sidecar and the talk say that it must not
    be posted, when it flashes and what to do."""
    path = project(tmp_path / "flashing", FLASHING)
    done = promo(path, cache=tmp_path / "cache")
    found = flashes(path.parent)
    assert list(found) == RULES
    assert (found["F3"]["passed"], found["F3"]["level"]) == (False, "block")
    assert found["F3"]["measured"] in ("5", "5½")  # a cut may change the light, too
    assert not found["F5"]["passed"]
    assert found["F2"]["passed"]
    assert "take other seconds of that clip" in found["F3"]["remedy"]
    assert "Flashes in any one second: 5" in done.stderr
    assert "it should be at most 3" in done.stderr
    assert (path.parent / "promo" / "route" / "x.en.mp4").exists()


def test_calm_footage_passes_and_is_looked_at_once(tmp_path: Path) -> None:
    """Calm footage passes every rule; a second run changes no file; without what was kept from looking, the result is
    the same."""
    cache = tmp_path / "cache"
    path = project(tmp_path / "calm", CALM)
    assert promo(path, cache=cache).returncode == 0
    out = path.parent / "promo"
    assert all(check["passed"] for check in flashes(path.parent).values())
    assert list(flashes(path.parent)) == RULES
    made, kept = state(out), pieces(cache)
    assert promo(path, cache=cache).returncode == 0
    assert (state(out), pieces(cache)) == (made, kept)

    before = flashes(path.parent)
    glances = [one for one in cache.rglob("*.glance*") if one.is_file()]
    assert glances
    for one in [*glances, *cache.glob("store/flashes/*/*.json")]:
        one.unlink()
    (out / "route" / "x.en.json").unlink()
    assert promo(path, cache=cache).returncode == 0
    assert flashes(path.parent) == before
    assert pieces(cache) == kept
    assert len([one for one in cache.rglob("*.glance*") if one.is_file()]) == len(glances)


def test_drafts_are_not_looked_at(tmp_path: Path) -> None:
    """A draft shows a few pictures of the footage again and again: it has no verdict on flashes."""
    path = project(tmp_path / "flashing", FLASHING)
    assert promo(path, "--draft", cache=tmp_path / "cache").returncode == 0
    (found,) = (path.parent / "promo").rglob("x.en.json")
    checks = json.loads(found.read_text(encoding="utf-8"))["checks"]
    assert not {check["id"] for check in checks} & set(RULES)
    assert not list((tmp_path / "cache").rglob("*.glance"))
