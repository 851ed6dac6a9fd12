"""Which pixels of an overlay are letters? Drawn once with a text and once without it, the difference tells.

`with watched() as seen:` notes every text that is painted meanwhile, in order; `with watched(without=2):` leaves out
the letters of the third. Whoever draws needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Watch:
    without: int | None = None
    blocks: list[Any] = field(default_factory=list)  # text.Block


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(without: int | None = None) -> Iterator[Watch]:
    """For the time of the `with`, in this thread."""
    watch = Watch(without=without)
    token = _WATCH.set(watch)
    try:
        yield watch
    finally:
        _WATCH.reset(token)


def left_out(block: Any) -> bool:
    """Notes that `block` is painted; whether its letters are to be left out."""
    watch = _WATCH.get()
    if watch is None:
        return False
    watch.blocks.append(block)
    return watch.without == len(watch.blocks) - 1
