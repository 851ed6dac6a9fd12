"""`audit`: who made, approved, changed and posted what, from the ledger, with proof that nobody has altered it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipeline import safe_csv
from pipeline.files import write_text
from pipeline.ledger import Event, Ledger
from pipeline.nearest import shortened
from pipeline.schedules import ZONE, on_clock

COLUMNS = (
    "Number", "When", "What", "Who", "Written by", "Promo", "Platform", "Code", "Note", "Address", "Version", "Hash",
)  # fmt: skip
_SAID = {
    "made": "made", "opened": "opened for review", "approved": "approved", "changes": "wanted changes",
    "held": "held", "released": "released", "withdrawn": "withdrew the approval", "commented": "commented",
    "frozen": "froze all posts", "thawed": "let posts go again", "post held": "held a post",
    "post released": "released a post", "post made": "posted by the schedule", "posted": "posted",
    "schedule seen": "began to follow an entry of a schedule", "windows set": "set windows",
    "turn begun": "began a turn of the schedule", "post.done": "published", "post.armed": "began to publish",
    "post.prepared": "uploaded", "post.failed": "did not publish", "post.unsure": "may have published",
    "post.seen": "read back", "post.wait": "leaves the account alone",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Audit:
    """`broken`: the number of the first event that is not as it was written; None when all are whole."""

    rows: tuple[tuple[str, ...], ...]
    broken: int | None
    total: int

    @property
    def verdict(self) -> str:
        if self.broken is None:
            return f"{self.total} events, all as they were written."
        return (
            f"The ledger was altered: event {self.broken} is not as it was written, or is missing. "
            "What comes before it stands; do not rely on the rest."
        )


def audit(ledger: Ledger | None = None, *, since: date | None = None) -> Audit:
    """All events since the beginning of a day in London, oldest first; the chain is checked as a whole."""
    with (ledger or Ledger.ours()).reading() as book:
        broken, events = book.verify(), book.events()
    rows = tuple(_row(event) for event in events if since is None or on_clock(event.at, ZONE).date() >= since)
    return Audit(rows=rows, broken=broken, total=len(events))


def _row(event: Event) -> tuple[str, ...]:
    given = event.payload
    what = _SAID.get(event.kind) or f"{event.kind.replace(' settled', '')}: {_text(given, 'state')}".removesuffix(": ")
    if shown := _text(given, "shown"):  # a post is published when everybody sees it, else what it is
        what = shown if event.kind == "post.done" else f"{what}: {shown}"
    place = _text(given, "folder") or event.subject
    promo = re.split(r"[\\/]", place)[-1] if _text(given, "folder") else _text(given, "entry") or place
    if event.kind.startswith("post."):  # publishing names the promo by its folder alone
        promo = re.split(r"[\\/]", place)[-1]
    return (
        str(event.id), _when(event.at), what, _text(given, "by") or event.who, event.who, promo,
        _text(given, "platform") or _text(given, "channel"), event.code, "; ".join(_notes(given)),
        _text(given, "address") or _text(given, "url"), _text(given, "fingerprint"), event.hash,
    )  # fmt: skip


def _when(at: datetime) -> str:
    return f"{on_clock(at, ZONE):%Y-%m-%d %H:%M:%S}"


def _notes(given: Mapping[str, Any]) -> Iterator[str]:
    """Everything that was said about it, each with its name where that helps."""
    for name in ("note", "reason", "text", "words", "why", "local", "rule"):
        if words := _text(given, name):
            yield words
    if reasons := given.get("reasons"):
        yield ", ".join(map(str, reasons))
    if ticks := given.get("ticks"):
        yield "ticked " + ", ".join(f"{tick.get('rule')} of {tick.get('rendition')}" for tick in ticks)
    evidence = given.get("evidence")
    if isinstance(evidence, Mapping):
        yield f"evidence {evidence.get('name')} {evidence.get('sha256')}"
    if given.get("results"):
        yield " | ".join(map(str, given["results"]))


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def as_csv(found: Audit) -> str:
    """The whole table, safe to open in a spreadsheet."""
    return safe_csv.csv_text(COLUMNS, found.rows)


def save(found: Audit, path: Path) -> None:
    write_text(path, as_csv(found))


def lines(found: Audit) -> list[str]:
    """For a person: when, what, who, which promo, and what was said of it."""
    table = []
    for _, when, what, who, _, promo, platform, code, note, address, *_ in found.rows:
        about = " ".join(filter(None, (shortened(promo, 60), platform, code)))
        said = "; ".join(filter(None, (shortened(note, 100), shortened(address, 100))))
        table.append(f"{when}  {shortened(what, 60)}  {shortened(who)}  {about}{f'  ({said})' if said else ''}")
    return table
