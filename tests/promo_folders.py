"""Folders as rendering leaves them, without rendering: clips of any bytes, with sidecars and words that fit them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.sidecar import Check, PostWords, Sidecar

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WARNING = Check(id="T7", what="Text size", measured="3 %", limit="4 %", passed=False, level="warn", remedy="larger")
FORBIDS = Check(id="F1", what="Flashes", measured="5", limit="3", passed=False, level="block", remedy="cut the shot")
FINE = Check(id="whole", what="The file is complete", measured="yes", limit="yes", passed=True, level="block")

_CUES = "1\n00:00:00,000 --> 00:00:02,000\n{}\n"


def clip(
    folder: Path,
    platform: str = "instagram-reel",
    lang: str = "en",
    *,
    data: bytes | None = None,
    checks: Sequence[Check] = (FINE,),
    alt: str = "A pond between trees.",
    text: str = "Walk to the pond.",
    subtitles: str = "Barn Hill pond",
    size: tuple[int, int] = (1080, 1920),
) -> Path:
    """One finished clip with all beside it; gives the path of the clip."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{platform}.{lang}"
    film = folder / f"{stem}.mp4"
    data = f"film {platform} {lang}".encode() if data is None else data
    film.write_bytes(data)
    (folder / f"{stem}.jpg").write_bytes(b"picture")
    (folder / f"{stem}.srt").write_text(_CUES.format(subtitles), encoding="utf-8")
    (folder / f"{stem}.vtt").write_text(
        "WEBVTT\n\n" + _CUES.format(subtitles).partition("\n")[2].replace(",", "."), encoding="utf-8"
    )
    (folder / f"{stem}.post.txt").write_text(text + "\n", encoding="utf-8")
    note = Sidecar(
        platform=platform, lang=lang, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), width=size[0],
        height=size[1], fps=30, duration_s=2.0, fingerprint="f" * 32, post=PostWords(text=text, alt=alt),
        checks=tuple(checks), made_at=NOW,
    )  # fmt: skip
    (folder / f"{stem}.json").write_text(note.to_json(), encoding="utf-8")
    return film


def reworded(folder: Path, stem: str, **post: Any) -> None:
    """Changes the sidecar's `post` alone, as a person with an editor would."""
    path = folder / f"{stem}.json"
    values = json.loads(path.read_text("utf-8"))
    values["post"] |= post
    path.write_text(json.dumps(values), encoding="utf-8")
