"""What is said of schedules: what a tick did, what is due, what is held, what was packed, and the audit."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click

from pipeline import audit as audits
from pipeline import brake_book, calendar_view, config, packing, waking
from pipeline.errors import BriefError, ToolError, gravest
from pipeline.handing_over import Handing
from pipeline.ledger import Ledger
from pipeline.platforms import load_platform
from pipeline.post_turns import Answer, SignOff, signed
from pipeline.review.desk import Desk, login, our_rules
from pipeline.review.folder import refuse_empty
from pipeline.schedule_reading import found_schedules
from pipeline.schedule_values import moment_of
from pipeline.ticking import Hands
from pipeline.ticking import tick as ticked


def tick(schedules: Sequence[Path], *, as_json: bool) -> int:
    """Does what is due. Returns the exit code."""
    from pipeline import schedule_hands
    from pipeline.publishing import Orders

    desk = _desk()

    def post(folder: Path, channel: str, now: datetime) -> Answer:
        return schedule_hands.posted(folder, channel, Orders(rules=desk.rules))

    handing = Handing(
        hand=lambda folder, channel, at: schedule_hands.posted(folder, channel, Orders(rules=desk.rules), at),
        recall=schedule_hands.recalled,
    )
    hands = Hands(
        render=lambda brief: schedule_hands.rendered(brief, _now), post=post, look=_look(desk), clock=_now,
        say=lambda line: click.echo(line, err=True), who=login(), handing=handing,
    )  # fmt: skip
    report = ticked(found_schedules(tuple(schedules)), hands)
    if as_json:
        problems = [str(problem) for error in report.errors for problem in error.problems]
        _event({"event": "result", "exit_code": report.code, "done": report.lines, "problems": problems})
    elif not report.lines and not report.errors:
        click.echo("nothing is due", err=True)
    return report.code


def calendar(schedules: Sequence[Path], *, days: int, install_help: bool, as_json: bool) -> int:
    """What is due in the next days; or how to have `tick` woken. Returns the exit code."""
    paths = found_schedules(tuple(schedules))
    if install_help:
        state = config.state_dir()
        state.mkdir(parents=True, exist_ok=True, mode=0o700)  # cron writes its log there
        click.echo(waking.help_text(waking.Waker.here(paths, state)), nl=False)
        return 0
    found = calendar_view.calendar(paths, _now(), days=days)
    for error in found.errors:
        click.echo(str(error), err=True)
    if as_json:
        for row in found.rows:
            _event(row.as_json())
        _event({"event": "result", "exit_code": gravest(found.errors), "brakes": list(found.brakes)})
        return gravest(found.errors)
    for line in (*found.brakes, *map(str, found.rows)):
        click.echo(line)
    if not found.rows and not found.errors:
        click.echo(f"nothing is due in the next {days} days", err=True)
    return gravest(found.errors)


def freeze(*, by: str, reason: str) -> int:
    state = brake_book.freeze(Ledger.ours(), by=by, reason=reason, who=login(), now=_now())
    click.echo(f"Everything is frozen by {state.by}. Nothing is posted until: make-promo thaw --by NAME")
    return _taken_back()


def thaw(*, by: str, review: bool) -> int:
    state = brake_book.thaw(Ledger.ours(), by=by, review=review, who=login(), now=_now())
    if state is None:
        click.echo("nothing was frozen", err=True)
    elif review:
        click.echo("Posts go again when somebody has looked at each: make-promo calendar lists them.")
    else:
        click.echo("Posts go again at their times. What missed its time waits for: make-promo release")
    return 0


def set_aside(promo: Path, *, on: bool, channels: Sequence[str], by: str, note: str) -> int:
    """Holds the posts of a promo, or releases them, on some channels or on all. Returns the exit code."""
    refuse_empty(promo)
    names = [load_platform(name, "--to").id for name in channels] or [""]
    step = brake_book.hold if on else brake_book.release
    desk, now = _desk(), _now()
    with desk.ledger.writing() as book:
        for name in names:
            step(book, promo, name, by=by, note=note, who=desk.login, now=now)
    if not on and desk.look(promo, now=now).state.name == "held":
        desk.set_aside(promo, "released", by=by, note=note, now=now)
    where = ", ".join(names) if names != [""] else "every channel"
    click.echo(f"{promo.name} on {where}: {'held' if on else 'released; the next tick posts what was waiting'}")
    return max(_taken_back(promo, name) for name in names) if on else 0


def _taken_back(promo: Path | None = None, channel: str = "") -> int:
    """Networks that hold posts for us give them back; gives the exit code."""
    from pipeline.accounts import OurAccounts
    from pipeline.post_ahead import take_back
    from pipeline.publishing import Orders

    outcomes = take_back(
        Ledger.ours(), accounts=OurAccounts(), orders=Orders(who=login()), folder=promo, channel=channel
    )
    for one in outcomes:
        click.echo(f"{one.promo}/{one.name}: {one.words or 'taken back from the network that held it'}")
        if one.remedy:
            click.echo(f"  hint: {one.remedy}", err=True)
    return 5 if any(one.state == "failed" for one in outcomes) else 0


def pack(promos: Sequence[Path], *, out: Path | None, platforms: Sequence[str], when: str | None, as_json: bool) -> int:
    """Makes the hand-off folders; their paths on stdout. Returns the exit code."""
    try:
        local = moment_of(when) if when else None
    except ValueError as wrong:
        raise BriefError.at("--when", str(wrong), 'write it as "2027-05-01 09:30"') from None
    found = packing.pack(promos, look=_look(_desk()), now=_now(), out=out, platforms=platforms, when=local)
    for error in found.errors:
        click.echo(str(error), err=True)
    with Ledger.ours().reading() as book:
        if freeze := brake_book.standing(book).frozen:
            click.echo(f"Everything is frozen by {freeze.by}: do not post these until it is thawed.", err=True)
    for one in found.packs:
        row = {"event": "pack", "folder": str(one.folder), "platform": one.platform, "lang": one.lang, "made": one.made}
        _event(row) if as_json else click.echo(f"{one.folder}{'' if one.made else '  (unchanged)'}")
    if found.table and not as_json:
        click.echo(str(found.table))
    if as_json:
        _event({"event": "result", "exit_code": gravest(found.errors), "table": str(found.table or "")})
    return gravest(found.errors)


def posted(promo: Path, *, platform: str, address: str, by: str) -> int:
    """Writes down what a person has posted. Returns the exit code."""
    packing.posted(Ledger.ours(), promo, platform, address=address, by=by, who=login(), now=_now())
    click.echo(f"{promo.name} on {platform}: written down")
    return 0


def audit(*, table: Path | None, since: str | None, as_json: bool) -> int:
    """Who did what; 4 when the ledger was altered."""
    try:
        first = date.fromisoformat(since) if since else None
    except ValueError:
        raise BriefError.at("--since", f"{since} is not a day", "write it as 2027-03-31") from None
    found = audits.audit(since=first)
    if table:
        audits.save(found, table)
        click.echo(str(table))
    elif as_json:
        for row in found.rows:
            _event(dict(zip(audits.COLUMNS, row, strict=True)))
    else:
        for line in audits.lines(found):
            click.echo(line)
    click.echo(found.verdict, err=True)
    return 0 if found.broken is None else ToolError.exit_code


def _look(desk: Desk) -> Callable[[Path, datetime], SignOff]:
    return lambda folder, now: signed(folder, now, desk)


def _desk() -> Desk:
    return Desk.ours(our_rules())


def _now() -> datetime:
    return datetime.now(UTC)


def _event(values: dict[str, object]) -> None:
    click.echo(json.dumps(values, ensure_ascii=False))
