"""Benchmark of many briefs: what a node costs beside its work, and whether all engines write the same bytes.

python bench/scale.py --work DIR [--only overhead,equal] [--nodes 1000] [--briefs 60] [--whole]

`overhead` has each engine do nodes that end at once (plans of a brief that is not there). `equal` renders the briefs in
one process, on one and two local workers and on a Dask scheduler with two worker processes, each with an empty cache;
drafts, or `--whole` clips. Linux only; times are worth something only beside each other.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "system"))

from scale_bench import contents, different, farm, walks  # noqa: E402

from pipeline.conducting import Coordinator  # noqa: E402
from pipeline.engines import Engine, Result, Tell  # noqa: E402
from pipeline.engines.cluster import Cluster  # noqa: E402
from pipeline.engines.inline import Inline  # noqa: E402
from pipeline.engines.local import Local  # noqa: E402
from pipeline.jobs import Office  # noqa: E402
from pipeline.listening import Silent  # noqa: E402
from pipeline.nodes import Errand, Node  # noqa: E402
from pipeline.prepare import Wants  # noqa: E402

NOW = datetime(2027, 1, 7, 6, tzinfo=UTC)
MOST_MS = 10.0


class AtOnce:
    """An engine that answers every plan with a failure: what is left is the coordinator."""

    def __init__(self) -> None:
        self._held: deque[Node] = deque()

    def slots(self) -> int:
        return 24

    def listen(self, tell: Tell) -> None:
        """Nothing is told."""

    def submit(self, node: Node) -> None:
        self._held.append(node)

    def done(self) -> list[Result]:
        wrong = {"code": 2, "problems": [{"level": "block", "where": "x", "what": "y", "remedy": ""}]}
        return [Result(token=self._held.popleft()["token"], answer={"error": wrong})]

    def cancel(self, prefix: str) -> None:
        """Nothing else is under way."""

    def close(self) -> None:
        """Nothing goes on."""


def overhead(engine: Engine, nodes: int, work: Path) -> float:
    """Milliseconds for a node, after a few that start the processes."""
    wants = Wants(now=NOW).told()
    office = Office(
        errand=lambda path: Errand(brief=path, wants=wants, now=NOW),
        out=lambda path: work / "out",
        noted=lambda folder, answer: ((), {}),
        tidied=lambda: None,
        store=work,
    )

    def conduct(count: int) -> float:
        briefs = [work / "none" / f"{number}.yml" for number in range(count)]
        began = time.perf_counter()
        assert all(one.error for one in Coordinator(briefs, engine, office, Silent()).outcomes())
        return time.perf_counter() - began

    try:
        conduct(50)
        return 1000 * conduct(nodes) / nodes
    finally:
        engine.close()


def overheads(work: Path, nodes: int) -> bool:
    print("| engine | ms for a node |\n|---|---|")
    made: dict[str, Callable[[], Engine]] = {
        "the coordinator alone": AtOnce,
        "inline": lambda: Inline(1),
        "local 1": lambda: Local(1),
        "local 2": lambda: Local(2),
    }
    found = {name: overhead(make(), nodes, work) for name, make in made.items()}
    with farm(work / "cache", 2) as (address, _):
        found["Dask, 2 workers"] = overhead(Cluster(address, work / "cache" / "store"), nodes, work)
    for name, spent in found.items():
        print(f"| {name} | {spent:.2f} |")
    return max(found.values()) <= MOST_MS


def equal(work: Path, count: int, *, whole: bool) -> bool:
    folder = work / "walks"
    shutil.rmtree(work, ignore_errors=True)
    folder.mkdir(parents=True)
    briefs = walks(folder, count, 0)[0]
    print("| engine | wall s | CPU s | files that differ |\n|---|---|---|---|", flush=True)
    engines = {"inline": ["--engine", "inline"], "local 1": ["--jobs", "1"], "local 2": ["--jobs", "2"], "Dask, 2": []}
    first: dict[str, bytes] = {}
    wrong = 0
    for name, words in engines.items():
        cache, out = work / f"cache {name}", work / f"out {name}"
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()

        def render(*words: str, cache: Path = cache, out: Path = out) -> None:
            from workbench import environment

            kind = [] if whole else ["--draft"]
            command = [sys.executable, "-m", "pipeline", *map(str, briefs), *kind, "-o", str(out), *words]
            subprocess.run(command, env=environment(cache), check=True, capture_output=True)

        if words:
            render(*words)
        else:
            with farm(cache, 2) as (address, _):
                began = time.perf_counter()
                render("--engine", address)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found = contents(out)
        first = first or found
        wrong += len(different(first, found))
        print(f"| {name} | {wall:.1f} | {spent:.1f} | {len(different(first, found))} of {len(found)} |", flush=True)
    return wrong == 0


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--work", type=Path, required=True, help="a folder for briefs, caches and clips; emptied")
    words.add_argument("--only", default="overhead,equal")
    words.add_argument("--nodes", type=int, default=1000)
    words.add_argument("--briefs", type=int, default=60)
    words.add_argument("--whole", action="store_true", help="whole clips instead of drafts")
    given = words.parse_args()
    good = True
    if "overhead" in given.only:
        good &= overheads(given.work.resolve() / "overhead", given.nodes)
    if "equal" in given.only:
        good &= equal(given.work.resolve() / "equal", given.briefs, whole=given.whole)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
