"""The schemas of vector tiles that are read, and which of them a set of layers is."""

from __future__ import annotations

from pipeline.errors import MaterialError
from pipeline.maps.schemas.openmaptiles import OPENMAPTILES
from pipeline.maps.schemas.protomaps import PROTOMAPS
from pipeline.maps.schemas.shortbread import SHORTBREAD
from pipeline.maps.schemas.table import Schema
from pipeline.maps.schemas.zoomstack import ZOOMSTACK

SCHEMAS = (SHORTBREAD, OPENMAPTILES, PROTOMAPS, ZOOMSTACK)

__all__ = ["SCHEMAS", "Schema", "recognised", "unknown"]


def recognised(layers: tuple[str, ...]) -> Schema | None:
    """The schema that most of the layers belong to; None when none of its own layers is among them, or when two
    schemas fit equally well."""
    seen = set(layers)
    fits = sorted(((len(seen & schema.wanted), place) for place, schema in enumerate(SCHEMAS)), reverse=True)
    (most, best), (next_most, _) = fits[0], fits[1]
    schema = SCHEMAS[best]
    return schema if most > next_most and seen & schema.signs else None


def unknown(where: str, layers: tuple[str, ...]) -> MaterialError:
    """The error for layers of no known schema."""
    names = ", ".join(f'"{name[:30]}"' for name in layers[:8])
    more = f" and {len(layers) - 8} more" if len(layers) > 8 else ""
    seen = f"its layers are {names}{more}" if layers else "it has no layers"
    known = ", ".join(schema.name for schema in SCHEMAS[:-1])
    return MaterialError.at(
        where,
        f"its vector tiles follow no schema that is known here: {seen}",
        f"use tiles in the schema of {known} or {SCHEMAS[-1].name}",
    )
