"""The map itself under a moving camera: a few masters, drawn once, laid into each frame through the pose's matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import skia

from pipeline.cartography import masters
from pipeline.cartography.lens import Course, Pose, skia_matrix
from pipeline.cartography.masters import Masters
from pipeline.mercator import MapView
from pipeline.overlays.paint import Sheet
from pipeline.pacing import smoother

Master = Callable[[MapView], Sheet]


class Backdrop:
    """`near` draws the overview and the close master, `plain` the far one."""

    def __init__(self, plan: Masters, course: Course, near: Master, plain: Master) -> None:
        self._plan, self._lens, self._rest = plan, course.lens, course.poses[-1]
        wanted = {"overview": (plan.overview, near), "close": (plan.close, near), "far": (plan.far, plain)}
        self._images = {name: _image(draw(view)) for name, (view, draw) in wanted.items() if view is not None}

    def paint(self, canvas: skia.Canvas, number: int, pose: Pose) -> None:
        """Fills the frame, opaque, as far up as haze leaves anything to see."""
        plan, tilt, lens = self._plan, pose.tilt, self._lens
        top = max(0.0, lens.row(masters.FARTHEST, tilt)) if tilt else 0.0
        whole = plan.overview is not None and (plan.close is None or pose == self._rest)
        if not whole and plan.close is not None:
            share = float(plan.close_share[number])
            far, near = (lens.row(depth, tilt) if tilt else -1.0 for depth in reversed(masters.NEAR_BAND))
            if plan.far is not None and (share < 1 or near > 0):
                self._lay(canvas, "far", plan.far, pose, (top, lens.height if share < 1 else near), 1.0)
            if share > 0:
                band = (far, near) if plan.far is not None and near > 0 else None
                rows = (max(top, far if band else 0.0), float(lens.height))
                self._lay(canvas, "close", plan.close, pose, rows, share, band)
        shown = 1.0 if whole else float(plan.overview_share[number])
        if plan.overview is not None and shown > 0:
            self._lay(canvas, "overview", plan.overview, pose, (top, lens.height), shown)

    def _lay(
        self,
        canvas: skia.Canvas,
        name: str,
        view: MapView,
        pose: Pose,
        rows: tuple[float, float],
        alpha: float,
        band: tuple[float, float] | None = None,
    ) -> None:
        """Lays a master into some rows of the frame; `band`: rows between which it appears."""
        # The shader is turned back from the frame, so nothing can lie behind the camera.
        tile = skia.TileMode.kDecal if name == "overview" else skia.TileMode.kClamp
        smooth = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        shader = self._images[name].makeShader(tile, tile, smooth, skia_matrix(self._lens.matrix(pose, view)))
        width, (top, bottom) = self._lens.width, rows
        for start, end, share in _strips(*band) if band else ():
            if end > top:
                canvas.drawRect(skia.Rect.MakeLTRB(0, max(start, top), width, end), _shaded(shader, alpha * share))
        below = float(np.ceil(band[1])) if band else float(np.floor(top))
        canvas.drawRect(skia.Rect.MakeLTRB(0, below, width, bottom), _shaded(shader, alpha))


def _strips(top: float, bottom: float) -> list[tuple[float, float, float]]:
    """Rows from `top` to `bottom` in strips a few pixels high, and the share of the way at each: laying a master strip
    by strip costs a tenth of what a gradient in its shader would."""
    first, last = int(np.floor(top)), int(np.ceil(bottom))
    count = max(1, min(40, (last - first) // 4))
    rows = np.linspace(first, last, count + 1).round()
    shares = smoother((np.arange(count) + 0.5) / count)
    return list(zip(rows[:-1].tolist(), rows[1:].tolist(), shares.tolist(), strict=True))


def _shaded(shader: skia.Shader, alpha: float) -> skia.Paint:
    paint = skia.Paint(Shader=shader)
    paint.setAlphaf(alpha)
    return paint


def _image(sheet: Sheet) -> skia.Image:
    """The picture with its smaller copies, for sampling at any size without a shimmer."""
    # The smaller copies bring a copy of the whole along, so the sheet itself need not be copied first.
    pixels = skia.Image.fromarray(sheet.pixels, skia.kRGBA_8888_ColorType, skia.AlphaType.kPremul_AlphaType, copy=False)
    return pixels.withDefaultMipmaps()
