"""Where a promo stands, from the files as they are now and all that was decided about them.

One line of rules: only what is approved, unexpired and equal to the last letter may be posted. Nothing is approved by
silence, a warning counts as seen only when it was ticked, and the author does not approve unless the settings say so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pipeline.approvals import Bundle, Finding
from pipeline.approvals.changes import Change, changes
from pipeline.errors import BriefError, Problem
from pipeline.nearest import listed, unknown

Name = Literal[
    "planned", "rendered", "checked", "in review", "approved", "changes wanted", "held", "expired", "withdrawn", "void"
]
Kind = Literal["made", "opened", "approved", "changes", "held", "released", "withdrawn"]

_AHEAD = timedelta(minutes=5)  # clocks of two computers differ a little
_RULES = {"days": "14", "people": "1", "author": "false"}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`days` an approval holds, how many `people` must give it, and whether the author may be one of them."""

    days: int = 14
    people: int = 1
    author: bool = False


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What shows that the approver said so, such as a mail: its name and its sum. The file itself stays where it is."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was made or decided about one version. `by` answers for it, `recorded_by` wrote it down."""

    kind: Kind
    at: datetime
    by: str
    recorded_by: str
    code: str
    fingerprint: str
    bundle: Bundle | None = None
    ticks: tuple[tuple[str, str], ...] = ()  # (rule, rendition) of each warning that was ticked
    reasons: tuple[str, ...] = ()
    note: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """`name`, and why in a sentence. `changes`: what differs from the version approved last, if it does."""

    name: Name
    why: str
    approvals: tuple[Decision, ...] = ()
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


def same_person(one: str, other: str) -> bool:
    """Names as people type them: letter case, accents composed or not, dots and spaces do not make another person."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def state(bundle: Bundle | None, history: Sequence[Decision], rules: Rules, now: datetime) -> State:
    """Where the promo stands. `history`: what was decided about it, and about equal files elsewhere, oldest first."""
    if bundle is None or not bundle.parts:
        return State(name="planned", why="nothing has been rendered yet")
    ours = [one for one in history if one.fingerprint == bundle.fingerprint]
    if stopped := _stopped(history, ours):
        return stopped
    given = _given(ours)
    valid = tuple(one for one in given if not _expiry(one, rules, now))
    differs = _since_approved(bundle, history)
    if given and (bundle.blocks or bundle.faults):
        return State(name="void", why=f"what was approved may not be posted: {_first(bundle)}", changes=differs)
    covered = tuple(one for one in valid if not untaken(bundle.warnings, one.ticks))
    if len(covered) >= rules.people:
        return State(name="approved", why=f"by {listed([one.by for one in covered], 'and')}", approvals=covered)
    if len(valid) > len(covered):
        new = untaken(bundle.warnings, [tick for one in valid for tick in one.ticks])
        return State(name="void", why=f"there is a warning that nobody has ticked: {(new or bundle.warnings)[0]}")
    if covered:
        why = f"{len(covered)} of {rules.people} approvals: by {listed([one.by for one in covered], 'and')}"
        return State(name="in review", why=why, approvals=covered, changes=differs)
    if given:
        return State(name="expired", why=_expiry(given[-1], rules, now), changes=differs)
    return _open(bundle, ours, differs)


def untaken(warnings: Sequence[Finding], ticks: Sequence[tuple[str, str]]) -> tuple[Finding, ...]:
    """The warnings that no tick covers."""
    return tuple(one for one in warnings if (one.rule, one.rendition) not in ticks)


def authors(fingerprint: str, history: Sequence[Decision]) -> tuple[str, ...]:
    """Who made this version."""
    made = [one for one in history if one.kind == "made" and one.fingerprint == fingerprint]
    return tuple(dict.fromkeys(one.by for one in made))


def last_approved(history: Sequence[Decision]) -> Decision | None:
    """The approval given last, whatever became of it; its `bundle` is the version that was approved."""
    return next((one for one in reversed(history) if one.kind == "approved" and one.bundle), None)


def _stopped(history: Sequence[Decision], ours: Sequence[Decision]) -> State | None:
    """A hold is on the promo whatever its version; the rest is on this version."""
    hold = next((one for one in reversed(history) if one.kind in ("held", "released")), None)
    if hold and hold.kind == "held":
        return State(name="held", why=_said(hold, f"by {hold.by}"))
    last = next((one for one in reversed(ours) if one.kind in ("approved", "changes", "withdrawn")), None)
    if last and last.kind == "withdrawn":
        return State(name="withdrawn", why=_said(last, f"by {last.by}"))
    if wishes := open_wishes(ours):
        wish = wishes[-1]
        about = f" ({listed(wish.reasons, 'and')})" if wish.reasons else ""
        return State(name="changes wanted", why=_said(wish, f"by {wish.by}{about}"))
    return None


def open_wishes(ours: Sequence[Decision]) -> tuple[Decision, ...]:
    """Changes wanted of this very version; only who wanted them lifts them, by approving it after all."""
    wishes: list[Decision] = []
    for one in ours:
        if one.kind == "changes":
            wishes.append(one)
        elif one.kind == "approved":
            wishes = [wish for wish in wishes if not same_person(wish.by, one.by)]
    return tuple(wishes)


def _given(ours: Sequence[Decision]) -> tuple[Decision, ...]:
    """The standing approval of each person: a withdrawal ends all before it, a wish for changes ends one's own."""
    standing: dict[str, Decision] = {}
    for one in ours:
        if one.kind == "withdrawn":
            standing.clear()
        elif one.kind in ("approved", "changes"):
            standing.pop(_folded(one.by), None)
            if one.kind == "approved":
                standing[_folded(one.by)] = one
    return tuple(standing.values())


def _expiry(given: Decision, rules: Rules, now: datetime) -> str:
    """Why an approval no longer holds; "" while it does. A clock that was put back does not make it last longer."""
    if given.at > now + _AHEAD:
        return "it was approved at a time that has not come yet: this computer's clock was changed"
    if now - given.at >= timedelta(days=rules.days):
        return f"the approval by {given.by} is older than {rules.days} days"
    return ""


def _since_approved(bundle: Bundle, history: Sequence[Decision]) -> tuple[Change, ...]:
    last = last_approved(history)
    return changes(last.bundle, bundle) if last and last.bundle else ()


def _open(bundle: Bundle, ours: Sequence[Decision], differs: tuple[Change, ...]) -> State:
    """Nobody has decided about this version."""
    if any(one.kind == "opened" for one in ours):
        return State(name="in review", why="it has been opened and nobody has decided", changes=differs)
    if differs:
        more = f", and {len(differs) - 1} more" if len(differs) > 1 else ""
        return State(name="void", why=f"changed since it was approved: {differs[0]}{more}", changes=differs)
    if bundle.blocks or bundle.faults:
        return State(name="checked", why=f"it cannot be approved as it is: {_first(bundle)}")
    if bundle.checked:
        return State(name="checked", why="it waits for somebody to approve it")
    return State(name="rendered", why="it has not been checked")


def _first(bundle: Bundle) -> str:
    return bundle.faults[0] if bundle.faults else str(bundle.blocks[0])


def _said(decision: Decision, words: str) -> str:
    return f"{words}: {decision.note}" if decision.note else words


def rules_of(values: Mapping[str, Any], where: str) -> Rules:
    """The rules from a group of settings: `{days: 14, people: 1, author: false}`. BriefError with all that is wrong."""
    problems = [
        Problem(level="block", where=f"{where}.{key}", what=unknown(str(key), _RULES))
        for key in values
        if key not in _RULES
    ]
    for key, most in (("days", 365), ("people", 9)):
        value = values.get(key, 1)
        text = str(value)
        if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text) <= most:
            what = f"a whole number from 1 to {most} is expected here"
            problems.append(Problem(level="block", where=f"{where}.{key}", what=what, remedy=f"`{key}: {_RULES[key]}`"))
    if str(values.get("author", False)).lower() not in ("true", "false"):
        what = "true or false is expected here"
        problems.append(Problem(level="block", where=f"{where}.author", what=what, remedy="`author: false`"))
    if problems:
        raise BriefError(*problems)
    return Rules(
        days=int(str(values.get("days", 14))),
        people=int(str(values.get("people", 1))),
        author=str(values.get("author", False)).lower() == "true",
    )
