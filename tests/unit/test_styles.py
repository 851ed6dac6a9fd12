"""Brands and map styles."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from pipeline import config, map_styles, styles
from pipeline.colours import contrast
from pipeline.errors import BriefError
from pipeline.fingerprints import fingerprint
from pipeline.map_model import AREA_KINDS, ROAD_KINDS
from pipeline.styles import read_brand, read_map_style

_BRAND = """\
name: Mine
colours:
  {ink: "#000000", paper: "#ffffff", accent: 00458B, on_accent: FFF0F0, panel: "#101010", on_panel: "#fafafa"}
"""


def _written(folder: Path, text: str) -> None:
    (folder / "mine.yml").write_text(text, encoding="utf-8")


def test_contrast_is_that_of_wcag() -> None:
    """Black on white is 21, equal colours 1, and #767676 on white is the known 4.54."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#123456", "#123456") == 1
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("name", config.names("brands"))
def test_every_brand_can_be_read(name: str) -> None:
    """Each brand that comes with us loads, and what it names exists."""
    brand = read_brand(name, Path())
    assert brand.logo is None or brand.logo.is_file()
    assert all(value is None or value.startswith("#") for value in dataclasses.asdict(brand.colours).values())


@pytest.mark.parametrize("name", config.names("styles"))
def test_every_style_can_be_seen(name: str) -> None:
    """In each map style all that carries meaning reaches its contrast, also with each brand's line on it."""
    for brand in (None, *(read_brand(one, Path()) for one in config.names("brands"))):
        style = read_map_style(name) if brand is None else styles.branded(read_map_style(name), brand)
        colours = style.flat()
        for a, b, least in styles.STYLE_PAIRS:
            assert contrast(colours[a], colours[b]) >= least, (a, b)


def test_the_high_contrast_style_shows_every_line() -> None:
    """In the style `contrast` ways, rails, shores and outlines stand out from their grounds as well (T4)."""
    colours = read_map_style("contrast").flat()
    for a, b, least in map_styles.HIGH_CONTRAST_PAIRS:
        assert contrast(colours[a], colours[b]) >= least, (a, b)


def test_pairs_name_every_colour_but_decoration() -> None:
    """No colour that carries meaning is left unchecked."""
    paired = {name for a, b, _ in styles.STYLE_PAIRS for name in (a, b)}
    lines = {"building_edge", "waterline", "rail", "ferry", "boundary", "contour"}
    ways = {name for name in read_map_style("night").flat() if name.startswith("roads.")}
    bands = {f"roads.{kind}.fill" for kind in map_styles.BAND_ROADS}
    assert read_map_style("night").flat().keys() - paired == {"grid", "card_grid"} | lines | ways - bands
    strict = {name for a, b, _ in map_styles.HIGH_CONTRAST_PAIRS for name in (a, b)}
    assert lines | ways <= strict


def test_a_style_has_a_colour_for_every_kind() -> None:
    """Whatever a map model can hold, a style has a colour for it."""
    style = read_map_style("daylight")
    assert tuple(style.areas) == AREA_KINDS
    assert tuple(style.roads) == ROAD_KINDS


def test_a_style_can_be_fingerprinted() -> None:
    """Equal styles have one fingerprint; another colour of one kind of area or road gives another."""
    style = read_map_style("daylight")
    areas = {**style.areas, "wood": "#010203"}
    roads = {**style.roads, "path": styles.RoadColours(fill="#010203", casing="#ffffff")}
    looks = [style, dataclasses.replace(style, areas=areas), dataclasses.replace(style, roads=roads)]
    assert len({fingerprint(look) for look in looks}) == 3
    assert fingerprint(dataclasses.replace(style, areas=dict(style.areas))) == fingerprint(style)
    assert hash(dataclasses.replace(style)) == hash(style)


def test_all_that_is_wrong_with_a_style_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A style whose route sinks into a wood, with missing groups, misspelt kinds and bad colours: all told at once."""
    monkeypatch.chdir(tmp_path)
    text = (config.configs() / "styles" / "daylight.yml").read_text(encoding="utf-8")
    text = re.sub(r'wood: "#......"', 'wood: "#C02040"', text)
    text = re.sub(r'pier: "#......"', 'peer: "#EEEEEE"', text)
    text = re.sub(r'(  path: {fill: )"#......"', r"\1brown", text)
    text = re.sub(r"  steps: .*\n", "", text)
    text = re.sub(r"park_name: .*\n", "", text)
    Path("mine.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BriefError) as caught:
        map_styles.style_from(Path("mine.yml"))
    said = [re.sub(r":\d+:\d+", "", line) for line in str(caught.value).splitlines()]
    assert said[:12] == [
        "mine.yml: park_name: the colour park_name is missing",
        '  hint: write it in quotes: "#E4003A"',
        'mine.yml: areas.peer: I don\'t know "peer" (did you mean "pier"?)',
        f"  hint: keys here are {', '.join(AREA_KINDS[:-1])} and building",
        "mine.yml: areas.pier: the colour pier is missing",
        '  hint: write it in quotes: "#E4003A"',
        'mine.yml: roads.path.fill: "brown" is not a colour',
        '  hint: write six digits in quotes: "#E4003A"',
        "mine.yml: roads.steps: the group `steps:` is needed here",
        "  hint: it has fill and casing",
        "mine.yml: route: route #e4003a on areas.wood #c02040 has a contrast of 1.2 : 1",
        "  hint: 3 : 1 is needed: make one of the two darker or the other lighter",
    ]
    assert all(" on areas.wood #c02040 " in line for line in said[10::2])


def test_a_brand_line_is_taken_where_it_can_be_seen() -> None:
    """The brand's line replaces the style's on light maps; at night it would vanish and the style's stays."""
    brand = read_brand("brent", Path())
    assert styles.branded(read_map_style("daylight"), brand).route == brand.colours.route
    assert styles.branded(read_map_style("night"), brand) == read_map_style("night")


def test_a_brand_beside_the_brief(tmp_path: Path) -> None:
    """A brand file is found relative to the brief, its logo and fonts beside it; # may be left out."""
    folder = tmp_path / "look"
    (folder / "faces").mkdir(parents=True)
    (folder / "logo.png").write_bytes(b"")
    _written(folder, _BRAND + "logo: logo.png\nfonts: faces\ncredit: A council\n")
    brand = read_brand("look/mine.yml", tmp_path)
    assert (brand.name, brand.logo, brand.credit) == ("Mine", folder / "logo.png", "A council")
    assert brand.fonts_folder == folder / "faces"
    assert brand.colours.accent == "#00458b"
    assert brand.colours.route is None


def test_roboto_is_a_packaged_family(tmp_path: Path) -> None:
    """`fonts: Roboto` needs no files of one's own."""
    _written(tmp_path, _BRAND + "fonts: roboto\n")
    folder = read_brand("mine.yml", tmp_path).fonts_folder
    assert folder is not None
    assert (folder / "Roboto-Bold.ttf").is_file()


def test_all_that_is_wrong_with_a_brand_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weak contrast, misspelt keys, bad colours and missing files are told at once, each at its place."""
    monkeypatch.chdir(tmp_path)
    _written(
        tmp_path,
        'colours:\n  ink: "#777777"\n  paper: "#ffffff"\n  acent: "#000000"\n  on_accent: white\n'
        '  panel: #000000\n  on_panel: "#ffffff"\nlogo: nowhere.png\nfonts: Robotto\n',
    )
    with pytest.raises(BriefError) as caught:
        read_brand("mine.yml", Path())
    quoted = 'hint: write it in quotes: "#E4003A"'
    keys = "ink, paper, accent, on_accent, panel, on_panel, route, casing and todo"
    assert str(caught.value).splitlines() == [
        'mine.yml:4:3: colours.acent: I don\'t know "acent" (did you mean "accent"?)',
        f"  hint: keys here are {keys}",
        "mine.yml:1:1: colours.accent: the colour accent is missing",
        f"  {quoted}",
        'mine.yml:5:3: colours.on_accent: "white" is not a colour',
        '  hint: write six digits in quotes: "#E4003A"',
        "mine.yml:6:3: colours.panel: the colour panel is missing",
        f"  {quoted}",
        "mine.yml:2:3: colours.ink: ink #777777 on paper #ffffff has a contrast of 4.4 : 1",
        "  hint: 4.5 : 1 is needed: make one of the two darker or the other lighter",
        'mine.yml:8:1: logo: there is no file "nowhere.png"',
        "  hint: it is looked for in .",
        'mine.yml:9:1: fonts: I don\'t know "Robotto" (did you mean "Roboto"?)',
        "  hint: known are Source Sans Pro and Roboto, or a folder with font files",
    ]


def test_an_unknown_brand_gets_the_nearest() -> None:
    """A misspelt brand is told with the nearest, a missing file with where it was looked for."""
    with pytest.raises(BriefError, match=r'route.yml:9:1: brand: I don\'t know "bent" \(did you mean "brent"\?\)'):
        read_brand("bent", Path(), "route.yml:9:1: brand")
    with pytest.raises(BriefError, match=r'brand: there is no file "x/mine.yml"'):
        read_brand("x/mine.yml", Path())
