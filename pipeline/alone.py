"""One process at a time: a lock that the system itself frees when the process that holds it dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from pipeline import config
from pipeline.errors import ToolError


@contextmanager
def alone(what: str, *, patience_s: float) -> Iterator[None]:
    """Only one process at a time does `what`. TimeoutError when another does not end."""
    try:
        import filelock
    except ImportError:
        remedy = "python -m pip install make-promo[publish]"
        raise ToolError.at("accounts", "the package `filelock` is missing", remedy) from None
    folder = config.state_dir() / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = filelock.FileLock(folder / f"{sha256(what.encode()).hexdigest()[:24]}.lock")
    try:
        lock.acquire(timeout=patience_s)
    except filelock.Timeout:
        raise TimeoutError(what) from None
    try:
        yield
    finally:
        lock.release()
