"""Engines do nodes: in this process, in worker processes of this machine, or on a Dask cluster.

An engine is only muscle. It may vanish at any time: what is finished lies in the store, by its fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.nodes import Answer, Node

Tell = Callable[[str, int], None]  # (token, frames written since the last time); from any thread


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a node ended: with an answer; `lost`, the processes that ended with it (`said`: their last words); or with
    a `bug`, as an exception or its traceback."""

    token: str
    answer: Answer | None = None
    lost: int = 0
    said: str = ""
    bug: BaseException | str | None = None


class Engine(Protocol):
    def lacks(self, tag: str) -> str:
        """Why nodes that need `tag` cannot be done here; "" when they can, which has been tried."""

    def slots(self) -> int:
        """How many nodes may be under way at once, those that wait included."""

    def listen(self, tell: Tell) -> None:
        """Who hears of frames while a node is under way; engines far away tell nothing."""

    def submit(self, node: Node) -> None: ...

    def done(self) -> list[Result]:
        """Waits until a node has ended; one result for each that was submitted. ToolError when the engine is gone."""

    def cancel(self, prefix: str) -> None:
        """Nodes whose tokens begin with `prefix` are stopped, or not begun; they too have a result."""

    def close(self) -> None:
        """Stops everything; nothing of ours goes on."""
