"""How often a picture flashes in any one second, over areas that count.

Counted in two ways, and the higher counts. Cell by cell: of each cell's turns those count that it shares with a quarter
of a part, at once and the same way (leaves against the sky and railings that pass by flicker cell by cell, too, but not
in step); the cells that turn so often within one second are added up. Together: when a quarter of a part, or of the
screen, turns the same way within a tenth of a second, that is one turn of it, wherever in it the next one happens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from pipeline.flashes.areas import EVERYWHERE, QUARTER, Box, Parts, box
from pipeline.flashes.changes import Directions, RedTurns, Second, Turns
from pipeline.flashes.light import Light, Mask

MOST_TURNS = 6  # three flashes in any one second pass; one turn more is more than three
_TOGETHER_S = Fraction(1, 10)  # turns that are no farther apart are one change of the picture


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One picture's count. `web`: turns in the second up to it, over a quarter of a part; `screen`: over a quarter of
    the screen. The rest says where and how much flashes too often: `part_share` of the worst part, `share` of all."""

    web: int = 0
    screen: int = 0
    part_share: float = 0.0
    share: float = 0.0
    box: Box | None = None
    began: int = 0  # pictures ago: the first turn that counts
    ended: int = 0  # and the last

    @property
    def fails(self) -> bool:
        return self.box is not None


NOTHING = Moment()


class Count:
    """Follows one kind of flash, general or red, through a film."""

    def __init__(self, turns: Turns | RedTurns, shape: tuple[int, int], fps: Fraction) -> None:
        self._turns, self._parts = turns, Parts(*shape)
        self._cells = Second(shape, fps)
        self._together = _Together(self._parts, fps)
        self._now = NOTHING

    def step(self, seen: Light) -> Moment:
        turned = self._turns.step(seen)
        self._cells.step(self._concurrent(turned))
        self._together.step(turned, self._turns.latest)
        if self._cells.changed or self._together.changed:
            self._now = self._moment()
        elif self._now.fails:
            self._now = replace(self._now, began=self._now.began + 1, ended=self._now.ended + 1)
        return self._now

    def _concurrent(self, turned: Mask | None) -> Mask | None:
        """The cells that turn in step: the same way, at once, with a quarter of a part around them."""
        least = QUARTER * self._parts.cells
        if turned is None or np.count_nonzero(turned) <= least:
            return None
        brighter = turned & (self._turns.latest == 1)
        found: list[Mask] = []
        for way in (brighter, turned & ~brighter):
            crowded = self._parts.sums(way) > least
            if crowded.any():
                found.append(way & self._parts.cover(crowded))
        return np.logical_or.reduce(found) if found else None

    def _moment(self) -> Moment:
        web, screen = self._levels()
        together = self._together
        most = max(web, screen)
        web, screen = max(web, together.web), max(screen, together.screen)
        if max(web, screen) <= MOST_TURNS:
            return Moment(web=web, screen=screen)
        often = self._cells.counts > MOST_TURNS
        share, part_share = float(often.mean()), float(self._parts.sums(often).max() / self._parts.cells)
        if max(together.web, together.screen) > MOST_TURNS:
            share, part_share = max(share, together.share), max(part_share, together.part_share)
        places, (began, ended) = (often, self._cells.ages(often)) if most > MOST_TURNS else together.origin()
        where = box(places) if places.any() else EVERYWHERE
        return Moment(web=web, screen=screen, part_share=part_share, share=share, box=where, began=began, ended=ended)

    def _levels(self) -> tuple[int, int]:
        """The most turns that a large enough part, and a large enough share of the screen, had cell by cell."""
        counts, parts = self._cells.counts, self._parts
        web = screen = 0
        for level in range(2, int(counts.max()) + 1):
            reached = counts >= level
            cells = int(np.count_nonzero(reached))
            if cells > QUARTER * counts.size:
                web = screen = level  # a quarter of the whole is a quarter of some part
            elif cells > QUARTER * parts.cells and int(parts.sums(reached).max()) > QUARTER * parts.cells:
                web = level
            else:
                break
        return web, screen


class _Together:
    """Turns of parts and of the screen."""

    def __init__(self, parts: Parts, fps: Fraction) -> None:
        self._parts = parts
        self._memory = max(1, round(_TOGETHER_S * fps))
        self._long = math.ceil(fps)
        self._age = np.full((parts.rows, parts.columns), self._long, np.int16)  # pictures since a cell's last turn
        self._latest: Directions = np.zeros(parts.shape, np.int8)
        self._second = Second(parts.shape, fps)
        self._screen, self._screen_latest = Second((1,), fps), 0
        self.changed = False
        self.share = self.part_share = 0.0  # of the newest turn

    @property
    def web(self) -> int:
        return int(self._second.counts.max())

    @property
    def screen(self) -> int:
        return int(self._screen.counts[0])

    def step(self, turned: Mask | None, latest: Directions) -> None:
        np.minimum(self._age + 1, self._long, out=self._age)
        if turned is not None:
            self._age[turned] = 0
        recent = self._age < self._memory
        parts = whole = None
        if np.count_nonzero(recent) > QUARTER * self._parts.cells:
            parts, whole = self._turned(np.where(recent, latest, np.int8(0)))
        self._second.step(parts)
        self._screen.step(whole)
        self.changed = self._second.changed or self._screen.changed

    def _turned(self, directions: Directions) -> tuple[Mask, Mask]:
        """Positions of the part, and whether the screen, that turn now: more go one way than the other by a quarter."""
        net = self._parts.sums(directions)
        way = np.sign(net).astype(np.int8)
        parts: Mask = (np.abs(net) > QUARTER * self._parts.cells) & (way != self._latest)
        np.copyto(self._latest, way, where=parts)
        total = int(directions.sum(dtype=np.int64))
        turns = abs(total) > QUARTER * directions.size and np.sign(total) != self._screen_latest
        if turns:
            self._screen_latest = int(np.sign(total))
        if parts.any():
            self.part_share = float(np.abs(net[parts]).max() / self._parts.cells)
            self.share = abs(total) / directions.size
        return parts, np.array([turns])

    def origin(self) -> tuple[Mask, tuple[int, int]]:
        """The cells that have turned in the parts that turn too often, and how many pictures ago that was."""
        lately = self._age < self._long
        if self.screen > MOST_TURNS:
            return lately, self._screen.ages(np.ones(1, np.bool_))
        often = self._second.counts > MOST_TURNS
        return lately & self._parts.cover(often), self._second.ages(often)
