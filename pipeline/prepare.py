"""From a brief to its render plan: everything is read, probed and decided, nothing is rendered.

All problems of the material are collected before the first is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline import looks, moments, remembered
from pipeline.anchors import Anchor, resolve
from pipeline.basemap import choose
from pipeline.basemaps import Choice
from pipeline.brief import Brief
from pipeline.elevation import with_heights
from pipeline.errors import BriefError, MaterialError, Problem, PromoError
from pipeline.files import Store
from pipeline.fleet import Fleet
from pipeline.footage import Clip
from pipeline.hints import hints
from pipeline.map_model import MapCredit
from pipeline.photos import Photo
from pipeline.platforms import Platform, chosen
from pipeline.post_rules import word_problems
from pipeline.renditions import Encoding, encodings
from pipeline.route import Route, nearest
from pipeline.routes import joined, of_fleet
from pipeline.sources import check_sounds, read_clips, read_cubes, read_fleet, read_photos, read_routes
from pipeline.speech_material import read_speech
from pipeline.storyboard import CaptionWish, Storyboard, Take, compose, natural_length
from pipeline.subtitles import Cue
from pipeline.sync import place_clips
from pipeline.timing import Span, frame_rate, merged, timecode

_PHOTO_S = Fraction(14, 5)
_PHOTO_REACH_M = 1500.0  # taken farther from the route than this, it could be anywhere


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """What the brief names, read and understood."""

    brief: Brief
    route: Route
    takes: tuple[Take, ...]
    cubes: dict[str, Path]  # clip name → colour cube
    fps: int
    length: Fraction
    platforms: tuple[Platform, ...]
    encodings: tuple[Encoding, ...]
    problems: tuple[Problem, ...]
    photos: tuple[Photo, ...]
    photo_places: tuple[float, ...]  # metres along the route
    map: Choice
    routes: tuple[Route, ...] = ()  # `route` is all of them, end to end
    fleet: Fleet | None = None  # of a recap; `route` is then all that it drove
    speech: Mapping[str, tuple[Cue, ...]] = field(default_factory=dict)  # language → what is said
    heard: frozenset[str] = frozenset()  # names of the clips whose own sound is wanted
    trusted: frozenset[tuple[str, Fraction]] = frozenset()  # clip and start of shots that decode, whatever is said

    @property
    def map_credits(self) -> tuple[MapCredit, ...]:
        return self.map.basemap.credits if self.map.basemap else ()


@dataclass(frozen=True, kw_only=True)
class Wants:
    """What the command line adds to a brief. Empty means: as the brief says."""

    platforms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    draft: bool = False
    offline: bool = False  # no network at all
    hardware: str = ""  # "nvenc": the card that encodes, where it has been proved
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def told(self) -> dict[str, Any]:
        """As plain JSON, for whoever plans the brief in another process."""
        lists = {"platforms": list(self.platforms), "languages": list(self.languages)}
        flags = {"draft": self.draft, "offline": self.offline, "hardware": self.hardware}
        return {**lists, **flags, "now": self.now.isoformat()}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Wants:
        lists: dict[str, Any] = {name: tuple(told[name]) for name in ("platforms", "languages")}
        flags: dict[str, Any] = {name: told[name] for name in ("draft", "offline", "hardware")}
        return cls(**lists, **flags, now=datetime.fromisoformat(told["now"]))


def gather(brief: Brief, wants: Wants, store: Store, *, look: bool = True) -> Material:
    """Read route, footage and telemetry, and place every clip on the route. Raises BriefError or MaterialError with
    everything that is wrong. `look=False` leaves the pictures unseen (for `check`)."""
    found: list[Problem] = []
    codes: list[type[PromoError]] = []

    def tried(work: Callable[[], object]) -> object:
        try:
            return work()
        except PromoError as error:
            found.extend(error.problems)
            codes.append(type(error))
            return None

    routes = tried(lambda: read_routes(brief))
    fleet = tried(lambda: read_fleet(brief, wants.now))
    clips = tried(lambda: read_clips(brief))
    photos = tried(lambda: read_photos(brief))
    cubes = tried(lambda: read_cubes(brief))
    tried(lambda: check_sounds(brief))
    speech = tried(lambda: read_speech(brief, wants.languages or brief.languages))
    if codes:
        raise (MaterialError if MaterialError in codes else codes[0])(*found)
    assert isinstance(routes, tuple)
    assert isinstance(fleet, Fleet | None)
    route = of_fleet(fleet) if fleet else joined(routes)
    assert isinstance(clips, list)
    assert isinstance(cubes, dict)
    assert isinstance(photos, list)
    assert isinstance(speech, dict)
    material = _understood(brief, wants, store, route, clips, cubes, photos, look=look)
    wanted = {clip.name for number, clip in clips if brief.footage[number].sound}
    return replace(material, routes=routes, fleet=fleet, speech=speech, heard=frozenset(wanted))


def board(material: Material, length: Fraction) -> Storyboard:
    """The edit for one length."""
    brief = material.brief
    return compose(
        material.takes,
        distance_m=material.route.distance_m,
        length=length,
        fps=material.fps,
        scene=brief.map.scene,
        still=brief.motion == "reduced",
        moving=material.map.basemap is not None and brief.map.camera != "still",
        wishes=_wishes(brief, material.route),
        photos=_cards(material.photo_places),
    )


def _cards(places: Sequence[float]) -> list[CaptionWish]:
    return [CaptionWish(key=key, words=0, at_m=along_m, seconds=_PHOTO_S) for key, along_m in enumerate(places)]


def looked_closer(clip: Clip, span: Span, store: Store, *, whole: bool) -> bool:
    """A closer look at a stretch of which the decoder complained. True where all pictures came (`whole`) and nothing
    is wrong with them: the stretch is to be trusted. What does not decode is left out by the next `gather`."""
    bad = looks.damage(clip, span)
    if not bad and whole:
        return True
    remembered.more_damage(clip, bad or (span,), store)
    return False


def _understood(
    brief: Brief,
    wants: Wants,
    store: Store,
    route: Route,
    numbered: Sequence[tuple[int, Clip]],
    cubes: dict[int, Path],
    shown: Sequence[tuple[int, Photo]],
    *,
    look: bool,
) -> Material:
    chosen_map = choose(brief, route.lines, store, offline=wants.offline, now=wants.now)
    if chosen_map.heights is not None:
        route = with_heights(route, chosen_map.heights, store)
    clips = [remembered.with_damage(clip, store) for _, clip in numbered]
    placings = place_clips(route, clips, _anchors(brief, route, [number for number, _ in numbered]))
    takes = [
        Take(clip=clip, placing=placing, use=_use(brief, number, clip))
        for (number, _), clip, placing in zip(numbered, clips, placings, strict=True)
    ]
    usual = brief.length or Fraction(30)
    photo_places = _photo_places(brief, route, shown)
    seen = [*_wishes(brief, route), *_cards(photo_places)]
    length = brief.length or natural_length(takes, usual, seen)
    if look:
        takes = [_seen(take, length, len(takes), store) for take in takes]
    wanted = chosen(wants.platforms) if wants.platforms else chosen(brief.platforms, brief.where("platforms"))
    return Material(
        brief=brief,
        route=route,
        photos=tuple(photo for _, photo in shown),
        photo_places=photo_places,
        map=chosen_map,
        takes=tuple(takes),
        cubes={clip.name: cubes[number] for (number, _), clip in zip(numbered, clips, strict=True) if number in cubes},
        fps=_rate(clips, wanted),
        length=length,
        platforms=wanted,
        encodings=encodings(wanted, length),
        problems=(
            *hints(brief, route, takes, cubes, numbered, wanted, length),
            *chosen_map.problems,
            # Where clips are made, the finished post is looked at, network by network.
            *(() if look else word_problems(brief)),
        ),
    )


def _rate(clips: Sequence[Clip], platforms: Sequence[Platform]) -> int:
    """The rate nearest to the footage that all platforms take."""
    best = frame_rate([clip.fps for clip in clips])
    return next((fps for fps in (best, 25, 30) if all(one.takes_fps(fps) for one in platforms)), best)


def _photo_places(brief: Brief, route: Route, shown: Sequence[tuple[int, Photo]]) -> tuple[float, ...]:
    """Where on the route each photo is shown: as the brief says, where it was taken, else spread in order."""
    places: list[float | None] = []
    for number, photo in shown:
        at = brief.footage[number].at
        if at is not None:
            places.append(resolve(at, route, brief.where("footage", number, "at")))
        elif photo.place is not None and (found := nearest(route.lines, *photo.place))[1] <= _PHOTO_REACH_M:
            places.append(found[0])
        else:
            places.append(None)
    loose = places.count(None)
    spread = iter([route.distance_m * (k + 0.5) / loose for k in range(loose)])
    return tuple(next(spread) if place is None else place for place in places)


def _anchors(brief: Brief, route: Route, numbers: Sequence[int]) -> list[float | None]:
    """The `at:` of each clip in metres. Of several clips in one folder only the first stands at the place."""
    wanted: list[float | None] = []
    problems: list[Problem] = []
    for position, number in enumerate(numbers):
        at = brief.footage[number].at
        if at is None or number in numbers[:position]:
            wanted.append(None)
            continue
        try:
            wanted.append(resolve(at, route, brief.where("footage", number, "at")))
        except BriefError as error:
            problems += error.problems
    if problems:
        raise BriefError(*problems)
    return wanted


def _use(brief: Brief, number: int, clip: Clip) -> Span | None:
    use = brief.footage[number].use
    if use is None:
        return None
    end = min(use.end if use.end is not None else clip.duration, clip.duration)
    if use.start >= end:
        raise MaterialError.at(
            brief.where("footage", number, "use"),
            f"{clip.name} is only {timecode(clip.duration)} long",
            f"choose a span before {timecode(clip.duration)}, or leave `use` out",
        )
    return Span(start=use.start, end=end)


def _seen(take: Take, length: Fraction, count: int, store: Store) -> Take:
    """The take with what its pictures are like, where that matters."""
    if not moments.needs_look(take.clip, length / max(1, count), take.use):
        return take
    seen = remembered.look(take.clip, store)
    clip = replace(take.clip, damaged=merged([*take.clip.damaged, *seen.damaged]))
    return replace(take, clip=clip, look=seen)


def _wishes(brief: Brief, route: Route) -> list[CaptionWish]:
    wishes = []
    for key, caption in enumerate(brief.captions):
        words = max(len(text.split()) for _, text in caption.text.words)
        at: Anchor = caption.at
        wishes.append(
            CaptionWish(
                key=key,
                words=words,
                at_s=at.seconds,
                at_m=resolve(at, route, brief.where("captions", key, "at")) if at.on_route else None,
                seconds=caption.seconds,
            )
        )
    return wishes
