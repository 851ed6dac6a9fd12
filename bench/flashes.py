"""What looking for flashes costs, against making the file that is looked at; and what is found in it.

Each clip is cut to 9:16, scaled to 1080×1920 and encoded as we do, by one plain ffmpeg; then the result is analysed.
CPU
seconds, in turns; x264 alone is the whole run without the same run that writes nothing.

    python bench/flashes.py --work DIR [--seconds 10] [--rounds 3] CLIP.mp4 ...
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
from imageio_ffmpeg import get_ffmpeg_exe
from measure import Case, once

from pipeline.flashes import FlashReport, analyse, verdicts
from pipeline.flashes.pictures import small
from pipeline.pieces import Encoder

PORTRAIT = "crop='min(iw,ih*9/16)':'min(ih,iw*16/9)',scale=1080:1920:flags=bicubic,setsar=1"


@dataclass(frozen=True, kw_only=True)
class Costs:
    """CPU seconds of one round."""

    run: float
    x264: float
    analysis: float
    decoding: float
    pictures: float  # decoding and averaging down


def spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def decoded(path: Path) -> int:
    with av.open(str(path)) as file:
        file.streams.video[0].codec_context.thread_count = 1
        file.streams.video[0].codec_context.options = {"skip_loop_filter": "all"}
        return sum(1 for _ in file.decode(video=0))


def shrunk(path: Path) -> int:
    with small(path) as (_, pictures):
        return sum(1 for _ in pictures)


def measured(clip: Path, work: Path, seconds: int) -> tuple[Costs, FlashReport]:
    made = work / f"{clip.stem}.flashes.mp4"
    read = [get_ffmpeg_exe(), "-y", "-nostdin", "-v", "error", "-threads", "1", "-t", str(seconds), "-i", str(clip)]
    shape = ["-an", "-sn", "-dn", "-map", "0:v:0", "-vf", PORTRAIT]
    whole = once("encode", Case(command=[*read, *shape, *Encoder(peak_bps=12_000_000, gop=50).arguments(), str(made)]))
    reading = once("read", Case(command=[*read, *shape, "-f", "null", "-"]))
    reports: list[FlashReport] = []
    costs = Costs(
        run=whole.cpu_s,
        x264=whole.cpu_s - reading.cpu_s,
        analysis=spent(lambda: reports.append(analyse(made))),
        decoding=spent(lambda: decoded(made)),
        pictures=spent(lambda: shrunk(made)),
    )
    return costs, reports[0]


def row(clip: Path, rounds: list[Costs], report: FlashReport) -> str:
    def per_frame(name: str) -> float:
        return 1000 * statistics.median(getattr(one, name) for one in rounds) / report.frames

    def ratio(name: str) -> float:
        return statistics.median(one.analysis / getattr(one, name) for one in rounds)

    looking = per_frame("analysis") - per_frame("pictures")
    failed = [check.id for check in verdicts(report) if not check.passed]
    return (
        f"| {clip.name} | {per_frame('run'):.1f} | {per_frame('x264'):.1f} | {per_frame('decoding'):.2f} "
        f"| {per_frame('pictures') - per_frame('decoding'):.2f} | {looking:.2f} | {ratio('run'):.2f} "
        f"| {ratio('x264'):.2f} | {report.general.flashes:g} / {report.red.flashes:g} "
        f"| {', '.join(failed) or 'passes'} |"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("clips", nargs="+", type=Path)
    words.add_argument("--work", type=Path, required=True)
    words.add_argument("--seconds", type=int, default=10)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print(
        "ms a frame at 1080×1920\n\n| clip | whole run | x264 | decoding | averaging | looking | analysis / run "
        "| analysis / x264 | flashes / red | verdict |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    for clip in given.clips:
        found = []
        for _ in range(given.rounds):
            found.append(measured(clip, given.work, given.seconds))
            print(".", end="", file=sys.stderr, flush=True)
        print(row(clip, [costs for costs, _ in found], found[-1][1]), flush=True)


if __name__ == "__main__":
    main()
