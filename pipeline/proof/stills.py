"""Small pictures of a finished clip: its first and last, one of every shot, and the cards with facts and credits.

Decoding is saved by taking, inside a shot, a keyframe beside the wished moment: no other picture has to be decoded for
it. Pictures are kept by the clip's checksum, so an unchanged clip costs nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.errors import ToolError
from pipeline.files import Store
from pipeline.fingerprints import fingerprint
from pipeline.proof.nouns import ProofClip, ProofPromo, ProofShot
from pipeline.timing import timecode

FORMAT = 1
_SETTLED_S = Fraction(4, 5)  # a shot's words are on screen by then
_MOST_SHOTS = 40
_SIZES = ((60, 480), (130, 340), (320, 220))  # up to so many pictures: the longer side in pixels
_SMALLEST = 160
_QUALITY = 74


@dataclass(frozen=True, kw_only=True)
class Still:
    """A wished picture: near `at`, inside `start` to `end`. `exact`: the very picture at `at`."""

    at: Fraction
    start: Fraction
    end: Fraction
    what: str
    role: str
    exact: bool = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A still as it was found: its file beside the page, the time it really has, and its size in pixels."""

    file: str
    at: Fraction
    what: str
    role: str
    width: int
    height: int
    jpeg: bytes

    @property
    def when(self) -> str:
        return timecode(self.at)


def wished(clip: ProofClip) -> tuple[Still, ...]:
    """The first picture, one of each shot (of the map when its facts are all there), the last."""
    shots = clip.shots or tuple(_parts(clip))
    last = max(Fraction(0), clip.length - Fraction(1, 20))
    found = [_edge(clip, Fraction(0), "First picture", "first")]
    for shot in shots[:_MOST_SHOTS]:
        share = Fraction(4, 5) if shot.role == "route" else Fraction(1, 2)
        at = shot.start + (shot.end - shot.start) * share
        found.append(Still(at=at, start=shot.start, end=shot.end, what=shot.what, role=shot.role))
    return (*found, _edge(clip, last, "Last picture", "last"))


def _edge(clip: ProofClip, at: Fraction, what: str, role: str) -> Still:
    return Still(at=at, start=Fraction(0), end=clip.length, what=what, role=role, exact=True)


def _parts(clip: ProofClip) -> Iterator[ProofShot]:
    """Where the shots are not known: six even parts."""
    for k in range(6):
        start, end = clip.length * k / 6, clip.length * (k + 1) / 6
        yield ProofShot(role="", start=start, end=end, what="Picture")


def pictures(promo: ProofPromo, folder: Path, store: Store) -> Mapping[str, tuple[Picture, ...]]:
    """The stills of every film, by its checksum. ToolError when a clip cannot be decoded."""
    films = [group[0] for group in promo.films]
    lists = {clip.sha256: wished(clip) for clip in films}
    count = sum(map(len, lists.values()))
    side = next((side for most, side in _SIZES if count <= most), _SMALLEST)
    return {clip.sha256: _of_film(clip, lists[clip.sha256], side, folder, store) for clip in films}


def _of_film(clip: ProofClip, stills: Sequence[Still], side: int, folder: Path, store: Store) -> tuple[Picture, ...]:
    name = fingerprint(
        [FORMAT, clip.sha256, side, _QUALITY, [(one.at, one.start, one.end, one.exact) for one in stills]]
    )
    known = store.recall("stills", name)
    times = [Fraction(str(at)) for at in known] if isinstance(known, list) and len(known) == len(stills) else None
    keys = [fingerprint([name, number]) for number in range(len(stills))]
    if times is None or not all(store.has(key, ".jpg") for key in keys):
        times = []
        for key, (at, jpeg) in zip(keys, _decoded(folder / clip.film, stills, side), strict=True):
            with store.put(key, ".jpg") as path:
                path.write_bytes(jpeg)
            times.append(at)
        store.remember("stills", name, [str(at) for at in times])
    width, height = _fitted(clip.width, clip.height, side)
    return tuple(
        Picture(
            file=f"{clip.name}-{number:02d}.jpg",
            at=at,
            what=still.what,
            role=still.role,
            width=width,
            height=height,
            jpeg=store.path(key, ".jpg").read_bytes(),
        )
        for number, (still, key, at) in enumerate(zip(stills, keys, times, strict=True), 1)
    )


def _fitted(width: int, height: int, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(width, height))
    return max(2, round(width * scale)), max(2, round(height * scale))


def _decoded(path: Path, stills: Sequence[Still], side: int) -> Iterator[tuple[Fraction, bytes]]:
    """The time and the JPEG of each still."""
    import av

    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            stream.thread_type = "NONE"
            size = _fitted(stream.width, stream.height, side)
            for still in stills:
                frame = _frame(film, stream, still)
                yield _time(frame, stream), _jpeg(frame, size)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise ToolError.at(path.name, f"no pictures can be taken from it: {error}", "render again") from error


def _frame(film: Any, stream: Any, still: Still) -> Any:
    """The keyframe before the moment if it shows the shot, else the one after it, else the very picture."""
    if not still.exact:
        least = min(still.start + _SETTLED_S, still.at)
        for frame in _keyframes(film, stream, still):
            if least <= _time(frame, stream) < still.end:
                return frame
    stream.codec_context.skip_frame = "DEFAULT"
    film.seek(int(still.at / stream.time_base), stream=stream, backward=True)
    found = None
    for frame in film.decode(stream):
        if frame.pts is None:
            continue
        if found is not None and _time(frame, stream) > still.at:
            break
        found = frame
    if found is None:
        raise IndexError(f"there is no picture at {timecode(still.at)}")
    return found


def _keyframes(film: Any, stream: Any, still: Still) -> Iterator[Any]:
    """The keyframe at or before the moment, and the next one."""
    stream.codec_context.skip_frame = "NONKEY"
    film.seek(int(still.at / stream.time_base), stream=stream, backward=True)
    for number, frame in enumerate(film.decode(stream)):
        if frame.pts is not None:
            yield frame
        if number or _time(frame, stream) >= still.end:
            return


def _time(frame: Any, stream: Any) -> Fraction:
    return Fraction(frame.pts) * Fraction(stream.time_base)


def _jpeg(frame: Any, size: tuple[int, int]) -> bytes:
    from PIL import Image

    small = frame.reformat(
        *size, format="rgb24", src_colorspace="ITU709", dst_colorspace="ITU709", interpolation="AREA"
    )
    stream = io.BytesIO()
    Image.fromarray(small.to_ndarray()).save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return stream.getvalue()
