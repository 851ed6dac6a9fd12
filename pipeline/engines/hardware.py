"""Hardware that encodes: proved by being used as it will be used, before anything relies on it."""

from __future__ import annotations

from pipeline import ffmpeg
from pipeline.pieces import Encoder


def refusal(tag: str) -> str:
    """Why this machine cannot encode with the hardware `tag` ("nvenc"); "" when it can."""
    return ffmpeg.refusal(*Encoder(peak_bps=8_000_000, gop=60, hardware=tag).arguments())
