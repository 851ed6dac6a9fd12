"""The heights as a drawing with lines to read them by, and the slider whose place is shown on it and on the map.

No style stands in the page (its policy forbids it): places are percentages in an SVG without a box of its own, so
that its letters stay as large as all others while the curve is stretched.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline import route as routes
from pipeline import walking
from pipeline.geo import Floats
from pipeline.page import say as texts
from pipeline.route import Route

SAMPLES = 241
_WIDE, _TALL, _HEAD = 960, 100, 14  # of the stretched curve; the numbers of places stand in its head
_FLAT_M = 40.0  # at least this much scale: a flat walk is to look flat


def samples(route: Route, units: walking.Units, lang: str) -> list[list[Any]]:
    """Places for the slider: [lat, lng, what is said of it], evenly from start to finish."""
    along, ele = routes.profile(route, SAMPLES)
    lng, lat = routes.places(route, along)
    say = texts.phrases(lang)
    found: list[list[Any]] = []
    for k in range(SAMPLES):
        said = {0: say["start"], SAMPLES - 1: say["finish"]}.get(k, "")
        said = said or texts.first_unit(texts.distance(float(along[k]), units, lang))
        if np.isfinite(ele[k]):
            said += ", " + texts.first_unit(texts.height(float(ele[k]), units, lang))
        found.append([round(float(lat[k]), 6), round(float(lng[k]), 6), said])
    return found


def slider(first: str, lang: str) -> str:
    """Hidden until page.js brings it to life; `first`: what is said of the place at its start."""
    say = texts.phrases(lang)
    return (
        '<div class="along" id="along-box" hidden>'
        f'<label for="along">{say["slider"]}</label> <output for="along" id="along-said">{html.escape(first)}</output>'
        f'<input type="range" id="along" min="0" max="{SAMPLES - 1}" value="0" step="1"'
        f' aria-valuetext="{html.escape(first)}" aria-describedby="along-key" autocomplete="off">'
        f'<p class="key" id="along-key">{say["slider_key"]}</p></div>'
    )


def drawing(route: Route, units: walking.Units, lang: str) -> str:
    """The heights as a drawing, with its content in a sentence; nothing when they are unknown."""
    along, ele = routes.profile(route, SAMPLES)
    if not np.isfinite(ele).any():
        return ""
    say = texts.phrases(lang)
    low, high = float(np.nanmin(ele)), float(np.nanmax(ele))
    floor = low - max(0.0, _FLAT_M - (high - low)) / 2
    span = max(_FLAT_M, high - low)
    x = _WIDE * along / max(float(along[-1]), 1.0)
    y = _HEAD + (_TALL - _HEAD) * 0.96 * (1 - (ele - floor) / span)
    told = say["profile"].format(*(texts.height(value, units, lang) for value in (low, high)))
    return (
        f'<p class="told">{told}</p>\n<svg class="profile" role="img" aria-label="{html.escape(told)}">'
        f'<svg viewBox="0 0 {_WIDE} {_TALL}" preserveAspectRatio="none">{_curve(x, y)}</svg>'
        f"{_levels(floor, span, units, lang)}{_numbers(route)}"
        '<line class="here" id="along-here" x1="0" x2="0" y1="0" y2="100%" visibility="hidden"/></svg>\n'
        f'<p class="scale" aria-hidden="true"><span>{say["start"]}</span>'
        f"<span>{html.escape(texts.distance(route.distance_m, units, lang))}</span></p>"
    )


def _curve(x: Floats, y: Floats) -> str:
    curves = list(_runs(x, y))
    line = "".join("M" + "L".join(curve) for curve in curves)
    area = "".join(
        f"M{curve[0].split()[0]} {_TALL}L{'L'.join(curve)}L{curve[-1].split()[0]} {_TALL}z" for curve in curves
    )
    return f'<path class="area" d="{area}"/><path class="line" d="{line}"/>'


def _levels(floor_m: float, span_m: float, units: walking.Units, lang: str) -> str:
    """At most four heights in round figures of the reader's unit, each with its line."""
    unit, unit_m = ("ft", walking.FOOT_M) if units == "miles" else ("m", 1.0)
    low, high = floor_m / unit_m, (floor_m + span_m) / unit_m
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= min(one for one in (1, 2, 5, 10) if step * one * 4 >= high - low)
    found = []
    for k in range(math.ceil(low / step), math.floor(high / step) + 1):
        share = (k * step - low) / (high - low)
        down = _HEAD + (_TALL - _HEAD) * 0.96 * (1 - share)
        if _HEAD + 11 < down < 97:  # clear of the places' numbers
            found.append(
                f'<line class="level" x1="0" x2="100%" y1="{down:.1f}%" y2="{down:.1f}%"/>'
                f'<text class="level" x="6" y="{down:.1f}%" dy="-4">{texts.level(k * step, unit, lang)}</text>'
            )
    return "".join(found)


def _numbers(route: Route) -> str:
    """The places by their numbers above the curve, those that have room."""
    found, last = [], -10.0
    for number, waypoint in enumerate(route.waypoints, 1):
        across = 100 * waypoint.along_m / max(route.distance_m, 1.0)
        if across - last < 5 or not 3 < across < 97:
            continue
        last = across
        found.append(
            f'<line class="stop" x1="{across:.1f}%" x2="{across:.1f}%" y1="{_HEAD}%" y2="100%"/>'
            f'<text class="stop" x="{across:.1f}%" y="11%">{number}</text>'
        )
    return "".join(found)


def _runs(x: Floats, y: Floats) -> Iterator[list[str]]:
    """Unbroken stretches of known heights, as `x y` texts."""
    run: list[str] = []
    for across, down in zip(x.tolist(), y.tolist(), strict=True):
        if np.isfinite(down):
            run.append(f"{across:.1f} {down:.1f}")
        elif run:
            yield run
            run = []
    if run:
        yield run
