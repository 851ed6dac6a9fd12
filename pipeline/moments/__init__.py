"""Which seconds of a clip are worth showing: the best spans under its curve of marks.

Marks come from what is at hand: telemetry (height, ground speed, nearness to the route), a look at the
pictures (motion, sharpness, exposure), else only the place in the clip. Take-off and landing are left out
where there is a choice, damaged stretches always. Pure: the same values give the same moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pipeline.flight import Flight
from pipeline.footage import Clip, Look
from pipeline.moments.marks import FINEST_S, PLACES, Along, Marks, marked, reasons, score_of
from pipeline.timing import Span, merged, timecode

_FINEST = Fraction(FINEST_S)
_EDGE_S = Fraction(3)  # of a long clip: where the drone is started and caught
_LONG_S = 20
_GROUND_M = 5.0  # below this the drone is taking off or landing
_ENOUGH = 0.5  # share of a span that telemetry must know to stand for a look


@dataclass(frozen=True, kw_only=True)
class Moment:
    start: Fraction  # seconds in the clip
    end: Fraction
    score: float  # 0–1
    why: str  # for people

    @property
    def span(self) -> Span:
        return Span(start=self.start, end=self.end)


def needs_look(clip: Clip, needed: Fraction, within: Span | None = None) -> bool:
    """Is it worth decoding samples to choose `needed` seconds? Not when the brief has chosen (`use:`), when
    there is hardly a choice, or when telemetry can choose."""
    if within is not None or clip.duration <= needed * Fraction(5, 4) + 1:
        return False
    return clip.flight is None or _known(clip.flight, clip) < _ENOUGH


def pick(
    clip: Clip,
    look: Look | None = None,
    *,
    along: Along | None = None,
    aside: Along | None = None,
    length: Fraction,
    count: int = 1,
    within: Span | None = None,
) -> tuple[Moment, ...]:
    """Up to `count` spans of `length` seconds that do not overlap, best first; shorter when there is less.

    `along` and `aside` give metres along and away from the route at a second of the clip (NaN: unknown).
    """
    bounds = _bounds(clip, within)
    damaged = merged([*clip.damaged, *(look.damaged if look else ())])
    sound = _without([bounds], damaged)
    if not sound or length <= 0 or count < 1:
        return ()
    marks = marked(clip, look, aside, bounds)
    careful = _without(sound, _edges(clip))
    longest = max((run.duration for run in careful), default=Fraction(0))
    runs = careful if longest >= length else sound
    longest = max(run.duration for run in runs)
    if longest <= length:
        # Too short for a choice: whole stretches, but no crumbs between damaged places.
        chosen = sorted(runs, key=lambda run: (-run.duration, run.start))[:count]
        chosen = [run for run in chosen if run.duration >= longest / 2]
    else:
        chosen = _best(runs, marks, length, count)
    moments = [_moment(span, marks, bounds, along, clip) for span in chosen]
    return tuple(sorted(moments, key=lambda moment: (-moment.score, moment.start)))


def _bounds(clip: Clip, within: Span | None) -> Span:
    if within is None:
        return Span(start=Fraction(0), end=clip.duration)
    return Span(start=max(within.start, Fraction(0)), end=min(within.end, clip.duration))


def _without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What is left of the spans."""
    left = [span for span in spans if span.duration > 0]
    for hole in holes:
        pieces: list[Span] = []
        for span in left:
            if not span.overlaps(hole):
                pieces.append(span)
                continue
            pieces.append(Span(start=span.start, end=max(hole.start, span.start)))
            pieces.append(Span(start=min(hole.end, span.end), end=span.end))
        left = [piece for piece in pieces if piece.duration > 0]
    return left


def _edges(clip: Clip) -> list[Span]:
    """Take-off and landing: by height when it is known, else the first and last seconds of a long clip."""
    start, end = Fraction(0), clip.duration
    head = tail = _EDGE_S if clip.duration > _LONG_S else Fraction(0)
    if clip.flight is not None:
        known = np.isfinite(clip.flight.height_m)
        time, height = clip.flight.time_s[known], clip.flight.height_m[known]
        up = np.flatnonzero(height >= _GROUND_M)
        if len(up):
            # A clip that never leaves the ground has no take-off: then only its edges are left out.
            if up[0] > 0:
                head = max(head, Fraction(round(float(time[up[0]]) * 4) + 2, 4))
            if up[-1] < len(height) - 1:
                tail = max(tail, end - Fraction(round(float(time[up[-1]]) * 4) - 2, 4))
    spans = [Span(start=start, end=min(head, end)), Span(start=max(end - tail, start), end=end)]
    return [span for span in spans if span.duration > 0]


def _known(flight: Flight, clip: Clip) -> float:
    """The share of the clip for which telemetry has a height or a place."""
    useful = np.isfinite(flight.height_m) | np.isfinite(flight.lng)
    time = flight.time_s[useful]
    if len(time) < 2:
        return 0.0
    return float(np.minimum(np.diff(time), 2.0).sum()) / max(float(clip.duration), 1e-6)


def _best(runs: Sequence[Span], marks: Marks, length: Fraction, count: int) -> list[Span]:
    """The spans with the highest sum of scores, kept apart by as much as the footage allows."""
    total = sum((run.duration for run in runs), Fraction(0))
    roomy = length if total >= length * (2 * count + 1) else Fraction(0)
    fewer: list[Span] = []
    for gap in dict.fromkeys((roomy, Fraction(0))):
        chosen = _scheduled(_candidates(runs, marks, length), gap, count)
        if len(chosen) == count:
            return chosen
        fewer = max(fewer, chosen, key=len)
    return fewer


def _candidates(runs: Sequence[Span], marks: Marks, length: Fraction) -> list[tuple[Span, float]]:
    """Every span of the length on a grid, in order of its end, with its score. Whole multiples of the length
    from the start of each run are on the grid, so that as many fit as can."""
    total = sum((run.duration for run in runs), Fraction(0))
    parts = max(1, min(int(length / _FINEST), int(PLACES * length / total)))
    step = length / parts
    found = []
    for run in runs:
        places = [run.start + step * number for number in range(int((run.duration - length) / step) + 1)]
        places += [run.end - length] if run.duration > length else []
        spans = [Span(start=place, end=place + length) for place in dict.fromkeys(places)]
        found += [(span, score_of(span, marks)) for span in spans if run.duration >= length]
    return sorted(found, key=lambda pair: (pair[0].end, pair[0].start))


def _scheduled(candidates: Sequence[tuple[Span, float]], gap: Fraction, count: int) -> list[Span]:
    """Weighted interval scheduling: the best `count` spans at least `gap` apart, or as many as fit.

    All spans are of one length, so their order by end is also their order by start.
    """
    ends = [span.end for span, _ in candidates]
    # best[i] after k rounds: the sum and choice of k spans among the first i; None when they do not fit.
    best: list[tuple[float, tuple[int, ...]] | None] = [(0.0, ())] * (len(candidates) + 1)
    chosen: tuple[int, ...] = ()
    before = []
    reach = 0
    for span, _ in candidates:
        while reach < len(ends) and ends[reach] + gap <= span.start:
            reach += 1
        before.append(reach)
    for _ in range(count):
        following: list[tuple[float, tuple[int, ...]] | None] = [None]
        for index, (_, score) in enumerate(candidates):
            earlier, here = best[before[index]], following[-1]
            if earlier is not None and (here is None or earlier[0] + score > here[0] + 1e-12):
                here = (earlier[0] + score, (*earlier[1], index))
            following.append(here)
        if following[-1] is None:
            break
        best, chosen = following, following[-1][1]
    return [candidates[index][0] for index in chosen]


def _moment(span: Span, marks: Marks, bounds: Span, along: Along | None, clip: Clip) -> Moment:
    why = reasons(span, marks)
    if span.start == bounds.start and span.end == bounds.end:
        why = ["the whole clip" if span.duration == clip.duration else "the whole span", *why]
    elif not why:
        why = ["nearest to the middle of the clip"]
    if along is not None and np.isfinite(place := along(float(span.start + span.end) / 2)):
        why.append(f"{place / 1000:.1f} km along the route")
    score = round(score_of(span, marks), 4)
    return Moment(start=span.start, end=span.end, score=score, why=f"{timecode(span.start)}: {', '.join(why)}")
