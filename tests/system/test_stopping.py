"""Cut off in the middle: nobody survives, nothing half-written is left, the next run goes on from what is finished."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import USUAL, Promo
from workbench import begun, brief, gone, interrupt, leftovers, pieces, processes, promo, state, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for children in /proc"),
]


def _sealed(cache: Path) -> dict[str, tuple[int, int, int]]:
    return {
        name: one
        for name, one in pieces(cache).items()
        if name.endswith(".mp4") and (cache / f"{name}.sha256").exists()
    }


def _encoding(cache: Path) -> bool:
    """One piece is finished and another is being written."""
    return bool(_sealed(cache)) and any("libx264" in _words(number) for number in processes(str(cache)))


def _words(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_text("utf-8", "replace")
    except OSError:
        return ""


def _finishes(path: Path, cache: Path, kept: dict[str, tuple[int, int, int]], whole: Path) -> None:
    """The next run keeps the finished pieces and ends with the bytes of an undisturbed run."""
    done = promo(path, cache=cache)
    assert done.returncode == 0, done.stderr
    after = pieces(cache)
    assert {name: after[name] for name in kept} == kept
    assert (path.parent / "promo/route/x.en.mp4").read_bytes() == whole.read_bytes()


def test_after_kill_9_the_next_run_goes_on(rendered: Promo, project: Path, tmp_path: Path) -> None:
    """kill -9 leaves no ffmpeg behind and no half file; the next run renders the rest, to the same bytes."""
    path, cache = brief(project, **USUAL), tmp_path / "killed-cache"
    process = begun(path, cache=cache)
    wait_for(process, lambda: _encoding(cache))
    process.kill()
    process.wait()
    assert gone(str(cache)), "ffmpeg lives on"
    kept = _sealed(cache)
    assert 1 <= len(kept) < len(_sealed(rendered.cache))
    assert not (project / "promo/route/x.en.mp4").exists()
    for torn in leftovers(cache):
        os.utime(torn, (1, 1))
    _finishes(path, cache, kept, rendered.clip)
    assert leftovers(cache, project) == [], "what a killed run left is never swept"


def test_ctrl_c_once_ends_cleanly(rendered: Promo, project: Path, tmp_path: Path) -> None:
    """One Ctrl-C: a sentence, exit code 130, no children, nothing half-written anywhere; the next run goes on."""
    path, cache = brief(project, **USUAL), tmp_path / "stopped-cache"
    process = begun(path, cache=cache)
    wait_for(process, lambda: _encoding(cache))
    interrupt(process)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "stopped" in said
    assert gone(str(cache)), "ffmpeg lives on"
    assert leftovers(cache, project) == []
    assert not (project / "promo").exists() or state(project / "promo") == {}
    kept = _sealed(cache)
    assert kept
    assert pieces(cache).keys() <= {*kept, *(name for name in pieces(cache) if name.endswith(".aac"))}
    _finishes(path, cache, kept, rendered.clip)
