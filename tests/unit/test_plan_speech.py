"""What is said, in the plan: a band of its own in every frame, and one layer over each shot that it lies over."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from types import SimpleNamespace

import pytest
from board_samples import DISTANCE_M, take_of

from pipeline.geometry import Insets, Size
from pipeline.layout import lay_out
from pipeline.plan_speech import burnt_in, during, subtitles
from pipeline.platforms import load_platforms
from pipeline.sound_own import own_sounds
from pipeline.speech_room import band_px
from pipeline.storyboard import Storyboard, compose
from pipeline.subtitles import Cue

FRAMES = [(one.id, frame.size, frame.safe) for one in load_platforms().values() for frame in one.frames]


@pytest.mark.parametrize(("size", "safe"), [one[1:] for one in FRAMES], ids=[one[0] for one in FRAMES])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_band_stands_free_in_every_frame(size: Size, safe: Insets, mirrored: bool) -> None:
    """Inside the safe area, high enough for all its lines, and nothing else that is on screen then lies over it."""
    layout = lay_out(size, safe, mirrored=mirrored, subtitles=True)
    band = layout.subtitle
    assert band is not None
    assert band.height >= band_px(size) - 2
    assert band.x >= safe.left
    assert band.right <= size.width - safe.right
    assert band.bottom <= size.height - safe.bottom
    for scene, boxes in layout.together().items():
        assert band in boxes
        assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])], scene
    assert lay_out(size, safe, mirrored=mirrored).subtitle is None


def board() -> Storyboard:
    takes = [take_of(1, "20", from_m=0, to_m=900), take_of(2, "20", from_m=1000, to_m=2000)]
    return compose(takes, distance_m=DISTANCE_M, length=Fraction(20), fps=25, scene=True, still=False)


SPEECH = (
    Cue(start=Fraction(1), end=Fraction(9), text="A long one over several cuts"),
    Cue(start=Fraction(9), end=Fraction(12), text="The next"),
)


def test_subtitles_are_shown_on_the_clock_of_the_timeline() -> None:
    """The layers of all shots together show each subtitle from its first to its last frame, once, without a gap."""
    told = board()
    encoding = SimpleNamespace(platforms=[SimpleNamespace(captions_sidecar=())])
    said = burnt_in(encoding, told, SimpleNamespace(speech=SPEECH))  # type: ignore[arg-type]
    assert said == ((25, 225, SPEECH[0].text), (225, 300, "The next"))
    band = lay_out(Size(1080, 1920), Insets(top=270, bottom=675, left=120, right=238), subtitles=True).subtitle
    seen: dict[int, str] = {}
    for shot in told.shots:
        for layer in subtitles(shot, band, during(shot, said), {"lang": "en"}):
            for frame in range(layer.frames):
                at = shot.start + layer.start + frame
                assert at not in seen
                seen[at] = layer.values["text"]
                start = next(start for start, _, text in said if text == seen[at])
                assert layer.offset + frame == at - start
    assert seen == {frame: text for start, end, text in said for frame in range(start, end)}


def test_a_file_beside_the_clip_is_enough_where_all_platforms_take_one() -> None:
    """Burnt in as soon as one of the encoding's platforms takes no file."""

    def shown(*kinds: tuple[str, ...]) -> bool:
        encoding = SimpleNamespace(platforms=[SimpleNamespace(captions_sidecar=kind) for kind in kinds])
        return bool(burnt_in(encoding, board(), SimpleNamespace(speech=SPEECH)))  # type: ignore[arg-type]

    assert not shown(("srt",), ("vtt",))
    assert shown(("srt",), ())


def test_own_sound_follows_the_shots() -> None:
    """A clip whose sound is wanted is heard under its shots and nowhere else, from the seconds that are seen."""
    told = board()
    takes = {shot.take.clip.name for shot in told.shots if shot.take}
    wanted = sorted(takes)[0]
    loud = replace_clips(told)
    found = own_sounds(loud, {wanted})
    shots = [shot for shot in loud.shots if shot.take and shot.take.clip.name == wanted]
    assert [(one.at, one.start, one.length) for one in found] == [
        (Fraction(shot.start, 25), shot.source_start, Fraction(shot.frames, 25)) for shot in shots
    ]
    assert own_sounds(loud, set()) == ()


def replace_clips(told: Storyboard) -> Storyboard:
    """The same edit of clips that have sound."""
    shots = tuple(
        replace(shot, take=replace(shot.take, clip=replace(shot.take.clip, has_sound=True))) if shot.take else shot
        for shot in told.shots
    )
    return replace(told, shots=shots)
