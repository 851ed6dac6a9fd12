"""`make-promo new` and `make-promo doctor` as people type them: what is drafted can be checked and rendered."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from workbench import promo

NAMES = ('Barn Hill: the "pond" #1', "{at: end}", "Llyn <b>Padarn</b>")


def test_a_draft_from_clips_and_a_route_is_checked_and_rendered(tmp_path: Path) -> None:
    """`new` writes a brief that `check` takes without a word of harm and that renders as it stands."""
    from workbench import filmed, walk

    folder = tmp_path / "Fryent walk"
    (folder / "clips").mkdir(parents=True)
    walk(folder / "fryent_country-park.gpx", names=NAMES, title="Track")
    for number in (1, 2):
        filmed(folder / "clips" / f"DJI_000{number}.MP4", "testsrc2", seconds=3)
    (folder / "clips" / "torn.mp4").write_bytes(b"\0" * 100)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    cache = tmp_path / "cache"

    done = promo("new", folder, cache=cache)
    assert done.returncode == 0, done.stderr
    brief = folder / "route.yml"
    assert str(brief) in done.stdout
    assert "torn.mp4" in done.stderr
    text = brief.read_text(encoding="utf-8")
    assert "title: Fryent country park" in text
    assert "clips/DJI_0001.MP4   # 0:03, 480 × 270, no position found" in text
    assert {path: path.read_bytes() for path in before} == before

    checked = promo("check", brief, "--json", cache=cache)
    assert checked.returncode == 0, checked.stdout
    assert not [one for one in json.loads(checked.stdout.splitlines()[0])["problems"] if one["level"] == "block"]
    made = promo(brief, "-p", "x", "--draft", cache=cache)
    assert made.returncode == 0, made.stderr
    assert Path(made.stdout.split("\n")[0]).is_file()


def test_the_demo_drafted_anew_knows_where_its_clips_lie(tmp_path: Path, shared: Path) -> None:
    """Real telemetry over a route made from it: the clip is told with its place, and its flat colours are noticed."""
    from pipeline.telemetry import read_srt

    folder = tmp_path / "real"
    folder.mkdir()
    name = "DJI_20250723102139_0001_D"
    for ending in ("MP4", "SRT"):
        shutil.copy(shared / "data" / "footage" / f"{name}.{ending}", folder)
    flight = read_srt(folder / f"{name}.SRT")
    assert flight is not None
    lng, lat = float(flight.lng[0]), float(flight.lat[0])
    points = "".join(f'<trkpt lat="{lat + (k - 20) * 2e-4:.6f}" lon="{lng:.6f}"/>' for k in range(41))
    (folder / "route.gpx").write_text(
        '<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
        f"{points}</trkseg></trk></gpx>"
    )
    done = promo("new", folder, "--json", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    [event] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (event["event"], event["fresh"], event["clips"], event["photos"]) == ("draft", True, 1, 0)
    text = Path(event["brief"]).read_text(encoding="utf-8")
    assert "along the route, by its telemetry" in text
    assert promo("check", event["brief"], cache=tmp_path / "cache").returncode == 0


def test_photos_are_drafted_with_their_place(tmp_path: Path) -> None:
    """A photo with a position is told with it; a HEIC is left out with what to do."""
    from PIL import Image
    from workbench import walk

    walk(tmp_path / "w.gpx")
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (51.0, 34.0, 12.0), 3: "W", 4: (0.0, 16.0, 48.0)}
    Image.new("RGB", (400, 300), "green").save(tmp_path / "view.jpg", exif=exif)
    Image.new("RGB", (40, 30)).save(tmp_path / "council-logo.png")
    (tmp_path / "phone.heic").write_bytes(b"x")
    done = promo("new", tmp_path, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "route.yml").read_text(encoding="utf-8")
    assert "  - view.jpg   # photo, shown at 0.7 mi along the route" in text
    assert "logo" not in text
    assert "phone.heic: photos in HEIC format are not read" in text
    assert promo("check", tmp_path / "route.yml", cache=tmp_path / "cache").returncode == 0


def test_folders_that_are_no_projects_have_their_codes(tmp_path: Path) -> None:
    """No folder is code 2, no route code 3; both with a hint, and nothing is written."""
    missing = promo("new", tmp_path / "nowhere", cache=tmp_path / "cache")
    assert (missing.returncode, "there is no such folder" in missing.stderr) == (2, True)
    (tmp_path / "empty").mkdir()
    bare = promo("new", tmp_path / "empty", cache=tmp_path / "cache")
    assert (bare.returncode, "there is no GPX file" in bare.stderr) == (3, True)
    assert "hint:" in bare.stderr
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    """A read-only folder is code 4 with the reason."""
    from workbench import walk

    walk(tmp_path / "w.gpx")
    tmp_path.chmod(0o500)
    try:
        done = promo("new", tmp_path, cache=tmp_path.parent / "cache")
    finally:
        tmp_path.chmod(0o700)
    assert (done.returncode, "could not be written" in done.stderr) == (4, True)


def test_every_route_of_the_data_set_is_drafted_or_refused_in_a_sentence(tmp_path: Path, shared: Path) -> None:
    """Sixty real and broken GPX files: none ends in a traceback, every draft reads back."""
    from datetime import UTC, datetime

    from pipeline import draft_brief
    from pipeline.brief.reading import read_brief
    from pipeline.errors import MaterialError
    from pipeline.files import Store

    drafted, refused = [], []
    for path in sorted((shared / "data" / "routes").glob("*.gpx")):
        folder = tmp_path / path.stem
        folder.mkdir()
        shutil.copy(path, folder)
        try:
            draft = draft_brief.draft(folder, now=datetime(2026, 11, 22, tzinfo=UTC), store=Store(tmp_path / "store"))
        except MaterialError as error:
            refused.append((path.name, error.problems[0].remedy))
            continue
        drafted.append((path.name, read_brief(draft.path)))
    assert len(drafted) > 30
    assert [name for name, brief in drafted if not brief.captions] == []
    assert len(refused) > 5
    assert [name for name, remedy in refused if not remedy] == []


def test_the_doctor_finds_this_machine_fit(tmp_path: Path) -> None:
    """Exit code 0, a word at each line, a sentence at the end; the same as JSON, one object a line."""
    state = {"MAKE_PROMO_STATE": str(tmp_path / "state")}
    done = promo("doctor", cache=tmp_path / "cache", **state)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert all(line.startswith(("OK ", "LOOK ", "STOP ", "      ")) for line in lines[:-1])
    assert lines[-1].startswith("This computer can make clips")
    events = [
        json.loads(line) for line in promo("doctor", "--json", cache=tmp_path / "cache", **state).stdout.splitlines()
    ]
    assert {event["event"] for event in events[:-1]} == {"finding"}
    assert events[-1]["event"] == "result"
    assert events[-1]["exit_code"] == 0
    assert not (tmp_path / "cache").exists()


def test_the_doctor_stops_where_ffmpeg_is_broken_and_says_all_else_too(tmp_path: Path) -> None:
    """With an ffmpeg that is none and a cache that is a file, both are told, with exit code 4."""
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\necho 'I am something else'\n")
    fake.chmod(0o755)
    (tmp_path / "cache").touch()
    done = promo("doctor", cache=tmp_path / "cache", IMAGEIO_FFMPEG_EXE=str(fake))
    assert done.returncode == 4
    assert "STOP  ffmpeg: it starts, but answers: I am something else" in done.stdout
    assert "STOP  cache folder:" in done.stdout
    assert "OK    Python" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("This computer cannot make clips yet: 2 things stop it")
