"""The signs on the map: start, finish, numbered places, letters. Told apart by shape and sign, not colour alone."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np

from pipeline.geo import flat
from pipeline.page.say import named
from pipeline.route import Route, Waypoint

MARK_PX, SMALL_PX, MANY = 30, 24, 20  # small where there are many; 24 px is the least to be touched
_TOGETHER_M = 30.0  # ends nearer than this share one mark


@dataclass(frozen=True, kw_only=True)
class Mark:
    """`place`: its number in the list of places below the map, from 0; None for an end."""

    lng: float
    lat: float
    picture: str
    name: str
    size: int = MARK_PX
    place: int | None = None


def ends(route: Route) -> tuple[str, ...]:
    """The marks at the ends: one for both where they lie together, else start and finish."""
    start, finish = route.start, route.finish
    apart = np.hypot(*flat(np.array([finish[0]]), np.array([finish[1]]), start)[0])
    return ("both",) if apart < _TOGETHER_M else ("finish", "start")


def end_of(route: Route, waypoint: Waypoint) -> str:
    """The end mark that a waypoint shares (`start`, `finish` or `both`), or nothing."""
    if waypoint.aside_m < _TOGETHER_M:
        for end, away in (("start", waypoint.along_m), ("finish", route.distance_m - waypoint.along_m)):
            if away < _TOGETHER_M:
                return "both" if "both" in ends(route) else end
    return ""


def of_route(route: Route, say: dict[str, str]) -> list[Mark]:
    """The ends and all places of a route; a place at an end has no mark of its own."""
    small = MARK_PX if len(route.waypoints) <= MANY else SMALL_PX
    found: list[Mark] = []
    marked = {end: [say[end]] for end in ends(route)}
    where: dict[str, int] = {}
    for number, waypoint in enumerate(route.waypoints, 1):
        name, end = f"{number}. {named(waypoint.name, number, say)}", end_of(route, waypoint)
        if end in marked:
            marked[end].append(name)
            where.setdefault(end, number - 1)
        else:
            picture = disc(str(number), small)
            found.append(
                Mark(lng=waypoint.lng, lat=waypoint.lat, picture=picture, name=name, size=small, place=number - 1)
            )
    for end, texts in marked.items():
        lng, lat = route.finish if end == "finish" else route.start
        picture = FINISH if end == "finish" else START
        found.append(Mark(lng=lng, lat=lat, picture=picture, name=", ".join(texts), place=where.get(end)))
    return found


def letter(number: int) -> str:
    """A, B, … Z, AA, AB, …"""
    return (letter(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def disc(text: str, size: int = MARK_PX) -> str:
    """A numbered disc; told apart from the ends by its shape and its number."""
    sign = "sign" if len(text) < 3 else "sign long"
    return _svg(
        '<circle class="halo" cx="15" cy="15" r="14"/><circle class="body" cx="15" cy="15" r="11.5"/>'
        f'<text class="{sign}" x="15" y="19.5">{html.escape(text)}</text>',
        size,
    )


def _svg(inner: str, size: int = MARK_PX) -> str:
    return f'<svg width="{size}" height="{size}" viewBox="0 0 30 30" aria-hidden="true">{inner}</svg>'


def sample(colour: str, dash: str) -> str:
    """A short piece of a line as it is on the map, for a legend."""
    pattern = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        '<svg class="sample" width="60" height="16" viewBox="0 0 60 16" aria-hidden="true">'
        f'<path d="M5 8H55" stroke="{html.escape(colour)}"{pattern}/></svg>'
    )


# A triangle that points on, for the start; a chequered square for the finish.
START = _svg('<path class="halo" d="M1 0 30 15 1 30z"/><path class="body" d="M4.5 5.8 23 15 4.5 24.2z"/>')
FINISH = _svg(
    '<path class="halo" d="M1 1h28v28H1z"/><path class="body" d="M4 4h22v22H4z"/>'
    + "".join(
        f'<path class="square" d="M{6 + 6 * x} {6 + 6 * y}h6v6h-6z"/>'
        for x in range(3)
        for y in range(3)
        if (x + y) % 2
    )
)
