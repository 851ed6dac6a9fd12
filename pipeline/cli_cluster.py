"""The verbs of clusters: taking part in one, and a small one on this computer."""

from __future__ import annotations

import click

from pipeline.cli_guard import guarded


@click.command()
@click.argument("address", metavar="dask://HOST:PORT|tls://HOST:PORT")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Worker processes (default: half the cores).")
@click.option("--nvenc", type=click.IntRange(0, 64), default=0, metavar="N", help="So many of them may use NVENC.")
@guarded
def worker(address: str, jobs: int | None, nvenc: int) -> int:
    """Take part in a cluster until Ctrl-C.

    Off this computer a cluster needs tls:// and certificates: MAKE_PROMO_TLS_CA, MAKE_PROMO_TLS_CERT and
    MAKE_PROMO_TLS_KEY. All its computers have the same make-promo, and see the same folders: MAKE_PROMO_CACHE names one
    that they share, and briefs lie where all of them find them.
    """
    from pipeline import talk_cluster

    return talk_cluster.worker(address, jobs=jobs, nvenc=nvenc)


@click.group()
def farm() -> None:
    """A small cluster on this computer."""


@farm.command()
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Worker processes (default: half the cores).")
@guarded
def up(workers: int | None) -> int:
    """Start a scheduler and workers here, print the address, and end with Ctrl-C."""
    from pipeline import talk_cluster

    return talk_cluster.farm(workers=workers)


VERBS: tuple[click.Command, ...] = (worker, farm)
