"""Groups of colours in a file of ours: `#rrggbb` in small letters, and the contrast that pairs of them must have.

Contrast is that of WCAG 2.2: text 4.5 : 1, lines and signs 3. All that is wrong is collected, never raised here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.colours import contrast
from pipeline.errors import Problem
from pipeline.nearest import listed, shortened, unknown
from pipeline.yaml_file import Document

TEXT_CONTRAST = 4.5
SIGN_CONTRAST = 3.0

Pair = tuple[str, str, float]  # two colours by name (`areas.water` in a group) and the least contrast between them


def block(where: str, what: str, remedy: str = "") -> Problem:
    return Problem(level="block", where=where, what=what, remedy=remedy)


def refuse_unknown(
    document: Document, group: Mapping[str, Any], at: tuple[str, ...], known: Iterable[str], problems: list[Problem]
) -> None:
    known = list(known)
    problems += [
        block(document.where(*at, key), unknown(key, known), f"keys here are {listed(known, 'and')}")
        for key in group
        if key not in known
    ]


def group_at(
    document: Document, at: tuple[str, ...], keys: Iterable[str], problems: list[Problem]
) -> dict[str, Any] | None:
    """The mapping at a place of the file; None, and a problem that lists its keys, where there is none."""
    found: Any = document.tree
    for step in at:
        found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, dict):
        return found
    remedy = f"it has {listed(list(keys), 'and')}"
    problems.append(block(document.where(*at), f"the group `{at[-1]}:` is needed here", remedy))
    return None


def read_colours(
    document: Document,
    group: Mapping[str, Any],
    at: tuple[str, ...],
    keys: Iterable[str],
    problems: list[Problem],
    *,
    optional: Iterable[str] = (),
) -> dict[str, str]:
    """The colours of `keys` that can be read; what cannot goes to `problems`."""
    colours: dict[str, str] = {}
    for key in keys:
        value = group.get(key)
        if value is None and key in optional:
            continue
        if value is None:
            what = f"the colour {key} is missing"
            problems.append(block(document.where(*at, key), what, 'write it in quotes: "#E4003A"'))
        elif found := re.fullmatch(r"#?([0-9a-fA-F]{6})", str(value)):
            colours[key] = f"#{found[1].lower()}"
        else:
            what = f'"{shortened(str(value))}" is not a colour'
            problems.append(block(document.where(*at, key), what, 'write six digits in quotes: "#E4003A"'))
    return colours


def check_contrast(
    document: Document,
    colours: Mapping[str, str],
    at: tuple[str, ...],
    pairs: Iterable[Pair],
    problems: list[Problem],
) -> None:
    """Colours by name; those of a group inside are named `group.key`."""
    for a, b, least in pairs:
        if a in colours and b in colours and (ratio := contrast(colours[a], colours[b])) < least:
            what = f"{a} {colours[a]} on {b} {colours[b]} has a contrast of {int(ratio * 10) / 10:.1f} : 1"
            remedy = f"{least:g} : 1 is needed: make one of the two darker or the other lighter"
            problems.append(block(document.where(*at, *a.split(".")), what, remedy))
