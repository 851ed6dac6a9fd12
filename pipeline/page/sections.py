"""The parts of the page that are text: figures, places, lists of routes and vehicles, downloads, credits."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from pipeline import walking
from pipeline.page import ground, marks
from pipeline.page import say as texts
from pipeline.page.nouns import DASHES, Colours, Credit, LiveOption, PageRoute, PageTrack, TileOption
from pipeline.route import Route


def figures(route: Route, units: walking.Units, lang: str) -> list[tuple[str, str]]:
    """What is to be known of a walk, as pairs of texts. Joined places say nothing of the time on paths."""
    say = texts.phrases(lang)
    rows = [(say["distance"], texts.distance(route.distance_m, units, lang))]
    if route.ascent_m is not None:
        rows.append((say["ascent"], texts.height(route.ascent_m, units, lang)))
    if route.kind != "waypoints":
        rows.append((say["time"], texts.time(walking.minutes(route.distance_m, route.ascent_m), lang)))
    rows.append((say["kind"], say["loop"] if route.loop else say["one_way"]))
    return rows


def facts(route: Route, units: walking.Units, lang: str) -> str:
    say = texts.phrases(lang)
    rows = figures(route, units, lang)
    timed = any(key == say["time"] for key, _ in rows)
    note = f'<p class="key pace">{say["time"]}: {say["minimum"]}.</p>' if timed else ""
    return _cards(rows) + note


def _cards(rows: Sequence[tuple[str, str]]) -> str:
    # A figure and its unit stay together in a narrow window.
    tight = [(key, re.sub(r"(\d) (?=\w)", "\\1\u00a0", value)) for key, value in rows]
    shown = "".join(f"<div><dt>{key}</dt><dd>{html.escape(value)}</dd></div>" for key, value in tight)
    return f'<dl class="facts">{shown}</dl>'


def map_box(box: str, title: str, key: Sequence[str], lang: str, tiles: TileOption | None) -> str:
    """The map with its heading and what its signs mean; `key` names sentences of ours."""
    say = texts.phrases(lang)
    button = ""
    if tiles:
        ask = say["tiles"].format(texts.line(tiles.name), tiles.host)
        button = f'<p class="ask"><button type="button" id="tiles" hidden>{html.escape(ask)}</button></p>'
    told = " ".join(say[part] for part in key)
    hands = f'<span class="hands">{say["key_keys"]} <span id="closer" hidden>{say["key_closer"]}</span></span>'
    return (
        f'<h2 id="map-title">{say[title]}</h2>\n{button}'
        f'<div id="{box}" class="folium-map" role="region" aria-labelledby="map-title" aria-describedby="map-key">'
        f"<noscript><p>{say['script']}</p></noscript></div>\n"
        f'<p class="key" id="map-key">{told} {hands}</p>'
    )


def places(route: Route, units: walking.Units, lang: str, box: str) -> str:
    """Every place with its distance; its name leads to the map."""
    if not route.waypoints:
        return ""
    say = texts.phrases(lang)
    rows = []
    for number, waypoint in enumerate(route.waypoints):
        away = texts.distance(waypoint.along_m, units, lang)
        end = marks.end_of(route, waypoint)
        where = say[end].lower() if end else say["at"].format(away)
        called = texts.named(waypoint.name, number + 1, say)
        name = f'<a href="#{box}" data-place="{number}">{texts.shown(called)}</a>'
        rows.append(f'<li>{name} <span class="where">{html.escape(where)}</span></li>')
    return f'<h2>{say["places"]}</h2>\n<ol class="places">{"".join(rows)}</ol>'


def downloads(files: Sequence[tuple[str, str]], lang: str) -> str:
    """Links to GPX files as (file, name of the route); a single one needs no name."""
    say = texts.phrases(lang)
    rows = []
    for file, name in files:
        words_ = say["download"] if len(files) == 1 else say["download_one"].format(texts.shown(name))
        rows.append(f'<li><a class="download" href="assets/{file}" download>{words_}</a></li>')
    return f'<h2>{say["files"]}</h2>\n<ul class="downloads">{"".join(rows)}</ul>'


def route_list(routes: Sequence[PageRoute], colours: Colours, units: walking.Units, lang: str) -> str:
    """The legend of several routes, which is also their list: letter, line, name, figures, places."""
    say = texts.phrases(lang)
    rows = []
    for number, one in enumerate(routes):
        line = marks.sample(one.colour or colours.of(number), DASHES[number % len(DASHES)])
        told = " · ".join(html.escape(value) for _, value in figures(one.route, units, lang))
        stops = ", ".join(texts.shown(waypoint.name) for waypoint in one.route.waypoints)
        rows.append(
            f'<li><h3><span class="letter">{marks.letter(number)}</span>{line}{_alone(one.name, number, say)}</h3>'
            + (f"<p>{texts.shown(one.summary)}</p>" if one.summary else "")
            + f'<p class="told">{told}</p>'
            + (f'<p class="told">{say["places"]}: {stops}</p>' if stops else "")
            + "</li>"
        )
    return f'<h2>{say["routes"]}</h2>\n<ul class="routes">{"".join(rows)}</ul>'


def track_table(tracks: Sequence[PageTrack], colours: Colours, units: walking.Units, lang: str) -> str:
    """The vehicles with their lines and distances, and all of them together."""
    say = texts.phrases(lang)
    noted = any(track.note for track in tracks)
    rows = []
    for number, track in enumerate(tracks):
        line = marks.sample(track.colour or colours.of(number), DASHES[number % len(DASHES)])
        note = f"<td>{texts.shown(track.note)}</td>" if noted else ""
        away = html.escape(texts.distance(track.distance_m, units, lang))
        sign = f'<span class="letter">{number + 1}</span>'
        name = _alone(track.name, number, say)
        rows.append(f'<tr><th scope="row"><span class="row">{sign}{line}{name}</span></th>{note}<td>{away}</td></tr>')
    head = f'<th scope="col">{say["vehicle"]}</th>' + (f'<th scope="col">{say["note"]}</th>' if noted else "")
    return (
        f'<h2 id="vehicles">{say["vehicles"]}</h2>\n<div class="wide"><table aria-labelledby="vehicles">'
        f'<thead><tr>{head}<th scope="col">{say["distance"]}</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def track_total(tracks: Sequence[PageTrack], units: walking.Units, lang: str) -> str:
    say = texts.phrases(lang)
    away = texts.distance(sum(track.distance_m for track in tracks), units, lang)
    return _cards([(say["vehicles_count"], str(len(tracks))), (say["total"], away)])


def live(option: LiveOption | None, lang: str) -> str:
    """Where live positions are told: one sentence that is announced when it changes, and the list, which is not."""
    if option is None:
        return ""
    say = texts.phrases(lang)
    return (
        f'<section id="live" hidden><h2>{say["live"]}</h2>\n'
        f'<p id="live-said" role="status" aria-live="polite">{say["live_wait"]}</p>'
        f'<p class="ask"><button type="button" id="live-stop">{say["live_stop"]}</button></p>'
        '<ul class="places" id="live-list"></ul></section>'
    )


def _alone(name: str, number: int, say: dict[str, str]) -> str:
    """A name that shows its line alone when pressed."""
    called = texts.named(name, number + 1, say)
    told = html.escape(say["alone"].format(called))
    state = f'data-line="{number}" aria-pressed="false" title="{told}"'
    return f'<button type="button" class="name" {state}>{texts.shown(called)}</button>'


def thanks(credits: Iterable[Credit], lang: str) -> str:
    """Each credit once, linked where it has an address."""
    unique: dict[str, str] = {}
    for text, url in credits:
        if text := texts.line(text):
            unique[text] = unique.get(text) or url
    if not unique:
        return ""
    rows = "".join(f"<li>{ground.credit_html([credit])}</li>" for credit in unique.items())
    return f'<h2>{texts.phrases(lang)["credits"]}</h2><ul class="credits">{rows}</ul>'
