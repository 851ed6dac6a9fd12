"""Nodes in worker processes of this machine, one at a time in each.

A process that has planned a brief is given its shots first; then new briefs; then what others have left. One that ends
(a crash, a `kill -9`, no memory) loses the node it had, is begun again, and the node is told to be lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from pipeline.engines import Result, Tell
from pipeline.engines.hardware import refusal
from pipeline.nodes import CANCELLED, Node

_AHEAD = 3  # nodes under way for each process
_PATIENCE_S = 8.0
_WORDS = 2000  # characters kept of what a process says


class _Hand:
    """One worker process. What it says comes to `inbox` as (this, message); None when it has ended."""

    def __init__(self, inbox: SimpleQueue[tuple[_Hand, dict[str, Any] | None]]) -> None:
        apart: dict[str, Any] = {"start_new_session": True}  # Ctrl-C reaches the command, which decides
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        home = str(Path(__file__).parents[2])
        found = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.engines.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": found},
            **apart,
        )
        self.node: Node | None = None
        self.brief = ""
        self._words = ""
        self._talk = threading.Thread(target=self._listen_to_talk, daemon=True)
        self._talk.start()
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def give(self, node: Node) -> None:
        self.node, self.brief = node, node["brief"]
        self.say(node=node)

    def say(self, **words: Any) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended, and `_listen` says so
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()

    def last_words(self) -> str:
        """How it ended."""
        self._talk.join(1)
        code = self._process.wait()
        last = (self._words.strip().splitlines() or [""])[-1].strip()
        return last or (f"signal {-code}" if code < 0 else f"code {code}")

    def leave(self) -> None:
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()

    def gone(self) -> None:
        """Waits for its end, and does not wait for ever."""
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self, inbox: SimpleQueue[tuple[_Hand, dict[str, Any] | None]]) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # a line that was cut off by a kill
            for line in self._process.stdout:
                inbox.put((self, json.loads(line)))
        inbox.put((self, None))

    def _listen_to_talk(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._words = (self._words + line.decode("utf-8", "replace"))[-_WORDS:]


class Local:
    """`hands`: worker processes at most. They are begun as nodes come."""

    def __init__(self, hands: int) -> None:
        self._count = hands
        self._hands: list[_Hand] = []
        self._waiting: list[Node] = []
        self._inbox: SimpleQueue[tuple[_Hand, dict[str, Any] | None]] = SimpleQueue()
        self._dropped: list[Result] = []
        self._tell: Tell = lambda token, frames: None

    def lacks(self, tag: str) -> str:
        return refusal(tag)

    def slots(self) -> int:
        return _AHEAD * self._count

    def listen(self, tell: Tell) -> None:
        self._tell = tell

    def submit(self, node: Node) -> None:
        self._waiting.append(node)

    def done(self) -> list[Result]:
        while not self._dropped:
            self._deal()
            try:
                hand, said = self._inbox.get(timeout=0.5)
            except Empty:
                continue
            if said is None:
                self._gone(hand)
            elif "frames" in said:
                self._tell(said["token"], said["frames"])
            elif hand.node is not None:
                hand.node = None
                return [Result(token=said["token"], answer=said.get("answer"), bug=said.get("bug"))]
        found, self._dropped = self._dropped, []
        return found

    def cancel(self, prefix: str) -> None:
        dropped = [node["token"] for node in self._waiting if node["token"].startswith(prefix)]
        self._waiting = [node for node in self._waiting if node["token"] not in dropped]
        self._dropped += [Result(token=token, answer=CANCELLED) for token in dropped]
        for hand in self._hands:
            hand.say(stop=prefix)

    def close(self) -> None:
        for hand in self._hands:
            hand.leave()
        for hand in self._hands:
            hand.gone()

    def _deal(self) -> None:
        """Gives a node to every hand that has none, and begins more hands while nodes wait."""
        for hand in self._hands:
            self._serve(hand)
        while self._waiting and len(self._hands) < self._count:
            self._hands.append(_Hand(self._inbox))
            self._serve(self._hands[-1])

    def _serve(self, hand: _Hand) -> None:
        if hand.node is None and self._waiting:
            hand.give(self._waiting.pop(self._best_for(hand)))

    def _best_for(self, hand: _Hand) -> int:
        def rank(node: Node) -> int:
            return 0 if node["brief"] == hand.brief else 1 if node["kind"] == "plan" else 2

        return min(range(len(self._waiting)), key=lambda number: rank(self._waiting[number]))

    def _gone(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        if hand.node is not None:
            self._dropped.append(Result(token=hand.node["token"], lost=1, said=hand.last_words()))
