"""What an account must know, such as its Page or board: asked of the network, and of a person what it cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.http_door import Request
from pipeline.nearest import shortened
from pipeline.networks import Find
from pipeline.secret import Secret
from pipeline.signing_in_site import Site

_AGAIN = "put that right, then run login again"
_MOST_WORDS = 200


@dataclass(frozen=True, kw_only=True)
class Found:
    """`token`: of what was chosen, when it has one of its own."""

    settings: dict[str, str] = field(default_factory=dict)
    name: str = ""
    token: Secret | None = None


def found(site: Site, given: Mapping[str, str], token: Secret) -> Found:
    """`given`: settings that are known and not asked for. ToolError when the network has nothing to post to."""
    settings, name, own = dict(given), "", None
    for find in site.file.find:
        row = _row(site, find, settings, token)
        if row is None:
            continue
        settings |= {key: _text(row, path) for key, path in find.settings.items() if not settings.get(key)}
        name = _text(row, find.name) or name
        own = Secret(_text(row, find.token)) if find.token else own
        site.guard(own)
    for ask in site.file.settings:
        if ask.needed and not settings.get(ask.key):
            settings[ask.key] = site.hands.word(ask.ask).strip()
    return Found(settings=settings, name=name, token=own)


def _row(site: Site, find: Find, settings: Mapping[str, str], token: Secret) -> Mapping[str, Any] | None:
    """The one that is chosen; None when the network shows none and a person may say it instead."""
    address = site.place(find.address, "api")
    answer = site.asked(Request(method="GET", url=address, params=find.params, headers=find.headers, bearer=token))
    if answer.status != 200:
        if find.none:
            raise site.failed(f"{site.file.label} says: {answer.words or f'error {answer.status}'}", _AGAIN)
        return None
    rows = [row for row in _rows(answer.values(), find.rows) if _counts(row, find)]
    known = {key: settings[key] for key in find.settings if settings.get(key)}
    rows = [row for row in rows if all(_text(row, find.settings[key]) == value for key, value in known.items())]
    if not rows:
        if find.token or (find.none and not known):
            named = " with " + ", ".join(f"{key} {value}" for key, value in known.items()) if known else ""
            raise site.failed(f"{find.none}{named}", _AGAIN)
        return None  # what was given may stand further down in the list than was shown
    index = site.hands.choose(find.question, [_shown(row, find) for row in rows]) if len(rows) > 1 else 0
    return rows[index]


def _rows(values: Mapping[str, Any], path: str) -> list[Mapping[str, Any]]:
    rows = _at(values, path) if path else values
    listed = rows if isinstance(rows, list) else [rows]
    return [row for row in listed if isinstance(row, Mapping)]


def _counts(row: Mapping[str, Any], find: Find) -> bool:
    whole = all(_text(row, path) for path in (*find.settings.values(), *([find.token] if find.token else [])))
    lists = [(_at(row, path), word) for path, word in find.has.items()]
    return whole and all(isinstance(held, list) and word in held for held, word in lists)


def _shown(row: Mapping[str, Any], find: Find) -> str:
    """What a person knows it by, and its numbers, for two may have one name."""
    numbers = " ".join(_text(row, path) for path in find.settings.values())
    words = f"{_text(row, find.shown)} ({numbers})" if find.shown not in find.settings.values() else numbers
    return shortened(words, _MOST_WORDS)


def _at(values: Any, path: str) -> Any:
    for step in path.split("."):
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _text(values: Any, path: str) -> str:
    found = _at(values, path) if path else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
