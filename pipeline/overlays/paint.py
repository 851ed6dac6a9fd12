"""Drawing surfaces and the few shapes that every overlay shares: cards, strokes, gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.colours import rgb
from pipeline.overlays.clip import Rgba

SHADOW = 14  # design pixels that a card's shadow reaches beyond the card


def even(value: float) -> int:
    """The nearest even whole number not below `value`."""
    return int(np.ceil(value / 2)) * 2


class Sheet:
    """A transparent surface whose pixels are a numpy array (premultiplied RGBA, shared, not copied)."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.pixels: Rgba = np.zeros((height, width, 4), np.uint8)
        info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
        self._surface = skia.Surface.MakeRasterDirect(info, self.pixels)
        self.canvas = self._surface.getCanvas()

    def clear(self) -> None:
        self.pixels[:] = 0

    def straight(self) -> Rgba:
        """A copy with colours no longer multiplied by their alpha."""
        info = skia.ImageInfo.Make(self.width, self.height, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType)
        out: Rgba = np.empty((self.height, self.width, 4), np.uint8)
        self._surface.readPixels(info, out, self.width * 4, 0, 0)
        return out

    def image(self) -> skia.Image:
        """A copy that stays as it is."""
        return self._surface.makeImageSnapshot()

    def paint_on(self, canvas: skia.Canvas, x: float, y: float) -> None:
        """Paints what the sheet shows now, without a copy."""
        self._surface.draw(canvas, x, y)


def colour4(colour: str, alpha: float = 1.0) -> int:
    red, green, blue = rgb(colour)
    return int(skia.ColorSetARGB(round(255 * min(1.0, max(0.0, alpha))), red, green, blue))


def fill(colour: str, alpha: float = 1.0) -> skia.Paint:
    return skia.Paint(Color=colour4(colour, alpha), AntiAlias=True)


def stroke(colour: str, width: float, alpha: float = 1.0) -> skia.Paint:
    """Round caps and joins."""
    return skia.Paint(
        Color=colour4(colour, alpha),
        AntiAlias=True,
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def shaded(shader: skia.Shader) -> skia.Paint:
    return skia.Paint(Shader=shader, AntiAlias=True, Dither=True)


def vertical(top: float, bottom: float, stops: Sequence[tuple[float, int]]) -> skia.Shader:
    """A gradient from `top` down to `bottom`; stops are (share, colour4)."""
    return skia.GradientShader.MakeLinear(
        [skia.Point(0, top), skia.Point(0, bottom)], [c for _, c in stops], [at for at, _ in stops]
    )


def card(canvas: skia.Canvas, rect: skia.Rect, radius: float, paint: skia.Paint, unit: float) -> None:
    """A rounded card that floats: a wide soft shadow and a tight one below it."""
    for blur, drop, alpha in ((5.0, 3.0, 0.20), (2.0, 1.0, 0.16)):
        shadow = skia.Paint(
            Color=colour4("#000000", alpha),
            AntiAlias=True,
            MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur * unit),
        )
        canvas.drawRoundRect(rect.makeOffset(0, drop * unit), radius, radius, shadow)
    canvas.drawRoundRect(rect, radius, radius, paint)


def smooth_stops(colour: str, levels: Sequence[tuple[float, float]], steps: int = 12) -> list[tuple[float, int]]:
    """Stops of a shade whose opacity goes smoothly through `levels` (share, alpha): no visible edge or
    band."""
    at = np.linspace(0.0, 1.0, steps * (len(levels) - 1) + 1)
    shares, alphas = np.array([s for s, _ in levels]), np.array([a for _, a in levels])
    index = np.clip(np.searchsorted(shares, at, side="right") - 1, 0, len(levels) - 2)
    local = np.clip((at - shares[index]) / np.maximum(shares[index + 1] - shares[index], 1e-9), 0, 1)
    eased = local * local * (3 - 2 * local)
    alpha = alphas[index] + (alphas[index + 1] - alphas[index]) * eased
    return [(float(s), colour4(colour, float(a))) for s, a in zip(at, alpha, strict=True)]


def polyline(points: NDArray[np.float64]) -> skia.Path:
    """An open path through the points (n, 2)."""
    path = skia.Path()
    path.addPoly([skia.Point(float(x), float(y)) for x, y in points], False)
    return path
