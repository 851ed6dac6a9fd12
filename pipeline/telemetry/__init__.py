"""Where the drone was, read from what it wrote beside the clip or inside it.

The readers are our own. `telemetry-parser` 0.3.0 was tried and left: its wheels end at Python 3.12 (we
promise 3.14), it reads no `.SRT` and no subtitle track, it hands the positions of a GoPro Karma (GLPI) back
as undecoded bytes and finds nothing in an Osmo Action's `djmd` track.

    cues · dialects   subtitle text (.SRT or mov_text) → columns
    tables            a CSV log → columns
    gpmf · djmd       GoPro's and DJI's own tracks → columns
    inside            the container: which tracks there are, and their samples
    repair            columns → Flight; every repair is a sentence in `Flight.notes`
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.flight import Flight

__all__ = ["read_flight", "read_srt", "sidecars"]

Place = tuple[float, float]


def read_flight(video: Path, *, duration: Fraction) -> Flight | None:
    """The flight of a clip: from the `.SRT` beside it, else from inside the file, else from a `.csv` log.

    None when there is none of them. A source without a position yields to one that has some. `duration` is
    the clip's, in seconds. Raises MaterialError for a `.SRT` that is too large or cannot be read; an odd
    video raises nothing here.
    """
    from pipeline.telemetry.inside import flight_inside, tagged_place

    def near() -> Place | None:
        return tagged_place(video)

    second_best = None
    for read in (
        *(partial(_read_srt, sidecar, duration, near) for sidecar in sidecars(video)),
        partial(flight_inside, video, duration=duration),
        *(partial(_read_table, log, duration, near) for log in sidecars(video, ".csv")),
    ):
        found = read()
        if found is not None and found.has_fix:
            return found
        second_best = second_best or found
    return second_best


def read_srt(path: Path, *, duration: Fraction | None = None) -> Flight | None:
    """A `.SRT` of any DJI dialect. None when it is empty or holds no telemetry (spoken subtitles).

    Without time codes the rows are placed by their DiffTime, their clock or evenly over `duration`.
    Raises MaterialError when the file cannot be read or is larger than 64 MB.
    """
    return _read_srt(path, duration, lambda: None)


def sidecars(video: Path, suffix: str = ".srt") -> list[Path]:
    """Existing `.SRT` files of this clip, the likeliest first: `DJI_1.SRT`, `DJI_1.MP4.SRT`, `DJI_1_D.SRT`.

    Case does not matter, nor how an accent is composed; DJI's `_D` (drone's default lens) may be missing on
    either side.
    """
    stem, name = _folded(video.stem), _folded(video.name)
    wanted = [stem, name, stem.removesuffix("_d") if stem.endswith("_d") else f"{stem}_d"]
    try:
        beside = sorted(video.parent.iterdir())
    except OSError:
        return []
    files = [(_folded(path.stem), path) for path in beside if path.suffix.lower() == suffix and path.is_file()]
    return [path for want in dict.fromkeys(wanted) for stem, path in files if stem == want]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _read_srt(path: Path, duration: Fraction | None, near: Callable[[], Place | None]) -> Flight | None:
    from pipeline.telemetry import cues, repair, subtitles

    raw = subtitles.raw(cues.split(cues.read_text(path)), path.name, duration)
    if raw is None:
        return None
    return repair.flight(raw, duration, None if raw.order_known else near())


def _read_table(path: Path, duration: Fraction, near: Callable[[], Place | None]) -> Flight | None:
    from pipeline.telemetry import repair, tables

    raw = tables.raw(path, duration)
    return repair.flight(raw, duration, near()) if raw is not None else None
