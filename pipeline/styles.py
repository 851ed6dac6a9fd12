"""Looks: brands and map styles, each a file in configs/, checked for contrast when it is read.

Map styles live in `map_styles` and are handed on from here. Colours are text, `#rrggbb` in small letters.
"""

from __future__ import annotations

import dataclasses
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import config, yaml_file
from pipeline.colour_groups import (
    SIGN_CONTRAST,
    TEXT_CONTRAST,
    Pair,
    block,
    check_contrast,
    group_at,
    read_colours,
    refuse_unknown,
)
from pipeline.colours import contrast
from pipeline.errors import BriefError, Problem
from pipeline.map_styles import STYLE_PAIRS, MapStyle, RoadColours, read_map_style
from pipeline.nearest import listed, shortened, unknown
from pipeline.yaml_file import Document

__all__ = [
    "BRAND_PAIRS",
    "STYLE_PAIRS",
    "Brand",
    "Colours",
    "MapStyle",
    "RoadColours",
    "branded",
    "read_brand",
    "read_map_style",
]


@dataclass(frozen=True, kw_only=True)
class Colours:
    """A brand's colours."""

    ink: str  # text on paper
    paper: str
    accent: str
    on_accent: str  # text on the accent
    panel: str  # the box behind text over footage
    on_panel: str
    route: str | None  # the line that was walked; None: the map style's
    casing: str | None  # its outline
    todo: str | None  # the line still to be walked


_STYLED = ("route", "casing", "todo")  # a brand may leave these to the map style


@dataclass(frozen=True, kw_only=True)
class Brand:
    name: str
    colours: Colours
    logo: Path | None  # .png or .svg
    fonts_folder: Path | None  # font files; None: the packaged Source Sans Pro
    credit: str | None


BRAND_PAIRS: tuple[Pair, ...] = (
    ("ink", "paper", TEXT_CONTRAST),
    ("on_accent", "accent", TEXT_CONTRAST),
    ("on_panel", "panel", TEXT_CONTRAST),
    ("route", "casing", SIGN_CONTRAST),
    ("todo", "casing", SIGN_CONTRAST),
)


def read_brand(name: str, folder: Path, where: str = "brand") -> Brand:
    """A brand by name, or from a .yml file relative to `folder`. Raises BriefError with all that is wrong."""
    if not name.endswith((".yml", ".yaml")):
        return _brand(config.named("brands", name, where))
    path = folder / name
    if not path.is_file():
        raise BriefError.at(where, f'there is no file "{shortened(name)}"', f"it is looked for in {folder}")
    return _brand(path)


def branded(style: MapStyle, brand: Brand) -> MapStyle:
    """The map style with the brand's line, where that line can be seen on it; else the style as it is."""
    given = {key: colour for key in _STYLED if (colour := getattr(brand.colours, key)) is not None}
    line = dataclasses.replace(style, **given)
    pairs = [pair for pair in STYLE_PAIRS if not given.keys().isdisjoint(pair[:2])]
    colours = line.flat()
    seen = all(contrast(colours[a], colours[b]) >= least for a, b, least in pairs)
    return line if seen else style


def _brand(path: Path) -> Brand:
    document = yaml_file.read(path, numbers=False)
    tree = document.tree
    problems = [*document.problems]
    refuse_unknown(document, tree, (), ("name", "colours", "logo", "fonts", "credit"), problems)
    keys = [field.name for field in dataclasses.fields(Colours)]
    group = group_at(document, ("colours",), keys, problems)
    if group is None:
        group, keys = {}, []
    else:
        refuse_unknown(document, group, ("colours",), keys, problems)
    colours = read_colours(document, group, ("colours",), keys, problems, optional=_STYLED)
    check_contrast(document, colours, ("colours",), BRAND_PAIRS, problems)
    logo = _logo(document, path.parent, problems)
    fonts_folder = _fonts_folder(document, path.parent, problems)
    if problems:
        raise BriefError(*problems)
    return Brand(
        name=_words(tree.get("name")) or path.stem,
        colours=_brand_colours(colours),
        logo=logo,
        fonts_folder=fonts_folder,
        credit=_words(tree.get("credit")),
    )


def _brand_colours(found: dict[str, str]) -> Colours:
    values: dict[str, Any] = {**dict.fromkeys(_STYLED), **found}
    return Colours(**values)


def _words(value: Any) -> str | None:
    return " ".join(str(value).split())[:200] or None if value is not None else None


def _logo(document: Document, folder: Path, problems: list[Problem]) -> Path | None:
    """Beside the brand's file, else among our own assets."""
    name = _words(document.tree.get("logo"))
    if name is None:
        return None
    where = document.where("logo")
    if not name.lower().endswith((".png", ".svg")):
        problems.append(block(where, f'"{shortened(name)}" is neither a .png nor a .svg file', "save the logo as PNG"))
        return None
    for place in (folder, config.assets()):
        if (place / name).is_file():
            return place / name
    problems.append(block(where, f'there is no file "{shortened(name)}"', f"it is looked for in {folder}"))
    return None


def _fonts_folder(document: Document, folder: Path, problems: list[Problem]) -> Path | None:
    """`Source Sans Pro` is used anyway; `Roboto` is the other packaged family; else a folder of files."""
    name = _words(document.tree.get("fonts"))
    if name is None or name.casefold() == "source sans pro":
        return None
    if name.casefold() == "roboto":
        package = importlib.util.find_spec("font_roboto")
        if package is not None and package.origin is not None:
            return Path(package.origin).parent / "files"
    if (folder / name).is_dir():
        return folder / name
    known = ("Source Sans Pro", "Roboto")
    problems.append(
        block(
            document.where("fonts"),
            unknown(name, known),
            f"known are {listed(known, 'and')}, or a folder with font files",
        )
    )
    return None
