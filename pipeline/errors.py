"""What went wrong, as a place, a sentence and a remedy; each kind of failure has its exit code.

PromoError        4   a tool failed (the default)
 ├─ BriefError     2   the brief or the command line
 ├─ MaterialError  3   footage, telemetry or route
 └─ ToolError      4   ffmpeg or another tool, the disk
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

Level = Literal["block", "warn", "hint"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One finding. `where` is a place a person can go to: `route.yml:7:5: footage[1].use` or a file name."""

    level: Level
    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        hint = f"\n  hint: {self.remedy}" if self.remedy else ""
        return f"{self.where}: {self.what}{hint}"


class PromoError(Exception):
    """A failure that is explained. Carries every problem found, not only the first."""

    exit_code = 4

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    @classmethod
    def at(cls, where: str, what: str, remedy: str = "") -> Self:
        return cls(Problem(level="block", where=where, what=what, remedy=remedy))


class BriefError(PromoError):
    exit_code = 2


class MaterialError(PromoError):
    exit_code = 3


class ToolError(PromoError):
    exit_code = 4


def gravest(errors: Iterable[PromoError]) -> int:
    """The exit code of a batch: a broken tool outranks bad material, which outranks a bad brief."""
    return max((error.exit_code for error in errors), default=0)
