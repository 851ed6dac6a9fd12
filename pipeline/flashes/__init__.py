"""Flashes and stripes in a finished film, checked against published thresholds: WCAG 2.2 (2.3.1) and ITU-R BT.1702.

The file is decoded once. Each cell of a small picture is followed through time: an opposing pair of changes of
luminance (or to and from saturated red) is a flash. More than three of them in any one second, over too large an area,
fail.
This is no certificate, and must not be called one: only a certified analyser says that a film is harmless.

What is a choice of ours, because the standards leave it open: changes belong to one flash when they go the same way in
the same picture, or within a tenth of a second for an area as a whole; seven turns in a second are more than three
flashes; black has the chromaticity of white. A spacing of 360 ms between leading edges (always acceptable to
broadcasters) never reaches seven turns in a second at an even rhythm, so it needs no exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from pipeline.errors import MaterialError
from pipeline.flashes.areas import Box as Box
from pipeline.flashes.light import Pixels
from pipeline.flashes.pictures import averaged, grid, small
from pipeline.flashes.report import FlashReport as FlashReport
from pipeline.flashes.report import Stretch as Stretch
from pipeline.flashes.verdicts import WORDING as WORDING
from pipeline.flashes.verdicts import verdicts as verdicts
from pipeline.flashes.watch import Watch

FORMAT = 1  # of what is measured and how; reports of another are not compared with these


def analyse(path: Path) -> FlashReport:
    """The report on the MP4 at `path`. MaterialError when it cannot be read or has no pictures."""
    return analyse_parts([path])


def analyse_parts(paths: Sequence[Path]) -> FlashReport:
    """The report on several MP4s shown one after the other, of one shape and frame rate."""
    with small(paths[0]) as (fps, _):
        return _watched(_joined(paths), fps, paths[0].name)


def _joined(paths: Iterable[Path]) -> Iterator[Pixels]:
    for path in paths:
        with small(path) as (_, pictures):
            yield from pictures


def analyse_frames(frames: Iterable[Pixels], fps: Fraction | int) -> FlashReport:
    """The report on pictures of one size: rows × columns × (red, green, blue), 8-bit sRGB."""

    def fine() -> Iterable[Pixels]:
        for frame in frames:
            columns, rows = grid(frame.shape[1], frame.shape[0])
            yield averaged(frame, 2 * columns, 2 * rows)

    return _watched(fine(), Fraction(fps), "the pictures")


def _watched(pictures: Iterable[Pixels], fps: Fraction, name: str) -> FlashReport:
    watch: Watch | None = None
    for pixels in pictures:
        watch = watch or Watch(pixels.shape[1] // 2, pixels.shape[0] // 2, fps)
        watch.see(pixels)
    if watch is None:
        raise MaterialError.at(name, "there are no pictures in it", "render again")
    return watch.report()
