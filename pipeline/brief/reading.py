"""From a YAML document to a Brief: defaults filled in, and every problem told at its place in plain words."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline import config, timing, yaml_file
from pipeline.anchors import Anchor
from pipeline.brief import Brief
from pipeline.brief.values import Text, Wrong, slug
from pipeline.errors import BriefError, Problem
from pipeline.nearest import listed, nearest, unknown
from pipeline.yaml_file import Document, Steps

_MOST = 100
_EXAMPLES = {
    "title": "add a line such as `title: Fryent Country Park circular`",
    "route": "add a line such as `route: fryent.gpx`",
}


def read_brief(path: Path) -> Brief:
    """The brief in the file `path`. Raises BriefError with all that is wrong with it."""
    return understood(yaml_file.read(path, numbers=False), path)


def understood(document: Document, path: Path) -> Brief:
    """Raises BriefError with all problems, in the order of the file."""
    problems = list(document.problems)
    values = merged({**config.defaults(), "id": slug(path.stem)}, document.tree)
    try:
        brief = Brief.model_validate(values, context={"folder": path.absolute().parent})
    except ValidationError as error:
        found = [dict(one) for one in error.errors(include_url=False)]
        problems += _ways(values, document)
        problems += [_problem(document, one) for one in found if not _echo(one, found)]
        raise BriefError(*_told(problems)) from None
    brief._path = path
    brief._places = document.places
    problems += _ways(values, document) + _contradictions(brief, document)
    if problems:
        raise BriefError(*_told(problems))
    return brief


def merged(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What was written over what was not; groups are merged key by key, lists are replaced."""
    out = dict(defaults)
    for key, value in given.items():
        default = defaults.get(key)
        if isinstance(value, dict) and isinstance(default, dict):
            out[key] = merged(default, value)
        elif value is not None or key not in defaults:
            out[key] = value
    return out


def _problem(document: Document, error: dict[str, Any]) -> Problem:
    steps: Steps = tuple(error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        known = list(_keys(_model_at(steps[:-1])))
        place, _, around = document.where(*steps).partition(": ")
        around = around.rpartition(".")[0]
        spot = f"{place}: {around}" if around else place
        return _block(spot, unknown(str(steps[-1]), known), f"keys here are {listed(known, 'and')}")
    spot = document.where(*steps)
    if kind == "missing":
        remedy = _EXAMPLES.get(str(steps[0]), "") if len(steps) == 1 else f"add `{steps[-1]}:` with its value"
        return _block(spot, f'"{steps[-1]}" is needed and is not written', remedy)
    if kind == "value_error":
        wrong = error["ctx"]["error"]
        return _block(spot, str(wrong), wrong.remedy if isinstance(wrong, Wrong) else "")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        if error["input"] is None:
            return _block(spot, "this entry is empty", "write a value after the dash, or delete the line")
        keys = listed(list(_keys(_model_at(steps))), "and")
        return _block(spot, "a group of keys is expected here", f"keys here are {keys}")
    if kind == "too_short":
        return _block(spot, "at least one is needed here", "write one, or delete the key to take the default")
    return _block(spot, str(error["msg"]))


def _echo(error: dict[str, Any], errors: list[dict[str, Any]]) -> bool:
    """Whether an error only follows from one that is told already.

    A key is missing because it is there with a typing error; a list is empty because its entries are wrong.
    """
    steps = tuple(error["loc"])
    if error["type"] == "too_short":
        return any(tuple(other["loc"][:-1]) == steps for other in errors)
    strange = [other["loc"] for other in errors if other["type"] == "extra_forbidden"]
    known = list(_keys(_model_at(steps[:-1])))
    return error["type"] == "missing" and any(
        tuple(loc[:-1]) == steps[:-1] and nearest(str(loc[-1]), known) == [steps[-1]] for loc in strange
    )


def _block(where: str, what: str, remedy: str = "") -> Problem:
    return Problem(level="block", where=where, what=what, remedy=remedy)


def _keys(model: type[BaseModel] | None) -> Iterator[str]:
    for name, field in (model.model_fields if model else {}).items():
        yield field.alias or name


def _model_at(steps: Steps) -> type[BaseModel] | None:
    """The group of keys that stands at `steps` of a brief."""
    model: type[BaseModel] | None = Brief
    for step in steps:
        if isinstance(step, str) and model is not None:
            by_key = {field.alias or name: field for name, field in model.model_fields.items()}
            model = _group_in(by_key[step].annotation) if step in by_key else None
    return model


def _group_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := _group_in(part))), None)


def _contradictions(brief: Brief, document: Document) -> list[Problem]:
    """What is wrong only when two values are seen together."""
    problems = []
    for steps, text in _texts(brief):
        if lacking := [language for language in brief.languages if not text.has(language)]:
            what = f"there is no text for {listed(lacking, 'and')}, and languages asks for it"
            problems.append(_block(document.where(*steps), what, f"add `{lacking[0]}:` with the text"))
    for steps, anchor in _times(brief):
        if anchor.seconds is not None and brief.length is not None and anchor.seconds >= brief.length:
            what = f"{anchor} is not before the end of a clip of {timing.timecode(brief.length)}"
            problems.append(_block(document.where(*steps), what, "write an earlier time, or a longer `length`"))
    return problems


def _ways(values: dict[str, Any], document: Document) -> list[Problem]:
    """A brief has one of `route`, `routes` and `tracks`; a recap has tracks, and only a recap has."""
    given = [key for key in ("route", "routes", "tracks") if values.get(key)]
    if values.get("kind") == "recap":
        if not given:
            remedy = "add a line such as `tracks: gritters/`"
            return [_block(document.where("tracks"), '"tracks" is needed for a recap and is not written', remedy)]
        more = [key for key in given if key != "tracks"]
        return [_block(document.where(key), "a recap has `tracks`, not this", "take this line out") for key in more]
    if "tracks" in given:
        return [_block(document.where("tracks"), "only a recap has tracks", "write `kind: recap`, or use `route`")]
    strange = [key for key in document.tree if key not in Brief.model_fields]
    if not given and not any("route" in nearest(key, list(Brief.model_fields)) for key in strange):
        return [_block(document.where("route"), '"route" is needed and is not written', _EXAMPLES["route"])]
    if len(given) > 1:
        return [_block(document.where("routes"), "there is a `route` already", "name every route under `routes`")]
    return []


def _texts(brief: Brief) -> Iterator[tuple[Steps, Text]]:
    named = {
        ("title",): brief.title,
        ("summary",): brief.summary,
        ("end_card", "text"): brief.end_card.text,
        ("post", "text"): brief.post.text,
        ("post", "alt"): brief.post.alt,
    }
    yield from ((steps, text) for steps, text in named.items() if text is not None)
    yield from ((("captions", n, "text"), entry.text) for n, entry in enumerate(brief.captions))
    yield from ((("routes", n, "name"), entry.name) for n, entry in enumerate(brief.routes) if entry.name is not None)
    if brief.tracks is not None and brief.tracks.called is not None:
        yield ("tracks", "called"), brief.tracks.called


def _times(brief: Brief) -> Iterator[tuple[Steps, Anchor]]:
    yield from ((("captions", n, "at"), entry.at) for n, entry in enumerate(brief.captions))
    yield from ((("overlays", n, "at"), entry.at) for n, entry in enumerate(brief.overlays))


def _told(problems: list[Problem]) -> list[Problem]:
    """In the order of the file; a file that is no brief at all does not get thousands."""

    def line_and_column(problem: Problem) -> tuple[int, ...]:
        numbers = problem.where.split(": ")[0].rsplit(":", 2)[1:]
        return tuple(int(number) for number in numbers if number.isdigit())

    told = sorted(problems, key=line_and_column)
    if len(told) > _MOST:
        more = _block(told[0].where.split(": ")[0].rsplit(":", 2)[0], f"there are {len(told) - _MOST} more problems")
        told = [*told[:_MOST], more]
    return told
