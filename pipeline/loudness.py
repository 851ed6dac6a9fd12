"""How loud a finished clip is, by the broadcasters' measure (EBU R 128), read from ffmpeg's summary.

Only the sound is decoded. ffmpeg is passed in as a callable, so that this knows nothing of processes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.errors import ToolError

METER = "ebur128=peak=true:framelog=quiet"
_SILENCE_LUFS = -70.0  # the gate of R 128: nothing quieter is counted


class Run(Protocol):
    """What is needed of a finished ffmpeg run."""

    @property
    def stderr(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """`integrated_lufs` is None for silence (all below the gate); so is the peak for digital silence."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None
    range_lu: float


def arguments(path: Path) -> list[str]:
    """ffmpeg's arguments, without the program: measures the first sound track of the MP4 at `path`."""
    only_this_file = [
        "-protocol_whitelist",
        "file",
        "-f",
        "mov",
        "-vn",
        "-sn",
        "-dn",
        "-i",
        f"file:{path.resolve()}",
    ]
    # The summary is printed at level info, so that is asked for here, whatever the caller's level.
    return ["-v", "info", "-nostats", *only_this_file, "-map", "0:a:0", "-af", METER, "-f", "null", "-"]


def measure(path: Path, ffmpeg_run: Callable[[Sequence[str]], Run]) -> Loudness:
    """The loudness of the clip. ToolError when ffmpeg gives no figures."""
    return parsed(ffmpeg_run(arguments(path)).stderr, path.name)


def parsed(stderr: str, where: str) -> Loudness:
    """Reads the summary that the meter prints at the end."""
    summary = stderr.rpartition("Summary:")[2]
    integrated, spread, peak = (_figure(summary, name) for name in ("I", "LRA", "Peak"))
    if integrated is None or peak is None:
        raise ToolError.at(where, "ffmpeg did not measure its loudness", "run `make-promo doctor`")
    silent = integrated <= _SILENCE_LUFS
    return Loudness(
        integrated_lufs=None if silent else integrated,
        true_peak_dbtp=None if peak == float("-inf") else peak,
        range_lu=0.0 if silent or spread is None else spread,
    )


def _figure(summary: str, name: str) -> float | None:
    found = re.search(rf"^\s*{name}:\s+(-?(?:inf|\d+(?:\.\d+)?))\s", summary, re.MULTILINE)
    return float(found[1]) if found else None
