"""A promo for the tests of the proof: tiny real clips in as many shapes and languages as wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipeline.platforms import load_platform
from pipeline.proof import ProofClip, ProofFact, ProofPromo, ProofShot
from pipeline.sidecar import Check, Credit, PostWords
from pipeline.subtitles import Cue

EVIL = "</script><img src=x onerror=alert(1)> `${alert(2)}` \\\" ' & {{7*7}} {% raw %} \u202eover"
SEEN = EVIL.replace("\u202e", "")  # what may be left of it: marks that turn the text are taken out
NOW = datetime(2026, 11, 22, 10, 38, tzinfo=UTC)
USUAL = ("instagram-reel", "youtube-short", "youtube", "x", "instagram-feed-1x1")
LENGTH = Fraction(12)
SHOTS = (
    ProofShot(role="opening", start=Fraction(0), end=Fraction(3), what="Drone footage, near the pond"),
    ProofShot(role="route", start=Fraction(3), end=Fraction(7), what="Map of the route"),
    ProofShot(role="along", start=Fraction(7), end=Fraction(10), what="Drone footage, near Barn Hill"),
    ProofShot(role="end", start=Fraction(10), end=LENGTH, what="Title card"),
)


def check(id: str = "whole", *, passed: bool = True, level: Any = "block", **more: str) -> Check:
    words = {"what": f"The check {id}", "measured": "9", "limit": "at most 8", "remedy": "" if passed else "do less"}
    return Check(id=id, passed=passed, level=level, **(words | more))


def filmed(path: Path, width: int, height: int, *, fps: int = 10, gop: int = 20) -> str:
    """A clip whose grey grows with the second: 40 at first, 10 more each second. Its keyframes are 2 s apart, and at
    the beginnings of SHOTS. Gives its checksum."""
    starts = {int(shot.start * fps) for shot in SHOTS}
    with av.open(str(path), "w", format="mp4") as out:
        options = {"g": str(gop), "bf": "0", "preset": "ultrafast", "x264-params": "scenecut=0"}
        stream = out.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(int(LENGTH * fps)):
            grey = np.full((height, width, 3), 40 + 10 * (number // fps), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(format="yuv420p")
            frame.pts = number
            frame.pict_type = av.video.frame.PictureType.I if number in starts else av.video.frame.PictureType.NONE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def clip(folder: Path, platform: str, lang: str = "en", *, scale: int = 6, **more: Any) -> ProofClip:
    """A clip of `platform`, `scale` times smaller than it asks for; the file is made when `folder` lacks it."""
    one = load_platform(platform)
    frame = one.frames[0]
    width, height = (side // scale // 2 * 2 for side in (frame.size.width, frame.size.height))
    name = f"{platform}.{lang}"
    path = folder / f"{name}.mp4"
    total = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else filmed(path, width, height)
    values: dict[str, Any] = {
        "name": name, "platform": platform, "label": one.label, "lang": lang, "sha256": total,
        "bytes": path.stat().st_size, "width": width, "height": height, "length": LENGTH, "safe": frame.safe,
        "post": PostWords(
            text="Five gentle miles.\n\n5 miles (8 km), circular.\n\nMore: https://example.gov.uk/walk\n\n#WalkBrent",
            hashtags=("WalkBrent",), link="https://example.gov.uk/walk", alt="A meadow and a pond from above.",
        ),
        "takes_alt": one.alt_text, "captions_file": bool(one.captions_sidecar), "shots": SHOTS,
        "cues": (
            Cue(start=Fraction(0), end=Fraction(3), text="A walk\n5 miles"),
            Cue(start=Fraction(7), end=Fraction(9), text="Barn Hill pond"),
        ),
        "checks": tuple(check(f"check-{k}", measured=str(k)) for k in range(28)),
    }  # fmt: skip
    safe = type(frame.safe)(**{side: value // scale for side, value in vars(frame.safe).items()})
    return ProofClip(**(values | {"safe": safe} | more))


def promo(
    folder: Path, platforms: Sequence[str] = USUAL, languages: Sequence[str] = ("en",), **more: Any
) -> ProofPromo:
    """The usual promo; `clips` in `more` stand in place of those that would be made."""
    clips = more.pop("clips", None) or tuple(clip(folder, one, lang) for one in platforms for lang in languages)
    rows = (
        ("Title", "A walk in the country park", "typed in the brief"),
        ("Distance", "5 miles (8 km)", "computed from the planned route in walk.gpx"),
        ("Ascent", "210 ft (65 m) of ascent", "computed from the heights in walk.gpx"),
        ("Walking time", "2 h to 2 h 30 min", "estimated from distance and ascent, without stops"),
        *((f"Caption {k}", "Barn Hill pond, and the best view in Brent", "typed in the brief") for k in range(1, 5)),
        ("End card", "Find the route", "our standard words"),
        ("Map", "roads, paths, water and land", "from © OpenStreetMap contributors"),
    )
    values: dict[str, Any] = {
        "id": "route", "titles": tuple((lang, f"A walk in the country park ({lang})") for lang in languages),
        "clips": clips, "facts": tuple(ProofFact(what=a, value=b, origin=c) for a, b, c in rows),
        "credits": (Credit(text="© OpenStreetMap contributors", source="map", licence="ODbL 1.0"),),
        "code": "7F3A-C2", "made_by": "j.evans", "made_at": NOW,
    }  # fmt: skip
    return ProofPromo(**(values | more))
