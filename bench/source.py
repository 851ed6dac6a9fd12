"""Detailed synthetic 4K footage with telemetry and the route it was flown along. Deterministic, no downloads.

A few seconds are drawn and encoded once (fields with furrows, woods, houses, roads, sensor noise; HEVC Main 10 at a
drone's bit rate, short closed groups of pictures) and repeated by copying until the clip is long enough.

    python bench/source.py --work DIR [--seconds 24]
"""

from __future__ import annotations

import argparse
import math
import subprocess
from pathlib import Path

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray
from PIL import Image, ImageDraw

FPS = 30
DRAWN_S = 4
WIDTH, HEIGHT = 3840, 2160
CANVAS = (4640, 2720)
SPEED_MPS = 9.0
PLACE = (51.57, -0.27)  # latitude, longitude of the route's start


def make(work: Path, seconds: int = 24, mbps: int = 80) -> Path:
    """Write `work/clip/` with one clip, its SRT and `route.gpx`; what is there already is kept. Returns the folder."""
    folder = work / f"clip{seconds}"
    folder.mkdir(parents=True, exist_ok=True)
    clip = folder / "DJI_0001.MP4"
    if not clip.exists():
        looped(drawn(work, mbps), clip, seconds)
    (folder / "DJI_0001.SRT").write_text(telemetry(seconds), encoding="utf-8")
    (folder / "route.gpx").write_text(route(), encoding="utf-8")
    return folder


def drawn(work: Path, mbps: int) -> Path:
    """The few seconds that are really drawn and encoded."""
    target = work / f"drawn-{mbps}.mp4"
    if target.exists():
        return target
    still = work / "ground.png"
    ground().save(still, compress_level=1)
    rate = f"{mbps}M"
    keys = f"keyint={FPS}:min-keyint={FPS}:scenecut=0:open-gop=0:bframes=0:ref=1"
    beside = target.with_suffix(".part.mp4")
    ffmpeg(
        "-loop", "1", "-framerate", str(FPS), "-i", str(still), "-vf",
        "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p10le,"
        f"crop={WIDTH}:{HEIGHT}:x='20+5.2*n':y='280+200*sin(n/40)':exact=1,"
        "noise=c0s=4:c0f=t:c1s=2:c1f=t:c2s=2:c2f=t:all_seed=7",
        "-frames:v", str(FPS * DRAWN_S), "-c:v", "libx265", "-preset", "ultrafast", "-b:v", rate, "-maxrate", rate,
        "-bufsize", rate, "-x265-params", f"log-level=error:sao=1:{keys}", "-tag:v", "hvc1", "-colorspace", "bt709",
        "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv", str(beside),
    )  # fmt: skip
    beside.rename(target)
    return target


def looped(source: Path, target: Path, seconds: float, skip: int = 0) -> None:
    """Repeat `source` without encoding; `skip` whole groups are left out at the start, so that clips differ."""
    beside = target.with_suffix(".part.mp4")
    times = math.ceil((seconds + skip) / DRAWN_S)
    ffmpeg(
        "-stream_loop", str(times), "-ss", str(skip), "-i", str(source), "-t", str(seconds), "-c", "copy",
        "-metadata", f"title=clip {skip}", str(beside),
    )  # fmt: skip
    beside.rename(target)


def ffmpeg(*arguments: str) -> None:
    subprocess.run([get_ffmpeg_exe(), "-y", "-nostdin", "-v", "error", *arguments], check=True)


def ground() -> Image.Image:
    """A landscape seen from above, with detail at every scale."""
    random = np.random.default_rng(7)
    width, height = CANVAS
    relief = sum(_octave(random, cell) / 2**level for level, cell in enumerate((1600, 800, 400, 200, 100, 50)))
    relief = (relief - relief.min()) / (relief.max() - relief.min())
    fine = sum(_octave(random, cell) * share for cell, share in ((24, 0.5), (12, 0.6), (6, 0.7), (3, 0.4), (2, 0.3)))
    fine = (fine - fine.mean()) / fine.std()
    # Fields: patches of a coarse grid, each with a colour and furrows of its own.
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    patch = (np.floor((x + 90 * relief * 4) / 420) * 31 + np.floor((y + 0.3 * x) / 380) * 17).astype(np.int32) % 64
    tint = random.uniform((84, 101, 55), (171, 158, 104), (64, 3)).astype(np.float32)
    angle = random.uniform(0, np.pi, 64).astype(np.float32)[patch]
    furrow = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 0.55) * 9
    picture = tint[patch] + (furrow + fine * 7)[..., None]
    trees = np.array((44, 62, 34), np.float32) + (fine * 22)[..., None]
    wooded = np.clip((relief - 0.55) * 18, 0, 1)[..., None]
    picture = picture * (1 - wooded) + trees * wooded
    down, across = np.gradient(relief)
    picture *= np.clip(1 + (across + 0.7 * down) * 260, 0.55, 1.5)[..., None]
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    _built(image, random)
    return image


def _octave(random: np.random.Generator, cell: int) -> NDArray[np.float32]:
    width, height = CANVAS
    grid = random.random((height // cell + 3, width // cell + 3), dtype=np.float32)
    large = Image.fromarray(grid).resize((width + 2 * cell, height + 2 * cell), Image.Resampling.BICUBIC)
    return np.asarray(large)[cell : cell + height, cell : cell + width]


def _built(image: Image.Image, random: np.random.Generator) -> None:
    """Roads with houses beside them."""
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        points = [tuple(random.uniform((0, 0), CANVAS))]
        heading = random.uniform(0, 2 * math.pi)
        for _ in range(40):
            heading += random.normal(0, 0.22)
            points.append((points[-1][0] + 160 * math.cos(heading), points[-1][1] + 160 * math.sin(heading)))
        pen.line(points, fill=(178, 170, 158), width=int(random.integers(10, 26)), joint="curve")
        for point in points:
            for _ in range(5):
                x, y, side = (
                    point[0] + random.normal(0, 90),
                    point[1] + random.normal(0, 90),
                    random.uniform(14, 34),
                )
                shade = int(random.integers(90, 190))
                pen.rectangle((x, y, x + side, y + side * 0.7), fill=(shade, shade // 2 + 20, shade // 2))


def position(metres: float) -> tuple[float, float]:
    """Latitude and longitude of the route at a distance: a winding line to the north-east."""
    north = metres * 0.8 + 60 * math.sin(metres / 180)
    east = metres * 0.5 + 120 * math.sin(metres / 320)
    latitude = PLACE[0] + north / 111_200
    return latitude, PLACE[1] + east / (111_320 * math.cos(math.radians(PLACE[0])))


def route() -> str:
    """A walk of 4 km with heights, as GPX."""
    points = []
    for metres in range(0, 4001, 10):
        latitude, longitude = position(metres)
        height = 60 + 25 * math.sin(metres / 500)
        points.append(f'<trkpt lat="{latitude:.7f}" lon="{longitude:.7f}"><ele>{height:.1f}</ele></trkpt>')
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="bench" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>Bench</name><trkseg>{''.join(points)}</trkseg></trk></gpx>\n"
    )


def telemetry(seconds: int, start_m: float = 400.0) -> str:
    """DJI subtitles, one a frame, along the route."""
    blocks = []
    for frame in range(seconds * FPS):
        begin, end = round(frame * 1000 / FPS), round((frame + 1) * 1000 / FPS)
        latitude, longitude = position((start_m + frame / FPS * SPEED_MPS) % 3900)
        clock = f"2026-06-01 09:{begin // 60000 % 60:02d}:{begin // 1000 % 60:02d}.{begin % 1000:03d}"
        blocks.append(
            f'{frame + 1}\n{_stamp(begin)} --> {_stamp(end)}\n<font size="28">FrameCnt: {frame + 1}, DiffTime: 33ms\n'
            f"{clock}\n[iso: 100] [shutter: 1/1000.0] [fnum: 1.7] [ev: 0] [color_md: default] [focal_len: 24.00] "
            f"[latitude: {latitude:.6f}] [longitude: {longitude:.6f}] [rel_alt: 80.000 abs_alt: 140.000] "
            f"[ct: 5500] </font>\n"
        )
    return "\n".join(blocks)


def _stamp(ms: int) -> str:
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("--work", type=Path, required=True)
    words.add_argument("--seconds", type=int, default=24)
    words.add_argument("--mbps", type=int, default=80)
    given = words.parse_args()
    print(make(given.work, given.seconds, given.mbps))


if __name__ == "__main__":
    main()
