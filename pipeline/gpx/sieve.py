"""From the bytes of a GPX file to a plain, safe GPX text that any reader can take.

Files come gzipped, in all encodings, with wrong namespaces, broken numbers, megabytes of extensions, and now
and then with an entity bomb. Nothing is resolved or expanded here: a document type is refused on sight.
"""

from __future__ import annotations

import codecs
import gzip
import io
import math
import re
import stat
import unicodedata
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from pipeline.errors import MaterialError

_FILE_MAX, _UNPACKED_MAX, _POINTS_MAX, _BATCH = 100_000_000, 200_000_000, 500_000, 10_000
_YEARS = (631_152_000.0, 4_102_444_800.0)  # 1990 to 2100; receivers write 1970 when they do not know
_POINTS, _LEAVES = {"trkpt", "rtept", "wpt"}, {"name", "ele", "time"}
EXPORT = "export the route as GPX (most route planners and watches offer it) and name that file"
_CUT_OFF = (3, 5, 6, 20)  # expat: no element found, unclosed token, partial character, unclosed CDATA
_OTHERS = {
    "kml": "a KML file",
    "TrainingCenterDatabase": "a TCX file",
    "html": "a web page",
    "osm": "an OpenStreetMap file",
}
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")
_TEXT_CODEC = re.compile(r"iso8859-\d+|cp\d+|koi8-\w|mac-\w+|gb\w+|big5|shift_jis|euc_\w+|ascii|utf-8")
_UNWANTED = {*map(chr, [0x61C, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])}
_WITHIN = {
    "gpx": {"metadata", "name", "wpt", "rte", "trk"},
    "metadata": {"name"},
    "trk": {"name", "trkseg"},
    "trkseg": {"trkpt"},
    "trkpt": {"ele", "time"},
    "rte": {"name", "rtept"},
    "rtept": {"name", "ele", "time"},
    "wpt": {"name", "ele", "time"},
}


def read_text(path: Path) -> tuple[str, list[str]]:
    """The text of a file, unpacked and decoded, and notes on what had to be guessed. Raises MaterialError."""
    raw = _bytes(path)
    if not raw.strip(b"\0 \t\r\n"):
        raise MaterialError.at(path.name, "the file is empty", EXPORT)
    if raw[8:12] == b".FIT":
        raise MaterialError.at(path.name, "this is a FIT file, not GPX", EXPORT)
    if raw.startswith(b"PK\x03\x04"):
        raise MaterialError.at(path.name, "this is a ZIP or KMZ file, not GPX", "unpack it and " + EXPORT)
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(codec, "replace"), []
    if raw[:2] in (b"<\0", b"\0<"):
        return raw.decode("utf-16-le" if raw[0] else "utf-16-be", "replace"), []
    codec = "utf-8"
    if declared := _DECLARED.match(raw.lstrip()):
        try:
            found = codecs.lookup(declared[1].decode("ascii", "replace")).name
        except LookupError:
            found = codec
        codec = found if _TEXT_CODEC.fullmatch(found) else codec
    try:
        return raw.decode(codec), []
    except UnicodeDecodeError:
        note = f"The text of the file is not the {codec} it should be; it was read as windows-1252."
        return raw.decode("cp1252", "replace"), [note]


def _bytes(path: Path) -> bytes:
    """The content, unpacked when it is gzip (by its first bytes, whatever the name says)."""
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise MaterialError.at(path.name, "this is a folder, not a GPX file", "name the file in it")
        if not stat.S_ISREG(facts.st_mode):
            raise MaterialError.at(path.name, "this is a device, not a GPX file", EXPORT)
        if facts.st_size > _FILE_MAX:
            raise MaterialError.at(path.name, "the file is larger than 100 MB", "simplify the track")
        raw = path.read_bytes()
    except FileNotFoundError:
        what, remedy = "there is no such file", "check the name; paths are relative to the brief"
        raise MaterialError.at(str(path), what, remedy) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        what = f"the file cannot be read ({reason})"
        raise MaterialError.at(str(path), what, "check its permissions") from None
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        raw = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(_UNPACKED_MAX + 1)
    except (OSError, EOFError, zlib.error):
        what = "the gzip packing is damaged or incomplete"
        raise MaterialError.at(path.name, what, "copy or download the file again") from None
    if len(raw) > _UNPACKED_MAX:
        raise MaterialError.at(path.name, "the file unpacks to more than 200 MB", "simplify the track")
    return raw


class Sieve:
    """Reads XML once and writes plain GPX: names, and points with good coordinates and heights. The times of
    track points become a column (`times`, POSIX seconds) of their own.

    Namespaces and prefixes are ignored (many programs get them wrong). Garmin's route extension is the one
    exception to dropping extensions: its `rpt` points are the path between the route's own points. Long files
    come out as several documents, so that no reader ever holds more than a batch of points as objects.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.documents: list[
            tuple[str, str]
        ] = []  # what goes on from the one before ("trkseg", "rte" or nothing), text
        self.out: list[str] = []
        self.continues = ""
        self.times: list[float] = []  # of each track point; gpxpy would take as long for them as for the rest
        self.path: list[str] = []
        self.skipping = 0
        self.words: list[str] = []
        self.shape: list[str] = []
        self.points = self.batched = self.bad_places = self.bad_heights = 0

    def parse(self, text: str) -> None:
        """Take in a whole file. Raises MaterialError with the line when it is unsafe, broken or not GPX."""
        body = text.strip("\ufeff\0 \t\r\n")
        before = text[: text.find(body[:1])].count("\n") if body else 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.parser.EntityDeclHandler = self.refuse
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
        try:
            self.parser.Parse(body, True)
        except expat.ExpatError as error:
            line = error.lineno + before
            cut = error.code in _CUT_OFF
            reason = "the file breaks off here" if cut else expat.ErrorString(error.code)
            what = f"this is not well-formed XML ({reason})" if body[:1] == "<" else "this is not a GPX file"
            raise MaterialError.at(f"{self.name}:{line}", what, EXPORT) from None
        self.close()

    def refuse(self, *_: Any) -> None:
        what = "the file declares a document type or entities, which GPX does not need and which can do harm"
        raise MaterialError.at(f"{self.name}:{self.parser.CurrentLineNumber}", what, EXPORT)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2] if ":" in tag else tag
        if not self.path:
            self.root(local)
        elif local not in _WITHIN.get(self.path[-1], ()):
            return self.skip()
        elif local in _POINTS:
            self.count_point()
            if not (spot := _spot(attributes)):
                self.bad_places += 1
                return self.skip()
            self.out.append(f"<{local} {spot}>")
            if local == "trkpt":
                self.times.append(math.nan)
        elif local in _LEAVES:
            self.words = []
            self.parser.CharacterDataHandler = self.words.append
        elif local != "metadata":
            self.out.append(f"<{local}>")
        self.path.append(local)

    def end(self, _: str) -> None:
        local = self.path.pop()
        if local in _LEAVES:
            self.parser.CharacterDataHandler = None
            self.leaf(local, "".join(self.words).strip())
        elif local in _POINTS:
            self.out.append(f"</{local}>")
            self.out += self.shape
            self.shape = []
            if self.batched >= _BATCH:
                self.close()
        elif local not in ("gpx", "metadata"):
            self.out.append(f"</{local}>")

    def root(self, local: str) -> None:
        if local.lower() != "gpx":
            kind = _OTHERS.get(local) or f"an XML file of another kind (<{local[:40]}>)"
            raise MaterialError.at(self.name, f"this is {kind}, not GPX", EXPORT)

    def skip(self) -> None:
        self.skipping = 1
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.deeper, self.shallower

    def deeper(self, tag: str, attributes: dict[str, str]) -> None:
        self.skipping += 1
        if tag.endswith("rpt") and self.path[-1] == "rtept" and (spot := _spot(attributes)):
            self.shape.append(f"<rtept {spot}/>")
            self.count_point()

    def shallower(self, _: str) -> None:
        self.skipping -= 1
        if not self.skipping:
            self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end

    def leaf(self, local: str, text: str) -> None:
        if local == "name":
            text = escape(clean_name(text))
        elif local == "time":
            if self.path[-1] == "trkpt":
                self.times[-1] = epoch(text)
            return
        elif text and not -500 <= _number(text) <= 9000:
            text = ""
            self.bad_heights += 1
        if text:
            self.out.append(f"<{local}>{text}</{local}>")

    def count_point(self) -> None:
        self.points += 1
        self.batched += 1
        if self.points > _POINTS_MAX:
            what = f"the file has more than {_POINTS_MAX:,} points"
            raise MaterialError.at(self.name, what, "simplify the track, or split the file by day")

    def close(self) -> None:
        """End a document; what is open in it goes on in the next."""
        inside = [local for local in self.path[1:] if local != "metadata"]
        tail = "".join(f"</{local}>" for local in reversed(inside))
        text = f'<gpx version="1.0">{"".join(self.out)}{tail}</gpx>'
        self.documents.append((self.continues, text))
        self.out = [f"<{local}>" for local in inside]
        self.continues, self.batched = inside[-1] if inside else "", 0

    def notes(self) -> list[str]:
        notes = []
        if self.bad_places:
            notes.append(f"{count(self.bad_places, 'point')} without usable coordinates left out.")
        if self.bad_heights:
            notes.append(f"{count(self.bad_heights, 'height')} that cannot be read left out.")
        return notes


def _number(text: str) -> float:
    """A number or NaN; Python's own extras (`1_000`, other digits) are no numbers here."""
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


def _spot(attributes: dict[str, str]) -> str:
    """`lat="…" lon="…"`, or nothing when they are not a place on the globe."""
    try:
        lat, lng = attributes["lat"], attributes["lon"]
        good = abs(float(lat)) <= 90 and abs(float(lng)) <= 180 and (lat + lng).isascii()
    except (KeyError, ValueError):
        return ""
    return f'lat="{lat}" lon="{lng}"' if good and "_" not in lat + lng else ""


def epoch(text: str) -> float:
    """POSIX seconds of an ISO time; without a zone it is UTC, as GPX says. NaN where that cannot be meant."""
    try:
        time = datetime.fromisoformat(text)
        seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return math.nan
    return seconds if _YEARS[0] <= seconds <= _YEARS[1] else math.nan


def clean_name(text: str) -> str:
    """A name on one line: no control characters, no marks that turn the direction of text, at most 200 long.
    Joiners stay, emoji and Indic scripts need them."""
    shown = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in text[:5000]
        if c not in _UNWANTED and unicodedata.category(c) not in ("Cs", "Cn", "Co")
    )
    return " ".join(shown.split())[:200].rstrip("\u200d ")


def count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + "s" * (n != 1)
