"""XML as a stream, guarded: a document type or entity is refused on sight, nothing is resolved, depth is bounded.

Readers see the path of local names (prefixes and namespaces are written wrongly too often to be trusted).
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from pipeline.errors import MaterialError
from pipeline.tracks.files import EXPORT, Paper

_CUT_OFF = (3, 5, 6, 20)  # expat: no element found, unclosed token, partial character, unclosed CDATA
_DEPTH_MAX, _PIECE, _LEAF_MAX, _ELEMENTS_MAX = 200, 1 << 20, 1000, 30_000_000


class Markup:
    """Calls `began(path, attributes)` of a reader for every element, and `ended(path, text)` for the leaves that it
    names; never more than a thousand letters of a text."""

    leaves: frozenset[str] = frozenset()

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.path: list[str] = []
        self.words: list[str] = []
        self.elements = 0

    def began(self, path: list[str], attributes: dict[str, str]) -> None:
        """An element has begun; its own name is the last of the path."""

    def ended(self, path: list[str], text: str) -> None:
        """A leaf ends; its own name is the last of the path."""

    def parse(self) -> None:
        """Read the whole paper. Raises MaterialError with the line when it is unsafe or broken."""
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        text = self.paper.text()
        begun = False
        try:
            while piece := text.read(_PIECE):
                piece = piece if begun else piece.lstrip("\ufeff\0 \t\r\n")
                begun = begun or bool(piece)
                parser.Parse(piece, False)
            parser.Parse("", True)
        except expat.ExpatError as error:
            reason = "the file breaks off here" if error.code in _CUT_OFF else expat.ErrorString(error.code)
            where = f"{self.paper.name}:{error.lineno}"
            raise MaterialError.at(where, f"this is not well-formed XML ({reason})", EXPORT) from None
        finally:
            # Parser and reader hold each other: let go, or hundreds of files stay in memory until the collector comes.
            parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
            parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = None

    def fail(self, what: str, remedy: str = EXPORT) -> MaterialError:
        return MaterialError.at(f"{self.paper.name}:{self.parser.CurrentLineNumber}", what, remedy)

    def _refuse(self, *_: Any) -> None:
        raise self.fail("the file declares a document type or entities, which it does not need and which can do harm")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2] if ":" in tag else tag
        self.path.append(local)
        self.elements += 1
        if len(self.path) > _DEPTH_MAX or self.elements > _ELEMENTS_MAX:
            crowded = self.elements > _ELEMENTS_MAX
            raise self.fail("the file holds too much" if crowded else "the file is nested too deeply")
        if local in self.leaves:
            self.words = []
            self.parser.CharacterDataHandler = self.words.append
        self.began(self.path, attributes)

    def _end(self, _: str) -> None:
        if self.path[-1] in self.leaves:
            self.parser.CharacterDataHandler = None
            self.ended(self.path, "".join(self.words)[:_LEAF_MAX].strip())
        self.path.pop()
