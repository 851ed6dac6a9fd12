"""Reading one written value of a schedule: each function gives the value, or says what is wrong with it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline import config
from pipeline.brief import map_values, values
from pipeline.brief.fields import NamedFile
from pipeline.brief.values import Wrong
from pipeline.nearest import listed, shortened, unknown
from pipeline.schedule_rules import clock_times
from pipeline.schedules import LATE, MISSED, Do, Effect, Missed, Overlap, Policy

zone = map_values.zone
identifier = values.identifier
word = values.words

_UNITS = {"min": 60, "minute": 60, "m": 60, "hour": 3600, "h": 3600, "day": 86_400, "d": 86_400, "week": 604_800}
_LONGEST = timedelta(days=366)
_POLICIES: dict[str, dict[str, Policy]] = {
    "render": {"latest": "latest", "each": "each", "skip": "skip"},
    "publish": {"hold": "hold", "skip": "skip"},
}


def do(value: Any) -> Do:
    return "publish" if values.one_of("render", "publish")(value) == "publish" else "render"


def overlap(value: Any) -> Overlap:
    return "queue" if values.one_of("skip", "queue")(value) == "queue" else "skip"


def effect(value: Any) -> Effect:
    return "block" if values.one_of("second-approval", "block")(value) == "block" else "second-approval"


def missed(value: Any, what: Do) -> Missed:
    """`latest`, or `{policy: latest, within: 7 days}`."""
    group = value if isinstance(value, dict) else {"policy": value}
    if strange := [key for key in group if key not in ("policy", "within")]:
        raise Wrong(unknown(str(strange[0]), ("policy", "within")), "write {policy: latest, within: 7 days}")
    known = _POLICIES[what]
    name = word(group.get("policy") or MISSED[what].policy)
    if name not in known:
        if what == "publish" and name in _POLICIES["render"]:
            raise Wrong("posts never catch up by themselves", "write hold (a person is asked) or skip")
        raise Wrong(unknown(name, known), f"known are {listed(known, 'and')}")
    usual = LATE if name == "skip" else MISSED[what].within
    within = span(group["within"]) if group.get("within") is not None else usual
    if what == "publish" and within > timedelta(hours=12):
        raise Wrong("a post that is half a day late surprises people", "write at most 12 h")
    return Missed(policy=known[name], within=within)


def span(value: Any) -> timedelta:
    """`30 min`, `2 h`, `7 days`, `7d`."""
    text = word(value)
    hit = re.fullmatch(r"(\d{1,4})\s*([a-z]+)", text.lower())
    unit = hit and (_UNITS.get(hit[2]) or _UNITS.get(hit[2].removesuffix("s")))
    if not hit or not unit:
        raise Wrong(f'"{shortened(text)}" is not a length of time', "write 30 min, 2 h or 7 days")
    if (found := timedelta(seconds=int(hit[1]) * unit)) > _LONGEST:
        raise Wrong(f'"{shortened(text)}" is longer than a year', "write at most 52 weeks")
    return found


def count(value: Any) -> int:
    text = word(value)
    if not re.fullmatch(r"\d{1,3}", text):
        raise Wrong(f'"{shortened(text)}" is not a number of posts', "write a whole number such as 1")
    return int(text)


def quiet(value: Any) -> tuple[time, time] | None:
    """`21:00 to 07:00`, or `none`."""
    text = word(value)
    if text == "none":
        return None
    begin, _, end = (part.strip() for part in re.sub(r"\s*[-–—]\s*|\s+to\s+", "|", text).partition("|"))
    if not begin or not end:
        raise Wrong(f'"{shortened(text)}" is not a span of the day', "write 21:00 to 07:00, or none")
    (first,), (last,) = clock_times(begin)[:1], clock_times(end)[:1]
    if first == last:
        raise Wrong("the quiet hours begin and end at the same time", "write 21:00 to 07:00, or none")
    return first, last


def moment_of(value: Any) -> datetime:
    """A day and time on the clock: `2027-05-01 09:30`."""
    text = word(value)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) <= 10:
        raise Wrong(f'"{shortened(text)}" is not a day and time', 'write it as "2027-05-01 09:30"')
    if found.tzinfo is not None:
        raise Wrong("a time here is what the clock shows, without its distance from UTC", "say the place in `zone:`")
    return _possible(found.replace(second=0, microsecond=0))


def first_of(value: Any) -> datetime:
    """The beginning of a day, or a day and time."""
    return moment_of(value) if len(word(value)) > 10 else _possible(datetime.combine(values.day(value), time()))


def last_of(value: Any) -> datetime:
    """The last minute of a day, or a day and time."""
    return moment_of(value) if len(word(value)) > 10 else _possible(datetime.combine(values.day(value), time(23, 59)))


def end_of(value: Any) -> datetime:
    """The end of a day, or a day and time."""
    if len(word(value)) > 10:
        return moment_of(value)
    return _possible(datetime.combine(values.day(value), time())) + timedelta(days=1)


def _possible(found: datetime) -> datetime:
    if not 2000 <= found.year <= 2200:
        raise Wrong(f"the year {found.year} cannot be meant", "write a year such as 2027")
    return found


def days(text: str, windows: tuple[str, ...]) -> set[date]:
    """`2027-04-01`, or `2027-07-20 to 2027-09-05` with both of them."""
    begin, *rest = re.split(r"\s+to\s+|\s*–\s*", text)
    try:
        first, last = values.day(begin), values.day(rest[0] if rest else begin)
    except Wrong:
        known = f", or one of the windows {listed(windows)}" if windows else ""
        what = f'"{shortened(text)}" is not a day'
        raise Wrong(what, f"write 2027-04-01 or 2027-07-20 to 2027-09-05{known}") from None
    if not timedelta() <= last - first <= _LONGEST:
        raise Wrong("the last day comes before the first, or more than a year after it", "look at the two days again")
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


class _Named(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    file: NamedFile


def file_name(value: Any) -> str:
    """A path or a pattern such as `routes/*.yml`; what cannot be a file is refused as in a brief."""
    try:
        return _Named.model_validate({"file": value}, context={"folder": Path()}).file.name
    except ValidationError as error:
        wrong = error.errors()[0].get("ctx", {}).get("error")
        raise wrong if isinstance(wrong, Wrong) else Wrong("this is not a file", "write a path") from None


def platform_ids(value: Any) -> tuple[str, ...]:
    known = config.names("platforms")
    found = [word(one) for one in (value if isinstance(value, list) else [value])]
    for one in found:
        if one not in known:
            raise Wrong(unknown(one, known), f"known are {listed(known, 'and')}")
    return tuple(dict.fromkeys(found))
