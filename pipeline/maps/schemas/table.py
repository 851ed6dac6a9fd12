"""What a schema of vector tiles is here: for each of its layers a rule from properties to a kind of the map model.

Schemas of OpenStreetMap's data use its own words as values ("residential", "forest"), so these mean here what they
mean in an extract (`osm_tags`); a schema's table adds only what it says in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipeline.map_model import AreaKind, LabelKind, LineKind, MapCredit
from pipeline.maps import osm_tags
from pipeline.maps.mvt import Value
from pipeline.maps.osm_names import number, tidy

Props = Mapping[str, Value]
AreaRule = Callable[[Props], AreaKind | None]
LineRule = Callable[[Props], LineKind | None]
LabelRule = Callable[[Props], LabelKind | None]

# Words that mean an area in one schema or another, beside those of OpenStreetMap itself.
AREA_WORDS: dict[str, AreaKind] = {
    **{word: kind for table in osm_tags.AREAS.values() for word, kind in table.items()},
    **dict.fromkeys(("swamp", "bog", "string_bog", "wet_meadow", "marsh", "saltmarsh", "reedbed", "fen"), "wetland"),
    **dict.fromkeys(("farm", "orchard", "vineyard"), "farmland"),
    "forest": "wood",
    "ice": "glacier",
    "sports_centre": "park",
}
LINE_WORDS: dict[str, LineKind] = {word: kind for table in osm_tags.LINES.values() for word, kind in table.items()}
LABEL_WORDS: dict[str, LabelKind] = {
    **{word: kind for table in osm_tags.LABELS.values() for word, kind in table.items()},
    "capital": "city",
    "state_capital": "city",
    "macrohood": "suburb",
}
SIDINGS = {"yard", "siding", "spur", "crossover"}
DRIVES = {"driveway", "parking_aisle", "drive-through", "emergency_access"}
UNDERGROUND = {"subway", "light_rail", "tram"}  # in a tunnel they are nothing to see for people above


def named(props: Props, languages: tuple[str, ...]) -> str:
    """The name in the first wanted language that has one, else the local one."""
    for language in languages:
        code = language.split("-")[0].lower()
        for key in (f"name:{code}", f"name_{code}"):
            if props.get(key):
                return tidy(str(props[key]))
    return tidy(str(props.get("name") or ""))


def told(props: Props, key: str) -> str:
    """A property as a word, "" where there is none."""
    value = props.get(key)
    return value if isinstance(value, str) else ""


def yes(props: Props, key: str) -> bool:
    """A flag, however it is written."""
    return props.get(key) in (True, 1, "yes", "true", "1")


def amount(props: Props, key: str) -> float:
    """A number, also one in a text ("1,043 m"); 0 where there is none."""
    value = props.get(key)
    found = number(value) if isinstance(value, str) else value
    return float(found) if found is not None and abs(found) < 1e11 else 0.0


def always(kind: AreaKind) -> AreaRule:
    return lambda _: kind


def no_bridge(_: Props) -> bool:
    return False


def first_ref(props: Props) -> str:
    """The first of a road's numbers, when it is short enough for a shield."""
    found = re.split(r"[;\n]", told(props, "ref") or told(props, "shield_text"))[0]
    return found.strip() if len(found.strip()) <= 10 else ""


def no_weight(_: Props) -> float:
    return 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Schema:
    """`signs`: layers that no other schema has. `areas` read polygons, `lines` read lines, `labels` points, or the
    middle of lines in layers that have no line rule. `names_of`: label layer → the layer of lines that it names."""

    name: str
    signs: frozenset[str]
    credit: MapCredit
    areas: Mapping[str, AreaRule]
    lines: Mapping[str, LineRule]
    labels: Mapping[str, LabelRule]
    names_of: Mapping[str, str] = field(default_factory=dict)
    bridge: Callable[[Props], bool] = no_bridge
    tunnel: Callable[[Props], bool] = no_bridge
    named: Callable[[Props, tuple[str, ...]], str] = named
    ref: Callable[[Props], str] = first_ref
    weight: Callable[[Props], float] = no_weight
    ele: Callable[[Props], float | None] = lambda _: None

    @property
    def wanted(self) -> frozenset[str]:
        """The layers that are read at all."""
        return frozenset((*self.areas, *self.lines, *self.labels, *self.names_of))
