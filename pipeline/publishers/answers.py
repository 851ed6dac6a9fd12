"""What servers answer, read with care: nothing in it is taken for what it is not."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def group(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The values that lie under `name`; empty when none do."""
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


def rows(values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The list of values that lies under `name`; empty when there is none."""
    found = values.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def figure(value: object) -> int | None:
    """A number above nought; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def moment(text: object) -> datetime | None:
    """A time as ISO 8601 writes it, in UTC when it does not say where; None for anything else."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def same_words(one: object, other: object) -> bool:
    """Whether two texts say the same, spaces apart: servers put their own."""
    return _letters(one) == _letters(other)


def _letters(text: object) -> str:
    return "".join(unicodedata.normalize("NFC", str(text or "")).split())
