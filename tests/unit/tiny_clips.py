"""Tiny real clips for the tests of the index and of the checks, encoded in milliseconds by PyAV."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def encoded(
    path: Path,
    *,
    options: dict[str, str],
    frames: int = 60,
    codec: str = "libx264",
    size: tuple[int, int] = (64, 48),
    **muxer: str,
) -> Path:
    """A tiny clip (30 fps, moving grey) with a stereo AAC track."""
    with av.open(str(path), "w", format="mp4", options=muxer) as out:
        video = out.add_stream(codec, rate=30, options=options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        context = video.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 1, 1, 1, 1
        sound = out.add_stream("aac", rate=48000)
        for number in range(frames):
            picture = np.full(size[::-1], (number * 7) % 200 + 16, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts = number
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for number in range(frames * 1600 // 1024):
            silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            silence.sample_rate, silence.pts = 48000, number * 1024
            out.mux(sound.encode(silence))
        out.mux(sound.encode(None))
    return path


CLOSED = {"g": "30", "keyint_min": "30", "bf": "0", "profile": "high", "x264-params": "scenecut=0:open-gop=0"}
