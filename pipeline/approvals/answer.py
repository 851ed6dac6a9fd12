"""What an approver answers, from the command line, the page or a `decision.yml` beside the proof.

code: 7F3A-C2          # of the version that was looked at; another version is another code
decision: approve      # or: changes
by: A. Khan
note: Lovely.
tick: [A1, T7]         # warnings that were seen and are accepted
reasons: [brand]       # for changes
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline import yaml_file
from pipeline.approvals import read_code
from pipeline.errors import BriefError, Problem
from pipeline.nearest import listed, unknown
from pipeline.yaml_file import Document

REASONS = ("accuracy", "brand", "access", "consent", "timing", "spelling")
MOST_NAME, MOST_NOTE, MOST_TICKS = 80, 2000, 200

_KEYS = ("code", "decision", "by", "note", "tick", "reasons")
_DECISIONS = ("approve", "changes")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`decision` "approve" or "changes"; `ticks` are ids of checks, `reasons` some of REASONS."""

    decision: Literal["approve", "changes"]
    by: str
    note: str = ""
    ticks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def name_of(words: str) -> str:
    """A person's name on one line, without characters that are not seen; "" when nothing is left."""
    return " ".join(_seen(words, keep="").split())[:MOST_NAME].strip()


def note_of(words: str) -> str:
    """A note with its lines, without characters that are not seen, and not longer than a page."""
    text = _seen(words.replace("\r\n", "\n"), keep="\n")
    return text.strip() if len(text) <= MOST_NOTE else text[: MOST_NOTE - 1].rstrip() + "…"


def _seen(words: str, keep: str) -> str:
    """Controls go, and with them the marks that turn the direction of what follows; joiners of scripts stay."""
    kept = {"\u200c", "\u200d", *keep}
    return "".join(
        c if c in kept or unicodedata.category(c)[0] != "C" else " " if c in "\t\n\r\v\f" else "" for c in words
    )


def checked(answer: Answer) -> Answer:
    """The answer with its words made plain. BriefError when the name is missing or a reason is not one of ours."""
    by = name_of(answer.by)
    problems = []
    if not any(c.isalnum() for c in by):
        what, remedy = "who decides is not said", "write the name of the person who decides"
        problems.append(Problem(level="block", where="by", what=what, remedy=remedy))
    for reason in answer.reasons:
        if reason not in REASONS:
            remedy = f"reasons are {listed(REASONS, 'and')}"
            problems.append(Problem(level="block", where="reasons", what=unknown(reason, REASONS), remedy=remedy))
    note = note_of(answer.note)
    if answer.decision == "changes" and not (note or answer.reasons):
        what = "what should change is not said"
        problems.append(Problem(level="block", where="note", what=what, remedy="give a reason or write a note"))
    if problems:
        raise BriefError(*problems)
    reasons = tuple(reason for reason in REASONS if reason in answer.reasons)
    ticks = tuple(dict.fromkeys(name_of(tick) for tick in answer.ticks))[:MOST_TICKS]
    return Answer(decision=answer.decision, by=by, note=note, ticks=ticks, reasons=reasons)


def read_answer(path: Path) -> tuple[str, Answer]:
    """(code, answer) of a `decision.yml`. BriefError with all that is wrong in it."""
    document = yaml_file.read(path, numbers=False)
    tree = document.tree
    problems = list(document.problems)
    for key in tree:
        if key not in _KEYS:
            problems.append(_block(document, str(key), unknown(str(key), _KEYS), f"keys are {listed(_KEYS, 'and')}"))
    code = read_code(_word(tree.get("code")))
    if not code:
        remedy = "write the code that stands on the proof: `code: 7F3A-C2`"
        problems.append(_block(document, "code", "the code of what was looked at is expected here", remedy))
    decision = _word(tree.get("decision")).lower()
    if decision not in _DECISIONS:
        remedy = "write `decision: approve` or `decision: changes`"
        problems.append(_block(document, "decision", "nothing is decided here yet", remedy))
    for key in ("by", "note"):
        if isinstance(tree.get(key), dict | list):
            problems.append(_block(document, key, "words are expected here", f"write `{key}: ...` on one line"))
    for key in ("tick", "reasons"):
        if any(isinstance(item, dict | list) for item in _items(tree.get(key))):
            problems.append(_block(document, key, "a list of words is expected here", f"write `{key}: [...]`"))
    if problems:
        raise BriefError(*problems)
    answer = Answer(
        decision="approve" if decision == "approve" else "changes",
        by=_word(tree.get("by")),
        note=_word(tree.get("note")),
        ticks=tuple(map(_word, _items(tree.get("tick")))),
        reasons=tuple(_word(item).lower() for item in _items(tree.get("reasons"))),
    )
    try:
        return code, checked(answer)
    except BriefError as error:
        raise BriefError(*(_block(document, one.where, one.what, one.remedy) for one in error.problems)) from None


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _word(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _block(document: Document, key: str, what: str, remedy: str) -> Problem:
    return Problem(level="block", where=document.where(key), what=what, remedy=remedy)
