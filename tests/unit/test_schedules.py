"""Schedule files, their rules, and what the clocks do to them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import targets
from pipeline.brief.values import Wrong
from pipeline.errors import BriefError
from pipeline.schedule_reading import found_schedules, read_schedule
from pipeline.schedule_rules import cron, every, local_times, occurrences, rrule
from pipeline.schedules import MISSED, Entry, Rule, Window, moment, on_clock

ZONES = (
    "Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata",
    "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "Asia/Tehran", "UTC",
)  # fmt: skip


def entry(rule: Rule, zone: str = "Europe/London") -> Entry:
    return Entry(key="k", id="k", where="s.yml:1:1", do="render", targets=(Path("a.yml"),), rule=rule, zone=zone)


def read(folder: Path, text: str) -> object:
    path = folder / "schedule.yml"
    path.write_text(text, "utf-8")
    return read_schedule(path)


def wall(rule: Rule, zone: str, start: datetime, end: datetime) -> list[str]:
    return [f"{one.local:%a %d %b %H:%M}" for one in occurrences(entry(rule, zone), start, end)]


@settings(max_examples=300, deadline=None)
@given(
    local=st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 30)).map(lambda d: d.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_a_time_on_the_clock_is_the_first_moment_at_which_the_clock_has_reached_it(local: datetime, zone: str) -> None:
    """A local time is the first moment when the clock shows it, or when it jumps over it."""
    found = moment(local, zone)
    shown = on_clock(found, zone)
    before = on_clock(found - timedelta(seconds=1), zone)
    assert shown >= local
    assert before < local  # a second earlier the clock had not reached it
    if shown != local:  # the clock jumped, and no moment shows the written time
        assert shown - before > timedelta(seconds=1)
        around = (found + timedelta(minutes=one) for one in range(-180, 181))
        assert all(on_clock(one, zone) != local for one in around)


@settings(max_examples=60, deadline=None)
@given(
    day=st.dates(datetime(1995, 1, 1).date(), datetime(2036, 12, 1).date()),
    clock=st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None)),
    zone=st.sampled_from([zone for zone in ZONES if zone != "Pacific/Apia"]),  # Samoa left out a whole day in 2011
)
def test_a_daily_entry_has_one_turn_a_day(day: datetime, clock: time, zone: str) -> None:
    """A daily time happens once each day of half a year, whatever the clocks do."""
    start = datetime.combine(day, time(), UTC)
    rule = Rule(words="", crons=(f"{clock.minute} {clock.hour} * * *",))
    found = occurrences(entry(rule, zone), start, start + timedelta(days=180))
    steps = [after.at - before.at for before, after in itertools.pairwise(found)]
    assert all(timedelta(hours=22) <= step <= timedelta(hours=26) for step in steps)
    assert len({one.key for one in found}) == len(found)
    assert len(found) in (179, 180, 181)


def minutes_resolver(zone: str, wanted: set[tuple[int, int, int]], year: int) -> list[datetime]:
    """Another resolver: walks every minute of a year on the clock and fires when a wanted time is reached first.

    `wanted`: (weekday, hour, minute). Times that the clock jumps over fire at the jump; what was reached stays so.
    """
    tz, fired = ZoneInfo(zone), []
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    reached = (at - timedelta(minutes=1)).astimezone(tz).replace(tzinfo=None, fold=0)
    step = timedelta(minutes=1)
    while at < end:
        shown = at.astimezone(tz).replace(tzinfo=None, fold=0)
        hit = False
        while reached < shown:
            reached += step
            hit |= (reached.weekday(), reached.hour, reached.minute) in wanted
        if hit:
            fired.append(at)
        at += step
    return fired


@pytest.mark.parametrize(
    ("zone", "year"),
    [("Europe/London", 2027), ("Europe/London", 2028), ("Australia/Lord_Howe", 2027), ("America/New_York", 2024)],
)
def test_a_year_has_no_missed_and_no_doubled_turn(zone: str, year: int) -> None:
    """A year with both clock changes, and leap years, gives the turns that walking every minute gives."""
    rule = Rule(words="", crons=("30 1 * * *", "15,45 2 * * 0", "0 0 * * 1-5", "59 23 * * 6"))
    wanted = {(day, 1, 30) for day in range(7)} | {(6, 2, 15), (6, 2, 45), (5, 23, 59)}
    wanted |= {(day, 0, 0) for day in range(5)}
    start = datetime(year, 1, 1, tzinfo=UTC)
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    tick = timedelta(minutes=1)
    ours = [one.at for one in occurrences(entry(rule, zone), start - tick, end - tick)]
    assert ours == minutes_resolver(zone, wanted, year)
    assert len(ours) > 365


def test_the_hour_that_is_left_out_and_the_hour_that_comes_twice() -> None:
    """In London, half past one moves to two when it is left out, and is once when it comes twice."""
    rule = every("day at 01:30", None)
    spring = occurrences(entry(rule), datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 3, 28, 12, tzinfo=UTC))
    assert [(one.local.time(), one.at.hour, one.moved) for one in spring] == [(time(2, 0), 1, True)]
    autumn = occurrences(entry(rule), datetime(2027, 10, 30, 12, tzinfo=UTC), datetime(2027, 10, 31, 12, tzinfo=UTC))
    assert [(one.local.time(), f"{one.at:%H:%M}") for one in autumn] == [(time(1, 30), "00:30")]


def test_many_times_in_the_gap_are_one_turn() -> None:
    """Times of one entry that the clocks move to the same moment are one turn, not many."""
    rule = every("10 minutes", None)
    found = occurrences(entry(rule), datetime(2027, 3, 28, 0, 50, tzinfo=UTC), datetime(2027, 3, 28, 1, 10, tzinfo=UTC))
    assert [f"{one.local:%H:%M}" for one in found] == ["02:00", "02:10"]


@pytest.mark.parametrize(
    ("words", "turns"),
    [
        ("Thursday at 06:00", ["Thu 04 Mar 06:00", "Thu 11 Mar 06:00"]),
        ("Mon and Fri at 7:30", ["Mon 01 Mar 07:30", "Fri 05 Mar 07:30", "Mon 08 Mar 07:30", "Fri 12 Mar 07:30"]),
        ("weekend at 09:00", ["Sat 06 Mar 09:00", "Sun 07 Mar 09:00", "Sat 13 Mar 09:00", "Sun 14 Mar 09:00"]),
        ("first Saturday of the month at 10:00 and 16:00", ["Sat 06 Mar 10:00", "Sat 06 Mar 16:00"]),
        ("month on the 14th at 12:00", ["Sun 14 Mar 12:00"]),
    ],
)
def test_every_says_what_people_say(words: str, turns: list[str]) -> None:
    """`every:` understands days, groups of days and the weeks and days of a month."""
    found = wall(
        every(words, None), "Europe/London", datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 15, tzinfo=UTC)
    )
    assert found == turns


def test_the_last_day_of_its_kind() -> None:
    """`last Friday of the month` is the last, also where there are five."""
    found = wall(
        every("last Friday of the month at 18:00", None),
        "UTC",
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2027, 5, 1, tzinfo=UTC),
    )
    assert found == ["Fri 29 Jan 18:00", "Fri 26 Feb 18:00", "Fri 26 Mar 18:00", "Fri 30 Apr 18:00"]


def test_every_second_week_is_counted_from_a_day() -> None:
    """Every second week needs a first day, and keeps its rhythm over years."""
    with pytest.raises(Wrong, match="counts from a first day"):
        every("2 weeks on Tuesday at 09:00", None)
    rule = every("2 weeks on Tuesday at 09:00", datetime(2026, 1, 6).date())
    days = local_times(rule, datetime(2027, 1, 1), datetime(2027, 3, 1))
    assert days
    assert all((one.date() - datetime(2026, 1, 6).date()).days % 14 == 0 for one in days)


def test_a_leap_day_comes_in_leap_years() -> None:
    """The 29th of February is there in 2028 and not in the years around it; the 31st only where it is."""
    leap = cron("0 9 29 2 *")
    assert local_times(leap, datetime(2025, 1, 1), datetime(2029, 1, 1)) == [datetime(2028, 2, 29, 9)]
    last = every("month on the 31st at 09:00", None)
    assert [one.month for one in local_times(last, datetime(2027, 1, 1), datetime(2028, 1, 1))] == [
        1,
        3,
        5,
        7,
        8,
        10,
        12,
    ]


def test_an_impossible_rule_ends() -> None:
    """A rule that names no day gives none, and does not look for one until the end of time."""
    rule = rrule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", (time(9),), None)
    assert local_times(rule, datetime(2027, 1, 1), datetime(2030, 1, 1)) == []


@pytest.mark.parametrize("words", ["FREQ=DAILY;COUNT=3", "FREQ=WEEKLY", "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO"])
def test_what_is_counted_needs_a_first_day(words: str) -> None:
    """An RRULE that counts says from when."""
    with pytest.raises(Wrong, match="first day"):
        rrule(words, (time(9),), None)


def test_a_count_ends() -> None:
    """COUNT=3 from a day gives three turns and no more."""
    rule = rrule("FREQ=DAILY;COUNT=3", (time(9),), datetime(2027, 1, 4).date())
    assert [one.day for one in local_times(rule, datetime(2027, 1, 1), datetime(2028, 1, 1))] == [4, 5, 6]


@pytest.mark.parametrize(
    "words",
    [
        "FREQ=SECONDLY;BYDAY=MO",
        "FREQ=DAILY;UNTIL=20270101",
        "FREQ=DAILY\nRRULE:FREQ=DAILY",
        "X",
        "",
        "FREQ=WEEKLY;BYDAY=9Q",
        "FREQ=DAILY;BYHOUR=3",
        "FREQ=MONTHLY;BYMONTHDAY=x",
    ],
)
def test_rules_that_are_none(words: str) -> None:
    """What is no rule for a day is refused with a sentence."""
    with pytest.raises(Wrong):
        rrule(words, (time(9),), None)


def test_a_schedule_is_read(tmp_path: Path) -> None:
    """Entries, windows and limits come as they are written, with the defaults of renders and posts."""
    found = read(tmp_path, SCHEDULE)
    walks, post = found.entries  # type: ignore[attr-defined]
    assert (walks.id, walks.do, walks.missed) == ("weekend-walks", "render", MISSED["render"])
    assert walks.targets == (tmp_path / "routes/*.yml",)
    assert (post.do, post.to, post.missed, post.once) == ("publish", ("bluesky", "mastodon"), MISSED["publish"], True)
    window = Window(name="pre-election", start=datetime(2027, 3, 22), end=datetime(2027, 5, 6, 22))
    assert found.windows == (window,)  # type: ignore[attr-defined]
    limits = found.limits  # type: ignore[attr-defined]
    assert (limits.a_week, limits.spacing, limits.quiet) == (4, timedelta(minutes=20), (time(22), time(6, 30)))


SCHEDULE = """
schedule:
  - id: weekend-walks
    brief: routes/*.yml
    every: Thursday at 06:00
    from: 2027-01-07
    until: 2027-10-31
    except: [2027-02-04, 2027-07-20 to 2027-09-05, pre-election]
  - promo: promo/fryent
    to: [bluesky, mastodon]
    at: 2027-05-01 09:30
windows: {pre-election: {from: 2027-03-22, until: 2027-05-06 22:00}}
limits: {a_week: 4, spacing: 20 min, quiet: 22:00 to 06:30}
"""


def test_from_until_and_except(tmp_path: Path) -> None:
    """An entry begins and ends with its days, and leaves out days, spans of days and windows."""
    walks = read(tmp_path, SCHEDULE).entries[0]  # type: ignore[attr-defined]
    found = occurrences(walks, datetime(2026, 12, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
    days = [f"{one.local:%m-%d}" for one in found]
    assert days[:4] == ["01-07", "01-14", "01-21", "01-28"]
    assert days[-1] == "10-28"
    assert "02-04" not in days
    assert not [day for day in days if "03-22" <= day <= "05-06" or "07-20" <= day <= "09-05"]
    assert "03-18" in days
    assert "05-13" in days


def test_ids_stay_when_the_order_changes(tmp_path: Path) -> None:
    """An entry without an id keeps its name in the ledger when others are written before it."""
    one = "  - {brief: a.yml, every: day at 09:00}\n"
    other = "  - {brief: b.yml, every: day at 09:00}\n"
    alone = read(tmp_path, f"schedule:\n{one}").entries[0]  # type: ignore[attr-defined]
    later = read(tmp_path, f"schedule:\n{other}{one}").entries[1]  # type: ignore[attr-defined]
    assert alone.key == later.key


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("- {breif: a.yml, every: day at 09:00}", 'schedule[0].breif: I don\'t know "breif" (did you mean "brief"?)'),
        ("- {brief: a.yml, every: Thursdy at 06:00}", 'did you mean "thursday"?'),
        ("- {brief: a.yml, every: day}", "says no time of day"),
        ("- {brief: a.yml, every: 7 minutes}", "does not divide the hour"),
        ('- {brief: a.yml, cron: "61 * * * *"}', "is not a cron line"),
        ('- {brief: a.yml, cron: "* * * * *"}', "more often than every ten minutes"),
        ('- {brief: a.yml, cron: "* * * * * *"}', "five parts"),
        ("- {brief: a.yml, every: day at 09:00, at: 2027-01-01 09:00}", "say two things"),
        ("- {brief: a.yml}", "it is not said when"),
        ("- {every: day at 09:00}", "either `brief:` or `promo:`"),
        ("- {promo: a, every: day at 09:00, missed: latest}", "never catch up"),
        ("- {promo: a, every: day at 09:00, do: render}", "a promo is finished already"),
        ("- {brief: a.yml, every: day at 09:00, to: x}", "only posts have a platform"),
        ("- {promo: a, at: 2027-05-01 09:30+01:00}", "without its distance from UTC"),
        ("- {promo: a, at: 2027-05-01}", "is not a day and time"),
        ("- {brief: a.yml, every: day at 09:00, from: 2027-02-30}", "is not a day"),
        ("- {brief: a.yml, every: day at 09:00, from: 2027-02-03, until: 2027-02-01}", "until comes before from"),
        ("- {brief: a.yml, every: day at 09:00, zone: Mars/Olympus}", "is not a time zone"),
        ("- {brief: a.yml, every: day at 09:00, zone: ../../etc/passwd}", "is not a time zone"),
        ("- {brief: /dev/stdin, every: day at 09:00}", "must be a file"),
        ("- {brief: a.yml, every: day at 09:00, except: [soon]}", "is not a day"),
        ("- {brief: a.yml, every: day at 09:00, id: ../up}", "cannot be an id"),
        ("- seven", "a group of keys is expected"),
    ],
)
def test_errors_have_a_place_and_a_sentence(tmp_path: Path, line: str, what: str) -> None:
    """What is wrong in a schedule is told with its line and what helps."""
    with pytest.raises(BriefError) as caught:
        read(tmp_path, f"schedule:\n  {line}\n")
    text = str(caught.value)
    assert what in text
    assert f"{tmp_path / 'schedule.yml'}:2:" in text


def test_all_problems_at_once_and_in_order(tmp_path: Path) -> None:
    """Every problem of a file is told together, in the order of its lines."""
    with pytest.raises(BriefError) as caught:
        read(tmp_path, "zon: x\nschedule:\n  - {brief: a.yml}\n  - {promo: b}\nlimits: {a_day: many}\n")
    places = [problem.where.split(":")[1] for problem in caught.value.problems]
    assert places == ["1", "3", "4", "5"]


def test_the_wish_of_a_brief_is_an_entry(tmp_path: Path) -> None:
    """`publish.when` in a brief that a schedule names is a post at that local time, to the platforms it names."""
    (tmp_path / "walk.yml").write_text(
        'title: Walk\nroute: a.gpx\npublish: {when: "2026-12-05 09:30", to: [bluesky]}\n', "utf-8"
    )
    (tmp_path / "broken.yml").write_text("title: Walk\npublish: {when: soon}\n", "utf-8")
    schedule = read(tmp_path, "briefs: ['*k.yml', broken.yml]\n")
    entries, errors = targets.wishes(schedule)  # type: ignore[arg-type]
    assert [(one.do, one.to, one.rule.times, one.targets) for one in entries] == [
        ("publish", ("bluesky",), (datetime(2026, 12, 5, 9, 30),), (tmp_path / "promo" / "walk",))
    ]
    assert "broken.yml" in str(errors[0])


def test_without_a_schedule_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file, the one here counts, then the person's own; with none it is said where one may lie."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    with pytest.raises(BriefError, match="there is no schedule here"):
        found_schedules(())
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "schedule.yml").write_text("schedule: []", "utf-8")
    assert found_schedules(()) == (tmp_path / "state" / "schedule.yml",)
    (tmp_path / "schedule.yml").write_text("schedule: []", "utf-8")
    assert found_schedules(()) == (Path("schedule.yml"),)
