"""A full disk: a sentence and code 4; what was finished is kept, and nothing half-written lies about."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import USUAL, Promo
from workbench import brief, environment, leftovers, pieces, promo

pytestmark = pytest.mark.slow

SMALL_DISK = """
mkdir -p "$1" && mount -t tmpfs -o size="$2" promo "$1" && shift 2 && "$@"; code=$?
find "$DISK" >&2
exit $code
"""


@functools.cache
def _may_mount() -> bool:
    tool = shutil.which("unshare")
    tried = [tool or "", "-rm", "sh", "-c", "mount -t tmpfs promo /mnt"]
    return tool is not None and subprocess.run(tried, capture_output=True, check=False).returncode == 0


def _on_small_disk(disk: Path, size: str, *arguments: object, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run where `disk` is a file system of `size`, gone afterwards; the last of stderr lists what is on it."""
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", SMALL_DISK, "sh", str(disk), size, *command],
        env=environment(cache, DISK=str(disk)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


needs_small_disk = pytest.mark.skipif(not _may_mount(), reason="this machine lets nobody mount a small disk")


@needs_small_disk
def test_a_disk_that_fills_while_joining(again: Promo, tmp_path: Path) -> None:
    """The clip does not fit where it should go: code 4, a sentence, nothing half-written; the pieces are kept."""
    before = pieces(again.cache)
    done = _on_small_disk(tmp_path / "disk", "300k", again.brief, "-o", tmp_path / "disk", cache=again.cache)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert "full" in done.stderr or "space" in done.stderr
    assert ".part" not in done.stderr
    assert pieces(again.cache) == before
    assert leftovers(again.cache) == []
    assert promo(again.brief, "-o", tmp_path / "wide", cache=again.cache).returncode == 0
    assert pieces(again.cache) == before


@needs_small_disk
def test_too_little_room_is_told_before_the_work(again: Promo, tmp_path: Path) -> None:
    """Where the pieces cannot fit, nothing is begun: code 4 and how much is needed."""
    done = _on_small_disk(tmp_path / "disk", "20m", again.brief, "-o", tmp_path / "out", cache=tmp_path / "disk")
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert "MB are needed" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
def test_a_quota_that_is_reached_in_the_middle(rendered: Promo, project: Path, tmp_path: Path) -> None:
    """A piece that may not be written ends the run with a sentence and code 4; the pieces before it are kept, and
    the next run goes on to the same bytes."""
    import resource

    sizes = sorted(size for _, _, size in pieces(rendered.cache).values())
    most = (sizes[-1] + sizes[-2]) // 2

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    path, cache = brief(project, **USUAL), tmp_path / "cache"
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", str(path)],
        env=environment(cache),
        capture_output=True,
        text=True,
        preexec_fn=small_files,
        timeout=120,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert "hint:" in done.stderr
    assert leftovers(cache, project) == []
    assert not (project / "promo/route/x.en.mp4").exists()
    kept = pieces(cache)
    assert promo(path, cache=cache).returncode == 0
    assert {name: pieces(cache)[name] for name in kept} == kept
    assert (project / "promo/route/x.en.mp4").read_bytes() == rendered.clip.read_bytes()
