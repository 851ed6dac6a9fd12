"""Whom to thank for tiles: the metadata's own words, made plain, complete and short enough to stand in a picture.

OpenStreetMap's data is thanked with "© OpenStreetMap contributors" in these words. A vector archive that names nobody
is known by its schema: Shortbread, OpenMapTiles and Protomaps hold OpenStreetMap's data, Zoomstack that of Ordnance
Survey, whose credit names the year of the supply: the latest year in the archive's own words, else the year in which
the file was written. Pictures and heights that name nobody are refused, because nothing else tells whose they are.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, MapCredit
from pipeline.maps.tile_set import TileSet

MOST_LETTERS = 160
OMT_CREDIT = MapCredit(
    text="© OpenMapTiles © OpenStreetMap contributors",
    licence="ODbL 1.0; schema CC BY 4.0",
    url="https://www.openstreetmap.org/copyright",
)
OS_CREDIT = MapCredit(
    text="Contains OS data © Crown copyright and database right",
    licence="Open Government Licence v3.0",
    url="https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
)
_OSM = re.compile(r"(?:(?:©|\(c\)|data from)\s*)?OpenStreetMap(?:\s+contributors)?(?!\S*\.org)", re.IGNORECASE)
_YEAR = re.compile(r"\b20[1-9]\d\b")
_TAG = re.compile(r"<[^<>]{0,500}>")
_LINK = re.compile(r"""href\s*=\s*["']?(https?://[^"'\s<>]{3,200})""", re.IGNORECASE)


def credit_of(tiles: TileSet, usual: MapCredit | None, given: MapCredit | None = None) -> MapCredit:
    """The archive's own credit, else `given`, else the `usual` one of its schema; the usual names (OpenStreetMap,
    OpenMapTiles) are added to the archive's own where they are missing. Raises MaterialError when there is none."""
    own = plain(tiles.attribution)
    if not own:
        if given or usual:
            return given or _dated(usual or OSM_CREDIT, tiles)
        raise MaterialError.at(
            tiles.where,
            "it does not say whom to thank for the map, and a map without its credit cannot be published",
            "ask where the file came from, and have the source's credit written into its metadata as `attribution`",
        )
    url = next(iter(_LINK.findall(html.unescape(tiles.attribution))), "")
    if usual is OS_CREDIT:
        text = own if "crown copyright" in own.lower() else f"{own} {_dated(usual, tiles).text}"
        return replace(usual, text=_short(text))
    if usual or "openstreetmap" in own.lower():
        return _with_osm(own, usual or OSM_CREDIT)
    return MapCredit(text=_short(own), licence=tiles.licence or "as stated by the source", url=url)


def plain(words: str) -> str:
    """HTML → text: tags and control characters gone, entities resolved, one line."""
    text = html.unescape(_TAG.sub(" ", words))
    text = "".join(letter if letter.isprintable() else " " for letter in text.replace("<", " ").replace(">", " "))
    return re.sub(r"\s+([,.;|])", r"\1", " ".join(text.split()))


def _with_osm(own: str, usual: MapCredit) -> MapCredit:
    found = _OSM.search(own)
    if found:
        before, after = own[: found.start()], own[found.end() :]
        rest = _OSM.sub("", after) if len(own) > MOST_LETTERS else after
    else:
        before, rest = f"{own} ", ""
    if usual is OMT_CREDIT and "openmaptiles" not in own.lower():
        before += "© OpenMapTiles "
    room = MOST_LETTERS - len(OSM_CREDIT.text)
    text = f"{before}{OSM_CREDIT.text}{rest}" if len(before) + len(rest) <= room else ""
    return replace(usual, text=" ".join(text.split()) or f"{_short(before, room - 1)} {OSM_CREDIT.text}".strip())


def _dated(credit: MapCredit, tiles: TileSet) -> MapCredit:
    if credit is not OS_CREDIT:
        return credit
    years = _YEAR.findall(f"{tiles.attribution} {tiles.about}")
    year = max(years) if years else tiles.year
    return replace(credit, text=f"{credit.text} {year}" if year else credit.text)


def _short(text: str, most: int = MOST_LETTERS) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;|") + "…"
