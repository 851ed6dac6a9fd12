"""Maps of allowed providers: from tiles that are kept, else from the network where that is not forbidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from pipeline import config
from pipeline.basemaps import Basemap
from pipeline.brief import Brief
from pipeline.errors import BriefError, MaterialError, Problem
from pipeline.fingerprints import fingerprint
from pipeline.geo import Floats
from pipeline.map_coverage import covered, wished
from pipeline.map_model import MapModel, MapWish
from pipeline.map_providers import Provider, allowed, load_provider
from pipeline.maps import online
from pipeline.settings import Settings, read_settings

_ENOUGH = 0.9


def from_providers(
    brief: Brief, points: Floats, *, offline: bool, now: datetime, problems: list[Problem]
) -> Basemap | None:
    """The map of the provider that the brief names (naming it allows it), or of the first one allowed in the
    settings that has it. What is wrong with one goes to `problems`. Raises BriefError for a name nobody knows."""
    wish = wished(points, brief.languages, tiles=True)
    source, where = brief.map.source, brief.where("map", "source")
    if source.kind == "file":
        where = "settings.yml"
    try:
        settings = read_settings()
        named = (load_provider(source.name, where),) if source.kind == "provider" else ()
        asked = named or allowed(settings)
    except BriefError as error:
        if source.kind == "provider":
            raise
        problems += [replace(problem, level="warn") for problem in error.problems]
        return None
    why = "the brief names it" if source.kind == "provider" else "it is allowed in your settings"
    for one in asked:
        found = _kept(one, wish, points, now, old=offline, why=why)
        if found is not None:
            return found
    for one in asked if not offline else ():
        found = _fetched(one, wish, points, settings, now, where, why, problems)
        if found is not None:
            return found
    return None


def _kept(one: Provider, wish: MapWish, points: Floats, now: datetime, *, old: bool, why: str) -> Basemap | None:
    model = online.kept(one, wish, config.cache_dir(), now=now, old=old)
    if model is None or covered(model, points) < _ENOUGH:
        return None
    return _basemap(one, model, wish, now, f"{why}; its tiles are kept")


def _fetched(
    one: Provider,
    wish: MapWish,
    points: Floats,
    settings: Settings,
    now: datetime,
    where: str,
    why: str,
    problems: list[Problem],
) -> Basemap | None:
    try:
        model = online.read(one, wish, cache=config.cache_dir(), settings=settings, offline=False, now=now)
    except MaterialError as error:
        problems += [
            replace(problem, level="warn", where=where, what=f"{one.label}: {problem.what}; another map is used")
            for problem in error.problems
        ]
        return None
    if model.empty or covered(model, points) < _ENOUGH:
        return None
    problems += _hints(one.label, model.notes)
    return _basemap(one, model, wish, now, why)


def _basemap(one: Provider, model: MapModel, wish: MapWish, now: datetime, why: str) -> Basemap:
    mark = online.mark(one, wish, config.cache_dir(), now=now, old=True)
    return Basemap(
        kind="map",
        name=one.label,
        why=why,
        fingerprint=fingerprint([mark, wish, online.__name__]),
        credits=model.credits,
        model=cache(lambda: model),
    )


def _hints(name: str, notes: Sequence[str]) -> list[Problem]:
    return [Problem(level="hint", where=name, what=note) for note in notes]
