"""What looking for flashes costs, against making the file that is looked at; and what is found in it.

Each clip is cut to 9:16, scaled to 1080×1920 and encoded as we do, by one plain ffmpeg: with and without a glance, and
without writing anything. Then the glance is looked at, and the decoded file, too, which must tell the same. CPU
seconds, in turns.

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

from imageio_ffmpeg import get_ffmpeg_exe
from measure import Case, once

from pipeline.flashes import FlashReport, analyse, verdicts
from pipeline.flashes.pictures import shrinking
from pipeline.pieces import Encoder
from pipeline.render import GLANCE

PORTRAIT = "[0:v:0]crop='min(iw,ih*9/16)':'min(ih,iw*16/9)',scale=1080:1920:flags=bicubic,setsar=1,format=yuv420p"


@dataclass(frozen=True, kw_only=True)
class Costs:
    """CPU seconds of one round."""

    run: float
    x264: float
    glance: float
    looking: float
    whole: float  # decoding and looking at the file itself

    @property
    def all(self) -> float:
        return self.glance + self.looking


def spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measured(clip: Path, work: Path, seconds: int) -> tuple[Costs, FlashReport, FlashReport, int]:
    """Costs, the reports by glance and by file, bytes of the glance."""
    made, glance = work / f"{clip.stem}.flashes.mp4", work / f"{clip.stem}.glance.mp4"
    read = [get_ffmpeg_exe(), "-y", "-nostdin", "-v", "error", "-threads", "1", "-t", str(seconds), "-i", str(clip)]
    encoding = ["-an", *Encoder(peak_bps=12_000_000, gop=50).arguments(), str(made)]
    plain = [*read, "-filter_complex", f"{PORTRAIT}[out]", "-map", "[out]"]
    small = f"{PORTRAIT},split[out][full];[full]scale={shrinking(1080, 1920)},format=yuv420p[glance]"
    both = [*read, "-filter_complex", small, "-map", "[out]", *encoding, "-map", "[glance]", "-an", *GLANCE]
    with_glance = once("encode with a glance", Case(command=[*both, str(glance)])).cpu_s
    run = once("encode", Case(command=[*plain, *encoding])).cpu_s
    reading = once("read", Case(command=[*plain, "-an", "-f", "null", "-"])).cpu_s
    reports: list[FlashReport] = []
    costs = Costs(
        run=run,
        x264=run - reading,
        glance=with_glance - run,
        looking=spent(lambda: reports.append(analyse(glance))),
        whole=spent(lambda: reports.append(analyse(made))),
    )
    return costs, reports[0], reports[1], glance.stat().st_size


def row(clip: Path, rounds: list[Costs], report: FlashReport, whole: FlashReport, size: int) -> str:
    def per_frame(name: str) -> str:
        return f"{1000 * statistics.median(getattr(one, name) for one in rounds) / report.frames:.2f}"

    def ratio(name: str, of: str) -> str:
        return f"{statistics.median(getattr(one, name) / getattr(one, of) for one in rounds):.2f}"

    def failed(one: FlashReport) -> str:
        return ", ".join(check.id for check in verdicts(one) if not check.passed) or "passes"

    megabytes = size / float(report.frames / report.fps) * 60 / 1e6
    cells = [
        clip.name, per_frame("run"), per_frame("x264"), per_frame("glance"), per_frame("looking"), ratio("all", "x264"),
        ratio("all", "run"), ratio("whole", "x264"), f"{megabytes:.1f}",
        f"{report.general.flashes:g} / {report.red.flashes:g}", f"{whole.general.flashes:g} / {whole.red.flashes:g}",
        failed(report) if failed(report) == failed(whole) else f"{failed(report)}, but by the file: {failed(whole)}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("clips", nargs="+", type=Path)
    words.add_argument("--work", type=Path, required=True)
    words.add_argument("--seconds", type=int, default=10)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print(
        "ms a frame at 1080×1920\n\n| clip | whole run | x264 | glance | looking | (glance + looking) / x264 | / run "
        "| looking at the file / x264 | MB a minute | flashes / red | by the file | verdict |\n" + "|---" * 12 + "|"
    )
    for clip in given.clips:
        rounds = []
        for _ in range(given.rounds):
            costs, report, whole, size = measured(clip, given.work, given.seconds)
            rounds.append(costs)
            print(".", end="", file=sys.stderr, flush=True)
        print(row(clip, rounds, report, whole, size), flush=True)


if __name__ == "__main__":
    main()
