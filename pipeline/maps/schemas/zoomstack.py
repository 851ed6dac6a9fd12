"""OS Open Zoomstack: Ordnance Survey's open data of Great Britain, in its vector tiles.

Types are words for people ("A Road", "Suburban Area"). There are no footpaths, and contours stand in a layer that
this model has no kind for. Official styles name the layers and types:
https://github.com/OrdnanceSurvey/OS-Open-Zoomstack-Stylesheets
"""

from __future__ import annotations

from pipeline.map_model import LabelKind, LineKind
from pipeline.maps.credits import OS_CREDIT
from pipeline.maps.osm_names import tidy
from pipeline.maps.schemas.table import Props, Schema, always, amount, told

_ROADS: dict[str, LineKind] = {
    "Motorway": "motorway", "Primary": "trunk", "A Road": "primary", "B Road": "secondary", "Minor": "tertiary",
    "Local": "street", "Restricted": "service", "Guided Busway": "service", "Tunnels": "street",
}  # fmt: skip
_WATERS: dict[str, LineKind] = {
    "National": "river", "Regional": "river", "District": "stream", "Local": "stream", "MHW": "coast",
}  # fmt: skip
_NAMES: dict[str, LabelKind] = {
    "Capital": "city", "City": "city", "Town": "town", "Village": "village", "Hamlet": "hamlet",
    "Small Settlements": "hamlet", "Suburban Area": "suburb", "Greenspace": "park", "National Park": "park",
    "Water": "water", "Woodland": "wood", "Sites": "landmark",
}  # fmt: skip


def _word(props: Props) -> str:
    return told(props, "type")


def _tunnel(props: Props) -> bool:
    return _word(props) in {"Tunnels", "Tunnel"}


def _named(props: Props, languages: tuple[str, ...]) -> str:
    """`name2` is the other name of places with two (Welsh, Gaelic), where the wished language is said to be its."""
    language = {"cym": "cy", "gla": "gd", "eng": "en"}.get(told(props, "name2language"))
    first = {"cym": "cy", "gla": "gd", "eng": "en"}.get(told(props, "name1language"), "en")
    wanted = next((code for code in languages if code.split("-")[0] in {first, language}), first)
    second = told(props, "name2") if wanted.split("-")[0] == language != first else ""
    return tidy(second or told(props, "name1") or told(props, "name"))


ZOOMSTACK = Schema(
    name="OS Open Zoomstack",
    signs=frozenset({"surfacewater", "waterlines", "greenspaces", "urban_areas", "railwaystations", "foreshore"}),
    credit=OS_CREDIT,
    areas={
        "sea": always("sea"),
        "foreshore": always("sand"),
        "urban_areas": always("residential"),
        "sites": always("site"),
        "greenspaces": always("park"),
        "woodland": always("wood"),
        "surfacewater": always("water"),
        "buildings": always("building"),
    },
    lines={
        "waterlines": lambda props: _WATERS.get(_word(props)),
        "roads": lambda props: _ROADS.get(_word(props)),
        "rail": lambda _: "rail",
        "boundaries": lambda _: "boundary",
    },
    labels={
        "names": lambda props: _NAMES.get(_word(props)),
        "railwaystations": lambda _: "station",
        "airports": lambda _: "landmark",
    },
    bridge=lambda props: amount(props, "level") >= 1,
    tunnel=_tunnel,
    named=_named,
    ref=lambda props: told(props, "number")[:10],
)
