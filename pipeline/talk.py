"""What is said to people and machines: progress, plans, problems. Results on stdout, talk on stderr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipeline import config
from pipeline import platforms as platform_door
from pipeline.batch import Order, Outcome, outcomes_of, productions_of
from pipeline.errors import Problem, PromoError, gravest
from pipeline.files import Store
from pipeline.nodes import told as problems_told
from pipeline.prepare import Wants
from pipeline.talk_progress import event, listener

_MARKS = {"block": "", "warn": "warning: ", "hint": "note: "}
_MOST_READY = 20  # of more, those that are ready are only counted


def render(briefs: Sequence[Path], order: Order, *, as_json: bool, verbose: bool) -> int:
    """Render, with progress; the paths of the clips, or JSON events, on stdout. Returns the exit code."""
    ended: list[Ended] = []
    lines: list[dict[str, Any]] = []
    gone: PromoError | None = None
    with listener(as_json) as hears:
        try:
            for outcome in outcomes_of(briefs, order, hears):
                ended.append(Ended.of(outcome))
                if as_json:
                    lines.append(_outcome_json(outcome))
                    event({"event": "brief", **lines[-1]})
                else:
                    _tell(outcome, verbose=verbose, of_many=len(briefs) > 1)
        except PromoError as error:
            gone = error
    code = gravest([*(one.error for one in ended if one.error), *filter(None, [gone])])
    if any(one.blocked for one in ended):
        code = max(code, 4)
    if as_json:
        more = {"problems": problems_told(gone.problems)} if gone else {}
        event({"event": "result", "exit_code": code, "briefs": lines, **more})
    elif len(briefs) > 1:
        _closing_table(ended, len(briefs))
    if gone and not as_json:
        click.echo(str(gone), err=True)
    return code


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What is kept of each of many briefs. `blocked`: a clip does not keep a platform's limits, which is a failure
    too: it was made, and it must not be posted."""

    path: Path
    clips: int
    blocked: bool
    error: PromoError | None

    @classmethod
    def of(cls, outcome: Outcome) -> Ended:
        blocked = any(problem.level == "block" for problem in outcome.problems)
        return cls(path=outcome.path, clips=len(outcome.renditions), blocked=blocked, error=outcome.error)


def check(briefs: Sequence[Path], *, as_json: bool) -> int:
    """Every problem of every brief. Returns the exit code."""
    found: list[tuple[Path, Sequence[Problem], PromoError | None]] = [
        (path, error.problems if error else production.material.problems, error)  # type: ignore[union-attr]
        for path, production, error in productions_of(briefs, Order(wants=Wants(offline=True)), look=False)
    ]
    for path, problems, error in found:
        if as_json:
            event(
                {
                    "event": "check",
                    "brief": str(path),
                    "ok": error is None,
                    "problems": problems_told(problems),
                }
            )
            continue
        for problem in problems:
            click.echo(_sentence(problem))
        if error is None:
            click.echo(f"{path}: ready to render")
    code = gravest([error for _, _, error in found if error])
    if as_json:
        event({"event": "result", "exit_code": code})
    return code


def show_plans(briefs: Sequence[Path], order: Order, *, as_json: bool) -> int:
    """The plan of every brief, for people or as one JSON object a line. Writes nothing."""
    from pipeline.reading import plan_json, plan_lines

    errors = []
    for path, production, error in productions_of(briefs, order):
        if error is not None:
            errors.append(error)
            if as_json:
                event({"brief": str(path), "problems": problems_told(error.problems)})
            else:
                click.echo(str(error), err=True)
        elif production is not None and as_json:
            event(plan_json(production))
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
            event(row)
        return 0
    columns = ("platform", "frames", "length", "size", "fps", "sound", "checked", "source")
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in columns}
    for row in [dict(zip(columns, columns, strict=True)), *rows]:
        click.echo("  ".join(row[name].ljust(widths[name]) for name in columns).rstrip())
    return 0


def _tell(outcome: Outcome, *, verbose: bool, of_many: bool) -> None:
    if outcome.error is not None:
        click.echo(str(outcome.error), err=True)
        return
    for problem in _gathered(outcome.problems):
        if verbose or problem.level != "hint":
            here = of_many and outcome.path.name not in problem.where  # a clip's name alone is that of many
            click.echo(f"{outcome.path.name}: " * here + _sentence(problem), err=True)
    for rendition in outcome.renditions:
        click.echo(str(rendition.path))
    if outcome.renditions and not any(rendition.made for rendition in outcome.renditions):
        click.echo(f"{outcome.path.name}: nothing has changed, nothing was rendered", err=True)


def _gathered(problems: Sequence[Problem]) -> list[Problem]:
    """The same words of several clips, said once."""
    places: dict[Problem, list[str]] = {}
    for problem in problems:
        places.setdefault(replace(problem, where=""), []).append(problem.where)
    return [replace(problem, where=", ".join(dict.fromkeys(where))) for problem, where in places.items()]


def _closing_table(ended: Sequence[Ended], briefs: int) -> None:
    """Last what went wrong, once more, with its remedy."""
    failed = [one for one in ended if one.error]
    ready = [one for one in ended if not one.error]
    click.echo("", err=True)
    for one in ready if len(ready) <= _MOST_READY else ():
        click.echo(f"{'blocked' if one.blocked else 'ready  '} {one.path}  {_counted(one.clips, 'clip')}", err=True)
    for one in failed:
        click.echo(f"failed  {one.path}", err=True)
        for problem in one.error.problems if one.error else ():
            click.echo("        " + _sentence(problem).replace("\n", "\n        "), err=True)
    if len(ready) > _MOST_READY or len(ended) < briefs:
        left = f", {briefs - len(ended)} not reached" if len(ended) < briefs else ""
        clips = _counted(sum(one.clips for one in ready), "clip")
        click.echo(f"{_counted(len(ready), 'brief')} ready with {clips}, {len(failed)} failed{left}", err=True)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


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
        "problems": problems_told(problems),
    }


def draft(folder: Path, *, as_json: bool) -> int:
    """Draft the brief of a folder; its path, or one JSON object, on stdout. Returns the exit code."""
    from pipeline import draft_brief

    made = draft_brief.draft(folder, now=datetime.now(UTC), store=Store(config.cache_dir() / "store"))
    if as_json:
        event(
            {
                "event": "draft",
                "brief": str(made.path),
                "fresh": made.fresh,
                "beside": str(made.beside) if made.beside else None,
                "clips": made.clips,
                "photos": made.photos,
                "problems": problems_told(made.problems),
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
