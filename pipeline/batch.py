"""One brief or many become finished clips: plan, draw, encode, join, check, and write what goes beside.

A brief's failure stays its own. Whatever is finished stays finished: the next run goes on from there. Who does the work
is the engine's affair; the clips are the same, byte for byte.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import config
from pipeline.conducting import Coordinator
from pipeline.engines import Engine
from pipeline.errors import BriefError, Problem, PromoError, gravest
from pipeline.files import Store
from pipeline.jobs import Office
from pipeline.jobs import Outcome as Outcome
from pipeline.listening import Listener, Silent
from pipeline.nearest import unknown
from pipeline.nodes import Answer, Errand, Rendition
from pipeline.prepare import Wants, gather
from pipeline.settings import read_settings

if TYPE_CHECKING:
    from pipeline.production import Production

_KEEP_BYTES = 20_000_000_000
ENGINES = ("local", "inline")
_FAR = re.compile(r"(dask|tls)://(.+)")


@dataclass(frozen=True, kw_only=True)
class Order:
    """How to work, from the command line or the caller."""

    out: Path | None = None
    wants: Wants = field(default_factory=Wants)
    engine: str = "local"
    jobs: int | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def threads(self) -> int:
        """ffmpeg processes at a time. Each uses several cores, and 4K pictures need memory: few are enough."""
        if self.engine == "inline":
            return 1
        return self.jobs or max(1, (os.cpu_count() or 1) // 2)

    @property
    def hands(self) -> int:
        """Worker processes for several briefs. One draws or joins while another's ffmpeg works, so two at least."""
        return self.jobs or max(min(2, os.cpu_count() or 1), (os.cpu_count() or 1) // 2)


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
    """Each brief's outcome, as soon as it is known. Raises ToolError when a cluster will not do, or is gone."""
    _known_engine(order)
    store = Store(config.cache_dir() / "store")
    try:
        with closing(_engine(order, len(briefs), store)) as engine:
            hardware = "" if order.wants.draft else _hardware(engine, listener)
            office = _office(order, store, hardware)
            yield from Coordinator(briefs, engine, office, listener).outcomes()
    finally:
        store.prune(keep_bytes=_KEEP_BYTES)


def productions_of(
    briefs: Sequence[Path], order: Order, *, look: bool = True
) -> Iterator[tuple[Path, Production | None, PromoError | None]]:
    """Each brief planned, or what is wrong with it. Renders and posts nothing."""
    from pipeline.brief.reading import read_brief
    from pipeline.production import plan_production

    _known_engine(order)
    store = Store(config.cache_dir() / "store")
    for path in briefs:
        try:
            material = gather(read_brief(path), order.wants, store, look=look)
            yield path, plan_production(material, order.wants), None
        except PromoError as error:
            yield path, None, error


def _known_engine(order: Order) -> None:
    if order.engine not in ENGINES and not _FAR.fullmatch(order.engine):
        known = f"known are {', '.join(ENGINES)}, dask://HOST:PORT and tls://HOST:PORT"
        raise BriefError.at("--engine", unknown(order.engine, ENGINES), known)


def _engine(order: Order, briefs: int, store: Store) -> Engine:
    """Several briefs go to worker processes, of which each may fail alone; one brief is quicker without."""
    if _FAR.fullmatch(order.engine):
        from pipeline.engines.cluster import Cluster

        return Cluster(order.engine, store.root)
    if order.engine == "local" and briefs > 1:
        from pipeline.engines.local import Local

        return Local(order.hands)
    from pipeline.engines.inline import Inline

    return Inline(order.threads)


def _hardware(engine: Engine, listener: Listener) -> str:
    """The card that encodes, where one is wished and works; else a word, and x264."""
    wish = read_settings().encoder
    if wish == "x264":
        return ""
    if why := engine.lacks(wish):
        listener.says("make-promo", f"{wish.upper()} does not work here, so x264 is used: {why}")
        return ""
    return wish


def _office(order: Order, store: Store, hardware: str) -> Office:
    wants = replace(order.wants, hardware=hardware).told()
    needs = (hardware,) if hardware else ()

    def noted(folder: Path, answer: Answer) -> tuple[tuple[Problem, ...], dict[str, Any]]:
        from pipeline import signing

        return signing.noted(folder, order.now, languages=answer["languages"], draft=answer["draft"])

    far = _FAR.fullmatch(order.engine) is not None  # there nobody knows the folder that we are in
    out = order.out.absolute() if order.out and far else order.out
    return Office(
        errand=lambda path: Errand(brief=path.absolute() if far else path, wants=wants, now=order.now, needs=needs),
        out=lambda brief: out or brief.absolute().parent / "promo",
        noted=noted,
        tidied=lambda: store.prune(keep_bytes=_KEEP_BYTES),
        store=store.root,
    )
