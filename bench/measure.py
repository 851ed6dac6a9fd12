"""Measure whole commands in turns: A B C, A B C, … so that the drift of a busy machine hits all of them alike.

CPU seconds are user + system of the process and all its waited-for descendants, as the kernel counts them. Memory is
the peak, over samples, of the sum of what all processes of the tree hold (RSS; pages they share count twice).
Linux only (it reads /proc); standard library only.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SAMPLE_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command; `before` runs each time first, unmeasured, to set the stage."""

    command: Sequence[str]
    before: Callable[[], None] = lambda: None
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    cpu_s: float
    wall_s: float
    rss_mb: float


def in_turns(cases: Mapping[str, Case], rounds: int) -> dict[str, list[Run]]:
    """Every case `rounds` times. Stops with the command's last words when one fails."""
    runs: dict[str, list[Run]] = {name: [] for name in cases}
    for number in range(rounds):
        for name, case in cases.items():
            case.before()
            run = once(name, case)
            runs[name].append(run)
            print(
                f"  round {number + 1} {name:34s} cpu {run.cpu_s:8.2f} s  wall {run.wall_s:8.2f} s"
                f"  {run.rss_mb:6.0f} MB",
                file=sys.stderr,
                flush=True,
            )
    return runs


def once(name: str, case: Case) -> Run:
    began = time.monotonic()
    child = subprocess.Popen(
        list(case.command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # As installed: modules are compiled once, not at every start.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(case.environment or {})},
    )
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(_SAMPLE_S):
            peak[0] = max(peak[0], _tree_bytes(child.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    over.set()
    watcher.join()
    if status:
        raise SystemExit(f"{name} failed:\n{said[-1500:].decode(errors='replace')}")
    return Run(cpu_s=used.ru_utime + used.ru_stime, wall_s=wall, rss_mb=peak[0] / 1e6)


def ratio(runs: Mapping[str, Sequence[Run]], name: str, to: str) -> float:
    """Median over rounds of the CPU ratio: both of one round were measured in the same minutes."""
    return statistics.median(one.cpu_s / other.cpu_s for one, other in zip(runs[name], runs[to], strict=True))


def median(runs: Sequence[Run], field: str) -> float:
    return statistics.median(getattr(run, field) for run in runs)


def _tree_bytes(root: int) -> int:
    parents: dict[int, int] = {}
    held: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(entry.name)], held[int(entry.name)] = int(fields[1]), int(fields[21]) * _PAGE
    return sum(size for pid, size in held.items() if _descends(pid, root, parents))


def _descends(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    while pid and pid != root:
        pid = parents.get(pid, 0)
    return pid == root
