"""One brief, several languages: a clip for each, only what differs made twice, nothing that would be a box."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from workbench import brief, plan, promo

from pipeline import fonts

pytestmark = pytest.mark.slow

TITLE = {"en": "Barn Hill", "cy": "Bryn yr Ysgubor", "ur": "پہاڑی کی سیر"}
CAPTION = {"en": "One", "cy": "Un", "ur": "تالاب"}


def spoken(folder: Path) -> Path:
    return brief(
        folder, title=TITLE, languages=["en", "cy", "ur"], length="10s",
        footage=["testsrc2.mp4", "gradients.mp4", "testsrc.mp4"],
        captions=[{"at": "0.7 mi", "text": CAPTION}],
    )  # fmt: skip


def test_each_language_is_a_clip_of_its_own_and_shares_what_it_can(project: Path, tmp_path: Path) -> None:
    """Three languages give three clips with all that goes beside them; shots without words and the sound are made once
    for English and Welsh, and are mirrored for Urdu."""
    if fonts.missing(TITLE["ur"], fonts.resolve(None, "ur")):
        pytest.skip("no font for Urdu here: install fonts-noto-core")
    path, cache = spoken(project), tmp_path / "cache"
    planned = plan(path, "--draft", cache=cache)
    nodes = {one["id"].split(".")[1]: one["nodes"] for one in planned["renditions"]}
    assert set(nodes) == {"en", "cy", "ur"}
    shared = set(nodes["en"]) & set(nodes["cy"])
    assert len(shared) >= 2, "a shot along the way, and the sound"
    assert nodes["en"][-1] == nodes["cy"][-1] == nodes["ur"][-1]
    assert len({tuple(one) for one in nodes.values()}) == 3
    done = promo(path, "--draft", cache=cache)
    assert done.returncode == 0, done.stderr
    out = project / "promo" / "route"
    sums = set()
    for lang in nodes:
        note = json.loads((out / f"x.{lang}.json").read_text("utf-8"))
        assert note["lang"] == lang
        sums.add(note["sha256"])
        assert TITLE[lang] in (out / f"transcript.{lang}.txt").read_text("utf-8")
        assert TITLE[lang] in (out / f"x.{lang}.post.txt").read_text("utf-8")
        assert CAPTION[lang] in (out / f"x.{lang}.vtt").read_text("utf-8")
    assert len(sums) == 3
    assert "Drone footage" not in (out / "transcript.ur.txt").read_text("utf-8")


def test_a_text_without_a_font_is_refused_before_anything_is_made(project: Path, tmp_path: Path) -> None:
    """On a machine without fonts a Gujarati title ends with code 2, its line in the brief and the font to install;
    nothing is written. English on the same machine is rendered."""
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig></fontconfig>', encoding="utf-8")
    path = brief(project, title={"en": "Walk", "gu": "તળાવની સફર"}, languages=["en", "gu"])
    done = promo(path, cache=tmp_path / "cache", FONTCONFIG_FILE=str(empty))
    assert done.returncode == 2, done.stderr
    assert "title.gu" in done.stderr
    assert "Noto Sans Gujarati" in done.stderr
    assert not (project / "promo").exists()
    planned = promo(path, "--lang", "en", "--plan", cache=tmp_path / "cache", FONTCONFIG_FILE=str(empty))
    assert planned.returncode == 0, planned.stderr


def test_hostile_names_turn_nothing_around(project: Path, tmp_path: Path) -> None:
    """Signs that override the direction, in a GPX name, reach neither transcript nor post."""
    gpx = (project / "w.gpx").read_text("utf-8").replace("Pond", "Pond\u202e\u2066evil")
    (project / "w.gpx").write_text(gpx, encoding="utf-8")
    path = brief(project, title={"en": "Walk"}, footage=["testsrc.mp4"], length="6s", languages=["en"])
    done = promo(path, "--draft", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    for text in (project / "promo" / "route").glob("*.txt"):
        assert not set(text.read_text("utf-8")) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
