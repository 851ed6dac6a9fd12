"""The fields of a brief as types: how each is read (`values`) and what an editor is told about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from pipeline import anchors, config, walking
from pipeline.anchors import Anchor
from pipeline.brief import map_values, values
from pipeline.brief.map_values import MapSource
from pipeline.brief.values import Files, NamedPath, Text, Use, in_words

KINDS = ("promo", "map", "recap")
Move = Literal["tilt", "turn", "flat", "still"]
CAMERAS: tuple[Move, ...] = ("tilt", "turn", "flat", "still")
UNITS: tuple[walking.Units, ...] = ("miles", "km")
MOTIONS = ("full", "reduced")
SETS = ("all", "portrait", "landscape", "square")
PLACES = (
    "top-left", "top", "top-right",
    "left", "centre", "right",
    "bottom-left", "bottom", "bottom-right",
)  # fmt: skip


class _OneOrMany:
    """A list, or its only entry written without the list."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: value if isinstance(value, list) else [value], handler(source)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        array = handler(schema)
        return {"anyOf": [array, array["items"]]}


@dataclass(frozen=True)
class _Installed:
    """One of the files in configs/<folder>, or one of `more`; looked up when asked for, not at import."""

    folder: str
    more: tuple[str, ...] = ()

    def _known(self) -> tuple[str, ...]:
        return (*self.more, *config.names(self.folder))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(lambda value: values.one_of(*self._known())(value))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": list(self._known())}


ONE_OR_MANY = _OneOrMany()

_STRING = {"type": "string"}
_AMOUNT = {"type": ["string", "number"]}
_TEXT = {
    "anyOf": [
        {"type": ["string", "number", "boolean"]},
        {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "one text per language",
        },
    ]
}


def _read(read: Callable[..., Any], remedy: str) -> PlainValidator:
    return PlainValidator(in_words(read, remedy))


def _told(schema: dict[str, Any], description: str) -> WithJsonSchema:
    return WithJsonSchema({**schema, "description": description})


def _long(value: Any) -> Text:
    return values.text(value, 70_000)


def _metres(value: str) -> float:
    return float(anchors.metres(value))


_USE = "write 0:12-0:31, or 0:12- for the rest of the file"

TextField = Annotated[Text, PlainValidator(values.text), WithJsonSchema(_TEXT)]
LongText = Annotated[Text, PlainValidator(_long), WithJsonSchema(_TEXT)]
Words = Annotated[str, PlainValidator(values.words), WithJsonSchema(_AMOUNT)]
Language = Annotated[str, PlainValidator(values.language), _told(_STRING, "en, cy, pt-BR")]
FilePath = Annotated[Path, PlainValidator(values.path), _told(_STRING, "a file, relative to the brief")]
_FILES = {
    "anyOf": [_STRING, {"type": "object", "additionalProperties": _STRING}],
}
FilesField = Annotated[Files, PlainValidator(values.files), _told(_FILES, "a file, or one per language")]
NamedFile = Annotated[NamedPath, PlainValidator(values.named_path), _told(_STRING, "relative to the brief")]
Source = Annotated[
    MapSource, PlainValidator(map_values.map_source), _told(_STRING, "auto, none, a map file, a provider")
]
Link = Annotated[str, PlainValidator(values.link), WithJsonSchema({"type": "string", "pattern": "^https?://"})]
Hashtag = Annotated[str, PlainValidator(values.hashtag), _told(_STRING, "without #")]
AnchorField = Annotated[Anchor, PlainValidator(values.anchor), _told(_STRING, anchors.EXAMPLES)]
RouteAnchor = Annotated[Anchor, PlainValidator(values.route_anchor), _told(_STRING, "1.2 mi, 2 km, waypoint NAME")]
Length = Annotated[Fraction, _read(values.length, "write 30s, 0:30 or 30"), _told(_AMOUNT, "30s, 0:30 or 30")]
Seconds = Annotated[Fraction, _read(values.seconds, "write 4s or 0:04"), _told(_AMOUNT, "4s")]
UseField = Annotated[Use, _read(values.use, _USE), _told(_STRING, "0:12-0:31, or 0:12-")]
Metres = Annotated[float, _read(_metres, "write 200 m, 0.2 mi or 0"), _told(_AMOUNT, "200 m, 0.2 mi or 0")]
Flag = Annotated[bool, PlainValidator(values.true_or_false), WithJsonSchema({"type": "boolean"})]
Delay = Annotated[Fraction, _read(map_values.delay, "write 24 h or 30 min"), _told(_AMOUNT, "24 h, 30 min or 0")]
Zone = Annotated[str, PlainValidator(map_values.zone), _told(_STRING, "Europe/London")]
_COLOUR = {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}
Colour = Annotated[str, PlainValidator(map_values.colour), WithJsonSchema(_COLOUR)]
Day = Annotated[date, PlainValidator(values.day), WithJsonSchema({"type": "string", "format": "date"})]
When = Annotated[str, PlainValidator(values.when), WithJsonSchema(_STRING)]
BrandName = Annotated[str, PlainValidator(values.brand), _told(_STRING, "a brand's name, or a .yml file")]
OverlayName = Annotated[str, PlainValidator(values.overlay_name), WithJsonSchema(_STRING)]
Id = Annotated[str, PlainValidator(values.identifier), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9-]+$"})]
Kind = Annotated[str, PlainValidator(values.one_of(*KINDS)), WithJsonSchema({"enum": [*KINDS]})]
Units = Annotated[walking.Units, PlainValidator(values.one_of(*UNITS)), WithJsonSchema({"enum": [*UNITS]})]
Camera = Annotated[Move, PlainValidator(values.one_of(*CAMERAS)), WithJsonSchema({"enum": [*CAMERAS]})]
Motion = Annotated[str, PlainValidator(values.one_of(*MOTIONS)), WithJsonSchema({"enum": [*MOTIONS]})]
Place = Annotated[str, PlainValidator(values.one_of(*PLACES)), WithJsonSchema({"enum": [*PLACES]})]
StyleName = Annotated[str, _Installed("styles")]
PlatformId = Annotated[str, _Installed("platforms")]
PlatformOrSet = Annotated[str, _Installed("platforms", SETS)]
