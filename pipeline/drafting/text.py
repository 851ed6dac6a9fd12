"""The text of a drafted brief: what is known is written, what could be added stands in comments beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from pipeline import anchors, config, walking
from pipeline.brief.values import slug
from pipeline.counting import shortened
from pipeline.drafting.folder import Found
from pipeline.drafting.places import in_united_kingdom, in_wales
from pipeline.drafting.shots import Seen, footage_lines, left_lines
from pipeline.drafting.writing import comment, remark, scalar, tells, title_from
from pipeline.errors import BriefError
from pipeline.route import Route, Waypoint

MOST_CAPTIONS = 5
_APART = 0.04  # of the route, at least, between two captions
_FASTEST_WALK_M_S, _LONGEST_WALK_M = 2.6, 60_000.0  # beyond them it may be a ride
_MOST_OTHERS = 12  # routes told of in comments


def brief_text(found: Found, seen: Seen) -> str:
    """The whole file, ending with a line feed."""
    route = found.ways[0].route
    units: walking.Units = "miles" if in_united_kingdom(route.start) else "km"
    title = title_from(route.name, found.ways[0].name.rpartition("/")[2], found.folder.resolve().name)
    parts = (
        comment(
            "Drafted by `make-promo new` from what lies in this folder. Change what you like: every line may go but"
        )
        + comment("title and route. Then: make-promo check ROUTE.yml (all problems at once), and make-promo ROUTE.yml"),
        _opening(title, route, units),
        _route(found),
        footage_lines(found, units, seen),
        ["# length: 30s                 # else decided from the footage; 6 to 60 s suits every platform"],
        _captions(route, units),
        _ending(title),
        _map(seen),
        _looks(found, units),
        _sounds(found.sounds),
        _languages(route),
        _platforms(),
        _post(title),
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _opening(title: str, route: Route, units: walking.Units) -> Iterator[str]:
    facts = [walking.distance_text(route.distance_m, units)]
    if route.ascent_m is not None:
        facts.append(f"{walking.ascent_text(route.ascent_m, units)} of ascent")
    facts.append("circular" if route.loop else "from one end to the other")
    if route.kind != "waypoints" and route.distance_m < _LONGEST_WALK_M:
        facts.append(f"{walking.time_text(walking.minutes(route.distance_m, route.ascent_m))} on foot")
    yield f"title: {scalar(title)}"
    yield from comment(f"The route: {', '.join(facts)}. These facts are shown by themselves.")
    yield f"summary: {scalar(_summary(route, units))}   # say what one sees there"


def _summary(route: Route, units: walking.Units) -> str:
    way = f"A {'circular ' if route.loop else ''}{_noun(route)} of {walking.distance_text(route.distance_m, units)}"
    if route.ascent_m is None or route.ascent_m < 10:
        return f"{way}."
    return f"{way}, with {walking.ascent_text(route.ascent_m, units)} of ascent."


def _noun(route: Route) -> str:
    """Neither a recording that is faster than people walk nor a very long way is called a walk."""
    first, last = route.lines[0].epoch_s[0], route.lines[-1].epoch_s[-1]
    quick = route.kind == "recorded" and route.distance_m > _FASTEST_WALK_M_S * (last - first)
    return "route" if quick or route.distance_m >= _LONGEST_WALK_M else "walk"


def _route(found: Found) -> Iterator[str]:
    way, *others = found.ways
    yield f"route: {scalar(way.name)}"
    if way.route.kind == "waypoints":
        yield from comment(
            "It has only waypoints: they are joined by straight lines. A track or route would be better."
        )
    if way.route.kind == "recorded":
        yield from comment(
            "This track was recorded (it has times), so its first and last 200 m are not shown: they may lead to"
            " somebody's door. To change that:"
        )
        yield "# privacy: {trim_start: 200 m, trim_end: 200 m}"
    if others:
        yield from comment("Other routes here (the longest is used, or the one that the clips were taken on):")
        for other in others[:_MOST_OTHERS]:
            told = remark(other.route.name, 60)
            yield f"#   {remark(scalar(other.name), 120)}   {told}, {other.route.distance_m / 1000:.1f} km"
    if len(others) > _MOST_OTHERS:
        yield f"#   … and {len(others) - _MOST_OTHERS} more"
    yield from left_lines([one for one in found.left if one.is_route], "")
    if found.together:
        yield from comment(
            f"{found.together} tracks were recorded at the same time, as by the vehicles of a fleet. For a time-lapse"
            " of all of them write `kind: recap` and `tracks: .` in place of `route:`, `footage:` and `captions:`."
        )


def _captions(route: Route, units: walking.Units) -> Iterator[str]:
    chosen = _spread([one for one in route.waypoints if tells(one.name)], route.distance_m)
    if chosen:
        yield from comment("Shown while the marker passes. The words are the names of waypoints: say more about them.")
    else:
        yield from comment("The route has no waypoints with names. Write your own words, and more captions.")
    yield from comment("A place is start, end, 0:05 (a time), 1.2 mi, 2 km or waypoint NAME.")
    yield "captions:"
    for waypoint in chosen:
        text = shortened(unicodedata.normalize("NFC", waypoint.name), 60)
        yield f"  - {{at: {scalar(_anchor(waypoint, route, units))}, text: {scalar(text)}}}"
    if not chosen:
        way = (
            f"{'A circular' if route.loop else 'A'} {_noun(route)} of {walking.distance_text(route.distance_m, units)}"
        )
        yield f"  - {{at: start, text: {scalar(way)}}}"
        yield f"  - {{at: end, text: {'Back at the start' if route.loop else 'The end of the route'}}}"


def _anchor(waypoint: Waypoint, route: Route, units: walking.Units) -> str:
    """`waypoint NAME` where the name leads back to this very waypoint, else its distance."""
    words = f"waypoint {unicodedata.normalize('NFC', waypoint.name)}"
    try:
        found = anchors.resolve(anchors.read(words), route)
    except (BriefError, ValueError):
        found = -1.0
    if abs(found - waypoint.along_m) < 1:
        return words
    if units == "miles":
        return f"{waypoint.along_m / walking.MILE_M:.2f} mi"
    return f"{waypoint.along_m / 1000:.2f} km"


def _spread(waypoints: Sequence[Waypoint], distance_m: float) -> list[Waypoint]:
    """At most five, far from each other along the route, in its order; of two at one place the nearer one."""
    least = _APART * distance_m
    rest = sorted(waypoints, key=lambda one: one.aside_m)
    chosen: list[Waypoint] = []
    while rest and len(chosen) < MOST_CAPTIONS:

        def room(one: Waypoint) -> float:
            return min((abs(one.along_m - other.along_m) for other in chosen), default=distance_m)

        best = max(rest, key=room)
        if room(best) < least:
            break
        chosen.append(best)
        rest.remove(best)
    return sorted(chosen, key=lambda one: one.along_m)


def _ending(title: str) -> list[str]:
    return [
        "# end_card:                    # else a plain one",
        "#   text: Find the route and plan your visit",
        f'#   link: "https://www.example.gov.uk/walks/{slug(title)[:40].strip("-")}"   # also drawn as a QR code',
    ]


def _map(seen: Seen) -> Iterator[str]:
    if seen.map is None:
        return
    if seen.map.basemap is not None:
        why = remark(seen.map.why)
        yield from comment(f"Map: {remark(seen.map.basemap.name, 80)} is used ({why}).")
    elif seen.online:
        yield from comment(
            f"Map: none lies here; {remark(', '.join(seen.online))} will be asked, as your settings allow."
        )
    else:
        yield from comment(
            f"Map: none, because {remark(seen.map.why)}. The route is drawn on plain paper. For streets and woods put"
            " an extract (.osm.pbf, .pmtiles, .mbtiles or .geojson) into this folder."
        )
    for problem in seen.map.problems[:3]:
        yield from comment(f"{remark(problem.where, 80)}: {remark(problem.what)}", "  ")
    yield "# map: {source: auto, style: daylight}   # style: daylight, night or contrast; source: none, or a map file"


def _looks(found: Found, units: walking.Units) -> Iterator[str]:
    yield f"units: {units}" + ("" if units == "miles" else " " * 5) + "                   # miles or km"
    if found.brand:
        yield f"brand: {scalar(found.brand)}   # it lies in this folder"
    else:
        yield "# brand: plain                 # plain, brent, or a .yml file beside this one"


def _sounds(names: Sequence[str]) -> Iterator[str]:
    """Only as examples: nobody but the officer knows the licence of a song."""
    speech = next((name for name in names if "voice" in name.casefold() or "narrat" in name.casefold()), None)
    music = next((name for name in names if name != speech), None)
    yield from comment("Music needs its licence; a voice-over needs subtitles that somebody has checked.")
    yield f"# music: {{file: {_example(music, 'music.mp3')}, title: …, artist: …, licence: …}}"
    yield f"# voice: {{file: {_example(speech, 'voice.wav')}, subtitles: voice.srt, checked_by: …}}"


def _example(name: str | None, example: str) -> str:
    return remark(scalar(name), 120) if name else example


def _languages(route: Route) -> Iterator[str]:
    if in_wales(route.start) or in_wales(route.finish):
        yield from comment(
            "The route seems to lie in Wales. For a Welsh and an English version of every clip write the next line,"
            " and each text in both: title: {cy: …, en: …}"
        )
        yield "# languages: [cy, en]"
    else:
        yield "# languages: [en]              # one clip each; texts may be written as {en: …, cy: …}"


def _platforms() -> Iterator[str]:
    yield from comment("A set does too: all, portrait, landscape or square. `make-promo platforms` lists every name.")
    yield f"platforms: [{', '.join(config.defaults()['platforms'])}]"


def _post(title: str) -> list[str]:
    tag = "".join(word[:1].upper() + word[1:] for word in slug(title).split("-"))[:40]
    return [
        "# post:                        # the words beside the clip; else made from title, summary and facts",
        "#   text: …",
        f"#   hashtags: [{tag}]",
        "#   alt: …                     # what is seen, for people who do not see it",
    ]
