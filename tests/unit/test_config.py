"""Where our own files and the person's folders are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline import config
from pipeline.brief import Brief
from pipeline.errors import BriefError


def test_folders_are_found() -> None:
    """Assets and configs are found wherever the package runs from."""
    assert (config.assets() / "mark.svg").is_file()
    assert (config.configs() / "defaults.yml").is_file()


def test_inside_the_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel carries its configs inside the package, and those win over a folder beside it."""
    package = tmp_path / "pipeline"
    for place in (package / "configs", tmp_path / "configs", tmp_path / "assets"):
        place.mkdir(parents=True)
    monkeypatch.setattr(config, "__file__", str(package / "config.py"))
    assert config._folder.__wrapped__("configs") == package / "configs"
    assert config._folder.__wrapped__("assets") == tmp_path / "assets"


@pytest.mark.parametrize("name", ["cache", "state"])
def test_environment_wins(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache and the state lie where the environment says; an empty variable says nothing."""
    where = {"cache": config.cache_dir, "state": config.state_dir}[name]
    monkeypatch.setenv(f"MAKE_PROMO_{name.upper()}", str(tmp_path / "x"))
    assert where() == tmp_path / "x"
    monkeypatch.setenv(f"MAKE_PROMO_{name.upper()}", "")
    assert where().is_absolute()
    assert "make-promo" in where().parts


def test_defaults_list_every_key_in_order() -> None:
    """defaults.yml has every key of a brief, in the order of the model, and each line a comment."""
    assert list(config.defaults()) == list(Brief.model_fields)
    assert list(config.defaults()["map"]) == ["source", "style", "camera", "inset", "scene", "tiles"]
    text = (config.configs() / "defaults.yml").read_text(encoding="utf-8")
    groups = ("end_card", "map", "privacy", "post")
    lines = [line for line in text.splitlines() if re.match(r" *\w+:", line)]
    bare = [line for line in lines if "#" not in line and line.rstrip(":") not in groups]
    assert bare == ["  trim_end:", "  link:"]  # said in the line above, or in the group before


def test_defaults_are_copies() -> None:
    """Who changes the defaults he was given changes nobody else's."""
    config.defaults()["map"]["style"] = "mine"
    assert config.defaults()["map"]["style"] == "daylight"


def test_unknown_name_gets_the_nearest() -> None:
    """A misspelt platform is told with the nearest real one."""
    with pytest.raises(BriefError) as caught:
        config.named("platforms", "youtub", "--platform")
    assert str(caught.value).startswith('--platform: I don\'t know "youtub" (did you mean "youtube"?)')
