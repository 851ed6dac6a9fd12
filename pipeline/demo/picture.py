"""Frames of a flight over a painted landscape, the way of the old voxel games but without their edges.

A frame is three steps: ground heights along the columns of the picture, the running maximum that decides what
hides what, and one look into the painting for every pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.demo.ground import SEED, Pixels, Reals
from pipeline.demo.houses import draw_houses
from pipeline.demo.landscape import LINEAR, RGBA, picture_of
from pipeline.demo.painting import (
    F32,
    FULL,
    HAZE,
    LOWEST_M,
    OPEN,
    RANGE_M,
    SHIFT_M,
    STRETCH_M,
    ZENITH,
    Four,
    Painting,
    View,
    clamped,
    shader,
)
from pipeline.demo.trees import Trees
from pipeline.geometry import Size

FOCAL = 0.80  # of the picture's width: a view of 64°
HORIZON = 0.24  # of the picture's height, from the top
NEAREST_M, FARTHEST_M = 60.0, 9500.0
STEPS = 336  # heights looked up along a column, farther apart with distance
_APART = math.log2(FARTHEST_M / NEAREST_M) / (STEPS - 1)
_ROOM = 8192.0  # keeps the columns' screen heights apart on one rising line

_HEIGHTS = (
    """
uniform shader height;
uniform float4 camera;   // in the painting's metres: right, ahead; altitude above the lowest, step
uniform float4 ahead;    // direction of view and of the picture's right, in the painting's metres
uniform float4 frame;    // column to tangent: factor, offset; focal length in pixels; painting's half width
half4 main(float2 p) {
    float z = NEAREST * exp2((p.x - 0.5) * camera.w);
    float2 local = camera.xy + z * (ahead.xy + (p.y * frame.x + frame.y) * ahead.zw);
    float2 uv = local / (STRETCH + abs(local));
    half4 c = height.eval(float2(1 + uv.x, 1 - uv.y) * frame.w);
    float rise = (c.r + c.g * 256 + c.b * 65536) * (255.0 / 16777215.0) * RANGE - camera.z;
    return half4(half(rise / z * frame.z), 0, 0, 1);
}
""".replace("NEAREST", str(NEAREST_M))
    .replace("STRETCH", str(STRETCH_M))
    .replace("RANGE", str(RANGE_M))
)

_LOOK = """
uniform shader painting;
uniform shader depth;
uniform float4 camera;
uniform float4 ahead;
uniform float4 frame;    // column to tangent: factor, offset; columns per pixel; half width of the painting
half4 main(float2 p) {
    half4 d = depth.eval(float2(p.x * frame.z, p.y));
    float near = dot(float3(d.rgb), float3(1, 256, 65536) * (255.0 / 16777215.0));
    float2 local = camera.xy * near + ahead.xy + (p.x * frame.x + frame.y) * ahead.zw;  // all times `near`
    float2 uv = local / (STRETCH * near + abs(local));
    return painting.eval(float2(1 + uv.x, 1 - uv.y) * frame.w) * d.a;
}
""".replace("NEAREST", str(NEAREST_M)).replace("STRETCH", str(STRETCH_M))


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A painting and a sky, ready for frames of one size."""

    painting: Painting
    sky: NDArray[np.uint8]
    trees: Trees
    houses: Pixels  # as `Landscape.houses`
    size: Size
    columns: int  # along which heights are looked up; between them they are blended


def frame(scene: Scene, view: View) -> NDArray[np.uint8]:
    """The picture from `view`: RGBA, shape (height, width, 4)."""
    size = scene.size
    picture = np.zeros((size.height, size.width, 4), np.uint8)
    canvas = skia.Surface(picture, RGBA, OPEN).getCanvas()
    _draw_sky(canvas, scene, view)
    rises = _rises(scene, view)
    depth, top = _depth(scene, rises)
    images = {
        "painting": clamped(picture_of(scene.painting.colour)),
        "depth": clamped(skia.Image.fromarray(depth, RGBA, OPEN, copy=False)),
    }
    camera, ahead = _placed(scene, view)
    slope = 1 / (FOCAL * size.width)
    look = (slope, -0.5 / FOCAL, scene.columns / size.width, scene.painting.half)
    canvas.translate(0, top)
    a, b, c, d = (NEAREST_M * part for part in ahead)  # the shader knows nearness, not distance
    over = shader(_LOOK, images, camera=camera, ahead=(a, b, c, d), frame=look)
    canvas.drawRect(skia.Rect(0, 0, size.width, size.height - top), skia.Paint(Shader=over))
    canvas.translate(0, -top)
    draw_houses(canvas, scene.houses, view, focal=FOCAL * size.width, horizon=HORIZON * size.height, width=size.width)
    _draw_trees(canvas, scene, view, rises)
    return picture


def _placed(scene: Scene, view: View) -> tuple[Four, Four]:
    """Camera and directions in the painting's own metres (to its right, ahead of its middle)."""
    middle = scene.painting.middle
    sin, cos = math.sin(middle.heading), math.cos(middle.heading)
    east, north, turn = view.x - middle.x, view.y - middle.y, view.heading - middle.heading
    camera = (
        east * cos - north * sin,
        east * sin + north * cos - SHIFT_M,
        view.altitude_m - LOWEST_M,
        _APART,
    )
    return camera, (math.sin(turn), math.cos(turn), math.cos(turn), -math.sin(turn))


def _rises(scene: Scene, view: View) -> Pixels:
    """How far over the horizon the ground shows, in pixels, by column and step: only what grows is seen."""
    out = np.zeros((scene.columns, STEPS, 4), np.float32)
    canvas = skia.Surface(out, F32, OPEN).getCanvas()
    camera, ahead = _placed(scene, view)
    column = 1 / (FOCAL * scene.columns)
    look = (column, -0.5 / FOCAL, FOCAL * scene.size.width, scene.painting.half / 2)
    heights = {"height": clamped(picture_of(scene.painting.height))}
    over = shader(_HEIGHTS, heights, camera=camera, ahead=ahead, frame=look)
    canvas.drawPaint(skia.Paint(Shader=over, BlendMode=skia.BlendMode.kSrc))
    return np.maximum.accumulate(out[..., 0], axis=1)


def _depth(scene: Scene, rises: Pixels) -> tuple[NDArray[np.uint8], int]:
    """Nearness of the ground by row and column (24 bits in RGB, cover in alpha) and the first such row."""
    size, horizon = scene.size, HORIZON * scene.size.height
    highest = rises[:, -1]
    top = max(0, math.floor(horizon - float(highest.max()) - 1))
    wanted = horizon - (np.arange(size.height - 1, top - 1, -1, dtype=np.float64) + 0.5)
    lift = (np.arange(scene.columns) * _ROOM)[:, None]
    near = np.exp2(-_APART * np.arange(STEPS))
    found = np.interp(
        (wanted + lift).ravel(), (rises + lift).ravel(), np.broadcast_to(near, rises.shape).ravel()
    ).reshape(scene.columns, -1)
    cover = np.clip(highest[:, None] - wanted + 0.5, 0, 1)
    skyline = near[np.argmax(rises, axis=1)]  # goes on upwards, so that no far colour bleeds into the edge
    found = np.where(wanted > highest[:, None], skyline[:, None], found)
    whole = (found * FULL).astype(np.uint32) | ((cover * 255).astype(np.uint32) << 24)
    rows = np.ascontiguousarray(whole.T[::-1])
    return rows[..., None].view(np.uint8), top


def make_sky(size: Size, heading: float) -> NDArray[np.uint8]:
    """A bright horizon, blue above, clouds on a ceiling that runs away from the camera. It is wide."""
    width, height = size.width, round(size.height * (HORIZON + 0.06))
    across = (np.arange(width, dtype=np.float32)[None, :] / width - 0.5) * 1.6 / FOCAL
    up = (height - np.arange(height, dtype=np.float32)[:, None]) / (FOCAL * size.width)
    rise = up / np.hypot(1, across)
    colour = np.array(ZENITH) + (np.array(HAZE) - ZENITH) * np.exp(-rise * 13)[..., None]
    away = 1 / (up + 0.035)
    lattice = np.random.Generator(np.random.PCG64([SEED, 90])).uniform(-1, 1, (256, 256)).astype(np.float32)
    cloud = np.zeros_like(rise)
    for scale, share in ((0.22, 0.5), (0.5, 0.3), (1.1, 0.17), (2.3, 0.1)):
        cloud += _looked_up(lattice, across * away * scale + 7 * heading + 60, away * scale + 0 * across) * share
    cover = np.clip((cloud + 0.02) * 3.2, 0, 1) ** 1.2 * np.clip(rise * 26 - 0.25, 0, 1)
    shade = np.array([0.985, 0.965, 0.94]) - np.clip(cloud - 0.12, 0, 1)[..., None] * np.array([0.42, 0.38, 0.30])
    colour += (shade - colour) * (cover * 0.86)[..., None]
    sky = np.full((height, width, 4), 255, np.uint8)
    sky[..., :3] = np.clip(colour * 255 + 0.5, 0, 255)
    return sky


def _looked_up(lattice: Pixels, x: Reals, y: Reals) -> Pixels:
    """Smooth noise at any place."""
    i, j = np.floor(y).astype(int), np.floor(x).astype(int)
    v, u = y - i, x - j
    v, u = v * v * (3 - 2 * v), u * u * (3 - 2 * u)
    a, b = lattice[i % 256, j % 256], lattice[i % 256, (j + 1) % 256]
    c, d = lattice[(i + 1) % 256, j % 256], lattice[(i + 1) % 256, (j + 1) % 256]
    return np.asarray((a + (b - a) * u) * (1 - v) + (c + (d - c) * u) * v, np.float32)


def _draw_sky(canvas: skia.Canvas, scene: Scene, view: View) -> None:
    """The sky turns with the camera; it is 1.6 pictures wide, and its foot lies below the horizon."""
    size, sky = scene.size, scene.sky
    turn = math.tan(view.heading - scene.painting.middle.heading) * FOCAL * size.width
    width = size.width * 1.6
    left = (size.width - width) / 2 - turn
    foot = size.height * HORIZON
    target = skia.Rect(left, foot - sky.shape[0], left + width, foot)
    canvas.drawColor(skia.Color(*(round(255 * part) for part in HAZE)))
    canvas.drawImageRect(picture_of(sky), target, LINEAR)


def _draw_trees(canvas: skia.Canvas, scene: Scene, view: View, rises: Pixels) -> None:
    """Trees that stand alone, upright, far ones first; what a hill or a wood hides is left out."""
    focal, trees = FOCAL * scene.size.width, scene.trees.standing
    sin, cos = math.sin(view.heading), math.cos(view.heading)
    east, north = trees[:, 0] - view.x, trees[:, 1] - view.y
    right, z = east * cos - north * sin, east * sin + north * cos
    seen = (z > NEAREST_M) & (z < 1500) & (np.abs(right) < z * 0.7 + 12)
    trees, right, z = trees[seen], right[seen], z[seen]
    order = np.argsort(-z, kind="stable")
    trees, right, z = trees[order], right[order], z[order]
    x = scene.size.width / 2 + right / z * focal
    foot = (trees[:, 2] - view.altitude_m) / z * focal
    tall = trees[:, 3] * 2.3 / z * focal
    column = np.clip(x / scene.size.width * scene.columns, 0, scene.columns - 1).astype(int)
    step = np.clip(np.log2(z / NEAREST_M) / _APART - 3, 0, STEPS - 1).astype(int)
    shown = np.clip((foot + 0.5 * tall - rises[column, step]) / 3 + 0.5, 0, 1) * np.clip((1500 - z) / 300, 0, 1)
    scene.trees.draw(
        canvas,
        x=x,
        foot=HORIZON * scene.size.height - foot,
        tall=tall,
        kind=trees[:, 4],
        shown=shown,
        far_m=z,
    )
