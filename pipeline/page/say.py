"""The page's own words, in English and in Welsh, and texts from outside made fit to stand in it."""

from __future__ import annotations

import html
import re

from pipeline import walking
from pipeline.counting import cleaned
from pipeline.phrases import counted

_EN = {
    "skip": "Skip the map", "map": "Map of the route", "maps": "Map of the routes", "tracks": "Map of the vehicles",
    "places": "Places along the route", "along": "Along the route", "heights": "Heights along the route",
    "distance": "Distance", "ascent": "Ascent", "time": "Walking time", "kind": "Kind of walk",
    "loop": "Circular", "one_way": "One way", "start": "Start", "finish": "Finish", "both": "Start and finish",
    "key": "The triangle is the start, the chequered square the finish.",
    "key_both": "The triangle is the start and the finish.",
    "key_places": "The numbers are the places listed below.",
    "key_closer": "Places close to each other show one number; zoom in for the others.",
    "key_routes": "A letter stands at the start of each route; the list below has its name.",
    "key_tracks": "Each line is the way of one vehicle. Choose a name in the list to see its line alone.",
    "key_ends": "A number stands at the end of each line.",
    "joined": "The line joins the places in their order; it is not the path itself.",
    "key_keys": "Move the map with the arrow keys, zoom with + and −.",
    "script": "The map needs JavaScript. All that it tells is also on this page as text.",
    "download": "Download the route (GPX)", "download_one": "Download {} (GPX)", "files": "Download",
    "credits": "Credits", "minimum": "at a steady pace, without stops",
    "profile": "The route runs between {} and {} above sea level.", "at": "{} from the start",
    "slider": "Place along the route", "slider_key": "Slide, or use the arrow keys, to see the place on the map.",
    "routes": "The routes", "vehicles": "The vehicles", "vehicle": "Vehicle", "note": "Note", "alone": "Show {} alone",
    "total": "Distance together", "vehicles_count": "Vehicles",
    "tiles": "Show street map from {} (loads pictures from {})", "drawn": "Show the drawn map again",
    "zoom_in": "Zoom in", "zoom_out": "Zoom out", "close": "Close",
    "unnamed": "No. {}",
    "live": "Now on the road", "live_wait": "Asking for the latest positions …", "live_none": "No vehicle is out now.",
    "live_some": "{} vehicles on the map, as of {}.", "live_one": "1 vehicle on the map, as of {}.",
    "live_lost": "The positions cannot be reached just now.",
    "live_stop": "Stop updating", "live_go": "Update again",
}  # fmt: skip
_CY = {
    "skip": "Neidio dros y map", "map": "Map o'r llwybr", "maps": "Map o'r llwybrau", "tracks": "Map o'r cerbydau",
    "places": "Lleoedd ar hyd y llwybr", "along": "Ar hyd y llwybr", "heights": "Uchder ar hyd y llwybr",
    "distance": "Pellter", "ascent": "Esgyniad", "time": "Amser cerdded", "kind": "Math o daith",
    "loop": "Cylchol", "one_way": "Un ffordd", "start": "Dechrau", "finish": "Diwedd", "both": "Dechrau a diwedd",
    "key": "Y triongl yw'r dechrau, y sgwâr brith yw'r diwedd.",
    "key_both": "Y triongl yw'r dechrau a'r diwedd.",
    "key_places": "Y rhifau yw'r lleoedd a restrir isod.",
    "key_closer": "Un rhif sydd i leoedd sy'n agos at ei gilydd; chwyddwch i weld y lleill.",
    "key_routes": "Mae llythyren ar ddechrau pob llwybr; mae ei enw yn y rhestr isod.",
    "key_tracks": "Taith un cerbyd yw pob llinell. Dewiswch enw yn y rhestr i weld ei linell ar ei phen ei hun.",
    "key_ends": "Mae rhif ar ddiwedd pob llinell.",
    "joined": "Mae'r llinell yn cysylltu'r lleoedd yn eu trefn; nid y llwybr ei hun ydyw.",
    "key_keys": "Symudwch y map â'r bysellau saeth, chwyddwch â + a −.",
    "script": "Mae angen JavaScript ar y map. Mae popeth sydd arno hefyd ar y dudalen hon fel testun.",
    "download": "Lawrlwytho'r llwybr (GPX)", "download_one": "Lawrlwytho {} (GPX)", "files": "Lawrlwytho",
    "credits": "Cydnabyddiaethau", "minimum": "ar gyflymder cyson, heb aros",
    "profile": "Mae'r llwybr rhwng {} a {} uwchlaw lefel y môr.", "at": "{} o'r dechrau",
    "slider": "Man ar hyd y llwybr",
    "slider_key": "Llithrwch, neu defnyddiwch y bysellau saeth, i weld y man ar y map.",
    "routes": "Y llwybrau", "vehicles": "Y cerbydau", "vehicle": "Cerbyd", "note": "Nodyn",
    "alone": "Dangos {} yn unig", "total": "Pellter gyda'i gilydd", "vehicles_count": "Cerbydau",
    "tiles": "Dangos map strydoedd gan {} (llwytho lluniau o {})", "drawn": "Dangos y map lluniedig eto",
    "zoom_in": "Chwyddo i mewn", "zoom_out": "Chwyddo allan", "close": "Cau",
    "unnamed": "Rhif {}",
    "live": "Ar y ffordd nawr", "live_wait": "Yn gofyn am y lleoliadau diweddaraf …",
    "live_none": "Nid oes cerbyd allan ar hyn o bryd.",
    "live_some": "{} o gerbydau ar y map, am {}.", "live_one": "1 cerbyd ar y map, am {}.",
    "live_lost": "Ni ellir cyrraedd y lleoliadau ar hyn o bryd.",
    "live_stop": "Stopio diweddaru", "live_go": "Diweddaru eto",
}  # fmt: skip
_SECOND = re.compile(r" \([^)]*\)")


def phrases(lang: str) -> dict[str, str]:
    """English where we have no words of the language."""
    return _CY if lang.split("-")[0] == "cy" else _EN


def spoken(lang: str) -> str:
    """The language that the page is really in, for its `lang`: `en` where we have no words of the wished one."""
    return lang if lang.split("-")[0] in ("cy", "en") else "en"


def line(text: str) -> str:
    """A text from outside in one line, without signs that have no business in it."""
    return " ".join(cleaned(text).split())


def shown(text: str) -> str:
    """The same as HTML that reads in its own direction."""
    return f"<bdi>{html.escape(line(text))}</bdi>"


def named(text: str, number: int, say: dict[str, str]) -> str:
    """A name in one line; of what has none, its number."""
    return line(text) or say["unnamed"].format(number)


def distance(metres: float, units: walking.Units, lang: str) -> str:
    return walking.distance_text(metres, units, spoken(lang))


def height(metres: float, units: walking.Units, lang: str) -> str:
    return walking.ascent_text(metres, units, spoken(lang))


def time(span: tuple[int, int], lang: str) -> str:
    return walking.time_text(span, spoken(lang))


def level(value: float, unit: str, lang: str) -> str:
    """`150 ft`: a height in one unit, as it is."""
    return counted(value, unit, spoken(lang), 0)


def first_unit(figures: str) -> str:
    """`1.2 miles (2 km)` → `1.2 miles`: short enough to be heard again and again."""
    return _SECOND.sub("", figures)
