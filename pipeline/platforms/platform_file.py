"""The shape of a file in configs/platforms; the figures are those of the pages named in `sources`.

Keys that only posting needs (`text`, `flags`, …) are kept as they are written.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    title: str
    url: str | None = None
    read: str | None = None  # the day or version of the text
    grade: str | None = None


class SafeZone(_Part):
    """Margins in pixels of a frame of size `at`."""

    at: tuple[int, int]
    top: int
    bottom: int
    left: int
    right: int
    grade: str
    of: str = "the interface"
    why: str = ""


class Bounds(_Part):
    """What frames a platform takes; aspect is width divided by height."""

    width_min: int = 0
    height_min: int = 0
    width_max: int | None = None
    height_max: int | None = None
    side_min: int = 0
    side_max: int | None = None
    aspect_min: float = 0.0
    aspect_max: float | None = None
    pixels_max: int | None = None
    pixel_aspect: str = "1:1"

    def hold(self, width: int, height: int) -> bool:
        small = min(width, height) >= self.side_min and width >= self.width_min and height >= self.height_min
        limits = (
            (width, self.width_max),
            (height, self.height_max),
            (max(width, height), self.side_max),
            (width * height, self.pixels_max),
        )
        fits = all(limit is None or value <= limit for value, limit in limits)
        aspect = round(width / height, 4)  # the published figures have four places
        return small and fits and self.aspect_min <= aspect <= (self.aspect_max or aspect)


class Video(_Part):
    codecs: tuple[str, ...]
    codec: str = "h264"
    profile: str | None = None
    pix_fmt: str = "yuv420p"
    colour: str | None = None
    progressive: bool = True
    constant_fps: bool = False
    gop_closed: bool = False
    gop_min_s: float | None = None
    gop_max_s: float | None = None
    gop_s_advised: float | None = None
    b_frames: int | None = None
    bitrate_max: int | None = None
    bitrate_mode: str | None = None
    bitrate_advised: dict[str, int] = {}  # by frame rate
    bitrate_advised_min: int | None = None
    bitrate_advised_max: int | None = None
    passthrough_needs: str | None = None


class Audio(_Part):
    codec: str  # "none": a file without sound
    profile: str | None = None
    sample_rate: int | None = None
    sample_rate_max: int | None = None
    channels: int | None = None
    channels_max: int | None = None
    streams_max: int | None = None
    bitrate: int | None = None
    bitrate_min: int | None = None
    bitrate_advised: int | None = None
    bitrate_advised_min: int | None = None


class Cover(_Part):
    how: tuple[str, ...]
    formats: tuple[str, ...] = ()
    size_max_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    aspect: str | None = None
    colour: str | None = None
    field: str | None = None
    required: bool = False
    since: str | None = None
    needs: str | None = None
    why: str | None = None


class PlatformFile(_Part):
    label: str
    service: str
    checked: str
    sources: tuple[Source, ...]
    sizes: tuple[tuple[int, int], ...]
    bounds: Bounds = Bounds()
    fps_min: int | None = None
    fps_max: int | None = None
    fps_ok: tuple[int, ...] = ()
    fps_advised: tuple[int, ...] = ()
    fps_advised_max: int | None = None
    frames_max: int | None = None
    duration_min_s: float
    duration_max_s: float | None
    duration_advised_max_s: float | None = None
    duration_per_account: str | None = None
    size_min_bytes: int | None = None
    size_max_bytes: int | None
    size_working_max_bytes: int | None = None
    containers: tuple[str, ...]
    containers_app: tuple[str, ...] = ()
    containers_passed_through: tuple[str, ...] = ()
    moov_first: bool
    edit_lists: bool | None = None
    video: Video
    audio: Audio
    safe_zones: tuple[SafeZone, ...] = ()
    safe_zones_other: tuple[tuple[int, int, int, int], ...] = ()  # other guides: top, bottom, left, right
    cover_safe_px: SafeZone | None = None
    cover: Cover
    text: dict[str, Any]
    alt_text: bool = False
    alt_text_max: int | None = None
    captions_sidecar: tuple[str, ...]
    captions_upload: dict[str, Any] = {}
    captions: str | None = None
    media_type: str | None = None
    media_category: str | None = None
    edge: str | None = None
    flags: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    lifetime_s: int | None = None
    videos_per_post: int | None = None
    grade: dict[str, str] = {}
    doubts: tuple[str, ...] = ()
