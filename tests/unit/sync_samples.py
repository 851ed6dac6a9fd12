"""Made-up routes, flights and clips for the tests of matching and sync; metres east and north of a place."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.flight import Flight
from pipeline.footage import Clip, Part
from pipeline.geo import EARTH_RADIUS_M, Floats
from pipeline.route import Line, Route

DEGREE_M = np.radians(1.0) * EARTH_RADIUS_M
HOME = (-0.27, 51.56)


def degrees(metres: Floats, home: tuple[float, float] = HOME) -> tuple[Floats, Floats]:
    lng = home[0] + metres[:, 0] / (DEGREE_M * np.cos(np.radians(home[1])))
    return lng, home[1] + metres[:, 1] / DEGREE_M


def route_of(
    *lines: Floats,
    home: tuple[float, float] = HOME,
    times: list[Floats] | None = None,
    loop: bool = False,
) -> Route:
    made, way = [], 0.0
    for at, metres in enumerate(lines):
        lng, lat = degrees(metres, home)
        along = way + np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(metres, axis=0).T))])
        way = float(along[-1])
        unknown = np.full(len(lng), np.nan)
        epoch = unknown if times is None else times[at]
        made.append(Line(lng=lng, lat=lat, ele_m=unknown, along_m=along, epoch_s=epoch))
    return Route(
        name="made up",
        kind="recorded",
        lines=tuple(made),
        waypoints=(),
        distance_m=way,
        ascent_m=None,
        descent_m=None,
        loop=loop,
    )


def flight_of(
    time_s: Floats,
    metres: Floats,
    *,
    home: tuple[float, float] = HOME,
    clock: datetime | None = None,
    source: str = "DJI_0042.SRT (DJI, bracket fields)",
) -> Flight:
    lng, lat = degrees(metres, home)
    lng = (lng + 180.0) % 360.0 - 180.0  # recorders never leave ±180
    nothing = np.full(len(time_s), np.nan)
    return Flight(source=source, time_s=time_s, lng=lng, lat=lat, height_m=nothing, altitude_m=nothing, clock=clock)


def blind(clock: datetime | None, source: str = "DJI_0042.SRT (DJI, no positions)") -> Flight:
    """A flight without any fix."""
    return flight_of(np.arange(3.0), np.full((3, 2), np.nan), clock=clock, source=source)


def clip_of(
    name: str = "DJI_0042.MP4",
    duration: float = 60.0,
    flight: Flight | None = None,
    created: datetime | None = None,
) -> Clip:
    length = Fraction(str(duration))
    return Clip(
        name=name,
        parts=(Part(path=Path(name), start=Fraction(0), duration=length),),
        fingerprint=name,
        duration=length,
        fps=Fraction(30),
        variable_rate=False,
        width=1920,
        height=1080,
        coded_width=1920,
        coded_height=1080,
        rotation=0,
        sample_aspect=Fraction(1),
        codec="h264",
        pix_fmt="yuv420p",
        bit_depth=8,
        transfer="sdr",
        matrix="bt709",
        primaries="bt709",
        full_range=False,
        has_sound=False,
        created=created,
        keyframes_s=(0.0,),
        flight=flight,
    )


def flown(route: Route, shape: Floats, along_m: Floats, aside_m: float = 0.0) -> Floats:
    """Metres of a camera that keeps `aside_m` to the right of the place `along_m` on a route of one line."""
    way = route.lines[0].along_m

    def on(at: Floats) -> Floats:
        return np.stack([np.interp(at, way, shape[:, axis]) for axis in (0, 1)], axis=-1)

    ahead = on(along_m + 2.0) - on(along_m - 2.0)
    ahead /= np.hypot(*ahead.T)[:, None]
    return on(along_m) + aside_m * np.stack([ahead[:, 1], -ahead[:, 0]], axis=-1)


_TURN = np.linspace(0.0, 2 * np.pi, 800)
_WAVE = np.stack([np.linspace(0, 2000, 400), 40 * np.sin(np.linspace(0, 12, 400))], axis=-1)
LOOP = np.stack([500 * np.sin(_TURN), 500 * np.cos(_TURN)], axis=-1)
EIGHT = np.stack([500 * np.sin(_TURN), 300 * np.sin(2 * _TURN)], axis=-1)
OUT_AND_BACK = np.concatenate([_WAVE, _WAVE[::-1][1:] + np.array([0.0, 2.0])])
PARALLEL = np.array([[0, 0], [1000, 0], [1000, 60], [0, 60], [0, 120], [1000, 120]], np.float64)
STRAIGHT = np.array([[0, 0], [3000, 0]], np.float64)
