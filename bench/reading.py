"""What reading costs: long GPX, long telemetry, a flight matched to a long route, a look at a clip.

python bench/reading.py FOOTAGE.mp4 [TELEMETRY.SRT]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from pipeline import gpx, looks, media
from pipeline.telemetry import read_srt

HEAD = '<gpx version="1.1" creator="bench" xmlns="http://www.topografix.com/GPX/1/1">'


def timed(name: str, work: Callable[[], Any]) -> float:
    """CPU seconds of the second of two runs: the first pays for imports."""
    work()
    began = time.process_time()
    work()
    spent = time.process_time() - began
    print(f"{name:44s} {spent:7.2f} s")
    return spent


def points(count: int) -> str:
    rows = (f'<trkpt lat="{50 + i * 2e-5:.7f}" lon="-3"><ele>{i % 50}</ele></trkpt>' for i in range(count))
    return f"{HEAD}<trk><trkseg>{''.join(rows)}</trkseg></trk></gpx>"


def decoded(path: Path) -> int:
    with av.open(str(path)) as file:
        file.streams.video[0].thread_count = 1
        return sum(1 for _ in file.decode(video=0))


def main(footage: Path, telemetry: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.gpx"
        long.write_text(points(100_000), encoding="utf-8")
        timed("GPX of 100 000 points", lambda: gpx.read_route(long))
    if telemetry:
        timed(f"telemetry {telemetry.name}", lambda: read_srt(telemetry, duration=Fraction(600)))
    clip = media.probe(footage, name=footage.name)
    look = timed(f"a look at {footage.name}", lambda: looks.look(clip))
    whole = timed("decoding it, one thread", lambda: decoded(footage))
    print(f"{'look : decoding':44s} {look / whole:7.3f}   (at most 0.1)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
