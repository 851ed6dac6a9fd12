"""Nodes in this very process: planned and drawn in the thread that submits, encoded in a few threads beside it.

While ffmpeg works on one shot the next is drawn, one ahead and not more: memory and scratch space stay small.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from pipeline.engines import Result, Tell
from pipeline.engines.hardware import refusal
from pipeline.hand import Hand, Rest
from pipeline.nodes import Node


class Inline:
    """`threads`: ffmpeg processes at a time."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)
        self._hand = Hand()
        self._results: SimpleQueue[Result] = SimpleQueue()

    def lacks(self, tag: str) -> str:
        return refusal(tag)

    def slots(self) -> int:
        return self._threads + 1

    def listen(self, tell: Tell) -> None:
        self._hand.tell = tell

    def submit(self, node: Node) -> None:
        try:
            rest = self._hand.begin(node)
        except Exception as bug:
            self._results.put(Result(token=node["token"], bug=bug))
            return
        if callable(rest):
            self._pool.submit(self._ended, node["token"], rest)
        else:
            self._results.put(Result(token=node["token"], answer=rest))

    def _ended(self, token: str, rest: Rest) -> None:
        try:
            self._results.put(Result(token=token, answer=rest()))
        except BaseException as bug:
            self._results.put(Result(token=token, bug=bug))

    def done(self) -> list[Result]:
        while True:  # a wait without end could not be interrupted on Windows
            try:
                return [self._results.get(timeout=0.5)]
            except Empty:
                continue

    def cancel(self, prefix: str) -> None:
        self._hand.stop(prefix)

    def close(self) -> None:
        self._hand.stop("")
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._hand.close()
