"""What is due when, and what becomes of times that passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.due import Due, Fact, due
from pipeline.schedule_rules import every, occurrences
from pipeline.schedules import MISSED, Do, Entry, Missed, Overlap, Rule

WEEK = timedelta(days=7)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def entry(words: str = "Thursday at 06:00", do: Do = "render", key: str = "k", **more: object) -> Entry:
    values = {"missed": MISSED[do], "rule": every(words, None), **more}
    return Entry(key=key, id=key, where="s.yml:1:1", do=do, targets=(Path("a"),), zone="UTC", **values)  # type: ignore[arg-type]


def at(day: int, hour: int = 6, minute: int = 0) -> datetime:
    return datetime(2027, 1, day, hour, minute, tzinfo=UTC)  # the 7th is a Thursday


def fact(one: Due, state: str = "done", when: datetime | None = None) -> Fact:
    turn = one.occurrence
    return Fact(key=turn.key, entry=turn.entry.key, state=state, at=when or turn.at, due=turn.at)  # type: ignore[arg-type]


def told(found: list[Due]) -> list[tuple[str, str]]:
    return [(f"{one.occurrence.at:%d %H:%M}", one.verdict) for one in found]


def test_nothing_before_its_time() -> None:
    """A turn is due from its minute on, not before."""
    one = entry()
    assert due([one], {"k": LONG_AGO}, at(7, 5, 59), [fact(d) for d in due([one], {"k": LONG_AGO}, at(1), [])]) == []
    assert told(due([one], {"k": at(1)}, at(7), [])) == [("07 06:00", "run")]


def test_what_was_done_is_not_due_again() -> None:
    """A turn that ended, however, is not due again, also when the clock is set back."""
    one = entry()
    first = due([one], {"k": at(1)}, at(7, 6, 5), [])
    for state in ("done", "failed", "held", "missed", "skipped"):
        assert due([one], {"k": at(1)}, at(7, 6, 15), [fact(first[0], state)]) == []
    assert due([one], {"k": at(1)}, at(7, 6, 1), [fact(first[0], when=at(7, 8))]) == []


def test_a_new_entry_has_no_past() -> None:
    """Turns before an entry was seen are nobody's; with a clock that was wrong then, it looks a week back."""
    one = entry()
    assert due([one], {"k": at(8)}, at(9), []) == []
    assert due([one], {}, at(9), []) == []
    assert told(due([one], {"k": datetime(2030, 1, 1, tzinfo=UTC)}, at(9), [])) == [("07 06:00", "run")]


def test_renders_catch_up_with_the_latest_within_a_week() -> None:
    """Of five missed renders the latest is made once, and it says for how many it stands."""
    one = entry("day at 06:00")
    found = due([one], {"k": at(1, 0)}, at(5, 9), [])
    assert told(found) == [("05 06:00", "run")]
    assert found[0].missed == 4
    assert found[0].why == "3 hours late"
    assert due([one], {"k": at(1, 0)}, at(5, 10), [fact(found[0], when=at(5, 9, 30))]) == []


def test_a_render_older_than_its_span_is_missed() -> None:
    """What is older than `within` is not made any more, and that is said once."""
    one = entry("month on the 7th at 06:00", missed=Missed(policy="latest", within=timedelta(days=2)))
    found = due([one], {"k": at(1)}, at(10), [])
    assert told(found) == [("07 06:00", "miss")]
    assert due([one], {"k": at(1)}, at(11), [fact(found[0], "missed", at(10))]) == []


def test_each_makes_all_and_skip_only_what_is_on_time() -> None:
    """`each` makes every missed render; `skip` makes none that is late."""
    each = entry("day at 06:00", missed=Missed(policy="each", within=WEEK))
    assert told(due([each], {"k": at(2)}, at(5, 7), [])) == [
        ("03 06:00", "run"),
        ("04 06:00", "run"),
        ("05 06:00", "run"),
    ]
    skip = entry("day at 06:00", missed=Missed(policy="skip", within=timedelta(minutes=30)))
    assert told(due([skip], {"k": at(2)}, at(5, 7), [])) == [("05 06:00", "miss")]
    assert told(due([skip], {"k": at(2)}, at(5, 6, 20), [])) == [("05 06:00", "run")]


def test_posts_never_go_out_late_by_surprise() -> None:
    """A post goes until half an hour after its time; a minute later it is held for a person."""
    one = entry(do="publish")
    assert told(due([one], {"k": at(1)}, at(7, 6, 30), [])) == [("07 06:00", "run")]
    found = due([one], {"k": at(1)}, at(7, 6, 31), [])
    assert told(found) == [("07 06:00", "hold")]
    assert found[0].why == "its time passed 31 minutes ago"


def test_a_single_time_that_had_passed_when_it_was_seen_asks() -> None:
    """A post written for this morning and seen at noon is held; one of last month is nothing."""
    one = entry(do="publish", rule=Rule(words="", times=(datetime(2027, 1, 7, 9, 30),)))
    assert told(due([one], {"k": at(7, 12)}, at(7, 12), [])) == [("07 09:30", "hold")]
    assert due([one], {"k": at(20)}, at(20), []) == []


def overlapping(overlap: Overlap) -> list[Due]:
    one = entry("hour", overlap=overlap)
    first = due([one], {"k": at(7, 5, 30)}, at(7, 6), [])[0]
    known = [fact(first, "begun", at(7, 6)), fact(first, "done", at(7, 8, 30))]
    return due([one], {"k": at(7, 5, 30)}, at(7, 8, 31), known)


def test_a_turn_during_the_run_before() -> None:
    """While a run was going its entry's next turns are skipped, or with `queue` made afterwards, once."""
    assert told(overlapping("skip")) == [("07 07:00", "skip"), ("07 08:00", "skip")]
    assert told(overlapping("queue")) == [("07 08:00", "run")]


def test_what_was_begun_and_never_ended_is_tried_three_times() -> None:
    """A turn whose tick died is due again; after three deaths it is given up."""
    one = entry()
    first = due([one], {"k": at(1)}, at(7), [])[0]
    deaths = [fact(first, "begun", at(7, 6, minute)) for minute in (0, 10, 20)]
    assert told(due([one], {"k": at(1)}, at(7, 7), deaths[:2])) == [("07 06:00", "run")]
    assert told(due([one], {"k": at(1)}, at(7, 7), deaths)) == [("07 06:00", "give up")]


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 60), min_size=30, max_size=200),
    words=st.sampled_from(["day at 06:00", "weekday at 07:30 and 16:30", "hour", "first Sunday of the month at 01:30"]),
)
def test_any_waking_does_each_turn_at_most_once_and_none_is_forgotten(gaps: list[int], words: str) -> None:
    """However irregular the waking, no turn runs twice, and each is run or stood for by a later one."""
    one = entry(words)
    begin = now = datetime(2027, 3, 20, tzinfo=UTC)
    known: list[Fact] = []
    ran: list[datetime] = []
    for gap in gaps:
        now += timedelta(minutes=7 * gap)
        for found in due([one], {"k": begin}, now, known):
            assert found.verdict == "run"
            ran.append(found.occurrence.at)
            known.append(fact(found, when=now))
    assert len(set(ran)) == len(ran)
    turns = [turn.at for turn in occurrences(one, begin, now)]
    assert set(ran) <= set(turns)
    assert not turns or ran[-1] == turns[-1]  # the newest is always caught up with


def test_a_year_of_ticks_in_london() -> None:
    """A year of ticks every ten minutes around both clock changes makes each daily post on time, once."""
    one = entry("day at 01:30", do="publish")
    one = Entry(**{**vars(one), "zone": "Europe/London"})
    begin = datetime(2027, 1, 1, tzinfo=UTC)
    known: list[Fact] = []
    times = [turn.at for turn in occurrences(one, begin, begin + timedelta(days=365))]
    ran: list[datetime] = []
    now = begin
    for turn in times:  # wake around each turn: before it, at it, and twice after it
        for minutes in (-3, 7, 17, 27):
            now = turn + timedelta(minutes=minutes)
            for found in due([one], {"k": begin}, now, known[-20:]):
                assert found.verdict == "run"
                ran.append(found.occurrence.at)
                known.append(fact(found, when=now))
    assert ran == times
    assert len(times) == 365
