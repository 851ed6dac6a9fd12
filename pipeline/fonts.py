"""The fonts, resolved once: the brand's folder, then the packaged ones, then the system for other scripts.

Overlays never look for a font. They get a `Fonts`, which names one file per role and is plain data (it can be
pickled and fingerprinted); `family_chain` turns it into what the text engine needs. Latin, Greek and
Cyrillic come from packaged files, so that pictures are equal on every system; only scripts they lack are
asked of the system: first for the font of its script that we know by name (`scripts`), so that one of several that
have the letters is not taken by chance, then for whatever it has.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.errors import BriefError, ToolError
from pipeline.scripts import clusters, forms, named_fonts, needed

if TYPE_CHECKING:
    import skia

Role = Literal["display", "bold", "semibold", "regular"]

WEIGHTS: dict[Role, int] = {"display": 900, "bold": 700, "semibold": 600, "regular": 400}
_SOURCE_SANS: dict[Role, str] = {
    "display": "SourceSansPro-Black.ttf",
    "bold": "SourceSansPro-Bold.ttf",
    "semibold": "SourceSansPro-Semibold.ttf",
    "regular": "SourceSansPro-Regular.ttf",
}
_ROBOTO: dict[Role, str] = {
    "display": "Roboto-Black.ttf",
    "bold": "Roboto-Bold.ttf",
    "semibold": "Roboto-Medium.ttf",
    "regular": "Roboto-Regular.ttf",
}
_MAX_FONT_BYTES = 40_000_000
_FONT_NAMES = (".ttf", ".otf", ".ttc")
_OF_LATIN = "AZaz09"  # a font that has these may be a brand's own; fonts of other scripts alone lack them


@dataclass(frozen=True, kw_only=True)
class Fonts:
    """One font file for each role; `more`: others of the brand's folder, for letters that those lack. `lang`: the
    language that is written, because letters shared by languages have not the same shape in all."""

    display: Path
    bold: Path
    semibold: Path
    regular: Path
    more: tuple[Path, ...] = ()
    lang: str = ""

    def file(self, role: Role) -> Path:
        path: Path = getattr(self, role)
        return path


def packaged(package: str, name: str) -> Path:
    """The file of a font package (`font_source_sans_pro`, `font_roboto`). Raises ToolError if it is
    missing."""
    try:
        path = Path(str(resources.files(import_module(package)))) / "files" / name
    except ModuleNotFoundError:
        path = Path(package) / name
    if not path.is_file():
        raise ToolError.at("fonts", f"the font {name} is missing", "install make-promo again")
    return path


@lru_cache(maxsize=1)
def default() -> Fonts:
    """Source Sans Pro."""
    return _of({role: packaged("font_source_sans_pro", name) for role, name in _SOURCE_SANS.items()})


def resolve(folder: Path | None = None, lang: str = "") -> Fonts:
    """The brand's fonts for a language: for each role the file in `folder` whose weight is nearest; without a folder
    the packaged. A folder with fonts of other scripts alone adds them to the packaged.

    Raises BriefError when the folder holds no upright font that can be read.
    """
    if folder is None:
        return replace(default(), lang=lang)
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in _FONT_NAMES) if folder.is_dir() else []
    weights = {path: weight for path in files if (weight := _upright_weight(path)) is not None}
    if not weights:
        raise BriefError.at(
            str(folder),
            "there is no readable font in this folder",
            "put .ttf or .otf files there, or leave it out",
        )
    latin = [path for path in weights if all(typeface(path).unicharToGlyph(ord(char)) for char in _OF_LATIN)]
    more = tuple(path for path in weights if path not in latin)
    if not latin:
        return replace(default(), more=more, lang=lang)

    def nearest(wanted: int) -> Path:
        return min(latin, key=lambda path: (abs(weights[path] - wanted), path.name))

    return replace(_of({role: nearest(weight) for role, weight in WEIGHTS.items()}), more=more, lang=lang)


def _of(files: Mapping[Role, Path]) -> Fonts:
    return Fonts(display=files["display"], bold=files["bold"], semibold=files["semibold"], regular=files["regular"])


def _upright_weight(path: Path) -> int | None:
    """The weight (400 regular, 700 bold) of an upright font file; None for italics and for what is no
    font."""
    import skia

    if not path.is_file() or path.stat().st_size > _MAX_FONT_BYTES:
        return None
    typeface = skia.Typeface.MakeFromFile(str(path))
    if typeface is None or typeface.fontStyle().slant() != skia.FontStyle.kUpright_Slant:
        return None
    return int(typeface.fontStyle().weight())


@lru_cache(maxsize=128)
def typeface(path: Path) -> skia.Typeface:
    """The font file, opened. Raises ToolError when it is no font."""
    import skia

    # A font manager without fonts opens the file; the system's would first read the system's font list.
    found = skia.FontMgr.New_Custom_Empty().makeFromFile(str(path))
    if found is None:
        raise ToolError.at(str(path), "this font cannot be read", "choose another font file")
    return found


class Collection:
    """The text engine's view of all fonts; one per process, grows when a script needs a system font."""

    def __init__(self) -> None:
        import skia

        self.provider = skia.textlayout.TypefaceFontProvider()
        self.skia = skia.textlayout.FontCollection()
        self.skia.setDefaultFontManager(self.provider)
        self._known: dict[str, skia.Typeface] = {}

    def family_chain(self, fonts: Fonts, role: Role, text: str) -> tuple[str, ...]:
        """Family names in the order in which they are asked for a glyph, ending with what `text` needs."""
        files = (
            fonts.file(role),
            packaged("font_source_sans_pro", _SOURCE_SANS[role]),
            packaged("font_roboto", _ROBOTO[role]),
        )
        chain = list(dict.fromkeys(self._file_family(path) for path in files))
        lacking = [letter for letter in clusters(text) if not self._covered(letter, chain)]
        # What has a font of its own goes before what any font may serve: a broad font serves many, none of them well.
        for find in (self._from_folder, self._from_named, self._from_system):
            for letter in lacking:
                if not self._covered(letter, chain) and (extra := find(letter, fonts, role)):
                    chain.append(extra)
        return tuple(chain)

    def missing(self, fonts: Fonts, role: Role, text: str) -> tuple[str, ...]:
        """The letters (with their marks) of `text` for which no font has a glyph."""
        chain = self.family_chain(fonts, role, text)
        return tuple(letter for letter in clusters(text) if not self._covered(letter, chain))

    def foreign(self, fonts: Fonts, role: Role, text: str) -> tuple[str, ...]:
        """Of the chain for `text` what the system has lent, with its number of glyphs: a newer one has others."""
        chain = self.family_chain(fonts, role, text)
        return tuple(f"{name}:{self._known[name].countGlyphs()}" for name in chain if name.startswith("system:"))

    def _file_family(self, path: Path) -> str:
        return self._registered(f"file:{path}", typeface(path))

    def _registered(self, family: str, face: skia.Typeface) -> str:
        if family not in self._known:
            self.provider.registerTypeface(face, family)
            self._known[family] = face
        return family

    def _covered(self, letter: str, chain: Sequence[str]) -> bool:
        """Whether one font of the chain has the letter with all its marks."""
        return any(_has(self._known[family], letter) for family in chain)

    def _from_folder(self, letter: str, fonts: Fonts, role: Role) -> str | None:
        fitting = [path for path in fonts.more if _has(typeface(path), letter)]
        if not fitting:
            return None
        wanted = WEIGHTS[role]
        return self._file_family(min(fitting, key=lambda path: abs(typeface(path).fontStyle().weight() - wanted)))

    def _from_named(self, letter: str, fonts: Fonts, role: Role) -> str | None:
        # Asked only now: the system's font list costs time, and may talk to stderr.
        for name in named_fonts(letter, fonts.lang):
            face = _system().matchFamilyStyle(name, _style(role))
            if face is not None and face.getFamilyName() == name and _has(face, letter):
                return self._registered(f"system:{name}:{WEIGHTS[role]}", face)
        return None

    def _from_system(self, letter: str, fonts: Fonts, role: Role) -> str | None:
        sign = next(char for char in letter if needed(char))
        face = _system().matchFamilyStyleCharacter("", _style(role), [fonts.lang] if fonts.lang else [], ord(sign))
        if face is None or not _has(face, letter):
            return None
        return self._registered(f"system:{face.getFamilyName()}:{WEIGHTS[role]}", face)


def _has(face: skia.Typeface, letter: str) -> bool:
    """Whether a font has all of a letter, in one piece or as base and marks."""
    return any(all(face.unicharToGlyph(ord(char)) for char in form if needed(char)) for form in forms(letter))


@lru_cache(maxsize=1)
def _system() -> skia.FontMgr:
    """The system's fonts. Reading their list is what fontconfig uses to complain of its own files, which is nothing
    that an officer could mend: it is not let speak."""
    import skia

    try:
        kept = os.dup(2)
    except OSError:  # a program without a console has nothing to be spoiled
        return skia.FontMgr.RefDefault()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        found = skia.FontMgr.RefDefault()
        found.countFamilies()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
    return found


def _style(role: Role) -> skia.FontStyle:
    import skia

    return skia.FontStyle(WEIGHTS[role], skia.FontStyle.kNormal_Width, skia.FontStyle.kUpright_Slant)


@lru_cache(maxsize=1)
def collection() -> Collection:
    return Collection()


def missing(text: str, fonts: Fonts | None = None, role: Role = "bold") -> tuple[str, ...]:
    """The letters of `text` that would show as empty boxes on this machine; empty when all is well."""
    return collection().missing(fonts or default(), role, text)


def foreign(text: str, fonts: Fonts, role: Role = "bold") -> tuple[str, ...]:
    """The fonts beyond the packaged and the brand's own that `text` needs, each by a name that changes with it."""
    return collection().foreign(fonts, role, text)
