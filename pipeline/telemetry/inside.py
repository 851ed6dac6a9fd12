"""What the video file itself carries: finds the telemetry track and hands its samples to their reader.

Only the index is read, and then the samples of the one track that is wanted; the picture stays on the disk.
The format is forced to MP4/MOV and the protocol to plain files, so a playlist that poses as a clip opens
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.flight import Flight
from pipeline.telemetry import djmd, gpmf, repair, subtitles
from pipeline.telemetry.cues import joined
from pipeline.telemetry.repair import Raw

LIMIT_BYTES = 256 * 2**20  # of one telemetry track
LIMIT_SAMPLES = 1_000_000
_SNIFFED = 3

_PLACE = re.compile(r"([+-]\d{1,2}(?:\.\d{1,12})?)([+-]\d{1,3}(?:\.\d{1,12})?)")

Sample = tuple[float, bytes]  # begins at (s of the clip), bytes


def flight_inside(video: Path, *, duration: Fraction) -> Flight | None:
    """The first track with positions: GPMF, djmd or subtitles. None for a file that is odd or has none."""
    import av

    try:
        with _opened(video) as container, video.open("rb") as file:
            found = [raw for raw in _tracks(container, file, video, duration) if raw is not None]
    except (av.FFmpegError, OSError, ValueError, LookupError):
        return None
    flights = [repair.flight(raw, duration, None if raw.order_known else tagged_place(video)) for raw in found]
    return next((one for one in flights if one.has_fix), flights[0] if flights else None)


def _tracks(container: Any, file: BinaryIO, video: Path, duration: Fraction) -> Iterator[Raw | None]:
    start = next((s.start_time * s.time_base for s in container.streams.video if s.start_time), Fraction(0))
    for stream in container.streams:
        handler = stream.metadata.get("handler_name", "").lower()
        if stream.type == "data" and "dbg" not in handler:  # dbgi is DJI's debugging log, large and encrypted
            if any(gpmf.is_gpmf(data) for _, data in _samples(stream, file, Fraction(0), _SNIFFED)):
                yield gpmf.raw(_payloads(_samples(stream, file, start), float(duration)), video.name)
            elif djmd.place_path([data for _, data in _samples(stream, file, Fraction(0), 50)]):
                # One message a frame: the first belongs to the first frame, whatever the edit list says.
                samples = list(_samples(stream, file, None))
                yield djmd.raw([data for _, data in samples], [at for at, _ in samples], video.name)
        elif stream.type == "subtitle":
            samples = list(_samples(stream, file, start))
            texts = [_shown(data) for _, data in samples]
            yield subtitles.raw(joined(texts, [at for at, _ in samples]), f"{video.name}, subtitle track", duration)


def _samples(stream: Any, file: BinaryIO, start: Fraction | None, limit: int = LIMIT_SAMPLES) -> Iterator[Sample]:
    """Samples by the index, in order; `start` is the clip's first moment, None for the track's own."""
    total = 0
    first = start / stream.time_base if start is not None else None
    for number, entry in enumerate(stream.index_entries):
        total += entry.size
        if number >= limit or total > LIMIT_BYTES:
            return
        first = entry.timestamp if first is None else first
        file.seek(entry.pos)
        yield float((entry.timestamp - first) * stream.time_base), file.read(entry.size)


def _payloads(samples: Iterator[Sample], duration: float) -> list[gpmf.Payload]:
    """A payload lasts until the next; the last as long as the one before, or to the end of the clip."""
    listed = list(samples)
    starts = [at for at, _ in listed]
    lengths = [after - at for at, after in pairwise(starts)]
    lengths.append(min(lengths[-1], duration - starts[-1]) if lengths else duration)
    return [(at, max(length, 0.0), data) for (at, data), length in zip(listed, lengths, strict=True)]


def _shown(data: bytes) -> str:
    """The text of a mov_text sample: two bytes of length, the text, then style boxes."""
    length = int.from_bytes(data[:2], "big")
    return data[2 : 2 + length].decode("utf-8", "replace")


def tagged_place(video: Path) -> tuple[float, float] | None:
    """lng, lat that the recorder wrote into the file's header (`+37.8062-122.4796+62/`); None without."""
    import av

    try:
        with _opened(video) as container:
            written = [text for key, text in container.metadata.items() if "location" in key.lower()]
    except (av.FFmpegError, OSError, ValueError, LookupError):
        return None
    match = next((match for text in written if (match := _PLACE.match(text))), None)
    if match is None or not any(map(float, match.groups())):
        return None
    return float(match.group(2)), float(match.group(1))


def _opened(video: Path) -> Any:
    import av

    # A telemetry track needs no probing of the picture, which is what takes long with 4K.
    options = {"protocol_whitelist": "file", "probesize": "32", "analyzeduration": "0"}
    return av.open(str(video.absolute()), format="mov", options=options)
