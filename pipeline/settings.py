"""What belongs to the person and not to a brief: whom tile servers may write to, which may be asked, and the keys.

    # settings.yml
    contact: comms@example.gov.uk
    encoder: nvenc          # where a card of NVIDIA's is; x264 where none is
    maps:
      online: [openstreetmap]
      keys: {os-outdoor: ...}

The file lies in the user's config folder; without one nothing is online. `$MAKE_PROMO_CONTACT`,
`$MAKE_PROMO_MAPS_ONLINE` (names with commas) and `$MAKE_PROMO_KEY_<NAME>` win over it. A key is a secret: it has no
spelling but the one in the address that is sent, and no message repeats what stands in its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline import yaml_file
from pipeline.config import APP
from pipeline.errors import BriefError, Problem
from pipeline.nearest import listed, unknown
from pipeline.yaml_file import Document

FILE = "settings.yml"
_KEYS = ("contact", "maps", "approval", "encoder")
_ENCODERS = ("x264", "nvenc")
_MAP_KEYS = ("online", "keys")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_CONTACT = re.compile(r"(?:[^\s@()<>;,\"\\]+@[^\s@()<>;,\"\\]+|https?://[^\s()<>;,\"\\]+)", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]{1,500}")


class Secret:
    """A text that shows itself to nobody by accident: not in a message, a log, a `repr` or a fingerprint."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def revealed(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    __hash__ = None  # type: ignore[assignment]  # a hash of a short key would tell it

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`online`: providers that may be asked, in this order. `places`: where each part was written, for messages."""

    contact: str = ""
    encoder: str = "x264"
    online: tuple[str, ...] = ()
    keys: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}), repr=False, hash=False)
    approval: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    places: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}), repr=False, hash=False, compare=False
    )

    def where(self, part: str) -> str:
        return self.places.get(part, FILE)


def folder() -> Path:
    """The user's config folder: `$MAKE_PROMO_CONFIG`, else the system's place; may not exist."""
    if given := os.environ.get("MAKE_PROMO_CONFIG", "").strip():
        return Path(os.path.abspath(os.path.expanduser(given)))
    import platformdirs

    return platformdirs.user_config_path(APP, appauthor=False)


def key_variable(provider: str) -> str:
    """The name of the environment variable that holds a provider's key."""
    return "MAKE_PROMO_KEY_" + provider.upper().replace("-", "_")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings file and the environment. Raises BriefError with all that is wrong; no file: all defaults."""
    environ = os.environ if environ is None else environ
    path = folder() / FILE
    problems: list[Problem] = []
    contact = ""
    online: tuple[str, ...] = ()
    keys: dict[str, Secret] = {}
    places: dict[str, str] = {}
    approval: dict[str, Any] = {}
    encoder = _ENCODERS[0]
    if path.is_file() and not _blank(path):
        document = yaml_file.read(path, numbers=False)
        problems += document.problems
        _refuse_unknown(document, document.tree, (), _KEYS, problems)
        group = _group(document, ("maps",), "write `maps:` with `online:` and `keys:` below it", problems)
        _refuse_unknown(document, group, ("maps",), _MAP_KEYS, problems)
        contact = _contact(document.tree.get("contact"), document.where("contact"), problems)
        online = _names(group.get("online"), document.where("maps", "online"), problems)
        keys = _keys(document, problems)
        approval = _group(document, ("approval",), "write `approval: {days: 14, people: 1, author: false}`", problems)
        encoder = _encoder(document.tree.get("encoder"), document.where("encoder"), problems)
        places = {part: document.where("maps", part) for part in _MAP_KEYS}
        places["approval"] = document.where("approval")
    if said := environ.get("MAKE_PROMO_CONTACT", "").strip():
        contact = _contact(said, "MAKE_PROMO_CONTACT", problems)
    if (words := environ.get("MAKE_PROMO_MAPS_ONLINE")) is not None:
        asked = [word.strip() for word in words.split(",") if word.strip()]
        online = _names(asked, "MAKE_PROMO_MAPS_ONLINE", problems)
        places["online"] = "MAKE_PROMO_MAPS_ONLINE"
    if said := environ.get("MAKE_PROMO_ENCODER", "").strip():
        encoder = _encoder(said, "MAKE_PROMO_ENCODER", problems)
    if problems:
        raise BriefError(*problems)
    every = MappingProxyType({**keys, **_from(environ)})
    own = MappingProxyType(places)
    return Settings(contact=contact, encoder=encoder, online=online, keys=every, approval=approval, places=own)


def key_of(settings: Settings, provider: str) -> Secret | None:
    """The environment's key goes by the variable's name, the file's by the provider's."""
    return settings.keys.get(key_variable(provider)) or settings.keys.get(provider)


def _from(environ: Mapping[str, str]) -> dict[str, Secret]:
    found = {name.upper(): text.strip() for name, text in environ.items() if name.upper().startswith(key_variable(""))}
    return {name: Secret(text) for name, text in found.items() if _KEY.fullmatch(text)}


def _blank(path: Path) -> bool:
    """Nothing but comments: the same as no file."""
    try:
        with path.open("rb") as file:
            head = file.read(yaml_file.MOST_BYTES)
    except OSError:
        return False  # `yaml_file` says it in words
    return all(line.strip() in (b"", b"---") or line.lstrip().startswith(b"#") for line in head.splitlines())


def _group(document: Document, at: tuple[str, ...], remedy: str, problems: list[Problem]) -> dict[str, Any]:
    found: Any = document.tree
    for step in at:
        found = found.get(step) if isinstance(found, dict) else None
    if found is not None and not isinstance(found, dict):
        problems.append(_block(document.where(*at), "a group of keys is expected here", remedy))
    return found if isinstance(found, dict) else {}


def _refuse_unknown(
    document: Document, group: dict[str, Any], at: tuple[str, ...], known: tuple[str, ...], problems: list[Problem]
) -> None:
    remedy = f"keys here are {listed(known, 'and')}"
    problems += [_block(document.where(*at, key), unknown(key, known), remedy) for key in group if key not in known]


def _encoder(value: Any, where: str, problems: list[Problem]) -> str:
    if value is None or value in _ENCODERS:
        return str(value or _ENCODERS[0])
    known = f"known are {listed(_ENCODERS, 'and')}"
    problems.append(_block(where, unknown(str(value), _ENCODERS), known))
    return _ENCODERS[0]


def _contact(value: Any, where: str, problems: list[Problem]) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= 100 and _CONTACT.fullmatch(value.strip()):
        return value.strip()
    remedy = "write it like `contact: comms@example.gov.uk` or `contact: https://example.gov.uk/contact`"
    problems.append(_block(where, "this is neither an e-mail address nor a web address", remedy))
    return ""


def _names(value: Any, where: str, problems: list[Problem]) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else [] if value is None else value
    if isinstance(names, list) and all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        return tuple(dict.fromkeys(names))
    problems.append(_block(where, "a list of map providers is expected here", "write `online: [openstreetmap]`"))
    return ()


def _keys(document: Document, problems: list[Problem]) -> dict[str, Secret]:
    """Nothing of what stands here is repeated, also not a name: it may be the key, written on the wrong side."""
    remedy = "write the provider's name and its key: `keys: {os-outdoor: your-key}`"
    found: dict[str, Secret] = {}
    maps = document.tree.get("maps")
    if not isinstance(maps, dict):
        return found
    for name, key in _group(document, ("maps", "keys"), remedy, problems).items():
        if _NAME.fullmatch(name) and isinstance(key, str) and _KEY.fullmatch(key.strip()):
            found[name] = Secret(key.strip())
        else:
            place = document.where("maps", "keys", name).partition(": ")[0]
            problems.append(_block(f"{place}: maps.keys", "an entry here is not a provider's name with a key", remedy))
    return found


def _block(where: str, what: str, remedy: str) -> Problem:
    return Problem(level="block", where=where, what=what, remedy=remedy)
