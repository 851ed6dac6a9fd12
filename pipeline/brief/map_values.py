"""How the values that belong to maps and recaps are written."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import ValidationInfo

from pipeline.brief.values import Wrong, named_path, words
from pipeline.nearest import shortened


@dataclass(frozen=True, kw_only=True)
class MapSource:
    """`auto`, `none`, a `file` (path set) or a `provider` (name set)."""

    kind: str
    name: str
    path: Path | None = None


def map_source(value: Any, info: ValidationInfo) -> MapSource:
    name = words(value)
    if name in ("auto", "none"):
        return MapSource(kind=name, name=name)
    if re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        return MapSource(kind="provider", name=name)
    return MapSource(kind="file", name=name, path=named_path(value, info).path)


def delay(value: Any) -> Fraction:
    """Seconds, from hours, minutes or days: `24 h`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(h|hours?|min|minutes?|d|days?|)", words(value, 40).lower())
    if not found or (not found[2] and float(found[1])):
        raise Wrong(f'"{shortened(str(value))}" is not a time to wait', "write 24 h, 30 min or 0")
    return Fraction(found[1]) * {"h": 3600, "m": 60, "d": 86400, "": 0}[found[2][:1]]


def zone(value: Any) -> str:
    """The name of a time zone."""
    name = words(value, 60)
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise Wrong(f'"{shortened(name)}" is not a time zone', "write its name, such as Europe/London") from None
    return name


def colour(value: Any) -> str:
    found = re.fullmatch(r"#?([0-9a-fA-F]{6})", words(value, 60))
    if not found:
        raise Wrong(f'"{shortened(str(value))}" is not a colour', 'write six digits in quotes: "#E4003A"')
    return f"#{found[1].lower()}"
