"""The command line: what is understood, what is refused, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pipeline import __version__, cli, config, errors

GPX = """<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><rte><name>Hill</name>
<rtept lat="51.570" lon="-0.280"><ele>40</ele></rtept><rtept lat="51.575" lon="-0.275"><ele>60</ele></rtept>
<rtept lat="51.580" lon="-0.280"><ele>50</ele></rtept></rte></gpx>"""
FAR_TOO_HEAVY = {
    "av", "folium", "gpxpy", "imageio", "imageio_ffmpeg", "moviepy", "numpy", "PIL", "pydantic", "rich",
    "ruamel", "segno", "skia",
}  # fmt: skip


@pytest.fixture
def briefs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with one good brief, a misspelt one and one whose route is not there."""
    (tmp_path / "hill.gpx").write_text(GPX, encoding="utf-8")
    (tmp_path / "good.yml").write_text("title: Hill walk\nroute: hill.gpx\n", encoding="utf-8")
    (tmp_path / "bad.yml").write_text("titel: Hill walk\nroute: hill.gpx\nlength: soon\n", encoding="utf-8")
    (tmp_path / "lost.yml").write_text("title: Hill walk\nroute: nowhere.gpx\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    """The command with these words, in this process."""
    result = CliRunner().invoke(cli.main, list(words), prog_name="make-promo")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_shows_both_uses_options_and_verbs(words: tuple[str, ...]) -> None:
    """Alone and with --help, the command tells how briefs are rendered and which other verbs there are."""
    result = run(*words)
    assert result.exit_code == 0
    assert "make-promo ROUTE.yml [MORE.yml ...]" in result.stdout
    for word in ("--out", "--platform", "--plan", "--draft", "--json", "check", "demo", "platforms"):
        assert word in result.stdout
    assert "render " not in result.stdout.partition("Options:")[0]


def test_version_is_that_of_the_package() -> None:
    """--version names the program and its version."""
    assert run("--version").stdout.split() == ["make-promo,", "version", __version__]


@pytest.mark.parametrize("verb", ["check", "demo", "platforms"])
def test_every_verb_has_help(verb: str) -> None:
    """A verb's --help says what it does."""
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert f"make-promo {verb}" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--nope",),
        ("good.yml", "--nope"),
        ("check", "good.yml", "--nope"),
        ("check",),
        ("good.yml", "--jobs", "0"),
        ("good.yml", "--jobs", "many"),
        ("good.yml", "-p"),
        ("-v",),
    ],
)
def test_wrong_words_are_a_usage_error(briefs: Path, words: tuple[str, ...]) -> None:
    """What is not understood ends with code 2, a sentence on stderr, and nothing written."""
    before = left(briefs)
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()
    assert "render" not in result.stderr  # a verb that nobody has to know
    assert left(briefs) == before


def test_a_misspelt_verb_is_not_taken_for_a_brief(briefs: Path) -> None:
    """`chek good.yml` names the nearest verb and renders nothing."""
    result = run("chek", "good.yml")
    assert result.exit_code == 2
    assert 'I don\'t know "chek" (did you mean "check"?)' in result.stderr
    assert not (briefs / "promo").exists()


def test_a_missing_brief_names_the_nearest(briefs: Path) -> None:
    """A brief that is not there is one sentence with the nearest file."""
    result = run("goood.yml")
    assert result.exit_code == 2
    assert "goood.yml: there is no such file" in result.stderr
    assert '"good.yml"' in result.stderr


def test_check_of_a_good_brief(briefs: Path) -> None:
    """A brief that can be rendered passes with code 0, and checking writes nothing."""
    before = left(briefs)
    result = run("check", "good.yml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "good.yml: ready to render\n", "")
    assert left(briefs) == before


def test_check_tells_of_characters_that_would_show_as_boxes(briefs: Path) -> None:
    """A script for which there is no font is told at its place before anything is rendered; dashes and accents that
    the packaged fonts have are not."""
    good = (briefs / "good.yml").read_text(encoding="utf-8")
    caption = "captions: [{at: start, text: \u0378}]\n"  # no letter at all
    (briefs / "wedge.yml").write_text(good + caption, encoding="utf-8")
    (briefs / "dash.yml").write_text(good + "captions: [{at: start, text: Café – “ŵy”}]\n", encoding="utf-8")
    result = run("check", "wedge.yml", "dash.yml")
    assert result.exit_code == errors.BriefError.exit_code
    assert "captions[0].text: no font on this computer has" in result.stdout + result.stderr
    assert "dash.yml: ready" in result.stdout


def test_check_tells_every_problem_at_its_place(briefs: Path) -> None:
    """All problems of a brief come at once, each with line, column and what is meant."""
    result = run("check", "bad.yml")
    assert result.exit_code == errors.BriefError.exit_code
    assert 'bad.yml:1:1: I don\'t know "titel" (did you mean "title"?)' in result.stdout
    assert "bad.yml:3:1: length:" in result.stdout


def test_check_of_many_ends_with_the_gravest(briefs: Path) -> None:
    """Each brief's failure stays its own; the exit code is the gravest of all."""
    result = run("check", "good.yml", "bad.yml", "lost.yml")
    assert result.exit_code == errors.MaterialError.exit_code
    assert "good.yml: ready to render" in result.stdout
    assert "nowhere.gpx: there is no such file" in result.stdout


def test_check_json(briefs: Path) -> None:
    """--json gives one object a line: a check for each brief, then the result with the exit code."""
    result = run("check", "good.yml", "bad.yml", "--json")
    good, bad, end = lines(result.stdout)
    assert good == {"event": "check", "brief": "good.yml", "ok": True, "problems": []}
    assert bad["ok"] is False
    assert {"level", "where", "what", "remedy"} == set(bad["problems"][0])
    assert end == {"event": "result", "exit_code": 2}
    assert result.exit_code == 2


def test_plan_json_is_one_object_and_writes_nothing(briefs: Path) -> None:
    """--plan --json prints one object for a brief, its shots tile the clip, and no file is made."""
    before = left(briefs)
    result = run("good.yml", "--plan", "--json", "-p", "x", "-p", "tiktok")
    assert result.exit_code == 0
    (plan,) = lines(result.stdout)
    ends = [shot["end_s"] for shot in plan["shots"]]
    assert [shot["start_s"] for shot in plan["shots"]] == [0, *ends[:-1]]
    assert ends[-1] == plan["length_s"]
    assert sorted(p for one in plan["renditions"] for p in one["platforms"]) == ["tiktok", "x"]
    assert left(briefs) == before


def test_a_plan_that_cannot_be_made(briefs: Path) -> None:
    """--plan of a broken brief tells the problems on stderr, and as JSON on stdout, with the same code."""
    plain, machine = run("bad.yml", "--plan"), run("bad.yml", "--plan", "--json")
    assert plain.exit_code == machine.exit_code == 2
    assert plain.stdout == ""
    assert "bad.yml:1:1:" in plain.stderr
    assert lines(machine.stdout)[0]["problems"][0]["where"].startswith("bad.yml:1:1")


def test_an_unknown_platform_or_engine_is_named(briefs: Path) -> None:
    """A platform or engine that is not known is a usage error with the known ones."""
    platform, engine = run("good.yml", "--plan", "-p", "tiktock"), run("good.yml", "--engine", "cloud")
    assert platform.exit_code == engine.exit_code == 2
    assert '"tiktok"' in platform.stderr
    assert "local" in engine.stderr
    assert not (briefs / "promo").exists()


def test_platforms_are_a_table() -> None:
    """The table has a line for each platform file, below the names of its columns."""
    head, *rows = run("platforms").stdout.splitlines()
    assert head.split()[:3] == ["platform", "frames", "length"]
    assert [row.split()[0] for row in rows] == list(config.names("platforms"))


def test_platforms_as_json() -> None:
    """--json gives one platform a line, each with its source and the day it was checked."""
    rows = lines(run("platforms", "--json").stdout)
    assert [row["platform"] for row in rows] == list(config.names("platforms"))
    assert all(row["source"] and row["checked"] for row in rows)


def test_a_demo_is_not_written_over_a_file(briefs: Path) -> None:
    """`demo` refuses a name that is a file, and leaves the file as it was."""
    result = run("demo", "good.yml")
    assert result.exit_code == 2
    assert "good.yml" in result.stderr
    assert (briefs / "good.yml").read_text(encoding="utf-8").startswith("title:")


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (errors.BriefError.at("a", "b"), 2),
        (errors.MaterialError.at("a", "b"), 3),
        (errors.ToolError.at("a", "b"), 4),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
        (ImportError("libEGL.so.1: cannot open shared object file: No such file or directory"), 4),
    ],
)
def test_each_kind_of_failure_has_its_code(raised: BaseException, code: int) -> None:
    """Failures that are explained become a sentence and their exit code, never a traceback."""

    @click.command()
    @cli.guarded
    def fails() -> int:
        raise raised

    result = CliRunner().invoke(fails)
    assert isinstance(result.exception, SystemExit) or code == 0
    assert result.exit_code == code
    assert bool(result.stderr) == (code != 0)


def test_bugs_keep_their_traceback() -> None:
    """What nobody foresaw is not hidden behind a sentence."""

    @click.command()
    @cli.guarded
    def fails() -> int:
        raise ImportError("cannot import name 'skja'")

    assert isinstance(CliRunner().invoke(fails).exception, ImportError)


def test_help_opens_no_heavy_room() -> None:
    """Importing the command line loads click and nothing that takes time."""
    script = "import json, sys, pipeline.cli; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "click" in loaded
    assert loaded & FAR_TOO_HEAVY == set()
