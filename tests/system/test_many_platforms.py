"""Ten platforms from a few encodings; files with equal bytes are one file; every platform gets what it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from workbench import brief, plan, promo

from pipeline import mp4

pytestmark = pytest.mark.slow

TEN = [
    *("instagram-reel", "instagram-story", "tiktok", "youtube-short", "threads", "youtube"),
    *("bluesky", "mastodon", "signage", "instagram-feed-4x5"),
]  # fmt: skip


def test_ten_platforms_need_three_or_four_encodings(project: Path, tmp_path: Path) -> None:
    """The same picture is encoded once for all who take it; sound or none is a matter of joining."""
    path = brief(project, kind="map", motion="reduced", length="5s", platforms=TEN)
    planned = plan(path, cache=tmp_path / "cache")
    encodings = {
        tuple(node for node in one["nodes"] if planned["nodes"][node]["kind"] == "piece")
        for one in planned["renditions"]
    }
    assert 3 <= len(encodings) <= 4
    assert sorted(platform for one in planned["renditions"] for platform in one["platforms"]) == sorted(TEN)
    done = promo(path, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    out = project / "promo" / "route"
    clips = {name: out / f"{name}.en.mp4" for name in TEN}
    assert len({clip.stat().st_ino for clip in clips.values()}) == len(planned["renditions"])
    for one in planned["renditions"]:
        assert len({clips[name].stat().st_ino for name in one["platforms"]}) == 1
    for name, clip in clips.items():
        note = json.loads((out / f"{name}.en.json").read_text("utf-8"))
        assert note["platform"] == name
        assert [check for check in note["checks"] if check["level"] == "block" and not check["passed"]] == []
        film = mp4.read(clip)
        assert film.of_kind("vide")[0].samples == round(5 * note["fps"])
        assert bool(film.of_kind("soun")) == (name != "signage")
        for suffix in ("jpg", "srt", "vtt", "post.txt"):
            assert (out / f"{name}.en.{suffix}").exists()
    size = {name: (film.width, film.height) for name in TEN for film in mp4.read(clips[name]).of_kind("vide")}
    assert size["instagram-reel"] == (1080, 1920)
    assert size["youtube"] == (1920, 1080)
    assert size["instagram-feed-4x5"] == (1080, 1350)


def test_a_platform_with_a_shorter_limit_gets_its_own_edit(project: Path, tmp_path: Path) -> None:
    """A page header takes 20 s at most: it gets a whole edit of 20 s without sound, others the asked 22 s."""
    path = brief(project, kind="map", motion="reduced", length="22s", platforms=["web-hero", "x"])
    done = promo(path, "--draft", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    hero, usual = (mp4.read(project / f"promo/route/{name}.en.mp4") for name in ("web-hero", "x"))
    assert hero.of_kind("vide")[0].duration == 20
    assert hero.of_kind("soun") == ()
    assert usual.of_kind("vide")[0].duration == 22
    assert len(usual.of_kind("soun")) == 1
