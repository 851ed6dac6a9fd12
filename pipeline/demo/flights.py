"""Four flights along the walk: where the camera is at every moment, and a DJI's telemetry of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal

import numpy as np

from pipeline.demo.ground import Ground, lng_lat
from pipeline.demo.painting import View
from pipeline.demo.walk import Loop
from pipeline.geo import Floats

FPS = 25
# As a DJI writes it: the clock on the wall, without a zone.
TAKE_OFF = datetime(2026, 6, 14, 17, 42, 10)


@dataclass(frozen=True, kw_only=True)
class Flight:
    """A plan: from where on the loop, how fast, how high, and how the camera turns away from the path."""

    name: str
    share: float  # of the way round, at the start
    seconds: int
    speed_m_s: float
    above_m: tuple[float, float]  # at the start and at the end
    turn: tuple[float, float]  # radians to the right of the way ahead
    dialect: Literal["brackets", "frame count"]


FLIGHTS = (
    Flight(
        name="DJI_0001",
        share=0.012,
        seconds=6,
        speed_m_s=14,
        above_m=(58, 96),
        turn=(0.10, 0.22),
        dialect="frame count",
    ),
    Flight(
        name="DJI_0002",
        share=0.235,
        seconds=5,
        speed_m_s=17,
        above_m=(88, 92),
        turn=(0.08, 0.54),
        dialect="frame count",
    ),
    Flight(
        name="DJI_0003",
        share=0.455,
        seconds=5,
        speed_m_s=17,
        above_m=(95, 84),
        turn=(0.14, 0.46),
        dialect="brackets",
    ),
    Flight(
        name="DJI_0004",
        share=0.70,
        seconds=5,
        speed_m_s=16,
        above_m=(78, 100),
        turn=(0.08, 0.46),
        dialect="brackets",
    ),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Path:
    """One row for each frame."""

    x: Floats
    y: Floats
    altitude_m: Floats
    rise_m: Floats  # above the take-off point
    heading: Floats

    def view(self, i: int) -> View:
        return View(
            x=float(self.x[i]),
            y=float(self.y[i]),
            altitude_m=float(self.altitude_m[i]),
            heading=float(self.heading[i]),
        )


def fly(flight: Flight, loop: Loop, ground: Ground) -> Path:
    """Smooth motion: the path is followed loosely, the height eases, the camera pans slowly."""
    frames = flight.seconds * FPS
    t = np.arange(frames) / FPS
    along = flight.share * loop.length_m + t * flight.speed_m_s
    x, y = _loosely(loop, along, 60.0)
    ahead_x, ahead_y = _loosely(loop, along + 230.0, 90.0)
    ease = t / flight.seconds
    ease = ease * ease * (3 - 2 * ease)
    way = np.unwrap(np.arctan2(ahead_x - x, ahead_y - y))
    straight = np.poly1d(np.polyfit(t, way, 2))(t)
    heading = straight + flight.turn[0] + (flight.turn[1] - flight.turn[0]) * ease
    start = float(ground.height(x[:1], y[:1])[0])
    base = np.linspace(start, float(ground.height(x[-1:], y[-1:])[0]), frames)
    altitude = base + flight.above_m[0] + (flight.above_m[1] - flight.above_m[0]) * ease
    return Path(x=x, y=y, altitude_m=altitude, rise_m=altitude - start, heading=heading)


def _loosely(loop: Loop, along_m: Floats, window_m: float) -> tuple[Floats, Floats]:
    """The path's middle over a stretch, so that its small bends do not shake the camera."""
    spread = np.linspace(-window_m, window_m, 25)
    weight = np.cos(spread / window_m * math.pi / 2) ** 2
    x, y = loop.at(along_m[:, None] + spread)
    return x @ weight / weight.sum(), y @ weight / weight.sum()


def telemetry(flight: Flight, path: Path) -> str:
    """The `.SRT` that lies beside the clip: one cue for each frame."""
    lng, lat = lng_lat(path.x, path.y)
    started = TAKE_OFF + timedelta(minutes=9 * int(flight.name[-1]))
    cues = []
    for i in range(len(path.x)):
        begin, end = _clock(Fraction(i, FPS)), _clock(Fraction(i + 1, FPS))
        place = (
            f"[latitude: {lat[i]:.6f}] [longitude: {lng[i]:.6f}] "
            f"[rel_alt: {path.rise_m[i]:.1f}00 abs_alt: {path.altitude_m[i]:.1f}00]"
        )
        if flight.dialect == "brackets":
            body = f"{place} [iso : 100] [shutter : 1/800.0] [fnum : 170]"
        else:
            at = started + timedelta(milliseconds=i * 1000 // FPS)
            body = (
                f'<font size="28">FrameCnt: {i + 1}, DiffTime: {1000 // FPS}ms\n'
                f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}\n"
                "[iso: 100] [shutter: 1/800.0] [fnum: 1.7] [ev: 0] [color_md: default] [focal_len: 24.00] "
                f"{place} [ct: 5600] </font>"
            )
        cues.append(f"{i + 1}\n{begin} --> {end}\n{body}\n")
    return "\n".join(cues)


def _clock(at: Fraction) -> str:
    millis = int(at * 1000)
    return f"{millis // 3600000:02d}:{millis // 60000 % 60:02d}:{millis // 1000 % 60:02d},{millis % 1000:03d}"
