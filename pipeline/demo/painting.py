"""The landscape painted once more for one clip, the way its camera will see it.

Blurred with distance, so that nothing flickers when the camera moves; the meres mirror the sky; haze lies
over what is far. The painting is warped: the ground before the camera's nose has most of the pixels, the
horizon few. Haze and blur belong to the camera half-way through the clip: in a few seconds it flies too
little for that to show.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.demo.ground import FAR_M, NEAR_M, Pixels, noise, smooth
from pipeline.demo.landscape import LINEAR, RGBA, Landscape, picture_of

Four = tuple[float, float, float, float]
F32 = skia.ColorType.kRGBA_F32_ColorType
OPEN, FULL = skia.AlphaType.kPremul_AlphaType, 2**24 - 1
HAZE_M = 4000.0
HAZE, ZENITH = (0.79, 0.835, 0.875), (0.36, 0.57, 0.82)
LOWEST_M, RANGE_M = 150.0, 900.0  # of the heights that a painting can hold
STRETCH_M = 520.0  # how strongly the painting favours the ground near its middle
SHIFT_M = 150.0  # from the camera to the painting's middle
BEHIND = 0.30  # how far the painting goes on behind its middle, of its reach ahead

_WARP = """
uniform float4 view;   // camera east, north; sine and cosine of its heading
uniform float4 warp;   // half width in pixels, stretch, shift, camera height above ground
float3 east_north_far(float2 p) {
    float2 uv = float2(p.x - warp.x, warp.x - p.y) / warp.x;
    float2 local = warp.y * uv / max(float2(1) - abs(uv), float2(0.002));
    float ahead = local.y + warp.z;
    return float3(view.x + local.x * view.w + ahead * view.z,
                  view.y - local.x * view.z + ahead * view.w, max(length(float2(local.x, ahead)), 40));
}
"""

_LAYER = (
    _WARP
    + """
uniform shader source;
uniform float4 place;  // pixels from middle to edge, pixels per metre, level, 1 for the layer below all
uniform float4 use;    // metres from middle to edge, size of a picture's pixel at 1 m, -, 1 for heights
half4 main(float2 p) {
    float3 at = east_north_far(p);
    float level = log2(at.z * use.y * sqrt(max(1, 0.5 * at.z / warp.w)));
    float edge = saturate((use.x - max(abs(at.x), abs(at.y))) / 90);
    float share = max(place.w, edge * saturate(place.z + 1 - level));
    half4 c = source.eval(place.x + float2(at.x, -at.y) * place.y);
    if (use.w > 0) c.rgb = half3((c.r + c.g * 256 + c.b * 65536) * (255.0 / 16777215.0));
    return half4(c.rgb * share, share);
}
"""
)

_WATER = (
    _WARP
    + """
uniform shader mere;
uniform shader ripple;
uniform float4 place;
uniform float4 zenith;
uniform float4 haze;
half4 main(float2 p) {
    float3 at = east_north_far(p);
    float water = mere.eval(place.x + float2(at.x, -at.y) * place.y).r;
    float rise = warp.w / at.z;
    float wave = (ripple.eval(at.xy * float2(0.9, 0.9)).r - 0.5) * min(1, 260 / at.z)
               + (ripple.eval(at.xy * 0.07).r - 0.5) * 0.5;
    float3 sky = mix(zenith.rgb, haze.rgb, exp(-4.5 * rise + wave * 0.9));
    float mirror = mix(0.30, 0.92, exp(-3.2 * rise)) + wave * 0.10;
    float3 c = mix(float3(0.09, 0.17, 0.19), sky, saturate(mirror));
    float share = smoothstep(0.35, 0.65, water);
    return half4(c * share, share);
}
"""
)

_HAZE = (
    _WARP
    + """
uniform float4 haze;   // colour and 1 / metres
half4 main(float2 p) {
    float share = 1 - exp(-max(east_north_far(p).z - 120, 0) * haze.w);
    return half4(haze.rgb * share, share);
}
"""
)


@dataclass(frozen=True, kw_only=True)
class View:
    """Where the camera is: metres east and north, metres above the sea, radians clockwise from north."""

    x: float
    y: float
    altitude_m: float
    heading: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Painting:
    """`colour` is RGBA; `height` holds 24 bits in RGB and half as many pixels a side."""

    colour: NDArray[np.uint8]
    height: NDArray[np.uint8]
    middle: View  # the camera half-way through the clip

    @property
    def half(self) -> float:
        return float(self.colour.shape[1] / 2)


@cache
def effect(source: str) -> skia.RuntimeEffect:
    return skia.RuntimeEffect.MakeForShader(source)


def shader(source: str, images: dict[str, skia.Shader], **uniforms: Four) -> skia.Shader:
    """A compiled SkSL shader with its images and its four-number uniforms in place."""
    builder = skia.RuntimeShaderBuilder(effect(source))
    for name, image in images.items():
        builder.setChild(name, image)
    for name, values in uniforms.items():
        builder.setUniform(name, skia.V4(*(float(value) for value in values)))
    return builder.makeShader()


def clamped(image: skia.Image) -> skia.Shader:
    return image.makeShader(skia.TileMode.kClamp, skia.TileMode.kClamp, LINEAR)


def halved(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every four pixels as one."""
    rows, columns = array.shape[0] // 2, array.shape[1] // 2
    half = np.zeros((rows, columns, 4), np.uint8)
    canvas = skia.Surface(half, RGBA, OPEN).getCanvas()
    canvas.drawImageRect(picture_of(array), skia.Rect(0, 0, columns, rows), LINEAR)
    return half


def encoded(height: Pixels) -> NDArray[np.uint8]:
    """Heights as 24 bits in RGB; blending two such pixels blends the heights."""
    share = np.clip((height - LOWEST_M) / RANGE_M, 0, 1)
    whole = (share * np.float64(FULL)).astype(np.int32) | np.int32(-(2**24))
    return np.ascontiguousarray(whole)[..., None].view(np.uint8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Layers:
    """The landscape from the finest picture to the coarsest, for painting; made once for all clips."""

    colours: list[NDArray[np.uint8]]
    heights: list[NDArray[np.uint8]]
    far_colour: NDArray[np.uint8]
    far_height: NDArray[np.uint8]
    water: NDArray[np.uint8]
    ripple: NDArray[np.uint8]


def make_layers(land: Landscape) -> Layers:
    colours = [land.near]
    while len(colours) < 5:
        colours.append(halved(colours[-1]))
    heights = [land.near_height]
    while len(heights) < 4:
        last = heights[-1]
        pairs = last[::2] + last[1::2]
        heights.append(np.asarray((pairs[:, ::2] + pairs[:, 1::2]) / 4, np.float32))
    water = np.full((*land.water.shape, 4), 255, np.uint8)
    water[..., :3] = (land.water * 255)[..., None]
    waves = smooth(-0.9, 0.9, noise(9.0, 512.0, 512, salt=30) * 0.6 + noise(5.0, 512.0, 512, salt=31) * 0.5)
    ripple = np.full((512, 512, 4), 255, np.uint8)
    ripple[..., :3] = (waves * 255)[..., None]
    return Layers(
        colours=colours,
        heights=[encoded(height) for height in heights],
        far_colour=land.far,
        far_height=encoded(land.far_height),
        water=water,
        ripple=ripple,
    )


def paint(layers: Layers, middle: View, *, above_m: float, half: int, pixel: float) -> Painting:
    """The painting for a clip. `above_m`: camera over ground; `pixel`: size of a picture's pixel at 1 m."""
    common = {
        "view": (middle.x, middle.y, math.sin(middle.heading), math.cos(middle.heading)),
    }
    colour = np.zeros((round(half * (1 + BEHIND)), 2 * half, 4), np.uint8)
    canvas = skia.Surface(colour, RGBA, OPEN).getCanvas()
    warp: Four = (half, STRETCH_M, SHIFT_M, above_m)
    canvas.clipPath(_sector(half))
    _layers(canvas, layers.colours, layers.far_colour, common | {"warp": warp}, pixel, heights=False)
    repeat = skia.TileMode.kRepeat
    water = {
        "mere": clamped(picture_of(layers.water)),
        "ripple": picture_of(layers.ripple).makeShader(repeat, repeat, LINEAR),
    }
    cells = layers.water.shape[0]
    place = (cells / 2, cells / NEAR_M, 0, 0)
    reach = _reach(2600.0, half)
    over = shader(_WATER, water, warp=warp, place=place, zenith=(*ZENITH, 1), haze=(*HAZE, 1), **common)
    canvas.drawRect(reach, skia.Paint(Shader=over))
    over = shader(_HAZE, {}, warp=warp, haze=(*HAZE, 1 / HAZE_M), **common)
    canvas.drawPaint(skia.Paint(Shader=over))
    tall = np.zeros((colour.shape[0] // 2, half, 4), np.float32)
    canvas = skia.Surface(tall, F32, OPEN).getCanvas()
    canvas.clipPath(_sector(half // 2))
    warp = (half / 2, STRETCH_M, SHIFT_M, above_m)
    _layers(canvas, layers.heights, layers.far_height, common | {"warp": warp}, pixel, heights=True)
    return Painting(colour=colour, height=encoded(tall[..., 0] * RANGE_M + LOWEST_M), middle=middle)


def _layers(
    canvas: skia.Canvas,
    near: list[NDArray[np.uint8]],
    far: NDArray[np.uint8],
    common: dict[str, Four],
    pixel: float,
    *,
    heights: bool,
) -> None:
    """Coarse layers first, each finer one over them as far as it is needed."""
    half = common["warp"][0]
    for array, side_m, below in [(far, FAR_M, 1.0), *((array, NEAR_M, 0.0) for array in reversed(near))]:
        cells = array.shape[0]
        level = math.log2(side_m / cells)
        images = {"source": clamped(picture_of(array))}
        place = (cells / 2, cells / side_m, level, below)
        use = (side_m / 2, pixel, 0.0, float(heights))
        over = shader(_LAYER, images, place=place, use=use, **common)
        if below:
            canvas.drawPaint(skia.Paint(Shader=over))
        else:  # 2^(level + 1) = far * pixel * sqrt(far / 2 / above), solved for far
            far_m = (2 ** (level + 1) / pixel * math.sqrt(2 * common["warp"][3])) ** (2 / 3)
            canvas.drawRect(_reach(max(far_m, 2 ** (level + 1) / pixel), half), skia.Paint(Shader=over))


def _reach(far_m: float, half: float) -> skia.Rect:
    """The part of the painting that holds all ground nearer than `far_m`."""
    side, ahead = far_m / (STRETCH_M + far_m), max(far_m - SHIFT_M, 1.0)
    top = ahead / (STRETCH_M + ahead)
    return skia.Rect(half * (1 - side), half * (1 - top), half * (1 + side), half * (1 + BEHIND))


def _sector(half: float) -> skia.Path:
    """What the camera can see during the clip, in pixels of the painting: the rest stays empty."""
    ahead = np.concatenate([np.linspace(-SHIFT_M, 0, 5), np.geomspace(10, 60_000, 30)])
    side = 120 + (ahead + SHIFT_M) * 1.15
    u, v = side / (STRETCH_M + side), ahead / (STRETCH_M + np.abs(ahead))
    right = [skia.Point(float(half * (1 + a)), float(half * (1 - b))) for a, b in zip(u, v, strict=True)]
    left = [skia.Point(float(half * (1 - a)), float(half * (1 - b))) for a, b in zip(u, v, strict=True)]
    outline = skia.Path()
    outline.addPoly([*right, *reversed(left)], True)
    return outline
