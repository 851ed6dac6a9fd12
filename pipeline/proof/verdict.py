"""All checks of all clips as one list: equal findings once, the gravest first, and the count of each in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipeline.proof.nouns import ProofClip
from pipeline.sidecar import Check

Result = Literal["blocking", "to confirm", "advice", "passed"]
SIGNS: dict[Result, str] = {"blocking": "✕", "to confirm": "!", "advice": "i", "passed": "✓"}
_FAILED: dict[str, Result] = {"block": "blocking", "warn": "to confirm", "hint": "advice"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A finding and the clips of which it is true; `everywhere`: of all that were looked at for it."""

    check: Check
    result: Result
    clips: tuple[ProofClip, ...]
    everywhere: bool

    @property
    def sign(self) -> str:
        return SIGNS[self.result]


def rows(clips: Iterable[ProofClip]) -> tuple[Row, ...]:
    """Blocking first, then to confirm, advice and passed; within these in the order of the sidecars."""
    found: dict[Check, list[ProofClip]] = {}
    asked: dict[str, int] = {}
    for clip in clips:
        for check in dict.fromkeys(clip.checks):
            found.setdefault(check, []).append(clip)
            asked[check.id] = asked.get(check.id, 0) + 1
    made = [
        Row(check=check, result=result(check), clips=tuple(group), everywhere=len(group) == asked[check.id])
        for check, group in found.items()
    ]
    order = list(SIGNS)
    return tuple(sorted(made, key=lambda row: order.index(row.result)))


def result(check: Check) -> Result:
    return "passed" if check.passed else _FAILED[check.level]


def tally(clips: Iterable[ProofClip]) -> dict[Result, int]:
    """How many rules passed and how many did not: each rule once, by its gravest result in any clip."""
    order = list(SIGNS)
    worst: dict[str, Result] = {}
    for clip in clips:
        for check in clip.checks:
            here = result(check)
            worst[check.id] = min(worst.get(check.id, here), here, key=order.index)
    return {name: sum(one == name for one in worst.values()) for name in SIGNS}


def verdict(clips: Iterable[ProofClip]) -> list[tuple[Result, str]]:
    """`✓ 14 passed`, `! 2 to confirm`, `✕ 0 blocking`; advice only where there is some. Passed comes first."""
    counts = tally(clips)
    shown: list[Result] = ["passed", "to confirm", "blocking"]
    if counts["advice"]:
        shown.append("advice")
    return [(name, f"{SIGNS[name]} {counts[name]} {name}") for name in shown]


def sentence(clips: Iterable[ProofClip]) -> str:
    """The verdict for somebody who reads one line only."""
    counts = tally(clips)
    if not sum(counts.values()):
        return "Nothing was checked, so this must not be published."
    if counts["blocking"]:
        return "This must not be published as it is: see what is blocking."
    if counts["to confirm"]:
        one = counts["to confirm"] == 1
        return f"Ready for your decision. {counts['to confirm']} {'point needs' if one else 'points need'} your tick."
    if counts["advice"]:
        return "Ready for your decision. Nothing is blocking, and there is some advice."
    return "Ready for your decision. Every check has passed."
