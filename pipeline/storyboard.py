"""The edit: which span of which clip is seen when, and what is said over it. Platform-neutral, counted in frames.

With nothing said in the brief it is a promo that a person would post: an opening shot with the title, the route
drawing itself, shots along the route in route order, an end card. Shots tile the timeline without gap or overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pipeline.caption_times import captioned, reading_frames
from pipeline.moments import Moment, pick
from pipeline.pacing import travelled
from pipeline.shots import Caption, CaptionWish, Kind, Role, Shot, Storyboard, Take
from pipeline.timing import Span

__all__ = [
    "Caption", "CaptionWish", "Kind", "Role", "Shot", "Storyboard", "Take", "compose", "natural_length",
    "reading_frames",
]  # fmt: skip

_USUAL_SHOT_S = Fraction(38, 10)
_KEYFRAME_REACH_S = Fraction(1)
_SHORTEST_SHOT_S = Fraction(16, 10)
_LEAST_SHOT_S = Fraction(8, 10)  # less is a flash


def compose(
    takes: Sequence[Take],
    *,
    distance_m: float,
    length: Fraction,
    fps: int,
    scene: bool,
    still: bool,
    moving: bool = False,
    wishes: Sequence[CaptionWish] = (),
    photos: Sequence[CaptionWish] = (),
) -> Storyboard:
    """The edit of exactly `length` seconds (to the nearest frame). `scene` asks for the full-frame route,
    `still` for one that does not move, `moving` for one that a camera follows; `photos` are cards over it."""
    frames = round(length * fps)
    budget = _Budget.of(frames, fps, scene=scene, footage=True)
    opening, along = _chosen(_worthwhile(takes), Fraction(budget.footage, fps), fps)
    if opening is None:  # no footage, or none that can be shown
        scene, budget = True, _Budget.of(frames, fps, scene=True, footage=False)
    drafts = _ordered(opening, along, budget, frames, scene=scene)
    shots = tuple(_timed(drafts, distance_m, fps, still=still, moving=moving))
    captions, left_out = captioned(shots, wishes, fps)
    # Photos belong to the map: where the route draws itself, else wherever the map is.
    stage = [shot for shot in shots if shot.role == "route"] or [shot for shot in shots if shot.kind == "map"]
    cards, missed = captioned(stage, photos, fps)
    return Storyboard(
        fps=fps, frames=frames, shots=shots, captions=captions, left_out=left_out, photos=cards, photos_left_out=missed
    )


def natural_length(takes: Sequence[Take], usual: Fraction, wishes: Sequence[CaptionWish] = ()) -> Fraction:
    """The length when the brief names none: the usual one, what little footage can carry, or (with the map alone)
    what it takes to see and read all that is wished for."""
    if not takes:
        reading = sum(
            (wish.seconds or max(Fraction(3, 2), 1 + Fraction(3, 8) * wish.words) for wish in wishes), Fraction(0)
        )
        return Fraction(round(min(usual, max(Fraction(15), reading + 11))))
    footage = sum((take.usable_s for take in takes), Fraction(0))
    return Fraction(round(min(usual, max(Fraction(12), footage + 10))))


@dataclass(frozen=True, kw_only=True)
class _Budget:
    """Frames for each part of the timeline."""

    title: int  # only where no footage opens
    route: int
    footage: int
    end: int

    @classmethod
    def of(cls, frames: int, fps: int, *, scene: bool, footage: bool) -> _Budget:
        def share(part: float, least_s: float, most_s: float) -> int:
            least = min(least_s * fps, frames * 0.25)
            return round(min(max(part * frames, least), most_s * fps))

        end = share(0.14, 2.0, 5.0)
        title = 0 if footage else share(0.16, 2.0, 4.0)
        route = share(0.24, 2.5, 7.5) if scene and footage else 0
        rest = frames - end - title - route
        return cls(title=title, route=route if footage else rest, footage=rest if footage else 0, end=end)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Piece:
    """A moment of a take with its length in frames."""

    take: Take
    start: Fraction
    frames: int
    score: float
    why: str

    @property
    def place_m(self) -> float:
        return self.take.placing.along(self.start)


def _worthwhile(takes: Sequence[Take]) -> list[Take]:
    """Without clips too short to be more than a flash, unless the brief asks for the span or there is nothing else."""
    return [take for take in takes if take.use or take.usable_s >= _LEAST_SHOT_S] or list(takes)


def _chosen(takes: Sequence[Take], budget: Fraction, fps: int) -> tuple[_Piece | None, list[_Piece]]:
    """The opening moment and the others in route order, at most `budget` seconds together."""
    fixed = [take for take in takes if take.use]
    if sum((take.usable_s for take in fixed), Fraction(0)) > budget:
        fixed = []  # more was asked for than fits: the best moments inside the asked spans
    free = [take for take in takes if take not in fixed]
    pieces = [piece for take in fixed for piece in _whole(take, fps)]
    rest = budget - sum((Fraction(piece.frames, fps) for piece in pieces), Fraction(0))
    found = [piece for take, count, each in _shares(free, rest) for piece in _picked(take, count, each, fps)]
    if found:
        opening = max(found, key=lambda piece: piece.score)
        found.remove(opening)
    elif pieces:
        opening, remainder = _split(pieces.pop(0), fps)
        pieces = [*remainder, *pieces]
    else:
        return None, []
    return opening, sorted([*pieces, *found], key=lambda piece: piece.place_m)


def _whole(take: Take, fps: int) -> list[_Piece]:
    """The asked span as it is, less what is damaged."""
    good, position = [], take.whole.start
    for bad in sorted(take.clip.damaged, key=lambda span: span.start):
        if bad.end > position and bad.start < take.whole.end:
            good.append(Span(start=position, end=max(position, bad.start)))
            position = bad.end
    good.append(Span(start=position, end=max(position, take.whole.end)))
    # Crumbs between damaged places would only flash up; a short span that was asked for is shown.
    least = min(_LEAST_SHOT_S, max(span.duration for span in good))
    return [
        _Piece(take=take, start=span.start, frames=int(span.duration * fps), score=0.0, why="asked for in the brief")
        for span in good
        if span.duration >= least and span.duration * fps >= 1
    ]


def _split(piece: _Piece, fps: int) -> tuple[_Piece, list[_Piece]]:
    """The head of the only footage opens the clip; the tail is seen along the route, if there is enough of both."""
    head = min(round(_USUAL_SHOT_S * fps), piece.frames // 2)
    if head < fps:
        return piece, []
    tail = replace(piece, start=piece.start + Fraction(head, fps), frames=piece.frames - head)
    return replace(piece, frames=head), [tail]


def _shares(takes: Sequence[Take], budget: Fraction) -> list[tuple[Take, int, Fraction]]:
    """How many shots of which length each take gives: every take once, then those with the most left."""
    room = {id(take): take.usable_s for take in takes}
    total = min(budget, sum(room.values(), Fraction(0)))
    if total < Fraction(1, 2):
        return []
    most = max(1, int(total / _SHORTEST_SHOT_S))
    wanted = min(most, max(round(total / _USUAL_SHOT_S), min(len(takes), most), 2))
    counts = dict.fromkeys(room, 0)
    for _ in range(wanted):
        richest = max(takes, key=lambda take: (counts[id(take)] == 0, room[id(take)] / (counts[id(take)] + 1)))
        counts[id(richest)] += 1
    each = _levelled([(room[id(take)], counts[id(take)]) for take in takes], total)
    return [(take, counts[id(take)], length) for take, length in zip(takes, each, strict=True) if counts[id(take)]]


def _levelled(rooms: Sequence[tuple[Fraction, int]], total: Fraction) -> list[Fraction]:
    """Shot lengths, as equal as the takes allow, that add up to `total` (water finds its level)."""
    length = [Fraction(0)] * len(rooms)
    open_ = {index for index, (_, count) in enumerate(rooms) if count}
    left = total
    while open_:
        level = left / sum(rooms[index][1] for index in open_)
        short = {index for index in open_ if rooms[index][0] / rooms[index][1] <= level}
        for index in short or open_:
            room, count = rooms[index]
            length[index] = room / count if short else level
            left -= length[index] * count
        open_ -= short or set(open_)
    return length


def _picked(take: Take, count: int, each: Fraction, fps: int) -> list[_Piece]:
    moments: Sequence[Moment] = pick(
        take.clip,
        take.look,
        along=take.placing.along,
        aside=take.aside,
        length=each,
        count=count,
        within=take.use,
    )
    found = [
        _Piece(
            take=take,
            start=moment.start,
            frames=int(min(moment.end - moment.start, each) * fps),
            score=moment.score,
            why=moment.why,
        )
        for moment in moments
        if (moment.end - moment.start) * fps >= 1
    ]
    return _on_keyframes(take, found, fps)


def _on_keyframes(take: Take, pieces: Sequence[_Piece], fps: int) -> list[_Piece]:
    """The pieces begun at the keyframe before them, where one is near and free: what lies between a keyframe and
    the first picture that is shown would have to be decoded for nothing, half a second a shot as a rule."""
    if not take.clip.exact_keyframes:
        return list(pieces)
    earliest = take.whole.start
    begun = []
    for piece in sorted(pieces, key=lambda one: one.start):
        before = [Fraction(round(key * 10**6), 10**6) for key in take.clip.keyframes_s if key <= piece.start]
        key = max(before, default=piece.start)
        harmed = any(key < bad.end and bad.start < piece.start for bad in take.clip.damaged)
        if earliest <= key and piece.start - key <= _KEYFRAME_REACH_S and not harmed:
            piece = replace(piece, start=key)
        earliest = piece.start + Fraction(piece.frames, fps)
        begun.append(piece)
    return begun


def _ordered(
    opening: _Piece | None, along: Sequence[_Piece], budget: _Budget, frames: int, *, scene: bool
) -> list[Shot]:
    """The shots with their frames; what the footage could not fill goes to the route, else to the end card."""
    footage = sum(piece.frames for piece in [*([opening] if opening else []), *along])
    title = 0 if opening else budget.title
    end = budget.end
    route = frames - footage - title - end if scene else 0
    end = frames - footage - title - route
    shots = [_footage_shot(opening, "opening")] if opening else []
    if title:
        shots.append(Shot(kind="map", role="opening", start=0, frames=title, why="no footage: the title over the map"))
    if route:
        shots.append(Shot(kind="map", role="route", start=0, frames=route, why="the route draws itself"))
    shots += [_footage_shot(piece, "along") for piece in along]
    shots.append(Shot(kind="card", role="end", start=0, frames=end, why="the end card"))
    return [shot for shot in shots if shot.frames]


def _footage_shot(piece: _Piece, role: Role) -> Shot:
    return Shot(
        kind="footage",
        role=role,
        start=0,
        frames=piece.frames,
        take=piece.take,
        source_start=piece.start,
        why=piece.why,
    )


def _timed(drafts: Sequence[Shot], distance_m: float, fps: int, *, still: bool, moving: bool) -> list[Shot]:
    shots, start = [], 0
    for draft in drafts:
        shots.append(replace(draft, start=start, along_m=_marker(draft, distance_m, fps, still=still, moving=moving)))
        start += draft.frames
    return shots


def _marker(shot: Shot, distance_m: float, fps: int, *, still: bool, moving: bool) -> tuple[float, ...]:
    if shot.take is not None:
        place: Callable[[Fraction], float] = shot.take.placing.along
        return tuple(float(place(shot.source_start + Fraction(frame, fps))) for frame in range(shot.frames))
    if shot.role == "opening":
        return (0.0,) * shot.frames
    if shot.role == "route" and moving and not still:
        return tuple(travelled(distance_m, shot.frames, fps).tolist())
    if shot.role == "route":
        return tuple(distance_m if still else distance_m * share for share in _eased(shot.frames, fps))
    return ()


def _eased(frames: int, fps: int) -> list[float]:
    """From 0 to 1 with soft ends; the last part holds, so that the whole route and its facts can be read."""
    hold = min(round(1.2 * fps), frames // 3)
    lead = min(round(0.3 * fps), frames // 10)
    moving = max(1, frames - hold - lead)
    steps = [min(1.0, max(0.0, (frame - lead) / moving)) for frame in range(frames)]
    return [u * u * (3 - 2 * u) for u in steps]
