"""What is heard over a timeline, before anybody mixes it, and what can be said of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

TARGET_LUFS = -14.0  # facts A1: what clips on social networks are usually at
PEAK_DBTP = -2.0  # before encoding; AAC was seen to add 0.5 to 0.8
MOST_DBTP = -1.0  # facts A3: after encoding
SPEECH_OVER_MUSIC_DB = 20.0  # facts A4
FADE_S = 2.5
VERSION = 3  # of how it is mixed: other steps, another sound


@dataclass(frozen=True, kw_only=True)
class Own:
    """The sound of a clip itself under one shot, times in seconds: `length` from `start` of the file, heard at `at`."""

    path: Path
    fingerprint: str
    at: Fraction
    start: Fraction
    length: Fraction


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What is heard. Fingerprints stand for the files' contents."""

    length: Fraction
    music: Path | None = None
    music_fingerprint: str = ""
    voice: Path | None = None
    voice_fingerprint: str = ""
    own: tuple[Own, ...] = ()

    def recipe(self) -> dict[str, Any]:
        return {
            "length": str(self.length),
            "music": self.music_fingerprint,
            "voice": self.voice_fingerprint,
            "own": [[one.fingerprint, str(one.at), str(one.start), str(one.length)] for one in self.own],
            "levels": [TARGET_LUFS, PEAK_DBTP, MOST_DBTP, SPEECH_OVER_MUSIC_DB, FADE_S, VERSION],
        }


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """What was measured on the tracks while they were still apart. None: nobody speaks, or there is nothing below."""

    speech_over_music_db: float | None = None  # the phrase with the least
    at_s: float = 0.0  # where that is
    voice_cut_s: float = 0.0  # of the voice-over, what is longer than the clip and still speaks
    repeats: int = 0  # how often the music begins anew
