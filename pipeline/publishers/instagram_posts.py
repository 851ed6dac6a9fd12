"""The posts of an account on Instagram or Threads: finding ours among the newest, and reading it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from pipeline.http_door import Answer
from pipeline.publishers import Failure, Pace, Proof
from pipeline.publishers.answers import group, moment, rows, same_words
from pipeline.publishers.meta import Graph, error_of

STORIES = "stories"  # the edge; a story has no words
UNLISTED = "container "  # before a container's number: what is out and was not found among the posts

_DAY = timedelta(hours=24)
_UNLISTED_FOR = timedelta(hours=1)
_CLOCKS = timedelta(minutes=10)  # by which ours and the network's may differ
_GONE_S = (30.0, 60.0)  # the Graph does not know now and then what it made a moment ago
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
    film: str  # the field that tells how much of the film has come, "" without
    state: str
    reason: str
    words: str


class Posts:
    """Those of one account, `user`."""

    def __init__(self, graph: Graph, pace: Pace, dialect: Dialect, user: str) -> None:
        self._graph, self._pace, self._say, self._user = graph, pace, dialect, user

    def read(self, node: str, fields: str) -> Answer | None:
        """Fields of a post or a container; None when there is none, which is asked more than once."""
        for pause in (*_GONE_S, 0.0):
            answer = self._graph.get(node, {"fields": fields})
            if answer.status == 200:
                return answer
            if not _is_missing(answer):
                raise self.problem(answer)
            self._pace.sleep(pause)
        return None

    def good(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise self.problem(answer)
        return answer.values()

    def problem(self, answer: Answer) -> Failure:
        failure = self._graph.problem(answer)
        if failure.kind == "wait" and error_of(answer).get("error_subcode") == _DAILY_LIMIT:
            failure.until = self._pace.clock() + _DAY
        return failure

    def recognised(self, frozen: Mapping[str, Any], since: datetime) -> str:
        """The post that proves by its words alone that it is ours; stories have none, and "" has none."""
        wordless = frozen["edge"] == STORIES or not str(frozen["words"]).strip()
        return "" if wordless else self.listed(frozen, since)

    def listed(self, frozen: Mapping[str, Any], since: datetime) -> str:
        """A post that is known to be out: the newest since then with our words, or the only story. Else ""."""
        edge, words = str(frozen["edge"]), str(frozen["words"])
        newest = takewhile(lambda row: (moment(row.get("timestamp")) or since) >= since - _CLOCKS, self._newest(edge))
        if edge == STORIES:
            names = [str(row["id"]) for row in newest]
            return names[0] if len(names) == 1 else ""
        return next((str(row["id"]) for row in newest if same_words(row.get(self._say.words), words)), "")

    def proof(
        self, frozen: Mapping[str, Any], remote: str, field: str, faults: Callable[[dict[str, Any]], Iterable[str]]
    ) -> Proof:
        """The post read back; `faults` says what is wrong with it besides its film and its words, by `field`."""
        if remote.startswith(UNLISTED):
            made = made_at(frozen)
            if not (found := self.listed(frozen, made)):
                if self._pace.clock() - made < _UNLISTED_FOR:
                    return Proof(address="", shown="processing")
                words = f"{self._say.name} says that it is out, but it is not to be found among the newest posts"
                return Proof(address="", faults=(words,))
            remote = found
        answer = self.read(remote, f"id,permalink,media_type,{self._say.words},{field}")
        if answer is None:
            return Proof(address="", shown="private only", faults=("the post was not there when it was read back",))
        row = answer.values()
        ours = [] if row.get("media_type") == "VIDEO" else ["the post does not hold our clip"]
        if not same_words(row.get(self._say.words), str(frozen["words"])):
            ours.append("the post does not say our words")
        return Proof(address=str(row.get("permalink") or ""), faults=(*ours, *faults(row)))

    def _newest(self, edge: str) -> Iterator[Mapping[str, Any]]:
        fields = "id,timestamp" if edge == STORIES else f"id,timestamp,{self._say.words}"
        params = {"fields": fields, "limit": str(_PAGE)}
        for _ in range(_PAGES):
            answer = self.good(self._graph.get(f"{self._user}/{edge}", params))
            page = rows(answer, "data")
            yield from (row for row in page if row.get("id"))
            after = group(group(answer, "paging"), "cursors").get("after")
            if not after or len(page) < _PAGE:
                return
            params = {**params, "after": str(after)}


def made_at(frozen: Mapping[str, Any]) -> datetime:
    """When the container of a post was asked for."""
    return datetime.fromisoformat(str(frozen["made"]))


def _is_missing(answer: Answer) -> bool:
    """Code 100 with subcode 33 is what the Graph says of any number that it does not know."""
    return error_of(answer).get("error_subcode") in (_NO_CONTAINER, _NO_NODE)
