"""Where clips go: one file in configs/platforms for each destination, read into what the plan asks of it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pipeline import config, yaml_file
from pipeline.errors import BriefError
from pipeline.geometry import Insets, Size
from pipeline.nearest import listed, unknown
from pipeline.platforms.platform_file import Audio, Bounds, Cover, PlatformFile, SafeZone, Source, Video

Shape = Literal["portrait", "landscape", "square"]
SETS = ("all", "portrait", "landscape", "square")

_EDGE = Fraction(5, 100)  # of the shorter side, kept free at every edge whatever a platform says


@dataclass(frozen=True, kw_only=True)
class Frame:
    size: Size
    safe: Insets  # what must be read stays inside these margins


@dataclass(frozen=True, kw_only=True, eq=False)
class Platform:
    """One destination. A limit that is None is not published. `frames` begin with the favourite."""

    id: str
    label: str
    service: str
    checked: str  # the day, ISO
    sources: tuple[Source, ...]
    frames: tuple[Frame, ...]
    bounds: Bounds
    fps_ok: tuple[int, ...]  # empty: any between fps_min and fps_max
    fps_min: int | None
    fps_max: int | None
    duration_min: Fraction
    duration_max: Fraction | None
    duration_advised_max: Fraction | None
    size_min_bytes: int | None
    size_max_bytes: int | None  # the smaller of the platform's limit and our working limit
    size_hard_max_bytes: int | None
    bitrate_max: int | None
    frames_max: int | None
    containers: tuple[str, ...]
    video: Video
    audio: Audio
    sound: bool  # False: a file without a sound track
    gop_min_s: Fraction | None
    gop_max_s: Fraction | None
    cover: Cover
    cover_safe: Insets | None  # in the first frame's pixels
    text: Mapping[str, Any]  # field, limit, count_method, …: for the post words
    alt_text: bool
    alt_text_max: int | None
    captions_sidecar: tuple[str, ...]
    notes: tuple[str, ...]  # doubts about the figures

    @property
    def shape(self) -> Shape:
        """Of the favourite frame."""
        size = self.frames[0].size
        if size.width == size.height:
            return "square"
        return "landscape" if size.width > size.height else "portrait"

    def takes_fps(self, fps: int) -> bool:
        if self.fps_ok:
            return fps in self.fps_ok
        return (self.fps_min or 0) <= fps <= (self.fps_max or fps)


def load_platforms() -> dict[str, Platform]:
    """Every platform by its id, in the order of the ids."""
    return {name: load_platform(name) for name in config.names("platforms")}


def load_platform(name: str, where: str = "--platform") -> Platform:
    """Raises BriefError at `where`, with the nearest id, when there is none of that name."""
    return _loaded(config.named("platforms", name, where))


def chosen(names: Iterable[str], where: str = "--platform") -> tuple[Platform, ...]:
    """The platforms of ids and sets (`all`, `portrait`, …), each once, in the order asked for.

    A platform belongs to the set of its favourite frame. Raises BriefError for what is neither.
    """
    found: dict[str, Platform] = {}
    for name in names:
        if name in SETS:
            members = {id_: one for id_, one in load_platforms().items() if name in ("all", one.shape)}
        elif name in config.names("platforms"):
            members = {name: load_platform(name)}
        else:
            known = (*SETS, *config.names("platforms"))
            raise BriefError.at(where, unknown(name, known), f"known are {listed(known, 'and')}")
        found |= {id_: one for id_, one in members.items() if id_ not in found}
    return tuple(found.values())


def table() -> list[dict[str, str]]:
    """Rows for people: platform, label, frames, length, size, fps, checked, source."""
    return [
        {
            "platform": one.id,
            "label": one.label,
            "frames": ", ".join(f"{frame.size.width}×{frame.size.height}" for frame in one.frames),
            "length": _length(one),
            "size": _size(one.size_max_bytes),
            "fps": _rates(one),
            "sound": "yes" if one.sound else "no",
            "checked": one.checked,
            "source": next((source.url or source.title for source in one.sources), ""),
        }
        for one in load_platforms().values()
    ]


def _length(platform: Platform) -> str:
    most = platform.duration_max
    words = (
        f"{float(platform.duration_min):g}–{float(most):g} s" if most else f"from {float(platform.duration_min):g} s"
    )
    advised = platform.duration_advised_max
    return f"{words} (better up to {float(advised):g})" if advised else words


def _rates(platform: Platform) -> str:
    if platform.fps_ok:
        return listed(map(str, platform.fps_ok))
    least, most = platform.fps_min, platform.fps_max
    return (f"{least}–{most}" if least else f"up to {most}") if most else "any"


def _size(most: int | None) -> str:
    if most is None:
        return "no limit"
    return f"{most / 1e9:g} GB" if most >= 10**9 else f"{most / 1e6:g} MB"


@functools.cache
def _loaded(path: Path) -> Platform:
    return platform(path.stem, PlatformFile.model_validate(yaml_file.read(path).tree))


def platform(name: str, file: PlatformFile) -> Platform:
    """What a platform's file means."""
    sizes = [Size(width, height) for width, height in file.sizes]
    least = [limit for limit in (file.size_max_bytes, file.size_working_max_bytes) if limit is not None]
    rates = [rate for rate in (file.video.bitrate_max, file.video.bitrate_advised_max) if rate is not None]
    zone = file.cover_safe_px
    return Platform(
        id=name,
        label=file.label,
        service=file.service,
        checked=file.checked,
        sources=file.sources,
        frames=tuple(Frame(size=size, safe=safe_insets(size, file.safe_zones)) for size in sizes),
        bounds=file.bounds,
        fps_ok=file.fps_ok,
        fps_min=file.fps_min,
        fps_max=file.fps_max,
        duration_min=_exact(file.duration_min_s) or Fraction(0),
        duration_max=_exact(file.duration_max_s),
        duration_advised_max=_exact(file.duration_advised_max_s),
        size_min_bytes=file.size_min_bytes,
        size_max_bytes=min(least, default=None),
        size_hard_max_bytes=file.size_max_bytes,
        bitrate_max=min(rates, default=None),
        frames_max=file.frames_max,
        containers=file.containers,
        video=file.video,
        audio=file.audio,
        sound=file.audio.codec != "none",
        gop_min_s=_exact(file.video.gop_min_s),
        gop_max_s=_exact(file.video.gop_max_s),
        cover=file.cover,
        cover_safe=_insets(zone, Fraction(1)) if zone else None,
        text=file.text,
        alt_text=file.alt_text,
        alt_text_max=file.alt_text_max,
        captions_sidecar=file.captions_sidecar,
        notes=file.doubts,
    )


def safe_insets(size: Size, zones: Iterable[SafeZone]) -> Insets:
    """Margins of a frame: all zones given for its shape joined, scaled to its size, and 5 % at least.

    A shape without a zone of its own takes the first zone at the same distance from the edges, measured in
    shorter sides: interfaces keep the size of their buttons whatever the shape of the picture.
    """
    edge = round(_EDGE * size.short)
    safe = Insets(top=edge, bottom=edge, left=edge, right=edge)
    zones = list(zones)
    fitting = [zone for zone in zones if zone.at[0] * size.height == zone.at[1] * size.width] or zones[:1]
    for zone in fitting:
        safe = safe.joined(_insets(zone, Fraction(size.short, min(zone.at))))
    return safe


def _insets(zone: SafeZone, scale: Fraction) -> Insets:
    """Rounded outwards."""
    return Insets(
        top=-int(-zone.top * scale // 1),
        bottom=-int(-zone.bottom * scale // 1),
        left=-int(-zone.left * scale // 1),
        right=-int(-zone.right * scale // 1),
    )


def _exact(seconds: float | None) -> Fraction | None:
    return None if seconds is None else Fraction(str(seconds))
