"""One promo is rendered for the whole session; tests that change something work on copies of it. What tests of
publishing have in common stands below."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from workbench import brief, filmed, promo, walk

from pipeline.ledger import Ledger

sys.path.append(str(Path(__file__).parents[1] / "unit"))
from system.fake_instagram import FakeWeb
from system.posting import Clock
from tiny_clips import CLOSED, encoded

USUAL: dict[str, Any] = {
    "footage": ["testsrc2.mp4", "gradients.mp4", "testsrc.mp4"],
    "length": "10s",
    "captions": [{"at": "0.7 mi", "text": "One"}, {"at": "1.3 mi", "text": "Two"}],
}


@dataclass(frozen=True)
class Promo:
    """A rendered project: its brief, where the clips went, the cache, and how the run ended."""

    brief: Path
    cache: Path
    done: subprocess.CompletedProcess[str]

    @property
    def out(self) -> Path:
        return self.brief.parent / "promo" / "route"

    @property
    def clip(self) -> Path:
        return self.out / "x.en.mp4"


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three tiny clips and a route, never written to by tests."""
    folder = tmp_path_factory.mktemp("clips")
    filmed(folder / "testsrc2.mp4", "testsrc2", seconds=3)
    filmed(folder / "gradients.mp4", "gradients=speed=0.03:seed=3", seconds=3)
    filmed(folder / "testsrc.mp4", "testsrc", seconds=3)
    walk(folder / "w.gpx", names=["Pond", "Café Hill"])
    return folder


@pytest.fixture
def project(clips: Path, tmp_path: Path) -> Path:
    """A folder of one's own with the clips and the route."""
    return Path(shutil.copytree(clips, tmp_path / "project"))


@pytest.fixture(scope="session")
def rendered(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Promo:
    """The usual promo (10 s for X from three clips with two captions), rendered once. Not to be changed."""
    home = tmp_path_factory.mktemp("rendered")
    folder = Path(shutil.copytree(clips, home / "project"))
    path = brief(folder, **USUAL)
    done = promo(path, cache=home / "cache")
    assert done.returncode == 0, done.stderr
    return Promo(path, home / "cache", done)


@pytest.fixture
def again(rendered: Promo, tmp_path: Path) -> Promo:
    """A copy of the rendered promo and its cache, to be changed at will."""
    shutil.copytree(rendered.brief.parent, tmp_path / "project")
    shutil.copytree(rendered.cache, tmp_path / "cache")
    path = tmp_path / "project" / "route.yml"
    return Promo(path, tmp_path / "cache", rendered.done)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.sqlite")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[FakeWeb]:
    """The council's website."""
    folder = tmp_path / "website"
    folder.mkdir()
    server = FakeWeb(folder)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Four seconds, as small as they can be."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return encoded(path, options=CLOSED, frames=120, movflags="+faststart").read_bytes()


# By the seconds that they take; the rest follows. With `--no-loadscope-reorder` no worker is left with one of these at
# the end, while the others have nothing to do.
LONG = (
    "scale", "signoff", "maps_in_clips", "proof_in_a_browser", "review", "page_in_a_browser", "publish", "the_file",
    "sound_levels", "picture_pixels", "hardware", "real_mastodon", "real_bluesky", "recaps_and_routes", "again",
    "stopping", "new_and_doctor", "x", "youtube", "facebook", "broken", "full_disk", "sign_in", "many_platforms",
    "flash_checks", "flashes", "contrast", "talk_from_outside", "overlays_of_others", "instagram", "sound", "hostile",
    "tick", "languages_in_clips", "cluster_tls", "online_maps", "demo", "linkedin", "threads", "glances",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"test_{name}": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))
