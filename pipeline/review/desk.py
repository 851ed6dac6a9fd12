"""The desk where promos are signed off: joins the files of a folder with what the ledger knows of them.

desk = Desk(ledger=Ledger.ours(), login=login())
code = desk.record(folder, now=now)                       # after rendering
desk.answer(desk.find(code), Answer(decision="approve", by="A. Khan"), now=now, code=code)
desk.look(folder, now=now).state.name                     # approved, until a letter changes
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pipeline import settings
from pipeline.approvals import Bundle, code_of, read_code
from pipeline.approvals.answer import Answer, checked, name_of, note_of
from pipeline.approvals.changes import changes
from pipeline.approvals.states import Decision, Evidence, Kind, Rules, State, authors, rules_of, state
from pipeline.errors import BriefError
from pipeline.files import sha256
from pipeline.ledger import Book, Event, Ledger
from pipeline.nearest import shortened
from pipeline.review import notes
from pipeline.review.folder import bundle_of, refuse_empty
from pipeline.review.notes import Comment, Look
from pipeline.review.refusals import refusals, ticked


def login() -> str:
    """The name under which the computer knows this person. Identity is only as good as that."""
    try:
        return name_of(getpass.getuser()) or "unknown"
    except (OSError, KeyError, ImportError):
        return "unknown"


def our_rules() -> Rules:
    """Who must approve, and for how long that holds, by the settings of this person."""
    own = settings.read_settings()
    return rules_of(own.approval, own.where("approval"))


@dataclass(frozen=True, kw_only=True)
class Desk:
    """`login` is who writes things down; who decides is said each time."""

    ledger: Ledger
    rules: Rules = field(default_factory=Rules)
    login: str

    @classmethod
    def ours(cls, rules: Rules | None = None) -> Self:
        """The desk of this person on this computer."""
        return cls(ledger=Ledger.ours(), rules=rules or Rules(), login=login())

    def record(
        self, folder: Path, *, now: datetime, by: str = "", languages: Sequence[str] = (), draft: bool = False
    ) -> str:
        """Notes that `folder` was rendered; gives its code. The same version rendered again is not noted again.

        `languages`: all those of the brief, also when only some were rendered.
        """
        refuse_empty(folder)
        bundle = bundle_of(folder)
        who = name_of(by) or self.login
        more = {"languages": sorted(set(languages)), "draft": draft}
        with self.ledger.writing() as book:
            code = _code(book, bundle.fingerprint)
            known = [event for event in book.events(subject=_subject(folder)) if event.kind == "made"]
            same = known and all(known[-1].payload.get(name) == value for name, value in more.items())
            if not (same and known[-1].payload["fingerprint"] == bundle.fingerprint):
                self._note(book, "made", folder, code, bundle, now, by=who, more=more, version=True)
        return code

    def find(self, words: str) -> Path:
        """The folder of the promo with this code. BriefError when it is not known, or no longer there."""
        code = _read(words)
        with self.ledger.reading() as book:
            events = [event for event in book.events(code=code) if "folder" in event.payload]
        if not events:
            remedy = "check the code, or open the promo's folder: make-promo review FOLDER"
            raise BriefError.at(code, "no promo with this code is known on this computer", remedy)
        folder = Path(str(events[-1].payload["folder"]))
        if not folder.is_dir():
            remedy = "if it was moved, open it there: make-promo review FOLDER"
            raise BriefError.at(code, f"its folder {folder} is no longer there", remedy)
        return folder

    def look(self, folder: Path, *, now: datetime) -> Look:
        """The promo as it is now, and where it stands. Writes nothing."""
        bundle = bundle_of(folder)
        name = bundle.fingerprint
        with self.ledger.reading() as book:
            code = _code(book, name)
            events = notes.history(book, _subject(folder), code, name)
        made = [event.payload for event in reversed(events) if event.kind == "made"]
        promised = made[0]["languages"] if made else ()
        if set(promised) - set(bundle.languages):
            bundle = bundle_of(folder, promised)
        draft = next((bool(one["draft"]) for one in made if one["fingerprint"] == name), False)
        decisions = notes.decisions(events)
        return Look(
            folder=folder,
            code=code,
            bundle=bundle,
            state=state(bundle, decisions, self.rules, now),
            draft=draft,
            authors=authors(name, decisions),
            decisions=decisions,
            comments=notes.comments(events, name),
        )

    def open(self, folder: Path, *, now: datetime) -> Look:
        """As `look`, and notes that somebody has opened this version for review."""
        refuse_empty(folder)
        look = self.look(folder, now=now)
        if not any(one.kind == "opened" and one.fingerprint == look.bundle.fingerprint for one in look.decisions):
            with self.ledger.writing() as book:
                self._note(book, "opened", folder, look.code, look.bundle, now, by=self.login)
            look = self.look(folder, now=now)
        return look

    def answer(
        self,
        folder: Path,
        answer: Answer,
        *,
        now: datetime,
        code: str = "",
        seen: str = "",
        evidence: Path | None = None,
    ) -> Look:
        """Writes down an approval or a wish for changes, and gives the promo as it then stands.

        `code` or `seen` (a fingerprint) say which version was looked at. BriefError with every reason why not.
        """
        refuse_empty(folder)
        given = checked(answer)
        look = self.look(folder, now=now)
        self._refuse_other(look, code, seen)
        if given.decision == "approve" and (problems := refusals(look, given, self.rules)):
            raise BriefError(*problems)
        kind: Kind = "approved" if given.decision == "approve" else "changes"
        decision = Decision(
            kind=kind, at=now, by=given.by, recorded_by=self.login, code=look.code,
            fingerprint=look.bundle.fingerprint, bundle=look.bundle if kind == "approved" else None,
            ticks=ticked(look.bundle, given.ticks) if kind == "approved" else (),
            reasons=given.reasons if kind == "changes" else (), note=given.note,
            evidence=_evidence(evidence) if evidence else None,
        )  # fmt: skip
        with self.ledger.writing() as book:
            events = notes.history(book, _subject(folder), look.code, look.bundle.fingerprint)
            decisions = notes.decisions(events)
            if not _standing(decision, decisions, state(look.bundle, decisions, self.rules, now)):
                payload = notes.decision_payload(decision, str(folder.resolve()))
                self._append(book, kind, folder, look.code, now, payload)
        return self.look(folder, now=now)

    def comment(self, folder: Path, comment: Comment, *, now: datetime, seen: str) -> None:
        """Pins a comment to a moment and place. BriefError when its words, moment or place will not do."""
        look = self.look(folder, now=now)
        self._refuse_other(look, "", seen)
        text, by = note_of(comment.text), name_of(comment.by)
        if not text or not by:
            what = "the comment has no words" if not text else "who comments is not said"
            raise BriefError.at("comment" if not text else "by", what, "write it in the field")
        if comment.rendition not in {part.name for part in look.bundle.parts}:
            raise BriefError.at("rendition", f'there is no clip "{shortened(comment.rendition)}"', "choose one")
        if not (0 <= comment.time_s <= 36_000 and 0 <= comment.x <= 1 and 0 <= comment.y <= 1):
            raise BriefError.at("time", "this moment or place is outside the picture", "choose a place in the picture")
        payload = {
            "folder": str(folder.resolve()), "fingerprint": look.bundle.fingerprint, "by": by, "text": text,
            "rendition": comment.rendition, "time_s": round(comment.time_s, 3),
            "x": round(comment.x, 4), "y": round(comment.y, 4),
        }  # fmt: skip
        with self.ledger.writing() as book:
            self._append(book, notes.COMMENTED, folder, look.code, now, payload)

    def set_aside(
        self, folder: Path, how: Literal["held", "released", "withdrawn"], *, by: str, note: str = "", now: datetime
    ) -> Look:
        """Holds a promo whatever its version, releases it, or withdraws the approval of this version."""
        look = self.look(folder, now=now)
        with self.ledger.writing() as book:
            self._note(book, how, folder, look.code, look.bundle, now, by=name_of(by) or self.login, note=note_of(note))
        return self.look(folder, now=now)

    def _refuse_other(self, look: Look, code: str, seen: str) -> None:
        if seen in ("", look.bundle.fingerprint) and (not code or _read(code) == look.code):
            return
        why = "it has changed since then"
        with self.ledger.reading() as book:
            events = book.events(code=_read(code)) if code else book.events(kind="made")
        before = [e for e in events if "version" in e.payload and (code or e.payload["fingerprint"] == seen)]
        if before and (differs := changes(Bundle.of(before[-1].payload["version"]), look.bundle)):
            why = f"it has changed since then: {differs[0]}" + (f", and {len(differs) - 1} more" * (len(differs) > 1))
        raise BriefError.at(code or "this promo", why, f"look at it again; its code is now {look.code}")

    def _note(
        self, book: Book, kind: Kind, folder: Path, code: str, bundle: Bundle, now: datetime, *,
        by: str, note: str = "", more: dict[str, Any] | None = None, version: bool = False,
    ) -> Event:  # fmt: skip
        decision = Decision(
            kind=kind, at=now, by=by, recorded_by=self.login, code=code, fingerprint=bundle.fingerprint,
            bundle=bundle if version else None, note=note,
        )  # fmt: skip
        return self._append(
            book, kind, folder, code, now, notes.decision_payload(decision, str(folder.resolve()), **(more or {}))
        )

    def _append(self, book: Book, kind: str, folder: Path, code: str, now: datetime, payload: dict[str, Any]) -> Event:
        return book.append(kind, at=now, who=self.login, subject=_subject(folder), code=code, payload=payload)


def _subject(folder: Path) -> str:
    return os.path.normcase(os.path.realpath(folder))


def _read(words: str) -> str:
    if code := read_code(words):
        return code
    raise BriefError.at(shortened(words), "this is not a code", "codes look like 7F3A-C2 and stand on the proof")


def _code(book: Book, name: str) -> str:
    """The shortest code of this version that the ledger does not know for another one."""
    taken: list[str] = []
    while (code := code_of(name, taken)) not in taken:
        if all(event.payload.get("fingerprint") == name for event in book.events(code=code)):
            break
        taken.append(code)
    return code


def _standing(decision: Decision, decisions: Sequence[Decision], now: State) -> bool:
    """Whether the very same was decided last, so that saying it twice (a double click) is once."""
    if decision.kind == "approved" and decision.by not in {one.by for one in now.approvals}:
        return False
    last = next((one for one in reversed(decisions) if one.by == decision.by and one.kind != "opened"), None)
    return last is not None and all(
        getattr(last, name) == getattr(decision, name)
        for name in ("kind", "fingerprint", "ticks", "reasons", "note", "evidence")
    )


def _evidence(path: Path) -> Evidence:
    try:
        return Evidence(name=name_of(path.name), sha256=sha256(path))
    except OSError as error:
        what = f"the evidence cannot be read: {error.strerror or error}"
        raise BriefError.at(str(path), what, "name the file, such as the approver's mail") from error
