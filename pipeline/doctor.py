"""`make-promo doctor`: can this machine do the job? Every question is asked, every finding has its remedy.

Nothing here is trusted to work, that is what it is for: each question is opened late and guarded, and one that fails
says so and leaves the others to be asked. Nothing is kept on the disk and no connection is made.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from pipeline.checkup.finding import Finding, Machine, reason

BLOCKED = 4  # the exit code when something stops the work: a tool failed
_WIDTH = 100
_COMMANDS = ("sudo ", "python ")
_WORDS = {"ok": "OK", "warn": "LOOK", "block": "STOP"}

Question = Callable[[Machine], Iterable[Finding]]

# What people call it → module of `checkup` and its function.
QUESTIONS: tuple[tuple[str, str, str], ...] = (
    ("Python", "programs", "python"),
    ("packages", "programs", "packages"),
    ("ffmpeg", "programs", "ffmpeg"),
    ("drawing of text", "programs", "drawing"),
    ("fonts", "scripts", "scripts"),
    ("extras", "programs", "extras"),
    ("own folders", "folders", "own_folders"),
    ("this folder", "folders", "this_folder"),
    ("folder of maps", "folders", "map_files"),
    ("settings", "folders", "own_settings"),
    ("time zones", "surroundings", "time_zones"),
    ("clock", "surroundings", "clock"),
    ("memory and processors", "surroundings", "strength"),
    ("proxy", "surroundings", "proxy"),
    ("certificates", "surroundings", "certificates"),
    ("rights", "surroundings", "rights"),
)


def examine(machine: Machine, questions: Sequence[tuple[str, Question]] | None = None) -> Iterator[Finding]:
    """Every finding as soon as it is known. Raises nothing."""
    for name, ask in questions or [(name, _question(*place)) for name, *place in QUESTIONS]:
        yield from _guarded(name, ask, machine)


def _question(module: str, function: str) -> Question:
    def ask(machine: Machine) -> Iterable[Finding]:
        found: Iterable[Finding] = getattr(import_module(f"pipeline.checkup.{module}"), function)(machine)
        return found

    return ask


def _guarded(name: str, ask: Question, machine: Machine) -> Iterator[Finding]:
    try:
        yield from ask(machine)
    except Exception as error:  # a question that breaks is a finding too
        yield Finding(
            level="warn",  # a missing package was told as such: here it only stands in the way
            what=name,
            measured=f"this could not be examined: {reason(error)} ({type(error).__name__})",
            remedy="cure what is said above first; if this stays, send the line to whoever looks after make-promo",
        )


def told(machine: Machine, say: Callable[[str], None], *, as_json: bool, encoding: str = "utf-8") -> int:
    """Ask everything and say it line by line. Returns the exit code. `encoding` is that of whoever listens: signs that
    it lacks (a page of Windows, a log) become question marks."""
    findings: list[Finding] = []

    def line(words: str) -> None:
        say(words.encode(encoding, "replace").decode(encoding))

    for finding in examine(machine):
        findings.append(finding)
        for words in [json.dumps(finding_json(finding))] if as_json else lines(finding):
            line(words)
    line(json.dumps(result_json(findings)) if as_json else verdict(findings))
    return exit_code(findings)


def exit_code(findings: Iterable[Finding]) -> int:
    return BLOCKED if any(finding.level == "block" for finding in findings) else 0


def lines(finding: Finding) -> list[str]:
    """A line with its word, and the remedy indented below."""
    told = [f"{_WORDS[finding.level]:5} {_printable(f'{finding.what}: {finding.measured}')}"]
    for paragraph in finding.remedy.splitlines():
        if paragraph.startswith(_COMMANDS):  # to be copied: stays on one line
            told.append(" " * 6 + paragraph)
            continue
        told += textwrap.wrap(
            _printable(paragraph), _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return told


def verdict(findings: Sequence[Finding]) -> str:
    """One sentence at the end."""
    stops = sum(finding.level == "block" for finding in findings)
    looks = sum(finding.level == "warn" for finding in findings)
    if stops:
        return f"This computer cannot make clips yet: {_count(stops, 'thing stops', 'things stop')} it (STOP above)."
    if looks:
        return f"This computer can make clips; {_count(looks, 'thing is', 'things are')} worth a look (LOOK above)."
    return "This computer can make clips; nothing is wrong."


def finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "event": "finding",
        "level": finding.level,
        "what": finding.what,
        "measured": finding.measured,
        "remedy": finding.remedy,
    }


def result_json(findings: Sequence[Finding]) -> dict[str, Any]:
    return {"event": "result", "exit_code": exit_code(findings), "words": verdict(findings)}


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _printable(text: str) -> str:
    """Names and messages of others, without what could move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
