"""Encoding with a card: only where using it has worked, and x264 with a word where it does not.

No card is here. A stand-in for ffmpeg takes what is meant for one and gives it to x264, or refuses as a card does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import imageio_ffmpeg
import pytest
from workbench import brief, pieces, promo, walk

from pipeline.engines.hardware import refusal

pytestmark = pytest.mark.slow

STAND_IN = """#!{python}
import os, sys
words = sys.argv[1:]
if "h264_nvenc" in words:
    proof = any("testsrc2" in word for word in words)
    with open({book!r}, "a") as book:
        book.write("proof\\n" if proof else "shot\\n")
    if not proof and os.environ.get("STAND_IN") == "full":
        sys.exit("[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: out of memory (10): (no details)")
    theirs = {{"-tune", "-rc", "-cq", "-b:v", "-rc-lookahead", "-forced-idr"}}
    kept = []
    for number, word in enumerate(words):
        if word in theirs or (number and words[number - 1] in theirs):
            continue
        kept.append({{"h264_nvenc": "libx264", "p4": "superfast"}}.get(word, word))
    words = kept
os.execv({real!r}, [{real!r}, *words])
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """The environment in which ffmpeg has a card."""
    path = tmp_path / "ffmpeg-stand-in"
    real, book = imageio_ffmpeg.get_ffmpeg_exe(), str(tmp_path / "book")
    path.write_text(STAND_IN.format(python=sys.executable, real=real, book=book))
    path.chmod(0o755)
    return {"IMAGEIO_FFMPEG_EXE": str(path)}


@pytest.fixture
def short(tmp_path: Path) -> Path:
    walk(tmp_path / "w.gpx")
    return brief(tmp_path, kind="map", length="3s")


def book(folder: Path) -> list[str]:
    path = folder / "book"
    return path.read_text().split() if path.exists() else []


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a card here")
def test_a_card_that_is_not_there(short: Path, tmp_path: Path) -> None:
    """ffmpeg knows the encoder and every argument, and using it fails for want of a card: a word, and x264's clip."""
    why = refusal("nvenc")
    assert why
    assert not any(word in why.lower() for word in ("option", "parse", "unknown encoder", "undefined"))
    done = promo(short, "-o", tmp_path / "wished", cache=tmp_path / "cache", MAKE_PROMO_ENCODER="nvenc")
    assert done.returncode == 0, done.stderr
    assert f"NVENC does not work here, so x264 is used: {why}" in done.stderr
    made = pieces(tmp_path / "cache")
    again = promo(short, "-o", tmp_path / "plain", cache=tmp_path / "cache")
    assert again.returncode == 0
    assert pieces(tmp_path / "cache") == made


def test_a_card_that_works(short: Path, tmp_path: Path, stand_in: dict[str, str]) -> None:
    """Where the proof succeeds shots are encoded there, checked as all clips are, and kept apart from x264's."""
    done = promo(short, cache=tmp_path / "cache", MAKE_PROMO_ENCODER="nvenc", **stand_in)
    assert done.returncode == 0, done.stderr
    assert "x264" not in done.stderr
    assert book(tmp_path)[0] == "proof"
    assert book(tmp_path).count("shot") >= 1
    made = set(pieces(tmp_path / "cache"))
    before = len(book(tmp_path))
    assert promo(short, cache=tmp_path / "cache", **stand_in).returncode == 0
    assert len(book(tmp_path)) == before
    assert {name for name in pieces(tmp_path / "cache") if name.endswith(".mp4")} - made


def test_a_card_that_is_full(short: Path, tmp_path: Path, stand_in: dict[str, str]) -> None:
    """A card takes so many streams at a time: a shot that it refuses is encoded by x264, with a word."""
    full = {"MAKE_PROMO_ENCODER": "nvenc", "STAND_IN": "full"}
    done = promo(short, "-o", tmp_path / "card", cache=tmp_path / "c1", **full, **stand_in)
    assert done.returncode == 0, done.stderr
    assert "x264 encodes this shot, because the card will not" in done.stderr
    assert "OpenEncodeSessionEx" in done.stderr
    assert promo(short, "-o", tmp_path / "plain", cache=tmp_path / "c2", **stand_in).returncode == 0
    one, other = (tmp_path / name / "route/x.en.mp4" for name in ("card", "plain"))
    assert one.read_bytes() == other.read_bytes()


def test_an_encoder_that_is_unknown(short: Path, tmp_path: Path) -> None:
    """A misspelt encoder is refused with the nearest."""
    done = promo(short, cache=tmp_path / "cache", MAKE_PROMO_ENCODER="nvnec")
    assert done.returncode == 2
    assert 'I don\'t know "nvnec" (did you mean "nvenc"?)' in done.stderr


def test_shots_go_to_workers_with_the_tag(
    short: Path, tmp_path: Path, stand_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a cluster the shots need a worker that was tagged after its proof; where none is, a word, and x264."""
    pytest.importorskip("distributed")
    from pipeline.engines.farm import Farm

    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", stand_in["IMAGEIO_FFMPEG_EXE"])
    with Farm() as farm:
        place = farm.scheduler()
        farm.workers(place, 1)
        wished = {"MAKE_PROMO_ENCODER": "nvenc", **stand_in}
        done = promo(short, "--engine", place, "-o", tmp_path / "one", cache=tmp_path / "cache", **wished)
        assert done.returncode == 0, done.stderr
        assert f"no worker has it: make-promo worker {place} --nvenc 1" in done.stderr
        farm.workers(place, 1, "nvenc")
        _two_workers(str(place))
        done = promo(short, "--engine", place, "-o", tmp_path / "two", cache=tmp_path / "cache", **wished)
        assert done.returncode == 0, done.stderr
        assert "x264" not in done.stderr
        assert "shot" in book(tmp_path)


def _two_workers(address: str) -> None:
    from pipeline.engines.cluster import joined
    from pipeline.engines.places import place_of

    assert joined(place_of(address), 2)


def test_the_only_worker_with_the_tag_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its shots do not wait for ever while others are still there: the run ends, and says whom it lacks."""
    pytest.importorskip("distributed")
    from pipeline.engines import cluster
    from pipeline.engines.farm import Farm
    from pipeline.errors import ToolError

    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cluster, "_ALONE_S", 1.0)
    monkeypatch.setattr(cluster, "_COUNT_EVERY_S", 0.2)
    with Farm() as farm, Farm() as card:
        place = farm.scheduler()
        farm.workers(place, 1)
        card.workers(place, 1, "nvenc")
        _two_workers(str(place))
        engine = cluster.Cluster(str(place), tmp_path / "cache" / "store")
        assert not engine.lacks("nvenc")
        card.close()
        engine.submit({"kind": "shot", "token": "run/1/1", "needs": ["nvenc"]})
        with pytest.raises(ToolError, match="all workers with nvenc have gone"):
            engine.done()
        engine.close()
