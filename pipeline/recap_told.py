"""A recap in words: what its clock, its running figures and its totals say, frame by frame and language by language.

The figures are those of `recap.totals`; a running figure never passes its total and reaches it at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from pipeline.fleet import Fleet, Vehicle
from pipeline.geo import Floats, distances_m
from pipeline.phrases import counted, day_text, form, number
from pipeline.recap import Skip, Timelapse, Totals, local, positions
from pipeline.recap_moving import joined, stretches
from pipeline.walking import MILE_M, Units

Look = Literal["working", "returning", "parked"]
LOOKS: tuple[Look, ...] = ("working", "returning", "parked")

HOLD_S, COUNT_S = 3.0, 0.9  # the totals at the end, and how long of that they count up
_REST_S = 180.0  # a shorter halt is a part of the work
_CALM_S = 0.6  # of the clip: nothing changes its look for less
_WORKING = r"grit|treat|spread|salt|plou?gh|plow|sweep|clean|collect|work|graean|halen|taenu|gweith"
_RETURNING = r"return|travel|transit|en.?route|dead|empty|refill|reload|dychwel|teithio|not.?(?:treat|grit|spread|salt)"
_PARKED = r"idle|park|stand|stop|depot|\boff|segur|parcio|wedi stopio"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the panel shows in one frame. `skipping`: time runs fast, because nothing moves."""

    time: str  # "23:40"
    day: str  # "Fri 2 Dec"
    running: str  # "9 out · 212 miles"
    share: float  # of the clip's night, 0 to 1
    skipping: bool = False
    key: tuple[tuple[Look, str], ...] = ()  # where statuses are known: the looks on the map and what they mean


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A total: `{}` of `words` is its number, if it has one to count up to, written as `lang` writes it."""

    words: str
    number: float = 0.0
    digits: int = 0  # after the point
    lang: str = "en"

    def at(self, share: float) -> str:
        """The words when a share (0 to 1) has been counted."""
        return self.words.format(number(self.number * min(1.0, share), self.lang, self.digits, fixed=True))


def held(frames: int, fps: int) -> int:
    """How many of a scene's frames belong to the totals; the others are the time-lapse's."""
    return max(1, min(round(HOLD_S * fps), frames // 3))


def looks(statuses: Sequence[str]) -> tuple[Look, ...]:
    """What each status word looks like; words that nobody knows count as work."""
    return tuple(_look(word.casefold()) for word in statuses)


def _look(word: str) -> Look:
    # "Not gritting" is a way to or from the work; so it is asked first.
    for look, pattern in (("returning", _RETURNING), ("working", _WORKING), ("parked", _PARKED)):
        if re.search(pattern, word):
            return look  # type: ignore[return-value]
    return "working"


def out_spans(vehicle: Vehicle, lapse: Timelapse, fps: float) -> Floats:
    """When a vehicle is out, (n, 2) POSIX seconds: short halts counted in, and nothing too short to be seen."""
    second = lapse.seconds_per_frame * fps
    spans = stretches(vehicle)
    if not len(spans):
        return spans
    margin = _CALM_S / 2 * second
    return joined(spans + np.array([-margin, margin]), max(_REST_S, _CALM_S * second))


def out(fleet: Fleet, lapse: Timelapse, fps: float) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """For each vehicle and frame: is it out?"""
    found = np.zeros((len(fleet.vehicles), len(lapse.moments)), np.bool_)
    for k, vehicle in enumerate(fleet.vehicles):
        spans = out_spans(vehicle, lapse, fps)
        if len(spans):
            at = np.searchsorted(spans[:, 0], lapse.moments, "right") - 1
            found[k] = (at >= 0) & (lapse.moments <= spans[np.maximum(at, 0), 1])
            found[k] &= lapse.moments <= vehicle.parts[-1].epoch_s[-1]
    return found


def driven_m(fleet: Fleet, lapse: Timelapse) -> Floats:
    """The way of all vehicles together up to each frame; the last frame has the whole of it."""
    way = np.zeros(len(lapse.moments))
    for vehicle in fleet.vehicles:
        for part in vehicle.parts:
            along = np.concatenate([[0.0], np.cumsum(distances_m(part.lng, part.lat))])
            way += np.interp(lapse.moments, part.epoch_s, along)
    whole = sum(part.distance_m for vehicle in fleet.vehicles for part in vehicle.parts)
    way[-1] = whole
    return np.asarray(np.minimum(way, whole))


def readings(fleet: Fleet, lapse: Timelapse, *, fps: float, units: Units = "miles", lang: str = "en") -> list[Reading]:
    """One for each frame of the time-lapse. Takes the whole fleet, not a thinned one."""
    away, way = out(fleet, lapse, fps), driven_m(fleet, lapse)
    known = len(set(looks(fleet.statuses[1:]))) > 1
    both = len({local(float(at), lapse.zone).utcoffset() for at in lapse.moments[[0, -1]]}) > 1
    counts = _calm(_counts(fleet, lapse, away), max(1, round(_CALM_S * fps)))
    frames = len(lapse.moments)
    found = []
    for frame in range(frames):
        clock, skip = lapse.clock(frame), lapse.skip_at(frame)
        running = f"{counted(sum(counts[frame]), 'out', lang, 0)} · {_distance(float(way[frame]), units, lang).at(1)}"
        found.append(
            Reading(
                time=_time(clock, skip),
                day=_day(clock, skip, lapse.zone, both, lang),
                running=running,
                share=frame / max(1, frames - 1),
                skipping=skip is not None,
                key=_key(counts[frame], lang) if known else (),
            )
        )
    return found


def _day(clock: datetime, skip: Skip | None, zone: str, both: bool, lang: str) -> str:
    """Where time runs fast, the day to come: the skip is too short for reading another. `both`: the night has a change
    of the clocks, so the hour alone is not clear."""
    day = clock if skip is None else local(skip.to_s, zone)
    return day_text(day, lang) + (f" · {day.tzname()}" if both else "")


def _time(clock: datetime, skip: Skip | None) -> str:
    """Hours that race past say nothing when whole days are passed over."""
    return "" if skip and skip.to_s - skip.from_s > 20 * 3600 else f"{clock:%H:%M}"


def _counts(
    fleet: Fleet, lapse: Timelapse, away: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
) -> list[tuple[int, int]]:
    """For each frame how many of those that are out work, and how many are on the way."""
    codes = np.array([LOOKS.index(look) for look in looks(fleet.statuses)])
    passing = codes[positions(fleet, lapse, trail_frames=1).status] == 1
    work, way = ((away & some).sum(axis=0).tolist() for some in (~passing, passing))
    return list(zip(work, way, strict=True))


def _calm(counts: list[tuple[int, int]], least: int) -> list[tuple[int, int]]:
    """Counts that change at most every `least` frames; the first and the last are exact, and so is nobody."""
    found, since, shown = [], -least, counts[0]
    for frame, count in enumerate(counts):
        if count != shown and (frame - since >= least or frame == len(counts) - 1 or not sum(count) or not sum(shown)):
            shown, since = count, frame
        found.append(shown)
    return found


def _key(counts: tuple[int, int], lang: str) -> tuple[tuple[Look, str], ...]:
    return tuple((LOOKS[k], counted(counts[k], LOOKS[k], lang, 0)) for k in (0, 1))


def figures(
    totals: Totals, *, called: str, units: Units = "miles", lang: str = "en", only: str = ""
) -> tuple[Figure, ...]:
    """The totals of a recap: how many (`called`: the counting word for more than one, "gritters"), how far, how long.
    `only`: the name of the one vehicle, where there is but one."""
    many = totals.vehicles != 1 or not only
    who = (
        Figure(words="{} " + _plain(called), number=totals.vehicles, lang=lang) if many else Figure(words=_plain(only))
    )
    count, unit = (totals.nights, "night") if totals.by_night else (totals.days, "day")
    return who, _distance(totals.distance_m, units, lang), Figure(words=counted(count, unit, lang, 0))


def _plain(text: str) -> str:
    return text.replace("{", "(").replace("}", ")")


def _distance(metres: float, units: Units, lang: str) -> Figure:
    """`212 miles`, below ten with a tenth."""
    value = metres / (MILE_M if units == "miles" else 1000.0)
    digits = 0 if round(value, 1) >= 10 or abs(value - round(value)) < 0.05 else 1
    unit = "km" if units == "km" else "mile"
    return Figure(words=form(value, unit, lang, digits), number=value, digits=digits, lang=lang)
