"""One event, what may be said in it, and the hash that ties it to the one before.

Payloads are plain values under plain names. A name that speaks of a secret is refused whatever stands below it: nothing
that opens an account may ever lie in the ledger.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_SECRET = re.compile(
    r"token|secret|passw|passphrase|credential|authori[sz]ation|bearer|cookie|session|jwt|signature|private|api_?key|"
    r"(^|_)(key|keys|auth|pin|otp|code_verifier)$"
)
_MOST_BYTES = 1 << 20
MOST = {"kind": 60, "who": 200, "subject": 2000, "code": 60}  # characters of each column


class Refused(ValueError):
    """What may not be written to the ledger: a mistake of ours, not of the person."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """`at` in UTC. `subject`: what it is about, such as a promo's folder. `once`: a name that this event has taken."""

    id: int
    at: datetime
    kind: str
    who: str
    subject: str
    code: str
    once: str | None
    payload: Mapping[str, Any] = field(hash=False)
    previous: str = field(repr=False)
    hash: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        number, at, kind, who, subject, code, once, payload, previous, own = row
        return cls(
            id=number, at=datetime.fromisoformat(at), kind=kind, who=who, subject=subject, code=code, once=once,
            payload=json.loads(payload), previous=previous, hash=own,
        )  # fmt: skip


def link(row: Sequence[Any]) -> str:
    """The hash of an event: of all its columns, the hash of the event before among them."""
    return hashlib.sha256(json.dumps(list(row), ensure_ascii=False).encode()).hexdigest()


def payload_text(payload: Mapping[str, Any]) -> str:
    """The payload as it is kept. Refused when it is not plain, too large, or has a secret's name in it."""
    _check(payload, "payload")
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    text = _well_formed(text)
    if len(text.encode()) > _MOST_BYTES:
        raise Refused("an event holds at most 1 MiB")
    return text


def plain(text: str, most: int) -> str:
    """A word of an event on one line, without what could not be stored or would not be seen."""
    return _well_formed("".join(c if c.isprintable() else " " for c in text))[:most]


def _well_formed(text: str) -> str:
    """Half characters (lone surrogates, as odd file names have) cannot be stored."""
    return text.encode("utf-8", "replace").decode()


def _check(value: Any, where: str) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise Refused(f"{where}: {name!r} is not a plain name")
            if _SECRET.search(name):
                raise Refused(f"{where}.{name}: secrets are not written to the ledger")
            _check(inner, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            _check(inner, f"{where}[{number}]")
    elif value is not None and not isinstance(value, str | int | float):
        raise Refused(f"{where}: {type(value).__name__} is not a plain value")
