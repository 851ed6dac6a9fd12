"""The same promo as one MoviePy CompositeVideoClip: one frame size, the same spans, overlays and encoder settings.

python bench/moviepy_promo.py ROUTE.yml OUT.mp4
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from floor import planned, tracks
from moviepy import AudioClip, CompositeVideoClip, ImageClip, VideoFileClip

from pipeline.draw import Studio
from pipeline.files import Store
from pipeline.pieces import File, Layer, Piece


def composed(file: File, studio: Studio) -> Any:
    layers: list[Any] = []
    for piece in file.pieces:
        layers.append(_base(piece, studio))
        for layer in piece.layers:
            layers += _over(layer, piece, studio)
    first = file.pieces[0]
    seconds = float(file.storyboard.seconds(file.storyboard.frames))
    promo = CompositeVideoClip(layers, size=(first.size.width, first.size.height)).with_duration(seconds)
    silence = AudioClip(lambda t: np.zeros((np.size(t), 2)), duration=seconds, fps=48_000)
    return promo.with_audio(silence)


def _base(piece: Piece, studio: Studio) -> Any:
    shot, size = piece.shot, piece.size
    seconds = float(Fraction(shot.frames, piece.fps))
    if shot.take is None:
        return ImageClip(studio.backdrop(piece)[:, :, :3]).with_duration(seconds).with_start(shot.start / piece.fps)
    start = float(shot.source_start)
    film = VideoFileClip(str(shot.take.clip.parts[0].path), audio=False)
    film = film.subclipped(start, min(start + seconds, film.duration))
    shown = min(film.w, film.h * size.width / size.height)
    film = film.cropped(x_center=film.w / 2, width=shown, y_center=film.h / 2, height=shown * size.height / size.width)
    return film.resized((size.width, size.height)).with_start(shot.start / piece.fps)


def _over(layer: Layer, piece: Piece, studio: Studio) -> list[Any]:
    start = (piece.shot.start + layer.start) / piece.fps
    return [clip.with_position((x, y)).with_start(start) for clip, x, y in studio.overlays(layer, piece)]


def main(brief: str, target: str) -> None:
    production = planned(Path(brief))
    file = tracks(production)[0]
    encoder = file.pieces[0].encoder
    composed(file, production.studio(Store(Path(target).parent / "store"))).write_videofile(
        target, fps=file.storyboard.fps, codec="libx264", preset=encoder.preset, audio_codec="aac", audio_fps=48_000,
        ffmpeg_params=encoder.arguments()[4:], logger=None,  # without codec and preset, which stand above
        temp_audiofile_path=str(Path(target).parent),
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
