"""Which map lies below the route: a file at hand that covers it, kept tiles, an allowed provider, heights, or none.

Every source that will not do leaves a sentence and the next one is tried; no clip fails for want of a map. The choice
and its reason stand in the plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipeline import config, maps
from pipeline.basemap_tiles import from_providers
from pipeline.basemaps import Basemap, Choice, Kind
from pipeline.brief import Brief
from pipeline.errors import MaterialError, Problem
from pipeline.files import Store
from pipeline.fingerprints import fingerprint
from pipeline.geo import Floats
from pipeline.map_coverage import covered, sampled, wished
from pipeline.map_model import MapCredit, MapModel, MapWish
from pipeline.media.container import fingerprint as file_fingerprint
from pipeline.route import Line

_ENOUGH = 0.9  # of the route must have map data near for a source to be chosen by itself …
_SOME = 0.3  # … and this much for one that the brief names
_MOST_FILES = 40  # looked at in one folder


def choose(brief: Brief, lines: Sequence[Line], store: Store, *, offline: bool, now: datetime) -> Choice:
    """The source for the whole brief; `lines` are all that will be drawn on it. `offline`: no socket is opened."""
    source = brief.map.source
    if source.kind == "none":
        return Choice(basemap=None, why="the brief asks for no map")
    points = sampled(lines)
    wish = wished(points, brief.languages)
    problems: list[Problem] = []
    if source.kind == "file":
        assert source.path is not None
        where = brief.where("map", "source")
        found = _tried(source.path, wish, points, store, _SOME, where, "the brief names it", problems)
        if found is not None:
            return _chosen(found, brief, wish, points, store, problems)
    if source.kind == "provider":
        tiles = from_providers(brief, points, offline=offline, now=now, problems=problems)
        if tiles is not None:
            return _chosen(tiles, brief, wish, points, store, problems)
    for path, place in _at_hand(brief):
        if maps.sort_of(path) == "hgt" or path == source.path:
            continue
        why = f"it lies {place} and covers the route"
        found = _tried(path, wish, points, store, _ENOUGH, path.name, why, problems)
        if found is not None:
            return _chosen(found, brief, wish, points, store, problems)
    if source.kind != "provider":
        tiles = from_providers(brief, points, offline=offline, now=now, problems=problems)
        if tiles is not None:
            return _chosen(tiles, brief, wish, points, store, problems)
    heights = _heights(brief, wish, points, store, problems)
    if heights is not None:
        return Choice(basemap=heights, why=heights.why, problems=tuple(problems), heights=heights)
    return Choice(basemap=None, why="no map at hand covers the route", problems=tuple(problems))


def _chosen(
    found: Basemap, brief: Brief, wish: MapWish, points: Floats, store: Store, problems: list[Problem]
) -> Choice:
    """The map, with heights below it where some are at hand."""
    heights = _heights(brief, wish, points, store, [])
    if found.kind == "terrain":
        return Choice(basemap=found, why=found.why, problems=tuple(problems), heights=found)
    if heights is None:
        return Choice(basemap=found, why=found.why, problems=tuple(problems))
    both = Basemap(
        kind="map",
        name=found.name,
        why=f"{found.why}; hills from {heights.name}",
        fingerprint=fingerprint([found.fingerprint, heights.fingerprint]),
        credits=_each_once([*found.credits, *heights.credits]),
        model=cache(lambda: replace(found.model(), heights=found.model().heights or heights.model().heights)),
    )
    return Choice(basemap=both, why=both.why, problems=tuple(problems), heights=heights)


def _each_once(credits: Iterable[MapCredit]) -> tuple[MapCredit, ...]:
    return tuple(dict.fromkeys(credits))


def _at_hand(brief: Brief) -> Iterator[tuple[Path, str]]:
    """Map files beside the brief, then in the user's folder of maps."""
    places = [(brief.folder, "beside the brief"), (brief.folder / "maps", "in the folder maps beside the brief")]
    for folder, place in [*places, (config.maps_dir(), "in your folder of maps")]:
        try:
            found = sorted(path for path in folder.iterdir() if maps.sort_of(path) and path.is_file())
        except OSError:
            continue
        yield from ((path, place) for path in found[:_MOST_FILES])


def _tried(
    path: Path,
    wish: MapWish,
    points: Floats,
    store: Store,
    enough: float,
    where: str,
    why: str,
    problems: list[Problem],
) -> Basemap | None:
    """The source in a file, if it has enough of the route; what is wrong with it goes to `problems`."""
    try:
        seen = _seen(path, wish, points, store)
    except MaterialError as error:
        problems += [_warned(problem, where, path.name) for problem in error.problems]
        return None
    if seen.share < enough:
        if where != path.name:  # asked for by name
            covered = f"covers only {seen.share:.0%} of the route" if seen.share else "has nothing where the route is"
            remedy = "name a map file of the place, or write `source: auto`"
            problems.append(Problem(level="warn", where=where, what=f"{path.name} {covered}", remedy=remedy))
        return None
    problems += [Problem(level="hint", where=path.name, what=note) for note in seen.notes]
    if seen.share < _ENOUGH:
        what = f"{path.name} covers only {seen.share:.0%} of the route; the rest is drawn on plain paper"
        problems.append(Problem(level="warn", where=where, what=what, remedy="cut a larger extract"))
    return Basemap(
        kind=seen.kind, name=path.name, why=why, fingerprint=seen.name, credits=seen.credits, model=seen.model
    )


def _warned(problem: Problem, where: str, name: str) -> Problem:
    what = problem.what if where == name else f"{name}: {problem.what}"
    return replace(problem, level="warn", where=where, what=f"{what}; another map is used")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    name: str  # fingerprint
    share: float  # of the route that has data near
    kind: Kind
    credits: tuple[MapCredit, ...]
    notes: tuple[str, ...]
    model: Callable[[], MapModel]


def _seen(path: Path, wish: MapWish, points: Floats, store: Store) -> _Seen:
    """What a file has of the route; remembered by its content, so that a second run reads nothing."""
    if maps.sort_of(path) in ("pmtiles", "mbtiles"):
        wish = wished(points, wish.languages, tiles=True)
    model = cache(lambda: maps.read(path, wish))
    try:
        mark = file_fingerprint(path)
    except OSError:
        mark = ""
        model()  # says in words what is wrong
    name = fingerprint([mark, wish, _code()])
    known: Any = store.recall("map", name)
    if not isinstance(known, dict):
        with store.alone("map", name):
            known = store.recall("map", name)
            if not isinstance(known, dict):
                known = _found(path, wish, points, model)
                store.remember("map", name, known)
    credits = tuple(MapCredit(text=text, licence=licence, url=url) for text, licence, url in known["credits"])
    return _Seen(
        name=name,
        share=known["share"],
        kind=known["kind"],
        credits=credits,
        notes=tuple(known["notes"]),
        model=model,
    )


def _found(path: Path, wish: MapWish, points: Floats, model: Callable[[], MapModel]) -> dict[str, Any]:
    extent = maps.extent(path)
    if extent is not None and not extent.moved(-extent.near(wish.bounds.middle[0])).overlaps(wish.bounds):
        return {"share": 0.0, "kind": "map", "credits": [], "notes": []}
    read = model()
    return {
        "share": covered(read, points),
        "kind": "map" if read.areas or read.lines or read.pictures else "terrain",
        "credits": [[one.text, one.licence, one.url] for one in read.credits],
        "notes": list(read.notes),
    }


def _heights(brief: Brief, wish: MapWish, points: Floats, store: Store, problems: list[Problem]) -> Basemap | None:
    """All cells of heights at hand that the stretch needs, as one source."""
    from pipeline.maps import heights

    cells: list[_Seen] = []
    names: list[str] = []
    for path, _ in _at_hand(brief):
        if maps.sort_of(path) == "hgt":
            try:
                seen = _seen(path, wish, points, store)
            except MaterialError as error:
                problems += [_warned(problem, path.name, path.name) for problem in error.problems]
                continue
            if seen.credits and seen.share:
                cells.append(seen)
                names.append(path.name)
    if sum(cell.share for cell in cells) < _ENOUGH:
        return None

    def merged() -> MapModel:
        models = [cell.model() for cell in cells]
        grids = [model.heights for model in models if model.heights is not None]
        return replace(models[0], heights=heights.merged(grids))

    return Basemap(
        kind="terrain",
        name=", ".join(names),
        why=f"heights at hand ({', '.join(names)})",
        fingerprint=fingerprint([cell.name for cell in cells]),
        credits=_each_once(credit for cell in cells for credit in cell.credits),
        model=cache(merged),
    )


@cache
def _code() -> str:
    """The readers' own text: a better reader reads again."""
    here = Path(__file__).parent
    sums = hashlib.sha256()
    for path in [*sorted((here / "maps").rglob("*.py")), here / "basemap.py"]:
        sums.update(path.read_bytes())
    return sums.hexdigest()[:16]
