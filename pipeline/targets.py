"""What the entries of a schedule name: briefs to render, folders of promos to post, and the briefs' own wishes.

`publish: {when: …}` in a brief is an entry with one time. Only briefs that a schedule names are looked into.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pipeline.brief import Brief
from pipeline.brief.reading import read_brief
from pipeline.errors import BriefError, PromoError
from pipeline.review.folder import sidecars
from pipeline.schedules import MISSED, Entry, Rule, Schedule, key_of, on_clock

_MOST = 5000


def matching(targets: Iterable[Path]) -> tuple[Path, ...]:
    """The files and folders that paths and patterns name, each once; a name that is there is no pattern."""
    found: dict[Path, None] = {}
    for target in targets:
        paths = [target] if target.exists() else sorted(map(Path, glob.iglob(str(target), recursive=True)))
        found.update(dict.fromkeys(paths[:_MOST]))
    return tuple(found)


def briefs_of(entry: Entry) -> tuple[Path, ...]:
    """BriefError when an entry names nothing that is there."""
    return _some(entry, tuple(path for path in matching(entry.targets) if path.is_file()))


def promos_of(entry: Entry) -> tuple[Path, ...]:
    """The folders to post; of a brief the folder that its rendering fills."""
    found: dict[Path, None] = {}
    for path in matching(entry.targets):
        if path.is_file() and path.suffix.lower() in (".yml", ".yaml"):
            found[promo_of(read_brief(path))] = None
        elif path.is_dir() and sidecars(path):
            found[path] = None
    return _some(entry, tuple(found))


def _some(entry: Entry, found: tuple[Path, ...]) -> tuple[Path, ...]:
    if not found:
        what = "what this entry names is not there" if entry.do == "render" else "there is no finished promo here"
        raise BriefError.at(entry.where, what, "look at the name, and render first what is to be posted")
    return found


def promo_of(brief: Brief) -> Path:
    """Where the clips of a brief lie when nobody says otherwise."""
    return brief.folder / "promo" / brief.id


def wishes(schedule: Schedule) -> tuple[list[Entry], list[PromoError]]:
    """The entries that the briefs themselves ask for, and what is wrong with briefs that cannot be read."""
    named = [target for entry in schedule.entries if entry.do == "render" for target in entry.targets]
    entries, errors = [], []
    for path in matching([*schedule.briefs, *named]):
        try:
            if path.is_file() and (entry := wish(read_brief(path), schedule.zone)):
                entries.append(entry)
        except PromoError as error:
            errors.append(error)
    return entries, errors


def wish(brief: Brief, zone: str) -> Entry | None:
    """The one-time entry of `publish.when`; None without it."""
    if brief.publish is None or brief.publish.when is None:
        return None
    when = datetime.fromisoformat(brief.publish.when)
    local = on_clock(when, zone) if when.tzinfo else when
    return Entry(
        key=key_of(brief.path.resolve(), "publish.when"), id=brief.id, where=brief.where("publish", "when"),
        do="publish", targets=(promo_of(brief),), to=brief.publish.to, zone=zone, missed=MISSED["publish"],
        rule=Rule(words=f"{local:%Y-%m-%d %H:%M}", times=(local.replace(second=0, microsecond=0),)),
    )  # fmt: skip
