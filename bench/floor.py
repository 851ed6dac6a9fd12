"""The floor of a promo: what one plain ffmpeg run costs that makes the same pictures without anything over them.

It decodes the same spans of the footage once, scales and crops them to the same frame sizes and encodes with the same
settings, with a silent sound track; a plain colour stands in for maps and cards.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from pipeline.batch import Order, productions_of
from pipeline.errors import PromoError
from pipeline.footage import Clip
from pipeline.geometry import Size
from pipeline.picture import cropped
from pipeline.pieces import File
from pipeline.prepare import Wants
from pipeline.production import Production
from pipeline.storyboard import Shot


def planned(brief: Path, *, draft: bool = False) -> Production:
    """The plan of a brief, as the command makes it."""
    _, production, error = next(iter(productions_of([brief], Order(wants=Wants(draft=draft)))))
    if production is None:
        raise error or PromoError()
    return production


def tracks(production: Production) -> list[File]:
    """One file for each picture track. All of them must show the same shots."""
    files = list({tuple(piece.fingerprint for piece in file.pieces): file for file in production.files}.values())
    spans = {tuple((shot.source_start, shot.frames) for shot in file.storyboard.shots) for file in files}
    if len(spans) != 1:
        raise SystemExit("choose a length that all platforms take: the floor needs one storyboard")
    return files


def command(production: Production, folder: Path) -> list[str]:
    files = tracks(production)
    fps, shots = files[0].storyboard.fps, files[0].storyboard.shots
    inputs: list[str] = []
    chains: list[str] = []
    count = 0
    for number, shot in enumerate(shots):
        if shot.take is None:
            chains += [_plain(number, index, shot, file, fps) for index, file in enumerate(files)]
            continue
        inputs += _span(shot, fps)
        chains += _scaled(count, number, shot, files, fps)
        count += 1
    outputs: list[str] = []
    for index, file in enumerate(files):
        names = "".join(f"[p{number}x{index}]" for number in range(len(shots)))
        chains.append(f"{names}concat=n={len(shots)}[v{index}]")
        outputs += _output(count, index, file, folder)
    inputs += ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"]
    return [
        get_ffmpeg_exe(),
        "-y",
        "-nostdin",
        "-v",
        "error",
        *inputs,
        "-filter_complex",
        ";".join(chains),
        *outputs,
    ]


def _span(shot: Shot, fps: int) -> list[str]:
    assert shot.take is not None
    clip = shot.take.clip
    if len(clip.parts) != 1:
        raise SystemExit("the floor reads clips of one file")
    length = float(Fraction(shot.frames, fps))
    start = float(max(Fraction(0), shot.source_start - Fraction(1, 2) / clip.fps))
    return ["-ss", f"{start:.6f}", "-t", f"{length + 0.2:.6f}", "-i", str(clip.parts[0].path)]


def _scaled(source: int, number: int, shot: Shot, files: Sequence[File], fps: int) -> list[str]:
    assert shot.take is not None
    names = [f"[s{number}x{index}]" for index in range(len(files))]
    split = f",split={len(files)}" if len(files) > 1 else ""
    timed = f"[{source}:v]setpts=PTS-STARTPTS,fps={fps},tpad=stop_mode=clone:stop_duration=1"
    return [
        f"{timed},trim=end_frame={shot.frames}{split}{''.join(names)}",
        *(
            f"{name}{_fitted(shot.take.clip, file.pieces[0].size)}[p{number}x{index}]"
            for index, (name, file) in enumerate(zip(names, files, strict=True))
        ),
    ]


def _fitted(clip: Clip, size: Size) -> str:
    """Cropped and scaled at once, for this size alone."""
    box = cropped(clip, size)
    if box is None:
        raise SystemExit("the floor needs footage that fills every frame size")
    levels = "in_range=tv:out_range=tv:in_color_matrix=bt709:out_color_matrix=bt709"
    return (
        f"crop={box.width}:{box.height}:{box.x}:{box.y},"
        f"scale={size.width}:{size.height}:flags=bicubic:{levels},setsar=1,format=yuv420p"
    )


def _plain(number: int, index: int, shot: Shot, file: File, fps: int) -> str:
    size = file.pieces[0].size
    frame = f"s={size.width}x{size.height}:r={fps}:d={float(Fraction(shot.frames, fps)):.6f}"
    return f"color=c=0x24443a:{frame},setsar=1,format=yuv420p[p{number}x{index}]"


def _output(sound: int, index: int, file: File, folder: Path) -> list[str]:
    seconds = float(Fraction(file.storyboard.frames, file.storyboard.fps))
    return [
        "-map", f"[v{index}]", "-map", f"{sound}:a", "-frames:v", str(file.storyboard.frames), "-t", f"{seconds:.6f}",
        *file.pieces[0].encoder.arguments(), "-c:a", "aac", "-b:a", "160k", "-movflags", "+faststart",
        str(folder / f"floor{index}.mp4"),
    ]  # fmt: skip
