"""Reading one written value of a brief: each function gives the value, or says what is wrong with it.

Values come as `yaml_file.read(…, numbers=False)` gives them: text, true, false, None, lists and mappings.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationInfo

from pipeline import anchors, config, timing
from pipeline.anchors import Anchor
from pipeline.nearest import listed, shortened, unknown

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # two letters at least: C: is a disk
_SPAN = re.compile(r"(.+?)\s*(?:[-–—]|\bto\b)\s*(.*)")
_DEVICES = ("/dev/", "/proc/", "/sys/", "\\\\.\\", "\\\\?\\")


class Wrong(ValueError):
    """A value that cannot be meant, with its remedy."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words for people: one text for every language (key ""), or one per language in the author's order."""

    words: tuple[tuple[str, str], ...]

    def get(self, language: str) -> str:
        """The text in `language`; `en` serves `en-GB` and the other way round; else the author's first."""
        for fits in (_same, _related):
            for code, words in self.words:
                if code == "" or fits(code, language):
                    return words
        return self.words[0][1]

    def has(self, language: str) -> bool:
        return any(code == "" or _related(code, language) for code, _ in self.words)


@dataclass(frozen=True, kw_only=True)
class Files:
    """One file for every language (key ""), or one per language in the author's order."""

    paths: tuple[tuple[str, Path], ...]

    def get(self, language: str) -> Path | None:
        """The file for `language`; `en` serves `en-GB` and the other way round; None where there is none."""
        for fits in (_same, _related):
            for code, found in self.paths:
                if code == "" or fits(code, language):
                    return found
        return None


@dataclass(frozen=True, kw_only=True)
class NamedPath:
    name: str  # as the author wrote it, for messages
    path: Path


@dataclass(frozen=True, kw_only=True)
class Use:
    """The part of a file to use, in seconds of the file; `end` None means to its end."""

    start: Fraction
    end: Fraction | None


def _same(code: str, language: str) -> bool:
    return code.casefold() == language.casefold()


def _related(code: str, language: str) -> bool:
    return code.casefold().split("-")[0] == language.casefold().split("-")[0]


def words(value: Any, most: int = 500) -> str:
    """One text: composed (NFC), lines trimmed, not empty, no control characters."""
    if isinstance(value, dict | list):
        raise Wrong("a text is expected here, not a list or a group", "put the text in double quotes")
    if isinstance(value, bool):
        value = "true" if value else "false"
    if value is None or not str(value).strip():
        raise Wrong("the text is empty", "write the text after the colon, or delete the key")
    text = unicodedata.normalize("NFC", str(value)).strip().replace("\t", " ")
    for sign in text:
        if unicodedata.category(sign) in ("Cc", "Cs", "Co") and sign != "\n":
            raise Wrong(f"there is a character that cannot be shown (U+{ord(sign):04X})", "delete it")
    if len(text) > most:
        raise Wrong(f"the text has {len(text)} characters; at most {most} are possible", "shorten it")
    return "\n".join(line.strip() for line in text.splitlines())


def text(value: Any, most: int = 500) -> Text:
    if not isinstance(value, dict):
        return Text(words=(("", words(value, most)),))
    if not value:
        raise Wrong("the text is empty", "write a text, or one per language: {en: …, cy: …}")
    return Text(words=tuple((language(code), words(one, most)) for code, one in value.items()))


def language(value: Any) -> str:
    word = words(value)
    if not _LANGUAGE.fullmatch(word):
        raise Wrong(f'"{shortened(word)}" is not a language code', "write a code such as en, cy or pt-BR")
    first, *rest = word.split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def path(value: Any, info: ValidationInfo) -> Path:
    return named_path(value, info).path


def files(value: Any, info: ValidationInfo) -> Files:
    if not isinstance(value, dict):
        return Files(paths=(("", path(value, info)),))
    if not value:
        raise Wrong("there is no file", "name a file, or one per language: {en: …, cy: …}")
    return Files(paths=tuple((language(code), path(one, info)) for code, one in value.items()))


def named_path(value: Any, info: ValidationInfo) -> NamedPath:
    """A file or folder, relative to the brief's folder. Whether it exists is for the door that opens it."""
    name = words(value, 1000)
    if "\n" in name:
        raise Wrong("a file name has one line", "put each file in a line of its own, beginning with `- `")
    reserved = PureWindowsPath(name).name.split(".")[0].upper()
    device = reserved in ("CON", "PRN", "AUX", "NUL") or re.fullmatch(r"(COM|LPT)[0-9]", reserved)
    if name == "-" or _SCHEME.match(name) or name.lower().startswith(_DEVICES) or device:
        remedy = "copy it to this computer and name the file"
        raise Wrong(f'"{shortened(name)}" must be a file, not an address or a device', remedy)
    folder: Path = (info.context or {}).get("folder", Path())
    return NamedPath(name=name, path=folder / name)


def link(value: Any) -> str:
    """An http or https address that a phone can open."""
    url = words(value, 2048)
    try:
        parts = urlsplit(url)
        good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        good = False
    if not good or re.search(r"[\s<>\"\\]", url):
        bare = re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", url)
        remedy = f"write https://{url}" if bare else "write the whole address, beginning with https://"
        raise Wrong(f'"{shortened(url)}" is not a web address', remedy)
    return url


def hashtag(value: Any) -> str:
    """A tag without its sign."""
    if value is None:
        raise Wrong("the hashtag is empty", "write it without #, which begins a comment in YAML")
    tag = words(value).removeprefix("#")
    if not re.fullmatch(r"\w{1,100}", tag) or tag.isdigit():
        remedy = "use letters and digits without spaces, such as WalkBrent"
        raise Wrong(f'"{shortened(tag)}" cannot be a hashtag', remedy)
    return tag


def in_words(read: Callable[[str], Any], remedy: str) -> Callable[[Any], Any]:
    """`read` raises ValueError with a sentence; what helps is the same for all of them."""

    def checked(value: Any) -> Any:
        try:
            return read(words(value))
        except Wrong:
            raise
        except (ValueError, ArithmeticError) as error:
            raise Wrong(str(error), remedy) from None

    return checked


anchor = in_words(anchors.read, f"write {anchors.EXAMPLES}")


def route_anchor(value: Any) -> Anchor:
    found: Anchor = anchor(value)
    if not found.on_route:
        remedy = "write 1.2 mi, 2 km, waypoint Barn Hill, start or end; which seconds to use goes into `use:`"
        raise Wrong(f'"{shortened(words(value))}" is a time, and footage goes to a place on the route', remedy)
    return found


def length(value: str) -> Fraction:
    found = timing.seconds(value)
    if not 3 <= found <= 600:
        what = f"{timing.timecode(found)} is not possible as length of a clip"
        raise Wrong(what, "write 6s to 600s; 6 to 60 suits every platform")
    return found


def seconds(value: str) -> Fraction:
    found = timing.seconds(value)
    if not 0 < found <= 600:
        raise Wrong(f'"{shortened(value)}" is not a possible time on screen', "write a time such as 4s")
    return found


def use(value: str) -> Use:
    found = _SPAN.fullmatch(value)
    if not found:
        raise ValueError(f'I cannot read "{shortened(value)}" as a part of a file')
    start = timing.seconds(found[1])
    end = timing.seconds(found[2]) if found[2] else None
    if end is not None and end <= start:
        what = f"end {timing.timecode(end)} comes before start {timing.timecode(start)}"
        if end == start:
            what = f"start and end are both {timing.timecode(start)}"
        raise Wrong(what, "swap the two, or leave `use` out to use the best moments" if end < start else "")
    return Use(start=start, end=end)


def one_of(*known: str) -> Callable[[Any], str]:
    def checked(value: Any) -> str:
        word = words(value)
        if word not in known:
            raise Wrong(unknown(word, known), f"known are {listed(known, 'and')}")
        return word

    return checked


def true_or_false(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f'"{shortened(str(value))}" is neither true nor false', "write true or false")
    return value


def brand(value: Any, info: ValidationInfo) -> str:
    """A name that is installed, or a .yml file (kept as it is written; `styles.read_brand` opens it)."""
    word = words(value)
    if word.endswith((".yml", ".yaml")):
        named_path(word, info)
    elif word not in config.names("brands"):
        known = config.names("brands")
        raise Wrong(unknown(word, known), f"known are {listed(known, 'and')}; or name a .yml file")
    return word


def overlay_name(value: Any) -> str:
    word = words(value)
    if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", word) or word.endswith(".py"):
        remedy = "write the name that an installed package gives it; code is never loaded from a file"
        raise Wrong(f'"{word}" is not the name of an overlay', remedy)
    return word


def identifier(value: Any) -> str:
    word = words(value)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", word) or len(word) > 80:
        raise Wrong(f'"{word}" cannot be an id', f"use small letters, digits and hyphens, such as {slug(word)}")
    return word


def day(value: Any) -> date:
    word = words(value)
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise Wrong(f'"{word}" is not a day', "write it as 2027-03-31") from None


def when(value: Any) -> str:
    word = words(value)
    try:
        return datetime.fromisoformat(word).isoformat(" ", "minutes")
    except ValueError:
        raise Wrong(f'"{word}" is not a day and time', 'write it as "2026-12-05 09:30"') from None


def slug(name: str) -> str:
    """Small letters, digits and hyphens; a name with nothing of these gets letters made from it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    found = "-".join(re.findall(r"[a-z0-9]+", plain))[:80].strip("-")
    return found or f"brief-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
