"""What grows and stands on the ground, lit by a low sun: a picture of the valley and one of the far fells.

Soft things (grass, bracken, scree, light and shadow) are arrays; things with an edge (path, walls, trees) are
drawn by skia. Woods are also added to the heights, so that they stand up when the camera flies past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pipeline.demo.ground import (
    FAR_CELLS,
    FAR_M,
    NEAR_CELLS,
    NEAR_M,
    SEED,
    SUN_ELEVATION,
    Ground,
    Pixels,
    noise,
    smooth,
)
from pipeline.demo.planting import Fields, House, Trees, founded, lay_fields, plant_trees, singles
from pipeline.demo.walk import Loop
from pipeline.demo.way_strokes import draw_ways

COLOUR_CELLS = 4096  # of the near picture
TALLEST_M = 16.0
RGBA = skia.ColorType.kRGBA_8888_ColorType
LINEAR = skia.SamplingOptions(skia.FilterMode.kLinear)

_GRASS = np.array([146, 160, 88], np.float32)
_LUSH = np.array([102, 136, 68], np.float32)
_BRACKEN = np.array([146, 116, 66], np.float32)
_HEATHER = np.array([112, 92, 82], np.float32)
_SCREE = np.array([150, 146, 138], np.float32)
_WOOD = np.array([64, 82, 44], np.float32)
_SHORE = np.array([178, 170, 142], np.float32)
_WHITE_AT = 1.08  # light that leaves a colour as it is
_SUN = np.array([1.04, 0.90, 0.68], np.float32)
_SKYLIGHT = np.array([0.27, 0.32, 0.41], np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Landscape:
    """`near` and `far` are lit pictures (north at the top), the heights beside them include woods."""

    near: NDArray[np.uint8]
    far: NDArray[np.uint8]
    near_height: Pixels
    far_height: Pixels
    water: Pixels
    houses: Pixels  # east, north, foot above the sea, half length, half width, turn; shape (n, 6)
    single: Pixels  # trees that stand alone: east, north, foot above the sea, radius, kind; shape (n, 5)


def picture_of(array: NDArray[np.uint8]) -> skia.Image:
    """An RGBA array (alpha ignored) as an image on the same memory: keep the array as long as the image."""
    return skia.Image.fromarray(array, RGBA, skia.AlphaType.kOpaque_AlphaType, copy=False)


def make_landscape(ground: Ground, loop: Loop) -> Landscape:
    farmland = _farmland(ground)
    trees = plant_trees(ground, loop)
    fields = lay_fields(ground, loop)
    wood = trees.only(trees.wood)
    standing = _standing(wood, [])
    shading = np.maximum(standing, _standing(trees.only(~trees.wood), fields.houses))
    colour = _soft_colours(ground.near, NEAR_M, fields_mask=farmland)
    _shores(colour, ground.water)
    near = _drawn(colour, loop, wood, fields, _light(ground.near, shading, ground.water, NEAR_M))
    far_colour = _soft_colours(ground.far, FAR_M, fields_mask=None)
    far = np.empty((FAR_CELLS, FAR_CELLS, 4), np.uint8)
    far[..., :3] = np.clip(far_colour * _light(ground.far, None, None, FAR_M) / _WHITE_AT, 0, 255)
    far[..., 3] = 255
    return Landscape(
        near=near,
        far=far,
        near_height=ground.near + standing,
        far_height=ground.far,
        water=ground.water,
        houses=founded(fields.houses, ground),
        single=singles(trees.only(~trees.wood), ground),
    )


def _farmland(ground: Ground) -> Pixels:
    """Where people mow: low, flat and not too far from the middle (0 to 1)."""
    cells = NEAR_CELLS
    steep = np.hypot(*np.gradient(ground.near, NEAR_M / cells)).astype(np.float32)
    open_land = noise(400, NEAR_M, cells, salt=4) * 0.5 + noise(200, NEAR_M, cells, salt=4) * 0.25
    return smooth(-0.15, 0.25, open_land + 0.30) * smooth(0.30, 0.12, steep) * (1 - ground.water)


def _soft_colours(height: Pixels, side_m: float, *, fields_mask: Pixels | None) -> Pixels:
    """Grass, bracken, heather and scree by height, slope and chance: shape (n, n, 3), 0 to 255."""
    cells = height.shape[0]
    steep = np.hypot(*np.gradient(height, side_m / cells)).astype(np.float32)
    patch = noise(400, side_m, cells, salt=2) * 0.6 + noise(110, side_m, cells, salt=2) * 0.4
    if side_m <= NEAR_M:
        patch += noise(32, side_m, cells, salt=2) * 0.30 + noise(8, side_m, cells, salt=2) * 0.22
    else:
        patch += noise(120, side_m, cells, salt=12) * 0.35
    lush = smooth(-0.6, 0.7, patch)[..., None]
    colour = _GRASS + (_LUSH - _GRASS) * lush
    wild = smooth(0.25, 0.95, patch + (height - 330) / 230)
    if fields_mask is None:  # woods of the next valley
        woods = noise(320, side_m, cells, salt=9) * 0.7 + noise(130, side_m, cells, salt=9) * 0.45
        colour += (_WOOD - colour) * (smooth(0.50, 0.66, woods) * smooth(420, 330, height))[..., None]
    else:
        wild = wild * (1 - 0.85 * fields_mask)
    colour += (_BRACKEN - colour) * (wild * 0.85)[..., None]
    colour += (_HEATHER - colour) * (smooth(380, 560, height + 70 * patch) * 0.7)[..., None]
    colour += (_SCREE - colour) * (smooth(0.42, 0.75, steep + 0.1 * patch) * 0.8)[..., None]
    return np.asarray(colour, np.float32)


def _light(land: Pixels, standing: Pixels | None, water: Pixels | None, side_m: float) -> Pixels:
    """Sun and sky on every cell, about 0.3 to 1.2 per channel: shape (n, n, 3)."""
    cell = side_m / land.shape[0]
    height = land if standing is None else land + standing
    # Crowns bring their own light and shade: they turn the ground's light only a little.
    down, east = np.gradient(land if standing is None else land + 0.22 * standing, cell)
    west_sun = np.float32(1 / np.hypot(1, SUN_ELEVATION))
    facing = (east + SUN_ELEVATION - 0.25 * down) * west_sun / np.sqrt(1 + east * east + down * down)
    lit = np.zeros_like(height)
    ramp = np.arange(height.shape[1], dtype=np.float32)[None, :] * cell
    for tangent in (0.37, 0.42, 0.47):  # the sun has a width: three shadows make a soft one
        horizon = np.maximum.accumulate(height + ramp * tangent, axis=1)
        lit += smooth(1.0, 0.1, horizon - (height + ramp * tangent)) / 3
    sun = np.clip(facing * 2.1, 0, 1.35) * lit
    if water is not None:
        sun += (0.85 - sun) * water
    open_sky = np.clip(0.92 + 0.16 * down, 0.6, 1.1)
    return np.asarray(sun[..., None] * _SUN + open_sky[..., None] * _SKYLIGHT, np.float32)


def _shores(colour: Pixels, water: Pixels) -> None:
    """A pale strip of gravel round each mere (in place)."""
    soft = Image.fromarray((water * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(3))
    near = np.asarray(soft, np.float32) / 255
    colour += (_SHORE - colour) * (smooth(0.02, 0.30, near) * 0.8)[..., None]


def _canvas(array: np.ndarray) -> skia.Canvas:
    """A canvas on an RGBA array that draws in metres east and north."""
    canvas = skia.Surface(array, RGBA, skia.AlphaType.kPremul_AlphaType).getCanvas()
    scale = array.shape[0] / NEAR_M
    canvas.translate(array.shape[1] / 2, array.shape[0] / 2)
    canvas.scale(scale, -scale)
    return canvas


def _standing(trees: Trees, houses: list[House]) -> Pixels:
    """Metres that trees and houses rise above the ground, on the near grid."""
    array = np.zeros((NEAR_CELLS, NEAR_CELLS, 4), np.uint8)
    canvas = _canvas(array)

    def grey(height_m: float) -> int:
        return int(skia.Color(*(3 * [round(height_m / TALLEST_M * 255)]), 255))

    for x, y, half_length, half_width, turn in houses:
        canvas.save()
        canvas.translate(x, y)
        canvas.rotate(float(np.degrees(turn)))
        for share, rise in ((1.0, 4.4), (0.66, 6.0), (0.33, 7.4)):
            box = skia.Rect(-half_length, -half_width * share, half_length, half_width * share)
            canvas.drawRect(box, skia.Paint(Color=grey(rise), AntiAlias=True))
        canvas.restore()
    sprite = np.zeros((64, 64, 4), np.uint8)
    across = (np.arange(64) + 0.5) / 32 - 1
    dome = np.sqrt(np.clip(1 - across[None] ** 2 - across[:, None] ** 2, 0, 1)) ** 0.8
    sprite[..., :3] = (dome * 255)[..., None].astype(np.uint8)
    sprite[..., 3] = 255
    _plant(
        canvas,
        trees,
        picture_of(sprite),
        [skia.Rect(0, 0, 64, 64)] * 6,
        skia.BlendMode.kLighten,
        heights=True,
    )
    return np.asarray(array[..., 0], np.float32) * np.float32(TALLEST_M / 255)


def _plant(
    canvas: skia.Canvas,
    trees: Trees,
    atlas: skia.Image,
    sprites: list[skia.Rect],
    blend: skia.BlendMode,
    *,
    heights: bool = False,
) -> None:
    """All trees with one call; for heights the sprite is dimmed to the tree's own height."""
    scale = trees.radius_m / 32.0
    forms = [
        skia.RSXform(float(s), 0.0, float(x - 32 * s), float(y - 32 * s))
        for s, x, y in zip(scale, trees.x, trees.y, strict=True)
    ]
    boxes = [sprites[int(kind)] for kind in trees.kind]
    colours: list[int] = []
    if heights:
        grey = np.clip(trees.radius_m * 2.1 / TALLEST_M, 0, 1) * 255
        colours = [skia.Color(int(g), int(g), int(g), 255) for g in grey]
    mode = skia.BlendMode.kModulate if heights else skia.BlendMode.kDst
    canvas.drawAtlas(atlas, forms, boxes, colours, mode, LINEAR, None, skia.Paint(BlendMode=blend, AntiAlias=True))


def _stroke(colour: int, width_m: float) -> skia.Paint:
    return skia.Paint(
        Color=colour,
        StrokeWidth=width_m,
        Style=skia.Paint.kStroke_Style,
        AntiAlias=True,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def _crowns() -> skia.Image:
    """Six tree crowns seen from above, 64 pixels each in a row: clumps of leaves, light from the west."""
    atlas = np.zeros((64, 384, 4), np.float32)
    across = ((np.arange(64) + 0.5) / 32 - 1).astype(np.float32)
    u, v = across[None, :], -across[:, None]
    rng = np.random.Generator(np.random.PCG64([SEED, 79]))
    tints = [(74, 98, 42), (88, 110, 44), (62, 88, 44), (104, 112, 44), (80, 92, 38), (128, 112, 46)]
    for i, tint in enumerate(tints):
        edge = 0.86 + 0.1 * np.sin(5 * np.arctan2(v, u) + i) + 0.05 * np.sin(9 * np.arctan2(v, u) + 2 * i)
        inside = np.clip((edge - np.hypot(u, v)) * 12, 0, 1)
        shade = 0.86 - 0.34 * u - 0.05 * v
        for _ in range(26):
            a, b, r = rng.uniform(-0.7, 0.7), rng.uniform(-0.7, 0.7), rng.uniform(0.14, 0.3)
            blob = np.clip(1 - np.hypot(u - a, v - b) / r, 0, 1)
            shade = shade + blob * (0.16 - 0.55 * (u - a))
        box = slice(64 * i, 64 * i + 64)
        atlas[:, box, :3] = np.clip(np.array(tint) * shade[..., None], 0, 255) * inside[..., None]
        atlas[:, box, 3] = inside * 255
    return skia.Image.fromarray(atlas.astype(np.uint8), RGBA, skia.AlphaType.kPremul_AlphaType)


def _drawn(colour: Pixels, loop: Loop, trees: Trees, fields: Fields, light: Pixels) -> NDArray[np.uint8]:
    """Soft colours, then everything with an edge, then the light over all of it."""
    base = np.full((NEAR_CELLS, NEAR_CELLS, 4), 255, np.uint8)
    base[..., :3] = np.clip(colour, 0, 255)
    array = np.zeros((COLOUR_CELLS, COLOUR_CELLS, 4), np.uint8)
    canvas = _canvas(array)
    whole = skia.Rect(-NEAR_M / 2, -NEAR_M / 2, NEAR_M / 2, NEAR_M / 2)

    def cover(pixels: np.ndarray, blend: skia.BlendMode) -> None:
        canvas.save()
        canvas.resetMatrix()
        target = skia.Rect(0, 0, COLOUR_CELLS, COLOUR_CELLS)
        canvas.drawImageRect(picture_of(pixels), target, LINEAR, skia.Paint(BlendMode=blend))
        canvas.restore()

    cover(base, skia.BlendMode.kSrc)
    for outline, tint in fields.cells:
        canvas.drawPath(outline, skia.Paint(Color=tint, AntiAlias=True))
    _grain(canvas, whole)
    canvas.drawPath(fields.walls, _stroke(skia.Color(58, 66, 40, 90), 4.0))
    canvas.translate(1.5, 0)
    canvas.drawPath(fields.walls, _stroke(skia.Color(30, 36, 26, 120), 2.4))  # the wall's shadow
    canvas.translate(-1.5, 0)
    canvas.drawPath(fields.walls, _stroke(skia.Color(172, 166, 152, 255), 1.5))
    draw_ways(canvas, loop)
    path = skia.Path()
    path.addPoly([skia.Point(float(a), float(b)) for a, b in zip(loop.x, loop.y, strict=True)], True)
    for width_m, ink in ((9.0, (150, 150, 84, 70)), (5.0, (178, 166, 110, 140)), (2.9, (232, 216, 178, 255))):
        canvas.drawPath(path, _stroke(skia.Color(*ink), width_m))
    _plant(
        canvas,
        trees,
        _crowns(),
        [skia.Rect(64 * i, 0, 64 * i + 64, 64) for i in range(6)],
        skia.BlendMode.kSrcOver,
    )
    lit = np.full((NEAR_CELLS, NEAR_CELLS, 4), 255, np.uint8)
    lit[..., :3] = np.clip(light * (255 / _WHITE_AT), 0, 255)
    cover(lit, skia.BlendMode.kModulate)
    return array


def _grain(canvas: skia.Canvas, whole: skia.Rect) -> None:
    """Tufts and blades: a repeated tile that makes every colour a little lighter or darker."""
    rng = np.random.Generator(np.random.PCG64([SEED, 80]))
    coarse = rng.normal(0, 1, (512, 512)).astype(np.float32)
    soft = (coarse + np.roll(coarse, 1, 0) + np.roll(coarse, 1, 1) + np.roll(np.roll(coarse, 1, 0), 1, 1)) / 2
    tile = np.full((512, 512, 4), 255, np.uint8)
    tile[..., :3] = np.clip(128 + 11 * soft + 4 * coarse, 0, 255)[..., None]
    pixel = NEAR_M / COLOUR_CELLS
    shader = picture_of(tile).makeShader(
        skia.TileMode.kRepeat, skia.TileMode.kRepeat, skia.SamplingOptions(), skia.Matrix.Scale(pixel, pixel)
    )
    canvas.drawRect(whole, skia.Paint(Shader=shader, BlendMode=skia.BlendMode.kOverlay))
