"""Many small briefs, clusters begun and ended, and eyes for the processes of one cache, for the tests of scale."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench import brief, environment, filmed, processes, walk

TRAP = """
import os, signal
def trap(size):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def walks(folder: Path, own: int, alike: int) -> tuple[list[Path], list[Path]]:
    """`own` briefs with words of their own, some with footage, some with sound; and `alike` that differ in what is
    posted and in nothing that is drawn, of three kinds."""
    filmed(folder / "a.mp4", "testsrc2", seconds=3)
    walk(folder / "w.gpx", names=["Pond"])
    kinds: list[dict[str, Any]] = [
        {"kind": "map", "length": "3s"},
        {"footage": ["a.mp4"], "length": "6s"},
        {"kind": "map", "length": "3s", "languages": ["cy"]},
    ]
    mine = [brief(folder, f"own-{n}.yml", title=f"Walk {n}", **kinds[n % 3]) for n in range(own)]
    same = [brief(folder, f"same-{n}.yml", post={"text": f"Post {n}"}, **kinds[n % 3]) for n in range(alike)]
    return mine, same


def guest(folder: Path) -> str:
    """An installed package whose overlay kills the process that draws it; its folder."""
    about = folder / "trap-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "trap_overlay.py").write_text(TRAP)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: trap\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[make_promo.overlays]\ntrap = trap_overlay:trap\n")
    return str(folder)


def contents(out: Path) -> dict[str, bytes]:
    """Every file below `out` but the proofs, which tell the day; of sidecars what does not tell it."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and "/proof" not in name:
            found[name] = path.read_bytes()
            if name.count(".") == 2 and name.endswith(".json"):
                told = json.loads(found[name])
                del told["made_at"]
                found[name] = json.dumps(told).encode()
    return found


def different(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]


def alive(cache: Path) -> dict[int, str]:
    """Processes of this machine that work with `cache`, with their command lines."""
    mark = f"MAKE_PROMO_CACHE={cache}\0".encode()
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_text("utf-8", "replace").replace("\0", " ")
        except OSError:
            continue
    return {number: words for number, words in found.items() if words}  # no zombies


def nobody(cache: Path, *, besides: Sequence[int] = ()) -> bool:
    """Whether all processes of `cache`, `besides` some, end in time."""
    return within(15, lambda: not alive(cache).keys() - set(besides))


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def parent(number: int) -> int:
    return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])


def drawing(cache: Path) -> list[int]:
    """The processes whose ffmpeg encodes pieces into `cache` at this moment: hands, workers, or the command."""
    found = []
    for number in processes(str(cache / "store")):
        words = alive(cache).get(number, "")
        if "libx264" in words and "supervise.py" in words:
            found.append(parent(number))
    return found


@contextmanager
def farm(cache: Path, workers: int, **more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`make-promo farm up`, its address and its process; ended at the end, whatever happened to it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "farm", "up", "--workers", str(workers)],
        env=environment(cache, **more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("dask://127.0.0.1:"), process.communicate()
        yield address, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
