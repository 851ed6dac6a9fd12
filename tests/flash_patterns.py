"""Calibrated flash patterns, each just above or just below one published threshold, built from the definitions.

WCAG 2.2 (general flash and red flash thresholds), ITU-R BT.1702 and the method of TRACE's benchmark media: a pattern is
hazardous only when change, area and count are all exceeded, so that each pattern is far over two thresholds and close
to the third. Frames are made here pixel by pixel; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

WIDE, HIGH = 144, 252  # a part (a third by a third) has 48 × 84 pixels, a quarter of it 1008
Frame = NDArray[np.uint8]
Colour = tuple[float, float, float]  # linear light
Area = NDArray[np.bool_]

EVERYWHERE = np.ones((HIGH, WIDE), np.bool_)
BLOCKING = frozenset({"F2", "F3", "F4", "F5"})


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A film and the rules it breaks."""

    name: str
    fps: int
    frames: Callable[[], Iterator[Frame]]
    fails: frozenset[str] = frozenset()


def encoded(linear: float) -> int:
    """The 8-bit sRGB value of linear light."""
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(value * 255)


def grey(luminance: float) -> Colour:
    return luminance, luminance, luminance


def uv(colour: Colour) -> tuple[float, float]:
    """CIE 1976 u′v′ of linear sRGB."""
    red, green, blue = colour
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    return 4 * x / (x + 15 * y + 3 * z), 9 * y / (x + 15 * y + 3 * z)


def bright(colour: Colour) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def apart(colour: Colour, other: Colour, distance: float) -> Colour:
    """A colour of the same luminance, so far from `colour` in u′v′ on the way to `other`."""
    scale, low, high = bright(colour) / bright(other), 0.0, 1.0
    for _ in range(40):
        part = (low + high) / 2
        mixed = tuple((1 - part) * a + part * scale * b for a, b in zip(colour, other, strict=True))
        (u, v), (u0, v0) = uv(mixed), uv(colour)  # type: ignore[arg-type]
        low, high = (part, high) if np.hypot(u - u0, v - v0) < distance else (low, part)
    assert part < 0.999, "there is no such colour on the way"
    return mixed  # type: ignore[return-value]


def rectangle(width: int, height: int, left: int = 10, top: int = 10) -> Area:
    area = np.zeros((HIGH, WIDE), np.bool_)
    area[top : top + height, left : left + width] = True
    return area


def scattered(side: int) -> Area:
    """Squares all over the picture, one in every 18 × 18 pixels: an even share of every part of it."""
    rows, columns = np.mgrid[:HIGH, :WIDE]
    area: Area = (rows % 18 < side) & (columns % 18 < side)
    return area


def checkered(side: int) -> Area:
    rows, columns = np.mgrid[:HIGH, :WIDE]
    area: Area = (rows // side + columns // side) % 2 == 0
    return area


def flashing(
    states: Sequence[Colour], area: Area = EVERYWHERE, around: Colour = (0.2, 0.2, 0.2), else_: Sequence[Colour] = ()
) -> Iterator[Frame]:
    """One state for each frame within `area`; `around` (or its own states, `else_`) outside."""
    for number, state in enumerate(states):
        frame = np.empty((HIGH, WIDE, 3), np.uint8)
        frame[:] = [encoded(channel) for channel in (else_[number] if else_ else around)]
        frame[area] = [encoded(channel) for channel in state]
        yield frame


def pulses(at: Sequence[int], frames: int, off: Colour, on: Colour, long: int = 2) -> list[Colour]:
    """`off`, with `on` for `long` frames from each frame named."""
    lit = {frame for first in at for frame in range(first, first + long)}
    return [on if frame in lit else off for frame in range(frames)]


def square(hertz: float, fps: int, seconds: float, off: Colour, on: Colour, start: int = 0) -> list[Colour]:
    """A square wave that begins after `start` frames."""
    waves = ((frame - start) * hertz / fps for frame in range(round(seconds * fps)))
    return [on if wave >= 0 and wave % 1 < 0.5 else off for wave in waves]


def waves(hertz: float, fps: int, seconds: float, low: float, high: float) -> list[Colour]:
    """Soft up and down between two luminances."""
    phase = np.arange(round(seconds * fps)) * hertz / fps
    return [grey(float(low + (high - low) * (0.5 - 0.5 * np.cos(2 * np.pi * p)))) for p in phase]


DARK, PALE = grey(0.1), grey(0.6)
RED = (0.8, 0.0, 0.0)
ALL = frozenset({"F3", "F4", "F5"})


def _film(
    name: str, fps: int, states: Sequence[Colour], fails: frozenset[str] = frozenset(), **more: object
) -> Pattern:
    return Pattern(name=name, fps=fps, frames=partial(flashing, states, **more), fails=fails)  # type: ignore[arg-type]


def _two(
    name: str,
    area: Area,
    other: Area,
    states: Sequence[Colour],
    others: Sequence[Colour],
    fails: frozenset[str] = frozenset(),
) -> Pattern:
    def frames() -> Iterator[Frame]:
        pairs = zip(flashing(states, area, DARK), flashing(others, other, DARK), strict=True)
        return (np.where(other[..., None], second, first) for first, second in pairs)

    return Pattern(name=name, fps=25, frames=frames, fails=fails)


def counts() -> Iterator[Pattern]:
    """Three flashes in any one second pass, more do not; wherever the second begins."""
    for fps in (24, 25, 30):
        for start in (0, 7):
            for hertz in (2.9, 3.0):
                yield _film(f"{hertz} Hz at {fps} from {start}", fps, square(hertz, fps, 2.5, DARK, PALE, start))
            for hertz in (3.7, 4.0, 7.5, fps / 2):
                states = square(hertz, fps, 2, DARK, PALE, start)
                yield _film(f"{hertz} Hz at {fps} from {start}", fps, states, ALL)
        near = [5 + round(number * 0.30 * fps) for number in range(4)]
        far = [5 + round(number * 0.36 * fps) for number in range(8)]
        for long in (1, 2, 4):
            states = pulses(near, 2 * fps, DARK, PALE, long)
            yield _film(f"four of {long} within a second at {fps}", fps, states, ALL)
            states = pulses(near[:3], 2 * fps, DARK, PALE, long)
            yield _film(f"three of {long} within a second at {fps}", fps, states)
            states = pulses(far, 3 * fps, DARK, PALE, long)
            yield _film(f"edges 360 ms apart, {long} long, at {fps}", fps, states)
    yield _film("six turns", 30, pulses([3, 9, 15], 60, DARK, PALE, 3))
    yield _film("seven turns", 30, [*pulses([3, 9, 15], 21, DARK, PALE, 3), *[PALE] * 30], ALL)
    yield _film("four in the last second", 25, pulses([77, 83, 89, 95], 100, DARK, PALE), ALL)
    yield _film("four in the first second", 25, pulses([0, 6, 12, 18], 100, DARK, PALE), ALL)
    yield _film("four in half a second", 30, pulses([3, 6, 9, 12], 16, DARK, PALE, 1), ALL)


def changes() -> Iterator[Pattern]:
    """A change of a tenth of white counts when the darker state is below 0.80."""
    for low in (0.0, 0.05, 0.3, 0.6):
        for fps in (24, 25, 30):
            states = square(5, fps, 1.5, grey(low), grey(low + 0.09))
            yield _film(f"{low} and 0.09 more at {fps}", fps, states)
            states = square(5, fps, 1.5, grey(low), grey(low + 0.11))
            yield _film(f"{low} and 0.11 more at {fps}", fps, states, ALL)
    yield _film("the darker at 0.79", 30, square(5, 30, 1.5, grey(0.79), grey(0.95)), ALL)
    yield _film("the darker at 0.81", 30, square(5, 30, 1.5, grey(0.81), grey(0.97)))
    one_weak = [*pulses([3, 9, 15], 21, DARK, PALE, 3), *pulses([0], 30, DARK, grey(0.19), 3)]
    yield _film("one of four is too weak", 30, one_weak)
    stairs = [grey(0.04 * (frame // 3)) for frame in range(72)]
    yield _film("a staircase", 30, stairs)
    steps = [grey(level) for level in (0.1, 0.16, 0.22, 0.28, 0.22, 0.16)]
    yield _film("flashes by steps too small alone", 25, steps * 10, ALL)
    yield _film("the same, three in a second", 18, steps * 10)
    yield _film("slow fades", 25, waves(0.5, 25, 6, 0, 1))
    yield _film("quick fades", 25, waves(5, 25, 3, 0.1, 0.7), ALL)
    yield _film("quick fades, too weak", 25, waves(5, 25, 3, 0.3, 0.38))
    drift = [grey(0.2 + 0.2 * frame / 75 + (0.04 if frame % 2 else 0)) for frame in range(75)]
    yield _film("a ripple on a slow rise", 25, drift)


def areas() -> Iterator[Pattern]:
    """More than a quarter of a part of the frame is too much on the web, of the whole frame in broadcasting."""
    states = square(5, 25, 1.5, DARK, PALE)
    for left, top in ((0, 0), (11, 33), (95, 201), (110, 216)):
        here = f"at {left}, {top}"
        yield _film(f"0.24 of a part {here}", 25, states, area=rectangle(30, 32, left, top))
        yield _film(f"0.27 of a part {here}", 25, states, frozenset({"F3", "F4"}), area=rectangle(30, 36, left, top))
    yield _film("a ribbon of 0.23", 25, states, area=rectangle(WIDE, 19, 0, 100))
    yield _film("a ribbon of 0.27", 25, states, frozenset({"F3", "F4"}), area=rectangle(WIDE, 23, 0, 101))
    yield _film("0.20 of the frame in one piece", 25, states, frozenset({"F3", "F4"}), area=rectangle(72, 100, 40, 70))
    yield _film("0.30 of the frame in one piece", 25, states, ALL, area=rectangle(100, 109, 20, 70))
    yield _film("0.20 of the frame, scattered", 25, states, area=scattered(8))
    yield _film("0.31 of the frame, scattered", 25, states, ALL, area=scattered(10))
    two = rectangle(18, 40, 0, 0) | rectangle(18, 40, 120, 200)
    yield _film("two areas far apart, 0.18 of a part each", 25, states, area=two)
    near = rectangle(18, 40, 40, 0) | rectangle(18, 40, 62, 30)
    yield _film("two areas in one part", 25, states, frozenset({"F3", "F4"}), area=near)


def places() -> Iterator[Pattern]:
    """It is the combined area that counts, also when light and dark change places."""
    states, against = square(5, 25, 1.5, DARK, PALE), square(5, 25, 1.5, PALE, DARK)
    for side in (12, 36):
        yield _film(f"squares of {side} change places", 25, states, ALL, area=checkered(side), else_=against)
    slow, opposed = square(2, 25, 2, DARK, PALE), square(2, 25, 2, PALE, DARK)
    yield _film("squares change places slowly", 25, slow, area=checkered(36), else_=opposed)
    one, other = rectangle(18, 40, 40, 0), rectangle(18, 40, 62, 30)
    yield _two("two small areas in one part change places", one, other, states, against)
    beats = pulses([3, 9, 15], 45, DARK, PALE, 3)[:21] + [PALE] * 24
    missing = [PALE if frame < 3 else DARK if frame < 9 else state for frame, state in enumerate(beats)]
    yield _two("two small areas in step seven times", one, other, beats, beats, frozenset({"F3", "F4"}))
    late = [DARK, *beats[:-1]]
    yield _two("the same, one picture behind", one, other, beats, late, frozenset({"F3", "F4"}))
    yield _two("the same, but opposed at first", one, other, beats, missing)
    left = rectangle(72, HIGH, 0, 0)
    first, later = pulses([0, 6], 50, DARK, PALE), pulses([12, 18], 50, DARK, PALE)
    yield _film("left twice, then right twice", 25, first, ALL, area=left, else_=later)
    busy, calm = square(3, 25, 1, DARK, PALE), [DARK] * 25
    yield _film("left, and a second later right", 25, busy + calm, area=left, else_=calm + busy)


def reds() -> Iterator[Pattern]:
    """Changes to and from saturated red count by chromaticity, also without a change of luminance."""
    red = frozenset({"F2", "F4", "F5"})
    same = grey(0.2126 * 0.8)
    for fps in (24, 25, 30):
        yield _film(f"red and grey, 4 Hz at {fps}", fps, square(4, fps, 2, same, RED), red)
        yield _film(f"red and grey, 3 Hz at {fps}", fps, square(3, fps, 3, same, RED))
    for share, fails in ((0.82, red), (0.78, frozenset[str]())):
        rest = (1 / share - 1) * 0.6 / 2
        colour = (0.6, rest, rest)
        other = apart(colour, (0.0, 0.05, 0.5), 0.22)
        yield _film(f"red of {share} and 0.22 u′v′", 25, square(5, 25, 1.5, other, colour), fails)
    for distance, fails in ((0.19, frozenset[str]()), (0.21, red)):
        other = apart(RED, (0.5, 0.5, 0.5), distance)
        yield _film(f"red and {distance} u′v′", 25, square(5, 25, 1.5, other, RED), fails)
    small = rectangle(30, 32)
    yield _film("red on 0.24 of a part", 25, square(5, 25, 1.5, same, RED), area=small, around=same)
    large = rectangle(30, 36)
    fails = frozenset({"F2", "F4"})
    yield _film("red on 0.27 of a part", 25, square(5, 25, 1.5, same, RED), fails, area=large, around=same)
    yield _film("blue and grey", 25, square(5, 25, 1.5, grey(0.0722), (0.0, 0.0, 1.0)))
    noise = np.random.default_rng(4).uniform(0, 0.003, (50, 3))
    yield _film("noise in the dark", 25, [tuple(row) for row in noise])


def patterns() -> list[Pattern]:
    """All of them."""
    return [*counts(), *changes(), *areas(), *places(), *reds()]
