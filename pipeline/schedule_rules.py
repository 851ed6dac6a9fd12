"""The rules of a schedule in their four spellings, and the local times that they name.

    every: Thursday at 06:00                    every: first Saturday of the month at 10:00
    every: weekday at 07:30 and 16:30           every: 2 weeks on Tuesday at 09:00      (counted from `from:`)
    cron: "0 6 * * 4"                           rrule: FREQ=MONTHLY;BYDAY=2SA  with  time: "06:00"
    at: 2027-05-01 06:00

cronsim reads cron, python-dateutil reads RRULE; both are asked for naive times, because none of the libraries keeps
the rule for clock changes that we want (it is in `schedules.moment`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from pipeline.brief.values import Wrong
from pipeline.nearest import listed, shortened, unknown
from pipeline.schedules import Entry, Occurrence, Rule, moment, on_clock

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {"day": "*", "weekday": "1-5", "weekend": "6,0"}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_EXAMPLES = 'write "Thursday at 06:00", "weekday at 07:30" or "first Saturday of the month at 10:00"'
_PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS",
    "BYHOUR", "BYMINUTE",
}  # fmt: skip
_PLACED = {
    "DAILY": set(), "WEEKLY": {"BYDAY"}, "MONTHLY": {"BYDAY", "BYMONTHDAY"},
    "YEARLY": {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"},
}  # fmt: skip
MOST_A_DAY = 144  # every ten minutes; more often nothing can be rendered or read
_FAR = timedelta(days=1)  # no zone's gap is longer


def clock_times(words: str) -> tuple[time, ...]:
    """`06:00`, `07:30 and 16:30` → times."""
    found = []
    for word in re.split(r"\s*(?:,|\band\b)\s*", words.strip()):
        hit = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", word)
        if not hit:
            raise Wrong(f'"{shortened(word)}" is not a time of day', 'write it with 24 hours: "06:00"')
        found.append(time(int(hit[1]), int(hit[2])))
    return tuple(sorted(set(found)))


def every(words: str, anchor: date | None) -> Rule:
    """The rule of `every:`. Wrong when it is not understood."""
    plain = " ".join(words.split()).lower()
    if plain == "hour":
        return Rule(words=words, crons=("0 * * * *",))
    if hit := re.fullmatch(r"(\d{1,4}) (minutes|hours)", plain):
        return Rule(words=words, crons=(_steps(int(hit[1]), hit[2]),))
    days, _, at = plain.rpartition(" at ")
    if not days:
        raise Wrong(f'"{shortened(words)}" says no time of day', _EXAMPLES)
    times = clock_times(at)
    if hit := re.fullmatch(r"(\w+) (\w+) of (?:the|every|each) month", days):
        if hit[1] not in _ORDINALS:
            raise Wrong(unknown(hit[1], _ORDINALS), f"known are {listed(_ORDINALS, 'and')}")
        rule = f"FREQ=MONTHLY;BYDAY={_ORDINALS[hit[1]]}{_day(hit[2])[:2].upper()}"
        return Rule(words=words, rrules=((rule, times),))
    if hit := re.fullmatch(r"month on the (\d{1,2})(?:st|nd|rd|th)?", days):
        if not 1 <= int(hit[1]) <= 31:
            raise Wrong(f"no month has a day {hit[1]}", "write a day from 1 to 31")
        return Rule(words=words, crons=tuple(f"{one.minute} {one.hour} {int(hit[1])} * *" for one in times))
    if hit := re.fullmatch(r"(?:(\d{1,2})|second|other) weeks? on (.+)", days):
        names = ",".join(_day(name)[:2].upper() for name in _listed(hit[2]))
        return rrule(f"FREQ=WEEKLY;INTERVAL={hit[1] or 2};BYDAY={names}", times, anchor, words)
    on = _GROUPS.get(days) or ",".join(str((DAYS.index(_day(name)) + 1) % 7) for name in _listed(days))
    return Rule(words=words, crons=tuple(f"{one.minute} {one.hour} * * {on}" for one in times))


def _steps(number: int, unit: str) -> str:
    whole = 60 if unit == "minutes" else 24
    if number < 1 or whole % number or (unit == "minutes" and number < 10):
        fit = [n for n in range(10 if unit == "minutes" else 1, whole) if whole % n == 0]
        raise Wrong(f"every {number} {unit} does not divide the {'hour' if whole == 60 else 'day'}",
                    f"possible are {listed(map(str, fit))} {unit}")  # fmt: skip
    return f"*/{number} * * * *" if unit == "minutes" else f"0 */{number} * * *"


def _listed(words: str) -> list[str]:
    return re.split(r"\s*(?:,|\band\b)\s*", words)


def _day(word: str) -> str:
    plain = word.removeprefix("every ").strip()
    found = [day for day in DAYS if plain in (day, f"{day}s", day[:3])]
    if not found:
        raise Wrong(unknown(plain, (*DAYS, *_GROUPS)), _EXAMPLES)
    return found[0]


def cron(words: str) -> Rule:
    """The rule of `cron:`, five fields: minute, hour, day of the month, month, day of the week."""
    from cronsim import CronSim, CronSimError

    remedy = 'cron has five parts: "0 6 * * 4" is Thursday at 06:00'
    if len(words.split()) != 5:
        raise Wrong(f'"{shortened(words)}" is not a cron line of five parts', remedy)
    try:
        CronSim(words, datetime(2027, 1, 1))
    except (CronSimError, ValueError) as error:
        raise Wrong(f'"{shortened(words)}" is not a cron line: {str(error).lower()}', remedy) from None
    return Rule(words=words, crons=(" ".join(words.split()),))


def rrule(words: str, times: tuple[time, ...], anchor: date | None, said: str = "") -> Rule:
    """The rule of `rrule:` (RFC 5545) with the `time:` of its days."""
    parts: dict[str, str] = {}
    for part in words.strip().upper().removeprefix("RRULE:").strip(";").split(";"):
        name, equals, value = part.strip().partition("=")
        if name not in _PARTS or not equals or not value.strip() or name in parts:
            raise Wrong(f'"{shortened(part)}" is not a part of an RRULE for a day', "write FREQ=MONTHLY;BYDAY=2SA")
        parts[name] = value.strip()
    if parts.get("FREQ") not in _PLACED:
        raise Wrong("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY", "write FREQ=MONTHLY;BYDAY=2SA")
    if "UNTIL" in parts:
        raise Wrong("UNTIL is said with a key of its own here", "write `until: 2027-10-31` beside `rrule:`")
    if {"BYHOUR", "BYMINUTE"} & parts.keys() or not times:
        raise Wrong("the time of day is said with a key of its own here", 'write `time: "06:00"` beside `rrule:`')
    placed = _PLACED[parts["FREQ"]]
    counted = parts.get("INTERVAL", "1") != "1" or "COUNT" in parts or (placed and not placed & parts.keys())
    if counted and anchor is None:
        raise Wrong("this rule counts from a first day, and none is said", "write `from: 2027-01-07` beside it")
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        _dates(text, anchor or date(2027, 1, 1), date(2027, 1, 1), date(2027, 2, 1))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise Wrong(f'"{shortened(words)}" is not an RRULE: {error}', "write FREQ=MONTHLY;BYDAY=2SA") from None
    return Rule(words=said or words, rrules=((text, times),), anchor=anchor if counted else None)


def _dates(text: str, anchor: date, first: date, last: date) -> list[date]:
    """The days of an RRULE from `first` to `last`; never looks further, so that an impossible rule ends."""
    from dateutil.rrule import rrule as Dates
    from dateutil.rrule import rrulestr

    start = datetime.combine(anchor, time())
    rule = rrulestr(text, dtstart=start)
    if not isinstance(rule, Dates):
        raise ValueError("only one rule is expected")
    found: Iterator[datetime]
    if "COUNT=" in text:  # a count and an end exclude each other
        found = takewhile(lambda one: one.date() <= last, rule)
    else:
        found = iter(rule.replace(until=datetime.combine(last, time(23, 59))))
    return [one.date() for one in found if one.date() >= first]


def local_times(rule: Rule, first: datetime, last: datetime) -> list[datetime]:
    """The naive times from `first` to `last`, both of them included, each once and in order."""
    found = {one for one in rule.times if first <= one <= last}
    for line in rule.crons:
        found.update(_cron_times(line, first, last))
    for text, times in rule.rrules:
        anchor = rule.anchor or date(max(first.year - 1, 1), 1, 1)
        for day in _dates(text, anchor, first.date(), last.date()):
            found.update(datetime.combine(day, one) for one in times)
    return sorted(one for one in found if first <= one <= last)


def _cron_times(line: str, first: datetime, last: datetime) -> Iterator[datetime]:
    from cronsim import CronSim

    begin = first.replace(second=0, microsecond=0) - timedelta(minutes=1)  # cronsim tells what comes after
    return takewhile(lambda one: one <= last, CronSim(line, begin))


def occurrences(entry: Entry, after: datetime, until: datetime) -> list[Occurrence]:
    """The entry's turns with `after` < moment ≤ `until`, oldest first; turns at one moment are one."""
    first, last = on_clock(after, entry.zone) - _FAR, on_clock(until, entry.zone) + _FAR
    found: dict[datetime, Occurrence] = {}
    for written in local_times(entry.rule, first, last):
        if entry.left_out(written):
            continue
        at = moment(written, entry.zone)
        if after < at <= until:  # the clock's own time is written last, and stands
            shown = on_clock(at, entry.zone)
            found[at] = Occurrence(entry=entry, local=shown, at=at, moved=shown != written)
    return [found[at] for at in sorted(found)]
