"""Where our own files are: assets and configs, defaults, and the folders for cache and state.

Knows places and nothing of what the files mean, so any room may ask it. Importing it reads nothing.
"""

from __future__ import annotations

import copy
import functools
import os
from pathlib import Path
from typing import Any

from pipeline.errors import BriefError, ToolError
from pipeline.nearest import listed, unknown

APP = "make-promo"


def assets() -> Path:
    """The folder of our own marks and drawings."""
    return _folder("assets")


def configs() -> Path:
    """The folder of platforms, brands, styles and defaults."""
    return _folder("configs")


@functools.cache
def _folder(name: str) -> Path:
    """Inside the package when installed from a wheel; else beside it, for editable installs."""
    package = Path(__file__).resolve().parent
    for place in (package / name, package.parent / name):
        if place.is_dir():
            return place
    raise ToolError.at(
        str(package),
        f"the folder {name} of make-promo itself is missing",
        "install make-promo again: python -m pip install --force-reinstall make-promo",
    )


def names(kind: str) -> tuple[str, ...]:
    """What there is of a kind (`platforms`, `brands`, `styles`): file names without `.yml`, sorted."""
    return tuple(sorted(path.stem for path in (configs() / kind).glob("*.yml")))


def named(kind: str, name: str, where: str) -> Path:
    """The file of one `kind` (`platforms`, …) by its name. Raises BriefError with the nearest name."""
    known = names(kind)
    if name not in known:
        raise BriefError.at(where, unknown(name, known), f"known are {listed(known, 'and')}")
    return configs() / kind / f"{name}.yml"


def defaults() -> dict[str, Any]:
    """Every option of a brief with its default, in the spelling of a brief (a copy: change it freely)."""
    return copy.deepcopy(_defaults())


@functools.cache
def _defaults() -> dict[str, Any]:
    from pipeline import yaml_file

    return yaml_file.read(configs() / "defaults.yml", numbers=False).tree


def cache_dir() -> Path:
    """Where what can be made again is kept: `$MAKE_PROMO_CACHE`, else the system's place; may not exist."""
    return _own_place("MAKE_PROMO_CACHE", "user_cache_path")


def state_dir() -> Path:
    """Where the ledger and the schedule are kept: `$MAKE_PROMO_STATE`, else the system's place."""
    return _own_place("MAKE_PROMO_STATE", "user_state_path")


def maps_dir() -> Path:
    """Where the user keeps map files for all briefs: `$MAKE_PROMO_MAPS`, else a folder in Documents; may not exist."""
    if given := os.environ.get("MAKE_PROMO_MAPS", "").strip():
        return Path(os.path.abspath(os.path.expanduser(given)))
    import platformdirs

    return platformdirs.user_documents_path() / APP / "maps"


def _own_place(variable: str, function: str) -> Path:
    if given := os.environ.get(variable, "").strip():
        return Path(os.path.abspath(os.path.expanduser(given)))
    import platformdirs

    return Path(getattr(platformdirs, function)(APP, appauthor=False))
