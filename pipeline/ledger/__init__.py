"""The ledger: what was made, approved and posted, one event after the other, never changed and never removed.

An SQLite file on this computer's own disk. Each event carries the hash of the one before, so that a changed or missing
one is found (`verify`). Any number of processes may write: `writing` gives one of them the pen, and what it reads there
still holds when it writes. `once` names what may happen one time only, whoever tries: the second is refused with
`Taken`. That is how two of us never post the same thing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pipeline import config
from pipeline.errors import ToolError
from pipeline.ledger import place, schema
from pipeline.ledger.event import MOST, Event, Refused, link, payload_text, plain

__all__ = ["Book", "Event", "Ledger", "Refused", "Taken"]

FILE = "ledger.sqlite"
PATIENCE_S = 20.0  # how long another writer is waited for; a write takes milliseconds

_COLUMNS = "id, at, kind, who, subject, code, once, payload, previous, hash"


class Taken(Exception):
    """What may happen once has happened; `event` is the one that did."""

    def __init__(self, event: Event) -> None:
        super().__init__(event.once)
        self.event = event


class Book:
    """The ledger while it is open: reads, and in `Ledger.writing` also writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def events(
        self, *, subject: str | None = None, code: str | None = None, kind: str | None = None, after: int = 0
    ) -> list[Event]:
        """The events with all that is asked for, oldest first."""
        asked = {"subject": subject, "code": code, "kind": kind}
        given = {name: plain(value, MOST[name]) for name, value in asked.items() if value is not None}
        where = " AND ".join(["id > ?", *(f"{name} = ?" for name in given)])
        sentence = f"SELECT {_COLUMNS} FROM event WHERE {where} ORDER BY id"
        return [Event.of(row) for row in self._connection.execute(sentence, [after, *given.values()])]

    def happened(self, once: str) -> Event | None:
        """The event that took the name `once`, if any did."""
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM event WHERE once = ?", [once]).fetchone()
        return Event.of(row) if row else None

    def append(
        self,
        kind: str,
        *,
        at: datetime,
        who: str,
        subject: str,
        code: str = "",
        once: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> Event:
        """One more event. Taken when `once` has happened; Refused for a payload that is not plain or has a secret."""
        if once is not None and (earlier := self.happened(once)):
            raise Taken(earlier)
        if at.tzinfo is None:
            raise Refused("the time of an event needs its zone")
        last = self._connection.execute("SELECT id, hash FROM event ORDER BY id DESC LIMIT 1").fetchone()
        number, before = (last[0] + 1, last[1]) if last else (1, schema.BEGINNING)
        moment = at.astimezone(UTC).isoformat(timespec="microseconds")
        given = {"kind": kind, "who": who, "subject": subject, "code": code}
        words = (plain(text, MOST[name]) for name, text in given.items())
        row = (number, moment, *words, once, payload_text(payload or {}), before)
        sentence = f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._connection.execute(sentence, [*row, link(row)])
        return Event.of((*row, link(row)))

    def verify(self) -> int | None:
        """The number of the first event that is not as it was written, or is missing; None when all are whole."""
        expected, before = 1, schema.BEGINNING
        for row in self._connection.execute(f"SELECT {_COLUMNS} FROM event ORDER BY id"):
            if row[0] != expected or row[8] != before or row[9] != link(row[:9]):
                return expected
            expected, before = expected + 1, row[9]
        written = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
        return expected if written and written[0] >= expected else None


class Ledger:
    """The ledger's file. Nothing is made before the first event is written; a ledger not there yet is an empty one."""

    def __init__(self, path: Path, *, patience_s: float = PATIENCE_S) -> None:
        self.path = path
        self._patience_s = patience_s

    @classmethod
    def ours(cls) -> Self:
        """The ledger of this person on this computer."""
        return cls(config.state_dir() / FILE)

    @contextmanager
    def writing(self) -> Iterator[Book]:
        """The book with the pen: all that is appended is kept when the block ends well, and nothing of it otherwise."""
        place.refuse_shared(self.path.parent)
        with self._explained():
            place.made_private(self.path)
            with closing(self._connected()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield Book(connection)
                except BaseException:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[Book]:
        """The book as it is now."""
        if not self.path.exists():
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
                schema.brought_up(empty)
                yield Book(empty)
            return
        place.refuse_shared(self.path.parent)
        with self._explained(), closing(self._connected()) as connection:
            connection.execute("BEGIN")  # all reads of the block see one moment
            yield Book(connection)

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=self._patience_s, isolation_level=None)
        try:
            _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"), self._patience_s)
            connection.execute("PRAGMA synchronous = FULL")  # what we say is kept is on the disk
            schema.brought_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        where = str(self.path)
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                what = f"another make-promo has been writing to it for {self._patience_s:.0f} seconds"
                raise ToolError.at(where, what, "wait for it to end, then run again") from error
            remedy = "check that this folder can be written to and has space"
            raise ToolError.at(where, f"the ledger cannot be used: {error}", remedy) from error
        except sqlite3.DatabaseError as error:
            remedy = "keep the file for whoever looks into it, and put the last good copy in its place"
            raise ToolError.at(where, f"the ledger is damaged: {error}", remedy) from error
        except OSError as error:
            remedy = "check the folder, or name another one in MAKE_PROMO_STATE"
            raise ToolError.at(where, f"the ledger cannot be used: {error.strerror or error}", remedy) from error


def _patiently(step: Callable[[], object], patience_s: float) -> None:
    """The change to WAL does not wait by itself while another process makes the file."""
    until = time.monotonic() + patience_s
    while True:
        try:
            step()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
