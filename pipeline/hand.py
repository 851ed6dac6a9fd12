"""A hand does nodes: what one process keeps between them, and how each kind of node is done.

The same hand works inside the command, in a worker process of this machine and on a Dask worker. It answers with plain
JSON, also for failures that are explained; anything else is a bug and raised.
"""

from __future__ import annotations

import atexit
import platform
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from pipeline import config, ffmpeg, nodes, workshop
from pipeline.brief.reading import read_brief
from pipeline.draw import Studio
from pipeline.engines import Tell
from pipeline.errors import BriefError, PromoError
from pipeline.files import Store, sha256
from pipeline.fingerprints import fingerprint
from pipeline.finish import finish
from pipeline.nodes import CANCELLED, Answer, Node
from pipeline.prepare import Wants, gather, looked_closer
from pipeline.production import Production, plan_production
from pipeline.render import DamagedFootage, draw, has_sound, make_sound
from pipeline.signing import proven

_KEPT = 3  # productions
_HANDS: list[Hand] = []  # of this process; one at most
_MAKING = threading.Lock()
_ONE = threading.Lock()  # node at a time: other people's workers may have many threads
Rest = Callable[[], Answer]
Made = TypeVar("Made")


def run_node(node: Node) -> Answer:
    """Does a node in this process: what engines outside the command call."""
    if strange := nodes.differences(node["stamp"], nodes.stamp()):
        return {"stranger": strange, "worker": platform.node()}
    with _ONE:
        return _ours().run(node)


def stop_nodes(prefix: str) -> None:
    """Stops the nodes of this process whose tokens begin with `prefix`, and does none of them any more."""
    _ours().stop(prefix)


def introduced(beacon: str) -> dict[str, Any]:
    """Who this worker is, and whether it sees the file `beacons/<beacon>` in the store of whoever asks."""
    store = config.cache_dir() / "store"
    return {"stamp": nodes.stamp(), "store": str(store), "sees": (store / "beacons" / beacon).exists()}


def _ours() -> Hand:
    with _MAKING:
        if not _HANDS:
            _HANDS.append(Hand())
            atexit.register(_HANDS[0].close)
        return _HANDS[0]


class Hand:
    """Plans and draws in one thread; `stop` may be called from any."""

    def __init__(self, tell: Tell = lambda token, frames: None) -> None:
        self._store = Store(config.cache_dir() / "store")
        self.tell = tell
        self._known: OrderedDict[str, tuple[Production, Studio | None]] = OrderedDict()
        self._runners: dict[str, ffmpeg.Runner] = {}
        self._stopped: list[str] = []
        self._lock = threading.Lock()
        self._scratch: dict[str, ExitStack] = {}

    def run(self, node: Node) -> Answer:
        """The whole node; what others do at this moment is not done twice."""
        pieces = node.get("pieces", ())
        with self._store.alone("node", pieces[0]) if pieces else nullcontext():
            rest = self.begin(node)
            return rest() if callable(rest) else rest

    def begin(self, node: Node) -> Answer | Rest:
        """Does what this thread must do (plan, draw). What is left is given back, and may be called in another."""
        token = node["token"]
        with self._lock:
            if any(token.startswith(prefix) for prefix in self._stopped):
                return CANCELLED
            runner = self._runners[token] = ffmpeg.Runner()
        made: Answer | Rest = {}
        try:
            made = _explained(node, lambda: self._work(node, runner))
        finally:
            if not callable(made):
                del self._runners[token]
        return (lambda: self._rest(node, made)) if callable(made) else made

    def _rest(self, node: Node, rest: Rest) -> Answer:
        try:
            return _explained(node, rest)
        finally:
            del self._runners[node["token"]]

    def stop(self, prefix: str) -> None:
        with self._lock:
            self._stopped.append(prefix)
            running = list(self._runners.items())  # at once: others of them end meanwhile
        for token, runner in running:
            if token.startswith(prefix):
                runner.stop()

    def close(self) -> None:
        self.stop("")
        for token in list(self._scratch):  # of what was drawn and never encoded
            self._tidied(token)

    def _work(self, node: Node, runner: ffmpeg.Runner) -> Answer | Rest:
        match node["kind"]:
            case "plan":
                return self._plan(node)
            case "shot":
                return self._shot(node, runner)
            case "sound":
                return self._sound(node, runner)
            case "finish":
                return self._finish(node, runner)
            case "proof":
                proven(self._production(node)[0], Path(node["folder"]), self._store, node["signed"])
                return {}
        raise ValueError(f"there is no node of the kind {node['kind']}")

    def _plan(self, node: Node) -> Answer:
        production = self._planned(node)
        mark = _mark(production)
        self._keep(_key(node, mark), production)
        missing = list(workshop.missing(production.files, self._store))
        sounds = {file.sound for file in production.files if not has_sound(file, self._store)}
        return {
            "id": production.name,
            "mark": mark,
            "problems": nodes.told(production.material.problems),
            "stretches": [
                {"pieces": [piece.fingerprint for piece in pieces], "frames": pieces[0].shot.frames}
                for pieces in missing
            ],
            "sounds": sorted(filter(None, sounds)),
            "bytes": workshop.room_for(missing),
        }

    def _planned(self, node: Node) -> Production:
        self._store = Store(self._store.root)  # what another process has pruned is not trusted any more
        wants = Wants.of(node["wants"])
        material = gather(read_brief(Path(node["brief"])), wants, self._store)
        trusted = frozenset((clip, Fraction(start)) for clip, start in node["trusted"])
        return plan_production(replace(material, trusted=trusted), wants)

    def _production(self, node: Node) -> tuple[Production, Studio | None]:
        """The production that was planned, also when another process planned it."""
        key = _key(node, node["mark"])
        if key not in self._known:
            production = self._planned(node)
            if _mark(production) != node["mark"]:
                what = "this, or a file that it names, was changed while it was being rendered"
                raise BriefError.at(node["brief"], what, "run again")
            self._keep(key, production)
        self._known.move_to_end(key)
        return self._known[key]

    def _keep(self, key: str, production: Production, studio: Studio | None = None) -> None:
        self._known[key] = (production, studio)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def _shot(self, node: Node, runner: ffmpeg.Runner) -> Answer | Rest:
        production, studio = self._production(node)
        wanted = workshop.named(production.files, node["pieces"])
        pieces = [piece for piece in wanted if not self._store.has(piece.fingerprint, ".mp4")]
        if not pieces:
            return {"made": 0}
        if studio is None:
            studio = production.studio(self._store)
            self._keep(_key(node, node["mark"]), production, studio)
        open_ = self._scratch[node["token"]] = ExitStack()
        try:
            scene = draw(pieces, studio, open_.enter_context(workshop.scratch_folder(self._store)))
        except BaseException:
            self._tidied(node["token"])
            raise

        def encoded() -> Answer:
            try:
                tell = lambda frames: self.tell(node["token"], frames)  # noqa: E731
                refused = workshop.encoded(scene, production, self._store, runner, tell)
            except DamagedFootage as found:
                fine = looked_closer(found.clip, found.span, self._store, whole=found.whole)
                trusted = [[found.clip.fingerprint, str(found.span.start)]] if fine else []
                return {"damaged": found.clip.name, "trusted": trusted}
            finally:
                self._tidied(node["token"])
            return {"made": len(pieces), "refused": refused}

        return encoded

    def _tidied(self, token: str) -> None:
        if scratch := self._scratch.pop(token, None):
            scratch.close()

    def _sound(self, node: Node, runner: ffmpeg.Runner) -> Rest:
        production, _ = self._production(node)
        file = next(file for file in production.files if file.sound in node["pieces"])

        def made() -> Answer:
            make_sound(file, self._store, runner)
            return {"made": 1}

        return made

    def _finish(self, node: Node, runner: ffmpeg.Runner) -> Answer:
        production, _ = self._production(node)
        now = datetime.fromisoformat(node["now"])
        renditions, problems = finish(production, Path(node["folder"]), self._store, runner, now)
        return {
            "renditions": [one.told() for one in renditions],
            "problems": nodes.told(problems),
            "languages": list(production.material.brief.languages),
            "draft": production.draft,
        }


def _mark(production: Production) -> str:
    """What tells whether two processes have planned the same."""
    brief = production.material.brief
    return fingerprint([brief.id, sha256(brief.path), *(file.fingerprint for file in production.files)])


def _key(node: Node, mark: str) -> str:
    """Productions are kept for one brief of one run: a worker lives longer than a file stays as it is."""
    return f"{node['token'].rpartition('/')[0]} {mark}"


def _explained(node: Node, work: Callable[[], Made]) -> Made | Answer:
    """What `work` gives, or the answer that explains why it failed."""
    try:
        return work()
    except PromoError as error:
        return nodes.failure(error)
    except ffmpeg.Cancelled:
        return CANCELLED
    except OSError as error:
        where = Path(str(error.filename)).name if error.filename else node["brief"]
        return nodes.failure(nodes.disk_error(where, error))
