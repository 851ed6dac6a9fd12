"""Answers of map providers, kept on disk: each a file of a line of JSON (since when, until when, marks) and the bytes.

An answer is kept as long as its server asks for, at least as long as the provider's file says, and never less than a
week. After that it is old: it still serves where there is no network, and its mark (ETag) makes asking again cheap. An
answer without bytes says that there is nothing at that place. The whole is kept below 500 MB, the oldest goes first.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from pipeline.errors import PromoError
from pipeline.files import swept, written
from pipeline.maps.http import Answer

MOST_BYTES = 500_000_000
MOST_ENTRY = 8_500_000
LEAST = timedelta(days=7)
MOST = timedelta(days=365)
_SLACK = timedelta(days=1)  # clocks are put right now and then
_HEAD = 4096


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """`etag`, `modified`: the server's marks, empty when it gave none. `total`: bytes of the whole, of a part of it."""

    body: bytes
    fetched: datetime
    until: datetime
    etag: str = ""
    modified: str = ""
    total: int = 0

    def fresh(self, now: datetime) -> bool:
        return self.fetched - _SLACK <= now < self.until


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of one provider's service, in a folder of its own."""

    root: Path
    least: timedelta
    now: datetime

    def entry(self, name: str) -> Entry | None:
        """Fresh or old; None when there is none, or when its bytes are not those that were put there."""
        try:
            with self._path(name).open("rb") as file:
                head, body = file.readline(_HEAD), file.read(MOST_ENTRY + 1)
            said: Any = json.loads(head)
            fetched, until = (datetime.fromisoformat(said[key]).astimezone(UTC) for key in ("fetched", "until"))
            if hashlib.sha256(body).hexdigest() != said["sha256"]:
                return None
            marks = {key: str(said.get(key, "")) for key in ("etag", "modified")}
            return Entry(body=body, fetched=fetched, until=until, total=int(said.get("total", 0)), **marks)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            return None

    def put(self, name: str, body: bytes, answer: Answer, *, total: int = 0) -> Entry:
        """A disk that is full is no reason to have no map: then the answer serves this once."""
        headers = answer.headers
        entry = Entry(
            body=body,
            fetched=self.now,
            until=self.now + min(max(_lifetime(headers), self.least, LEAST), MOST),
            etag=headers.get("etag", "")[:300],
            modified=headers.get("last-modified", "")[:100],
            total=total,
        )
        self._write(name, entry)
        return entry

    def renewed(self, name: str, entry: Entry, answer: Answer) -> Entry:
        """After the server has said that nothing changed."""
        until = self.now + min(max(_lifetime(answer.headers), self.least, LEAST), MOST)
        new = replace(entry, fetched=self.now, until=until)
        self._write(name, new)
        return new

    def forget(self, names: tuple[str, ...]) -> None:
        for name in names:
            with suppress(OSError):
                self._path(name).unlink()

    def forget_all(self, folder: str) -> None:
        with suppress(OSError):
            self.forget(tuple(f"{folder}/{path.stem}" for path in (self.root / folder).glob("*.kept")))

    def _path(self, name: str) -> Path:
        return self.root / f"{name}.kept"

    def _write(self, name: str, entry: Entry) -> None:
        head = {
            "fetched": entry.fetched.isoformat(),
            "until": entry.until.isoformat(),
            "etag": entry.etag,
            "modified": entry.modified,
            "total": entry.total,
            "sha256": hashlib.sha256(entry.body).hexdigest(),
        }
        with suppress(PromoError, OSError), written(self._path(name)) as beside:
            beside.write_bytes(json.dumps(head).encode() + b"\n" + entry.body)


def prune(root: Path, most: int = MOST_BYTES) -> None:
    """Removes the oldest answers of all providers until the rest fits, and what killed runs left."""
    found = []
    for path in root.rglob("*.kept"):
        with suppress(OSError):
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most:
            break
        with suppress(OSError):
            path.unlink()
            total -= size
    swept(list(root.rglob(".*.part*")))


def retry_after(headers: Answer, now: datetime) -> timedelta | None:
    """How long a server asks to be left alone; at most a week."""
    said = headers.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        wait = timedelta(seconds=min(int(said[:9]), LEAST.total_seconds()))
    else:
        date = _date(said)
        if date is None:
            return None
        wait = date - now
    return min(max(wait, timedelta(0)), LEAST)


def _lifetime(headers: Any) -> timedelta:
    """By max-age, else by Expires; nothing when it says neither."""
    for part in headers.get("cache-control", "").lower().split(","):
        name, _, number = part.strip().partition("=")
        if name == "max-age" and number.isascii() and number.isdigit():
            return timedelta(seconds=min(int(number[:9]), MOST.total_seconds()))
    expires, date = _date(headers.get("expires", "")), _date(headers.get("date", ""))
    return expires - date if expires and date else timedelta(0)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
