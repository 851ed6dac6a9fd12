"""When captions are seen: at their places on the route or on the clock, one at a time, long enough to be read."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pipeline.shots import Caption, CaptionWish, Shot

_LEAST_READING_S = Fraction(3, 2)  # facts T6: time to read is at least 1.5 s …
_READING_S_PER_WORD = Fraction(3, 8)  # … and 0.375 s a word + 1 s


def reading_frames(words: int, fps: int) -> int:
    """Frames that `words` words need to be read (facts T6)."""
    return int(-(-max(_LEAST_READING_S, 1 + _READING_S_PER_WORD * words) * fps // 1))


def captioned(
    shots: Sequence[Shot], wishes: Sequence[CaptionWish], fps: int
) -> tuple[tuple[Caption, ...], tuple[int, ...]]:
    """Captions over the shots along the route (over the map where there is no footage), one at a time."""
    stage = [shot for shot in shots if shot.role == "along"] or [shot for shot in shots if shot.role == "route"]
    stage = stage or [shot for shot in shots if shot.role == "opening"]
    if not stage:
        return (), tuple(wish.key for wish in wishes)
    first, last = stage[0].start, stage[-1].end  # the shots of one role follow each other
    kept = sorted(
        ((_wanted(wish, need, stage, fps), wish.key, need) for wish in wishes for need in [_needed(wish, fps)]),
        key=lambda entry: entry[0],
    )
    left_out: list[int] = []
    while kept and sum(need for _, _, need in kept) > last - first:
        # Too much to read in this time: the ones named last in the brief go first.
        left_out.append(max(key for _, key, _ in kept))
        kept = [entry for entry in kept if entry[1] != left_out[-1]]
    starts = _apart([wanted for wanted, _, _ in kept], [need for _, _, need in kept], first, last)
    placed = [Caption(key=key, start=start, frames=need) for start, (_, key, need) in zip(starts, kept, strict=True)]
    return tuple(placed), tuple(sorted(left_out))


def _apart(wanted: Sequence[int], needs: Sequence[int], first: int, last: int) -> list[int]:
    """Starts in the order wanted, none before the one ahead of it has ended: later where that is so, and earlier
    where the end comes too soon. All needs together fit between `first` and `last`."""
    starts: list[int] = []
    free = first
    for start, need in zip(wanted, needs, strict=True):
        starts.append(max(start, free))
        free = starts[-1] + need
    for index in reversed(range(len(starts))):
        starts[index] = min(starts[index], last - needs[index])
        last = starts[index]
    return starts


def _needed(wish: CaptionWish, fps: int) -> int:
    return max(1, round(wish.seconds * fps)) if wish.seconds else reading_frames(wish.words, fps)


def _wanted(wish: CaptionWish, need: int, stage: Sequence[Shot], fps: int) -> int:
    if wish.at_s is not None:
        return round(wish.at_s * fps)
    target = wish.at_m or 0.0
    gaps = ((abs(place - target), shot.start + frame) for shot in stage for frame, place in enumerate(shot.along_m))
    _nearest, first = min(gaps, default=(0.0, 0))
    shot = next((shot for shot in stage if shot.start <= first < shot.end), None)
    if shot is None:
        return first
    # A caption belongs to its shot: it comes up early enough to be read before the cut.
    return max(shot.start, min(first, shot.end - need))
