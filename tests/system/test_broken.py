"""Broken footage and routes: the right exit code, one sentence, no traceback, nothing left where clips go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import brief, events, ffmpeg, leftovers, promo, state

from pipeline import produce
from pipeline.errors import PromoError

pytestmark = pytest.mark.slow

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\ntestsrc2.mp4\n#EXT-X-ENDLIST\n"
MADE: dict[str, Callable[[Path], object]] = {
    "text.mp4": lambda path: path.write_text("this is not a film\n" * 50),
    "playlist.mp4": lambda path: path.write_text(PLAYLIST),
    "concat.mp4": lambda path: path.write_text("ffconcat version 1.0\nfile testsrc2.mp4\n"),
    "zero.mp4": lambda path: path.write_bytes(b""),
    "noise.mov": lambda path: path.write_bytes(bytes(range(256)) * 400),
    "picture.mp4": lambda path: ffmpeg(
        *["-f", "lavfi", "-i", "testsrc", "-frames:v", "1", "-f", "image2", "-update", "1", "-c:v", "png"], path
    ),
    "only-sound.mp4": lambda path: ffmpeg(*["-f", "lavfi", "-i", "sine=d=2", "-c:a", "aac"], path),
    "missing.mp4": lambda path: None,
    "folder": lambda path: path.mkdir(),
    "cut.mp4": lambda path: path.write_bytes(path.with_name("testsrc2.mp4").read_bytes()[:3000]),
}


@pytest.mark.parametrize("name", MADE)
def test_footage_that_is_none(project: Path, name: str) -> None:
    """Whatever is called footage and is not: one sentence with the name, code 3, and nothing written."""
    MADE[name](project / name)
    with pytest.raises(PromoError) as caught:
        produce([brief(project, footage=["testsrc2.mp4", name])])
    _explained(caught.value, name)
    assert not (project / "promo").exists()


def _explained(error: PromoError, name: str) -> None:
    assert error.exit_code == 3, str(error)
    assert len(error.problems) == 1
    (problem,) = error.problems
    assert name in problem.where + problem.what
    assert problem.what
    assert "\n" not in problem.what
    assert len(problem.what) < 240


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_a_file(project: Path, tmp_path: Path) -> None:
    """A pipe in place of footage, sound, route or colour cube is refused at once, not waited for."""
    for name in ("pipe.mp4", "pipe.wav", "pipe.cube", "pipe.gpx"):
        os.mkfifo(project / name)
    fill = ["testsrc2.mp4"]
    for number, keys in enumerate(
        (
            {"footage": ["pipe.mp4"]},
            {"footage": fill, "music": {"file": "pipe.wav"}},
            {"footage": [{"file": "testsrc2.mp4", "lut": "pipe.cube"}]},
            {"footage": fill, "route": "pipe.gpx"},
        )
    ):
        done = promo("check", brief(project, f"{number}.yml", **keys), cache=tmp_path / "cache")
        assert done.returncode == 3
        assert "pipe." in done.stdout + done.stderr


def _broken(shared: Path) -> list[Path]:
    data = shared / "data"
    found = [*data.glob("footage/broken-*"), *data.glob("routes/bad-*"), *data.glob("routes/empty-*")]
    assert len(found) >= 10
    return sorted(found)


def test_every_broken_file_of_the_data_set(shared: Path, project: Path) -> None:
    """`bad-*`, `broken-*` and `empty-*` end with code 3 and a sentence (or, where points are left, are used)."""
    for path in _broken(shared):
        shutil.copyfile(path, project / path.name)
        keys = {"route": path.name} if path.suffix == ".gpx" else {"footage": [path.name]}
        if path.name in ("bad-times.gpx", "bad-truncated.gpx", "bad-coordinates.gpx", "empty-segment.gpx"):
            continue  # these have points left: the reader's own tests say what becomes of them
        with pytest.raises(PromoError) as caught:
            produce([brief(project, **keys)])
        _explained(caught.value, path.name)
    assert not (project / "promo").exists()


def test_one_failure_stays_its_own(shared: Path, project: Path, tmp_path: Path) -> None:
    """Of several briefs the good ones are rendered, each failure is told, and the code is the gravest."""
    shutil.copyfile(shared / "data/routes/bad-not-well-formed.gpx", project / "bad.gpx")
    (project / "text.mp4").write_text("no film")
    briefs = [
        brief(project, "bad-route.yml", route="bad.gpx"),
        brief(project, "bad-film.yml", footage=["text.mp4"]),
        brief(project, "bad-key.yml", lenght="5s"),
        brief(project, "good.yml", kind="map", length="3s"),
        project / "none.yml",
    ]
    done = promo(*briefs, "--draft", "--json", cache=tmp_path / "cache")
    assert done.returncode == 3, done.stderr
    told = {Path(one["brief"]).name: one for one in events(done) if one["event"] == "brief"}
    assert len(told) == 5
    assert [name for name, one in told.items() if one["clips"]] == ["good.yml"]
    wrong = {name: one["problems"][0] for name, one in told.items() if name != "good.yml"}
    assert all(problem["what"] and problem["level"] == "block" for problem in wrong.values())
    assert "length" in wrong["bad-key.yml"]["what"] + wrong["bad-key.yml"]["remedy"]
    assert {Path(name).parts[0] for name in state(project / "promo")} == {"good"}
    assert leftovers(project, tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["bad.yml"], 3, "no-such.gpx"),
        (["no-such.yml"], 2, "no-such.yml"),
        (["fine.yml", "-p", "instagram-real"], 2, "instagram-reel"),
        (["fine.yml", "--engine", "locall"], 2, "local"),
        (["fine.yml", "--lenght", "3"], 2, "lenght"),
    ],
)
def test_the_exit_code_says_what_kind_of_failure(
    project: Path, tmp_path: Path, arguments: list[str], code: int, word: str
) -> None:
    """2 for the brief and the command line, 3 for material; the sentence names the thing or the nearest right one."""
    brief(project, "bad.yml", route="no-such.gpx")
    brief(project, "fine.yml")
    done = promo(*arguments, cache=tmp_path / "cache", cwd=project)
    assert done.returncode == code
    assert word in done.stderr
    assert not (project / "promo").exists()


def test_a_clip_damaged_in_the_middle_is_used_around_the_damage(project: Path, tmp_path: Path) -> None:
    """The good part of a damaged clip is used; the officer hears where the damage is; the code is 0."""
    whole = project / "long.mp4"
    ffmpeg(
        *[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=480x270:r=30:d=5",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "15",
            "-bf",
            "0",
        ],
        whole,
    )
    data = bytearray(whole.read_bytes())
    first, last = len(data) * 48 // 100, len(data) * 54 // 100
    data[first:last] = bytes((7 * at + 13) % 251 for at in range(last - first))
    whole.write_bytes(data)
    path = brief(project, footage=[{"file": "long.mp4", "use": "0:00-0:05"}], length="8s")
    done = promo(path, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert "long.mp4" in done.stderr
    assert "damaged from 0:0" in done.stderr
    assert (project / "promo/route/x.en.mp4").exists()
    again = promo(path, cache=tmp_path / "cache")
    assert again.returncode == 0
    assert "nothing has changed" in again.stderr
    assert "damaged from 0:0" in again.stderr
