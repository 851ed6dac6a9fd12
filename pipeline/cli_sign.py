"""The verbs of signing off and publishing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cli_guard import as_json_lines, guarded
from pipeline.cli_login import login


@click.command()
@click.argument("code", required=False, metavar="[CODE]")
@click.option("--by", default="", metavar="NAME", help="Who approves: not the author.")
@click.option("--tick", "ticks", multiple=True, metavar="RULE", help="A warning that was seen and is accepted.")
@click.option("--note", default="", metavar="WORDS", help="Kept with the approval.")
@click.option("--evidence", type=click.Path(path_type=Path), help="The approver's mail; its name and sum are kept.")
@click.option("--from", "form", type=click.Path(path_type=Path), help="Instead: the approver's decision.yml.")
@as_json_lines
@guarded
def approve(
    code: str | None,
    by: str,
    ticks: tuple[str, ...],
    note: str,
    evidence: Path | None,
    form: Path | None,
    as_json: bool,
) -> int:
    """Write down a sign-off, bound to every byte of the promo with this code.

    A decision.yml says it in a file: code, decision (approve or changes), by, note, tick: [RULE], reasons: [WORD].
    """
    from pipeline import talk_signoff

    return talk_signoff.approve(code, by=by, ticks=ticks, note=note, evidence=evidence, form=form, as_json=as_json)


@click.command()
@click.argument("promo", type=click.Path(path_type=Path), metavar="PROMO")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@as_json_lines
@guarded
def review(promo: Path, no_browser: bool, as_json: bool) -> int:
    """Sign off a promo on a page of this computer."""
    from pipeline import talk_signoff

    return talk_signoff.review(promo, browse=not no_browser, as_json=as_json)


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="PROMO ...")
@click.option(
    "--dry-run", type=click.Path(path_type=Path), metavar="DIR", help="Write what would be sent; send nothing."
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this network or platform, such as bluesky.")
@click.option(
    "--as", "which", default="", metavar="NAME", help="With a further account of the networks, such as parks."
)
@click.option("--again", is_flag=True, help="Also what replaces a version that is out.")
@click.option(
    "--press", multiple=True, metavar="NAME", help="Press publish, after a look: what wants a person (linkedin)."
)
@click.option("--is-out", metavar="NUMBER", help="You have looked: the post with this number is out.")
@click.option("--is-not-out", metavar="NUMBER", help="You have looked: it is not out, and may be sent again.")
@click.option("--address", default="", metavar="URL", help="With --is-out: where it is.")
@as_json_lines
@guarded
def publish(
    folders: Sequence[Path],
    dry_run: Path | None,
    only: tuple[str, ...],
    which: str,
    again: bool,
    press: tuple[str, ...],
    is_out: str | None,
    is_not_out: str | None,
    address: str,
    as_json: bool,
) -> int:
    """Publish what is approved, once; safe to run again."""
    from pipeline import talk_publish
    from pipeline.publishing import Orders
    from pipeline.review import our_rules

    if is_out or is_not_out:
        return talk_publish.say_settled(is_out or is_not_out or "", out=bool(is_out), address=address)
    orders = Orders(
        only=only, which=which, again=again, press=press, rules=our_rules(),
        tell=lambda words: click.echo(words, err=True),
    )  # fmt: skip
    return talk_publish.publish_promos(folders, orders, dry_run=dry_run, as_json=as_json)


VERBS: tuple[click.Command, ...] = (
    approve,
    review,
    publish,
    login,
)
