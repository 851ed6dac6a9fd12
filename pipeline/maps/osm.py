"""Extracts of OpenStreetMap (.osm.pbf, .osm, .osm.gz, .osm.bz2) → a map model, by pyosmium (extra `[osm]`).

The file is looked at before it is read (`osm_file`), its things become shapes (`osm_entities`), the shapes pieces of
the map (`osm_shapes`), and the shore the sea (`coast`).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, MapModel, MapWish
from pipeline.maps.osm_entities import header_box, reader, shapes
from pipeline.maps.osm_file import CUT, looked_at
from pipeline.maps.osm_shapes import modelled, placed, wide
from pipeline.mercator import Bounds


def extent(path: Path) -> Bounds | None:
    """The box the file's header tells, None: it tells none. Raises MaterialError."""
    extract = looked_at(path)
    return header_box(reader(path), extract)


def read(path: Path, wish: MapWish) -> MapModel:
    """What the extract has around the wished stretch. Raises MaterialError."""
    extract = looked_at(path)
    osmium = reader(path)
    said = header_box(osmium, extract)
    if said is not None:
        said = said.moved(wish.bounds.near(said.middle[0]))
        if not said.overlaps(wish.bounds):
            return MapModel(bounds=said, credits=(OSM_CREDIT,))
    if extract.too_large:
        raise MaterialError.at(path.name, "this extract is too large to be read for one map", CUT)
    lost: Counter[str] = Counter()
    found = placed(shapes(osmium, extract, wish, lost), wide(wish), wish.pixel)
    return modelled(found, said, wish, OSM_CREDIT, lost)
