"""A web page for the council's site: a folder to open from disk or to put on any server.

Everything is local and still: no tiles unless somebody asks for them, no network, no inline code (the page forbids it
to itself). All that the map tells is also there as text and as a drawing of the heights; the GPX has the route
without times. Three pages are made alike: of one route, of several, and of vehicles with their tracks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import walking
from pipeline.errors import MaterialError
from pipeline.geo import Floats, flat
from pipeline.page import chart, document, marks, profile, sections, thinning
from pipeline.page import ground as below
from pipeline.page import say as texts
from pipeline.page.download import gpx
from pipeline.page.ground import wanted
from pipeline.page.nouns import DASHES, Colours, Credit, LiveOption, PageMap, PageRoute, PageTrack, TileOption
from pipeline.route import Route

__all__ = [
    "Colours",
    "LiveOption",
    "PageMap",
    "PageRoute",
    "PageTrack",
    "TileOption",
    "wanted",
    "write_page",
    "write_recap_page",
    "write_routes_page",
]

_AFTER = '<div id="after-map" tabindex="-1"></div>'
_PLAIN = Colours()
_MOST_ENDS = 30  # signs at the ends of more tracks would only hide them


def write_page(
    route: Route,
    folder: Path,
    *,
    title: str,
    summary: str = "",
    units: walking.Units = "miles",
    lang: str = "en",
    credits: Sequence[str] = (),
    colours: Colours = _PLAIN,
    ground: Sequence[PageMap] = (),
    tiles: TileOption | None = None,
) -> tuple[Path, ...]:
    """Writes `map.html` and `assets/` into `folder` for one route; gives the paths written, the page first.

    ToolError when the disk refuses, MaterialError for a drawn map that is no picture.
    """
    say = texts.phrases(lang)
    lines = tuple(thinning.thinned(line) for line in route.lines)
    along = profile.samples(route, units, lang)
    sheets = _sheets(ground, [(line.lng, line.lat) for line in lines])
    drawn = chart.Chart(
        strokes=[chart.Stroke(lines=[(line.lng, line.lat) for line in lines], colour=colours.route)],
        marks=marks.of_route(route, say),
        casing=colours.casing,
        told={"say": say, "samples": along},
        ground=sheets,
        tiles=tiles,
    )
    box, script = chart.script(drawn)
    key = [
        "key_both" if "both" in marks.ends(route) else "key",
        *(["key_places"] if route.waypoints else []),
        *(["joined"] if route.kind == "waypoints" else []),
    ]
    heights = profile.drawing(route, units, lang)
    page = document.Document(
        title=title,
        summary=summary,
        lang=lang,
        body=[
            sections.facts(route, units, lang),
            sections.map_box(box, "map", key, lang, tiles),
            _AFTER,
            f'<section class="way"><h2>{say["heights" if heights else "along"]}</h2>\n{heights}',
            profile.slider(along[0][2], lang) + "</section>",
            sections.downloads([("route.gpx", "")], lang),
            sections.places(route, units, lang, box),
        ],
        foot=sections.thanks(_credits(credits, ground, tiles), lang),
        tiles=tiles,
    )
    files = {"route.gpx": gpx(route, lines, title=title, summary=summary)}
    return document.written(page, script, colours, sheets, files, folder)


def write_routes_page(
    routes: Sequence[PageRoute],
    folder: Path,
    *,
    title: str,
    summary: str = "",
    units: walking.Units = "miles",
    lang: str = "en",
    credits: Sequence[str] = (),
    colours: Colours = _PLAIN,
    ground: Sequence[PageMap] = (),
    tiles: TileOption | None = None,
) -> tuple[Path, ...]:
    """As `write_page` for several routes on one map: each with its own colour, dashes and letter, and its own GPX."""
    if not routes:
        raise MaterialError.at("map.html", "there is no route to show")
    lines = _side_by_side([[(line.lng, line.lat) for line in map(thinning.thinned, one.route.lines)] for one in routes])
    sheets = _sheets(ground, [line for part in lines for line in part])
    drawn = chart.Chart(
        strokes=_strokes(lines, [one.colour for one in routes], colours, thick=5),
        marks=[
            _end(part, 0, marks.disc(marks.letter(number)), f"{marks.letter(number)}. {texts.line(one.name)}")
            for number, (one, part) in enumerate(zip(routes, lines, strict=True))
        ],
        casing=colours.casing,
        told={"say": texts.phrases(lang)},
        ground=sheets,
        tiles=tiles,
    )
    box, script = chart.script(drawn)
    files = {
        f"route-{number}.gpx": gpx(
            one.route,
            tuple(thinning.thinned(line) for line in one.route.lines),
            title=one.name,
            summary=one.summary,
        )
        for number, one in enumerate(routes, 1)
    }
    page = document.Document(
        title=title,
        summary=summary,
        lang=lang,
        body=[
            sections.map_box(box, "maps", ["key_routes"], lang, tiles),
            _AFTER,
            sections.route_list(routes, colours, units, lang),
            sections.downloads([(file, one.name) for file, one in zip(files, routes, strict=True)], lang),
        ],
        foot=sections.thanks(_credits(credits, ground, tiles), lang),
        tiles=tiles,
    )
    return document.written(page, script, colours, sheets, files, folder)


def write_recap_page(
    tracks: Sequence[PageTrack],
    folder: Path,
    *,
    title: str,
    summary: str = "",
    units: walking.Units = "miles",
    lang: str = "en",
    credits: Sequence[str] = (),
    colours: Colours = _PLAIN,
    ground: Sequence[PageMap] = (),
    tiles: TileOption | None = None,
    live: LiveOption | None = None,
) -> tuple[Path, ...]:
    """The page of a fleet: where each vehicle was, and, if `live`, where it is now. No times, and no download."""
    shown = [track for track in tracks if any(len(lng) for lng, _ in track.lines)]
    if not shown:
        raise MaterialError.at("map.html", "there is no track to show")
    lines = _light([[line for line in track.lines if len(line[0])] for track in shown])
    sheets = _sheets(ground, [line for part in lines for line in part])
    signed = len(shown) <= _MOST_ENDS
    ends = [
        _end(part, -1, marks.disc(str(number)), f"{number}. {texts.line(track.name)}")
        for number, (track, part) in enumerate(zip(shown, lines, strict=True), 1)
    ]
    drawn = chart.Chart(
        strokes=_strokes(lines, [track.colour for track in shown], colours, thick=4),
        marks=ends if signed else [],
        casing=colours.casing,
        told={"say": texts.phrases(lang)},
        ground=sheets,
        tiles=tiles,
        live=live,
    )
    box, script = chart.script(drawn)
    page = document.Document(
        title=title,
        summary=summary,
        lang=lang,
        body=[
            sections.track_total(shown, units, lang),
            sections.map_box(box, "tracks", ["key_tracks", *(["key_ends"] if signed else [])], lang, tiles),
            _AFTER,
            sections.live(live, lang),
            sections.track_table(shown, colours, units, lang),
        ],
        foot=sections.thanks(_credits(credits, ground, tiles), lang),
        tiles=tiles,
        live=live,
    )
    return document.written(page, script, colours, sheets, {}, folder)


_Lines = list[tuple[Floats, Floats]]


def _sheets(maps: Sequence[PageMap], lines: _Lines) -> list[below.Sheet]:
    _, west, _, east = below.bounds_of(lines)
    return below.sheets(maps, (west + east) / 2)


def _side_by_side(parts: list[_Lines]) -> list[_Lines]:
    """All on the same turn of the globe as the first."""
    home = float(parts[0][0][0][0])
    turned = [360 * round((home - float(part[0][0][0])) / 360) for part in parts]
    return [[(lng + turn, lat) for lng, lat in part] for part, turn in zip(parts, turned, strict=True)]


def _light(parts: list[_Lines]) -> list[_Lines]:
    parts = _side_by_side(parts)
    flat_lines = [line for part in parts for line in part]
    south, west, north, east = below.bounds_of(flat_lines)
    corner = flat(np.array([east]), np.array([north]), (west, south))[0]
    thin = iter(thinning.all_thinned(flat_lines, float(np.hypot(*corner))))
    return [[next(thin) for _ in part] for part in parts]


def _strokes(lines: list[_Lines], own: Iterable[str | None], colours: Colours, *, thick: int) -> list[chart.Stroke]:
    return [
        chart.Stroke(
            lines=part, colour=colour or colours.of(number), dash=DASHES[number % len(DASHES)], thick=thick
        )
        for number, (part, colour) in enumerate(zip(lines, own, strict=True))
    ]  # fmt: skip


def _end(part: _Lines, which: int, picture: str, name: str) -> marks.Mark:
    """A sign at the first (0) or last (-1) point of lines."""
    lng, lat = part[which]
    return marks.Mark(lng=float(lng[which]), lat=float(lat[which]), picture=picture, name=name)


def _credits(own: Sequence[str], maps: Sequence[PageMap], tiles: TileOption | None) -> list[Credit]:
    found: list[Any] = [(text, "") for text in own]
    return found + [credit for one in maps for credit in one.credits] + ([tiles.credit] if tiles else [])
