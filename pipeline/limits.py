"""What each platform allows, held against a finished file: size, length, frame, rate, sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from pipeline.errors import Level
from pipeline.mp4 import Mp4, Track
from pipeline.platforms import Platform

RENDER_AGAIN = "render again; if it stays, this is a fault of make-promo"
_SHORTER = "make the clip shorter"
_LENGTH = "change `length` in the brief"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one platform allows; None: no figure is published. Sizes in bytes, rates in bits a second.

    `bounds` has width, height, side, aspect and pixels, each with `_min` or `_max`.
    """

    platform: str
    label: str = ""
    size_min_bytes: int | None = None
    size_max_bytes: int | None = None
    size_working_max_bytes: int | None = None
    duration_min_s: Fraction | None = None
    duration_max_s: Fraction | None = None
    duration_advised_max_s: Fraction | None = None
    fps_min: Fraction | None = None
    fps_max: Fraction | None = None
    fps_ok: tuple[int, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict)
    frames_max: int | None = None
    sizes: tuple[tuple[int, int], ...] = ()  # frames that the platform names itself: always fine
    bitrate_max: int | None = None
    bitrate_advised_max: int | None = None
    sound: bool = True  # False: the file is to have no sound track
    sample_rate_max: int | None = None
    channels_max: int | None = None

    @classmethod
    def of(cls, platform: Platform) -> Limits:
        """The limits of a platform's file."""
        bounds = platform.bounds.model_dump(exclude={"pixel_aspect"}, exclude_none=True)
        return cls(
            platform=platform.id,
            label=platform.label,
            size_min_bytes=platform.size_min_bytes,
            size_max_bytes=platform.size_hard_max_bytes,
            size_working_max_bytes=platform.size_max_bytes,
            duration_min_s=platform.duration_min,
            duration_max_s=platform.duration_max,
            duration_advised_max_s=platform.duration_advised_max,
            fps_min=None if platform.fps_min is None else Fraction(platform.fps_min),
            fps_max=None if platform.fps_max is None else Fraction(platform.fps_max),
            fps_ok=platform.fps_ok,
            bounds={name: float(value) for name, value in bounds.items() if value},
            frames_max=platform.frames_max,
            sizes=tuple((frame.size.width, frame.size.height) for frame in platform.frames),
            bitrate_max=platform.video.bitrate_max,
            bitrate_advised_max=platform.video.bitrate_advised_max,
            sound=platform.sound,
            sample_rate_max=platform.audio.sample_rate_max,
            channels_max=platform.audio.channels_max,
        )


class Row(NamedTuple):
    """A check before it has the platform's name."""

    id: str
    what: str
    measured: str
    limit: str
    passed: bool
    level: Level = "block"
    remedy: str = RENDER_AGAIN


def rows(film: Mp4, limits: Limits) -> Iterator[Row]:
    """The checks of one platform, passed or not; only for figures that it publishes."""
    size = _bytes(film.size)
    if (most := limits.size_max_bytes) is not None:
        # Mastodon takes strictly less than its figure; nobody minds the one byte.
        yield Row("size", "file size", size, f"less than {_bytes(most)}", film.size < most, "block", _SHORTER)
    if (most := limits.size_working_max_bytes) is not None:
        fits = film.size <= most
        yield Row("size-advised", "advised file size", size, f"at most {_bytes(most)}", fits, "warn", _SHORTER)
    if (least := limits.size_min_bytes) is not None:
        fits = film.size >= least
        yield Row("size-least", "smallest file", size, f"at least {_bytes(least)}", fits, "block", _LENGTH)
    for track in film.of_kind("vide")[:1]:
        yield from _length_rows(track, limits)
        yield from _rate_rows(track, limits)
        if limits.sizes or limits.bounds:
            yield _frame_row(track, limits)
    yield from _sound_rows(film, limits)


def _length_rows(track: Track, limits: Limits) -> Iterator[Row]:
    length, told = track.duration, f"{number(track.duration)} s"
    least, most = limits.duration_min_s or Fraction(0), limits.duration_max_s
    if least or most is not None:
        limit = f"{number(least)} to {number(most)} s" if most is not None else f"at least {number(least)} s"
        fits = least <= length and (most is None or length <= most)
        yield Row("length", "length", told, limit, fits, "block", _LENGTH)
    if (best := limits.duration_advised_max_s) is not None:
        limit = f"at most {number(best)} s"
        yield Row("length-advised", "advised length", told, limit, length <= best, "warn", _LENGTH)
    if (count := limits.frames_max) is not None:
        fits = track.samples <= count
        yield Row("frames", "number of frames", str(track.samples), f"at most {count}", fits, "block", _SHORTER)


def _rate_rows(track: Track, limits: Limits) -> Iterator[Row]:
    rate = track.rate or Fraction(0)
    slow, fast = limits.fps_min or Fraction(0), limits.fps_max
    if limits.fps_min or fast or limits.fps_ok:
        limit = ", ".join(map(str, limits.fps_ok)) or f"{number(slow)} to {number(fast) if fast else 'any'}"
        fits = slow <= rate and (fast is None or rate <= fast) and (not limits.fps_ok or rate in limits.fps_ok)
        yield Row("fps", "frame rate", number(rate), limit, fits)
    told = f"{track.bitrate / 1e6:.1f} Mbit/s, {track.peak_bitrate / 1e6:.1f} in the busiest second"
    if (most := limits.bitrate_max) is not None:
        yield Row("bitrate", "picture bit rate", told, _rate(most), track.bitrate <= most)
    if (best := limits.bitrate_advised_max) is not None:
        yield Row("bitrate-advised", "advised bit rate", told, _rate(best), track.bitrate <= best, "warn")


def _frame_row(track: Track, limits: Limits) -> Row:
    named = " ".join(f"{width}×{height}" for width, height in limits.sizes)
    ranges = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in limits.bounds.items())
    fits = (track.width, track.height) in limits.sizes or _inside(track, limits)
    told = f"{track.width}×{track.height}"
    return Row("frame", "frame size", told, "; ".join(filter(None, (named, ranges))), fits)


def _inside(track: Track, limits: Limits) -> bool:
    """Within the published bounds; with none published, of a shape that the platform names."""
    width, height = track.width, track.height
    if not height:
        return False
    if not limits.bounds:
        return any(width * tall == height * wide for wide, tall in limits.sizes)
    measures: dict[str, tuple[float, ...]] = {
        "width": (width,),
        "height": (height,),
        "side": (width, height),
        "aspect": (round(width / height, 4),),  # the published figures have four places
        "pixels": (width * height,),
    }
    for key, bound in limits.bounds.items():
        measure, _, end = key.rpartition("_")
        for value in measures.get(measure, ()):
            if (end == "min" and value < bound) or (end == "max" and value > bound):
                return False
    return True


def _sound_rows(film: Mp4, limits: Limits) -> Iterator[Row]:
    tracks = film.of_kind("soun")
    if not limits.sound:
        yield Row("sound", "no sound track", str(len(tracks)), "0", not tracks)
        return
    for track in tracks[:1]:
        rate, channels = (track.aac.sample_rate, track.aac.channels) if track.aac else (0, 0)
        if (most := limits.sample_rate_max) is not None:
            yield Row("sample-rate", "sample rate", f"{rate} Hz", f"at most {most} Hz", 0 < rate <= most)
        if (most := limits.channels_max) is not None:
            yield Row("channels", "sound channels", str(channels), f"at most {most}", 0 < channels <= most)


def number(value: Fraction) -> str:
    """Up to three places, without idle zeros."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


def _bytes(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 10_000 else f"{count} bytes"


def _rate(bits: int) -> str:
    return f"at most {bits / 1e6:g} Mbit/s"
