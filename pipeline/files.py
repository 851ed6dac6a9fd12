"""Files that are either whole or not there: atomic writing, checksums, and the store of finished pieces.

A piece is named by the fingerprint of all that could change it, and carries its checksum beside it, so a run can be
cut off at any moment and a damaged entry is noticed and made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.errors import ToolError

_DAY_S = 86_400
_PATIENCE_S = 120.0  # of waiting for another process that does the same


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yields a name beside `path` to write to; on success it takes `path`'s name, on failure it is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem[:40]}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield beside
        renamed(beside, path)
    except OSError as error:
        raise explained(error, path) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """UTF-8 with LF, whole or not at all. An equal file is left alone, so that synced folders stay quiet."""
    data = text.encode()
    with suppress(OSError):
        if path.read_bytes() == data:
            return
    with written(path) as beside:
        beside.write_bytes(data)


def renamed(source: Path, target: Path) -> None:
    """`os.replace`, patient with virus scanners and folder sync that hold a file for a moment (Windows)."""
    for attempt in range(6):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if attempt == 5:
                raise
            time.sleep(0.1 * 2**attempt)


def linked(source: Path, target: Path) -> None:
    """`target` gets the same bytes as `source`: a hard link where the disk allows, else a copy."""
    with written(target) as beside:
        try:
            os.link(source, beside)
        except OSError:
            shutil.copyfile(source, beside)


def explained(error: OSError, path: Path) -> ToolError:
    reason = error.strerror or str(error)
    remedy = "free some space and run again; finished parts are kept" if error.errno == 28 else "check the folder"
    return ToolError.at(path.name, f"it could not be written: {reason}", remedy)


def swept(torn: Iterable[Path]) -> None:
    """Removes what killed runs left; nothing younger than a day, which another run may be writing."""
    for path in torn:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime < _DAY_S:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()


class Store:
    """Finished pieces by fingerprint. Two runs may use it at once: doing a piece twice is waste, never damage."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._trusted: set[str] = set()

    def path(self, name: str, suffix: str) -> Path:
        return self.root / name[:2] / f"{name}{suffix}"

    def _seal(self, name: str, suffix: str) -> Path:
        return self.path(name, suffix + ".sha256")

    def has(self, name: str, suffix: str) -> bool:
        """True when the piece is there and its bytes are those that were put in (checked once a run)."""
        key = name + suffix
        if key in self._trusted:
            return True
        try:
            intact = self._seal(name, suffix).read_bytes() == sha256(self.path(name, suffix)).encode()
        except OSError:
            return False
        if intact:
            self._trusted.add(key)
            with suppress(OSError):
                os.utime(self._seal(name, suffix))  # recently used: the last to be pruned
        return intact

    @contextmanager
    def put(self, name: str, suffix: str) -> Iterator[Path]:
        """Yields a name to write the piece to; it is sealed and takes its place when the block succeeds."""
        target = self.path(name, suffix)
        with written(target) as beside:
            yield beside
            seal = sha256(beside)
        with written(self._seal(name, suffix)) as beside:
            beside.write_text(seal)
        self._trusted.add(name + suffix)

    @contextmanager
    def alone(self, kind: str, name: str) -> Iterator[None]:
        """While the block runs, no other process is in a block of this kind and name; look once more inside whether the
        work is done by now. A courtesy that saves work: where locks are unknown (some network drives), or the other
        takes too long, both do it, which is waste and no damage. Names share 4096 locks: blocks of one kind must not
        stand in each other."""
        from filelock import FileLock

        place = self.root / "locks"
        lock = FileLock(place / f"{kind}-{name[:3]}.lock")
        with suppress(OSError, RuntimeError):  # of both kinds is what locks may refuse with
            place.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=_PATIENCE_S)
        try:
            yield
        finally:
            with suppress(OSError):
                lock.release()

    def remember(self, kind: str, name: str, value: Any) -> None:
        """Keep a small finding (JSON) that is dear to find again, such as what a probe saw."""
        write_text(self.root / kind / name[:2] / f"{name}.json", json.dumps(value))

    def recall(self, kind: str, name: str) -> Any | None:
        try:
            return json.loads((self.root / kind / name[:2] / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return None

    def prune(self, *, keep_bytes: int) -> None:
        """Remove the pieces used longest ago until the rest fits `keep_bytes`; sweep torn leftovers of a day ago."""
        pieces = []
        for seal in self.root.glob("??/*.sha256"):
            piece = seal.with_suffix("")
            with suppress(OSError):
                pieces.append((seal.stat().st_mtime, piece.stat().st_size, piece, seal))
        total = sum(size for _, size, _, _ in pieces)
        for _, size, piece, seal in sorted(pieces, key=lambda entry: entry[0]):
            if total <= keep_bytes:
                break
            with suppress(OSError):
                seal.unlink()
                piece.unlink()
                total -= size
        swept([*self.root.glob("??/.*.part*"), *self.root.glob("scratch/work-*"), *self.root.glob("locks/*.lock")])
