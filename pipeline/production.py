"""A brief understood and planned: the files to make, and what drawing them needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import ffmpeg
from pipeline.errors import BriefError, Problem
from pipeline.files import Store, sha256
from pipeline.fingerprints import fingerprint
from pipeline.fleet import Fleet
from pipeline.fonts import Fonts, resolve
from pipeline.legible import in_hand, nameless, unreadable, unspoken
from pipeline.map_model import Label
from pipeline.mercator import world
from pipeline.mix import Mix
from pipeline.pieces import File, Guest, Recipe, Wording
from pipeline.plan import files
from pipeline.prepare import Material, Wants, board
from pipeline.route import Route
from pipeline.sound_own import own_sounds
from pipeline.speech_material import planned_findings
from pipeline.storyboard import Shot, Storyboard
from pipeline.styles import Brand, MapStyle, read_brand, read_map_style
from pipeline.wording import story, wording
from pipeline.wording_recap import story_of_fleet, with_fleet
from pipeline.wording_routes import story_of_routes, with_routes
from pipeline.words import Story

if TYPE_CHECKING:
    from pipeline.atlas import Atlas
    from pipeline.draw import Studio

# The rooms whose code decides what a piece looks like; their text is part of every fingerprint.
_DRAWING = (
    "colours.py",
    "mercator.py",
    "atlas.py",
    "cartography/*.py",
    "flashes/pictures.py",
    "overlays/*.py",
    "draw.py",
    "fonts.py",
    "graph.py",
    "layers.py",
    "layout.py",
    "picture.py",
    "render.py",
    "speech_*.py",
    "scripts.py",
    "walking.py",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Production:
    material: Material
    brand: Brand
    style: MapStyle
    wordings: tuple[Wording, ...]
    files: tuple[File, ...]
    draft: bool

    @property
    def name(self) -> str:
        return self.material.brief.id

    def cube(self, shot: Shot) -> Path | None:
        """The colour cube of the shot's clip."""
        return self.material.cubes.get(shot.take.clip.name) if shot.take else None

    def trusts(self, shot: Shot) -> bool:
        """Whether a closer look has shown that the shot's footage decodes."""
        return shot.take is not None and (shot.take.clip.fingerprint, shot.source_start) in self.material.trusted

    @property
    def shape(self) -> str:
        """The fingerprint of the route as it is drawn."""
        return _route_fingerprint(self.material)

    def said(self, lang: str) -> Wording:
        return next(words for words in self.wordings if words.lang == lang)

    def story(self, lang: str) -> Story:
        told = story(self.material.brief, self.material.route, lang, self.material.map_credits)
        told = story_of_routes(told, self.material.brief, self.material.routes)
        return story_of_fleet(told, self.material.brief, self.material.fleet)

    def atlas(self, store: Store) -> Atlas | None:
        """The maps of the chosen source in this look; None where there is no map."""
        from pipeline.atlas import Atlas

        basemap = self.material.map.basemap
        if basemap is None:
            return None
        return Atlas(
            basemap.model,
            basemap.fingerprint,
            basemap.credits,
            self.style,
            self.brand,
            store,
            waypoints=_labels(self.material.route),
        )

    def studio(self, store: Store) -> Studio:
        from pipeline.draw import Studio
        from pipeline.scenes import Ways

        brief = self.material.brief
        return Studio(
            self.material.route,
            self.brand,
            self.style,
            brief.units,
            atlas=self.atlas(store),
            camera_mode="still" if brief.motion == "reduced" else brief.map.camera,
            photo_files={photo.fingerprint: photo.path for photo in self.material.photos},
            ways=Ways(
                routes=self.material.routes if len(self.material.routes) > 1 else (),
                colours=tuple(entry.colour or "" for entry in brief.routes),
                fleet=self.material.fleet,
            ),
        )


def _labels(route: Route) -> list[Label]:
    """The waypoints as names on the map, where they lie and not where the route passes."""
    from pipeline.overlays.labels import worth_naming

    order = [name for name, _ in worth_naming([(point.name, point.along_m) for point in route.waypoints])]
    spots = {point.name.strip(): world(np.array(point.lng), np.array(point.lat)) for point in reversed(route.waypoints)}
    return [
        Label(kind="waypoint", name=name, x=float(spots[name][0]), y=float(spots[name][1]), weight=float(-k))
        for k, name in enumerate(order)
    ]


def plan_production(material: Material, wants: Wants) -> Production:
    """The files of every encoding in every language. Nothing is drawn or written."""
    brief = material.brief
    brand = read_brand(brief.brand, brief.folder)
    style = read_map_style(brief.map.style)
    languages = wants.languages or brief.languages
    fonts = resolve(brand.fonts_folder)
    wordings = tuple(in_hand(_wording(material, brand, lang), replace(fonts, lang=lang)) for lang in languages)
    recipe = _recipe(material, brand, style, wants)
    boards = {length: board(material, length) for length in {encoding.length for encoding in material.encodings}}
    sounds = {lang: _sound(material, lang) for lang in languages}
    made: list[File] = []
    for encoding in material.encodings:
        storyboard = boards[encoding.length]
        guests = _guests(material, storyboard.frames)
        length, own = Fraction(storyboard.frames, storyboard.fps), own_sounds(storyboard, material.heard)
        for words in wordings:
            mix = replace(sounds[words.lang], length=length, own=own)
            made += files(encoding, storyboard, words, mix, recipe, guests)
    warnings = [*_left_out(material, boards.values()), *_unreadable(material, fonts, wordings)]
    rules = planned_findings(brief, material.speech, languages, material.platforms, wants.now.date())
    warnings += [one.problem() for one in rules]
    told = replace(material, problems=(*material.problems, *warnings))
    return Production(material=told, brand=brand, style=style, wordings=wordings, files=tuple(made), draft=wants.draft)


def _wording(material: Material, brand: Brand, lang: str) -> Wording:
    """What stands on screen, of one route, of several, or of a fleet."""
    thanks = (brand.credit,) if brand.credit else ()
    words = wording(material.brief, material.route, lang, material.map_credits, thanks)
    words = replace(words, speech=material.speech.get(lang, ()))
    words = with_routes(words, material.brief, material.routes)
    return with_fleet(words, material.brief, material.fleet)


def _left_out(material: Material, boards: Iterable[Storyboard]) -> list[Problem]:
    """A caption is never dropped in silence."""
    boards = list(boards)
    return [
        Problem(
            level="warn",
            where=material.brief.where("captions", key),
            what="there is no room for this caption, so it is left out",
            remedy="make the clip longer, give the caption another place, or take another one out",
        )
        for key in sorted({key for board in boards for key in board.left_out})
    ] + [
        Problem(
            level="warn",
            where=material.photos[key].name,
            what="there is no room for this photo, so it is left out",
            remedy="make the clip longer, or take another photo out",
        )
        for key in sorted({key for board in boards for key in board.photos_left_out})
    ]


def _unreadable(material: Material, fonts: Fonts, wordings: Sequence[Wording]) -> list[Problem]:
    """What can be said about the letters and the languages. Raises BriefError for texts that no font here can show."""
    brief = material.brief
    if boxes := unreadable(brief, wordings, fonts):
        raise BriefError(*boxes)
    names = [point.name for point in material.route.waypoints]
    vehicles = [vehicle.name for vehicle in material.fleet.vehicles] if material.fleet else []
    return [
        *nameless(names, fonts, brief.where("route")),
        *nameless(vehicles, fonts, brief.where("tracks")),
        *unspoken(brief, [words.lang for words in wordings]),
    ]


def _recipe(material: Material, brand: Brand, style: MapStyle, wants: Wants) -> Recipe:
    brief = material.brief
    return Recipe(
        tools=_tools(),
        look=fingerprint([brand, style, sha256(brand.logo) if brand.logo else ""]),
        route=_route_fingerprint(material),
        luts={name: sha256(path) for name, path in material.cubes.items()},
        inset=brief.map.inset,
        logo=brand.logo is not None,
        draft=wants.draft,
        hardware=wants.hardware,
        still=brief.motion == "reduced",
        units=brief.units,
        map=material.map.basemap.fingerprint if material.map.basemap else "",
        camera="still" if brief.motion == "reduced" else brief.map.camera,
        photos=tuple(photo.fingerprint for photo in material.photos),
        kind="recap" if material.fleet else "routes" if len(material.routes) > 1 else "route",
        colours=tuple(entry.colour or "" for entry in brief.routes),
        fleet=_fleet_fingerprint(material.fleet),
    )


@cache
def _tools() -> str:
    here = Path(__file__).parent
    code = hashlib.sha256()
    for pattern in _DRAWING:
        for path in sorted(here.glob(pattern)):
            code.update(path.read_bytes())
    return f"ffmpeg {ffmpeg.version()}, skia {metadata.version('skia-python')}, {code.hexdigest()[:16]}"


def _fleet_fingerprint(fleet: Fleet | None) -> str:
    if fleet is None:
        return ""
    sums = hashlib.sha256(repr([fleet.zone, fleet.statuses]).encode())
    for vehicle in fleet.vehicles:
        sums.update(repr([vehicle.id, vehicle.name]).encode())
        for part in vehicle.parts:
            for column in (part.epoch_s, part.lng, part.lat, part.status):
                sums.update(column.tobytes())
    return sums.hexdigest()[:32]


def _route_fingerprint(material: Material) -> str:
    shape = hashlib.sha256(repr([material.route.waypoints, material.route.loop]).encode())
    for line in material.route.lines:
        for column in (line.lng, line.lat, line.ele_m, line.along_m):
            shape.update(column.tobytes())
    return shape.hexdigest()[:32]


def _sound(material: Material, lang: str) -> Mix:
    """What is heard, without its length: the files are read once for all encodings."""
    brief = material.brief
    music = brief.music.file if brief.music else None
    voice = brief.voice.file.get(lang) if brief.voice else None
    return Mix(
        length=Fraction(0),
        music=music,
        music_fingerprint=sha256(music) if music else "",
        voice=voice,
        voice_fingerprint=sha256(voice) if voice else "",
    )


def _guests(material: Material, frames: int) -> tuple[Guest, ...]:
    """The overlays that the brief asks of installed packages, in frames of the timeline."""
    from pipeline import guests

    return tuple(
        Guest(
            name=entry.clip,
            version=guests.version(entry.clip, where),
            start=min(round((entry.at.seconds or 0) * material.fps), frames),
            frames=round((entry.seconds or Fraction(3)) * material.fps),
            place=entry.place,
        )
        for number, entry in enumerate(material.brief.overlays)
        for where in [material.brief.where("overlays", number, "clip")]
    )
