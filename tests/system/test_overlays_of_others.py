"""Overlays of other people's packages: by name only, at the right place and time."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import brief, frames, promo

pytestmark = pytest.mark.slow

MODULE = """
import numpy as np
from moviepy import ColorClip, ImageClip

def badge():
    mask = ImageClip(np.tile(np.linspace(1, 1, 101), (51, 1)), is_mask=True)
    return ColorClip((101, 51), color=(255, 0, 255), duration=2).with_mask(mask)

def sized(size):
    return ColorClip((size[0] // 4, 40), color=(0, 255, 0), duration=1)

def broken():
    raise RuntimeError("no badge today")
"""


@pytest.fixture
def package(tmp_path: Path) -> str:
    """A tiny installed package that offers overlays; its folder."""
    home = tmp_path / "site"
    about = home / "guest_badges-1.0.dist-info"
    about.mkdir(parents=True)
    (home / "guest_badges.py").write_text(MODULE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: guest-badges\nVersion: 1.0\n")
    names = "".join(f"{name} = guest_badges:{name}\n" for name in ("badge", "sized", "broken"))
    (about / "entry_points.txt").write_text(f"[make_promo.overlays]\n{names}")
    return str(home)


def test_a_guest_is_seen_at_its_place_and_time(project: Path, tmp_path: Path, package: str) -> None:
    """A MoviePy clip of a package, of odd size and with a mask, is laid over the asked seconds and no others."""
    overlays = [
        {"clip": "badge", "at": "2s", "for": "2s", "place": "top-left"},
        {"clip": "sized", "at": "5s", "for": "1s", "place": "bottom-right"},
    ]
    path = brief(project, kind="map", length="7s", overlays=overlays)
    done = promo(path, cache=tmp_path / "cache", PYTHONPATH=package)
    assert done.returncode == 0, done.stderr
    magenta, green = {}, {}
    for number, picture in frames(project / "promo/route/x.en.mp4"):
        red, lush, blue = (picture[:, :, channel].astype(int) for channel in range(3))
        magenta[number] = (red > 200) & (lush < 70) & (blue > 200)
        green[number] = (red < 70) & (lush > 200) & (blue < 70)
    fps = len(magenta) // 7
    shown = [number for number, where in magenta.items() if where.sum() > 4000]
    assert shown == list(range(2 * fps, 4 * fps))
    down, across = magenta[3 * fps].nonzero()
    assert down.max() < 360
    assert across.max() < 640
    assert abs(magenta[3 * fps].sum() - 101 * 51) < 500
    later = [number for number, where in green.items() if where.sum() > 9000]
    assert later == list(range(5 * fps, 6 * fps))
    down, across = green[5 * fps + 5].nonzero()
    assert down.min() > 360
    assert across.min() > 640


def test_an_unknown_guest_is_refused_with_the_nearest(project: Path, tmp_path: Path, package: str) -> None:
    """A name that no package offers: code 2, the place in the brief, the nearest real name, nothing written."""
    path = brief(project, kind="map", overlays=[{"clip": "badgee", "at": "2s"}])
    done = promo(path, cache=tmp_path / "cache", PYTHONPATH=package)
    assert done.returncode == 2
    assert "route.yml:1:" in done.stderr
    assert '"badge"' in done.stderr
    assert not (project / "promo").exists()


def test_a_guest_that_fails_is_named(project: Path, tmp_path: Path, package: str) -> None:
    """When a foreign package raises, its name and its words are told: code 4, and other briefs go on."""
    bad = brief(project, kind="map", overlays=[{"clip": "broken", "at": "2s"}])
    good = brief(project, "good.yml", kind="map", length="3s")
    done = promo(bad, good, "--draft", cache=tmp_path / "cache", PYTHONPATH=package)
    assert done.returncode == 4
    assert "no badge today" in done.stderr
    assert (project / "promo/good/x.en.mp4").exists()
    assert not (project / "promo/route").exists()
