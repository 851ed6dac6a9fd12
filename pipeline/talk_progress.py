"""How the work goes on, told to people: a bar on a terminal, a line now and then in a log, events for machines.

Of one brief every step is told; of many, how many are done, which failed, and what is in work.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from pipeline.listening import Listener

_EVERY_S = 5.0
_KNOWN_FROM = 0.05
_MOST_NAMES = 3


class Plain:
    """A line now and then, for logs and screen readers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frames: dict[str, list[int]] = {}  # of the briefs in work: [done, all]
        self._briefs = self._ready = self._failed = 0
        self._began = self._told = clock()

    def expects(self, briefs: int) -> None:
        self._briefs, self._began = briefs, self._clock()

    def begins(self, brief: str, frames: int) -> None:
        self._frames[brief] = [0, frames]
        if self._briefs < 2:
            self._began = self._told = self._clock()
            if frames:
                self._say(f"{brief}: {frames} frames to render")

    def advances(self, brief: str, frames: int) -> None:
        self._frames[brief][0] += frames
        self._now_and_then()

    def says(self, brief: str, words: str) -> None:
        self._say(f"{brief}: {words}")

    def ends(self, brief: str, *, failed: bool) -> None:
        self._frames.pop(brief, None)
        self._ready, self._failed = self._ready + (not failed), self._failed + failed
        if self._briefs > 1:
            self._now_and_then()

    def _now_and_then(self) -> None:
        now = self._clock()
        if now - self._told >= _EVERY_S:
            self._told = now
            self._say(self._many() if self._briefs > 1 else self._one())

    def _one(self) -> str:
        ((brief, (done, frames)),) = self._frames.items()
        share = done / max(1, frames)
        return f"{brief}: {100 * share:.0f} %{self._left(share)}"

    def _many(self) -> str:
        done = self._ready + self._failed
        parts = {name: one[0] / max(1, one[1]) for name, one in list(self._frames.items())}
        failed = f", {self._failed} failed" if self._failed else ""
        names = [f"{name} {100 * share:.0f} %" for name, share in list(parts.items())[:_MOST_NAMES]]
        at = f"; in work: {', '.join(names)}" if names else ""
        share = (done + sum(parts.values())) / max(1, self._briefs)
        return f"{done} of {self._briefs} briefs done{failed}{self._left(share)}{at}"

    def _left(self, share: float) -> str:
        """The first frames say little about the rest: no time is promised before a twentieth is done."""
        spent = self._clock() - self._began
        return f", about {_span(spent / share - spent)} left" if share >= _KNOWN_FROM else ""

    def _say(self, line: str) -> None:
        click.echo(f"{time.strftime('%H:%M:%S')} {line}", err=True)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


class Events(Plain):
    """The same as JSON events."""

    def begins(self, brief: str, frames: int) -> None:
        self._frames[brief] = [0, frames]
        event({"event": "begin", "brief": brief, "frames": frames})

    def advances(self, brief: str, frames: int) -> None:
        self._frames[brief][0] += frames
        done, whole = self._frames[brief]
        event({"event": "progress", "brief": brief, "done": done, "frames": whole})

    def says(self, brief: str, words: str) -> None:
        event({"event": "say", "brief": brief, "words": words})

    def ends(self, brief: str, *, failed: bool) -> None:
        """The outcome is told by whoever has it."""
        self._frames.pop(brief, None)


class Bar:
    """Bars with the time left, on a terminal: one of the briefs in work each, and of many briefs one over all."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}
        self._all: Any = None
        self._failed = 0

    def expects(self, briefs: int) -> None:
        if briefs > 1:
            self._all = self._progress.add_task(f"{briefs} briefs", total=briefs, words="")

    def begins(self, brief: str, frames: int) -> None:
        self.says(brief, "rendering" if frames else "nothing to render")
        self._progress.update(self._tasks[brief], total=max(1, frames), completed=0 if frames else 1)

    def advances(self, brief: str, frames: int) -> None:
        self._progress.advance(self._tasks[brief], frames)

    def says(self, brief: str, words: str) -> None:
        if brief not in self._tasks:
            self._tasks[brief] = self._progress.add_task(brief, total=None, words=words)
        self._progress.update(self._tasks[brief], words=words)

    def ends(self, brief: str, *, failed: bool) -> None:
        if self._all is None:
            return
        if brief in self._tasks:
            self._progress.remove_task(self._tasks.pop(brief))
        self._failed += failed
        self._progress.advance(self._all, 1)
        self._progress.update(self._all, words=f"{self._failed} failed" if self._failed else "")


@contextmanager
def listener(as_json: bool) -> Iterator[Listener]:
    if as_json:
        yield Events()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield Plain()
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[words]}"),
        )
        with Progress(*columns, console=console) as progress:
            yield Bar(progress)


def event(value: Any) -> None:
    """One JSON object on a line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
