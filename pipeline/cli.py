"""The command line: words in, values out.

`make-promo ROUTE.yml …` renders; every other verb is a command of its own. Heavy rooms are opened only when needed,
so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline import __version__, cli_cluster, cli_schedule, cli_sign
from pipeline.cli_guard import as_json_lines, guarded
from pipeline.errors import BriefError


class Verbs(click.Group):
    """A group whose bare form renders: anything that is not a verb is a brief."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help", "--version"):
            self._refuse_misspelt(ctx, args[0])
            args = ["render", *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelt(self, ctx: click.Context, word: str) -> None:
        """`chek route.yml` must not render route.yml."""
        if word.isalpha() and not Path(word).exists():
            from pipeline.nearest import unknown

            ctx.fail(unknown(word, self.list_commands(ctx)))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in super().list_commands(ctx) if name != "render"]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("make-promo", "ROUTE.yml [MORE.yml ...]  [OPTIONS]")
        formatter.write_usage("make-promo", "COMMAND ...")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Options"):
            records = [record for option in render.params if (record := option.get_help_record(ctx))]
            formatter.write_dl(records)
        self.format_commands(ctx, formatter)


class BareContext(click.Context):
    """`render` is never written, so usage does not name it either."""

    @property
    def command_path(self) -> str:
        return self.parent.command_path if self.parent else "make-promo"


class Bare(click.Command):
    context_class = BareContext


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="make-promo")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Drone clips and a GPX route in, finished clips for every platform out."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@main.command(cls=Bare)
@click.argument("briefs", nargs=-1, type=click.Path(path_type=Path), metavar="ROUTE.yml [MORE.yml ...]")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Where clips go (default: promo/ beside the brief).")
@click.option("-p", "--platform", "platforms", multiple=True, metavar="ID", help="Only this platform, over the brief.")
@click.option("--lang", "languages", multiple=True, metavar="CODE", help="Only this language, over the brief.")
@click.option("--plan", "plan_only", is_flag=True, help="Print what would be done; write nothing.")
@click.option("--draft", is_flag=True, help="Small and quick, marked DRAFT.")
@click.option(
    "--engine",
    default="local",
    metavar="NAME",
    help="local (default), inline (one thing at a time), or a cluster: dask://HOST:PORT, tls://HOST:PORT.",
)
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="What is rendered at the same time here.")
@click.option("--offline", is_flag=True, help="No network at all: only maps that are at hand.")
@as_json_lines
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@guarded
def render(
    briefs: Sequence[Path],
    out: Path | None,
    platforms: tuple[str, ...],
    languages: tuple[str, ...],
    plan_only: bool,
    draft: bool,
    engine: str,
    jobs: int | None,
    offline: bool,
    as_json: bool,
    verbose: bool,
) -> int:
    """Render every brief to every platform it names. Nothing is posted."""
    if not briefs:
        raise BriefError.at("make-promo", "no brief is named", "make-promo route.yml, or make-promo demo to see one")
    from pipeline import talk
    from pipeline.batch import Order
    from pipeline.prepare import Wants

    wants = Wants(platforms=platforms, languages=languages, draft=draft, offline=offline)
    order = Order(out=out, wants=wants, engine=engine, jobs=jobs)
    if plan_only:
        return talk.show_plans(briefs, order, as_json=as_json)
    return talk.render(briefs, order, as_json=as_json, verbose=verbose)


@main.command()
@click.argument("briefs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="ROUTE.yml ...")
@as_json_lines
@guarded
def check(briefs: Sequence[Path], as_json: bool) -> int:
    """Read and probe everything, report all problems at once; write nothing."""
    from pipeline import talk

    return talk.check(briefs, as_json=as_json)


@main.command()
@click.argument("folder", required=False, default="make-promo-demo", type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--draft", is_flag=True, help="Small and quick, marked DRAFT.")
@click.option("-p", "--platform", "platforms", multiple=True, metavar="ID", help="Only this platform.")
@as_json_lines
@guarded
def demo(folder: Path, draft: bool, platforms: tuple[str, ...], as_json: bool) -> int:
    """Write a complete small project, made without network, and render it."""
    from pipeline import talk
    from pipeline.batch import Order
    from pipeline.demo import write_project
    from pipeline.prepare import Wants

    click.echo(f"making an invented valley, a walk and four flights in {folder}", err=True)
    brief = write_project(folder, tell=talk.film_progress())
    return talk.render(
        [brief], Order(wants=Wants(platforms=platforms, draft=draft, offline=True)), as_json=as_json, verbose=False
    )


@main.command()
@as_json_lines
@guarded
def platforms(as_json: bool) -> int:
    """List the platforms: frame, length and size limits, source and day checked."""
    from pipeline import talk

    return talk.show_platforms(as_json=as_json)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@as_json_lines
@guarded
def new(folder: Path, as_json: bool) -> int:
    """Look at a folder of clips and a GPX, and draft its brief with comments."""
    from pipeline import talk

    return talk.draft(folder, as_json=as_json)


@main.command()
@as_json_lines
@guarded
def doctor(as_json: bool) -> int:
    """Can this machine do the job? Each finding with its remedy."""
    from pipeline import doctor as room  # not talk: it needs packages, and one of them may be what is broken
    from pipeline.checkup.finding import Machine

    return room.told(Machine(), click.echo, as_json=as_json, encoding=sys.stdout.encoding or "utf-8")


for verb in (*cli_sign.VERBS, *cli_schedule.VERBS, *cli_cluster.VERBS):
    main.add_command(verb)
