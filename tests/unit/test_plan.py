from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from board_samples import DISTANCE_M, take_of

from pipeline.geometry import Box, Size
from pipeline.mix import Mix
from pipeline.pieces import Encoder, File, Guest, Recipe, Wording
from pipeline.plan import files
from pipeline.platforms import load_platform
from pipeline.renditions import encodings
from pipeline.storyboard import CaptionWish, Storyboard, compose

SAID = Wording(
    lang="en",
    title="A walk",
    kicker="Brent",
    captions=("Meadow and pond", "The best view"),
    facts={"distance": "5 miles"},
    end_text="Find the route",
    end_link="example.gov.uk/walk",
    qr_link="https://example.gov.uk/walk",
    credits=("© somebody",),
)
RECIPE = Recipe(
    tools="ffmpeg 7",
    look="green",
    route="round",
    luts={},
    inset=True,
    logo=True,
    draft=False,
    still=False,
    units="miles",
)


def storyboard(length: int = 30) -> Storyboard:
    takes = [take_of(k, "60", from_m=1000.0 * k, to_m=1000.0 * k + 500) for k in range(5)]
    wishes = [CaptionWish(key=0, words=3, at_m=1200.0), CaptionWish(key=1, words=3, at_m=3200.0)]
    return compose(
        takes, distance_m=DISTANCE_M, length=Fraction(length), fps=30, scene=True, still=False, wishes=wishes
    )


BOARD = storyboard()


def planned(
    said: Wording = SAID,
    recipe: Recipe = RECIPE,
    board: Storyboard = BOARD,
    names: Sequence[str] = ("instagram-reel",),
    guests: Sequence[Guest] = (),
    mix: Mix | None = None,
) -> tuple[File, ...]:
    length = Fraction(board.frames, board.fps)
    made = encodings([load_platform(name) for name in names], length)
    mix = mix or Mix(length=length)
    return tuple(file for encoding in made for file in files(encoding, board, said, mix, recipe, guests))


def changed(one: tuple[File, ...], two: tuple[File, ...]) -> set[tuple[str, ...]]:
    """What the pieces that differ show: their role, and the kinds of their layers."""
    pairs = zip(one[0].pieces, two[0].pieces, strict=True)
    return {
        (a.shot.role, *sorted({layer.kind for layer in a.layers})) for a, b in pairs if a.fingerprint != b.fingerprint
    }


def test_one_caption_changes_the_pieces_under_it() -> None:
    """Another text in the second caption: only pieces that show it are named anew, and they carry a caption."""
    again = planned(replace(SAID, captions=("Meadow and pond", "The very best view")))
    caption = next(c for c in BOARD.captions if c.key == 1)
    before = planned()[0].pieces
    for old, new in zip(before, again[0].pieces, strict=True):
        under = old.shot.start < caption.end and caption.start < old.shot.end
        assert (old.fingerprint != new.fingerprint) == under


def test_a_title_changes_the_opening_only() -> None:
    """The title stands on the opening piece and nowhere else."""
    assert {entry[0] for entry in changed(planned(), planned(replace(SAID, title="Another walk")))} == {"opening"}


def test_a_colour_of_the_brand_changes_what_is_drawn() -> None:
    """A new look renames every piece on which something is drawn."""
    one, two = planned(), planned(recipe=replace(RECIPE, look="blue"))
    assert all(
        (a.fingerprint != b.fingerprint) == bool(a.layers) for a, b in zip(one[0].pieces, two[0].pieces, strict=True)
    )
    bare = replace(RECIPE, inset=False, logo=False)
    assert "along" not in {
        e[0] for e in changed(planned(recipe=bare), planned(recipe=replace(bare, look="blue"))) if len(e) == 1
    }


def test_the_route_changes_what_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another shape of the route renames the scene, the insets and the card, not the opening shot."""
    roles = {entry[0] for entry in changed(planned(), planned(recipe=replace(RECIPE, route="other")))}
    assert "route" in roles
    assert "along" in roles
    assert "opening" not in roles


def test_the_encoder_changes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another CRF, another ffmpeg: every piece is made anew."""
    before = planned()
    assert len(changed_pieces(before, planned(recipe=replace(RECIPE, tools="ffmpeg 8")))) == len(before[0].pieces)
    monkeypatch.setattr(Encoder, "arguments", lambda self: ["-crf", "21"])
    assert len(changed_pieces(before, planned())) == len(before[0].pieces)


def changed_pieces(one: tuple[File, ...], two: tuple[File, ...]) -> list[str]:
    return [a.fingerprint for a, b in zip(one[0].pieces, two[0].pieces, strict=True) if a.fingerprint != b.fingerprint]


def test_a_cube_changes_its_clips_pieces() -> None:
    """Another colour cube renames the shots of that clip alone."""
    one, two = planned(), planned(recipe=replace(RECIPE, luts={"DJI_0002.MP4": "cube"}))
    for a, b in zip(one[0].pieces, two[0].pieces, strict=True):
        named = a.shot.take is not None and a.shot.take.clip.name == "DJI_0002.MP4"
        assert (a.fingerprint != b.fingerprint) == named


def test_sound_changes_no_piece() -> None:
    """Other music renames the file and its sound, no picture."""
    mix = Mix(length=Fraction(30), music=Path("bed.ogg"), music_fingerprint="abc")
    one, two = planned(), planned(mix=mix)
    assert not changed(one, two)
    assert one[0].sound != two[0].sound
    assert one[0].fingerprint != two[0].fingerprint


def test_a_guest_changes_the_pieces_that_it_covers() -> None:
    """A new version of another package's overlay renames the pieces on which it lies; its time runs on over cuts."""
    cut = BOARD.shots[0].end
    guest = Guest(name="badge", version="1", start=cut - 10, frames=30, place="top-left")
    one, two = planned(guests=[guest]), planned(guests=[replace(guest, version="2")])
    pairs = zip(one[0].pieces, two[0].pieces, strict=True)
    assert [k for k, (a, b) in enumerate(pairs) if a.fingerprint != b.fingerprint] == [0, 1]
    layers = [layer for piece in one[0].pieces for layer in piece.layers if layer.kind == "guest"]
    assert [(one.start, one.frames, one.offset) for one in layers] == [(cut - 10, 10, 0), (0, 20, 10)]


def test_captions_run_on_over_cuts() -> None:
    """The parts of a caption on several pieces add up to it, each beginning where the one before stopped."""
    for caption in BOARD.captions:
        parts = [
            layer
            for piece in planned()[0].pieces
            for layer in piece.layers
            if layer.kind == "caption" and layer.values["text"] == SAID.captions[caption.key]
        ]
        assert sum(layer.frames for layer in parts) == caption.frames == parts[0].total
        assert [layer.offset for layer in parts] == [sum(p.frames for p in parts[:k]) for k in range(len(parts))]


def test_the_same_input_has_the_same_names_elsewhere() -> None:
    """Another process, with another hash seed, names every piece the same."""
    code = "import test_plan; print([p.fingerprint for f in test_plan.planned() for p in f.pieces])"
    here = [piece.fingerprint for file in planned() for piece in file.pieces]
    root = Path(__file__).parent
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": f"{root}:{root.parents[1]}", "PATH": ""},
    ).stdout
    assert said.strip() == str(here)


def test_layers_stay_inside_the_safe_zones() -> None:
    """Words lie inside the margins of every platform that gets the file."""
    for file in planned(names=("instagram-reel", "tiktok", "youtube", "x", "bluesky")):
        safe = Box.inside(file.encoding.size, file.encoding.safe)
        assert all(safe.contains(layer.box) for piece in file.pieces for layer in piece.layers)


def test_a_file_keeps_its_platforms_limit() -> None:
    """Every piece may begin with a full buffer; even so all of them together fit the file size."""
    for name in ("bluesky", "whatsapp", "mastodon"):
        for file in planned(names=(name,), board=storyboard(60)):
            bits = sum(
                Fraction(p.encoder.peak_bps * p.shot.frames, p.fps) + p.encoder.peak_bps / 2 for p in file.pieces
            )
            assert bits <= file.encoding.file_bps * file.encoding.length


def test_a_draft_is_small() -> None:
    """A draft keeps the shape, has 360 lines at the short side and shares no piece with the real thing."""
    draft = planned(recipe=replace(RECIPE, draft=True))
    assert draft[0].pieces[0].size == Size(360, 640)
    assert not {p.fingerprint for p in draft[0].pieces} & {p.fingerprint for p in planned()[0].pieces}
