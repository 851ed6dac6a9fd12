"""From a schedule file to a Schedule: every problem told at its place, all of them at once.

zone: Europe/London
schedule:
  - id: weekend-walks
    brief: routes/*.yml
    every: Thursday at 06:00
    from: 2027-01-07
    until: 2027-10-31
    except: [2027-04-01, 2027-07-20 to 2027-09-05, pre-election]
  - promo: promo/fryent
    do: publish
    to: [bluesky, mastodon]
    at: 2027-05-01 09:30
briefs: [routes/*.yml]                     # their own publish.when counts
windows: {pre-election: {from: 2027-03-22, until: 2027-05-06 22:00, effect: second-approval}}
limits: {a_day: 1, a_week: 3, spacing: 30 min, quiet: 21:00 to 07:00, same_route: 14 days}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from pipeline import config, schedule_values, yaml_file
from pipeline.brief.values import Wrong
from pipeline.errors import BriefError, Problem
from pipeline.nearest import listed, shortened, unknown
from pipeline.schedule_rules import MOST_A_DAY, clock_times, cron, every, local_times, rrule
from pipeline.schedules import MISSED, ZONE, Do, Effect, Entry, Limits, Overlap, Rule, Schedule, Window, key_of
from pipeline.yaml_file import Document, Steps

FILE = "schedule.yml"
_KEYS = ("zone", "schedule", "briefs", "windows", "limits")
_ENTRY = (
    "id", "brief", "promo", "do", "to", "every", "cron", "rrule", "time", "at", "zone", "from", "until", "except",
    "missed", "overlap",
)  # fmt: skip
_RULES = ("every", "cron", "rrule", "at")
_WINDOW = ("from", "until", "effect", "zone")
_LIMITS = ("a_day", "a_week", "spacing", "same_route", "quiet")

T = TypeVar("T")


def read_schedule(path: Path) -> Schedule:
    """The schedule in the file `path`. BriefError with all that is wrong with it."""
    return understood(yaml_file.read(path, numbers=False), path)


def understood(document: Document, path: Path) -> Schedule:
    reader = _Reader(document=document, folder=path.absolute().parent, problems=list(document.problems))
    found = reader.schedule(path)
    if reader.problems:
        raise BriefError(*sorted(reader.problems, key=lambda one: _line(one.where, document.name)))
    return found


@dataclass(kw_only=True)
class _Reader:
    """Reads value after value and collects what is wrong; lives for one file."""

    document: Document
    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def schedule(self, path: Path) -> Schedule:
        tree = self.document.tree
        self._known(tree, (), _KEYS)
        zone = self._one(tree, ("zone",), schedule_values.zone, ZONE)
        windows = self._windows(tree.get("windows"), zone)
        limits = self._limits(tree.get("limits"), zone)
        entries: list[Entry] = []
        for number, values in enumerate(_list(tree.get("schedule"))):
            if entry := self._entry(values, ("schedule", number), path, zone, windows):
                if entry.id in {one.id for one in entries}:
                    self._wrong(("schedule", number), f'another entry is called "{entry.id}"', "give it its own `id:`")
                entries.append(entry)
        briefs = self._paths(tree, ("briefs",)) if tree.get("briefs") is not None else ()
        if not entries and not briefs and not self.problems and not windows and "limits" not in tree:
            self._wrong(("schedule",), "nothing is scheduled", "add an entry with `brief:` and `every:`")
        return Schedule(path=path, zone=zone, entries=tuple(entries), briefs=briefs, windows=windows, limits=limits)

    def _entry(self, values: Any, at: Steps, path: Path, zone: str, windows: tuple[Window, ...]) -> Entry | None:
        if not isinstance(values, dict):
            self._wrong(at, "a group of keys is expected here", f"keys here are {listed(_ENTRY, 'and')}")
            return None
        before = len(self.problems)
        self._known(values, at, _ENTRY)
        named = [key for key in ("brief", "promo") if values.get(key) is not None]
        do = self._do(values, at, named)
        if len(named) != 1:
            self._wrong(at, "either `brief:` or `promo:` is needed", "write `brief: route.yml` or `promo: promo/route`")
        targets = self._paths(values, (*at, named[0])) if named else ()
        zone = self._one(values, (*at, "zone"), schedule_values.zone, zone)
        first = self._one(values, (*at, "from"), schedule_values.first_of, None)
        last = self._one(values, (*at, "until"), schedule_values.last_of, None)
        if first and last and last < first:
            self._wrong((*at, "until"), "until comes before from", "swap the two")
        days, spans = self._except(values, at, windows)
        rule = self._rule(values, at, first.date() if first else None)
        missed = self._one(values, (*at, "missed"), lambda value: schedule_values.missed(value, do), MISSED[do])
        usual: Overlap = "skip"
        overlap = self._one(values, (*at, "overlap"), schedule_values.overlap, usual)
        nowhere: tuple[str, ...] = ()
        to = self._one(values, (*at, "to"), schedule_values.platform_ids, nowhere)
        if to and do == "render":
            self._wrong((*at, "to"), "only posts have a platform to go to", "write `do: publish`, or take it out")
        if rule is None or len(self.problems) > before:
            return None
        again = [do, rule.words, *map(str, targets), *to]
        id = self._one(values, (*at, "id"), schedule_values.identifier, f"{do}-{key_of(Path(), repr(again))[:6]}")
        return Entry(
            key=key_of(path.resolve(), id), id=id, where=self.document.where(*at), do=do, targets=targets, to=to,
            rule=rule, zone=zone, first=first, last=last, days=days, spans=spans, missed=missed, overlap=overlap,
        )  # fmt: skip

    def _do(self, values: dict[str, Any], at: Steps, named: list[str]) -> Do:
        """A brief is rendered and a promo is posted; `do` says it, or says that the promo of a brief is posted."""
        usual = "publish" if named == ["promo"] else "render"
        do = self._one(values, (*at, "do"), schedule_values.do, usual)
        if do == "render" and named == ["promo"]:
            self._wrong((*at, "do"), "a promo is finished already; briefs are rendered", "name the brief: `brief: …`")
        return "publish" if do == "publish" else "render"

    def _rule(self, values: dict[str, Any], at: Steps, anchor: date | None) -> Rule | None:
        given = [key for key in _RULES if values.get(key) is not None]
        if len(given) != 1:
            what = f"{listed(given, 'and')} say two things" if given else "it is not said when"
            self._wrong((*at, *given[1:2]), what, "write one of `every:`, `cron:`, `rrule:` and `at:`")
            return None
        if values.get("time") is not None and given != ["rrule"]:
            self._wrong((*at, "time"), "only an `rrule:` has a `time:` beside it", 'write "Thursday at 06:00"')
            return None

        def times() -> tuple[time, ...]:
            return self._one(values, (*at, "time"), lambda value: clock_times(schedule_values.word(value)), ())

        def read(value: Any) -> Rule:
            if given == ["at"]:
                moments = tuple(sorted({schedule_values.moment_of(one) for one in _list(value)}))
                return Rule(words=listed([f"{one:%Y-%m-%d %H:%M}" for one in moments], "and"), times=moments)
            words = schedule_values.word(value)
            found = every(words, anchor) if given == ["every"] else cron(words) if given == ["cron"] else None
            return _not_too_often(found or rrule(words, times(), anchor))

        before = len(self.problems)
        found = self._one(values, (*at, given[0]), read, None)
        return found if len(self.problems) == before else None

    def _except(
        self, values: dict[str, Any], at: Steps, windows: tuple[Window, ...]
    ) -> tuple[frozenset[date], tuple[tuple[datetime, datetime], ...]]:
        days: set[date] = set()
        spans: list[tuple[datetime, datetime]] = []
        named = {window.name: window for window in windows}
        for number, value in enumerate(_list(values.get("except"))):
            try:
                if (name := schedule_values.word(value)) in named:
                    spans.append((named[name].start, named[name].end))
                else:
                    days |= schedule_values.days(name, tuple(named))
            except Wrong as error:
                self._wrong((*at, "except", number), str(error), error.remedy)
        return frozenset(days), tuple(spans)

    def _windows(self, values: Any, zone: str) -> tuple[Window, ...]:
        found = []
        for name, inner in self._group(values, ("windows",)).items():
            at = ("windows", name)
            group = self._group(inner, at)
            self._known(group, at, _WINDOW)
            start = self._one(group, (*at, "from"), schedule_values.first_of, None)
            end = self._one(group, (*at, "until"), schedule_values.end_of, None)
            if start is None or end is None or end <= start:
                what = "until comes before from" if start and end else "a window has `from:` and `until:`"
                self._wrong(at, what, "write {from: 2027-03-22, until: 2027-05-06 22:00}")
                continue
            usual: Effect = "second-approval"
            effect = self._one(group, (*at, "effect"), schedule_values.effect, usual)
            own = self._one(group, (*at, "zone"), schedule_values.zone, zone)
            found.append(Window(name=shortened(name, 80), start=start, end=end, effect=effect, zone=own))
        return tuple(found)

    def _limits(self, values: Any, zone: str) -> Limits:
        group = self._group(values, ("limits",))
        self._known(group, ("limits",), _LIMITS)
        usual = Limits(zone=zone)
        return Limits(
            a_day=self._one(group, ("limits", "a_day"), schedule_values.count, usual.a_day),
            a_week=self._one(group, ("limits", "a_week"), schedule_values.count, usual.a_week),
            spacing=self._one(group, ("limits", "spacing"), schedule_values.span, usual.spacing),
            same_route=self._one(group, ("limits", "same_route"), schedule_values.span, usual.same_route),
            quiet=self._one(group, ("limits", "quiet"), schedule_values.quiet, usual.quiet),
            zone=zone,
        )

    def _paths(self, values: dict[str, Any], at: Steps) -> tuple[Path, ...]:
        """Paths and patterns, relative to the file."""
        found = []
        for number, value in enumerate(_list(values[str(at[-1])])):
            try:
                found.append(self.folder / schedule_values.file_name(value))
            except Wrong as error:
                self._wrong((*at, number), str(error), error.remedy)
        return tuple(found)

    def _one(self, values: dict[str, Any], at: Steps, read: Callable[[Any], T], otherwise: T) -> T:
        """The value at `at`, read; what is wrong with it is noted and what would stand there else is given."""
        value = values.get(str(at[-1]))
        if value is None:
            return otherwise
        try:
            return read(value)
        except Wrong as error:
            self._wrong(at, str(error), error.remedy)
            return otherwise

    def _group(self, value: Any, at: Steps) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._wrong(at, "a group of keys is expected here", "write {key: value}")
            return {}
        return value

    def _known(self, values: dict[str, Any], at: Steps, known: tuple[str, ...]) -> None:
        for key in values:
            if key not in known:
                self._wrong((*at, key), unknown(str(key), known), f"keys here are {listed(known, 'and')}")

    def _wrong(self, at: Steps, what: str, remedy: str) -> None:
        self.problems.append(Problem(level="block", where=self.document.where(*at), what=what, remedy=remedy))


def _line(where: str, name: str) -> tuple[int, ...]:
    """The line and column of a place, to tell problems in the order of the file."""
    numbers = where.removeprefix(f"{name}:").split(": ")[0].split(":")
    return tuple(int(number) for number in numbers if number.isdecimal())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _not_too_often(rule: Rule) -> Rule:
    day = datetime(2028, 2, 28)
    if any(len(local_times(Rule(words="", crons=(one,)), day, day.replace(hour=23, minute=59))) > MOST_A_DAY
           for one in rule.crons):  # fmt: skip
        raise Wrong("this is more often than every ten minutes", "nothing is looked at more often than that")
    return rule


def found_schedules(named: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files to look at: those named, else `schedule.yml` here, else that of the person. BriefError for none."""
    if named:
        return named
    for place in (Path(FILE), config.state_dir() / FILE):
        if place.is_file():
            return (place,)
    remedy = f"name one (make-promo tick {FILE}), or keep yours as {config.state_dir() / FILE}"
    raise BriefError.at(FILE, "there is no schedule here", remedy)
