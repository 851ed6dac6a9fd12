"""Where pieces are made: what a store lacks, in stretches that are read once; a stretch drawn; a stretch encoded."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipeline import ffmpeg
from pipeline.errors import ToolError
from pipeline.files import Store
from pipeline.graph import Scene
from pipeline.pieces import File, Piece
from pipeline.production import Production
from pipeline.render import encode

# Outputs of one ffmpeg process: more would cost more memory than reading the source again costs time.
_MOST_OUTPUTS = 6


def missing(files: Sequence[File], store: Store) -> Iterator[list[Piece]]:
    """Missing pieces, those of one stretch of source together, each fingerprint once."""
    shots: dict[tuple[object, ...], dict[str, Piece]] = {}
    for file in files:
        for piece in file.pieces:
            if not store.has(piece.fingerprint, ".mp4"):
                shots.setdefault(_stretch(piece), {})[piece.fingerprint] = piece
    for found in shots.values():
        pieces = list(found.values())
        for first in range(0, len(pieces), _MOST_OUTPUTS):
            yield pieces[first : first + _MOST_OUTPUTS]


def named(files: Sequence[File], fingerprints: Collection[str]) -> list[Piece]:
    """The pieces with these fingerprints, each once, as they come in the plan."""
    found = {piece.fingerprint: piece for file in files for piece in file.pieces if piece.fingerprint in fingerprints}
    return list(found.values())


def encoded(
    scene: Scene, production: Production, store: Store, runner: ffmpeg.Runner, tell: Callable[[int], None]
) -> str:
    """Encodes a drawn stretch into the store; `tell` hears of frames as they come. Raises DamagedFootage, ToolError.
    Where hardware refuses (a card takes so many streams at a time), x264 does it, and the answer says why."""
    shot = scene.pieces[0].shot
    said = 0

    def on_frame(frame: int) -> None:
        nonlocal said
        frame = min(frame, shot.frames)
        if frame > said:
            tell(frame - said)
            said = frame

    refused = ""
    more = {"cube": production.cube(shot), "keyframes_only": production.draft, "trusted": production.trusts(shot)}
    try:
        try:
            encode(scene, store, runner, **more, on_frame=on_frame)  # type: ignore[arg-type]
        except ToolError as error:
            if not scene.pieces[0].encoder.hardware:
                raise
            refused = error.problems[0].what
            encode(_in_software(scene), store, runner, **more, on_frame=on_frame)  # type: ignore[arg-type]
        on_frame(shot.frames)
    finally:
        scene.close()
    return refused


def _in_software(scene: Scene) -> Scene:
    """The same pieces under the same names, encoded by x264: no promise of theirs is broken."""
    pieces = (replace(piece, encoder=replace(piece.encoder, hardware="")) for piece in scene.pieces)
    return replace(scene, pieces=tuple(pieces))


def _stretch(piece: Piece) -> tuple[object, ...]:
    shot = piece.shot
    if piece.moving:
        return (piece.fingerprint,)  # its pictures are handed over while ffmpeg works: one at a time
    if shot.take is None:
        return (shot.kind, shot.role, shot.frames, piece.fps)
    return (shot.take.clip.fingerprint, shot.source_start, shot.frames, piece.fps)


def room_for(batches: Sequence[Sequence[Piece]]) -> int:
    """Bytes that the pieces, and the files joined from them, take at most."""
    bits = sum(piece.encoder.peak_bps * piece.shot.frames / piece.fps for batch in batches for piece in batch)
    return int(bits / 8 * 2)


@contextmanager
def scratch_folder(store: Store) -> Iterator[Path]:
    """A folder for the time of the work. What a killed run left is swept by the store."""
    place = store.root / "scratch"
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="work-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
