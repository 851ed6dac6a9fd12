"""One brief or many become finished clips: plan, draw, encode, join, check, and write what goes beside.

A brief's failure stays its own. Whatever is finished stays finished: the next run goes on from there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline import config, ffmpeg, workshop
from pipeline.brief.reading import read_brief
from pipeline.errors import BriefError, Problem, PromoError, ToolError, gravest
from pipeline.files import Store
from pipeline.finish import Rendition, finish
from pipeline.nearest import unknown
from pipeline.prepare import Wants, gather, looked_closer
from pipeline.production import Production, plan_production
from pipeline.render import DamagedFootage
from pipeline.workshop import Listener, Silent

_KEEP_BYTES = 20_000_000_000
_DAMAGE_ROUNDS = 8
ENGINES = ("local", "inline")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one brief."""

    path: Path
    folder: Path | None = None
    renditions: tuple[Rendition, ...] = ()
    problems: tuple[Problem, ...] = ()
    error: PromoError | None = None


@dataclass(frozen=True, kw_only=True)
class Order:
    """How to work, from the command line or the caller."""

    out: Path | None = None
    wants: Wants = field(default_factory=Wants)
    engine: str = "local"
    jobs: int | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def workers(self) -> int:
        """ffmpeg processes at a time. Each uses several cores, and 4K pictures need memory: few are enough."""
        if self.engine == "inline":
            return 1
        return self.jobs or max(1, (os.cpu_count() or 1) // 2)


def produce(
    briefs: Sequence[Path | str],
    *,
    out: Path | None = None,
    platforms: Sequence[str] = (),
    engine: str = "local",
    languages: Sequence[str] = (),
    draft: bool = False,
    jobs: int | None = None,
) -> list[Rendition]:
    """Render every brief to every platform it names. All briefs are tried; then the failures are raised together."""
    order = Order(
        out=out,
        wants=Wants(platforms=tuple(platforms), languages=tuple(languages), draft=draft),
        engine=engine,
        jobs=jobs,
    )
    outcomes = list(outcomes_of([Path(brief) for brief in briefs], order, Silent()))
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if errors:
        worst = gravest(errors)
        kind = next(type(error) for error in errors if error.exit_code == worst)
        raise kind(*(problem for error in errors for problem in error.problems))
    return [rendition for outcome in outcomes for rendition in outcome.renditions]


def outcomes_of(briefs: Sequence[Path], order: Order, listener: Listener) -> Iterator[Outcome]:
    """Each brief's outcome, as soon as it is known."""
    _known_engine(order)
    store = Store(config.cache_dir() / "store")
    taken: dict[Path, Path] = {}
    try:
        for path in briefs:
            runner = ffmpeg.Runner()  # one a brief: what stops a failed one must not stop the next
            try:
                yield _one(path, order, listener, store, runner, taken)
            except PromoError as error:
                yield Outcome(path=path, error=error)
            except OSError as error:
                where = Path(str(error.filename)).name if error.filename else path.name
                yield Outcome(path=path, error=_disk(where, error))
            finally:
                runner.stop()
    finally:
        store.prune(keep_bytes=_KEEP_BYTES)


def _known_engine(order: Order) -> None:
    if order.engine not in ENGINES:
        raise BriefError.at("--engine", unknown(order.engine, ENGINES), f"known are {', '.join(ENGINES)}")


def productions_of(
    briefs: Sequence[Path], order: Order, *, look: bool = True
) -> Iterator[tuple[Path, Production | None, PromoError | None]]:
    """Each brief planned, or what is wrong with it. Renders and posts nothing."""
    _known_engine(order)
    store = Store(config.cache_dir() / "store")
    for path in briefs:
        try:
            material = gather(read_brief(path), order.wants, store, look=look)
            yield path, plan_production(material, order.wants), None
        except PromoError as error:
            yield path, None, error


def _disk(where: str, error: OSError) -> ToolError:
    remedy = (
        "free some space and run again; finished parts are kept" if error.errno == 28 else "check the folder's rights"
    )
    return ToolError(Problem(level="block", where=where, what=(error.strerror or str(error)).lower(), remedy=remedy))


def _one(
    path: Path, order: Order, listener: Listener, store: Store, runner: ffmpeg.Runner, taken: dict[Path, Path]
) -> Outcome:
    brief = read_brief(path)
    folder = (order.out or brief.folder / "promo") / brief.id
    if folder in taken:
        raise BriefError.at(
            str(path),
            f"it has the same id as {taken[folder]}: {brief.id}",
            "give one of them an `id:` of its own",
        )
    taken[folder] = path
    listener.says(brief.id, "reading the route and the footage")
    material = gather(brief, order.wants, store)
    for _ in range(_DAMAGE_ROUNDS):
        production = plan_production(material, order.wants)
        try:
            workshop.make(production, store, runner, listener, order.workers)
            break
        except DamagedFootage as found:
            listener.says(brief.id, f"{found.clip.name} does not decode cleanly; looking closer")
            material = looked_closer(material, found.clip, found.span, store, whole=found.whole)
    else:
        raise ToolError.at(str(path), "the footage is damaged in too many places", "copy it from the card again")
    renditions, problems = finish(production, folder, store, runner, order.now)
    return Outcome(path=path, folder=folder, renditions=renditions, problems=(*production.material.problems, *problems))
