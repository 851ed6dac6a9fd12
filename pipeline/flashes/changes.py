"""Opposing changes: when a place has become brighter, then darker, then brighter, by enough to count.

A place is a cell of the picture or a window of it. A turn is one change of a pair; steps in the same direction, however
many, are one turn. Two turns make a flash.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.flashes.light import Light, Mask, Plane

CHANGE = np.float32(0.1 - 1e-6)  # of the luminance of white; 20 of 200 cd/m² in broadcasting
DARKER = np.float32(0.8)  # the darker of the two states lies below; 160 of 200 cd/m²
CHROMATICITY = np.float32(0.2)  # u′v′ between the two states of a red flash

Directions = NDArray[np.int8]  # 1: became brighter (redder), -1: the opposite, 0: not yet or not now


class Turns:
    """Turns of luminance. `latest` is the direction of each cell's last turn."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.latest: Directions = np.zeros(shape, np.int8)
        self._low: Plane = np.full(shape, np.inf, np.float32)  # since the last turn downwards
        self._high: Plane = np.full(shape, -np.inf, np.float32)  # since the last turn upwards

    def step(self, seen: Light) -> Mask:
        """Which cells turn with this picture."""
        value, low, high = seen.luminance, self._low, self._high
        np.minimum(low, value, out=low)
        np.maximum(high, value, out=high)
        up = (value - low >= CHANGE) & (low < DARKER) & (self.latest != 1)
        down = (high - value >= CHANGE) & (value < DARKER) & (self.latest != -1)
        np.copyto(high, value, where=up)
        np.copyto(low, value, where=down)
        self.latest[up] = 1
        self.latest[down] = -1
        turned: Mask = up | down
        return turned


class RedTurns:
    """Turns to and from saturated red: one state is saturated, and the two are far apart in u′v′."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.latest: Directions = np.zeros(shape, np.int8)
        self._red: Mask = np.zeros(shape, np.bool_)
        self._u: Plane = np.zeros(shape, np.float32)  # of the state to which others are compared:
        self._v: Plane = np.zeros(shape, np.float32)  # the reddest, or else the least red, since the last turn
        self._before: Light | None = None
        self._quiet = True  # nothing is red, so nothing needs to be followed

    def step(self, seen: Light) -> Mask | None:
        """Which cells turn with this picture; None when there is no red to follow."""
        saturated = seen.saturated()
        before, self._before = self._before, seen
        if self._quiet:
            if not saturated.any():
                return None
            self._start(before or seen)
        u, v = seen.chromaticity()
        far = (u - self._u) ** 2 + (v - self._v) ** 2 > CHROMATICITY**2
        turned: Mask = far & (saturated != self._red)
        self.latest[turned] = np.where(saturated[turned], 1, -1)
        self._red ^= turned
        more = np.where(self._red, saturated & (u > self._u), u < self._u) | turned
        np.copyto(self._u, u, where=more)
        np.copyto(self._v, v, where=more)
        self._quiet = not (self._red.any() or saturated.any())
        return turned

    def _start(self, seen: Light) -> None:
        u, v = seen.chromaticity()
        self._u, self._v, self._red = u.copy(), v.copy(), seen.saturated()


class Second:
    """How many turns each place had within any one second: the pictures less than a second before the newest."""

    def __init__(self, shape: tuple[int, ...], fps: Fraction) -> None:
        self.counts: NDArray[np.int16] = np.zeros(shape, np.int16)
        self.changed = False  # by the newest picture
        self._turns: list[Mask | None] = [None] * math.ceil(fps)
        self._next = 0

    def step(self, turned: Mask | None) -> None:
        gone, self._turns[self._next] = self._turns[self._next], turned if turned is not None and turned.any() else None
        new = self._turns[self._next]
        self._next = (self._next + 1) % len(self._turns)
        self.changed = gone is not None or new is not None
        if gone is not None:
            self.counts -= gone
        if new is not None:
            self.counts += new

    def ages(self, places: Mask) -> tuple[int, int]:
        """How many pictures ago the first and the last turn of these places were, of those that still count."""
        length = len(self._turns)
        found = []
        for age in range(length):
            turned = self._turns[(self._next - 1 - age) % length]
            if turned is not None and (turned & places).any():
                found.append(age)
        return (found[-1], found[0]) if found else (0, 0)
