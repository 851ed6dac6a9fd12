from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from board_samples import DISTANCE_M, take_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.storyboard import CaptionWish, Storyboard, Take, compose, natural_length, reading_frames

hundredths = st.integers(1, 9000).map(lambda n: Fraction(n, 100))


@st.composite
def any_take(draw: st.DrawFn, number: int) -> Take:
    length = draw(st.one_of(st.just(Fraction(3, 10)), hundredths))
    begin, span = draw(st.integers(0, 99)), draw(st.integers(1, 100))
    bad = [
        (length * start / 100, min(length, length * (start + size) / 100))
        for start, size in draw(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 40)), max_size=3))
    ]
    use = None
    if draw(st.booleans()):
        use = (str(length * begin / 100), str(min(length, length * (begin + span) / 100)))
    place = draw(st.floats(0, DISTANCE_M))
    return take_of(number, length, from_m=place, to_m=min(DISTANCE_M, place + 100), use=use, damaged=tuple(bad))


@st.composite
def any_takes(draw: st.DrawFn) -> list[Take]:
    return [draw(any_take(number)) for number in range(draw(st.integers(0, 9)))]


wishes_of = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.one_of(st.tuples(hundredths, st.none()), st.tuples(st.none(), st.floats(0, DISTANCE_M))),
    ),
    max_size=6,
).map(lambda rows: [CaptionWish(key=k, words=words, at_s=at[0], at_m=at[1]) for k, (words, at) in enumerate(rows)])


def board(
    takes: Sequence[Take], length: Fraction | int, wishes: Sequence[CaptionWish] = (), fps: int = 30, **how: bool
) -> Storyboard:
    how = {"scene": True, "still": False, **how}
    return compose(takes, distance_m=DISTANCE_M, length=Fraction(length), fps=fps, wishes=wishes, **how)


def roles(made: Storyboard) -> list[str]:
    return [shot.role for shot in made.shots]


@settings(max_examples=150, deadline=None)
@given(any_takes(), st.fractions(3, 600), st.sampled_from([24, 25, 30]), st.booleans(), st.booleans(), wishes_of)
def test_every_edit_keeps_the_rules(
    takes: list[Take], length: Fraction, fps: int, scene: bool, still: bool, wishes: list[CaptionWish]
) -> None:
    """Shots tile the timeline; sources lie in their clips, undamaged, each second once; captions can be read."""
    made = board(takes, length, wishes, fps, scene=scene, still=still)
    assert made.frames == round(length * fps)
    tiles(made)
    sources_are_sound(made)
    captions_can_be_read(made, wishes)
    assert roles(made)[0] == "opening"
    assert roles(made)[-1] == "end"
    assert all(len(shot.along_m) == shot.frames for shot in made.shots if shot.role != "end")
    assert all(0 <= place <= DISTANCE_M for shot in made.shots for place in shot.along_m)


def tiles(made: Storyboard) -> None:
    assert made.shots[0].start == 0
    assert made.shots[-1].end == made.frames
    assert all(one.end == two.start for one, two in pairwise(made.shots))
    assert all(shot.frames > 0 for shot in made.shots)


def sources_are_sound(made: Storyboard) -> None:
    seen: dict[str, list[tuple[Fraction, Fraction]]] = {}
    for shot in made.shots:
        if shot.take is None:
            continue
        start, end = shot.source_start, shot.source_start + Fraction(shot.frames, made.fps)
        assert shot.take.whole.start <= start
        assert end <= shot.take.whole.end
        assert not any(start < bad.end and bad.start < end for bad in shot.take.clip.damaged)
        assert not any(start < other[1] and other[0] < end for other in seen.get(shot.take.clip.name, []))
        seen.setdefault(shot.take.clip.name, []).append((start, end))
    along = [shot.along_m[0] for shot in made.shots if shot.role == "along"]
    assert along == sorted(along)


def captions_can_be_read(made: Storyboard, wishes: Sequence[CaptionWish]) -> None:
    stage = [s for s in made.shots if s.role == "along"] or [s for s in made.shots if s.role == "route"]
    stage = stage or [s for s in made.shots if s.role == "opening"]
    assert all(stage[0].start <= c.start and c.end <= stage[-1].end for c in made.captions)
    assert all(one.end <= two.start for one, two in pairwise(made.captions))
    assert all(c.frames >= reading_frames(wishes[c.key].words, made.fps) for c in made.captions)
    assert sorted([*made.left_out, *(c.key for c in made.captions)]) == [wish.key for wish in wishes]


def test_an_ordinary_promo() -> None:
    """Four clips make an opening, the route, shots in route order and an end card; every clip is seen."""
    made = board([take_of(k, "60", from_m=1000 * (4 - k), to_m=1000 * (4 - k) + 200) for k in range(4)], 30)
    assert roles(made)[:3] == ["opening", "route", "along"]
    assert roles(made)[-1] == "end"
    assert {shot.take.clip.name for shot in made.shots if shot.take} == {f"DJI_000{k}.MP4" for k in range(4)}
    assert all(1.6 <= shot.frames / 30 <= 8 for shot in made.shots)


def test_the_route_grows_where_footage_is_short() -> None:
    """Ten seconds of footage in a promo of forty: the map takes the time, the end card stays short."""
    made = board([take_of(0, "10")], 40)
    frames = {shot.role: shot.frames for shot in made.shots}
    assert frames["end"] <= 5 * 30 + 1
    assert frames["route"] > 20 * 30


def test_six_seconds_are_a_promo() -> None:
    """The shortest promo has a title, footage, the route and an end card of at least 1.4 s each."""
    made = board([take_of(k, "30") for k in range(3)], 6)
    assert {"opening", "route", "end"} <= set(roles(made))
    assert all(shot.frames >= 1.4 * 30 for shot in made.shots)


@pytest.mark.parametrize(("duration", "wanted"), [("6", 2), ("3.4", 2), ("2", 1), ("0.6", 1)])
def test_a_single_small_clip(duration: str, wanted: int) -> None:
    """It opens the promo and, when there is enough of it, is seen once more along the route."""
    made = board([take_of(0, duration)], 15)
    assert sum(shot.kind == "footage" for shot in made.shots) == wanted
    assert made.shots[0].kind == "footage"


def test_flashes_are_left_out() -> None:
    """Among clips worth a look those of a third of a second are not used; with nothing else they are."""
    many = [take_of(k, "0.3") for k in range(5)]
    made = board([*many, take_of(9, "30")], 20)
    assert {shot.take.clip.name for shot in made.shots if shot.take} == {"DJI_0009.MP4"}
    assert any(shot.kind == "footage" for shot in board(many, 20).shots)


def test_clips_damaged_throughout_leave_a_map_with_a_title() -> None:
    """When no second of the footage can be shown, the title stands over the map."""
    made = board([take_of(0, "20", damaged=((Fraction(0), Fraction(20)),))], 15, scene=False)
    assert [(shot.kind, shot.role) for shot in made.shots] == [("map", "opening"), ("map", "route"), ("card", "end")]


def test_a_span_that_is_asked_for_is_shown() -> None:
    """`use:` is taken to the frame, whole; more than fits is asked for: the best of it."""
    made = board([take_of(0, "60"), take_of(1, "60", from_m=3000, use=("12", "16"))], 30)
    asked = [shot for shot in made.shots if shot.take and shot.take.use]
    assert [(shot.source_start, shot.frames) for shot in asked] == [(12, 120)]
    much = board([take_of(1, "60", use=("5", "55"))], 20)
    assert all(s.source_start >= 5 and s.source_start + Fraction(s.frames, 30) <= 55 for s in much.shots if s.take)


def test_captions_move_earlier_rather_than_go() -> None:
    """Three captions at the end of the route: all are shown one after the other before the end card, in order."""
    wishes = [CaptionWish(key=k, words=5, at_m=DISTANCE_M) for k in range(3)]
    made = board([take_of(k, "60", from_m=1000.0 * k, to_m=1000.0 * k + 900) for k in range(5)], 30, wishes)
    assert [caption.key for caption in made.captions] == [0, 1, 2]
    assert made.captions[-1].end == made.shots[-2].end
    assert not made.left_out


def test_captions_for_which_there_is_no_time_are_named() -> None:
    """Forty words in six seconds cannot be read: the captions named last are left out, and are told."""
    wishes = [CaptionWish(key=k, words=8, at_m=0.0) for k in range(5)]
    made = board([take_of(0, "60")], 12, wishes)
    kept = [caption.key for caption in made.captions]
    assert kept == list(range(len(kept)))
    assert made.left_out == tuple(range(len(kept), 5))
    assert made.left_out


def test_a_caption_comes_up_at_its_place() -> None:
    """A caption anchored on the route starts in the shot that passes the place."""
    takes = [take_of(k, "60", from_m=1000.0 * k, to_m=1000.0 * k + 500) for k in range(5)]
    made = board(takes, 40, [CaptionWish(key=0, words=3, at_m=3100.0)])
    shot = next(s for s in made.shots if s.start <= made.captions[0].start < s.end)
    assert shot.take is not None
    assert shot.take.clip.name == "DJI_0003.MP4"


@given(any_takes())
def test_the_natural_length_can_be_filled(takes: list[Take]) -> None:
    """Without `length:` a promo lasts 12 to 30 s, a map alone 15 s."""
    length = natural_length(takes, Fraction(30))
    assert length == 15 if not takes else 12 <= length <= 30


def test_chosen_moments_begin_on_keyframes() -> None:
    """A picked shot begins at the keyframe before it, so that nothing is decoded to be thrown away; no second is
    shown twice, and an asked span begins where it was asked for."""
    seconds = tuple(float(second) for second in range(60))
    free, asked = take_of(0, "60"), take_of(1, "60", use=("10.5", "13.5"))
    free = replace(free, clip=replace(free.clip, keyframes_s=seconds))
    asked = replace(asked, clip=replace(asked.clip, keyframes_s=seconds))
    board = compose([free, asked], distance_m=DISTANCE_M, length=Fraction(30), fps=30, scene=True, still=False)
    shots = [shot for shot in board.shots if shot.take]
    picked = sorted((shot for shot in shots if shot.take is free), key=lambda shot: shot.source_start)
    assert len(picked) > 1
    assert all(shot.source_start.denominator == 1 for shot in picked)
    assert all(one.source_start + Fraction(one.frames, 30) <= other.source_start for one, other in pairwise(picked))
    assert [shot.source_start for shot in shots if shot.take is asked] == [Fraction("10.5")]
