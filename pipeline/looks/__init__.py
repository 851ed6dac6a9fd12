"""Looking at a clip here and there: a few keyframes, each with the picture after it, judged by plain numbers.

Decoding is what costs, so a look takes only as many samples as a tenth of decoding the whole clip pays for.
From each sample come the camera's motion (phase correlation of two pictures), sharpness, exposure and mean
colour. What does not decode is named as damaged. A look can be remembered: it depends on the bytes of the
clip and on `footage.LOOK_VERSION`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pipeline.errors import MaterialError
from pipeline.footage import LOOK_COLUMNS, Clip, Look, Part
from pipeline.geo import Floats
from pipeline.looks.pictures import moved, sharpness
from pipeline.media import opened
from pipeline.timing import Span, merged

WIDTH = 160  # the longer side of the picture that is judged
SAMPLES = 24

_BUDGET = 0.08  # of decoding the clip; leaves a fifth of the tenth in hand
# Measured: a keyframe and its successor cost as much as 3.5 mean pictures, opening a file as much as 4;
# judging a sample takes 5 ms whatever the clip, and decoding a mean picture 2.5 ns a pixel.
_DECODE_COST, _OPEN_COST, _JUDGE_S, _PIXEL_S = 3.5, 4.0, 0.005, 2.5e-9
_DARK, _BRIGHT = 6, 249  # of 255: nothing can be made out
_READ_AHEAD = 40  # packets after a keyframe in which its successor is looked for


def look(clip: Clip, spans: Sequence[Span] | None = None, *, samples: int = SAMPLES) -> Look:
    """Looks at keyframes spread over `spans` (default: the whole clip), `samples` at most, within the budget.

    Raises MaterialError when the file cannot be opened any more.
    """
    wanted = _spread(clip, spans, min(samples, affordable(clip)))
    rows: list[tuple[float, ...]] = []
    damaged: list[Span] = []
    for part, keys in _by_part(clip, wanted):
        with opened(part.path, clip.demuxer, name=clip.name) as file:
            stream = _decoding(file, clip, skip_loop_filter="all")
            for key in keys:
                pictures = _pair(file, stream, key - float(part.start))
                if pictures:
                    rows.append(_judged(pictures, float(stream.time_base), float(part.start) - _origin(file)))
                else:
                    damaged.append(_until_next_key(clip, key))
    table = np.array(sorted(rows), np.float64).reshape(-1, len(LOOK_COLUMNS) + 3)
    columns = {name: table[:, index] for index, name in enumerate(LOOK_COLUMNS)}
    return Look(**columns, colour=table[:, len(LOOK_COLUMNS) :], damaged=merged([*clip.damaged, *damaged]))


def affordable(clip: Clip) -> int:
    """How many samples a tenth of decoding the clip pays for; at least one."""
    sample = _DECODE_COST + _JUDGE_S / (_PIXEL_S * clip.coded_width * clip.coded_height)
    pictures = float(clip.duration * clip.fps)
    return max(1, int((_BUDGET * pictures - _OPEN_COST * len(clip.parts)) / sample))


def damage(clip: Clip, span: Span) -> tuple[Span, ...]:
    """The stretches of `span` that do not decode. Decodes all of it: for when something went wrong there."""
    found: list[Span] = []
    for part in clip.parts:
        start, end = max(span.start, part.start), min(span.end, part.start + part.duration)
        if start < end:
            inside = Span(start=start - part.start, end=end - part.start)
            for hole in _holes(clip, part, inside):
                hole = Span(start=hole.start + part.start, end=hole.end + part.start)
                if hole.overlaps(span):
                    found.append(Span(start=max(hole.start, span.start), end=min(hole.end, span.end)))
    return merged(found)


def _spread(clip: Clip, spans: Sequence[Span] | None, count: int) -> list[float]:
    """Keyframes evenly over the spans; the one before a span when there is none inside."""
    keys = np.array(clip.keyframes_s or (0.0,), np.float64)
    inside = np.zeros(len(keys), bool)
    for span in spans if spans is not None else [Span(start=Fraction(0), end=clip.duration)]:
        here = (keys >= float(span.start)) & (keys < float(span.end))
        if not here.any():
            here[max(0, int(np.searchsorted(keys, float(span.start), side="right")) - 1)] = True
        inside |= here
    chosen = keys[inside]
    if len(chosen) > count:
        places = (np.arange(count) + 0.5) * len(chosen) / count
        chosen = chosen[places.astype(int)]
    return [float(key) for key in chosen]


def _by_part(clip: Clip, keys: Sequence[float]) -> Iterator[tuple[Part, list[float]]]:
    for part in clip.parts:
        start, end = float(part.start), float(part.start + part.duration)
        mine = [key for key in keys if start - 1e-6 <= key < end - 1e-6]
        if mine:
            yield part, mine


def _decoding(file: Any, clip: Clip, **options: str) -> Any:
    """The picture stream, set to say aloud what does not decode instead of patching it up."""
    if clip.stream >= len(file.streams) or file.streams[clip.stream].type != "video":
        raise MaterialError.at(clip.name, "this file has changed since it was probed", "run again")
    stream = file.streams[clip.stream]
    stream.codec_context.thread_count = 1  # errors then come with the packet that has them
    stream.codec_context.options = {"err_detect": "explode", **options}
    return stream


def _origin(file: Any) -> float:
    return (file.start_time or 0) / 1_000_000


def _pair(file: Any, stream: Any, at: float) -> list[Any]:
    """The keyframe at second `at` of the file and the picture decoded after it (alone when there is none);
    nothing when one does not decode."""
    import av

    coder, pictures = stream.codec_context, []
    try:
        file.seek(round((at + _origin(file)) / stream.time_base), stream=stream)
        key = None
        for _, packet in zip(range(_READ_AHEAD), file.demux(stream), strict=False):
            if packet.dts is None and packet.size == 0:
                break
            if key is None:
                if not packet.is_keyframe:
                    continue
                key = packet.pts
                pictures += coder.decode(packet)
            # Pictures shown before the keyframe lean on the group before it: they are passed over.
            elif packet.pts is not None and key is not None and packet.pts > key and not packet.is_keyframe:
                pictures += coder.decode(packet)
                break
            elif packet.is_keyframe:
                break
        pictures += coder.decode(None)
    except av.error.FFmpegError:
        coder.flush_buffers()
        return []
    return sorted((p for p in pictures if p.pts is not None and not p.is_corrupt), key=lambda p: p.pts)[:2]


def _judged(pictures: Sequence[Any], tick: float, start: float) -> tuple[float, ...]:
    """One row: the columns of `Look` in their order, then the colour."""
    first = pictures[0]
    grey = _small(first)
    time = first.pts * tick + start
    colour = first.reformat(width=16, height=16, format="rgb24", interpolation="POINT").to_ndarray()
    shift, residual = (np.nan, np.nan), np.nan
    if len(pictures) > 1:
        gap = (pictures[1].pts - first.pts) * tick
        if gap > 0:
            later = _small(pictures[1])
            across, down, rest = moved(grey, later)
            side = max(grey.shape)
            shift, residual = (across / side / gap, down / side / gap), min(1.0, rest / gap / 10)
    return (
        *(time, *shift, residual, sharpness(grey), float(grey.mean()) / 255),
        *(float((grey <= _DARK).mean()), float((grey >= _BRIGHT).mean())),
        *(float(value) / 255 for value in colour.reshape(-1, 3).mean(axis=0)),
    )


def _small(picture: Any) -> Floats:
    """Luma 0–255 (full range), `WIDTH` on the longer side."""
    scale = WIDTH / max(picture.width, picture.height)
    size = max(16, round(picture.width * scale)), max(16, round(picture.height * scale))
    small = picture.reformat(width=size[0], height=size[1], format="gray", interpolation="AREA")
    return np.asarray(small.to_ndarray(), np.float64)


def _until_next_key(clip: Clip, key: float) -> Span:
    later = [other for other in clip.keyframes_s if other > key + 1e-6]
    end = _exact(later[0]) if later else clip.duration
    return Span(start=_exact(key), end=max(end, _exact(key)))


def _exact(value: float) -> Fraction:
    return Fraction(round(value * 1_000_000), 1_000_000)


def _holes(clip: Clip, part: Part, span: Span) -> list[Span]:
    """Undecodable stretches of one file, each from the first bad picture to the next good keyframe: what
    comes between leans on pictures that are not there."""
    import av

    holes: list[Span] = []
    with opened(part.path, clip.demuxer, name=clip.name) as file:
        stream = _decoding(file, clip)
        tick, origin = Fraction(stream.time_base), Fraction(file.start_time or 0, 1_000_000)
        file.seek(int((span.start + origin) / tick), stream=stream)
        bad: Fraction | None = None
        for packet in file.demux(stream):
            due = packet.dts if packet.dts is not None else packet.pts
            if due is None:
                continue
            if due * tick - origin >= span.end:
                break
            try:
                pictures = stream.codec_context.decode(packet)
                broken = packet.is_corrupt or any(picture.is_corrupt for picture in pictures)
            except av.error.FFmpegError:
                broken = True
            if broken:
                # All pictures not decoded so far are shown at or after the time this one is due; the picture
                # before may hold damage that the decoder did not notice.
                bad = max(Fraction(0), due * tick - origin - 1 / clip.fps) if bad is None else bad
            elif bad is not None and packet.is_keyframe:
                holes.append(Span(start=bad, end=max(bad, packet.pts * tick - origin)))
                bad = None
        if bad is not None:
            holes.append(Span(start=bad, end=part.duration))
    return holes
