"""The proof: what it counts, folds, draws and takes from the clips, and that it leaves alone what is unchanged."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from proof_samples import EVIL, LENGTH, SEEN, SHOTS, check, clip, promo

from pipeline.errors import ToolError
from pipeline.files import Store
from pipeline.geometry import Insets
from pipeline.platforms import load_platforms
from pipeline.proof import ProofChange, ProofClip, ProofPromo, verdict, write_proof
from pipeline.proof.folding import folded
from pipeline.proof.interface import drawing
from pipeline.proof.loading import cues_of
from pipeline.proof.page import POLICY, direction, language, page
from pipeline.proof.sheet import MOST_BYTES, WIDTH
from pipeline.proof.stills import pictures, wished
from pipeline.sidecar import PostWords
from pipeline.subtitles import Cue, vtt


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ProofPromo, Path]:
    """The usual promo of five platforms with its clips. Not to be changed."""
    folder = tmp_path_factory.mktemp("promo")
    return promo(folder), folder


def test_verdict_counts_each_rule_once_by_its_gravest_result(tmp_path: Path) -> None:
    """A rule that fails in one clip of two has not passed."""
    good = (check("a"), check("b"), check("c", level="warn"), check("d", level="hint"))
    bad = (
        check("a"), check("b", passed=False), check("c", passed=False, level="warn"),
        check("d", passed=False, level="hint"),
    )  # fmt: skip
    clips = [clip(tmp_path, "x", checks=good), clip(tmp_path, "youtube", checks=bad)]
    shown = [words for _, words in verdict.verdict(clips)]
    assert shown == ["✓ 1 passed", "! 1 to confirm", "✕ 1 blocking", "i 1 advice"]
    assert "must not be published" in verdict.sentence(clips)


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ((), "Nothing was checked"),
        ((check(),), "Every check has passed"),
        ((check(passed=False, level="warn"),), "1 point needs your tick"),
        ((check(passed=False, level="hint"),), "there is some advice"),
        ((check(passed=False),), "must not be published"),
    ],
)
def test_verdict_in_one_sentence(tmp_path: Path, checks: tuple[object, ...], words: str) -> None:
    """The sentence says the gravest thing, and never more than was found out."""
    assert words in verdict.sentence([clip(tmp_path, "x", checks=checks)])


def test_rows_come_gravest_first_and_equal_ones_once(tmp_path: Path) -> None:
    """Blocking, to confirm, advice, passed; what is true of several clips is one row."""
    checks = (check("ok"), check("w", passed=False, level="warn"), check("b", passed=False))
    other = (check("ok"), check("h", passed=False, level="hint"))
    found = verdict.rows([clip(tmp_path, "x", checks=checks), clip(tmp_path, "youtube", checks=other)])
    assert [(row.result, len(row.clips)) for row in found] == [
        ("blocking", 1), ("to confirm", 1), ("advice", 1), ("passed", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("visible", "seen", "rest"),
    [
        (None, "One two three", ""),
        (13, "One two three", ""),
        (9, "One two", "three"),
        (7, "One two", "three"),
        (2, "On", "e two three"),
    ],
)
def test_post_is_folded_at_a_word(visible: int | None, seen: str, rest: str) -> None:
    """A post is cut before a word that would be cut in two; without a figure it stays whole."""
    assert folded("One two three", visible) == (seen, rest)


@given(text=st.text(), visible=st.integers(1, 80))
def test_folding_loses_no_letter(text: str, visible: int) -> None:
    """What is seen and the rest are the text, but for space at the fold."""
    seen, rest = folded(text, visible)
    assert "".join((seen + rest).split()) == "".join(text.split())


def test_interface_never_covers_the_safe_box() -> None:
    """In every frame of every platform the drawing lies in the margins, and inside the picture."""
    for platform in load_platforms().values():
        for frame in platform.frames:
            width, height = frame.size.width, frame.size.height
            one = ProofClip(
                name="a.en", platform=platform.id, label="A", lang="en", sha256="0" * 64, bytes=1, width=width,
                height=height, length=LENGTH, safe=frame.safe, post=PostWords(text=""),
            )  # fmt: skip
            drawn = drawing(one)
            x, y, wide, tall = drawn.safe
            for mark in drawn.marks:
                apart = (
                    mark.x >= x + wide or mark.x + mark.width <= x or mark.y >= y + tall or mark.y + mark.height <= y
                )
                assert apart, (platform.id, frame.size, mark)
                assert min(mark.x, mark.y, width - mark.x - mark.width, height - mark.y - mark.height) >= 0, platform.id


def test_stills_show_every_cut(tmp_path: Path) -> None:
    """The first picture, one of each shot with the map when its facts are there, the very last."""
    one = clip(tmp_path, "x")
    found = pictures(promo(tmp_path, clips=(one,)), tmp_path, Store(tmp_path / "store"))[one.sha256]
    assert [picture.role for picture in found] == ["first", "opening", "route", "along", "end", "last"]
    assert [float(picture.at) for picture in found] == [0, 2, 5, 9, 11, 11.9]
    for picture in found:
        image = np.asarray(Image.open(io.BytesIO(picture.jpeg)).convert("L"), float)
        assert image.shape == (picture.height, picture.width)
        assert abs(image.mean() - (40 + 10 * int(picture.at))) < 4, picture.at


def test_a_short_shot_is_decoded_to_its_middle(tmp_path: Path) -> None:
    """Where no keyframe shows a shot, the picture of its middle is taken, never one of another shot."""
    short = tuple(replace(shot, start=Fraction(k), end=Fraction(k + 1)) for k, shot in enumerate(SHOTS))
    one = clip(tmp_path, "x", shots=short)
    found = pictures(promo(tmp_path, clips=(one,)), tmp_path, Store(tmp_path / "store"))[one.sha256]
    assert [int(picture.at) for picture in found[1:-1]] == [0, 1, 2, 3]


def test_clip_without_known_shots_is_shown_evenly(tmp_path: Path) -> None:
    """Six parts, so that a clip of an earlier run is still judged."""
    assert len(wished(clip(tmp_path, "x", shots=()))) == 8


def test_equal_clips_are_decoded_once(made: tuple[ProofPromo, Path], tmp_path: Path) -> None:
    """Reel and short have equal bytes here: one row of stills names both."""
    given_promo, folder = made
    twin = replace(given_promo.clips[1], sha256=given_promo.clips[0].sha256)
    found = pictures(replace(given_promo, clips=(given_promo.clips[0], twin)), folder, Store(tmp_path))
    assert len(found) == 1


def test_proof_is_written_whole(made: tuple[ProofPromo, Path], tmp_path: Path) -> None:
    """The page, its style and script, the stills and the picture; together small enough to be mailed."""
    given_promo, folder = made
    paths = write_proof(given_promo, folder, Store(tmp_path))
    names = {path.relative_to(folder).as_posix() for path in paths}
    assert {"proof.html", "proof.png", "proof/proof.css", "proof/proof.js"} < names
    assert {path.name for path in (folder / "proof").iterdir()} == {
        Path(n).name for n in names if n.startswith("proof/")
    }
    assert sum(path.stat().st_size for path in paths) < 3_000_000
    image = Image.open(folder / "proof.png")
    assert image.width == WIDTH
    assert (folder / "proof.png").stat().st_size <= MOST_BYTES


def test_unchanged_proof_is_left_alone(made: tuple[ProofPromo, Path], tmp_path: Path) -> None:
    """A second run writes nothing, decodes nothing and needs no clip; a damaged file is made good again."""
    given_promo, folder = made
    store = Store(tmp_path)
    write_proof(given_promo, folder, store)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    write_proof(given_promo, folder, store)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    still = next((folder / "proof").glob("*.jpg"))
    whole = still.read_bytes()
    still.write_bytes(b"torn")
    write_proof(given_promo, folder, store)
    assert still.read_bytes() == whole


def test_new_words_decode_no_clip_again(made: tuple[ProofPromo, Path], tmp_path: Path) -> None:
    """Another code makes another page; the stills come from the store, although the clips are gone."""
    given_promo, folder = made
    store = Store(tmp_path / "store")
    write_proof(given_promo, folder, store)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_proof(replace(given_promo, code="0000-11"), elsewhere, store)
    assert "0000-11" in (elsewhere / "proof.html").read_text("utf-8")
    assert len(list((elsewhere / "proof").glob("*.jpg"))) == len(list((folder / "proof").glob("*.jpg")))


def test_stills_of_an_earlier_proof_go(made: tuple[ProofPromo, Path], tmp_path: Path) -> None:
    """What the page does not show does not stay beside it."""
    given_promo, folder = made
    old = folder / "proof" / "gone.en-01.jpg"
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(b"old")
    write_proof(replace(given_promo, code="AAAA-BB"), folder, Store(tmp_path))
    assert not old.exists()


def test_broken_clip_is_told(tmp_path: Path) -> None:
    """A clip that cannot be decoded is a sentence with a remedy, and no page is left behind."""
    one = clip(tmp_path, "x")
    (tmp_path / one.film).write_bytes(b"no film")
    with pytest.raises(ToolError, match=r"x\.en\.mp4: no pictures can be taken"):
        write_proof(promo(tmp_path, clips=(replace(one, sha256="1" * 64),)), tmp_path, Store(tmp_path / "store"))
    assert not (tmp_path / "proof.html").exists()


def hostile(folder: Path) -> ProofPromo:
    words = PostWords(text=EVIL * 2, alt=EVIL, hashtags=(EVIL,), link=EVIL)
    wild = check("w", passed=False, level="warn", what=EVIL, measured=EVIL, limit=EVIL, remedy=EVIL)
    cue = Cue(start=Fraction(0), end=Fraction(1), text=EVIL)
    shots = tuple(replace(shot, what=EVIL) for shot in SHOTS)
    clips = tuple(
        clip(folder, name, post=words, checks=(wild, check()), cues=(cue,), shots=shots, visible=40, flashes=(0.0, 2.5))
        for name in ("x", "instagram-reel")
    )
    usual = promo(folder, clips=clips)
    return replace(
        usual, titles=(("en", EVIL), ("cy", EVIL)), made_by=EVIL,
        facts=tuple(replace(fact, what=EVIL, value=EVIL, origin=EVIL) for fact in usual.facts),
        credits=tuple(credit.model_copy(update={"text": EVIL, "source": EVIL}) for credit in usual.credits),
        changes=(ProofChange(where=EVIL, what=EVIL, words=(("same", EVIL), ("out", EVIL), ("in", EVIL))),),
    )  # fmt: skip


def test_hostile_words_are_plain_text(tmp_path: Path) -> None:
    """Nothing that people wrote becomes markup, script or a turned direction; all of it can be read."""
    text = page(hostile(tmp_path), {})
    assert "<img src=x" not in text
    assert "</script><" not in text.replace('<script defer src="proof/proof.js"></script>', "")
    assert "\u202e" not in text
    assert "{{7*7}}" in text
    assert text.count("onerror=alert(1)&gt;") > 30


def test_page_forbids_itself_everything_but_its_files(made: tuple[ProofPromo, Path]) -> None:
    """The policy names no host and no inline code, and there is none."""
    given_promo, _ = made
    text = page(given_promo, {})
    assert POLICY.replace("'", "&#39;") in text
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<style" not in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [(None, "No version of this promo was approved before."), ((), "Nothing: it is the version that was approved.")],
)
def test_changes_are_told_even_when_there_are_none(
    made: tuple[ProofPromo, Path], changes: tuple[ProofChange, ...] | None, words: str
) -> None:
    """Never approved and not changed since are two things."""
    assert words in page(replace(made[0], changes=changes), {})


def test_changed_words_are_marked(made: tuple[ProofPromo, Path]) -> None:
    """What was taken out and put in is so in the markup, and said to those who do not see it."""
    change = ProofChange(where="x.en", what="the post text changed", words=(("out", "hill"), ("in", "valley")))
    text = page(replace(made[0], changes=(change,)), {})
    assert '<del><span class="unseen">taken out: </span>hill</del>' in text
    assert '<ins><span class="unseen">put in: </span>valley</ins>' in text


def test_flashes_are_never_called_safe(made: tuple[ProofPromo, Path], tmp_path: Path) -> None:
    """Rule F12: "checked against published thresholds" where that was done, and only there."""
    given_promo, _ = made
    assert "Flashes were not checked." in page(given_promo, {})
    some = [replace(one, checks=(*one.checks, check("F3"))) for one in given_promo.clips]
    told = page(replace(given_promo, clips=tuple(some)), {})
    assert "checked against published thresholds" in told
    assert "This is true of" not in told
    assert "This is true of x.en only" in page(
        replace(given_promo, clips=tuple(after if after.platform == "x" else before
                                         for before, after in zip(given_promo.clips, some, strict=True))), {},
    )  # fmt: skip
    assert "arding" not in told


def test_cover_is_shown_as_the_grid_cuts_it(tmp_path: Path) -> None:
    """Where a platform's grid cuts covers, the page shows what is left of it, and only where there is a cover."""
    one = clip(tmp_path, "instagram-reel", cover=True, grid=Insets(top=40, bottom=40))
    assert f'viewBox="0 40 {one.width} {one.height - 80}"' in page(promo(tmp_path, clips=(one,)), {})
    assert 'class="grid"' not in page(promo(tmp_path, clips=(replace(one, cover=False),)), {})


def test_languages_stand_side_by_side(tmp_path: Path) -> None:
    """Each platform has its versions together, each with its own `lang`, and Arabic letters run from the right."""
    given_promo = promo(tmp_path, ("x", "youtube"), ("en", "cy", "ur"))
    text = page(given_promo, {})
    assert [len(group) for group in given_promo.platforms] == [3, 3]
    assert text.count("<h4>Welsh</h4>") == 2
    assert '<p class="post" lang="ur" dir="rtl">' in text
    assert "English, Welsh and Urdu" in text


def test_language_names() -> None:
    """As an English reader calls them; an unknown code stays what it is."""
    assert [language(code) for code in ("cy", "gu", "pt-BR")] == ["Welsh", "Gujarati", "Portuguese (Brazil)"]
    assert language("zz-??") == "zz-??"
    assert [direction(code) for code in ("ar", "cy", "??")] == ["rtl", "auto", "auto"]


@given(texts=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1)))
def test_captions_are_read_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """What `vtt` writes, `cues_of` reads."""
    path = tmp_path_factory.getbasetemp() / "cues.vtt"
    cues = [Cue(start=Fraction(k), end=Fraction(k + 1), text=text) for k, text in enumerate(texts)]
    path.write_text(vtt(cues, "en"), "utf-8", newline="\n")
    from pipeline.subtitles import ordered

    assert [(one.start, one.text) for one in cues_of(path)] == [(one.start, one.text) for one in ordered(cues)]


def test_missing_captions_are_no_captions(tmp_path: Path) -> None:
    """A clip without words has no file of them, and a torn file is not believed."""
    assert cues_of(tmp_path / "none.vtt") == ()
    (tmp_path / "torn.vtt").write_bytes(b"WEBVTT\n\n1\n99:99:99 --> \xff\nHello")
    assert cues_of(tmp_path / "torn.vtt") == ()


def test_sheet_grows_with_its_platforms(tmp_path: Path) -> None:
    """Many platforms make a longer picture with words of the same size, still small enough."""
    from pipeline.proof.sheet import sheet

    usual = promo(tmp_path, ("x", "instagram-reel"))
    shown = pictures(usual, tmp_path, Store(tmp_path / "store"))
    many = replace(usual, clips=tuple(replace(usual.clips[k % 2], platform=f"p{k}") for k in range(21)))
    few, lots = (Image.open(io.BytesIO(sheet(one, shown))) for one in (usual, many))
    assert few.width == lots.width == WIDTH
    assert few.height < lots.height < 6000
    assert len(sheet(many, shown)) <= MOST_BYTES


def test_hostile_words_fit_the_sheet(tmp_path: Path) -> None:
    """Endless names, no names and strange signs are drawn without failing."""
    from pipeline.proof.sheet import sheet

    strange = replace(hostile(tmp_path), titles=(("en", "x" * 900), ("ur", "تین جھیلیں")), made_by=SEEN * 9)
    assert sheet(strange, {}).startswith(b"\x89PNG")
    assert sheet(replace(strange, titles=(("en", ""),), code=None, made_by=""), {}).startswith(b"\x89PNG")
