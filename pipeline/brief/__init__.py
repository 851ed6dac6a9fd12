"""What the author asks: the brief, in the shape of the file.

`reading.read_brief` gives a Brief that can be trusted, or one BriefError with every problem of the
file in it. Whether the files it names exist is found out by the doors that open them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, PrivateAttr, model_validator
from pydantic_core import CoreSchema

from pipeline import yaml_file
from pipeline.brief import fields
from pipeline.brief.fields import ONE_OR_MANY
from pipeline.brief.values import NamedPath, Text, Use

__all__ = ["Brief", "CaptionEntry", "FootageEntry", "NamedPath", "OverlayEntry", "Text", "Use"]


class Part(BaseModel):
    """A group of keys. A key without a value counts as not written."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _written(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {key: value for key, value in values.items() if value is not None or key not in known}


class FilePart(Part):
    """A file with more about it; the file's name alone stands for the whole group."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, values: Any) -> Any:
        return {"file": values} if isinstance(values, str) else values

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


class FootageEntry(FilePart):
    file: fields.NamedFile
    use: fields.UseField | None = None
    at: fields.RouteAnchor | None = None
    lut: fields.FilePath | None = None
    sound: fields.Flag = False

    @property
    def name(self) -> str:
        """As the author wrote it."""
        return self.file.name

    @property
    def path(self) -> Path:
        return self.file.path


class CaptionEntry(Part):
    at: fields.AnchorField
    text: fields.TextField
    seconds: fields.Seconds | None = Field(None, alias="for")


class RouteEntry(FilePart):
    """One of several routes."""

    file: fields.FilePath
    name: fields.TextField | None = None
    colour: fields.Colour | None = None


class Tracks(FilePart):
    """Where a recap's vehicles were. `delay` in seconds; `live` is the council's own GeoJSON for the page."""

    file: fields.FilePath
    zone: fields.Zone = "Europe/London"
    called: fields.TextField | None = None
    delay: fields.Delay = Fraction(2 * 3600)
    depot_m: fields.Metres = Field(200.0, alias="depot")
    live: fields.Link | None = None


class EndCard(Part):
    text: fields.TextField | None = None
    link: fields.Link | None = None


class MapChoice(Part):
    source: fields.Source
    style: fields.StyleName
    camera: fields.Camera
    inset: fields.Flag
    scene: fields.Flag
    tiles: fields.Flag


class Privacy(Part):
    """Metres to cut; None leaves it to the kind of route."""

    trim_start_m: fields.Metres | None = Field(None, alias="trim_start")
    trim_end_m: fields.Metres | None = Field(None, alias="trim_end")


class Music(Part):
    file: fields.FilePath
    title: fields.Words | None = None
    artist: fields.Words | None = None
    licence: fields.Words | None = None
    number: fields.Words | None = None
    channels: Annotated[tuple[fields.PlatformId, ...], ONE_OR_MANY] = ()
    until: fields.Day | None = None
    proof: fields.Words | None = None


class Voice(Part):
    file: fields.FilesField
    subtitles: fields.FilesField | None = None
    checked_by: fields.Words | None = None


class OverlayEntry(Part):
    clip: fields.OverlayName
    at: fields.AnchorField
    seconds: fields.Seconds | None = Field(None, alias="for")
    place: fields.Place = "top-left"


class PostWords(Part):
    text: fields.LongText | None = None
    hashtags: Annotated[tuple[fields.Hashtag, ...], ONE_OR_MANY] = ()
    link: fields.Link | None = None
    alt: fields.LongText | None = None


class PublishWish(Part):
    when: fields.When | None = None
    to: Annotated[tuple[fields.PlatformId, ...], ONE_OR_MANY] = ()


class Brief(Part):
    title: fields.TextField
    summary: fields.LongText | None = None
    route: fields.FilePath | None = None
    routes: Annotated[tuple[RouteEntry, ...], ONE_OR_MANY]
    tracks: Tracks | None = None
    id: fields.Id
    kind: fields.Kind
    footage: Annotated[tuple[FootageEntry, ...], ONE_OR_MANY]
    length: fields.Length | None = None
    captions: Annotated[tuple[CaptionEntry, ...], ONE_OR_MANY]
    end_card: EndCard
    map: MapChoice
    privacy: Privacy
    units: fields.Units
    brand: fields.BrandName
    music: Music | None = None
    voice: Voice | None = None
    languages: Annotated[tuple[fields.Language, ...], ONE_OR_MANY] = Field(min_length=1)
    platforms: Annotated[tuple[fields.PlatformOrSet, ...], ONE_OR_MANY] = Field(min_length=1)
    overlays: Annotated[tuple[OverlayEntry, ...], ONE_OR_MANY]
    motion: fields.Motion
    post: PostWords
    publish: PublishWish | None = None

    _path: Path = PrivateAttr()
    _places: Mapping[yaml_file.Steps, yaml_file.Place] = PrivateAttr()

    @property
    def path(self) -> Path:
        """The file as it was given."""
        return self._path

    @property
    def folder(self) -> Path:
        """Absolute; the paths of the brief are relative to it."""
        return self._path.absolute().parent

    def where(self, *steps: str | int) -> str:
        """The place of a key for messages: `("footage", 1, "use")` → `route.yml:7:5: footage[1].use`."""
        return yaml_file.where(str(self._path), self._places, steps)
