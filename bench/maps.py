"""What maps cost: reading an extract, drawing a picture of it, and each frame of a moving map, beside a floor.

    python bench/maps.py EXTRACT ROUTE.gpx [--mode tilt] [--seconds 12]

CPU seconds of this process (decoding and drawing happen in it), its peak memory, and for frames the ratio to the least
that could be done: sampling one picture over the whole frame. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import skia

from pipeline import fonts, gpx, maps, pacing
from pipeline.cartography import camera, drawn, names_of
from pipeline.cartography.flying import Flight
from pipeline.cartography.world_line import WorldLine
from pipeline.geometry import Insets, Size
from pipeline.layout import lay_out
from pipeline.map_coverage import sampled, wished
from pipeline.mercator import MapView
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette
from pipeline.styles import read_map_style

FRAME = (1080, 1920)
FPS = 30


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("extract", type=Path)
    words.add_argument("route", type=Path)
    words.add_argument("--mode", default="tilt", choices=("flat", "turn", "tilt"))
    words.add_argument("--seconds", type=int, default=12)
    asked = words.parse_args()
    route = gpx.read_route(asked.route, trim_start_m=0, trim_end_m=0)
    points = sampled(route.lines)
    begun = time.process_time()
    model = maps.read(asked.extract, wished(points, ("en",)))
    say("reading", time.process_time() - begun)
    style, letters = read_map_style("daylight"), fonts.default()
    view = MapView.fitting(points, (160, 400, 920, 1000), *FRAME, 1.0)
    for kind in ("cold", "warm"):
        begun = time.process_time()
        drawn(model, view, style, letters)
        say(f"one picture of {FRAME[0]}x{FRAME[1]}, {kind}", time.process_time() - begun)
    line, size = WorldLine.of(route), Size(*FRAME)
    layout = lay_out(size, Insets(top=270, bottom=672, left=120, right=238))
    frames, inner = asked.seconds * FPS, camera.room(layout)
    along = pacing.travelled(line.distance_m, frames, FPS)
    lens = camera.lens_for(asked.mode, size, inner)
    poses = camera.path(line, along, FPS, size, inner, asked.mode)
    way = line.places(np.linspace(0, line.distance_m, 1500))
    begun = time.process_time()
    flight = Flight(
        lambda one: drawn(model, one, style, letters, names="lines", route=one.pixels(way)),
        lambda one: names_of(model, one, style, letters, route=one.pixels(way)),
        line, along, poses, lens, layout, Palette(), style, fps=FPS,
        plain=lambda one: drawn(model, one, style, letters, names="none"),
    )  # fmt: skip
    say("masters of the moving map", time.process_time() - begun)
    chosen = range(frames // 3, frames // 3 + 60)
    begun = time.process_time()
    for number in chosen:
        flight.frame(number)
    each = (time.process_time() - begun) / len(chosen)
    least = floor()
    print(f"{asked.mode} frame: {each * 1000:.0f} ms, floor {least * 1000:.0f} ms, {each / least:.2f} x")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def floor() -> float:
    """CPU seconds of one picture sampled over the whole frame."""
    picture = skia.Image.fromarray(np.full((2600, 1600, 4), 200, np.uint8), skia.kRGBA_8888_ColorType, copy=True)
    mipped = picture.withDefaultMipmaps()
    sheet = Sheet(*FRAME)
    smooth = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
    begun = time.process_time()
    for k in range(20):
        rect = skia.Rect.MakeXYWH(-40.3 - k, -60.7, 1300, 2112)
        sheet.canvas.drawImageRect(mipped, rect, smooth, skia.Paint())
    return (time.process_time() - begun) / 20


def say(what: str, seconds: float) -> None:
    print(f"{what}: {seconds:.2f} CPU s")


if __name__ == "__main__":
    main()
