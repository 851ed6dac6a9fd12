"""Cues → columns, whatever DJI (or a maker that copies DJI) calls its fields.

Three families, told apart by what stands in the file, once per file:

    bracket fields   [latitude: 51.1] [longitude: 88.0] [rel_alt: 20.0 abs_alt: 864.3]
                     also `longtitude`, [altitude: 27.3]
    F/ line          F/2.8, SS 30, ISO 260, EV 0, GPS (lng, lat, satellites), D 221.2m, H 200.7m
    HOME/GPS lines   HOME(lng,lat) 2017.08.05 14:11:51 / GPS(lng,lat,satellites) BAROMETER:1.9
                     or, Matrice: GPS(lat,lng,0.0M) BAROMETER:0.3M

A number counts only when what follows it is there too: the last one of a file that was cut off may be half.
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from pipeline.geo import Floats
from pipeline.telemetry.cues import Cues
from pipeline.telemetry.repair import Raw, Stamps, names_longitude

_NUMBER = r"([-+]?\d{1,7}(?:[.,]\d{1,18})?)"
_SEP = r"[ \t]{0,4}[:=][ \t]{0,4}"
_END = r"(?=[ \t]{0,4}[\]\n;)}|<]|[ \t,]{1,2}[\[a-z(])"
_METRES = r"(?=[ \t]?m\b|[ \t]{0,4}[\]\n;)}|<]|[ \t,]{1,2}[\[a-z(])"

_LATITUDE = (re.compile(r"latitude" + _SEP + _NUMBER + _END), re.compile(r"\blat" + _SEP + _NUMBER + _END))
_LONGITUDE = (
    re.compile(r"longt?itude" + _SEP + _NUMBER + _END),
    re.compile(r"\b(?:lon|lng|long)" + _SEP + _NUMBER + _END),
)
_HEIGHT = (
    re.compile(r"rel_alt" + _SEP + _NUMBER + _METRES),
    re.compile(r"(?<![\w./])h[ \t:]{1,3}" + _NUMBER + _METRES),
    re.compile(r"barometer" + _SEP + _NUMBER + _METRES),
    re.compile(r"hb" + _SEP + _NUMBER + _METRES),
)
_ABSOLUTE = re.compile(r"abs_alt" + _SEP + _NUMBER + _METRES)
_ALTITUDE = re.compile(r"altitude" + _SEP + _NUMBER + _METRES)
_GPS = re.compile(r"\bgps[ \t]{0,4}[:(][ \t]{0,4}\(?([^()\n]{3,90})\)")
_HOME = re.compile(r"\bhome[ \t]{0,4}\(([^()\n]{3,90})\)")
_DIFFTIME = re.compile(r"difftime" + _SEP + r"(\d{1,6}(?:\.\d{1,6})?)[ \t]{0,4}ms")
_COLOUR = re.compile(r"colou?r_md" + _SEP + r"([a-z0-9][a-z0-9_.-]{0,23})")
_CLOCK = re.compile(
    r"\b(\d{4})[-./](\d{1,2})[-./](\d{1,2})[ t]{1,3}"
    r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?(?:,(\d{3})\b)?"
)
_PART = re.compile(r"([nsew])?[ :]{0,3}([-+]?\d{1,7}(?:[.,]\d{1,18})?)[ °]{0,2}(m\b|[nsew]\b)?")

_MARKS = (
    "difftime",
    "color_md",
    "rel_alt",
    "barometer",
    "[iso",
    "gps(",
    "gps (",
)  # telemetry without a position

HIGHEST_FLIGHT_M = 500.0  # above take-off; DJI's firmware goes no higher


def columns(cues: Cues, source: str) -> Raw | None:
    """None when nothing in the text is telemetry (spoken subtitles, say). Times are those of the cues."""
    notes: list[str] = []
    found = _named(cues) or _tuples(cues, notes)
    height, altitude = _heights(cues)
    stamps, colour = _stamps(cues), _COLOUR.search(cues.text)
    if found is None:
        if not any(mark in cues.text for mark in _MARKS):
            return None
        nothing = np.full(len(cues.starts), np.nan)
        found = nothing, nothing, nothing, True, "DJI, no position fields"
    lng, lat, level, known, dialect = found
    if not known and names_longitude(lat, lng) and not names_longitude(lng, lat):
        lng, lat, known = lat, lng, True
        notes.append("latitude and longitude were exchanged: a latitude beyond 90 shows it")
    return Raw(
        source=f"{source} ({dialect})",
        time_s=cues.time_s,
        lng=lng,
        lat=lat,
        height_m=height,
        altitude_m=np.where(np.isfinite(altitude), altitude, level),
        stamps=stamps,
        colour_profile=colour.group(1) if colour else None,
        order_known=known or names_longitude(lng, lat),
        notes=tuple(notes),
    )


def frame_times(cues: Cues) -> Floats | None:
    """Seconds from adding up `DiffTime`, one per cue; None where a cue has none."""
    steps = _column(cues, _DIFFTIME) / 1000
    if len(steps) == 0 or not np.isfinite(steps).all():
        return None
    return np.asarray(np.concatenate([[0.0], np.cumsum(steps[:-1])]), np.float64)


Found = tuple[Floats, Floats, Floats, bool, str]  # lng, lat, altitude, is the order proven, dialect


def _named(cues: Cues) -> Found | None:
    for lat_name, lng_name in zip(_LATITUDE, _LONGITUDE, strict=True):
        lat, lng = _column(cues, lat_name), _column(cues, lng_name)
        if np.isfinite(lat).any() or np.isfinite(lng).any():
            # Some firmware writes the values under each other's names, so the names prove nothing.
            return lng, lat, np.full(len(lat), np.nan), False, "DJI, bracket fields"
    return None


def _tuples(cues: Cues, notes: list[str]) -> Found | None:
    """GPS(a, b, c): which of a and b is the longitude is decided once for the file.

    Letters (N, E) prove it, then a number beyond 90, then HOME beside it; else the dialect's habit: a third
    number in metres means lat, lng (Matrice), satellites mean lng, lat (all others).
    """
    a, b, third, unit, letters = _places(cues, _GPS)
    if not np.isfinite(a).any():
        return None
    home_a, home_b, *_, home_letters = _places(cues, _HOME)
    lng_first, known = unit != "m", True
    if letters or home_letters:
        lng_first = (letters or home_letters)[0] in "ew"
    elif names_longitude(a, b) != names_longitude(b, a):
        lng_first = names_longitude(a, b)
    elif names_longitude(home_a, home_b) != names_longitude(home_b, home_a):
        lng_first = names_longitude(home_a, home_b) != _crosses(a, b, home_a, home_b)
    else:
        known = False
        if _crosses(a, b, home_a, home_b):
            lng_first = not lng_first
            notes.append("GPS and HOME are written in opposite orders; HOME was taken as longitude, latitude")
    lng, lat = (a, b) if lng_first else (b, a)
    level = np.full(len(a), np.nan)
    if unit == "m":
        level = third if np.nan_to_num(third).any() else level  # 0.0M throughout: the field is not filled in
    elif (third == 0).any() and (third > 0).any():
        lng, lat = np.where(third == 0, np.nan, lng), np.where(third == 0, np.nan, lat)
        notes.append(f"positions without satellites left out ({int((third == 0).sum())})")
    line = "HOME and GPS lines" if np.isfinite(home_a).any() or "barometer" in cues.text else "F/ line"
    return lng, lat, level, known, f"DJI, {line}"


def _crosses(a: Floats, b: Floats, home_a: Floats, home_b: Floats) -> bool:
    """Do GPS and HOME agree only when one is turned round? (A drone stays within a degree of home.)"""
    both = np.isfinite(a) & np.isfinite(home_a) & ((a != 0) | (b != 0)) & ((home_a != 0) | (home_b != 0))
    if not both.any():
        return False
    gps = np.array([np.median(a[both]), np.median(b[both])])
    home = np.array([np.median(home_a[both]), np.median(home_b[both])])
    return bool(np.abs(gps - home).max() > 1 > np.abs(gps - home[::-1]).max())


def _places(cues: Cues, pattern: re.Pattern[str]) -> tuple[Floats, Floats, Floats, str, str]:
    """Three columns, the unit of the third (`m` or nothing) and the compass letters of the first two."""
    rows, values, unit, letters = [], [], "", ""
    for match in pattern.finditer(cues.text):
        numbers, its_unit, its_letters = parts(match.group(1))
        if len(numbers) >= 2:
            rows.append(match.start())
            values.append((*numbers, np.nan)[:3])
            unit, letters = unit or its_unit, letters or its_letters
    table = np.full((len(cues.starts), 3), np.nan)
    if rows:
        at = cues.rows(np.array(rows))
        table[at[at >= 0][::-1]] = np.array(values)[at >= 0][::-1]
    return table[:, 0], table[:, 1], table[:, 2], unit, letters


def parts(inside: str) -> tuple[list[float], str, str]:
    """The numbers in the brackets: points or decimal commas, `;`, `, ` or `,` between them, compass letters.

    Returns the numbers, "m" if the third carries that unit, and the compass letters ("we" …) if any.
    """
    if ";" in inside:
        pieces = inside.split(";")
    elif "." not in inside and re.search(r"\d,\d", inside):  # decimal commas: 149,0251, -20,2533, 16
        pieces = re.split(r",[ \t]+", inside)
        if len(pieces) == 1:  # no spaces either: 149,0251,-20,2533,16
            bare = inside.split(",")
            pieces = [",".join(bare[i : i + 2]) for i in range(0, len(bare), 2)] if len(bare) > 3 else bare
    else:
        pieces = inside.split(",")
    matches = [_PART.fullmatch(piece.strip()) for piece in pieces]
    numbers, letters, unit = [], "", ""
    for index, match in enumerate(matches):
        if match is None:
            return [], "", ""
        before, number, after = match.groups()
        letter = before or (after if after and after != "m" else "")
        value = float(number.replace(",", "."))
        numbers.append(-value if letter and letter in "sw" and value > 0 else value)
        letters += letter
        unit = "m" if index == 2 and after == "m" else unit
    return numbers, unit, letters if len(letters) >= 2 else ""


def _heights(cues: Cues) -> tuple[Floats, Floats]:
    """Metres above take-off and above the sea."""
    height = next((c for p in _HEIGHT if np.isfinite(c := _column(cues, p)).any()), None)
    absolute = _column(cues, _ABSOLUTE)
    if height is None:
        # `[altitude: 27.3]` (Mavic Air 2) counts from take-off: that sample was flown high above Barcelona's
        # sea front, beside a hill top of 260 m. A number no flight reaches must be above the sea.
        plain = _column(cues, _ALTITUDE)
        if not np.isfinite(absolute).any() and np.nanmedian([*plain[np.isfinite(plain)], 0]) > HIGHEST_FLIGHT_M:
            return np.full(len(plain), np.nan), plain
        return plain, absolute
    return height, absolute


def _column(cues: Cues, pattern: re.Pattern[str]) -> Floats:
    """One number a cue, the first that is written; NaN where there is none."""
    out = np.full(len(cues.starts), np.nan)
    found = [(match.start(), match.group(1)) for match in pattern.finditer(cues.text)]
    if found:
        rows = cues.rows(np.array([start for start, _ in found]))
        values = np.array([float(number.replace(",", ".")) for _, number in found])
        out[rows[rows >= 0][::-1]] = values[rows >= 0][::-1]
    return out


def _stamps(cues: Cues) -> Stamps:
    """Wall clocks: `2017.8.5 14:11:51`, `2019-09-27 10:28:08,438,904` (milli- then microseconds), `….692`."""
    matches = list(_CLOCK.finditer(cues.text))
    rows = cues.rows(np.array([match.start() for match in matches], np.int64))
    stamps: list[tuple[int, datetime]] = []
    for row, match in zip(rows.tolist(), matches, strict=True):
        *date, fraction, micro = match.groups()
        digits = (fraction or "0") + (micro or "" if len(fraction or "") == 3 else "")
        try:
            stamp = datetime(*map(int, [*date, digits[:6].ljust(6, "0")]))  # type: ignore[arg-type]
        except ValueError:
            continue
        if row >= 0 and not (stamps and stamps[-1][0] == row):
            stamps.append((row, stamp))
    return stamps
