"""What belongs to the brief and not to one clip: route.json, credits.json, the transcripts, the web page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import __version__, sidecar, words
from pipeline.files import Store, sha256, write_text
from pipeline.fingerprints import fingerprint
from pipeline.mercator import MapView, degrees, world
from pipeline.production import Production
from pipeline.route import route_json
from pipeline.wording import credits, seen
from pipeline.wording_recap import recap_json
from pipeline.wording_routes import names_of

if TYPE_CHECKING:
    from pipeline.page import PageMap, TileOption

FORMAT = 3  # of the page; part of its fingerprint
_PAGE_MAP_PX = 1700  # across: sharp on a desktop, about 200 kB
_CLOSER = 2.6  # so much finer is the second map, where the route is long enough to need one
_LONG_M = 6000.0
_OSM_TILES = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"


def write_beside(production: Production, folder: Path, store: Store) -> None:
    material = production.material
    brief, route = material.brief, material.route
    write_text(folder / "route.json", sidecar.json_text(told_route(production)))
    write_text(folder / "credits.json", sidecar.credits_json(credits(brief, material.map_credits)))
    longest = max((file.storyboard for file in production.files), key=lambda one: one.frames)
    for said in production.wordings:
        told = production.story(said.lang)
        text = words.transcript(told, seen(longest, said, route, brief.units))
        write_text(folder / f"transcript.{said.lang}.txt", text)
    _page(production, folder, store)


def told_route(production: Production) -> dict[str, Any]:
    """Of one route; of several as `routes`; of a recap its totals."""
    material = production.material
    units = material.brief.units
    if material.fleet is not None:
        return recap_json(material.fleet)
    told = route_json(material.route, units=units)
    if len(material.routes) > 1:
        names = names_of(material.brief, material.routes, production.wordings[0].lang)
        told["routes"] = [
            {**route_json(route, units=units), "name": name} for route, name in zip(material.routes, names, strict=True)
        ]
    return told


def _page(production: Production, folder: Path, store: Store) -> None:
    """The interactive map. Making it takes longer than all other small files, so an unchanged one is left."""
    material = production.material
    brief = material.brief
    lang = production.wordings[0].lang
    told = production.story(lang)
    recipe = {
        "format": FORMAT,
        "code": __version__,
        "route": sidecar.json_text(told_route(production)),
        "live": brief.tracks.live if brief.tracks else None,
        "shape": production.shape,
        "said": [told.title, told.summary, lang, brief.units, told.credits],
        "style": production.style,
        "map": material.map.basemap.fingerprint if material.map.basemap else "",
        "tiles": brief.map.tiles,
        "folder": str(folder.resolve()),
    }
    name = fingerprint(recipe)
    page = folder / "map.html"
    known = store.recall("page", name)
    if isinstance(known, dict) and known and all(_same(folder / path, mark) for path, mark in known.items()):
        return
    written = _written(production, folder, store, told, lang)
    marks = {path.relative_to(folder).as_posix(): sha256(path) for path in (page, *written) if path.is_file()}
    store.remember("page", name, marks)


def _written(production: Production, folder: Path, store: Store, told: words.Story, lang: str) -> tuple[Path, ...]:
    from pipeline import page as pages

    material = production.material
    brief = material.brief
    common: dict[str, Any] = {
        "title": told.title,
        "summary": told.summary,
        "units": brief.units,
        "lang": lang,
        "credits": told.credits,
        "colours": pages.Colours(route=production.style.route, casing=production.style.casing),
        "ground": _ground(production, store),
        "tiles": _tiles() if brief.map.tiles else None,
    }
    if material.fleet is not None:
        live = brief.tracks.live if brief.tracks else None
        tracks = [
            pages.PageTrack(
                name=vehicle.name,
                lines=tuple((part.lng, part.lat) for part in vehicle.parts),
                distance_m=sum(part.distance_m for part in vehicle.parts),
            )
            for vehicle in material.fleet.vehicles
        ]
        return pages.write_recap_page(tracks, folder, **common, live=pages.LiveOption(url=live) if live else None)
    if len(material.routes) > 1:
        names = names_of(brief, material.routes, lang)
        routes = [
            pages.PageRoute(name=name, route=route, colour=entry.colour)
            for name, route, entry in zip(names, material.routes, brief.routes, strict=True)
        ]
        return pages.write_routes_page(routes, folder, **common)
    return pages.write_page(material.route, folder, **common)


def _same(path: Path, mark: Any) -> bool:
    try:
        return bool(sha256(path) == mark)
    except OSError:
        return False


def _tiles() -> TileOption:
    from pipeline.page import TileOption

    credit = ("© OpenStreetMap contributors", "https://www.openstreetmap.org/copyright")
    return TileOption(name="OpenStreetMap", url=_OSM_TILES, credit=credit)


def _ground(production: Production, store: Store) -> list[PageMap]:
    """Our own map as pictures to lie under the route: one of all that the page shows, a finer one along the route."""
    from pipeline.page import wanted

    atlas = production.atlas(store)
    if atlas is None:
        return []
    route = production.material.route
    lines = [(line.lng, line.lat) for line in route.lines]
    bounds = wanted(lines)
    views = [
        MapView(
            x=bounds.west,
            y=bounds.north,
            scale=_PAGE_MAP_PX / bounds.width,
            width=_PAGE_MAP_PX,
            height=round(_PAGE_MAP_PX * bounds.height / bounds.width),
            unit=0.92,
        )
    ]
    if route.distance_m > _LONG_M:
        view = views[0]
        views.append(
            MapView(
                x=bounds.west + bounds.width * 0.12,
                y=bounds.north + bounds.height * 0.12,
                scale=view.scale * _CLOSER,
                width=round(view.width * 0.76 * _CLOSER),
                height=round(view.height * 0.76 * _CLOSER),
                unit=0.92,
            )
        )
    way = np.concatenate([world(lng, lat) for lng, lat in lines])
    return [_page_map(atlas.ground(view, route=view.pixels(way)), view, production) for view in views]


def _page_map(picture: Any, view: MapView, production: Production) -> PageMap:
    from PIL import Image

    from pipeline.page import PageMap

    box = view.bounds
    lng, lat = degrees(np.array([[box.west, box.north], [box.east, box.south]]))
    file = io.BytesIO()
    Image.fromarray(picture).convert("RGB").save(file, "WEBP", quality=78, method=4)
    return PageMap(
        image=file.getvalue(),
        west=float(lng[0]),
        south=float(lat[1]),
        east=float(lng[1]),
        north=float(lat[0]),
        credits=tuple((credit.text, credit.url) for credit in production.material.map_credits),
    )
