"""The route's own web page for the council's site: a folder to open from disk or to put on any server.

Everything is local and still: no tiles, no network, no inline code (the page forbids it to itself). All that
the map tells is also there as text and as a drawing of the heights; the GPX has the route without times.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import files, walking, words
from pipeline import route as routes
from pipeline.config import assets
from pipeline.counting import cleaned
from pipeline.geo import Floats
from pipeline.page import page_map
from pipeline.route import Line, Route

_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data:; "
    "base-uri 'none'; form-action 'none'"
)
_LEAFLET = (
    "leaflet.js",
    "leaflet.css",
    *(f"images/{name}.png" for name in ("layers", "layers-2x", "marker-icon", "marker-icon-2x", "marker-shadow")),
)
_EN = {
    "map": "Map of the route", "places": "Places along the route", "heights": "Heights along the route",
    "distance": "Distance", "ascent": "Ascent", "time": "Walking time", "kind": "Kind of walk",
    "loop": "Circular", "one_way": "One way", "start": "Start", "finish": "Finish",
    "both": "Start and finish",
    "key": "The triangle is the start, the chequered square the finish.",
    "key_both": "The triangle is the start and the finish.",
    "key_places": "The numbers are the places listed below.",
    "joined": "The line joins the places in their order; it is not the path itself.",
    "key_keys": "Move the map with the arrow keys, zoom with + and −.",
    "download": "Download the route (GPX)", "credits": "Credits",
    "minimum": "at a steady pace, without stops",
    "profile": "The route runs between {} and {} above sea level.", "at": "{} from the start",
}  # fmt: skip
_CY = {
    "map": "Map o'r llwybr", "places": "Lleoedd ar hyd y llwybr", "heights": "Uchder ar hyd y llwybr",
    "distance": "Pellter", "ascent": "Esgyniad", "time": "Amser cerdded", "kind": "Math o daith",
    "loop": "Cylchol", "one_way": "Un ffordd", "start": "Dechrau", "finish": "Diwedd",
    "both": "Dechrau a diwedd",
    "key": "Y triongl yw'r dechrau, y sgwâr brith yw'r diwedd.",
    "key_both": "Y triongl yw'r dechrau a'r diwedd.",
    "key_places": "Y rhifau yw'r lleoedd a restrir isod.",
    "joined": "Mae'r llinell yn cysylltu'r lleoedd yn eu trefn; nid y llwybr ei hun ydyw.",
    "key_keys": "Symudwch y map â'r bysellau saeth, chwyddwch â + a −.",
    "download": "Lawrlwytho'r llwybr (GPX)", "credits": "Cydnabyddiaethau",
    "minimum": "ar gyflymder cyson, heb aros",
    "profile": "Mae'r llwybr rhwng {} a {} uwchlaw lefel y môr.", "at": "{} o'r dechrau",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Colours:
    """As `#rrggbb`. `ink` is read on `paper`; `casing` is the rim that sets the route line off the ground."""

    route: str = "#d4003c"
    casing: str = "#ffffff"
    ink: str = "#17212b"
    paper: str = "#ffffff"


def write_page(
    route: Route,
    folder: Path,
    *,
    title: str,
    summary: str = "",
    units: walking.Units = "miles",
    lang: str = "en",
    credits: Sequence[str] = (),
    colours: Colours = Colours(),
) -> tuple[Path, ...]:
    """Writes `map.html` and `assets/` into `folder`; gives the paths written, the page first.

    Each file is whole or not there, and equal files are left alone. ToolError when the disk refuses.
    """
    lines = tuple(page_map.thinned(line) for line in route.lines)
    say = _say(lang)
    marks = page_map.MapWords(start=say["start"], finish=say["finish"], both=say["both"])
    box, script = page_map.script(route, lines, marks, route_colour=colours.route, casing_colour=colours.casing)
    beside = folder / "assets"
    texts = {
        folder / "map.html": _page(route, box, title, summary, units, lang, credits),
        beside / "map.js": script,
        beside / "map.css": _style(colours),
        beside / "route.gpx": gpx(route, lines, title=title, summary=summary),
    }
    for path, text in texts.items():
        files.write_text(path, text)
    return (*texts, *_leaflet(beside))


def _say(lang: str) -> dict[str, str]:
    return _CY if lang.split("-")[0] == "cy" else _EN


def _leaflet(beside: Path) -> Iterator[Path]:
    from xstatic.pkg import leaflet

    for name in _LEAFLET:
        target, source = beside / name, Path(leaflet.BASE_DIR) / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            with files.written(target) as part:
                part.write_bytes(source.read_bytes())
        yield target


def _style(colours: Colours) -> str:
    names = {"route": colours.route, "casing": colours.casing, "ink": colours.ink, "paper": colours.paper}
    names |= {"card": "#f1f4f3", "ground": "#e4ebe6"}
    rules = " ".join(f"--{name}: {value};" for name, value in names.items())
    return f":root {{ {rules} }}\n" + (assets() / "page" / "map.css").read_text("utf-8")


def gpx(route: Route, lines: Sequence[Line], *, title: str, summary: str = "") -> str:
    """The route as GPX 1.1: lines with heights and the named places; no times, no extensions.

    Waypoints that were only joined become a planned route (`rte`), not a track that somebody walked.
    """
    import gpxpy.gpx as model

    document = model.GPX()
    document.creator = "make-promo"
    document.name, document.description = _line(title), _line(summary) or None
    if route.kind == "waypoints":
        document.routes.append(model.GPXRoute(name=_line(title)))
        document.routes[0].points = [
            _point(model.GPXRoutePoint, line, k) for line in lines for k in range(len(line.lng))
        ]
    else:
        track = model.GPXTrack(name=_line(title))
        for line in lines:
            points = [_point(model.GPXTrackPoint, line, k) for k in range(len(line.lng))]
            track.segments.append(model.GPXTrackSegment(points))
        document.tracks.append(track)
    for waypoint in route.waypoints:
        name = page_map.waypoint_name(waypoint)
        document.waypoints.append(model.GPXWaypoint(round(waypoint.lat, 6), _wrapped(waypoint.lng), name=name))
    return str(document.to_xml(version="1.1")).rstrip() + "\n"


def _point(kind: Any, line: Line, k: int) -> Any:
    height = round(float(line.ele_m[k]), 1) if np.isfinite(line.ele_m[k]) else None
    return kind(round(float(line.lat[k]), 6), _wrapped(float(line.lng[k])), elevation=height)


def _wrapped(lng: float) -> float:
    return round((lng + 180) % 360 - 180, 6)


def _line(text: str) -> str:
    return " ".join(cleaned(text).split())


def _page(
    route: Route, box: str, title: str, summary: str, units: walking.Units, lang: str, credits: Sequence[str]
) -> str:
    say, name = _say(lang), html.escape(_line(title))
    thanks = "".join(f"<li>{html.escape(_line(credit))}</li>" for credit in credits)
    keys = [
        "key_both" if "both" in page_map.ends(route) else "key",
        *(["key_places"] if route.waypoints else []),
        *(["joined"] if route.kind == "waypoints" else []),
        "key_keys",
    ]
    key = " ".join(say[part] for part in keys)
    parts = [
        f"<h1>{name}</h1>",
        f'<p class="summary">{html.escape(_line(summary))}</p>' if summary else "",
        _facts(route, units, lang),
        f'<h2 id="map-title">{say["map"]}</h2>',
        f'<div id="{box}" class="folium-map" role="region" aria-labelledby="map-title"'
        ' aria-describedby="map-key"></div>',
        f'<p class="key" id="map-key">{key}</p>',
        f'<p><a class="download" href="assets/route.gpx" download>{say["download"]}</a></p>',
        _heights(route, units, lang),
        _places(route, units, lang),
        f'<h2>{say["credits"]}</h2><ul class="credits">{thanks}</ul>' if thanks else "",
    ]
    body = "\n".join(filter(None, parts))
    return f"""<!DOCTYPE html>
<html lang="{html.escape(lang)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/leaflet.css">
<link rel="stylesheet" href="assets/map.css">
<script defer src="assets/leaflet.js"></script>
<script defer src="assets/map.js"></script>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _facts(route: Route, units: walking.Units, lang: str) -> str:
    say = _say(lang)
    span = walking.time_text(walking.minutes(route.distance_m, route.ascent_m))
    rows = [(say["distance"], words.in_language(walking.distance_text(route.distance_m, units), lang))]
    if route.ascent_m is not None:
        rows.append((say["ascent"], words.in_language(walking.ascent_text(route.ascent_m, units), lang)))
    rows.append((say["time"], words.in_language(span, lang)))
    rows.append((say["kind"], say["loop"] if route.loop else say["one_way"]))
    shown = "".join(f"<div><dt>{key}</dt><dd>{html.escape(value)}</dd></div>" for key, value in rows)
    return f'<dl class="facts">{shown}</dl><p class="key">{say["time"]}: {say["minimum"]}.</p>'


def _places(route: Route, units: walking.Units, lang: str) -> str:
    if not route.waypoints:
        return ""
    say = _say(lang)
    rows = []
    for waypoint in route.waypoints:
        away = words.in_language(walking.distance_text(waypoint.along_m, units), lang)
        end = page_map.end_of(route, waypoint)
        place = say[end].lower() if end else say["at"].format(away)
        rows.append(f"<li>{html.escape(page_map.waypoint_name(waypoint))}, {place}</li>")
    return f'<h2>{say["places"]}</h2>\n<ol class="places">{"".join(rows)}</ol>'


_WIDE, _TALL, _HEAD = 960, 180, 16


def _heights(route: Route, units: walking.Units, lang: str) -> str:
    """The heights as a drawing, with its content in a sentence; nothing when they are unknown."""
    along, ele = routes.profile(route, 241)
    if not np.isfinite(ele).any():
        return ""
    low, high = float(np.nanmin(ele)), float(np.nanmax(ele))
    # At least 40 m of scale: a flat walk is to look flat.
    floor, span = low - max(0.0, 40 - (high - low)) / 2, max(40.0, high - low)
    x = _WIDE * along / max(float(along[-1]), 1.0)
    y = _HEAD + (_TALL - 2 * _HEAD) * (1 - (ele - floor) / span)
    curves = list(_runs(x, y))
    line = "".join("M" + "L".join(curve) for curve in curves)
    area = "".join(
        f"M{curve[0].split()[0]} {_TALL}L{'L'.join(curve)}L{curve[-1].split()[0]} {_TALL}z" for curve in curves
    )
    say = _say(lang)
    told = say["profile"].format(*(words.in_language(walking.ascent_text(value, units), lang) for value in (low, high)))
    ends = words.in_language(walking.distance_text(route.distance_m, units), lang)
    return (
        f"<h2>{say['heights']}</h2>\n<p>{told}</p>\n"
        f'<svg class="profile" viewBox="0 0 {_WIDE} {_TALL}" preserveAspectRatio="none" role="img"'
        f' aria-label="{html.escape(told)}"><path class="area" d="{area}"/>'
        f'<path class="line" d="{line}"/></svg>\n'
        f'<p class="scale"><span>{say["start"]}</span><span>{html.escape(ends)}</span></p>'
    )


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
