"""Which x264 preset and CRF: CPU seconds, megabits and VMAF of each, on shots of a real promo.

One shot of each clip is composited with its overlays and kept without loss; every setting encodes that picture and is
compared with it. The cost of reading the lossless file is measured and taken off.

    python bench/encoder.py --work DIR [--seconds 4] [--presets superfast,veryfast] [--crfs 18,20,22] FOOTAGE ...
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import source
from imageio_ffmpeg import get_ffmpeg_exe
from measure import Case, once

PRESETS = "ultrafast,superfast,veryfast,faster,fast,medium"
CRFS = "18,20,22,24"


@dataclass(frozen=True)
class Lossless:
    """Stands in for `pipeline.pieces.Encoder`."""

    def arguments(self) -> list[str]:
        return ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p"]


def shot(footage: Path, work: Path, seconds: int) -> tuple[Path, Any, float]:
    """(lossless file of the first shot along the route with its overlays, our encoder for it, its seconds)."""
    os.environ["MAKE_PROMO_CACHE"] = str(work / "cache-encoder")
    from floor import planned

    from pipeline import ffmpeg, render
    from pipeline.files import Store

    folder = work / "encoder"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "route.gpx").write_text(source.route(), encoding="utf-8")
    brief = folder / f"{footage.stem.lower()}.yml"
    brief.write_text(
        f"title: A winding walk\nroute: route.gpx\nfootage: ['{footage.resolve()}']\nlength: 15s\nbrand: brent\n"
        "platforms: [instagram-reel]\ncaptions: [{at: start, text: Over the water}]\n",
        encoding="utf-8",
    )
    production = planned(brief)
    pieces = production.files[0].pieces
    piece = next((one for one in pieces if one.shot.role == "along"), pieces[0])
    frames = min(piece.shot.frames, seconds * piece.fps)
    short = replace(piece.shot, frames=frames, along_m=piece.shot.along_m[:frames])
    store = Store(folder / "store")
    kept = replace(piece, shot=short, encoder=Lossless(), fingerprint=f"{footage.stem.lower()}-{frames}")
    scene = render.draw([kept], production.studio(Store(folder / "store")), folder)
    try:
        render.encode(scene, store, ffmpeg.Runner())
    finally:
        scene.close()
    return store.path(kept.fingerprint, ".mp4"), piece.encoder, frames / piece.fps


def settings(ours: Any, presets: Sequence[str], crfs: Sequence[int]) -> dict[str, list[str]]:
    """Names and arguments; ours, and the same with B-frames for the presets that are quick."""
    found: dict[str, list[str]] = {}
    for preset in presets:
        for crf in crfs:
            plain = replace(ours, preset=preset, crf=crf).arguments()
            found[f"{preset} {crf}"] = plain
            if crf == 20 and preset in ("superfast", "veryfast", "medium"):
                found[f"{preset} {crf}, B-frames"] = _with(plain, "-bf", "2")
    return found


def _with(arguments: list[str], option: str, value: str) -> list[str]:
    position = arguments.index(option) + 1
    return [*arguments[:position], value, *arguments[position + 1 :]]


def vmaf(made: Path, original: Path) -> float:
    graph = (
        "[0:v]settb=AVTB,setpts=N/25/TB[a];[1:v]settb=AVTB,setpts=N/25/TB[b];[a][b]libvmaf=n_threads=2:n_subsample=3"
    )
    said = subprocess.run(
        [get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-nostats", "-i", str(made), "-i", str(original),
         "-filter_complex", graph, "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    score = re.search(r"VMAF score: ([\d.]+)", said)
    if score is None:
        raise SystemExit("this ffmpeg has no libvmaf")
    return float(score[1])


def table(footage: Path, work: Path, seconds: int, presets: Sequence[str], crfs: Sequence[int]) -> None:
    original, ours, shown_s = shot(footage, work, seconds)
    read = [get_ffmpeg_exe(), "-y", "-nostdin", "-v", "error", "-i", str(original)]
    reading = once("read", Case(command=[*read, "-f", "null", "-"])).cpu_s
    target = work / "encoder" / "tried.mp4"
    print(f"\n{footage.name}\n\n| preset CRF | CPU s | Mb/s | VMAF |\n|---|---|---|---|")
    for name, arguments in settings(ours, presets, crfs).items():
        run = once(name, Case(command=[*read, *arguments, "-an", str(target)]))
        rate = target.stat().st_size * 8 / shown_s / 1e6
        print(f"| {name} | {run.cpu_s - reading:.2f} | {rate:.1f} | {vmaf(target, original):.2f} |", flush=True)


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("footage", nargs="+", type=Path)
    words.add_argument("--work", type=Path, required=True)
    words.add_argument("--seconds", type=int, default=4)
    words.add_argument("--presets", default=PRESETS)
    words.add_argument("--crfs", default=CRFS)
    given = words.parse_args()
    for footage in given.footage:
        table(footage, given.work, given.seconds, given.presets.split(","), [int(crf) for crf in given.crfs.split(",")])


if __name__ == "__main__":
    main()
