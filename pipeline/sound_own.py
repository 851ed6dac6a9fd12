"""Which stretches of the clips' own sound are heard: those under the shots of clips whose sound is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Set
from fractions import Fraction

from pipeline.mix import Own
from pipeline.storyboard import Shot, Storyboard

_LEAST_S = Fraction(1, 10)


def own_sounds(storyboard: Storyboard, wanted: Set[str]) -> tuple[Own, ...]:
    """The stretches in order. `wanted`: names of clips, as `Clip.name` has them; those without sound have none."""
    return tuple(one for shot in storyboard.shots for one in _stretches(shot, storyboard.fps, wanted))


def _stretches(shot: Shot, fps: int, wanted: Set[str]) -> Iterator[Own]:
    """A shot that lies over the end of one of a recorder's files goes on in the next."""
    if shot.take is None or shot.take.clip.name not in wanted or not shot.take.clip.has_sound:
        return
    clip, at = shot.take.clip, Fraction(shot.start, fps)
    first, last = shot.source_start, shot.source_start + Fraction(shot.frames, fps)
    for number, part in enumerate(clip.parts):
        start, end = max(first, part.start), min(last, part.start + part.duration)
        if end - start >= _LEAST_S:
            yield Own(
                path=part.path,
                fingerprint=f"{clip.fingerprint}/{number}",
                at=at + start - first,
                start=start - part.start,
                length=end - start,
            )
