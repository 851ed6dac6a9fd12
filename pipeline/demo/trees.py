"""Trees that stand alone: six upright pictures, drawn at their places in one call for each frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.demo.ground import SEED, Pixels, Reals
from pipeline.demo.landscape import RGBA
from pipeline.demo.painting import HAZE, HAZE_M

_SIDE = 128  # pixels of one picture
_TINTS = [(96, 122, 54), (112, 132, 56), (84, 112, 56), (126, 130, 56), (100, 112, 48), (142, 124, 56)]
_SMOOTH = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trees:
    """`standing` has the columns of `Landscape.single`; `atlas` the six pictures in a row."""

    standing: Pixels
    atlas: skia.Image

    def draw(
        self,
        canvas: skia.Canvas,
        *,
        x: Reals,
        foot: Reals,
        tall: Reals,
        kind: Reals,
        shown: Reals,
        far_m: Reals,
    ) -> None:
        """Draws n trees in this order; `x`, `foot` and height `tall` in pixels, `shown` 0 to 1."""
        keep = shown > 0.01
        if not keep.any():
            return
        scale, haze = tall / _SIDE, 1 - np.exp(-np.maximum(far_m - 120, 0) / HAZE_M)
        forms = [
            skia.RSXform(float(s), 0.0, float(a - _SIDE / 2 * s), float(b - _SIDE * 0.97 * s))
            for s, a, b in zip(scale[keep], x[keep], foot[keep], strict=True)
        ]
        boxes = [skia.Rect.MakeXYWH(_SIDE * int(k), 0, _SIDE, _SIDE) for k in kind[keep]]
        tint = tuple(round(255 * part) for part in HAZE)
        veils = [skia.Color(*tint, round(255 * float(h))) for h in haze[keep]]
        canvas.drawAtlas(self.atlas, forms, boxes, veils, skia.BlendMode.kDstATop, _SMOOTH, None, skia.Paint())


def make_trees(standing: Pixels, heading: float) -> Trees:
    """The pictures for a flight in this direction: the light comes from the west."""
    atlas = np.zeros((_SIDE, _SIDE * len(_TINTS), 4), np.float32)
    across = ((np.arange(_SIDE) + 0.5) / _SIDE * 2 - 1).astype(np.float32)
    u, v = across[None, :], -across[:, None]
    side, front = -math.cos(heading), max(0.0, math.sin(heading))  # where the sun is: to the right, behind us
    rng = np.random.Generator(np.random.PCG64([SEED, 81]))
    for i, tint in enumerate(_TINTS):
        colour, cover = np.zeros((_SIDE, _SIDE, 3), np.float32), np.zeros((_SIDE, _SIDE), np.float32)
        trunk = np.clip((0.055 - np.abs(u)) * 60, 0, 1) * (v < -0.3) * (v > -0.96)
        colour += trunk[..., None] * np.array([62, 52, 40], np.float32)
        cover = np.maximum(cover, trunk)
        for k in range(70):
            r = rng.uniform(0.14, 0.30)
            angle, out = rng.uniform(0, 2 * math.pi), math.sqrt(rng.uniform(0, 1)) * (0.80 - r)
            a, b = out * math.cos(angle) * 0.92, 0.16 + out * math.sin(angle)
            inside = np.clip((r - np.hypot(u - a, v - b)) / r * 5, 0, 1)
            place = 0.62 + 0.20 * front + 0.34 * (a * side) + 0.30 * (b - 0.1)
            shade = place + 0.34 * ((u - a) * side + (v - b)) / r * 0.6 + rng.uniform(-0.07, 0.07) + 0.001 * k
            leaf = np.clip(np.array(tint, np.float32) * shade[..., None], 0, 255)
            colour = colour * (1 - inside[..., None]) + leaf * inside[..., None]
            cover = np.maximum(cover, inside)
        box = slice(_SIDE * i, _SIDE * i + _SIDE)
        atlas[:, box, :3], atlas[:, box, 3] = colour * np.minimum(1, cover)[..., None], cover * 255
    premul = np.clip(atlas, 0, 255).astype(np.uint8)
    premul[..., :3] = np.minimum(premul[..., :3], premul[..., 3:])
    image = skia.Image.fromarray(premul, RGBA, skia.AlphaType.kPremul_AlphaType)
    return Trees(standing=standing, atlas=image.withDefaultMipmaps())
