"""What is said at the sign-off: the decision that was written down, or the page on which it is made."""

from __future__ import annotations

import json
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.approvals import read_code
from pipeline.approvals.answer import Answer, read_answer
from pipeline.errors import BriefError
from pipeline.review import Desk, Look, our_rules
from pipeline.review import review as opened_page


def approve(
    code: str | None,
    *,
    by: str,
    ticks: tuple[str, ...],
    note: str,
    evidence: Path | None,
    form: Path | None,
    as_json: bool,
) -> int:
    """Writes down an approval, or what stands in a decision.yml. Returns the exit code."""
    if form is not None:
        named, answer = read_answer(form)
        if code and read_code(code) != named:
            raise BriefError.at(str(form), f"it answers for {named}, not for {code}", "ask which version was looked at")
        code, evidence = named, evidence or form
    elif code is None:
        raise BriefError.at("make-promo approve", "no code is named", "make-promo approve 7F3A-C2 --by NAME")
    else:
        answer = Answer(decision="approve", by=by, note=note, ticks=ticks)
    desk = Desk.ours(our_rules())
    return _tell(desk.answer(desk.find(code), answer, now=_now(), code=code, evidence=evidence), as_json)


def review(promo: Path, *, browse: bool, as_json: bool) -> int:
    """Shows the page and waits for its end. Returns the exit code."""
    look = opened_page(
        promo, desk=Desk.ours(our_rules()), clock=_now, tell=lambda words: click.echo(words, err=True),
        browse=webbrowser.open if browse else None,
    )  # fmt: skip
    return _tell(look, as_json)


def _now() -> datetime:
    return datetime.now(UTC)


def _tell(look: Look, as_json: bool) -> int:
    if as_json:
        found = {"event": "sign-off", "promo": str(look.folder), "code": look.code, "state": look.state.name}
        click.echo(json.dumps(found | {"why": look.state.why}, ensure_ascii=False))
    else:
        click.echo(f"{look.code} {look.folder}: {look.state}")
    return 0
