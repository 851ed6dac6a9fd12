"""The verbs of schedules, brakes, hand-off packs and the audit."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli_guard import as_json_lines, guarded

_SCHEDULES = click.argument("schedules", nargs=-1, type=click.Path(path_type=Path), metavar="[SCHEDULE.yml ...]")
_PROMO = click.argument("promo", type=click.Path(path_type=Path), metavar="PROMO")
_BY = click.option("--by", required=True, metavar="NAME", help="Who decides.")
_TO = click.option("--to", "channels", multiple=True, metavar="ID", help="Only on this platform.")


@click.command()
@_SCHEDULES
@as_json_lines
@guarded
def tick(schedules: tuple[Path, ...], as_json: bool) -> int:
    """Do what is due now, once, whoever wakes it."""
    from pipeline import talk_schedule

    return talk_schedule.tick(schedules, as_json=as_json)


@click.command()
@_SCHEDULES
@click.option("--days", default=14, type=click.IntRange(1, 366), help="How far to look (default: 14).")
@click.option("--install-help", is_flag=True, help="How to have `make-promo tick` woken on this computer.")
@as_json_lines
@guarded
def calendar(schedules: tuple[Path, ...], days: int, install_help: bool, as_json: bool) -> int:
    """Show what is due, with local times, and what holds it; write nothing."""
    from pipeline import talk_schedule

    return talk_schedule.calendar(schedules, days=days, install_help=install_help, as_json=as_json)


@click.command()
@_BY
@click.option("--reason", default="", metavar="WORDS", help="Kept, and shown to everybody.")
@guarded
def freeze(by: str, reason: str) -> int:
    """Stop every post on every channel at once."""
    from pipeline import talk_schedule

    return talk_schedule.freeze(by=by, reason=reason)


@click.command()
@_BY
@click.option("--review/--no-review", default=True, help="Each post waits until somebody has looked at it again.")
@guarded
def thaw(by: str, review: bool) -> int:
    """Let posts go again, each after another look."""
    from pipeline import talk_schedule

    return talk_schedule.thaw(by=by, review=review)


@click.command()
@_PROMO
@_TO
@_BY
@click.option("--note", default="", metavar="WORDS", help="Why.")
@guarded
def hold(promo: Path, channels: tuple[str, ...], by: str, note: str) -> int:
    """Hold the posts of a promo until they are released."""
    from pipeline import talk_schedule

    return talk_schedule.set_aside(promo, on=True, channels=channels, by=by, note=note)


@click.command()
@_PROMO
@_TO
@_BY
@click.option("--note", default="", metavar="WORDS", help="Kept with it.")
@guarded
def release(promo: Path, channels: tuple[str, ...], by: str, note: str) -> int:
    """Say that held posts of a promo may go."""
    from pipeline import talk_schedule

    return talk_schedule.set_aside(promo, on=False, channels=channels, by=by, note=note)


@click.command()
@click.argument("promos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PROMO ...")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Where (default: hand-off/ beside the promos).")
@click.option("-p", "--platform", "platforms", multiple=True, metavar="ID", help="Only this one; all: every platform.")
@click.option("--when", metavar='"DAY TIME"', help="The time that was agreed, for the table.")
@as_json_lines
@guarded
def pack(
    promos: tuple[Path, ...], out: Path | None, platforms: tuple[str, ...], when: str | None, as_json: bool
) -> int:
    """Make folders from which a person posts, with words, steps and a table."""
    from pipeline import talk_schedule

    return talk_schedule.pack(promos, out=out, platforms=platforms, when=when, as_json=as_json)


@click.command()
@_PROMO
@click.option("--to", "platform", required=True, metavar="ID", help="Where it was posted.")
@click.option("--address", required=True, metavar="URL", help="The address of the post.")
@click.option("--by", required=True, metavar="NAME", help="Who posted it.")
@guarded
def posted(promo: Path, platform: str, address: str, by: str) -> int:
    """Write down that a person has posted a promo."""
    from pipeline import talk_schedule

    return talk_schedule.posted(promo, platform=platform, address=address, by=by)


@click.command()
@click.option("--csv", "table", type=click.Path(path_type=Path), help="Write a table for a spreadsheet.")
@click.option("--since", metavar="DATE", help="From this day on, such as 2027-03-31.")
@as_json_lines
@guarded
def audit(table: Path | None, since: str | None, as_json: bool) -> int:
    """Tell who made, approved, posted and changed what, and whether the ledger is whole."""
    from pipeline import talk_schedule

    return talk_schedule.audit(table=table, since=since, as_json=as_json)


VERBS: tuple[click.Command, ...] = (
    tick,
    calendar,
    freeze,
    thaw,
    hold,
    release,
    pack,
    posted,
    audit,
)
