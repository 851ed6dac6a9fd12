"""What comes out, measured in the file: length, pace, tags, sound, and that picture and sound stand at their times."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import USUAL, Promo
from workbench import brief, clicks, ffmpeg, frames, heard, plan, promo

from pipeline import mp4, produce

pytestmark = pytest.mark.slow


def test_the_file_keeps_the_contract(rendered: Promo) -> None:
    """Every clip has the asked length to the frame and is the file that every platform takes."""
    film = mp4.read(rendered.clip)
    (picture,), (sound,) = film.of_kind("vide"), film.of_kind("soun")
    assert picture.samples == 10 * 30
    assert picture.rate == 30
    assert picture.constant_rate
    assert picture.duration == 10
    assert (picture.width, picture.height) == (1280, 720)
    assert picture.longest_gop <= 2
    assert picture.idr
    assert not picture.reordered
    assert picture.sequence is not None
    assert picture.sequence.profile == "High"
    assert picture.sequence.chroma == "4:2:0"
    assert picture.sequence.progressive
    assert picture.sequence.colour == (1, 1, 1)
    assert picture.sequence.full_range in (False, None)
    assert picture.colour == (1, 1, 1)
    assert not picture.has_edit_list
    assert not sound.has_edit_list
    assert picture.first == sound.first == 0
    assert sound.aac is not None
    assert (sound.aac.object_type, sound.aac.sample_rate, sound.aac.channels) == (2, 48000, 2)
    assert abs(sound.duration - picture.duration) <= Fraction(1, 30)
    assert film.moov_first
    assert film.whole
    assert not film.fragmented
    assert len(film.tracks) == 2


def test_every_frame_decodes(rendered: Promo) -> None:
    """The joined file decodes to exactly the frames that its index promises."""
    assert sum(1 for _ in frames(rendered.clip)) == 300


def test_nothing_of_the_camera_comes_out(rendered: Promo) -> None:
    """Place, maker and date of the footage are nowhere in the clip or its cover."""
    film = mp4.read(rendered.clip)
    assert film.tags == {}
    assert film.created == 0
    assert film.extras == ()
    for name in ("x.en.mp4", "x.en.jpg"):
        data = (rendered.out / name).read_bytes()
        assert b"SECRETMAKER" not in data
        assert b"+51.5601" not in data
    assert b"SECRETMAKER" in (rendered.brief.parent / "testsrc2.mp4").read_bytes()


def test_the_sidecar_tells_the_truth(rendered: Promo) -> None:
    """Checksum, size and figures of the sidecar are those of the file, and no check is failed."""
    note = json.loads((rendered.out / "x.en.json").read_text("utf-8"))
    data = rendered.clip.read_bytes()
    assert note["sha256"] == hashlib.sha256(data).hexdigest()
    assert note["bytes"] == len(data)
    assert (note["width"], note["height"], note["fps"], note["duration_s"]) == (1280, 720, 30, 10.0)
    assert note["checks"]
    assert [check["id"] for check in note["checks"] if check["level"] == "block" and not check["passed"]] == []


def test_the_same_brief_gives_the_same_bytes(
    rendered: Promo, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another cache and folder, several shots at a time, Python instead of the command: not one byte differs."""
    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "other"))
    (made,) = produce([brief(project, **USUAL)], out=tmp_path / "out", jobs=3)
    assert made.made
    assert made.path == tmp_path / "out" / "route" / "x.en.mp4"
    assert made.path.read_bytes() == rendered.clip.read_bytes()


def test_sound_stands_where_it_belongs_to_the_end(project: Path, tmp_path: Path) -> None:
    """Over 60 s a click of the music is heard at its time, within a frame, at the end as at the beginning."""
    at = [1.0, 20.0, 40.5, 57.0]
    clicks(project / "music.wav", at, seconds=60)
    path = brief(project, kind="map", length="60s", music={"file": "music.wav"})
    done = promo(path, "--draft", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    clip = project / "promo/route/x.en.mp4"
    film = mp4.read(clip)
    fps = film.of_kind("vide")[0].rate
    assert fps is not None
    assert film.of_kind("vide")[0].samples == 60 * fps
    sound, rate = heard(clip)
    found = []
    for moment in at:
        first = int((moment - 0.4) * rate)
        found.append((first + int(np.abs(sound[first : first + int(0.8 * rate)]).argmax())) / rate)
    late = [there - asked for there, asked in zip(found, at, strict=True)]
    assert max(map(abs, late)) < 1 / fps
    assert max(late) - min(late) < 0.005, "it drifts"


def test_a_moment_of_the_footage_is_seen_at_its_time(project: Path, tmp_path: Path) -> None:
    """A flash at 2 s of a clip is seen on the very frame where the plan puts that moment."""
    flash = project / "flash.mp4"
    picture = "color=c=0x203040:s=480x270:r=30:d=4,drawbox=c=white:t=fill:enable='between(n,60,60)'"
    ffmpeg("-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", 24, "-bf", 2, flash)
    path = brief(project, footage=[{"file": "flash.mp4", "use": "0:01-0:03"}], length="6s")
    shots = [shot for shot in plan(path, cache=tmp_path / "cache")["shots"] if shot["kind"] == "footage"]
    (shot,) = [one for one in shots if one["source_start_s"] <= 2 < one["source_end_s"]]
    assert promo(path, cache=tmp_path / "cache").returncode == 0
    bright = {number: float(one[300:420, 10:60].mean()) for number, one in frames(project / "promo/route/x.en.mp4")}
    asked = round((shot["start_s"] + 2 - shot["source_start_s"]) * 30)
    within = range(round(shot["start_s"] * 30), round(shot["end_s"] * 30))
    brightest = max(within, key=lambda number: bright[number])
    assert bright[brightest] > 120
    assert abs(brightest - asked) <= 1
