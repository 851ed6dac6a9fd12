"""What is said to people and machines: progress, plans, problems. Results on stdout, talk on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from pipeline import config, draft_brief
from pipeline import platforms as platform_door
from pipeline.batch import Order, Outcome, outcomes_of, productions_of
from pipeline.errors import Problem, PromoError, gravest
from pipeline.files import Store
from pipeline.prepare import Wants
from pipeline.reading import plan_json, plan_lines

_MARKS = {"block": "", "warn": "warning: ", "hint": "note: "}
_PLAIN_EVERY_S = 5.0
_KNOWN_FROM = 0.05


def render(briefs: Sequence[Path], order: Order, *, as_json: bool, verbose: bool) -> int:
    """Render, with progress; the paths of the clips, or JSON events, on stdout. Returns the exit code."""
    outcomes: list[Outcome] = []
    with _listener(as_json) as listener:
        for outcome in outcomes_of(briefs, order, listener):
            outcomes.append(outcome)
            if as_json:
                _event({"event": "brief", **_outcome_json(outcome)})
            else:
                _tell(outcome, verbose=verbose)
    code = _code(outcomes)
    if as_json:
        _event({"event": "result", "exit_code": code, "briefs": [_outcome_json(outcome) for outcome in outcomes]})
    elif len(outcomes) > 1:
        _closing_table(outcomes)
    return code


def check(briefs: Sequence[Path], *, as_json: bool) -> int:
    """Every problem of every brief. Returns the exit code."""
    found: list[tuple[Path, Sequence[Problem], PromoError | None]] = [
        (path, error.problems if error else production.material.problems, error)  # type: ignore[union-attr]
        for path, production, error in productions_of(briefs, Order(wants=Wants(offline=True)), look=False)
    ]
    for path, problems, error in found:
        if as_json:
            _event(
                {
                    "event": "check",
                    "brief": str(path),
                    "ok": error is None,
                    "problems": _problems_json(problems),
                }
            )
            continue
        for problem in problems:
            click.echo(_sentence(problem))
        if error is None:
            click.echo(f"{path}: ready to render")
    code = gravest([error for _, _, error in found if error])
    if as_json:
        _event({"event": "result", "exit_code": code})
    return code


def show_plans(briefs: Sequence[Path], order: Order, *, as_json: bool) -> int:
    """The plan of every brief, for people or as one JSON object a line. Writes nothing."""
    errors = []
    for path, production, error in productions_of(briefs, order):
        if error is not None:
            errors.append(error)
            if as_json:
                _event({"brief": str(path), "problems": _problems_json(error.problems)})
            else:
                click.echo(str(error), err=True)
        elif production is not None and as_json:
            _event(plan_json(production))
        elif production is not None:
            click.echo("\n".join(plan_lines(production)))
            for problem in production.material.problems:
                click.echo(_sentence(problem), err=True)
    return gravest(errors)


def film_progress() -> Callable[[str, float], None]:
    """Says once for each thing that the demo makes, with the share that is done."""
    told: set[str] = set()

    def tell(what: str, share: float) -> None:
        if what not in told:
            told.add(what)
            click.echo(f"  {100 * share:3.0f} %  {what}", err=True)

    return tell


def show_platforms(*, as_json: bool) -> int:
    rows = platform_door.table()
    if as_json:
        for row in rows:
            _event(row)
        return 0
    columns = ("platform", "frames", "length", "size", "fps", "sound", "checked", "source")
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in columns}
    for row in [dict(zip(columns, columns, strict=True)), *rows]:
        click.echo("  ".join(row[name].ljust(widths[name]) for name in columns).rstrip())
    return 0


class _Plain:
    """A line now and then, for logs and screen readers."""

    def __init__(self) -> None:
        self._total = self._done = 0
        self._began = self._told = time.monotonic()

    def begins(self, brief: str, frames: int) -> None:
        self._total, self._done = frames, 0
        self._began = self._told = time.monotonic()
        if frames:
            self._say(f"{brief}: {frames} frames to render")

    def advances(self, brief: str, frames: int) -> None:
        self._done += frames
        now = time.monotonic()
        if now - self._told < _PLAIN_EVERY_S:
            return
        self._told = now
        share, spent = self._done / max(1, self._total), now - self._began
        # The first frames say little about the rest: no time is promised before a twentieth is done.
        left = f", about {spent / share - spent:.0f} s left" if share >= _KNOWN_FROM else ""
        self._say(f"{brief}: {100 * share:.0f} %{left}")

    def says(self, brief: str, words: str) -> None:
        self._say(f"{brief}: {words}")

    def _say(self, line: str) -> None:
        click.echo(f"{time.strftime('%H:%M:%S')} {line}", err=True)


class _Events(_Plain):
    """The same as JSON events."""

    def begins(self, brief: str, frames: int) -> None:
        self._total, self._done = frames, 0
        _event({"event": "begin", "brief": brief, "frames": frames})

    def advances(self, brief: str, frames: int) -> None:
        self._done += frames
        _event({"event": "progress", "brief": brief, "done": self._done, "frames": self._total})

    def says(self, brief: str, words: str) -> None:
        _event({"event": "say", "brief": brief, "words": words})


class _Bar:
    """A bar with the time left, on a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begins(self, brief: str, frames: int) -> None:
        self.says(brief, "rendering" if frames else "nothing to render")
        self._progress.update(self._tasks[brief], total=max(1, frames), completed=0 if frames else 1)

    def advances(self, brief: str, frames: int) -> None:
        self._progress.advance(self._tasks[brief], frames)

    def says(self, brief: str, words: str) -> None:
        if brief not in self._tasks:
            self._tasks[brief] = self._progress.add_task(brief, total=None, words=words)
        self._progress.update(self._tasks[brief], words=words)


@contextmanager
def _listener(as_json: bool) -> Iterator[Any]:
    console = Console(stderr=True)
    if as_json:
        yield _Events()
    elif not console.is_terminal or console.is_dumb_terminal:
        yield _Plain()
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[words]}"),
        )
        with Progress(*columns, console=console) as progress:
            yield _Bar(progress)


def _tell(outcome: Outcome, *, verbose: bool) -> None:
    if outcome.error is not None:
        click.echo(str(outcome.error), err=True)
        return
    for problem in outcome.problems:
        if verbose or problem.level != "hint":
            click.echo(_sentence(problem), err=True)
    for rendition in outcome.renditions:
        click.echo(str(rendition.path))
    if outcome.renditions and not any(rendition.made for rendition in outcome.renditions):
        click.echo(f"{outcome.path.name}: nothing has changed, nothing was rendered", err=True)


def _closing_table(outcomes: Sequence[Outcome]) -> None:
    click.echo("", err=True)
    for outcome in outcomes:
        word = "failed" if outcome.error else "ready"
        count = "" if outcome.error else f"  {len(outcome.renditions)} clips"
        click.echo(f"{word:7} {outcome.path}{count}", err=True)
        for problem in outcome.error.problems if outcome.error else ():
            click.echo(f"        {problem.where}: {problem.what}", err=True)


def _code(outcomes: Sequence[Outcome]) -> int:
    """A clip that does not keep a platform's limits is a failure too: it was made, and it must not be posted."""
    code = gravest([outcome.error for outcome in outcomes if outcome.error])
    blocked = any(problem.level == "block" for outcome in outcomes for problem in outcome.problems)
    return max(code, 4) if blocked else code


def _sentence(problem: Problem) -> str:
    hint = f"\n  hint: {problem.remedy}" if problem.remedy else ""
    return f"{problem.where}: {_MARKS[problem.level]}{problem.what}{hint}"


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    problems = outcome.error.problems if outcome.error else outcome.problems
    return {
        "brief": str(outcome.path),
        "exit_code": outcome.error.exit_code if outcome.error else 0,
        "folder": str(outcome.folder) if outcome.folder else None,
        "clips": [
            {"platform": one.platform, "lang": one.lang, "path": str(one.path), "made": one.made}
            for one in outcome.renditions
        ],
        "problems": _problems_json(problems),
    }


def _problems_json(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"level": one.level, "where": one.where, "what": one.what, "remedy": one.remedy} for one in problems]


def _event(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def draft(folder: Path, *, as_json: bool) -> int:
    """Draft the brief of a folder; its path, or one JSON object, on stdout. Returns the exit code."""
    made = draft_brief.draft(folder, now=datetime.now(UTC), store=Store(config.cache_dir() / "store"))
    if as_json:
        _event(
            {
                "event": "draft",
                "brief": str(made.path),
                "fresh": made.fresh,
                "beside": str(made.beside) if made.beside else None,
                "clips": made.clips,
                "photos": made.photos,
                "problems": _problems_json(made.problems),
            }
        )
        return 0
    for problem in made.problems:
        if problem.level != "hint":
            click.echo(_sentence(problem), err=True)
    if made.beside:
        click.echo(f"{made.beside.name} was there already and is left as it is", err=True)
    if not made.fresh:
        click.echo("the very same draft is there already", err=True)
    click.echo(str(made.path))
    click.echo(f'look through it, then: make-promo check "{made.path}"', err=True)
    return 0
