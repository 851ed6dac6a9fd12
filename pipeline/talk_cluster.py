"""What the verbs of clusters do and say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pipeline import ffmpeg
from pipeline.engines.farm import Farm
from pipeline.engines.hardware import refusal
from pipeline.engines.places import place_of, reached
from pipeline.errors import ToolError


def worker(address: str, *, jobs: int | None, nvenc: int) -> int:
    """Worker processes for the cluster at `address`, until Ctrl-C. ToolError when it is not there, or gone."""
    place = place_of(address)
    if place.secure:
        place.keys()
    ffmpeg.executable()
    if not reached(place):
        raise ToolError.at(str(place), "nobody listens there", "start the scheduler first: make-promo farm up")
    count = jobs or _usual()
    tagged = min(nvenc, count)
    if tagged and (why := refusal("nvenc")):
        click.echo(f"NVENC does not work here, so x264 is used: {why}", err=True)
        tagged = 0
    with _until_stopped(), Farm() as farm:
        if tagged:
            farm.workers(place, tagged, "nvenc")
        if count > tagged:
            farm.workers(place, count - tagged)
        with_tag = f", {tagged} of them with NVENC" if tagged else ""
        click.echo(f"{count} processes work for {place}{with_tag}; Ctrl-C ends them", err=True)
        farm.wait()
    return 0


def farm(*, workers: int | None) -> int:
    """A scheduler and workers on the loopback; the address on stdout. Until Ctrl-C."""
    place_of("dask://127.0.0.1:1")  # whether Dask is there
    from pipeline.engines.cluster import joined

    count = workers or _usual()
    with _until_stopped(), Farm() as farm:
        place = farm.scheduler()
        farm.workers(place, count)
        if not joined(place, count):
            farm.check()
            raise ToolError.at(str(place), "the workers did not start in time", "try again")
        click.echo(str(place))
        click.echo(f"{count} workers; in another window: make-promo ROUTE.yml --engine {place}", err=True)
        click.echo("Ctrl-C ends them", err=True)
        farm.wait()
    return 0


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Ctrl-C is how these verbs are meant to end."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("ended", err=True)


def _usual() -> int:
    return max(1, (os.cpu_count() or 1) // 2)
