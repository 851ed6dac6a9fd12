"""Takes, wishes and plans made up for the tests of the edit and of the plan."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from sync_samples import clip_of

from pipeline.storyboard import Take
from pipeline.sync import Placing
from pipeline.timing import Span

DISTANCE_M = 5000.0


def take_of(
    number: int = 0,
    duration: str | Fraction = "20",
    *,
    from_m: float = 0.0,
    to_m: float = 0.0,
    use: tuple[str, str] | None = None,
    damaged: tuple[tuple[Fraction, Fraction], ...] = (),
) -> Take:
    length = Fraction(duration)
    clip = replace(
        clip_of(f"DJI_{number:04d}.MP4"),
        duration=length,
        damaged=tuple(Span(start=start, end=end) for start, end in damaged),
    )
    clip = replace(clip, parts=(replace(clip.parts[0], duration=length),))
    ends = np.array([0.0, float(length)])
    placing = Placing(
        how="spread", why="made up", time_s=ends, along_m=np.array([from_m, to_m]), aside_m=np.full(2, np.nan)
    )
    span = Span(start=Fraction(use[0]), end=Fraction(use[1])) if use else None
    return Take(clip=clip, placing=placing, use=span)
