"""The shape of the ledger's file, and how an older one becomes today's.

The table takes events of any kind, so a new kind needs no new shape. A migration is a step that is never changed again.
"""

from __future__ import annotations

import sqlite3

from pipeline.errors import ToolError

BEGINNING = "0" * 64  # stands in the first event as the hash of the one before
_OURS = 0x6D70726F  # "mpro": tells our file from any other SQLite file

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- its counter also tells when the last rows were taken away
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            who TEXT NOT NULL,
            subject TEXT NOT NULL,
            code TEXT NOT NULL,
            once TEXT UNIQUE,
            payload TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL
        )""",
        "CREATE INDEX event_subject ON event (subject, id)",
        "CREATE INDEX event_code ON event (code, id) WHERE code <> ''",
        "CREATE INDEX event_kind ON event (kind, id)",
        "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END",
        "CREATE TRIGGER event_remains BEFORE DELETE ON event "
        "BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END",
        f"PRAGMA application_id = {_OURS}",
    ),
)


def brought_up(connection: sqlite3.Connection) -> None:
    """Makes or migrates the tables. ToolError for a file of a newer make-promo, or that is not ours."""
    if _version(connection) == len(_MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # again: another process may have been quicker
        _refuse_foreign(connection, version)
        for number, steps in enumerate(_MIGRATIONS[version:], version + 1):
            for step in steps:
                connection.execute(step)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _refuse_foreign(connection: sqlite3.Connection, version: int) -> None:
    if version > len(_MIGRATIONS):
        raise ToolError.at("ledger", "a newer make-promo has written the ledger", "install the newest make-promo")
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    others = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if others and owner != _OURS:
        remedy = "move it away; make-promo then begins a ledger of its own"
        raise ToolError.at("ledger", "the file in the ledger's place is not a ledger", remedy)
