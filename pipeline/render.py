"""Pieces and files made by ffmpeg. A shot is the unit of work: one process reads the source once and writes that
shot for all frame sizes; overlays come as small lossless clips, drawn beforehand.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pipeline import ffmpeg, layers
from pipeline.draw import Studio
from pipeline.errors import ToolError
from pipeline.files import Store
from pipeline.flashes.pictures import shrinking
from pipeline.footage import Clip
from pipeline.geometry import Box
from pipeline.graph import Laid, Moving, Scene, graph
from pipeline.pieces import File, Layer, Piece
from pipeline.sound import mix_down
from pipeline.timing import Span

_TICKS = 30_000  # of every video track: a multiple of 24, 25 and 30
# A glance is a tiny film of what went into the encoder. On real footage a cell's luminance is kept to 0.003 of white on
# average, in 5 MB a minute; half of those bytes (QP 24) lose 0.004.
GLANCE = (
    "-c:v", "libx264", "-preset", "ultrafast", "-qp", "20", "-bf", "0", "-g", "600", "-threads:v", "1",
    "-flags:v", "+cgop+bitexact", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_range", "tv",
)  # fmt: skip
_PLACELESS = ("caption", "inset", "logo")  # drawn alike wherever in the frame their box is
_BROKEN = re.compile(
    r"error while decoding|Invalid NAL|concealing|corrupt|Could not find ref|Invalid data found|missing picture"
    r"|no frame|Error submitting packet|Truncating packet|Failed to parse|cabac decode|First slice|mb_type",
    re.IGNORECASE,
)


class DamagedFootage(Exception):
    """A clip did not decode cleanly within `span`; the caller looks closer and may choose other moments. `whole`: all
    pictures came, the decoder only complained."""

    def __init__(self, clip: Clip, span: Span, *, whole: bool) -> None:
        super().__init__(f"{clip.name} is damaged")
        self.clip, self.span, self.whole = clip, span, whole


def draw(pieces: Sequence[Piece], studio: Studio, scratch: Path) -> Scene:
    """Draw what lies over (and, without footage, under) one shot for all its frame sizes."""
    folder = Path(tempfile.mkdtemp(prefix="shot-", dir=scratch))
    backdrops: list[str] = []
    overlays: list[tuple[Laid, ...]] = []
    shared: dict[str, list[Laid]] = {}
    moving: Moving | None = None
    for number, piece in enumerate(pieces):
        backdrop = ""
        if piece.moving:
            moving = studio.moving(piece)
        elif piece.shot.take is None:
            backdrop = f"backdrop{number}.mov"
            layers.write_still(studio.backdrop(piece), folder / backdrop, fps=piece.fps)
        drawn: list[Laid] = []
        for index, layer in enumerate(piece.layers):
            alike = _alike(layer, piece) or f"{number}-{index}"
            if alike not in shared:
                shared[alike] = _layer(layer, piece, studio, folder, f"layer{number}-{index}")
            drawn += [one.moved(layer.box.x, layer.box.y) for one in shared[alike]]
        backdrops.append(backdrop)
        overlays.append(tuple(drawn))
    return Scene(
        pieces=tuple(pieces),
        folder=folder,
        backdrops=tuple(backdrops),
        overlays=tuple(overlays),
        moving=moving,
    )


def _pictures(moving: Moving, frames: int, on_frame: Callable[[int], None] | None) -> Iterator[memoryview]:
    picture = moving.frame(0).data.cast("B")
    for number in range(frames):
        if number and not moving.same_as_before(number):
            picture = moving.frame(number).data.cast("B")
        yield picture
        if on_frame:
            on_frame(number + 1)


def _layer(layer: Layer, piece: Piece, studio: Studio, folder: Path, name: str) -> list[Laid]:
    """Draws a layer; its files, each with its place as seen from the layer's box."""
    drawn: list[Laid] = []
    for clip, x, y in studio.overlays(layer, piece):
        file = f"{name}-{len(drawn)}.mov"
        layers.write(clip, folder / file, layer=layer, fps=piece.fps, until=piece.shot.frames)
        spread = getattr(clip, "spread", 0)
        drawn.append(Laid(file=file, x=x - layer.box.x, y=y - layer.box.y, spread=spread))
    return drawn


def _alike(layer: Layer, piece: Piece) -> str | None:
    """Layers with the same answer look the same in their boxes; None where the place in the frame matters."""
    if layer.kind not in _PLACELESS or layer.box.x % 2 or layer.box.y % 2:
        return None
    size = (layer.box.width, layer.box.height)
    return repr((replace(layer, box=Box(x=0, y=0, width=size[0], height=size[1])), piece.layout.unit, piece.fps))


def encode(
    scene: Scene,
    store: Store,
    runner: ffmpeg.Runner,
    *,
    cube: Path | None = None,
    keyframes_only: bool = False,
    trusted: bool = False,
    on_frame: Callable[[int], None] | None = None,
) -> None:
    """Write the pieces of one shot into the store and, except in drafts (`keyframes_only`), a glance beside each.
    Raises DamagedFootage when the source does not decode, or when the decoder complains of footage that is not
    `trusted`."""
    shot = scene.pieces[0].shot
    fps = scene.pieces[0].fps
    if cube is not None:
        shutil.copyfile(cube, scene.folder / "look.cube")
    looked = not keyframes_only
    inputs, filters = graph(scene, lut="look.cube" if cube else None, keyframes_only=keyframes_only, glances=looked)
    with ExitStack() as stack:
        outputs: list[str] = []
        targets: list[Path] = []
        for number, piece in enumerate(scene.pieces):
            targets.append(stack.enter_context(store.put(piece.fingerprint, ".mp4")))
            outputs += _output(f"[out{number}]", shot.frames, piece.encoder.arguments(), targets[-1])
            if looked:
                targets.append(stack.enter_context(store.put(piece.fingerprint, ".glance")))
                outputs += _output(f"[glance{number}]", shot.frames, GLANCE, targets[-1])
        finished = runner.run(
            [*inputs, "-filter_complex", filters, *outputs],
            cwd=scene.folder,
            on_time=(lambda seconds: on_frame(round(seconds * fps))) if on_frame else None,
            feed=_pictures(scene.moving, shot.frames, on_frame) if scene.moving else None,
        )
        whole = all(layers.frame_count(target) == shot.frames for target in targets)
        complained = not trusted and _BROKEN.search(finished.stderr)
        if shot.take is not None and not keyframes_only and (not whole or complained):
            end = shot.source_start + Fraction(shot.frames, fps)
            raise DamagedFootage(shot.take.clip, Span(start=shot.source_start, end=end), whole=whole)
        if not whole:
            raise ToolError.at("ffmpeg", "it wrote fewer frames than were asked for", "run again, then report this")


def _output(label: str, frames: int, encoder: Sequence[str], target: Path) -> list[str]:
    return [
        "-map", label, "-frames:v", str(frames), *encoder,
        "-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact",
        "-video_track_timescale", str(_TICKS), "-f", "mp4", f"file:{target}",
    ]  # fmt: skip


def glance(piece: Piece, store: Store, runner: ffmpeg.Runner) -> Path:
    """The small film of a finished piece; made from the piece where there is none beside it any more."""
    if not store.has(piece.fingerprint, ".glance"):
        small = f"[0:v:0]scale={shrinking(piece.size.width, piece.size.height)},format=yuv420p[glance]"
        read = ffmpeg.source(store.path(piece.fingerprint, ".mp4"), "-threads", "1")
        with store.put(piece.fingerprint, ".glance") as target:
            runner.run([*read, "-filter_complex", small, *_output("[glance]", piece.shot.frames, GLANCE, target)])
    return store.path(piece.fingerprint, ".glance")


def has_sound(file: File, store: Store) -> bool:
    """Whether the sound is in the store, or there is none to make."""
    if file.mix is None or file.sound is None:
        return True
    return store.has(file.sound, ".aac") and store.recall("mix", file.sound) is not None


def make_sound(file: File, store: Store, runner: ffmpeg.Runner) -> None:
    if file.mix is None or file.sound is None or has_sound(file, store):
        return
    with store.put(file.sound, ".aac") as target:
        mixed = mix_down(file.mix, target, runner)
    store.remember("mix", file.sound, vars(mixed))


def join(file: File, store: Store, runner: ffmpeg.Runner, target: Path, scratch: Path) -> None:
    """Join finished pieces and their sound into `target` without encoding again: `moov` first, no edit list."""
    with tempfile.TemporaryDirectory(prefix="join-", dir=scratch) as folder:
        listing = Path(folder) / "pieces.txt"
        pieces = [store.path(piece.fingerprint, ".mp4") for piece in file.pieces]
        lines = []
        for piece, path in zip(file.pieces, pieces, strict=True):
            quoted = str(path.resolve()).replace("'", "'\\''")
            lines.append(f"file 'file:{quoted}'\nduration {float(Fraction(piece.shot.frames, piece.fps)):.9f}\n")
        listing.write_text("ffconcat version 1.0\n" + "".join(lines), encoding="utf-8")
        arguments = ffmpeg.source(listing, "-safe", "0", kind="concat")
        maps = ["-map", "0:v:0"]
        if file.sound is not None:
            arguments += ffmpeg.source(store.path(file.sound, ".aac"))
            maps += ["-map", "1:a:0"]
        runner.run(
            [
                *arguments, *maps, "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1", "-use_editlist", "0",
                "-movflags", "+faststart", "-video_track_timescale", str(_TICKS), "-fflags", "+bitexact",
                "-f", "mp4", f"file:{target}",
            ]
        )  # fmt: skip
