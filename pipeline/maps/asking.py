"""Two ways to come by a provider's answers: only from what is kept, or also from the network. Both are asked alike."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from pipeline import __version__
from pipeline.config import APP
from pipeline.errors import MaterialError
from pipeline.files import write_text
from pipeline.map_providers import Provider
from pipeline.maps.answers import MOST_BODY, RefusedError, body_of, left_alone, no_map, refusal, tile_in
from pipeline.maps.http import Answer, Client
from pipeline.maps.kept_tiles import LEAST, Entry, Kept
from pipeline.maps.pmtiles import ReadRange
from pipeline.maps.ranges import FIRST, FOLDER, ChangedError, Ranges, marks_of
from pipeline.maps.services import with_key
from pipeline.settings import Secret, Settings, key_of, key_variable

MOST_ABOUT = 2_000_000
_HOME = ("homepage", "source", "repository", "documentation")

Result = TypeVar("Result")


class NotKeptError(Exception):
    """Something that is needed is not kept, or is too old."""


class Asking(Protocol):
    """Entries by the name they are kept under; addresses are asked only by who has a network."""

    def about(self, kept: Kept, name: str, address: str) -> Entry: ...

    def tiles(self, kept: Kept, wanted: Mapping[str, str]) -> dict[str, Entry]: ...

    def archive(self, kept: Kept, address: str, work: Callable[[ReadRange], Result]) -> Result: ...


@dataclass(frozen=True, kw_only=True)
class KeptOnly:
    """`old`: how long ago an answer may have come, if it need not be fresh; None: it must be."""

    old: timedelta | None = None

    def about(self, kept: Kept, name: str, address: str) -> Entry:
        entry = kept.entry(name)
        if entry is None or not self._serves(entry, kept.now):
            raise NotKeptError
        return entry

    def tiles(self, kept: Kept, wanted: Mapping[str, str]) -> dict[str, Entry]:
        return {name: self.about(kept, name, "") for name in wanted}

    def archive(self, kept: Kept, address: str, work: Callable[[ReadRange], Result]) -> Result:
        first = self.about(kept, FIRST, "")

        def read_range(offset: int, length: int) -> bytes:
            entry = kept.entry(f"{FOLDER}/{offset}-{length}") if length > 0 else first
            if entry is None or (entry.etag, entry.modified, entry.total) != (first.etag, first.modified, first.total):
                raise NotKeptError
            return entry.body if length > 0 else b""

        return work(read_range)

    def _serves(self, entry: Entry, now: datetime) -> bool:
        return entry.fresh(now) or (self.old is not None and now < entry.fetched + self.old)


@dataclass(frozen=True, kw_only=True)
class Network:
    """Asks for what is missing or old, within the limits of `client`; keeps what comes. `home`: what is kept of the
    provider as a whole, such as until when it is to be left alone."""

    provider: Provider
    client: Client
    home: Kept
    key: Secret | None

    def about(self, kept: Kept, name: str, address: str) -> Entry:
        entry = kept.entry(name)
        if entry is not None and entry.fresh(kept.now):
            return entry

        def asked(_: str) -> Entry:
            answer = self._get(address, marks_of(entry) if entry else {}, MOST_ABOUT)
            if answer.status == 304 and entry:
                return kept.renewed(name, entry, answer)
            if answer.status != 200:
                raise self.refused(answer)
            body = body_of(self.client.where, answer, MOST_ABOUT)
            if not body.lstrip().startswith(b"{"):
                raise no_map(self.client.where, body, answer.headers.get("content-type", "").lower())
            return kept.put(name, body, answer)

        return self.client.each([name], asked)[name]

    def tiles(self, kept: Kept, wanted: Mapping[str, str]) -> dict[str, Entry]:
        there = {name: kept.entry(name) for name in wanted}
        fresh = {name: entry for name, entry in there.items() if entry is not None and entry.fresh(kept.now)}

        def asked(name: str) -> Entry:
            entry = there[name]
            answer = self._get(wanted[name], marks_of(entry) if entry else {}, MOST_BODY)
            if answer.status == 304 and entry:
                return kept.renewed(name, entry, answer)
            body = tile_in(self.client.where, answer, pictures=self.provider.kind == "raster")
            if body is None:
                raise self.refused(answer)
            return kept.put(name, body, answer)

        return fresh | self.client.each([name for name in wanted if name not in fresh], asked)

    def archive(self, kept: Kept, address: str, work: Callable[[ReadRange], Result]) -> Result:
        def whole(_: str) -> Result:
            for _again in (False, True):
                ranges = Ranges(
                    where=self.client.where,
                    kept=kept,
                    ask=lambda headers, most: self._get(address, headers, most),
                    refused=self.refused,
                )
                try:
                    ranges.begin()
                    return work(ranges.read)
                except ChangedError:
                    kept.forget_all(FOLDER)
            raise MaterialError.at(self.client.where, "it changes while it is read", "try again later")

        return self.client.each([address], whole)[address]

    def refused(self, answer: Answer) -> MaterialError:
        """The sentence; a wish to be left alone is remembered."""
        key = f"maps.keys in settings.yml, or {key_variable(self.provider.id)}" if self.provider.key else ""
        error = refusal(self.client.where, answer, self.home.now, key)
        if isinstance(error, RefusedError):
            with suppress(MaterialError, OSError):
                write_text(self.home.root / "wait.txt", (self.home.now + error.wait).isoformat())
        return error

    def _get(self, address: str, headers: dict[str, str], most: int) -> Answer:
        return self.client.get(with_key(address, self.provider, self.key), most=most, headers=headers)


def check_wait(where: str, home: Kept) -> None:
    """Raises MaterialError while the provider is to be left alone."""
    try:
        until = datetime.fromisoformat((home.root / "wait.txt").read_text(encoding="ascii").strip())
        waits = home.now < until <= home.now + LEAST
    except (OSError, ValueError, TypeError):
        return
    if waits:
        raise left_alone(where, until, home.now)


def needed_key(provider: Provider, settings: Settings) -> Secret | None:
    """The key that the provider needs, None when it needs none. Raises MaterialError when there is none."""
    key = key_of(settings, provider.id) if provider.key else None
    if provider.key and key is None:
        remedy = f"write it under maps.keys in settings.yml, or set {key_variable(provider.id)}"
        raise MaterialError.at(provider.label, "it needs a key, and none is set", remedy)
    return key


def agent(settings: Settings) -> str:
    """Who asks: the program, its version, its home page when it has one, and whom to write to."""
    who = "; ".join(part for part in (_home(), settings.contact) if part)
    return f"{APP}/{__version__} ({who})" if who else f"{APP}/{__version__}"


def _home() -> str:
    try:
        said = importlib.metadata.metadata(APP).get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    pages = {name.strip().lower(): url.strip() for name, _, url in (line.partition(",") for line in said)}
    url = next((pages[name] for name in _HOME if name in pages), "")
    return f"+{url}" if url.isascii() and url.isprintable() and url else ""
