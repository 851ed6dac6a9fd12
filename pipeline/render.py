"""Pieces and files made by ffmpeg. A shot is the unit of work: one process reads the source once and writes that
shot for all frame sizes; overlays come as small lossless clips, drawn beforehand.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from pipeline import ffmpeg, layers
from pipeline.draw import Studio
from pipeline.errors import ToolError
from pipeline.files import Store
from pipeline.footage import Clip, Part
from pipeline.geometry import Box
from pipeline.picture import begins_on_keyframe, fitted, lead, timed
from pipeline.pieces import File, Layer, Piece
from pipeline.sound import mix_down
from pipeline.timing import Span

_TICKS = 30_000  # of every video track: a multiple of 24, 25 and 30
_PLACELESS = ("caption", "inset", "logo")  # drawn alike wherever in the frame their box is
_BROKEN = re.compile(
    r"error while decoding|Invalid NAL|concealing|corrupt|Could not find ref|Invalid data found|missing picture"
    r"|no frame|Error submitting packet|Truncating packet|Failed to parse|cabac decode|First slice|mb_type",
    re.IGNORECASE,
)


class DamagedFootage(Exception):
    """A clip could not be decoded cleanly within `span`; the caller looks closer and chooses other moments."""

    def __init__(self, clip: Clip, span: Span) -> None:
        super().__init__(f"{clip.name} is damaged")
        self.clip, self.span = clip, span


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A shot with its overlays drawn, ready for ffmpeg. The folder holds only names of ours."""

    pieces: tuple[Piece, ...]
    folder: Path
    backdrops: tuple[str, ...]  # per piece, empty for footage
    overlays: tuple[tuple[tuple[str, int, int], ...], ...]  # per piece: file, x, y

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def draw(pieces: Sequence[Piece], studio: Studio, scratch: Path) -> Scene:
    """Draw what lies over (and, without footage, under) one shot for all its frame sizes."""
    folder = Path(tempfile.mkdtemp(prefix="shot-", dir=scratch))
    backdrops: list[str] = []
    overlays: list[tuple[tuple[str, int, int], ...]] = []
    shared: dict[str, list[tuple[str, int, int]]] = {}
    for number, piece in enumerate(pieces):
        backdrop = ""
        if piece.shot.take is None:
            backdrop = f"backdrop{number}.mov"
            layers.write_still(studio.backdrop(piece), folder / backdrop, fps=piece.fps)
        drawn: list[tuple[str, int, int]] = []
        for index, layer in enumerate(piece.layers):
            alike = _alike(layer, piece) or f"{number}-{index}"
            if alike not in shared:
                shared[alike] = _layer(layer, piece, studio, folder, f"layer{number}-{index}")
            drawn += [(name, layer.box.x + x, layer.box.y + y) for name, x, y in shared[alike]]
        backdrops.append(backdrop)
        overlays.append(tuple(drawn))
    return Scene(pieces=tuple(pieces), folder=folder, backdrops=tuple(backdrops), overlays=tuple(overlays))


def _layer(layer: Layer, piece: Piece, studio: Studio, folder: Path, name: str) -> list[tuple[str, int, int]]:
    """Draws a layer; its files, each with its place as seen from the layer's box."""
    drawn: list[tuple[str, int, int]] = []
    for clip, x, y in studio.overlays(layer, piece):
        file = f"{name}-{len(drawn)}.mov"
        layers.write(clip, folder / file, layer=layer, fps=piece.fps, until=piece.shot.frames)
        drawn.append((file, x - layer.box.x, y - layer.box.y))
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
    on_frame: Callable[[int], None] | None = None,
) -> None:
    """Write the pieces of one shot into the store. Raises DamagedFootage when the source does not decode."""
    shot = scene.pieces[0].shot
    fps = scene.pieces[0].fps
    if cube is not None:
        shutil.copyfile(cube, scene.folder / "look.cube")
    inputs, graph = _graph(scene, lut="look.cube" if cube else None, keyframes_only=keyframes_only)
    with ExitStack() as stack:
        outputs: list[str] = []
        targets: list[Path] = []
        for number, piece in enumerate(scene.pieces):
            targets.append(stack.enter_context(store.put(piece.fingerprint, ".mp4")))
            outputs += [
                "-map", f"[out{number}]", "-frames:v", str(shot.frames), *piece.encoder.arguments(),
                "-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact",
                "-video_track_timescale", str(_TICKS), "-f", "mp4", f"file:{targets[-1]}",
            ]  # fmt: skip
        finished = runner.run(
            [*inputs, "-filter_complex", graph, *outputs],
            cwd=scene.folder,
            on_time=(lambda seconds: on_frame(round(seconds * fps))) if on_frame else None,
        )
        whole = all(layers.frame_count(target) == shot.frames for target in targets)
        if shot.take is not None and not keyframes_only and (not whole or _BROKEN.search(finished.stderr)):
            end = shot.source_start + Fraction(shot.frames, fps)
            raise DamagedFootage(shot.take.clip, Span(start=shot.source_start, end=end))
        if not whole:
            raise ToolError.at("ffmpeg", "it wrote fewer frames than were asked for", "run again, then report this")


def _graph(scene: Scene, *, lut: str | None, keyframes_only: bool) -> tuple[list[str], str]:
    shot = scene.pieces[0].shot
    fps = scene.pieces[0].fps
    inputs: list[str] = []
    chains: list[str] = []
    count, then = 0, ""
    if shot.take is not None:
        inputs += _footage(shot.take.clip, shot.source_start, Fraction(shot.frames, fps), scene.folder, keyframes_only)
        count = 1
        names = "".join(f"[src{number}]" for number in range(len(scene.pieces)))
        split = f",split={len(scene.pieces)}{names}" if len(scene.pieces) > 1 else names
        rate = timed(shot.take.clip, fps, shot.source_start, keyframes_only=keyframes_only)
        # A draft shows few pictures of the source many times: they are made small before they are repeated.
        first, then = ("null", f",{rate}") if keyframes_only else (rate, "")
        chains.append(f"[0:{shot.take.clip.stream}]{first}{split}")
    taken: dict[str, list[str]] = {}
    for name, uses in Counter(name for overlays in scene.overlays for name, _, _ in overlays).items():
        # A layer that several frame sizes show is read and converted once.
        taken[name] = [f"layer{count}x{use}" for use in range(uses)]
        ends = "".join(f"[{label}]" for label in taken[name])
        inputs += ["-threads", "1", *ffmpeg.source(scene.folder / name)]
        chains.append(f"[{count}:v:0]scale=out_color_matrix=bt709:out_range=tv,format=yuva420p,split={uses}{ends}")
        count += 1
    for number, piece in enumerate(scene.pieces):
        if shot.take is not None:
            base = f"[src{number}]{fitted(shot.take.clip, piece.size, f'fit{number}', lut=lut)}{then}"
        else:
            inputs += ffmpeg.source(scene.folder / scene.backdrops[number])
            base = (
                f"[{count}:v:0]scale=out_color_matrix=bt709:out_range=tv:sws_dither=ed,format=yuv420p,"
                f"loop=loop={shot.frames - 1}:size=1:start=0"
            )
            count += 1
        chain = f"{base}[base{number}]"
        chains.append(chain)
        below = f"base{number}"
        for index, (name, x, y) in enumerate(scene.overlays[number]):
            above = f"over{number}x{index}"
            chains.append(f"[{below}][{taken[name].pop()}]overlay={x}:{y}:format=yuv420:eof_action=repeat[{above}]")
            below = above
        chains.append(
            f"[{below}]setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709,"
            f"setpts=N/({fps}*TB)[out{number}]"
        )
    return inputs, ";".join(chains)


def _footage(clip: Clip, start: Fraction, length: Fraction, folder: Path, keyframes_only: bool) -> list[str]:
    """Arguments that read one stretch of a clip, from a little before (see `picture.lead`)."""
    early = start if keyframes_only else start - lead(clip, start)
    # One thread: the encoders keep the other cores busy, and several decode the same for a tenth more CPU time and
    # half as much memory again (measured on 4K HEVC, 10 bit).
    decoder = ["-threads", "1", *(["-skip_frame", "nokey", "-noaccurate_seek"] if keyframes_only else [])]
    if not keyframes_only and begins_on_keyframe(clip, start):
        # Asked for half a frame later, the reader goes to just this keyframe, and what it finds there is the start.
        early = start + Fraction(1, 2) / clip.fps
        decoder.append("-noaccurate_seek")
    # More than is shown: what was read early, and the frame beyond the end that rate conversion may need.
    spare = ["-t", f"{float(length + 2):.6f}"]
    inside = [part for part in clip.parts if part.start + part.duration > early and part.start < start + length]
    if len(inside) == 1:
        seek = float(early - inside[0].start)
        skip = ["-ss", f"{seek:.6f}"] if seek > 0 else []
        return ffmpeg.source(inside[0].path, *decoder, *skip, *spare, kind=clip.demuxer)
    (folder / "parts.txt").write_text(_concat(inside), encoding="utf-8")
    seek = float(early - inside[0].start)
    return ffmpeg.source(folder / "parts.txt", "-safe", "0", *decoder, "-ss", f"{seek:.6f}", *spare, kind="concat")


def _concat(parts: Sequence[Part]) -> str:
    quoted = ["file:" + str(part.path.resolve()).replace("'", "'\\''") for part in parts]
    return "ffconcat version 1.0\n" + "".join(
        f"file '{name}'\nduration {float(part.duration):.6f}\n" for name, part in zip(quoted, parts, strict=True)
    )


def make_sound(file: File, store: Store, runner: ffmpeg.Runner) -> None:
    if file.mix is None or file.sound is None or store.has(file.sound, ".aac"):
        return
    with store.put(file.sound, ".aac") as target:
        mix_down(file.mix, target, runner)


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
