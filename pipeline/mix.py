"""What is heard over a timeline, before anybody mixes it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

TARGET_LUFS = -14.0  # facts A1: what clips on social networks are usually at
PEAK_DBTP = -2.0  # facts A3: at most -1 after encoding; AAC was seen to add 0.5 to 0.8
FADE_S = 1.5
VERSION = 2  # of how it is mixed: other steps, another sound


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What is heard. Fingerprints stand for the files' contents."""

    length: Fraction
    music: Path | None = None
    music_fingerprint: str = ""
    voice: Path | None = None
    voice_fingerprint: str = ""

    def recipe(self) -> dict[str, Any]:
        return {
            "length": str(self.length),
            "music": self.music_fingerprint,
            "voice": self.voice_fingerprint,
            "levels": [TARGET_LUFS, PEAK_DBTP, FADE_S, VERSION],
        }
