"""A container: a film and its words, held by Instagram or Threads for a day, until one call makes them public.

    made ─► IN_PROGRESS ─► FINISHED ─► (the public call) ─► PUBLISHED
                └─► ERROR              └─► a day later: EXPIRED

It says of itself what became of it. So a lost answer is cured with certainty while the container lives; afterwards only
the post itself proves anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pipeline.publishers import Failure, Pace, Sighting
from pipeline.publishers.answers import figure, group, rows
from pipeline.publishers.instagram_posts import UNLISTED, Dialect, Posts, made_at
from pipeline.publishers.meta import Graph, error_of

LIFE = timedelta(hours=24)

Value = TypeVar("Value")

_FULL_WAIT = timedelta(hours=1)  # the quota is of the last day and more of it comes free all the time; asking is free
_ASKS_S = (30.0, 60.0, 60.0, 60.0, 60.0)  # once a minute, for five minutes
_SETTLE_S = (0.0, 5.0, 10.0, 15.0)  # the call whose answer was lost may still be at work
_RECENT = timedelta(minutes=10)
_FETCH_AGAIN_S = 10.0
_NOT_FETCHED = 2207052


@dataclass(frozen=True, kw_only=True)
class State:
    """`sent`: the bytes of the film that the store has; `whole`: it has them all."""

    code: str
    reason: str = ""
    sent: int = 0
    whole: bool = False


class Containers:
    """Those of one account, `user`."""

    def __init__(self, graph: Graph, pace: Pace, dialect: Dialect, user: str) -> None:
        self._graph, self._pace, self._say, self._user = graph, pace, dialect, user
        self.posts = Posts(graph, pace, dialect, user)

    def refuse_full(self) -> None:
        """Failure `wait` when the account has posted as often as it may in a day."""
        answer = self.posts.good(self._graph.get(f"{self._user}/{self._say.quota}", {"fields": "quota_usage,config"}))
        row = next(iter(rows(answer, "data")), {})
        most = figure(group(row, "config").get("quota_total")) or self._say.usual_quota
        if (figure(row.get("quota_usage")) or 0) >= most:
            words = f"{self._say.name} takes {most} posts a day, and the account has made them"
            raise Failure("wait", words, until=self._pace.clock() + _FULL_WAIT)

    def made(self, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A new container: its number, and all of the answer."""
        found = self._graph.post(f"{self._user}/{self._say.make}", values)
        if error_of(found).get("error_subcode") == _NOT_FETCHED:  # now and then for a film that lies there well
            self._pace.sleep(_FETCH_AGAIN_S)
            found = self._graph.post(f"{self._user}/{self._say.make}", values)
        answer = self.posts.good(found)
        if not (number := str(answer.get("id") or "")):
            raise Failure("restart", f"{self._say.name} did not say where it keeps the clip")
        return number, answer

    def state(self, number: str, *, film: bool = False) -> State | None:
        """None when the network knows no such container. `film`: also how much of the film has come."""
        fields = [self._say.state, self._say.reason, *([self._say.film] if film else [])]
        answer = self.posts.read(number, ",".join(fields))
        if answer is None:
            return None
        found = answer.values()
        code = str(found.get(self._say.state) or "IN_PROGRESS")
        phase = group(group(found, self._say.film), "uploading_phase")
        sent = figure(phase.get("bytes_transferred")) or 0
        whole = code in ("FINISHED", "PUBLISHED") or phase.get("status") == "complete"
        return State(code=code, reason=answer.said(found.get(self._say.reason) or ""), sent=sent, whole=whole)

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
        return broken(state.reason)

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
        failure = self.posts.problem(answer)
        if failure.kind in ("wait", "sign-in", "account"):
            raise failure
        try:
            state = self.state(number)
        except Failure:
            raise Failure("unknown", failure.words) from None
        if state is None and (remote := self.posts.recognised(frozen, made_at(frozen))):
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
            return Sighting(found="there", remote=self.posts.listed(frozen, since) or f"{UNLISTED}{number}")
        alive = self._pace.clock() - made_at(frozen) < LIFE
        if code == "IN_PROGRESS" and alive:
            raise Failure("later", f"{name} is still publishing it", "run publish again later")
        if code in ("FINISHED", "ERROR"):
            return Sighting(found="absent", same_only=code == "FINISHED" and now - since < _RECENT)
        if state and code == "EXPIRED" and alive:
            return Sighting(found="absent")
        if remote := self.posts.recognised(frozen, since):
            return Sighting(found="there", remote=remote)
        return Sighting(
            found="unsure",
            why=f"{name} no longer knows what became of it, and no post with its words is among the newest",
        )


def twice(step: Callable[[bool], Value]) -> Value:
    """`step(False)`; and when that ends with `restart`, once more from the beginning: `step(True)`."""
    try:
        return step(False)
    except Failure as failure:
        if failure.kind != "restart":
            raise
    return step(True)
