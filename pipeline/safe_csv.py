"""Tables for spreadsheets, in which no cell can begin a formula.

A spreadsheet computes what begins with = + - @ (also in their wide forms), a tab or a line break, and a name or a
caption may come from anybody. Such a cell gets an apostrophe before it, which Excel and its kin show as text
(owasp.org, "CSV Injection"). A byte order mark tells Excel that the file is UTF-8.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def safe_cell(value: object) -> str:
    """The text of a cell: without characters that are not text, and never the beginning of a formula."""
    text = "".join(c for c in str(value) if c in "\n\t" or c.isprintable() or c in "\u200c\u200d")
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole table with its heading, every cell in quotes, lines ended by LF (`files.write_text` keeps them)."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return "\ufeff" + stream.getvalue()
