"""Photos that the brief lists among its footage: opened with care, turned upright, placed on the globe by their EXIF.

What the file says of camera, person and place is read here and goes no further: only pixels are drawn.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import MaterialError
from pipeline.files import sha256

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
STRANGERS = frozenset({".heic", ".heif", ".dng", ".raw", ".tif", ".tiff", ".gif", ".avif"})
_MOST_PIXELS = 120_000_000  # more than any drone takes; a small file can claim to hold far more
_MOST_BYTES = 120_000_000
_GPS = 0x8825


@dataclass(frozen=True, kw_only=True)
class Photo:
    """`place`: lng, lat where it was taken, when the file says so."""

    name: str
    path: Path
    fingerprint: str
    place: tuple[float, float] | None


def is_photo(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES | STRANGERS


def read_photo(path: Path, name: str) -> Photo:
    """Raises MaterialError for what is no picture, too large, or of a kind that is not read."""
    if path.suffix.lower() in STRANGERS:
        kind = path.suffix[1:].upper()
        raise MaterialError.at(name, f"photos in {kind} format are not read", "save it as JPEG")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise MaterialError.at(name, "the photo is larger than 120 MB", "save it as JPEG")
        with _opened(path) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise MaterialError.at(name, f"the photo has {width} × {height} pixels, which is too many", "scale it")
            place = _place(image.getexif())
            image.draft("RGB", (480, 480))  # JPEG: an eighth of the work, and still every block is decoded
            image.load()
        return Photo(name=name, path=path, fingerprint=sha256(path)[:32], place=place)
    except FileNotFoundError:
        raise MaterialError.at(name, "there is no such file", "check the spelling") from None
    except MaterialError:
        raise
    except Exception as error:  # Pillow's readers raise almost anything for a damaged file
        raise MaterialError.at(
            name, "it is not a photo that can be opened", "copy it again, or leave it out"
        ) from error


def pixels(photo: Path, longest: int) -> Any:
    """The photo upright as an RGB Pillow image whose longer side is at most `longest` pixels."""
    from PIL import Image, ImageOps

    with _opened(photo) as image:
        image.draft("RGB", (2 * longest, 2 * longest))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return upright


def _opened(path: Path) -> Any:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own warning of large pictures; our limit is told in words
        return Image.open(path, formats=["JPEG", "PNG", "WEBP", "MPO"])


def _place(exif: Any) -> tuple[float, float] | None:
    """From the GPS block: degrees, minutes and seconds with their hemisphere."""
    gps = exif.get_ifd(_GPS)
    try:
        lat, lng = (sum(float(part) / 60**n for n, part in enumerate(gps[key])) for key in (2, 4))
        lat *= -1 if str(gps.get(1, "N")).upper().startswith("S") else 1
        lng *= -1 if str(gps.get(3, "E")).upper().startswith("W") else 1
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not (abs(lat) <= 90 and abs(lng) <= 180) or lat == lng == 0:
        return None
    return lng, lat
