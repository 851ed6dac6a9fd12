"""The map in Leaflet, made with folium, as one script without ids that change from run to run.

folium writes for a page that may load and inline anything; ours must work from a folder without a network and
under a strict content policy. So only its script is used, and no element that needs jQuery. Its templates
are rendered twice, so a name with braces in it would run as template code on our machine: names from outside
never enter them, but are put as JSON into the finished script. What moves is in assets/page/page.js.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.geo import Floats
from pipeline.page.ground import Sheet, bounds_of, credit_html
from pipeline.page.marks import Mark
from pipeline.page.nouns import LiveOption, TileOption

_MANY_LINES = 40  # beyond, one canvas draws them all, without rims
# folium's own Popup asks for jQuery.
_POPUP = """{% macro script(this, kwargs) %}
{{ this._parent.get_name() }}.bindPopup({{ this.text|tojavascript }});
{% endmacro %}"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stroke:
    """One route or track: its lines (lng, lat) drawn alike. `thick` in CSS pixels."""

    lines: Sequence[tuple[Floats, Floats]]
    colour: str
    dash: str = ""
    thick: int = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Chart:
    """All that is on the map. `told`: plain values handed to page.js; its words and the places of the slider."""

    strokes: Sequence[Stroke]
    marks: Sequence[Mark]
    casing: str
    told: dict[str, Any]
    ground: Sequence[Sheet] = ()
    tiles: TileOption | None = None
    live: LiveOption | None = None


class _Names:
    """Texts from outside, each with the token that stands for it while templates are rendered."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def token(self, text: str) -> str:
        self._texts.append(text)
        return f"@name-{len(self._texts) - 1}@"

    def put_in(self, script: str) -> str:
        return re.sub(r'"@name-(\d+)@"', lambda found: as_json(self._texts[int(found[1])]), script)


def as_json(value: Any) -> str:
    """JSON that may stand in a script whatever it says."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def script(chart: Chart) -> tuple[str, str]:
    """The map as (id of the element it fills, JavaScript)."""
    import folium as untyped

    folium: Any = untyped  # only parts of it carry types
    names = _Names()
    box = bounds_of([line for stroke in chart.strokes for line in stroke.lines])
    south, west, north, east = box
    centre = [(south + north) / 2, (west + east) / 2]
    base = folium.Map(
        location=centre, tiles=None, zoom_start=14, control_scale=True, zoom_control=False,
        scroll_wheel_zoom=False, attribution_control=bool(chart.ground or chart.tiles),
        prefer_canvas=len(chart.strokes) > _MANY_LINES,
    )  # fmt: skip
    base.options |= {"max_zoom": 19, "zoom_snap": 0.25}
    sheets = [_sheet(folium, sheet, names).add_to(base) for sheet in chart.ground]
    casing = chart.casing if len(chart.strokes) <= _MANY_LINES else ""
    lines = [_stroke(folium, stroke, casing, base) for stroke in chart.strokes]
    marks = [_mark(folium, mark, centre[1], names).add_to(base) for mark in chart.marks]
    tiles = _tiles(folium, chart.tiles, names).add_to(base) if chart.tiles else None
    live = _live(folium, chart.live, names).add_to(base) if chart.live else None
    base.fit_bounds([[south, west], [north, east]], padding=(40, 40))
    text = _rendered(base)
    layers = {
        "ground": sheets,
        "lines": lines,
        "marks": marks,
        "tiles": [tiles] if tiles else [],
        "live": [live] if live else [],
    }
    told = chart.told | {
        "bounds": [[south, west], [north, east]],
        "ground": [{"bounds": sheet.corners, "from": sheet.from_zoom} for sheet in chart.ground],
        "deepest": max((sheet.deepest for sheet in chart.ground), default=19),
        "tilesDeepest": chart.tiles.max_zoom if chart.tiles else 0,
        "marks": [{"size": mark.size, "place": mark.place} for mark in chart.marks],
        "everyS": chart.live.every_s if chart.live else 0,
    }
    call = f"makePromoPage({base.get_name()}, {as_json(told)}, {_variables(layers)});\n"
    return base.get_name(), names.put_in(text) + call


def _variables(value: Any) -> str:
    """Nested lists of folium's elements as the JavaScript names of their variables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_variables(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_variables, value)) + "]"
    return str(value.get_name())


def _sheet(folium: Any, sheet: Sheet, names: _Names) -> Any:
    overlay = folium.raster_layers.ImageOverlay(
        "https://here", sheet.corners, pixelated=False, attribution=names.token(credit_html(sheet.credits)), z_index=1
    )
    overlay.url = f"assets/{sheet.name}"  # given as an address it would be read and inlined
    return overlay


def _tiles(folium: Any, tiles: TileOption, names: _Names) -> Any:
    layer = folium.TileLayer(
        tiles=names.token(tiles.url), attr=names.token(credit_html([tiles.credit])), name="tiles", show=False,
        control=False, max_zoom=tiles.max_zoom,
    )  # fmt: skip
    # Volunteers' servers want to know which site asks; the page itself tells nobody else.
    layer.options["referrerPolicy"] = "strict-origin-when-cross-origin"
    return layer


def _live(folium: Any, live: LiveOption, names: _Names) -> Any:
    """folium's Realtime layer; `L.realtime` and the looks of its points are in assets/page/live.js."""
    from folium.plugins.realtime import Realtime

    return Realtime(
        names.token(live.url),
        start=False,
        interval=live.every_s * 1000,
        get_feature_id=folium.JsCode("makePromoLive.id"),
        point_to_layer=folium.JsCode("makePromoLive.point"),
        update_feature=folium.JsCode("makePromoLive.update"),
        remove_missing=True,
    )


def _stroke(folium: Any, stroke: Stroke, casing: str, base: Any) -> list[Any]:
    paths = [np.stack([np.round(lat, 6), np.round(lng, 6)], axis=-1).tolist() for lng, lat in stroke.lines]
    looks: list[tuple[str, int, str]] = [(casing, stroke.thick + 4, ""), (stroke.colour, stroke.thick, stroke.dash)]
    return [
        folium.PolyLine(
            paths, color=colour, weight=weight, opacity=1, line_cap="round", line_join="round",
            dash_array=dash or None, interactive=False, smooth_factor=1.0,
        ).add_to(base)
        for colour, weight, dash in looks
        if colour
    ]  # fmt: skip


def _mark(folium: Any, mark: Mark, near_lng: float, names: _Names) -> Any:
    import branca.element
    from folium.template import Template

    macro: Any = branca.element.MacroElement
    lng = mark.lng + 360 * round((near_lng - mark.lng) / 360)
    half = mark.size // 2
    icon = folium.DivIcon(html=mark.picture, icon_size=(mark.size,) * 2, icon_anchor=(half, half), class_name="pin")
    marker = folium.Marker([round(mark.lat, 6), round(lng, 6)], icon=icon, title=names.token(mark.name))
    popup = macro()
    popup._name, popup._template = "popup", Template(_POPUP)
    popup.text = names.token(f"<bdi>{html.escape(mark.name)}</bdi>")
    marker.add_child(popup)
    return marker


def _rendered(base: Any) -> str:
    """folium's script with ids counted in order instead of drawn at random."""
    figure = base.get_root()
    queue, number = [base], 0
    while queue:
        element = queue.pop(0)
        element._id = f"{number}"
        number += 1
        queue += element._children.values()
    figure.render()
    return str(figure.script.render()).strip() + "\n"
