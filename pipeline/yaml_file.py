"""YAML as people write it, with the place of every value, read in one pass over the parser's events.

YAML 1.2: `no` and `on` are words and `1:30` is text, whatever the file claims of itself. Anchors, aliases and
tags have no use in a brief and are refused, so a small file can neither swell nor run anything. With
`numbers=False` numbers keep their spelling (`1.50` stays "1.50") and only null, true and false are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from pipeline import yaml_words
from pipeline.errors import BriefError, Problem
from pipeline.nearest import nearest, shortened

MOST_BYTES = 1_000_000
MOST_DEPTH = 20
MOST_EVENTS = 20_000

Steps = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, from 1

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_COLON = re.compile(r"\s*:")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, kw_only=True, eq=False)
class Document:
    """A YAML mapping as plain values. `places` has the key of every entry and the start of every item."""

    name: str  # the file as it was given
    tree: dict[str, Any]
    places: Mapping[Steps, Place]
    problems: tuple[Problem, ...]  # found on the way; the values are usable all the same

    def where(self, *steps: str | int) -> str:
        return where(self.name, self.places, steps)


def where(name: str, places: Mapping[Steps, Place], steps: Steps) -> str:
    """`route.yml:7:5: footage[1].use`; for what is not written, the place of what would hold it."""
    written: Steps = ()
    place: Place = (1, 1)
    words = ""
    for step in steps:
        at = (*written, step)
        if isinstance(step, int) and at not in places:
            continue  # a single value stands where a list may be
        written = at
        place = places.get(at, place)
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    line, column = place
    return f"{name}:{line}:{column}: {words}" if words else f"{name}:{line}:{column}"


def read(path: Path, *, numbers: bool = True) -> Document:
    """The mapping in a YAML file. Raises BriefError: missing, too large, not text, not YAML, no mapping."""
    name = str(path)
    text = _text(path, name)
    reader = _Reader(name=name, text=text, numbers=numbers)
    try:
        tree = reader.document()
    except ReaderError as error:
        line, column = _line_and_column(text, int(error.position))
        raise BriefError.at(
            f"{name}:{line}:{column}", "there is a character here that no text should have", "delete it"
        ) from None
    except MarkedYAMLError as error:
        place, what, remedy = yaml_words.explained(error)
        raise BriefError.at(f"{name}:{place[0]}:{place[1]}", what, remedy) from None
    except YAMLError as error:
        raise BriefError.at(name, f"this is not YAML: {str(error).splitlines()[0]}") from None
    if tree is None:
        raise BriefError.at(name, "the file is empty", "a brief needs at least `title:` and `route:`")
    if not isinstance(tree, dict):
        kind = "a list" if isinstance(tree, list) else "a single text"
        raise BriefError.at(
            f"{name}:1:1", f"this is {kind}, not keys with values", "write lines such as `title: My walk`"
        )
    return Document(name=name, tree=tree, places=reader.places, problems=tuple(reader.problems))


def _text(path: Path, name: str) -> str:
    try:
        if path.is_dir():
            raise BriefError.at(name, "this is a folder, not a file", "name the .yml file in it")
        if not path.exists():
            raise BriefError.at(name, "there is no such file", _similar(path))
        if not path.is_file():
            raise BriefError.at(name, "this is not an ordinary file", "name a .yml file")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BriefError.at(name, f"the file cannot be read: {reason}") from None
    if len(raw) > MOST_BYTES:
        raise BriefError.at(name, "the file is larger than 1 MB", "a brief is a page of text: is this the right file?")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        remedy = "save the file as UTF-8 (in Notepad: Save as, Encoding: UTF-8)"
        raise BriefError.at(f"{name}:{line}:1", "this line is not UTF-8 text", remedy) from None


def _similar(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either"
    briefs = [other.name for pattern in ("*.yml", "*.yaml") for other in path.parent.glob(pattern)]
    close = nearest(path.name, briefs)
    return f'did you mean "{path.with_name(close[0])}"?' if close else "check the name and the folder"


def _line_and_column(text: str, offset: int) -> Place:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


@dataclass(kw_only=True)
class _Reader:
    """Builds the tree while walking the events; lives for one file."""

    name: str
    text: str
    numbers: bool
    places: dict[Steps, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def document(self) -> Any:
        events = self._checked(YAML(typ="safe", pure=True).parse(self.text))
        tree = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(event, "a second document begins here", "one file holds one: delete the line ---")
                tree = self._value(next(events), events, ())
        return tree

    def _checked(self, events: Iterator[Event]) -> Iterator[Event]:
        """The events as they come, stopping at what is refused before the parser does more work."""
        depth = 0
        for count, event in enumerate(events):
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
                remedy = "write the value out; text that begins with & or * goes in quotes"
                self._stop(event, "anchors (&) and aliases (*) are not used here", remedy)
            if getattr(event, "tag", None) is not None:
                self._stop(event, "tags (!) are not used here", "text that begins with ! goes in quotes")
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
            if depth > MOST_DEPTH:
                self._stop(event, f"values are nested more than {MOST_DEPTH} deep", "is this the right file?")
            if count > MOST_EVENTS:
                self._stop(event, f"there are more than {MOST_EVENTS} values", "is this the right file?")
            yield event

    def _value(self, event: Event, events: Iterator[Event], at: Steps) -> Any:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), SequenceEndEvent):
                steps = (*at, len(items))
                self.places[steps] = _place(item)
                items.append(self._value(item, events, steps))
            return items
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, events, at)
        self._stop(event, "a value is expected here", "write one, or delete the key")

    def _mapping(self, start: MappingStartEvent, events: Iterator[Event], at: Steps) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        rests: dict[str, tuple[int, int]] = {}  # texts with commas: from and to in the file
        plain: tuple[str, ScalarEvent] | None = None  # the entry before, when it is unquoted text
        while not isinstance(key := next(events), MappingEndEvent):
            if not isinstance(key, ScalarEvent):
                remedy = "put text that begins with { or [ in quotes"
                self._stop(key, "a key must be a word, and here is a list or a group", remedy)
            word = str(key.value)
            value = next(events)
            if plain and start.flow_style and self._is_rest(key, value):
                rests[plain[0]] = (plain[1].start_mark.index, key.end_mark.index)
                continue
            steps = (*at, word)
            if word in entries:
                first = self.places[steps][0]
                spot = "{}:{}:{}".format(self.name, *_place(key))
                what = f'"{shortened(word)}" is written twice, first in line {first}'
                self.problems.append(Problem(level="block", where=spot, what=what, remedy="keep one of them"))
            self.places.setdefault(steps, _place(key))
            entries[word] = self._value(value, events, steps)
            unquoted = isinstance(value, ScalarEvent) and not value.style and value.value != ""
            plain = (word, value) if unquoted and isinstance(value, ScalarEvent) else None
        for word, (start_at, end_at) in rests.items():
            entries[word] = " ".join(self.text[start_at:end_at].split())
        return entries

    def _is_rest(self, key: ScalarEvent, value: Event) -> bool:
        """In `{text: Meadow, pond}` YAML sees a key `pond` without a value; the author sees one text."""
        bare = isinstance(value, ScalarEvent) and not value.style and value.value == ""
        return bare and not key.style and not _COLON.match(self.text, key.end_mark.index)

    def _scalar(self, event: ScalarEvent) -> Any:
        word = str(event.value)
        if event.style:
            return word
        if word in _NULL:
            return None
        if word in _BOOL:
            return _BOOL[word]
        if self.numbers and len(word) < 40:
            if _INT.fullmatch(word):
                return int(word)
            if _FLOAT.fullmatch(word):
                return float(word)
        return word

    def _stop(self, event: Event, what: str, remedy: str) -> NoReturn:
        line, column = _place(event)
        raise BriefError.at(f"{self.name}:{line}:{column}", what, remedy)


def _place(event: Event) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1
