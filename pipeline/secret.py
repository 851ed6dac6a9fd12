"""A value that opens an account: it shows itself to nobody who does not ask for it by name.

It is never printed, formatted, pickled or compared by accident. `blackened` takes every known one out of a text that
came from outside, for servers repeat in their complaints what they were sent.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import NoReturn

HIDDEN = "•••"
_SHORTEST = 6  # shorter ones would black out ordinary words


class Secret:
    """`reveal()` gives the value; everything else gives dots."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not handed on by pickling")


def blackened(text: str, secrets: Iterable[Secret]) -> str:
    """`text` with dots where a secret stood."""
    for secret in secrets:
        value = secret.reveal()
        if len(value) >= _SHORTEST:
            text = text.replace(value, HIDDEN)
    return text
