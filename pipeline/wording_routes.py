"""What is said of several routes: each by its name and length, and no sum of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline import walking
from pipeline.brief import Brief
from pipeline.phrases import phrases
from pipeline.pieces import Wording
from pipeline.route import Route
from pipeline.words import Story


def names_of(brief: Brief, routes: Sequence[Route], lang: str) -> tuple[str, ...]:
    """The name that the brief gives, else that of the file's track, else the file's own."""
    return tuple(
        (entry.name.get(lang) if entry.name else "")
        or " ".join(route.name.split())
        or entry.file.name.split(".")[0].replace("-", " ").replace("_", " ")
        for entry, route in zip(brief.routes, routes, strict=True)
    )


def with_routes(words: Wording, brief: Brief, routes: Sequence[Route]) -> Wording:
    """The wording of a brief of several routes; that of any other as it is."""
    if len(routes) < 2:
        return words
    names = names_of(brief, routes, words.lang)
    lengths = tuple(walking.distance_text(route.distance_m, brief.units, words.lang) for route in routes)
    ordered = sorted(routes, key=lambda route: route.distance_m)
    least, most = (walking.distance_text(one.distance_m, brief.units, words.lang) for one in (ordered[0], ordered[-1]))
    say = phrases(words.lang).say
    return replace(
        words,
        kicker=least if least == most else say.range.format(_first(least), _first(most)),
        facts={name: f"{name}{say.list}{length}" for name, length in zip(names, lengths, strict=True)},
        routes=names,
        lengths=tuple(_first(length) for length in lengths),
        more=say.more.replace("{}", "{count}"),
    )


def story_of_routes(told: Story, brief: Brief, routes: Sequence[Route]) -> Story:
    if len(routes) < 2:
        return told
    say = phrases(told.lang).say
    names = names_of(brief, routes, told.lang)
    facts = (
        f"{name}{say.list}{walking.distance_text(route.distance_m, brief.units, told.lang)}"
        for name, route in zip(names, routes, strict=True)
    )
    return replace(told, facts=tuple(facts))


def _first(text: str) -> str:
    """`4.2 miles (6.8 km)` → `4.2 miles`: beside a name there is no room for both."""
    return text.split(" (")[0]
