"""`make-promo doctor`: every trouble of a machine is told with its remedy, and nothing makes the doctor stumble."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from pipeline import doctor, fonts
from pipeline import ffmpeg as ffmpeg_door
from pipeline.checkup import folders, programs, scripts, surroundings
from pipeline.checkup.finding import Finding, Machine

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def machine(**given: Any) -> Machine:
    return Machine(**{"environ": {}, "now": NOW, "platform": "linux", **given})


def windows_error(number: int) -> OSError:
    error = OSError(22, "This program is blocked by group policy. For more information, contact your administrator")
    error.winerror = number  # type: ignore[attr-defined]
    return error


def refusing(number: int) -> Machine:
    def refused(_: Sequence[str]) -> str:
        raise windows_error(number)

    return machine(platform="win32", run=refused)


def of(findings: Iterable[Finding], level: str) -> list[Finding]:
    return [finding for finding in findings if finding.level == level]


def test_this_machine_can_make_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the tests run, nothing blocks; every finding but a good one has a remedy, and nothing stays on the disk."""
    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    found = list(doctor.examine(Machine()))
    assert of(found, "block") == []
    assert doctor.exit_code(found) == 0
    assert [finding.what for finding in found if finding.level != "ok" and not finding.remedy] == []
    assert {"Python", "ffmpeg", "ffmpeg's parts", "a second of film", "drawing of text", "time zones"} <= {
        finding.what for finding in of(found, "ok")
    }
    assert list(tmp_path.iterdir()) == []


def test_a_question_that_breaks_is_a_finding_and_the_others_are_asked() -> None:
    """Whatever a question raises is told in a line; the next one is asked all the same."""

    def breaks(_: Machine) -> Iterable[Finding]:
        yield Finding(level="ok", what="first half", measured="fine")
        raise RuntimeError("the moon\nis full")

    def fine(_: Machine) -> Iterable[Finding]:
        return [Finding(level="ok", what="last", measured="fine")]

    first, broken, last = doctor.examine(machine(), [("moon", breaks), ("last", fine)])
    assert (first.what, last.what) == ("first half", "last")
    assert (broken.level, broken.what) == ("warn", "moon")
    assert "the moon is full (RuntimeError)" in broken.measured


@pytest.mark.parametrize(
    ("number", "words"),
    [(1260, "blocked by group policy (error 1260)"), (225, "taken for a virus"), (4551, "application control policy")],
)
def test_a_forbidden_ffmpeg_is_told_in_words_with_a_letter_to_the_service_desk(number: int, words: str) -> None:
    """Windows' numbers become words, and the remedy holds a paragraph that can be sent, with the program's path."""
    [found] = programs.ffmpeg(refusing(number))
    assert found.level == "block"
    assert words in found.measured
    assert "Send your service desk this:" in found.remedy
    assert ffmpeg_door.executable() in found.remedy
    assert doctor.exit_code([found]) == 4


def test_other_failures_to_start_ffmpeg_keep_their_number() -> None:
    """An error that we have no words for is shown with what the system says."""
    [found] = programs.ffmpeg(refusing(193))
    assert "Windows error 193" in found.measured
    assert found.remedy


def test_what_a_build_of_ffmpeg_lacks_is_named() -> None:
    """Without x264 nothing can be made; without libass clips can."""
    real = Machine().run

    def poor(command: Sequence[str]) -> str:
        lines = real(command).splitlines()
        return "\n".join(line for line in lines if " libx264 " not in line and " ass " not in line)

    found = list(programs.ffmpeg(machine(run=poor)))
    assert [(one.level, one.what) for one in found if one.level != "ok"] == [
        ("block", "ffmpeg's libx264"),
        ("warn", "ffmpeg's ass"),
    ]


def test_something_else_called_ffmpeg_is_not_taken_for_it() -> None:
    """A program that answers other than ffmpeg blocks, with its answer."""
    [found] = programs.ffmpeg(machine(run=lambda _: "hello"))
    assert (found.level, found.measured) == ("block", "it starts, but answers: hello")


def test_a_film_that_cannot_be_made_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """ffmpeg may say its version and still be kept from working: then the minder's own words are read."""
    from pipeline.errors import ToolError

    def stopped(*_: object, **__: object) -> None:
        raise ToolError.at("ffmpeg", "it stopped with code 1: OSError: [WinError 1260] This program is blocked")

    monkeypatch.setattr(ffmpeg_door.Runner, "run", stopped)
    found = programs._encoded(machine())
    assert found.level == "block"
    assert found.measured == "blocked by group policy (error 1260)"
    assert "service desk" in found.remedy


@pytest.mark.parametrize(
    ("error", "measured", "remedy"),
    [
        (ImportError("libEGL.so.1: cannot open shared object file: No such file"), "needs libEGL.so.1", "libegl1"),
        (ImportError("DLL load failed while importing skia: blocked by policy"), "DLL load failed", "service desk"),
        (ImportError("DLL load failed while importing skia: module not found"), "DLL load failed", "Visual C++"),
        (ModuleNotFoundError("No module named 'skia'", name="skia"), "it is not installed", "pip install"),
    ],
)
def test_a_package_that_cannot_be_opened_blocks_with_what_is_missing(
    error: Exception, measured: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing library of a bare Linux, a forbidden DLL and a missing package each have their own remedy."""
    real = programs.importlib.import_module

    def some(name: str) -> Any:
        if name == "skia":
            raise error
        return real(name)

    monkeypatch.setattr(programs.importlib, "import_module", some)
    blocked, others = programs.packages(machine(platform="win32"))
    assert (blocked.level, blocked.what) == ("block", "package skia-python")
    assert measured in blocked.measured
    assert remedy in blocked.remedy
    assert "numpy" in others.measured


def test_an_old_python_blocks() -> None:
    """3.10 is too old, 3.14 is not."""
    assert [one.level for old in ((3, 10, 1), (3, 14, 0)) for one in programs.python(machine(python=old))] == [
        "block",
        "ok",
    ]


def test_an_extra_that_is_not_there_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without osmium the street maps of most people cannot be read; that is worth a look, not a stop."""
    monkeypatch.setitem(sys.modules, "osmium", None)
    found = {one.what: one for one in programs.extras(machine())}
    assert found["extra [osm]"].level == "warn"
    assert found["extra [osm]"].remedy == 'python -m pip install "make-promo[osm]"'


def test_a_script_without_a_font_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each language that lacks a font has a finding of its own; the others stand together."""
    monkeypatch.setattr(fonts, "missing", lambda text: "அஆ" if "அ" in text else "")
    found = list(scripts.scripts(machine()))
    assert [(one.level, one.what) for one in found] == [("warn", "font for Tamil"), ("ok", "fonts")]
    assert "sudo apt install fonts-noto-core" in found[0].remedy
    assert found[1].measured.startswith("English, Welsh, Polish, Romanian, Arabic, Urdu, Gujarati, Hindi, emoji")
    [on_windows, _] = scripts.scripts(machine(platform="win32"))
    assert "Nirmala UI" in on_windows.remedy
    assert "apt" not in on_windows.remedy


def test_packaged_fonts_cover_the_languages_in_latin_letters() -> None:
    """English, Welsh, Polish and Romanian need nothing that is not installed with us."""
    latin = [script for script in scripts.SCRIPTS if not script.package]
    assert [script.code for script in latin] == ["en", "cy", "pl", "ro"]
    assert [script.code for script in latin if fonts.missing(script.sample)] == []


def test_a_full_disk_blocks_and_a_nearly_full_one_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under 1 GB nothing can be made, under 10 GB it is told."""
    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "cache"))
    levels = [
        next(iter(folders.own_folders(machine(free=lambda _, n=free: n)))).level  # type: ignore[misc]
        for free in (10**8, 5 * 10**9, 10**11)
    ]
    assert levels == ["block", "warn", "ok"]

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.tempfile, "NamedTemporaryFile", full)
    first = next(iter(folders.own_folders(machine())))
    assert (first.level, "the disk is full" in first.measured) == ("block", True)


def test_a_folder_that_cannot_be_written_to_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the cache should be, or a refusal of the system, names the variable that moves it."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "file"))
    first = next(iter(folders.own_folders(machine())))
    assert first.level == "block"
    assert "file is a file" in first.measured
    assert "set MAKE_PROMO_CACHE" in first.remedy

    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(folders.tempfile, "NamedTemporaryFile", refused)
    first = next(iter(folders.own_folders(machine())))
    assert (first.level, "cannot be written to: Permission denied" in first.measured) == ("block", True)


@pytest.mark.parametrize(
    ("folder", "platform", "service"),
    [
        (r"C:\People\x\OneDrive - Brent Council\make-promo", "win32", "OneDrive"),
        (r"C:\People\x\Brent Council\Comms - Documents\films", "win32", "SharePoint"),
        (r"D:\Work\cache", "win32", "OneDrive"),  # by the environment
        (r"C:\People\x\AppData\Local\make-promo\Cache", "win32", ""),
        (r"D:\Workshop\cache", "win32", ""),
        ("/u/x/Library/Mobile Documents/com~apple~CloudDocs/film", "darwin", "iCloud"),
        ("/u/x/Library/CloudStorage/GoogleDrive-a@b.c/My Drive", "darwin", "a cloud service"),
        ("/u/x/Dropbox (Council)/film", "linux", "Dropbox"),
        ("/u/x/.cache/make-promo", "linux", ""),
    ],
)
def test_folders_that_are_copied_away_are_known(folder: str, platform: str, service: str) -> None:
    """By the names in the path, and by what the environment says of OneDrive."""
    place: Any = PureWindowsPath(folder) if platform == "win32" else Path(folder)
    assert folders.synced(place, machine(platform=platform, environ={"OneDriveCommercial": r"d:\work"})) == service


def test_a_cache_in_a_synced_folder_is_worth_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache must not be copied away; clips may lie there."""
    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "Dropbox" / "cache"))
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    assert [one.what for one in folders.own_folders(machine()) if one.level == "warn"] == ["cache folder"]
    here = list(folders.this_folder(machine(here=tmp_path / "Dropbox")))
    assert [(one.level, one.what) for one in here] == [("ok", "path length"), ("ok", "this folder")]


def test_paths_that_windows_cannot_hold_are_told() -> None:
    """260 characters are Windows' limit, 400 SharePoint's; elsewhere length is no matter."""
    deep: Any = PureWindowsPath("C:\\" + "\\".join(["a folder with a long name"] * 8))
    [long] = folders.this_folder(machine(platform="win32", here=deep))
    assert (long.level, long.what) == ("warn", "path length")
    assert "C:\\promo" in long.remedy
    [fine] = folders.this_folder(machine(here=Path("/", *["a folder with a long name"] * 8)))
    assert fine.level == "ok"


def test_maps_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken archive in the folder of maps is told by its name; the others count."""
    monkeypatch.setenv("MAKE_PROMO_MAPS", str(tmp_path))
    (tmp_path / "broken.pmtiles").write_bytes(b"no archive")
    (tmp_path / "town.geojson").write_text("{}")
    bad, good = folders.map_files(machine())
    assert (bad.level, bad.what) == ("warn", "map broken.pmtiles")
    assert bad.remedy
    assert good.measured.startswith("1 of 2 files can be read")


def test_settings_that_are_wrong_are_told_without_their_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt key of the settings is a finding at its line; a secret is never shown."""
    monkeypatch.setenv("MAKE_PROMO_CONFIG", str(tmp_path))
    (tmp_path / "settings.yml").write_text("contcat: x\nmaps:\n  keys: {os-outdoor: TOPSECRET}\n")
    found = list(folders.own_settings(machine()))
    assert [one.level for one in found] == ["warn"]
    assert "settings.yml:1:1" in found[0].measured
    assert "TOPSECRET" not in str(found)


def test_missing_time_zones_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no zone data of its own: without tzdata clocks of cameras cannot be read."""

    def unknown(name: str) -> None:
        raise surroundings.zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(surroundings.zoneinfo, "ZoneInfo", unknown)
    [found] = surroundings.time_zones(machine())
    assert (found.level, found.remedy) == ("block", "python -m pip install tzdata")


def test_a_clock_that_cannot_be_right_is_told() -> None:
    """A clock before our own files were written is wrong."""
    assert [one.level for one in surroundings.clock(machine(now=datetime(2001, 1, 1, tzinfo=UTC)))] == ["warn"]
    assert [one.level for one in surroundings.clock(Machine())] == ["ok"]


def test_little_memory_and_one_processor_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """They slow the work down and do not stop it; an unknown memory is no trouble."""
    monkeypatch.setattr(surroundings, "memory_bytes", lambda _: 3 * 10**9)
    assert [one.level for one in surroundings.strength(machine(cpus=1))] == ["warn", "warn"]
    monkeypatch.setattr(surroundings, "memory_bytes", lambda _: None)
    assert [one.level for one in surroundings.strength(machine(cpus=8))] == ["ok", "ok"]
    assert surroundings._windows_memory() is None or sys.platform == "win32"


def test_proxies_are_shown_without_their_passwords() -> None:
    """A proxy is told by scheme, host and port; what cannot be one has a remedy."""
    given = {
        "HTTPS_PROXY": "http://officer:hunter2@proxy.example.gov.uk:8080",
        "all_proxy": "socks5://officer:hunter2@10.0.0.1",
        "http_proxy": "http://",
    }
    found = list(surroundings.proxy(machine(environ=given)))
    assert [(one.level, one.measured) for one in found] == [
        ("warn", "ALL_PROXY is a SOCKS proxy, which is not supported here"),
        ("warn", "HTTP_PROXY is not an address"),
        ("ok", "HTTPS_PROXY is http://proxy.example.gov.uk:8080"),
    ]
    assert "hunter2" not in str(found)


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """A bundle that is missing or holds none is worth a look; a variable that we do not read is told as such."""
    import certifi

    (tmp_path / "none.pem").write_text("no certificate")
    for place in ("gone.pem", "none.pem"):
        [found] = surroundings.certificates(machine(environ={"SSL_CERT_FILE": str(tmp_path / place)}))
        assert (found.level, "SSL_CERT_FILE" in found.remedy) == ("warn", True)
    shutil.copy(certifi.where(), tmp_path / "all.pem")
    [found] = surroundings.certificates(machine(environ={"SSL_CERT_FILE": str(tmp_path / "all.pem")}))
    assert found.level == "ok"
    [found] = surroundings.certificates(machine(environ={"REQUESTS_CA_BUNDLE": str(tmp_path / "all.pem")}))
    assert (found.level, "set SSL_CERT_FILE" in found.remedy) == ("warn", True)
    [found] = surroundings.certificates(machine())
    assert found.level == "ok"
    assert issubclass(ssl.SSLError, OSError)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows asks its shell instead")
def test_rights_that_are_not_needed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root is told to be himself."""
    for number, level in ((0, "warn"), (1000, "ok")):
        monkeypatch.setattr(os, "geteuid", lambda number=number: number)
        assert [one.level for one in surroundings.rights(machine())] == [level]


def test_findings_are_lines_with_a_word_and_objects() -> None:
    """People read OK, LOOK or STOP, with remedies indented and commands on one line; programs read JSON."""
    command = "python -m pip install " + " ".join(["a-package-with-a-name"] * 8)
    stop = Finding(
        level="block", what="disk\x1b", measured="full\x1b[2J", remedy=f"{'free some space ' * 10}\n{command}"
    )
    first, *rest = doctor.lines(stop)
    assert first == "STOP  disk : full [2J"
    assert all(line.startswith("      ") for line in rest)
    assert f"      {command}" in rest
    assert max(len(line) for line in rest if command not in line) <= 100
    look = Finding(level="warn", what="x", measured="y", remedy="z")
    assert doctor.lines(look) == ["LOOK  x: y", "      z"]
    assert json.loads(json.dumps(doctor.finding_json(look)))["level"] == "warn"
    assert doctor.result_json([look, stop])["exit_code"] == 4
    assert doctor.verdict([look, stop]) == "This computer cannot make clips yet: 1 thing stops it (STOP above)."
    assert doctor.verdict([look, look]) == "This computer can make clips; 2 things are worth a look (LOOK above)."
    assert doctor.verdict([]) == "This computer can make clips; nothing is wrong."


def test_a_folder_that_is_gone_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stands in a folder that was deleted meanwhile can still ask the doctor."""

    def gone() -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", gone)
    assert Machine().here == Path()


def test_what_a_page_of_signs_lacks_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log in an old encoding gets question marks, never a failure; JSON is plain ASCII."""
    odd = Finding(level="warn", what="font for Tamil", measured="அ is missing", remedy="“install” it")
    monkeypatch.setattr(doctor, "examine", lambda _: iter([odd]))
    said: list[str] = []
    assert doctor.told(machine(), said.append, as_json=False, encoding="cp1252") == 0
    assert said[:2] == ["LOOK  font for Tamil: ? is missing", "      “install” it"]
    said.clear()
    doctor.told(machine(), said.append, as_json=True, encoding="ascii")
    assert [json.loads(line)["event"] for line in said] == ["finding", "result"]
    assert json.loads(said[0])["measured"] == "அ is missing"
