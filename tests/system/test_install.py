"""The installed distribution: the wheel alone must be able to do what the checkout does."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LOADS_EVERYTHING = """
import json, sys
from pathlib import Path
from PIL import Image
import pipeline
from pipeline import config, platforms, schema, styles, yaml_file
inside = Path(sys.argv[1]).resolve()
assert inside in Path(pipeline.__file__).resolve().parents, pipeline.__file__
for folder in (config.assets(), config.configs()):
    assert inside in folder.resolve().parents, folder
for name in config.names("platforms"):
    assert platforms.load_platform(name).id == name
for name in config.names("brands"):
    styles.read_brand(name, Path())
for name in config.names("styles"):
    styles.read_map_style(name)
assert config.defaults()["platforms"]
assert json.loads((config.configs() / "brief.schema.json").read_text(encoding="utf-8")) == schema.schema()
Image.open(config.assets() / "mark.png").load()
print(len(config.names("platforms")), len(config.names("brands")), len(config.names("styles")))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with the hatchling that is here."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-w", str(folder), str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it."""
    return _environment(tmp_path_factory.mktemp("env"), [str(wheel)])


@pytest.fixture(scope="module")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that runs this checkout in place."""
    return _environment(tmp_path_factory.mktemp("editable"), ["--no-build-isolation", "-e", str(ROOT)])


def _environment(folder: Path, what: list[str]) -> Path:
    """An environment with `what` installed; what that needs is lent by the environment of the tests."""
    venv.create(folder, with_pip=False)
    site = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder), "platbase": str(folder)}))
    # A lent folder comes after the environment's own, and its own .pth files (an editable checkout) are not read.
    (site / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", f"--python={_python(folder)}", "install", "--no-deps", "--no-index"]
    done = subprocess.run([*command, "--ignore-installed", *what], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def _python(env: Path) -> Path:
    return env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Away from the checkout, and without a variable that would lead back to it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_wheel_holds_the_package_its_assets_and_configs_and_no_more(wheel: Path) -> None:
    """The wheel carries every file of pipeline/, assets/ and configs/ under `pipeline/`, and the licence."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {f"pipeline/{path.relative_to(ROOT / 'pipeline').as_posix()}" for path in _files(ROOT / "pipeline")}
    for folder in ("assets", "configs"):
        ours |= {f"pipeline/{path.relative_to(ROOT).as_posix()}" for path in _files(ROOT / folder)}
    assert names == ours
    assert any(name.endswith("licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_the_wheel_reads_all_its_own_files(installed: Path, tmp_path: Path) -> None:
    """From the wheel, every platform, brand and style, the defaults, the schema and the mark can be read."""
    done = _run([_python(installed), "-c", LOADS_EVERYTHING, installed], tmp_path)
    assert done.returncode == 0, done.stderr
    counts = [len(list((ROOT / "configs" / kind).glob("*.yml"))) for kind in ("platforms", "brands", "styles")]
    assert done.stdout.split() == [str(count) for count in counts]


def test_the_console_script_works(installed: Path, tmp_path: Path) -> None:
    """`make-promo` is installed beside Python and answers away from the checkout."""
    script = _python(installed).with_name("make-promo.exe" if os.name == "nt" else "make-promo")
    told, listed = _run([script, "--version"], tmp_path), _run([script, "platforms"], tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("make-promo")
    assert listed.returncode == 0, listed.stderr
    assert "instagram-reel" in listed.stdout


def test_an_editable_installation_reads_the_files_of_the_checkout(editable: Path, tmp_path: Path) -> None:
    """Installed with -e, the package, its assets and its configs are those of the checkout."""
    done = _run([_python(editable), "-c", LOADS_EVERYTHING, ROOT], tmp_path)
    assert done.returncode == 0, done.stderr
