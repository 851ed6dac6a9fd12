"""How decisions and comments lie in the ledger, and how they are read from it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from pipeline.approvals import Bundle
from pipeline.approvals.states import Decision, Evidence, Kind, State
from pipeline.ledger import Book, Event

KINDS: tuple[str, ...] = get_args(Kind)
COMMENTED = "commented"
_ON_THE_PROMO = ("held", "released")  # whatever its version


@dataclass(frozen=True, kw_only=True)
class Comment:
    """What somebody said of one moment and place of a clip. `x`, `y`: 0–1 of the picture's width and height."""

    rendition: str
    time_s: float
    x: float
    y: float
    text: str
    by: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    """A promo as it is now. `decisions`: all about it, oldest first; `comments`: those on this version."""

    folder: Path
    code: str
    bundle: Bundle
    state: State
    draft: bool
    authors: tuple[str, ...]
    decisions: tuple[Decision, ...]
    comments: tuple[Comment, ...]


def decision_payload(decision: Decision, folder: str, **more: Any) -> dict[str, Any]:
    """What of a decision is not in the columns of its event."""
    payload: dict[str, Any] = {"folder": folder, "fingerprint": decision.fingerprint, "by": decision.by, **more}
    if decision.bundle:
        payload["version"] = decision.bundle.payload()
    if decision.ticks:
        payload["ticks"] = [{"rule": rule, "rendition": rendition} for rule, rendition in decision.ticks]
    if decision.reasons:
        payload["reasons"] = list(decision.reasons)
    if decision.note:
        payload["note"] = decision.note
    if decision.evidence:
        payload["evidence"] = asdict(decision.evidence)
    return payload


def decision_of(event: Event) -> Decision:
    payload = event.payload
    evidence = payload.get("evidence")
    kinds: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}
    return Decision(
        kind=kinds[event.kind],
        at=event.at,
        by=payload["by"],
        recorded_by=event.who,
        code=event.code,
        fingerprint=payload["fingerprint"],
        bundle=Bundle.of(payload["version"]) if "version" in payload else None,
        ticks=tuple((tick["rule"], tick["rendition"]) for tick in payload.get("ticks", ())),
        reasons=tuple(payload.get("reasons", ())),
        note=payload.get("note", ""),
        evidence=Evidence(**evidence) if evidence else None,
    )


def history(book: Book, subject: str, code: str, fingerprint: str) -> tuple[Event, ...]:
    """The events of a promo's folder, and those about an equal promo elsewhere, oldest first."""
    found = {event.id: event for event in book.events(subject=subject)}
    for event in book.events(code=code):
        if event.payload.get("fingerprint") == fingerprint and event.kind not in _ON_THE_PROMO:
            found[event.id] = event
    return tuple(found[number] for number in sorted(found))


def decisions(events: Iterable[Event]) -> tuple[Decision, ...]:
    return tuple(decision_of(event) for event in events if event.kind in KINDS)


def comments(events: Iterable[Event], fingerprint: str) -> tuple[Comment, ...]:
    """What was said of this version, in the order of clips and time."""
    found = []
    for event in events:
        if event.kind == COMMENTED and event.payload["fingerprint"] == fingerprint:
            values = {name: event.payload[name] for name in ("rendition", "time_s", "x", "y", "text", "by")}
            found.append(Comment(**values, at=event.at))
    return tuple(sorted(found, key=lambda one: (one.rendition, one.time_s)))
