"""One look at a film, picture by picture: flashes general and red, lasting flicker, stripes; gathered into a report."""

from __future__ import annotations

import math
from fractions import Fraction

from pipeline.flashes.areas import EVERYWHERE, around
from pipeline.flashes.changes import RedTurns, Turns
from pipeline.flashes.count import Count, Moment
from pipeline.flashes.light import Light, Pixels, light
from pipeline.flashes.pictures import sampled
from pipeline.flashes.report import FlashReport, Kind, Stretch, Tally, Worst
from pipeline.flashes.stripes import Stripes
from pipeline.timing import Span

_FLICKER_TURNS = 4  # two flashes in every second …
_FLICKER_S = 5  # … for so long


class Watch:
    """Shown all pictures of a film in order, two by two pixels to a cell, it tells what it saw."""

    def __init__(self, columns: int, rows: int, fps: Fraction) -> None:
        shape = (rows, columns)
        self._fps = fps
        self._general = _Kind("general", Count(Turns(shape), shape, fps), fps)
        self._red = _Kind("red", Count(RedTurns(shape), shape, fps), fps)
        self._stripes = Stripes(fps)
        self._frames = 0

    def see(self, pixels: Pixels) -> None:
        seen = light(sampled(pixels))
        self._general.step(seen, self._frames)
        self._red.step(seen, self._frames)
        self._stripes.see(pixels, self._frames)
        self._frames += 1

    def report(self) -> FlashReport:
        general, red = self._general, self._red
        seconds = range(math.ceil(self._frames / self._fps))
        return FlashReport(
            frames=self._frames,
            fps=self._fps,
            general=general.worst,
            red=red.worst,
            failing=tuple(sorted([*general.failing, *red.failing], key=lambda one: one.span.start)),
            flicker=tuple(sorted([*general.flicker(), *red.flicker()], key=lambda one: one.span.start)),
            stripes=self._stripes.found(self._frames),
            graph=tuple(Tally(general=general.in_second(n), red=red.in_second(n)) for n in seconds),
        )


class _Kind:
    """One kind of flash over the whole film."""

    def __init__(self, kind: Kind, count: Count, fps: Fraction) -> None:
        self._kind, self._count, self._fps = kind, count, fps
        self._levels: list[int] = []  # turns, per picture
        self.worst = Worst()
        self.failing: list[Stretch] = []

    def step(self, seen: Light, frame: int) -> None:
        now = self._count.step(seen)
        self._levels.append(max(now.web, now.screen))
        if now.web or now.screen:
            worst = self.worst
            self.worst = Worst(
                flashes=max(worst.flashes, now.web / 2, now.screen / 2),
                broad=max(worst.broad, now.screen / 2),
                part_share=max(worst.part_share, now.part_share),
                share=max(worst.share, now.share),
            )
        if now.fails:
            self._fail(now, frame)

    def _fail(self, now: Moment, frame: int) -> None:
        assert now.box is not None
        start, end = Fraction(frame - now.began) / self._fps, Fraction(frame - now.ended + 1) / self._fps
        found = Stretch(
            kind=self._kind,
            span=Span(start=start, end=end),
            flashes=max(now.web, now.screen) / 2,
            share=now.share,
            box=now.box,
        )
        last = self.failing[-1] if self.failing else None
        if last is None or last.span.end < start:
            self.failing.append(found)
            return
        self.failing[-1] = Stretch(
            kind=self._kind,
            span=Span(start=last.span.start, end=max(last.span.end, end)),
            flashes=max(last.flashes, found.flashes),
            share=max(last.share, found.share),
            box=around(last.box, found.box),
        )

    def flicker(self) -> list[Stretch]:
        """Stretches of five seconds or more with two flashes or more in every second of them."""
        found: list[Stretch] = []
        run = 0
        for frame, level in enumerate([*self._levels, 0]):
            if level >= _FLICKER_TURNS:
                run += 1
                continue
            # The first of the run already looks back on a second of flicker.
            start, end = max(Fraction(0), (frame - run) / self._fps - 1), frame / self._fps
            if run and end - start >= _FLICKER_S:
                most = max(self._levels[frame - run : frame]) / 2
                span = Span(start=start, end=end)
                found.append(Stretch(kind="flicker", span=span, flashes=most, share=0.0, box=EVERYWHERE))
            run = 0
        return found

    def in_second(self, number: int) -> float:
        first, last = math.ceil(number * self._fps), math.ceil((number + 1) * self._fps)
        return max(self._levels[first:last], default=0) / 2
