"""Looks: brands and map styles, each a file in configs/, checked for contrast when it is read.

Colours are text, `#rrggbb` in small letters. Contrast is that of WCAG 2.2: text 4.5 : 1, lines and signs 3.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import config, yaml_file
from pipeline.colours import contrast
from pipeline.errors import BriefError, Problem
from pipeline.nearest import listed, shortened, unknown
from pipeline.yaml_file import Document

TEXT_CONTRAST = 4.5
SIGN_CONTRAST = 3.0


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


@dataclass(frozen=True, kw_only=True)
class MapStyle:
    """The colours of a map and of the cards without one; both grids and `shade` are decoration."""

    name: str
    background: str
    shade: str
    grid: str
    route: str
    casing: str
    todo: str
    start: str
    start_glyph: str
    finish: str
    finish_glyph: str
    pin_ring: str
    marker: str
    marker_ring: str
    mark: str
    mark_text: str
    text: str
    halo: str
    panel: str
    panel_text: str
    card_top: str
    card_bottom: str
    card_grid: str
    card_text: str


Pair = tuple[str, str, float]  # two colours by name and the least contrast between them

BRAND_PAIRS: tuple[Pair, ...] = (
    ("ink", "paper", TEXT_CONTRAST),
    ("on_accent", "accent", TEXT_CONTRAST),
    ("on_panel", "panel", TEXT_CONTRAST),
    ("route", "casing", SIGN_CONTRAST),
    ("todo", "casing", SIGN_CONTRAST),
)
STYLE_PAIRS: tuple[Pair, ...] = (
    ("text", "background", TEXT_CONTRAST),
    ("text", "shade", TEXT_CONTRAST),
    ("text", "halo", TEXT_CONTRAST),
    ("panel_text", "panel", TEXT_CONTRAST),
    ("card_text", "card_top", TEXT_CONTRAST),
    ("card_text", "card_bottom", TEXT_CONTRAST),
    ("mark_text", "mark", TEXT_CONTRAST),
    ("start_glyph", "start", SIGN_CONTRAST),
    ("finish_glyph", "finish", SIGN_CONTRAST),
    ("marker", "marker_ring", SIGN_CONTRAST),
    ("start", "pin_ring", SIGN_CONTRAST),
    ("finish", "pin_ring", SIGN_CONTRAST),
    ("route", "casing", SIGN_CONTRAST),
    ("todo", "casing", SIGN_CONTRAST),
    *((sign, ground, SIGN_CONTRAST) for ground in ("background", "shade")
      for sign in ("route", "todo", "start", "finish", "marker", "mark")),
    ("route", "panel", SIGN_CONTRAST),
)  # fmt: skip


def read_brand(name: str, folder: Path, where: str = "brand") -> Brand:
    """A brand by name, or from a .yml file relative to `folder`. Raises BriefError with all that is wrong."""
    if not name.endswith((".yml", ".yaml")):
        return _brand(config.named("brands", name, where))
    path = folder / name
    if not path.is_file():
        raise BriefError.at(where, f'there is no file "{shortened(name)}"', f"it is looked for in {folder}")
    return _brand(path)


@functools.cache
def read_map_style(name: str, where: str = "map.style") -> MapStyle:
    """Raises BriefError with the nearest name, or with all that is wrong with the file."""
    document = yaml_file.read(config.named("styles", name, where), numbers=False)
    keys = [field.name for field in dataclasses.fields(MapStyle) if field.name != "name"]
    problems = [*document.problems]
    colours = _colours(document, document.tree, (), keys, problems)
    _check_contrast(document, colours, (), STYLE_PAIRS, problems)
    if problems:
        raise BriefError(*problems)
    return MapStyle(name=name, **colours)


def branded(style: MapStyle, brand: Brand) -> MapStyle:
    """The map style with the brand's line, where that line can be seen on it; else the style as it is."""
    given = {key: colour for key in _STYLED if (colour := getattr(brand.colours, key)) is not None}
    line = dataclasses.replace(style, **given)
    pairs = [pair for pair in STYLE_PAIRS if not given.keys().isdisjoint(pair[:2])]
    seen = all(contrast(getattr(line, a), getattr(line, b)) >= least for a, b, least in pairs)
    return line if seen else style


def _brand(path: Path) -> Brand:
    document = yaml_file.read(path, numbers=False)
    tree = document.tree
    problems = [*document.problems]
    _refuse_unknown(document, tree, (), ("name", "colours", "logo", "fonts", "credit"), problems)
    keys = [field.name for field in dataclasses.fields(Colours)]
    group = tree.get("colours")
    if not isinstance(group, dict):
        problems.append(
            _block(
                document.where("colours"),
                "the group `colours:` is needed here",
                f"it has {listed(keys, 'and')}",
            )
        )
        group = None
    colours = _colours(document, group, ("colours",), keys, problems) if group is not None else {}
    _check_contrast(document, colours, ("colours",), BRAND_PAIRS, problems)
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


def _block(where: str, what: str, remedy: str = "") -> Problem:
    return Problem(level="block", where=where, what=what, remedy=remedy)


def _refuse_unknown(
    document: Document,
    group: dict[str, Any],
    at: tuple[str, ...],
    known: Iterable[str],
    problems: list[Problem],
) -> None:
    known = list(known)
    problems += [
        _block(document.where(*at, key), unknown(key, known), f"keys here are {listed(known, 'and')}")
        for key in group
        if key not in known
    ]


def _colours(
    document: Document, group: dict[str, Any], at: tuple[str, ...], keys: list[str], problems: list[Problem]
) -> dict[str, str]:
    """The colours that can be read; what cannot goes to `problems`."""
    _refuse_unknown(document, group, at, keys, problems)
    colours: dict[str, str] = {}
    for key in keys:
        value = group.get(key)
        if value is None and at and key in _STYLED:
            continue
        if value is None:
            problems.append(
                _block(document.where(*at, key), f"the colour {key} is missing", 'write it in quotes: "#E4003A"')
            )
        elif found := re.fullmatch(r"#?([0-9a-fA-F]{6})", str(value)):
            colours[key] = f"#{found[1].lower()}"
        else:
            what = f'"{shortened(str(value))}" is not a colour'
            problems.append(_block(document.where(*at, key), what, 'write six digits in quotes: "#E4003A"'))
    return colours


def _check_contrast(
    document: Document,
    colours: dict[str, str],
    at: tuple[str, ...],
    pairs: Iterable[Pair],
    problems: list[Problem],
) -> None:
    for a, b, least in pairs:
        if a in colours and b in colours and (ratio := contrast(colours[a], colours[b])) < least:
            what = f"{a} {colours[a]} on {b} {colours[b]} has a contrast of {int(ratio * 10) / 10:.1f} : 1"
            remedy = f"{least:g} : 1 is needed: make one of the two darker or the other lighter"
            problems.append(_block(document.where(*at, a), what, remedy))


def _logo(document: Document, folder: Path, problems: list[Problem]) -> Path | None:
    """Beside the brand's file, else among our own assets."""
    name = _words(document.tree.get("logo"))
    if name is None:
        return None
    where = document.where("logo")
    if not name.lower().endswith((".png", ".svg")):
        problems.append(_block(where, f'"{shortened(name)}" is neither a .png nor a .svg file', "save the logo as PNG"))
        return None
    for place in (folder, config.assets()):
        if (place / name).is_file():
            return place / name
    problems.append(_block(where, f'there is no file "{shortened(name)}"', f"it is looked for in {folder}"))
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
        _block(
            document.where("fonts"),
            unknown(name, known),
            f"known are {listed(known, 'and')}, or a folder with font files",
        )
    )
    return None
