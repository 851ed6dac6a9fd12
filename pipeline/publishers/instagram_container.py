"""A container: a film and its words, held by Instagram or Threads for a day, until one call makes them public.

    made ─► IN_PROGRESS ─► FINISHED ─► (the public call) ─► PUBLISHED
                └─► ERROR              └─► a day later: EXPIRED

It says of itself what became of it. So a lost answer is cured with certainty while the container lives; afterwards only
the post itself proves anything.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pipeline.http_door import Answer
from pipeline.publishers import Failure, Pace, Sighting
from pipeline.publishers.meta import Graph, error_of

LIFE = timedelta(hours=24)
UNLISTED = "container "  # before a container's number: what is out and not found among the posts

Value = TypeVar("Value")

_DAY = timedelta(hours=24)
_FULL_WAIT = timedelta(hours=1)  # the quota is of the last day and more of it comes free all the time; asking is free
_ASKS_S = (30.0, 60.0, 60.0, 60.0, 60.0)  # once a minute, for five minutes
_SETTLE_S = (0.0, 5.0, 10.0, 15.0)  # the call whose answer was lost may still be at work
_GONE_S = (30.0, 60.0)  # the Graph does not know now and then what it made a moment ago
_RECENT = timedelta(minutes=10)
_CLOCKS = timedelta(minutes=10)  # by which ours and the network's may differ
_PAGES, _PAGE = 5, 10
_DAILY_LIMIT, _NO_CONTAINER, _NO_NODE = 2207042, 2207008, 33


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What the two networks call the same things: edges of the account, fields of a container and of a post."""

    name: str
    quota: str
    usual_quota: int
    make: str
    publish: str
    container: str  # the fields to ask for
    state: str
    reason: str
    words: str


@dataclass(frozen=True, kw_only=True)
class State:
    """`sent`: the bytes of the film that its store has."""

    code: str
    reason: str = ""
    sent: int = 0


class Containers:
    """Those of one account, `user`."""

    def __init__(self, graph: Graph, pace: Pace, dialect: Dialect, user: str) -> None:
        self._graph, self._pace, self._say, self._user = graph, pace, dialect, user

    def refuse_full(self) -> None:
        """Failure `wait` when the account has posted as often as it may in a day."""
        answer = self._good(self._graph.get(f"{self._user}/{self._say.quota}", {"fields": "quota_usage,config"}))
        rows = answer.get("data")
        row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
        config = row.get("config")
        used, most = row.get("quota_usage"), config.get("quota_total") if isinstance(config, dict) else None
        most = most if isinstance(most, int) and most > 0 else self._say.usual_quota
        if isinstance(used, int) and used >= most:
            words = f"{self._say.name} takes {most} posts a day, and the account has made them"
            raise Failure("wait", words, until=self._pace.clock() + _FULL_WAIT)

    def made(self, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A new container: its number, and all of the answer."""
        answer = self._good(self._graph.post(f"{self._user}/{self._say.make}", values))
        if not (number := str(answer.get("id") or "")):
            raise Failure("restart", f"{self._say.name} did not say where it keeps the clip")
        return number, answer

    def state(self, number: str) -> State | None:
        """None when the network knows no such container."""
        found = self.read(number, self._say.container)
        if found is None:
            return None
        return State(
            code=str(found.get(self._say.state) or "IN_PROGRESS"),
            reason=str(found.get(self._say.reason) or ""),
            sent=_sent(found.get("video_status")),
        )

    def ready(self, number: str, broken: Callable[[str], Failure]) -> State:
        """Waits until it can be published, or is. `broken`: what a reason means. Failure `later` when it takes long."""
        for pause in _ASKS_S:
            self._pace.sleep(pause)
            state = self.state(number)
            if state is None or state.code in ("ERROR", "EXPIRED"):
                raise self.lost(state, broken)
            if state.code in ("FINISHED", "PUBLISHED"):
                return state
        words = f"{self._say.name} is still preparing the clip"
        raise Failure("later", words, "run publish again later: it goes on from there")

    def lost(self, state: State | None, broken: Callable[[str], Failure]) -> Failure:
        """What it means that a container is in `state` and will never be published."""
        if state is None or state.code == "EXPIRED":
            return Failure("restart", f"{self._say.name} no longer has the clip: it keeps one for a day")
        failure = broken(state.reason)
        failure.dropped = True
        return failure

    def published(self, frozen: Mapping[str, Any], broken: Callable[[str], Failure]) -> str:
        """The public call. A refusal is believed only when the container is not public all the same."""
        number, name = str(frozen["container"]), self._say.name
        if frozen.get("out"):
            raise Failure("unknown", f"{name} says that it is out already")
        path = f"{self._user}/{self._say.publish}"
        answer = self._graph.post(path, {"creation_id": number}, public=True)
        if answer.status == 200:
            if remote := str(answer.values().get("id") or ""):
                return remote
            raise Failure("unknown", f"{name} did not say which post it made")
        failure = self.problem(answer)
        if failure.kind in ("wait", "sign-in", "account"):
            raise failure
        try:
            state = self.state(number)
        except Failure:
            raise Failure("unknown", failure.words) from None
        if state is None and (remote := self._recognised(frozen, _made(frozen))):
            return remote
        if state is None or state.code in ("ERROR", "EXPIRED"):
            raise self.lost(state, broken)
        if state.code == "PUBLISHED":
            raise Failure("unknown", f"{failure.words}; it is out already")
        if state.code == "IN_PROGRESS":
            raise Failure("later", f"{name} is still preparing the clip", "run publish again later")
        raise failure

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        number, name, now = str(frozen["container"]), self._say.name, self._pace.clock()
        state: State | None = None
        for pause in _SETTLE_S if now - since < timedelta(minutes=1) else (0.0,):
            self._pace.sleep(pause)
            state = self.state(number)
            if state is None or state.code not in ("FINISHED", "IN_PROGRESS"):
                break
        code = state.code if state else "EXPIRED"
        if code == "PUBLISHED":
            return Sighting(found="there", remote=self._listed(frozen, since) or f"{UNLISTED}{number}")
        alive = self._pace.clock() - _made(frozen) < LIFE
        if code == "IN_PROGRESS" and alive:
            raise Failure("later", f"{name} is still publishing it", "run publish again later")
        if code in ("FINISHED", "ERROR"):
            return Sighting(found="absent", same_only=code == "FINISHED" and now - since < _RECENT)
        if state and code == "EXPIRED" and alive:
            return Sighting(found="absent")
        if remote := self._recognised(frozen, since):
            return Sighting(found="there", remote=remote)
        return Sighting(
            found="unsure",
            why=f"{name} no longer knows what became of it, and no post with its words is among the newest",
        )

    def listed(self, frozen: Mapping[str, Any], remote: str) -> str:
        """The post's own name where so far only its container was known; "" while it is not to be found."""
        if not remote.startswith(UNLISTED):
            return remote
        return self._listed(frozen, _made(frozen))

    def read(self, node: str, fields: str) -> dict[str, Any] | None:
        """Fields of a container or a post; None when there is none, which is asked more than once."""
        for pause in (*_GONE_S, 0.0):
            answer = self._graph.get(node, {"fields": fields})
            if answer.status == 200:
                return answer.values()
            if not _is_missing(answer):
                raise self.problem(answer)
            self._pace.sleep(pause)
        return None

    def problem(self, answer: Answer) -> Failure:
        failure = self._graph.problem(answer)
        if failure.kind == "wait" and error_of(answer).get("error_subcode") == _DAILY_LIMIT:
            failure.until = self._pace.clock() + _DAY
        return failure

    def _recognised(self, frozen: Mapping[str, Any], since: datetime) -> str:
        """The post that proves by its words alone that it is ours; stories have none, and "" has none."""
        wordless = frozen["edge"] == "stories" or not str(frozen["words"]).strip()
        return "" if wordless else self._listed(frozen, since)

    def _listed(self, frozen: Mapping[str, Any], since: datetime) -> str:
        """A post that is known to be out: the newest since then with our words, or the only story. Else ""."""
        edge, words = str(frozen["edge"]), str(frozen["words"])
        rows = [row for row in self._newest(edge) if (_moment(row) or since) >= since - _CLOCKS]
        if edge == "stories":
            return str(rows[0]["id"]) if len(rows) == 1 else ""
        return next((str(row["id"]) for row in rows if same_words(row.get(self._say.words), words)), "")

    def _newest(self, edge: str) -> Iterator[dict[str, Any]]:
        fields = "id,timestamp" if edge == "stories" else f"id,timestamp,{self._say.words}"
        params = {"fields": fields, "limit": str(_PAGE)}
        for _ in range(_PAGES):
            answer = self._good(self._graph.get(f"{self._user}/{edge}", params))
            rows = answer.get("data")
            yield from (row for row in rows or () if isinstance(row, dict) and row.get("id"))
            paging = answer.get("paging")
            cursors = paging.get("cursors") if isinstance(paging, dict) else None
            after = cursors.get("after") if isinstance(cursors, dict) else None
            if not after or not isinstance(rows, list) or len(rows) < _PAGE:
                return
            params = {**params, "after": str(after)}

    def _good(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise self.problem(answer)
        return answer.values()


def twice(step: Callable[[bool], Value]) -> Value:
    """`step(False)`; and when that ends with `restart`, once more from the beginning: `step(True)`."""
    try:
        return step(False)
    except Failure as failure:
        if failure.kind != "restart":
            raise
    return step(True)


def same_words(shown: Any, ours: str) -> bool:
    """Whether a post says our words, spaces apart."""
    return _letters(shown if isinstance(shown, str) else "") == _letters(ours)


def _made(frozen: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(frozen["made"]))


def _letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFC", text) if not c.isspace())


def _sent(video: Any) -> int:
    phase = video.get("uploading_phase") if isinstance(video, dict) else None
    count = phase.get("bytes_transferred") if isinstance(phase, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0


def _moment(row: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(row.get("timestamp") or ""))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _is_missing(answer: Answer) -> bool:
    """Code 100 with subcode 33 is what the Graph says of any number that it does not know."""
    return error_of(answer).get("error_subcode") in (_NO_CONTAINER, _NO_NODE)
