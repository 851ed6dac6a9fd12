"""What is said of a fleet's night: how many vehicles, how far, how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline import recap, recap_told
from pipeline.brief import Brief
from pipeline.fleet import Fleet
from pipeline.phrases import phrases
from pipeline.pieces import Wording
from pipeline.words import Story


def called(brief: Brief, lang: str) -> str:
    """What the vehicles are, as the brief says it."""
    said = brief.tracks.called if brief.tracks else None
    return said.get(lang) if said else phrases(lang).say.vehicles


def figures(brief: Brief, fleet: Fleet, lang: str) -> tuple[str, ...]:
    """`14 gritters`, `412 miles`, `one night`."""
    told = recap_told.figures(
        recap.totals(fleet),
        called=called(brief, lang),
        units=brief.units,
        lang=lang,
        only=fleet.vehicles[0].name,
    )
    return tuple(figure.at(1.0) for figure in told)


def with_fleet(words: Wording, brief: Brief, fleet: Fleet | None) -> Wording:
    """The wording of a recap; that of any other brief as it is."""
    if fleet is None:
        return words
    said = figures(brief, fleet, words.lang)
    return replace(
        words,
        kicker=" · ".join(said[1:]),
        facts={str(number): text for number, text in enumerate(said)},
        called=called(brief, words.lang),
    )


def story_of_fleet(told: Story, brief: Brief, fleet: Fleet | None) -> Story:
    return replace(told, facts=figures(brief, fleet, told.lang)) if fleet else told


def recap_json(fleet: Fleet) -> dict[str, Any]:
    """route.json of a recap: the totals and each vehicle's share of what is shown. No depots, no clock times of single
    vehicles."""
    totals = recap.totals(fleet)
    return {
        "kind": "recap",
        "vehicles": [
            {"name": one.name, "distance_m": round(sum(part.distance_m for part in one.parts), 1)}
            for one in fleet.vehicles
        ],
        "distance_m": round(totals.distance_m, 1),
        "ascent_m": None,
        "descent_m": None,
        "loop": False,
        "bounds": [
            round(min(float(part.lng.min()) for one in fleet.vehicles for part in one.parts), 6),
            round(min(float(part.lat.min()) for one in fleet.vehicles for part in one.parts), 6),
            round(max(float(part.lng.max()) for one in fleet.vehicles for part in one.parts), 6),
            round(max(float(part.lat.max()) for one in fleet.vehicles for part in one.parts), 6),
        ],
        "waypoints": [],
        "times": {
            "first": totals.first.isoformat(),
            "last": totals.last.isoformat(),
            "days": totals.days,
            "nights": totals.nights,
        },
    }
