"""How a rule for subtitles came out: for the sidecar as a check, for `check` as a problem with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import Level, Problem
from pipeline.sidecar import Check
from pipeline.subtitles import Cue


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule and how it came out. `where` is a place in a file of the author's."""

    rule: str
    what: str
    level: Level
    where: str
    measured: str
    limit: str
    remedy: str
    passed: bool

    def check(self) -> Check:
        return Check(
            id=self.rule,
            what=self.what,
            measured=self.measured,
            limit=self.limit,
            passed=self.passed,
            level=self.level,
            remedy="" if self.passed else self.remedy,
        )

    def problem(self) -> Problem:
        """For people who render or check: what only forbids to publish is a warning to them."""
        what = f"{self.what}: {self.measured}, it should be {self.limit}"
        if self.level == "block":
            what += " before it may be published"
        return Problem(
            level="warn" if self.level == "block" else self.level, where=self.where, what=what, remedy=self.remedy
        )


def finding(
    rule: str, what: str, level: Level, where: str, measured: str, limit: str, passed: bool, remedy: str
) -> Finding:
    return Finding(
        rule=rule, what=what, level=level, where=where, measured=measured, limit=limit, remedy=remedy, passed=passed
    )


def others(wrong: Sequence[object]) -> str:
    return f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""


def place(where: str, cue: Cue | None) -> str:
    return f"{where}:{cue.line}" if cue is not None and cue.line else where
