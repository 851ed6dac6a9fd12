"""Flashes in a finished clip, found without decoding it again.

When a piece is encoded, the same run of ffmpeg makes it small, too: its glance. The glances of a clip's pieces, one
after the other, are looked at instead of the clip, and a few pictures of the clip itself are compared with them, so
that the report is about this file and no other. Where they differ, the whole file is looked at. A report is kept under
what the clip is made of: words beside it, sound or another run do not cost a second look.
"""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import numpy as np

from pipeline import ffmpeg
from pipeline.errors import MaterialError
from pipeline.files import Store
from pipeline.fingerprints import fingerprint
from pipeline.flashes import FORMAT, FlashReport, analyse, analyse_parts
from pipeline.flashes.light import Pixels, Plane, light
from pipeline.flashes.pictures import first, sampled
from pipeline.pieces import File
from pipeline.render import glance

_COMPARED = 4  # keyframes of a clip
_ALIKE = (
    0.02  # of the luminance of white: the mean difference that encoding may make, in blocks of three by three cells
)


def flash_report(file: File, film: Path, store: Store, runner: ffmpeg.Runner) -> FlashReport:
    """What flashes in `film`, which was joined from the pieces of `file`. MaterialError when it cannot be read."""
    if known := kept_report(file, store):
        return known
    found = _found(file, film, store, runner)
    store.remember("flashes", _name(file), found.values())
    return found


def kept_report(file: File, store: Store) -> FlashReport | None:
    """The report of an earlier look at the clip of these pieces."""
    with suppress(ValueError):
        return FlashReport.of(store.recall("flashes", _name(file)))
    return None


def per_second(file: File, store: Store) -> tuple[float, ...]:
    """For the graph: the most flashes, general or red, in any one second that ends within each second of the clip.
    Empty when it has not been looked at."""
    report = kept_report(file, store)
    return tuple(max(tally.general, tally.red) for tally in report.graph) if report else ()


def _name(file: File) -> str:
    return fingerprint({"kind": "flashes", "format": FORMAT, "pieces": [piece.fingerprint for piece in file.pieces]})


def _found(file: File, film: Path, store: Store, runner: ffmpeg.Runner) -> FlashReport:
    glances = [glance(piece, store, runner) for piece in file.pieces]
    with suppress(MaterialError):  # a glance that nobody can read is one that does not match
        if matches(film, glances, [Fraction(piece.shot.frames, piece.fps) for piece in file.pieces]):
            report = analyse_parts(glances)
            if report.frames == file.storyboard.frames:
                return report
    return analyse(film)


def matches(film: Path, glances: list[Path], lengths: list[Fraction]) -> bool:
    """Whether pieces of the film, of these lengths in seconds, begin with the same pictures as their glances."""
    starts = [Fraction(0), *accumulate(lengths)]
    count = min(_COMPARED, len(glances))
    for number in sorted({round(step * (len(glances) - 1) / max(1, count - 1)) for step in range(count)}):
        shown, expected = first(film, starts[number]), first(glances[number])
        if shown.shape != expected.shape or apart(shown, expected) > _ALIKE:
            return False
    return True


def apart(one: Pixels, other: Pixels) -> float:
    """The mean difference of two fine pictures of one size, as luminance. Fine detail and colour, which losses change
    most, do not matter."""
    return float(np.abs(_blocks(one) - _blocks(other)).mean())


def _blocks(fine: Pixels) -> Plane:
    cells = light(sampled(fine)).luminance
    high, wide = cells.shape
    mean: Plane = cells.reshape(high // 3, 3, wide // 3, 3).mean(axis=(1, 3))
    return mean
