"""From a plan of a flight to an MP4: frames are piped to ffmpeg as they are made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.demo.flights import FPS, Flight, fly
from pipeline.demo.flights import Path as FlightPath
from pipeline.demo.ground import Ground
from pipeline.demo.landscape import Landscape, make_landscape
from pipeline.demo.painting import Layers, make_layers, paint
from pipeline.demo.picture import FOCAL, Scene, frame, make_sky
from pipeline.demo.trees import make_trees
from pipeline.demo.walk import Loop
from pipeline.errors import ToolError
from pipeline.geometry import Size

INSIDE = Size(960, 540)  # of the frames as they are made; ffmpeg enlarges them
OUTSIDE = Size(1920, 1080)


@dataclass(frozen=True, kw_only=True, eq=False)
class Studio:
    """The valley, ready for filming."""

    ground: Ground
    loop: Loop
    land: Landscape
    layers: Layers


def make_studio(ground: Ground, loop: Loop) -> Studio:
    land = make_landscape(ground, loop)
    return Studio(ground=ground, loop=loop, land=land, layers=make_layers(land))


def make_scene(studio: Studio, flight: Flight, path: FlightPath, size: Size) -> Scene:
    """The painting, sky and trees of one flight, for pictures of this size."""
    middle = path.view(len(path.x) // 2)
    painting = paint(
        studio.layers,
        middle,
        above_m=sum(flight.above_m) / 2,
        half=max(128, size.width * 5 // 4),
        pixel=1 / (FOCAL * size.width),
    )
    return Scene(
        painting=painting,
        sky=make_sky(size, middle.heading),
        trees=make_trees(studio.land.single, middle.heading),
        houses=studio.land.houses,
        size=size,
        columns=size.width // 3,
    )


def frames(studio: Studio, flight: Flight, size: Size = INSIDE) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a flight, in order: RGBA, shape (height, width, 4)."""
    path = fly(flight, studio.loop, studio.ground)
    scene = make_scene(studio, flight, path, size)
    for i in range(len(path.x)):
        yield frame(scene, path.view(i))


def encoder(ffmpeg: str, target: Path) -> list[str]:
    """The command that reads RGBA frames and writes an MP4 as a drone would: H.264, BT.709, no sound."""
    return [
        *(ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{INSIDE.width}x{INSIDE.height}", "-r", str(FPS)),
        *("-color_range", "pc", "-i", "pipe:0", "-an"),
        "-vf",
        "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
        f"scale={OUTSIDE.width}:{OUTSIDE.height}:flags=bicubic:in_color_matrix=bt709:out_color_matrix=bt709,"
        "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv",
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-g", str(FPS)),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
        *("-movflags", "+faststart", "-fflags", "+bitexact", "-f", "mp4", str(target)),
    ]


def film(studio: Studio, flight: Flight, target: Path, *, tick: Callable[[], None] | None = None) -> None:
    """Writes the clip beside `target` and renames it when it is complete. Raises ToolError."""
    import imageio_ffmpeg

    part = target.with_name(target.name + ".part")
    command = encoder(imageio_ffmpeg.get_ffmpeg_exe(), part)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stderr is not None
    try:
        for picture in frames(studio, flight):
            process.stdin.write(picture.data)
            if tick:
                tick()
        process.stdin.close()
        said = process.stderr.read().decode(errors="replace").strip()
    except BrokenPipeError:
        said = process.stderr.read().decode(errors="replace").strip() or "it stopped early"
    finally:
        if process.stdin and not process.stdin.closed:
            process.kill()
        failed = process.wait() != 0
        process.stderr.close()
        if failed:
            part.unlink(missing_ok=True)
    if failed:
        last = said.splitlines()[-1] if said else "it gave no reason"
        raise ToolError.at(
            str(target), f"ffmpeg could not write this clip: {last}", "look at the free space on the disk"
        )
    part.replace(target)
