"""How the picture of a clip becomes the picture of a frame size: cropped, scaled, toned, as ffmpeg filters.

Pure text: a `Clip` and a `Size` go in, filters come out. Only numbers and our own file names stand in them.
"""

from __future__ import annotations

from fractions import Fraction

from pipeline.footage import Clip
from pipeline.geometry import Box, Size

# A picture that would have to be enlarged more than this to fill the frame, or that would lose more than half of itself
# although it was held upright on purpose, is shown whole over a blurred copy instead.
_MOST_ENLARGED = 4.0
_LEAST_KEPT_OF_PORTRAIT = 0.5

_MATRIX = {"bt709": "bt709", "bt601": "bt601", "bt2020": "bt2020"}


def turned(clip: Clip) -> Size:
    """The stored picture after rotation, in its own (perhaps not square) pixels."""
    if clip.rotation in (90, 270):
        return Size(clip.coded_height, clip.coded_width)
    return Size(clip.coded_width, clip.coded_height)


def cropped(clip: Clip, size: Size) -> Box | None:
    """The middle of the stored picture that has the shape of `size`; None when it should be shown whole."""
    shown = Fraction(clip.width, clip.height)
    wanted = Fraction(size.width, size.height)
    kept = min(shown / wanted, wanted / shown)
    width = clip.width * (kept if shown > wanted else 1)
    if size.width / width > _MOST_ENLARGED or (shown < 1 < wanted and kept < _LEAST_KEPT_OF_PORTRAIT):
        return None
    stored = turned(clip)
    if shown > wanted:
        across = min(stored.width, _even(stored.width * kept))
        return Box(x=(stored.width - across) // 4 * 2, y=0, width=across, height=stored.height)
    down = min(stored.height, _even(stored.height * kept))
    return Box(x=0, y=(stored.height - down) // 4 * 2, width=stored.width, height=down)


def timed(fps: int) -> str:
    """A constant frame rate that starts at zero; the last frame is held for a moment where a clip ends early."""
    return f"setpts=PTS-STARTPTS,fps={fps}:round=near,tpad=stop_mode=clone:stop_duration=1"


def fitted(clip: Clip, size: Size, label: str, *, lut: str | None = None) -> str:
    """Filters from the turned picture to yuv420p BT.709 limited range at `size`. `label` makes inner names unique."""
    box = cropped(clip, size)
    if box is not None:
        uncut = box == Box(x=0, y=0, width=turned(clip).width, height=turned(clip).height)
        cut = "" if uncut else f"crop={box.width}:{box.height}:{box.x}:{box.y},"
        return cut + _toned(clip, size, lut)
    scale = min(size.width / clip.width, size.height / clip.height)
    inner = Size(_even(clip.width * scale), _even(clip.height * scale))
    small = Size(_even(size.width / 8), _even(size.height / 8))
    cover = f"scale={small.width}:{small.height}:force_original_aspect_ratio=increase,crop={small.width}:{small.height}"
    return (
        f"{_toned(clip, inner, lut)},split[{label}s][{label}b];"
        f"[{label}b]{cover},gblur=sigma=6,eq=brightness=-0.12:saturation=0.8,"
        f"scale={size.width}:{size.height},setsar=1[{label}c];"
        f"[{label}c][{label}s]overlay={(size.width - inner.width) // 4 * 2}:{(size.height - inner.height) // 4 * 2}"
    )


def _toned(clip: Clip, size: Size, lut: str | None) -> str:
    scale = f"scale={size.width}:{size.height}:flags=bicubic"
    end = "setsar=1,format=yuv420p"
    if clip.transfer != "sdr":
        return f"{scale},{_tone_mapped(clip)},{end}"
    if clip.primaries == "bt2020":
        wide = "zscale=pin=2020:min=2020_ncl:tin=709:p=709:m=709:t=709:r=limited"
        return f"{scale},setparams=range={_range(clip)},{wide},{end}"
    levels = f"in_range={_range(clip)}:out_range=tv:in_color_matrix={_MATRIX.get(clip.matrix, 'bt709')}:out_color_matrix=bt709"
    if lut:
        # The cube is defined on full-range RGB; 10 bit keep the shallow slopes of a log curve from banding.
        to_rgb = f"scale={size.width}:{size.height}:flags=bicubic:in_range={_range(clip)}:in_color_matrix={_MATRIX.get(clip.matrix, 'bt709')}"
        return f"{to_rgb},format=gbrp10le,lut3d={lut},scale=out_range=tv:out_color_matrix=bt709,{end}"
    return f"{scale}:{levels},{end}"


def _tone_mapped(clip: Clip) -> str:
    """HLG or PQ to BT.709. 203 nits is the reference white of HDR pictures (ITU-R BT.2408), so it becomes white."""
    transfer = {"hlg": "arib-std-b67", "pq": "smpte2084"}[clip.transfer]
    levels = "full" if clip.full_range else "limited"
    return (
        f"zscale=tin={transfer}:pin=2020:min=2020_ncl:rin={levels}:t=linear:npl=203,format=gbrpf32le,"
        "zscale=p=709,tonemap=mobius:param=0.6:desat=0,zscale=t=709:m=709:p=709:r=limited:d=ordered"
    )


def _range(clip: Clip) -> str:
    return "pc" if clip.full_range else "tv"


def _even(value: float | Fraction) -> int:
    return max(2, round(value / 2) * 2)
