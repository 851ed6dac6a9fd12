"""Why a promo cannot be approved, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.approvals import Bundle, Finding
from pipeline.approvals.answer import Answer
from pipeline.approvals.states import Rules, open_wishes, same_person, untaken
from pipeline.errors import Problem
from pipeline.nearest import listed, unknown
from pipeline.review.notes import Look


def ticked(bundle: Bundle, ticks: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The warnings that `ticks` cover: a rule's id covers it in every clip."""
    rules = {tick.casefold() for tick in ticks}
    return tuple((one.rule, one.rendition) for one in bundle.warnings if one.rule.casefold() in rules)


def refusals(look: Look, answer: Answer, rules: Rules) -> list[Problem]:
    """Every reason why this approval cannot be given."""
    found = [*_whole(look), *_people(look, answer.by, rules), *_ticks(look.bundle, answer.ticks)]
    return list(dict.fromkeys(found))


def _whole(look: Look) -> Iterator[Problem]:
    if look.draft:
        yield _block(look.code, "this is a draft, small and marked as such", "render without --draft, then approve")
    for fault in look.bundle.faults:
        what, _, remedy = fault.partition("; ")
        yield _block(look.code, what, remedy)
    for finding in look.bundle.blocks:
        yield _block(finding.rendition, f"{_sentence(finding)}, which nobody can approve", finding.remedy)


def _people(look: Look, by: str, rules: Rules) -> Iterator[Problem]:
    if not rules.author and any(same_person(by, author) for author in look.authors):
        remedy = "ask a colleague; or allow it in the settings: `approval: {author: true}`"
        yield _block("by", f"{by} made this promo, and the author does not approve it", remedy)
    ours = [one for one in look.decisions if one.fingerprint == look.bundle.fingerprint]
    for wish in open_wishes(ours):
        if not same_person(wish.by, by):
            about = f": {wish.note}" if wish.note else f" ({listed(wish.reasons, 'and')})"
            remedy = f"change it and render again, or let {wish.by} approve it"
            yield _block("by", f"{wish.by} wants changes to this version{about}", remedy)


def _ticks(bundle: Bundle, ticks: Sequence[str]) -> Iterator[Problem]:
    rules = sorted({one.rule for one in bundle.warnings})
    for tick in ticks:
        if tick.casefold() not in {rule.casefold() for rule in rules}:
            remedy = f"warnings here are {listed(rules, 'and')}" if rules else "there are no warnings here"
            yield _block("tick", unknown(tick, rules), remedy)
    for finding in untaken(bundle.warnings, ticked(bundle, ticks)):
        remedy = f"when you have seen it and accept it: tick {finding.rule}"
        yield _block(finding.rendition, _sentence(finding), remedy)


def _sentence(finding: Finding) -> str:
    found = f"{finding.measured}, it should be {finding.limit}" if finding.limit else finding.measured
    return f"{finding.what}{': ' if found else ''}{found}"


def _block(where: str, what: str, remedy: str) -> Problem:
    return Problem(level="block", where=where, what=what, remedy=remedy)
