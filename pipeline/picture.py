"""How the picture of a clip becomes the picture of a frame size: cropped, scaled, toned, as ffmpeg filters.

Pure text: a `Clip` and a `Size` go in, filters come out. Only numbers and our own file names stand in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pipeline.footage import Clip
from pipeline.geometry import Box, Size

# A picture that would have to be enlarged more than this to fill the frame, or that would lose more than half of itself
# although it was held upright on purpose, is shown whole over a blurred copy instead.
_MOST_ENLARGED = 4.0
_LEAST_KEPT_OF_PORTRAIT = 0.5

_MATRIX = {"bt709": "bt709", "bt601": "bt601", "bt2020": "bt2020"}
_WIDE = {"bt2020": "2020", "p3": "smpte432"}  # primaries whose colours look pale when taken for BT.709

# Tone mapping: 203 cd/m² is the reference white of HDR pictures (ITU-R BT.2408). Up to _KNEE of the BT.709 signal
# nothing changes; above, a hyperbola that leaves the straight part smoothly meets 1.0 at the peak.
_WHITE_NITS = 203
_PEAK_NITS = {"hlg": 1000, "pq": 2000}
_KNEE = 0.8
_SIGNAL_GAMMA = 2.4

_LEAD_S = Fraction(1)  # of a variable rate: the picture seen at a moment began at most this long before


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


def lead(clip: Clip, start: Fraction) -> Fraction:
    """Seconds before `start` at which reading begins. Half a frame, so that rounding never drops the first one;
    more where pictures last for different times, because the one to show may have begun long before."""
    return min(start, _LEAD_S if clip.variable_rate else Fraction(1, 2) / clip.fps)


def begins_on_keyframe(clip: Clip, start: Fraction) -> bool:
    """Whether a stretch can be read from its first picture on, without decoding anything before it."""
    close = float(Fraction(1, 8) / clip.fps)
    return clip.exact_keyframes and any(abs(key - float(start)) <= close for key in clip.keyframes_s)


def timed(clip: Clip, fps: int, start: Fraction, *, keyframes_only: bool = False) -> str:
    """A constant frame rate whose zero is `start`: each frame shows the source frame nearest in time.

    The last one is held for a moment where a clip ends early; keyframes stay until the next one, however long.
    """
    # Rounded up and half a source frame early is "the nearest"; `round=near` would look half an output frame ahead.
    half = Fraction(1, 2) / clip.fps
    if keyframes_only:
        return f"tpad=stop_mode=clone:stop=-1,fps={fps}:start_time=0:round=up"
    if clip.variable_rate:
        early = lead(clip, start) + min(half, Fraction(1, 2 * fps))
        return f"tpad=stop_mode=clone:stop_duration=2,setpts=PTS-{float(early):.6f}/TB,fps={fps}:start_time=0:round=up"
    return (
        f"setpts=PTS-STARTPTS-{float(half):.6f}/TB,fps={fps}:start_time=0:round=up,tpad=stop_mode=clone:stop_duration=1"
    )


def fitted(clip: Clip, size: Size, label: str, *, lut: str | None = None) -> tuple[str, str]:
    """Filters from the turned picture to yuv420p BT.709 limited range at `size`, in two steps: what is the same for all
    sizes of a clip that have such a step, and what is this size's own. Either may be "". `label` makes inner names
    unique.

    What is shown at half its size or smaller, and for the most part, is halved first, as a whole. Of 3840 × 2160 that
    serves 1920 × 1080, 1080 × 1080 and 1280 × 720 at once: 8 % less CPU for ten platforms. Clip and size alone decide
    it, so that the bytes do not depend on what is made beside.
    """
    stored = turned(clip)
    box = cropped(clip, size)
    inner = size if box else _inner(clip, size)
    shown = box or Box(x=0, y=0, width=stored.width, height=stored.height)
    common = ""
    if _halves(stored, shown, inner):
        half = Size(stored.width // 2, stored.height // 2)
        x, y, width, height = (side // 4 * 2 for side in (shown.x, shown.y, shown.width, shown.height))
        common, own = _toned(clip, half, lut), _cut(Box(x=x, y=y, width=width, height=height), half)
        if Size(width, height) != inner:
            own += [_scaled(inner), "setsar=1"]
    else:
        own = [*_cut(shown, stored), _toned(clip, inner, lut)]
    return common, ",".join(own) if box else _over_itself(own, inner, size, label)


def _halves(stored: Size, shown: Box, inner: Size) -> bool:
    small = 2 * inner.width <= shown.width and 2 * inner.height <= shown.height
    mostly = 2 * shown.width * shown.height >= stored.width * stored.height
    return small and mostly and stored.width % 4 == stored.height % 4 == 0


def _inner(clip: Clip, size: Size) -> Size:
    """The whole picture as large as it fits into `size`."""
    scale = min(size.width / clip.width, size.height / clip.height)
    return Size(_even(clip.width * scale), _even(clip.height * scale))


def _cut(box: Box, whole: Size) -> list[str]:
    uncut = box == Box(x=0, y=0, width=whole.width, height=whole.height)
    return [] if uncut else [f"crop={box.width}:{box.height}:{box.x}:{box.y}"]


def _over_itself(own: Sequence[str], inner: Size, size: Size, label: str) -> str:
    """The picture over a blurred and darkened copy that fills the frame."""
    small = Size(_even(size.width / 8), _even(size.height / 8))
    cover = f"scale={small.width}:{small.height}:force_original_aspect_ratio=increase,crop={small.width}:{small.height}"
    split = ",".join([*own, f"split[{label}s][{label}b]"])
    return (
        f"{split};"
        f"[{label}b]{cover},gblur=sigma=6,eq=brightness=-0.12:saturation=0.8,"
        f"scale={size.width}:{size.height},setsar=1[{label}c];"
        f"[{label}c][{label}s]overlay={(size.width - inner.width) // 4 * 2}:{(size.height - inner.height) // 4 * 2}"
    )


def _toned(clip: Clip, size: Size, lut: str | None) -> str:
    scale = _scaled(size)
    end = "setsar=1,format=yuv420p"
    matrix = _MATRIX.get(clip.matrix, "bt709")
    if lut:
        # The cube is defined on full-range RGB; 10 bit keep the shallow slopes of a log curve from banding.
        # What it makes is BT.709, also of an HDR clip.
        to_rgb = f"in_range={_range(clip)}:in_color_matrix={matrix}"
        return f"{scale}:{to_rgb},format=gbrp10le,lut3d={lut},scale=out_range=tv:out_color_matrix=bt709,{end}"
    if clip.transfer != "sdr":
        return f"{scale},{_tone_mapped(clip)},{end}"
    levels = f"in_range={_range(clip)}:out_range=tv:in_color_matrix={matrix}:out_color_matrix={matrix}"
    if clip.primaries in _WIDE:
        stored = {"bt709": "709", "bt601": "170m", "bt2020": "2020_ncl"}[matrix]
        wide = f"zscale=pin={_WIDE[clip.primaries]}:min={stored}:tin=709:rin=limited:p=709:m=709:t=709:r=limited"
        return f"{scale}:{levels},{wide},{end}"
    if matrix != "bt709":
        # From matrix to matrix without RGB between: nearer to the truth than swscale (1 level, not 4), and cheaper.
        given = "ispace=smpte170m" if matrix == "bt601" else "ispace=bt2020nc"
        same = "iprimaries=bt709:itrc=bt709:irange=tv:primaries=bt709:trc=bt709:space=bt709:range=tv"
        return f"{scale}:{levels},format=yuv420p,colorspace={given}:{same}:fast=1,{end}"
    return f"{scale}:{levels},{end}"


def _scaled(size: Size) -> str:
    return f"scale={size.width}:{size.height}:flags=bicubic"


def _tone_mapped(clip: Clip) -> str:
    """HLG or PQ to BT.709.

    zscale brings the whole range up to the peak into a BT.709 signal of 12 bits, and a table bends the highlights of
    each channel. At 1080 × 1920 that cost 17 ms of CPU a frame; through zscale in floating point and `tonemap`,
    which looks the same, 33 ms; with a computed 3-D cube 45 ms, and colours at the edge of BT.709 came out wrong. A
    picture of SDR brightness keeps its mean luma within 2 %, its white becomes 231 of 255, and what is brighter has
    the levels above.
    """
    transfer = {"hlg": "arib-std-b67", "pq": "smpte2084"}[clip.transfer]
    levels = "full" if clip.full_range else "limited"
    bent = _highlights(_PEAK_NITS[clip.transfer] / _WHITE_NITS)
    return (
        f"zscale=tin={transfer}:pin=2020:min=2020_ncl:rin={levels}:"
        f"t=709:p=709:m=gbr:r=full:npl={_PEAK_NITS[clip.transfer]},"
        f"format=gbrp12le,lutrgb=r={bent}:g={bent}:b={bent},zscale=min=gbr:rin=full:m=709:r=limited:d=ordered"
    )


def _highlights(peak: float) -> str:
    """The table as an expression: 1.0 of the signal is `peak` times the reference white."""
    end = peak ** (1 / _SIGNAL_GAMMA)
    room = 1 - _KNEE
    steep = (end - _KNEE) / room  # so that the bend begins with the slope of the straight part
    signal = rf"st(0\,val/maxval*{end:.6f})"
    over = rf"st(1\,(ld(0)-{_KNEE})/{end - _KNEE:.6f})"
    bend = rf"{_KNEE}+{room * steep:.6f}*ld(1)/(1+{steep - 1:.6f}*ld(1))"
    return rf"{signal}\;maxval*if(lte(ld(0)\,{_KNEE})\,ld(0)\,{over}\;{bend})"


def _range(clip: Clip) -> str:
    return "pc" if clip.full_range else "tv"


def _even(value: float | Fraction) -> int:
    return max(2, round(value / 2) * 2)
