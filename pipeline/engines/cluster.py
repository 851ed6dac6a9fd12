"""Nodes on a Dask cluster: the only room that knows Dask.

Only JSON travels; the workers have make-promo installed, the same version as here, and see the same folders. A worker
that is killed loses its node, which is done again; a scheduler that is gone ends the run, and what is finished stays in
the store. Dask cannot stop a node that runs, so a stop is sent beside the queue.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import distributed
from distributed.scheduler import KilledWorker

from pipeline import hand, nodes
from pipeline.engines import Result, Tell
from pipeline.engines.places import Place, place_of, reached
from pipeline.errors import ToolError
from pipeline.nodes import CANCELLED, Node

_AHEAD = 3  # nodes under way for each worker
_CONNECT_S = 10
_JOIN_S = 60  # how long the first worker is waited for …
_ALONE_S = 60.0  # … and another one when all are gone
_STOP_S = 5.0
_COUNT_EVERY_S = 5.0


class Cluster:
    """`address`: dask://HOST:PORT or tls://HOST:PORT; `store`: ours, which the workers must see."""

    def __init__(self, address: str, store: Path) -> None:
        _hushed()
        self._place = place_of(address)
        self._client = _connected(self._place)
        self._ended: SimpleQueue[str] = SimpleQueue()
        self._futures: dict[str, Any] = {}
        self._needs: dict[str, list[str]] = {}  # of those, by token
        self._dropped: list[Result] = []
        self._counted = 0.0
        self._workers = 0
        self._missed = ""  # who is waited for in vain
        self._alone_since: float | None = None
        try:
            self._meet(store)
        except BaseException:
            self._client.close(timeout=_STOP_S)
            raise

    def lacks(self, tag: str) -> str:
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        if any(worker["resources"].get(tag.upper()) for worker in workers):
            return ""
        return f"no worker has it: make-promo worker {self._place} --{tag} 1"

    def slots(self) -> int:
        if time.monotonic() - self._counted > _COUNT_EVERY_S:
            self._count()
        return _AHEAD * max(1, self._workers)

    def listen(self, tell: Tell) -> None:
        """Frames are not told from afar."""

    def submit(self, node: Node) -> None:
        token = node["token"]
        stamped = {**node, "stamp": nodes.stamp()}
        resources = {need.upper(): 1 for need in node.get("needs", ())}
        try:
            future = self._client.submit(
                hand.run_node, stamped, key=token, pure=False, retries=0, resources=resources or None
            )
        except Exception as error:
            raise self._gone() from error
        self._futures[token], self._needs[token] = future, node.get("needs", [])
        future.add_done_callback(lambda future, token=token: self._ended.put(token))

    def done(self) -> list[Result]:
        while not self._dropped:
            try:
                token = self._ended.get(timeout=0.5)
            except Empty:
                self._still_there()
                continue
            if future := self._futures.pop(token, None):
                return [self._result(token, future)]
        found, self._dropped = self._dropped, []
        return found

    def cancel(self, prefix: str) -> None:
        found = {token: one for token, one in self._futures.items() if token.startswith(prefix)}
        for token in found:
            del self._futures[token]
            self._dropped.append(Result(token=token, answer=CANCELLED))
        self._stop(prefix, list(found.values()))

    def close(self) -> None:
        if self._futures and self._client.status == "running":
            self._stop(next(iter(self._futures)).partition("/")[0], list(self._futures.values()))
        self._futures.clear()
        _within(_STOP_S, lambda: self._client.close(timeout=_STOP_S))

    def _result(self, token: str, future: Any) -> Result:
        try:
            if future.status == "finished":
                return Result(token=token, answer=future.result())
            if future.status == "error":
                return _failed(token, future.exception())
        except Exception as error:
            if self._client.status == "running":
                return Result(token=token, lost=1, said=str(error))
        if self._client.status != "running":
            raise self._gone()
        return Result(token=token, lost=1, said="the cluster has dropped it")

    def _still_there(self) -> None:
        if self._client.status != "running":
            raise self._gone()
        if time.monotonic() - self._counted > _COUNT_EVERY_S:
            self._count()
        if not self._missed:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
        elif time.monotonic() - self._alone_since > _ALONE_S:
            raise ToolError.at(str(self._place), self._missed, "start some and run again; what is finished is kept")

    def _count(self) -> None:
        """How many workers there are, and whom the nodes under way wait for in vain."""
        self._counted = time.monotonic()
        self._needs = {token: self._needs[token] for token in self._futures}
        try:
            self._workers = len(self._client.nthreads())
            tags = {tag for tags in self._needs.values() for tag in tags}
            gone = sorted(tag for tag in tags if self.lacks(tag))
        except Exception as error:
            raise self._gone() from error
        self._missed = f"all workers with {' and '.join(gone)} have gone" if gone else ""
        if not self._workers:
            self._missed = "all workers have gone"

    def _gone(self) -> ToolError:
        remedy = "start it and run the same command again: what is finished is kept, and it goes on from there"
        return ToolError.at(str(self._place), "the scheduler of the cluster is gone", remedy)

    def _stop(self, prefix: str, futures: list[Any]) -> None:
        def stop() -> None:
            self._client.cancel(futures, force=True)
            self._client.run(hand.stop_nodes, prefix, on_error="ignore")

        _within(_STOP_S, stop)

    def _meet(self, store: Path) -> None:
        """Every worker must have our make-promo and see our store. Raises ToolError with all that is wrong."""
        try:
            self._client.wait_for_workers(1, timeout=_JOIN_S)
        except TimeoutError:
            remedy = f"start some: make-promo worker {self._place}"
            raise ToolError.at(str(self._place), "no worker has joined this cluster", remedy) from None
        beacon = store / "beacons" / secrets.token_hex(8)
        beacon.parent.mkdir(parents=True, exist_ok=True)
        beacon.touch()
        try:
            answers = self._client.run(hand.introduced, beacon.name, on_error="return")
        finally:
            beacon.unlink(missing_ok=True)
        problems = [one for worker, said in sorted(answers.items()) for one in _wrong(worker, said, store)]
        if problems:
            raise ToolError(*(problem for error in problems for problem in error.problems))


def joined(place: Place, workers: int, within: int = _JOIN_S) -> bool:
    """Waits until so many workers have joined the cluster; whether they have."""
    _hushed()
    with _connected(place) as client:
        try:
            client.wait_for_workers(workers, timeout=within)
        except TimeoutError:
            return False
        return True


def _hushed() -> None:
    """What matters is said in our words. Dask gives several of its loggers levels of their own."""
    for name in [*logging.root.manager.loggerDict, "distributed", "tornado", "asyncio"]:
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _connected(place: Place) -> Any:
    remedy = "check the address; on this computer: make-promo farm up"
    if not reached(place):
        raise ToolError.at(str(place), "no scheduler answers there", remedy)
    dask: Any = distributed  # whose signatures are not typed
    security = None
    if place.secure:
        keys = place.keys()
        files = {"tls_ca_file": str(keys.ca), "tls_client_cert": str(keys.cert), "tls_client_key": str(keys.key)}
        security = dask.Security(**files, require_encryption=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that differ: `_meet` refuses them
            return dask.Client(
                place.wire, security=security, timeout=_CONNECT_S, set_as_default=False, name="make-promo"
            )
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        what = f"no scheduler answers there: {(str(error).splitlines() or [''])[0] or type(error).__name__}"
        raise ToolError.at(str(place), what, remedy) from error


def _wrong(worker: str, said: Any, store: Path) -> list[ToolError]:
    if isinstance(said, BaseException) or not isinstance(said, dict):
        what = "it cannot do our work" + (f": {said}" if said else "")
        return [ToolError.at(worker, what, "install the same version of make-promo there, with its extra `cluster`")]
    if strange := nodes.differences(nodes.stamp(), said["stamp"]):
        return [nodes.stranger(worker, strange)]
    if not said["sees"]:
        what = f"its store is {said['store']}, and not ours ({store})"
        remedy = "set MAKE_PROMO_CACHE on all computers to one shared folder, and start the workers again"
        return [ToolError.at(worker, what, remedy)]
    return []


def _failed(token: str, error: BaseException | None) -> Result:
    if isinstance(error, KilledWorker):
        return Result(token=token, lost=error.allowed_failures + 1, said="a worker was killed or has crashed")
    words = f"{type(error).__name__}: {error}"
    return Result(token=token, bug=words)


def _within(seconds: float, work: Callable[[], object]) -> None:
    """Does `work`, and does not wait longer: a worker that hangs must not hold us."""

    def quietly() -> None:
        try:
            work()
        except Exception as error:  # the cluster may be gone, which others say
            logging.getLogger(__name__).debug("%s", error)

    thread = threading.Thread(target=quietly, daemon=True)
    thread.start()
    thread.join(seconds)
