"""The JSON Schema of a brief, for editors that complete and check while one types.

`python -m pipeline.schema` writes it to configs/brief.schema.json; a test keeps the file true.
An editor finds it by a first line such as `# yaml-language-server: $schema=…/brief.schema.json`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pipeline import config
from pipeline.brief import Brief


def schema() -> dict[str, Any]:
    """Made from the models; defaults and descriptions come from configs/defaults.yml."""
    made = Brief.model_json_schema(by_alias=True)
    defaults = config.defaults()
    notes = _comments((config.configs() / "defaults.yml").read_text(encoding="utf-8"))
    for group in (made, *made["$defs"].values()):
        _without_titles(group)
    _annotate(made, made, defaults, notes, ())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "A make-promo brief",
        "required": ["title"],
        "oneOf": [{"required": [key]} for key in ("route", "routes", "tracks")],
    }


def _annotate(
    made: dict[str, Any],
    group: dict[str, Any],
    defaults: dict[str, Any],
    notes: dict[tuple[str, ...], str],
    at: tuple[str, ...],
) -> None:
    """Adds defaults and descriptions to the keys `at` a place; what has a default is not required."""
    for key, entry in group["properties"].items():
        if note := notes.get((*at, key)):
            entry["description"] = note
        default = defaults.get(key)
        inner = made["$defs"].get(str(entry.get("$ref", "")).rpartition("/")[2])
        if inner and isinstance(default, dict):
            _annotate(made, inner, default, notes, (*at, key))
        elif default is not None:
            entry["default"] = default
    required = [key for key in group.get("required", []) if defaults.get(key) is None]
    group.pop("required", None)
    if required:
        group["required"] = required


def _without_titles(group: dict[str, Any]) -> None:
    """Takes out the titles that only repeat the names."""
    group.pop("title", None)
    for one in (group, *group.get("anyOf", [])):
        one.pop("title", None)
        for entry in one.get("properties", {}).values():
            entry.pop("title", None)


def _comments(text: str) -> dict[tuple[str, ...], str]:
    """What stands behind each key of defaults.yml."""
    notes: dict[tuple[str, ...], str] = {}
    outer = ""
    for line in text.splitlines():
        found = re.match(r"( *)(\w+):(?:.*?\s#\s*(.+))?", line)
        if not found:
            continue
        indent, key, note = found.groups()
        outer = outer if indent else key
        if note:
            notes[(outer, key) if indent else (key,)] = note
    return notes


def text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def path() -> Path:
    return config.configs() / "brief.schema.json"


if __name__ == "__main__":
    path().write_text(text(), encoding="utf-8")
