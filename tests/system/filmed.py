"""Small synthetic clips, and what our chain makes of them: pictures as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from pipeline import ffmpeg, media
from pipeline.files import Store
from pipeline.footage import Clip
from pipeline.geometry import Insets, Size
from pipeline.graph import Laid, Scene
from pipeline.layout import lay_out
from pipeline.pieces import Encoder, Piece
from pipeline.render import encode
from pipeline.storyboard import Shot, Take
from pipeline.sync import Placing

Pixels = NDArray[np.uint8]
WIDE, TALL = Size(640, 360), Size(360, 640)
BARS = (
    (191, 191, 191),
    (191, 191, 0),
    (0, 191, 191),
    (0, 191, 0),
    (191, 0, 191),
    (191, 0, 0),
    (0, 0, 191),
    (16, 16, 16),
)
NUMBER_BITS = 12


def run(*arguments: str) -> None:
    ffmpeg.Runner().run(arguments)


def filmed(
    path: Path,
    frames: Sequence[Pixels] | NDArray[Any],
    *,
    fps: str = "30",
    filters: str = "",
    out: Sequence[str] = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "1", "-pix_fmt", "yuv420p"),
) -> Path:
    """A clip of RGB pictures (8 or 16 bit), through `filters`, coded with `out`."""
    stack = np.ascontiguousarray(np.stack(list(frames)))
    height, width = stack.shape[1:3]
    kind = "rgb24" if stack.dtype == np.uint8 else "rgb48le"
    raw = path.with_suffix(".rgb")
    stack.tofile(raw)
    chain = ["-vf", filters] if filters else []
    run(
        *("-f", "rawvideo", "-pixel_format", kind, "-video_size", f"{width}x{height}", "-framerate", fps),
        *("-i", f"file:{raw}", *chain, *out, f"file:{path}"),
    )
    raw.unlink()
    return path


def tagged(matrix: str, *, full: bool = False, format: str = "yuv420p") -> str:
    """RGB to YUV of one matrix, tagged so."""
    name = {"bt709": "bt709", "bt601": "smpte170m"}[matrix]
    levels = "pc" if full else "tv"
    return (
        f"scale=out_color_matrix={matrix}:out_range={levels}:flags=accurate_rnd+full_chroma_int,format={format},"
        f"setparams=colorspace={name}:color_primaries={name}:color_trc={name}:range={levels}"
    )


def taken(clip: Clip) -> Take:
    nowhere = np.array([0.0])
    return Take(
        clip=clip,
        placing=Placing(how="spread", why="", time_s=nowhere, along_m=nowhere, aside_m=nowhere * np.nan),
    )


def probed(path: Path) -> Clip:
    return media.probe(path, name=path.name)


def shown(
    clip: Clip,
    tmp: Path,
    *,
    size: Size = WIDE,
    fps: int = 30,
    start: Fraction = Fraction(0),
    frames: int = 3,
    cube: Path | None = None,
    keyframes_only: bool = False,
    overlays: tuple[Laid, ...] = (),
    folder: Path | None = None,
) -> Pixels:
    """The frames (n, height, width, RGB) of one piece as our chain makes it, nearly without loss."""
    more = {"cube": cube, "keyframes_only": keyframes_only, "overlays": overlays, "folder": folder}
    (path,) = pieces_of(clip, tmp, [size], fps=fps, start=start, frames=frames, **more)
    return decoded(path)


def pieces_of(
    clip: Clip,
    tmp: Path,
    sizes: Sequence[Size],
    *,
    fps: int = 30,
    start: Fraction = Fraction(0),
    frames: int = 3,
    overlays: tuple[Laid, ...] = (),
    folder: Path | None = None,
    **more: Any,
) -> list[Path]:
    """The files of one shot at several frame sizes, made together."""
    folder = folder or tmp / "scene"
    folder.mkdir(exist_ok=True)
    shot = Shot(kind="footage", role="along", start=0, frames=frames, take=taken(clip), source_start=start)
    pieces = tuple(
        Piece(
            fingerprint=f"{number:02x}" * 16,
            shot=shot,
            fps=fps,
            size=size,
            layout=lay_out(size, Insets()),
            layers=(),
            encoder=Encoder(preset="ultrafast", crf=1, peak_bps=900_000_000, gop=2 * fps),
        )
        for number, size in enumerate(sizes)
    )
    count = len(pieces)
    scene = Scene(pieces=pieces, folder=folder, backdrops=("",) * count, overlays=(overlays,) * count)
    store = Store(tmp / "store")
    encode(scene, store, ffmpeg.Runner(), **more)
    return [store.path(piece.fingerprint, ".mp4") for piece in pieces]


def decoded(path: Path) -> Pixels:
    """All frames of a finished file as full-range RGB, read as BT.709 limited range; it must be tagged so."""
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        tags = (
            context.pix_fmt,
            context.colorspace,
            context.color_primaries,
            context.color_trc,
            context.color_range,
        )
        assert tags == ("yuv420p", 1, 1, 1, 1), tags
        planes = [
            [np.asarray(frame.to_ndarray()) for frame in file.decode(video=0)],
            context.height,
            context.width,
        ]
    return np.stack([_rgb(plane, planes[1], planes[2]) for plane in planes[0]])


def _rgb(plane: Pixels, height: int, width: int) -> Pixels:
    flat = plane.reshape(-1).astype(np.float64)
    luma = flat[: height * width].reshape(height, width)
    rest = flat[height * width :].reshape(2, height // 2, width // 2).repeat(2, 1).repeat(2, 2)
    y, cb, cr = (luma - 16) / 219, (rest[0] - 128) / 224, (rest[1] - 128) / 224
    red, blue = y + 1.5748 * cr, y + 1.8556 * cb
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    return np.clip(np.rint(np.dstack([red, green, blue]) * 255), 0, 255).astype(np.uint8)


def bars(size: Size) -> Pixels:
    """Eight colour bars from left to right."""
    picture = np.zeros((size.height, size.width, 3), np.uint8)
    for number, colour in enumerate(BARS):
        picture[:, size.width * number // 8 : size.width * (number + 1) // 8] = colour
    return picture


def ramp(size: Size) -> Pixels:
    """A grey ramp in 16 steps from left to right."""
    row = (np.arange(size.width) * 16 // size.width * 17).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (size.height, size.width, 3)).copy()


def quarters(size: Size) -> Pixels:
    """Red at the top left, green top right, blue bottom left, white bottom right."""
    picture = np.zeros((size.height, size.width, 3), np.uint8)
    down, across = size.height // 2, size.width // 2
    picture[:down, :across], picture[:down, across:] = (200, 0, 0), (0, 200, 0)
    picture[down:, :across], picture[down:, across:] = (0, 0, 200), (200, 200, 200)
    return picture


def numbered(count: int, size: Size = WIDE) -> list[Pixels]:
    """Frames that carry their number as black and white columns."""
    made = []
    for number in range(count):
        bits = [(number >> bit) & 1 for bit in range(NUMBER_BITS)]
        row = np.repeat(np.array(bits, np.uint8) * 200 + 20, size.width // NUMBER_BITS)
        row = np.pad(row, (0, size.width - len(row)))
        made.append(np.broadcast_to(row[None, :, None], (size.height, size.width, 3)))
    return made


def numbers(frames: Pixels) -> list[int]:
    """The numbers that `numbered` wrote."""
    found = []
    for frame in frames:
        width = frame.shape[1] / NUMBER_BITS
        middle = frame[frame.shape[0] // 2]
        places = [int(width * (bit + 0.45)) for bit in range(NUMBER_BITS)]
        found.append(sum(int(middle[place].mean() > 120) << bit for bit, place in enumerate(places)))
    return found


def centres(frame: Pixels, count: int) -> NDArray[np.float64]:
    """Mean colours in the middles of `count` equal columns."""
    height, width = frame.shape[:2]
    step = width / count
    rows = frame[height // 3 : height * 2 // 3]
    cuts = [rows[:, int(step * (k + 0.35)) : int(step * (k + 0.65))] for k in range(count)]
    return np.array([cut.reshape(-1, 3).mean(axis=0) for cut in cuts])


def split(clip: Clip, *parts: Any) -> Clip:
    """The clip with other parts (path, start, duration)."""
    return replace(clip, parts=tuple(parts))
