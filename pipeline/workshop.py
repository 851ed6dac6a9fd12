"""Where pieces are made: missing shots are drawn and encoded, a few at a time, and can be stopped at any moment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pipeline import ffmpeg
from pipeline.errors import ToolError
from pipeline.files import Store
from pipeline.graph import Scene
from pipeline.pieces import File, Piece
from pipeline.production import Production
from pipeline.render import DamagedFootage, draw, encode, make_sound

# Outputs of one ffmpeg process: more would cost more memory than reading the source again costs time.
_MOST_OUTPUTS = 6


class Listener(Protocol):
    """Hears how the work goes on."""

    def begins(self, brief: str, frames: int) -> None: ...
    def advances(self, brief: str, frames: int) -> None: ...
    def says(self, brief: str, words: str) -> None: ...


class Silent:
    def begins(self, brief: str, frames: int) -> None:
        """Nobody listens."""

    def advances(self, brief: str, frames: int) -> None:
        """Nobody listens."""

    def says(self, brief: str, words: str) -> None:
        """Nobody listens."""


def make(production: Production, store: Store, runner: ffmpeg.Runner, listener: Listener, workers: int) -> None:
    """Make every piece and sound of `production` that the store lacks.

    Raises DamagedFootage when a clip does not decode (what else was in work is finished first), ToolError when ffmpeg
    or the disk fails. On any other end, Ctrl-C too, everything started is stopped.
    """
    batches = list(_missing(production.files, store))
    name = production.name
    listener.begins(name, sum(batch[0].shot.frames for batch in batches))
    _need_room(store.root, batches)
    for file in production.files:
        make_sound(file, store, runner)
    if not batches:
        return
    studio = production.studio(store)
    with scratch_folder(store) as scratch, ThreadPoolExecutor(workers) as pool:
        running: set[Future[None]] = set()
        try:
            for batch in batches:
                # One shot is drawn ahead of those in work, not more: memory and scratch space stay small.
                if len(running) > workers:
                    running = _one_done(running)
                scene = draw(batch, studio, scratch)
                running.add(pool.submit(_encoded, scene, production, store, runner, listener))
            while running:
                running = _one_done(running)
        except DamagedFootage:
            wait(running)
            raise
        except BaseException:
            runner.stop()
            raise


def _one_done(running: set[Future[None]]) -> set[Future[None]]:
    """Waits for one to end and lets its failure out."""
    done, rest = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return rest


def _encoded(scene: Scene, production: Production, store: Store, runner: ffmpeg.Runner, listener: Listener) -> None:
    shot = scene.pieces[0].shot
    told = 0

    def on_frame(frame: int) -> None:
        nonlocal told
        frame = min(frame, shot.frames)
        if frame > told:
            listener.advances(production.name, frame - told)
            told = frame

    try:
        encode(
            scene,
            store,
            runner,
            cube=production.cube(shot),
            keyframes_only=production.draft,
            trusted=production.trusts(shot),
            on_frame=on_frame,
        )
        on_frame(shot.frames)
    finally:
        scene.close()


def _missing(files: Sequence[File], store: Store) -> Iterator[list[Piece]]:
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


def _stretch(piece: Piece) -> tuple[object, ...]:
    shot = piece.shot
    if piece.moving:
        return (piece.fingerprint,)  # its pictures are handed over while ffmpeg works: one at a time
    if shot.take is None:
        return (shot.kind, shot.role, shot.frames, piece.fps)
    return (shot.take.clip.fingerprint, shot.source_start, shot.frames, piece.fps)


def _need_room(root: Path, batches: Sequence[Sequence[Piece]]) -> None:
    """Raises ToolError when the disk cannot hold what will be made (pieces, and the files joined from them)."""
    bits = sum(piece.encoder.peak_bps * piece.shot.frames / piece.fps for batch in batches for piece in batch)
    needed = int(bits / 8 * 2) + 50_000_000
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free
    if free < needed:
        raise ToolError.at(
            "disk",
            f"about {needed / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free",
            "free some space and run again",
        )


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
