"""What an account needs to be told, such as its Page or board: asked of the network, and of a person what it cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.errors import ToolError
from pipeline.http_door import Request, Sends
from pipeline.networks import Find, NetworkFile, placed
from pipeline.publishers import Pace, asked
from pipeline.secret import Secret

_MOST = 200


class Hands(Protocol):
    """The person who signs in."""

    def word(self, question: str, *, hidden: bool = False, needed: bool = True) -> str: ...
    def choose(self, question: str, options: Sequence[str]) -> int: ...
    def tell(self, words: str) -> None: ...
    def browse(self, address: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Found:
    """`token`: of what was chosen, when it has one of its own."""

    settings: dict[str, str] = field(default_factory=dict)
    name: str = ""
    token: Secret | None = None


def found(
    file: NetworkFile, server: str, given: Mapping[str, str], token: Secret, hands: Hands, door: Sends, pace: Pace
) -> Found:
    """`given`: settings that are known and not to be asked for. ToolError when the network has nothing to post to."""
    settings, name, own = dict(given), "", None
    for find in file.find:
        row = _row(file, find, server, settings, own or token, hands, door, pace)
        if row is None:
            continue
        settings |= {key: _text(row, path) for key, path in find.settings.items() if not settings.get(key)}
        name = _text(row, find.name) or name
        own = Secret(_text(row, find.token)) if find.token else own
    for ask in file.settings:
        if ask.needed and not settings.get(ask.key):
            settings[ask.key] = hands.word(ask.ask).strip()
    return Found(settings=settings, name=name, token=own)


def _row(
    file: NetworkFile, find: Find, server: str, settings: Mapping[str, str], token: Secret, hands: Hands, door: Sends,
    pace: Pace,
) -> Mapping[str, Any] | None:  # fmt: skip
    """The one that is chosen; None when the network shows none and a person may say it instead."""
    address = placed(find.address, server, settings, find.base)
    request = Request(method="GET", url=address, params=find.params, headers=find.headers, bearer=token)
    answer = asked(door, request, pace, file.label)
    if answer.status != 200:
        if find.none:
            raise ToolError.at(file.id, f"{file.label} says: {answer.words or f'error {answer.status}'}", _AGAIN)
        return None
    rows = [row for row in _rows(answer.values(), find.rows) if _counts(row, find)]
    known = {key: settings[key] for key in find.settings if settings.get(key)}
    chosen = [row for row in rows if all(_text(row, find.settings[key]) == value for key, value in known.items())]
    if known and not chosen and not find.token:
        return None  # a list may be longer than what was shown of it
    if not chosen and find.none:
        raise ToolError.at(file.id, find.none, _AGAIN)
    if len(chosen) > 1:
        named = [_shown(row, find) for row in chosen]
        return chosen[hands.choose(find.question, named)]
    return chosen[0] if chosen else None


_AGAIN = "put that right, then run login again"


def _rows(values: Mapping[str, Any], path: str) -> list[Mapping[str, Any]]:
    rows = _at(values, path) if path else values
    listed = rows if isinstance(rows, list) else [rows]
    return [row for row in listed if isinstance(row, Mapping)]


def _counts(row: Mapping[str, Any], find: Find) -> bool:
    whole = all(_text(row, path) for path in (*find.settings.values(), *([find.token] if find.token else [])))
    lists = [(_at(row, path), word) for path, word in find.has.items()]
    return whole and all(isinstance(held, list) and word in held for held, word in lists)


def _shown(row: Mapping[str, Any], find: Find) -> str:
    """What a person knows it by, and its number, for two may have one name."""
    number = " ".join(_text(row, path) for path in find.settings.values())
    words = f"{_text(row, find.shown)} ({number})" if find.shown not in find.settings.values() else number
    return "".join(c if c.isprintable() else " " for c in words)[:_MOST]


def _at(values: Any, path: str) -> Any:
    for step in path.split("."):
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _text(values: Any, path: str) -> str:
    found = _at(values, path) if path else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
