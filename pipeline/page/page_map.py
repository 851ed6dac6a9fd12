"""The route as a Leaflet map, made with folium, as one script without ids that change from run to run.

folium writes for a page that may load and inline anything; ours must work from a folder without a network and
under a strict content policy. So only its script is used, and no element that needs jQuery. Its templates
are rendered twice, so a name with braces in it would run as template code on our machine: names from outside
never enter them, but are put as JSON into the finished script.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.geo import Floats, flat
from pipeline.route import Line, Route, Waypoint

_TOLERANCE_M = 0.5
_MARK_PX, _SMALL_PX, _MANY = 30, 24, 20  # small marks where there are many; 24 px is the least to be touched
# folium's own Popup asks for jQuery.
_POPUP = """{% macro script(this, kwargs) %}
{{ this._parent.get_name() }}.bindPopup({{ this.text|tojavascript }});
{% endmacro %}"""
_TOGETHER_M = 30.0  # ends nearer than this share one mark


@dataclass(frozen=True, kw_only=True)
class MapWords:
    """What the marks say, in the page's language."""

    start: str
    finish: str
    both: str


def thinned(line: Line, tolerance_m: float = _TOLERANCE_M) -> Line:
    """The line with only the points that matter to within `tolerance_m` (Douglas and Peucker), ends kept."""
    keep = _kept(flat(line.lng, line.lat, (float(line.lng[0]), float(line.lat[0]))), tolerance_m)
    columns = (line.lng, line.lat, line.ele_m, line.along_m, line.epoch_s)
    lng, lat, ele, along, epoch = (column[keep] for column in columns)
    return Line(lng=lng, lat=lat, ele_m=ele, along_m=along, epoch_s=epoch)


def _kept(points: Floats, tolerance: float) -> Any:
    keep = np.zeros(len(points), dtype=np.bool_)
    keep[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        inner, base = points[first + 1 : last] - points[first], points[last] - points[first]
        square = float(base @ base)
        share = np.clip(inner @ base / square, 0, 1)[:, None] if square else np.zeros((len(inner), 1))
        away = np.hypot(*(inner - share * base).T)
        worst = int(np.argmax(away))
        if away[worst] > tolerance:
            keep[first + 1 + worst] = True
            spans += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return keep


def script(
    route: Route, lines: Sequence[Line], words: MapWords, *, route_colour: str, casing_colour: str
) -> tuple[str, str]:
    """The map as (id of the element it fills, JavaScript)."""
    import branca.element
    import folium as untyped
    from folium.template import Template

    folium: Any = untyped  # only parts of it carry types
    macro: Any = branca.element.MacroElement

    paths = [
        [[round(float(y), 6), round(float(x), 6)] for x, y in zip(line.lng, line.lat, strict=True)] for line in lines
    ]
    corners = [point for path in paths for point in path]
    south, north = (pick(lat for lat, _ in corners) for pick in (min, max))
    west, east = (pick(lng for _, lng in corners) for pick in (min, max))
    centre = [(south + north) / 2, (west + east) / 2]
    chart = folium.Map(
        location=centre, tiles=None, zoom_start=14, control_scale=True,
        scroll_wheel_zoom=False, attribution_control=False,
    )  # fmt: skip
    chart.options |= {"max_zoom": 19, "zoom_snap": 0.25}
    for colour, weight in ((casing_colour, 9), (route_colour, 5)):
        folium.PolyLine(
            paths,
            color=colour,
            weight=weight,
            opacity=1,
            line_cap="round",
            line_join="round",
            interactive=False,
        ).add_to(chart)

    names: list[str] = []

    def token(text: str) -> str:
        names.append(text)
        return f"@name-{len(names) - 1}@"

    def mark(place: tuple[float, float], picture: str, name: str, size: int = _MARK_PX) -> None:
        lng, lat = place
        lng += 360 * round((centre[1] - lng) / 360)
        icon = folium.DivIcon(
            html=picture, icon_size=(size, size), icon_anchor=(size // 2, size // 2), class_name="pin"
        )
        marker = folium.Marker([round(lat, 6), round(lng, 6)], icon=icon, title=token(name), rise_on_hover=True)
        popup = macro()
        popup._name, popup._template, popup.text = "popup", Template(_POPUP), token(html.escape(name))
        marker.add_child(popup)
        marker.add_to(chart)

    small = _MARK_PX if len(route.waypoints) <= _MANY else _SMALL_PX
    marked = {end: [getattr(words, end)] for end in ends(route)}
    for number, waypoint in enumerate(route.waypoints, 1):
        name, end = f"{number}. {waypoint_name(waypoint)}", end_of(route, waypoint)
        if end in marked:
            marked[end].append(name)
        else:
            mark((waypoint.lng, waypoint.lat), disc(str(number), small), name, small)
    for end, texts in marked.items():
        finish = end == "finish"
        mark(route.finish if finish else route.start, FINISH if finish else START, ", ".join(texts))
    chart.fit_bounds([[south, west], [north, east]], padding=(40, 40))
    box, text = _rendered(chart)
    return box, re.sub(r'"@name-(\d+)@"', lambda found: _json(names[int(found[1])]), text)


def _json(text: str) -> str:
    return json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def waypoint_name(waypoint: Waypoint) -> str:
    from pipeline.counting import cleaned

    return " ".join(cleaned(waypoint.name).split())


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


def disc(text: str, size: int) -> str:
    """A numbered disc; told apart from the ends by its shape and its number."""
    return _svg(
        '<circle class="halo" cx="15" cy="15" r="14"/><circle class="body" cx="15" cy="15" r="11.5"/>'
        f'<text class="sign" x="15" y="19.5">{html.escape(text)}</text>',
        size,
    )


def _svg(inner: str, size: int = _MARK_PX) -> str:
    return f'<svg width="{size}" height="{size}" viewBox="0 0 30 30" aria-hidden="true">{inner}</svg>'


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


def _rendered(chart: Any) -> tuple[str, str]:
    """folium's script with ids counted in order instead of drawn at random."""
    figure = chart.get_root()
    queue, number = [chart], 0
    while queue:
        element = queue.pop(0)
        element._id = f"{number}"
        number += 1
        queue += element._children.values()
    figure.render()
    return chart.get_name(), figure.script.render().strip() + "\n"
