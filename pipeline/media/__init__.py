"""The door to video files (PyAV): what a file says of itself, read from its tables, no picture decoded.

A probe costs a few milliseconds however long the clip is. The demuxer is named by `container.examined`, libav
may open local files only, and what no camera writes (absurd sizes, lengths, numbers of streams) is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.errors import MaterialError
from pipeline.footage import Clip, Part, Transfer
from pipeline.media.container import MAX_STREAMS, Container, examined, fingerprint
from pipeline.media.frameindex import Timeline, timeline
from pipeline.timing import Span

MAX_SIDE_PX = 8192
MAX_PIXELS = 40_000_000

_COPY_AGAIN = "copy it from the card again"
_TRANSFERS: dict[int, Transfer] = {16: "pq", 18: "hlg"}
_MATRICES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
_PRIMARIES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 12: "p3"}
_FULL_RANGE = 2


@contextmanager
def opened(path: Path, demuxer: str, *, name: str) -> Iterator[Any]:
    """The file as a PyAV container, and every libav error inside as one MaterialError about `name`."""
    import av

    options = {"protocol_whitelist": "file", "max_streams": str(MAX_STREAMS), "fpsprobesize": "0"}
    try:
        # Tags in other encodings than UTF-8 are common in the wild; none of them matters here.
        with av.open(
            f"file:{path.absolute()}", format=demuxer, options=options, metadata_errors="replace"
        ) as container:
            yield container
    except (av.error.FFmpegError, OSError) as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise MaterialError.at(name, f"this video cannot be read: {reason}", _COPY_AGAIN) from error


def probe(path: Path, *, name: str) -> Clip:
    """The clip in one file. Raises MaterialError with one sentence when there is no usable picture in it."""
    try:
        size = path.stat().st_size
        if path.is_dir() or not path.is_file():
            raise MaterialError.at(name, "this is not a file", "name a video file or a folder of them")
        kind = examined(path, name=name)
        mark = fingerprint(path)
    except (FileNotFoundError, ValueError):  # a name with a NUL in it is a ValueError
        raise MaterialError.at(name, "this file does not exist", "check the spelling and the folder") from None
    except OSError as error:
        raise MaterialError.at(name, f"this file cannot be read: {error.strerror}", "check its rights") from None
    with opened(path, kind.demuxer, name=name) as file:
        stream = _picture(file, name)
        times = timeline(file, stream, kind, size=size, name=name)
        _fit(stream.codec_context, name)
        return _clip(path, name, mark, kind, file, stream, times)


def _picture(file: Any, name: str) -> Any:
    """The main picture stream: as ffmpeg would choose, the largest that is not a cover."""
    from av.stream import Disposition

    if len(file.streams) > MAX_STREAMS:
        raise MaterialError.at(name, f"this file has {len(file.streams)} streams", "save it anew as MP4")
    covers = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
    videos = [stream for stream in file.streams.video if not stream.disposition & covers]
    if not videos:
        what = "there is sound but no picture" if file.streams.audio else "there is no picture"
        raise MaterialError.at(name, f"{what} in this file", "give a video, or leave it out")
    known = [stream for stream in videos if stream.codec_context is not None]
    if not known:
        raise MaterialError.at(name, "its picture is coded in a way I cannot decode", "save it anew as H.264")
    return max(known, key=lambda stream: (stream.codec_context.width * stream.codec_context.height, -stream.index))


def _fit(coded: Any, name: str) -> None:
    """Raises MaterialError for pictures that cannot be made out or that no camera takes."""
    if not coded.pix_fmt or not coded.width:
        raise MaterialError.at(name, f"its {coded.name} picture cannot be made out", _COPY_AGAIN)
    if max(coded.width, coded.height) > MAX_SIDE_PX or coded.width * coded.height > MAX_PIXELS:
        raise MaterialError.at(
            name,
            f"its picture of {coded.width}×{coded.height} is larger than I take",
            "save it at 8K or less",
        )
    if min(coded.width, coded.height) < 16:
        raise MaterialError.at(name, f"its picture is only {coded.width}×{coded.height} pixels", "leave it out")


def _clip(path: Path, name: str, mark: str, kind: Container, file: Any, stream: Any, times: Timeline) -> Clip:
    coded = stream.codec_context
    turn = kind.turns.get(stream.id, 0)
    aspect, notes = _aspect(stream)
    width, height = max(2, round(coded.width * aspect)), coded.height
    if turn in (90, 270):
        width, height = height, width
    transfer: Transfer = _TRANSFERS.get(int(coded.color_trc or 0), "sdr")
    guess = "bt2020" if transfer != "sdr" else "bt601" if coded.height <= 576 and coded.width <= 1024 else "bt709"
    late = times.first > Fraction(1, 10)
    return Clip(
        name=name,
        parts=(Part(path=path, start=Fraction(0), duration=times.end),),
        fingerprint=mark,
        duration=times.end,
        fps=times.fps,
        variable_rate=times.variable,
        width=width,
        height=height,
        coded_width=coded.width,
        coded_height=coded.height,
        rotation=turn,
        sample_aspect=aspect,
        codec=coded.codec.canonical_name,
        pix_fmt=coded.pix_fmt,
        bit_depth=coded.format.components[0].bits,
        transfer=transfer,
        matrix=_MATRICES.get(int(coded.colorspace or 0), guess),
        primaries=_PRIMARIES.get(int(coded.color_primaries or 0), guess),
        full_range=coded.pix_fmt.startswith("yuvj") or int(coded.color_range or 0) == _FULL_RANGE,
        has_sound=any(audio.codec_context is not None for audio in file.streams.audio),
        created=_created(file, stream),
        keyframes_s=times.keyframes,
        flight=None,
        damaged=(Span(start=Fraction(0), end=times.first),) if late else (),
        notes=(*times.notes, *notes),
        reordered=bool(stream.codec_context.has_b_frames),
        stream=stream.index,
        demuxer=kind.demuxer,
    )


def _aspect(stream: Any) -> tuple[Fraction, tuple[str, ...]]:
    aspect = Fraction(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1)
    if Fraction(1, 4) <= aspect <= 4:
        return aspect, ()
    return Fraction(1), (f"its pixels claim to be {aspect} times as wide as high; taken as square",)


def _created(file: Any, stream: Any) -> datetime | None:
    """The container's creation time; recorders without a clock write the epoch, which says nothing."""
    text = file.metadata.get("creation_time") or stream.metadata.get("creation_time")
    try:
        value = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if value is None or value.year <= 1980:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
