"""The map under a camera that visits several places: the overview below all, and over it, around each place, pictures
in steps of zoom. Each is drawn when it is first seen, and let go when three others were.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.cartography.lens import Lens, Pose, skia_matrix
from pipeline.cartography.several_course import Journey
from pipeline.geo import Floats
from pipeline.mercator import Bounds, MapView
from pipeline.overlays.clip import Rgba
from pipeline.pacing import smoother

Ground = Callable[[MapView], Rgba]

MOST_PIXELS = 16e6
_STEP = 3.0  # of zoom, between two pictures of a place
_FROM = 1.9  # a picture is seen from that much smaller than it was drawn …
_BLEND = 1.35  # … coming up until it is that much larger
_KEPT = 3


@dataclass(frozen=True, kw_only=True)
class Level:
    """A picture, and how strongly it is seen at each frame."""

    view: MapView
    shares: Floats


def view_of(pose: Pose, lens: Lens, unit: float) -> MapView:
    """Exactly what a frame shows."""
    x, y = pose.x - lens.x / pose.scale, pose.y - lens.y / pose.scale
    return MapView(x=x, y=y, scale=pose.scale, width=lens.width, height=lens.height, unit=unit)


def levels(plan: Journey, unit: float) -> list[Level]:
    """Of all places visited, coarse before fine."""
    scales = np.array([pose.scale for pose in plan.poses])
    out = []
    for first, end, closest in _places(plan, scales):
        count = max(0, math.ceil(math.log(closest / plan.whole.scale) / math.log(_STEP) - 0.15))
        for k in range(count):
            scale = closest / (closest / plan.whole.scale) ** ((count - 1 - k) / count)
            since = max(scale / _FROM, plan.whole.scale * 1.02)
            shares = np.zeros(len(scales))
            seen = slice(first, end)
            shares[seen] = smoother(np.log(scales[seen] / since) / math.log(_BLEND))
            frames = np.flatnonzero(shares > 0)
            if len(frames):
                out.append(Level(view=_view(plan, frames.tolist(), scale, unit), shares=shares))
    return out


def _places(plan: Journey, scales: Floats) -> list[tuple[int, int, float]]:
    """For each place visited the frames that are its own (the way there from where the camera was highest), and the
    scale there."""
    visits = plan.stops[1:-1]
    edges = [0]
    for one, other in itertools.pairwise(visits):
        edges.append(one.end + int(np.argmin(scales[one.end : other.first + 1])))
    edges.append(len(scales))
    return [(first, end, stop.pose.scale) for first, end, stop in zip(edges, edges[1:], visits, strict=False)]


def _view(plan: Journey, frames: list[int], scale: float, unit: float) -> MapView:
    """What those frames show, and two pixels more at each side for the sampling."""
    lens = plan.lens
    seen = [view_of(plan.poses[k], lens, unit).bounds for k in frames]
    bounds = functools.reduce(Bounds.joined, seen)
    fine = min(scale, math.sqrt(MOST_PIXELS / (bounds.width * bounds.height)))
    width, height = (max(2, math.ceil(span * fine) + 4) for span in (bounds.width, bounds.height))
    x, y = bounds.west - 2 / fine, bounds.north - 2 / fine
    return MapView(x=x, y=y, scale=fine, width=width, height=height, unit=unit)


class Grounds:
    def __init__(self, plan: Journey, ground: Ground, unit: float) -> None:
        self._lens, self._ground, self._whole = plan.lens, ground, plan.whole
        self.overview = view_of(plan.whole, plan.lens, unit)
        self.levels = levels(plan, unit) if plan.moving else []
        self._low = _image(ground(self.overview), mipmaps=plan.moving)
        self._kept: dict[int, skia.Image] = {}

    def paint(self, canvas: skia.Canvas, number: int, pose: Pose) -> None:
        """Fills the frame, opaque."""
        if pose == self._whole:
            canvas.drawImage(self._low, 0, 0)
            return
        shown = [(k, float(level.shares[number])) for k, level in enumerate(self.levels) if level.shares[number] > 0]
        opaque = [at for at, (_, share) in enumerate(shown) if share >= 1]
        if not opaque:
            self._lay(canvas, self._low, self.overview, pose, 1.0)
        for k, share in shown[opaque[-1] if opaque else 0 :]:
            self._lay(canvas, self._image(k), self.levels[k].view, pose, share)

    def _lay(self, canvas: skia.Canvas, image: skia.Image, view: MapView, pose: Pose, alpha: float) -> None:
        clamp = skia.TileMode.kClamp
        smooth = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        paint = skia.Paint(Shader=image.makeShader(clamp, clamp, smooth, skia_matrix(self._lens.matrix(pose, view))))
        paint.setAlphaf(alpha)
        canvas.drawPaint(paint)

    def _image(self, k: int) -> skia.Image:
        if k not in self._kept:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[k] = _image(self._ground(self.levels[k].view), mipmaps=True)
        else:
            self._kept[k] = self._kept.pop(k)  # the last used is let go last
        return self._kept[k]


def _image(pixels: Rgba, *, mipmaps: bool) -> skia.Image:
    """Opaque, so straight and premultiplied are the same."""
    plain = np.ascontiguousarray(pixels)
    image = skia.Image.fromarray(plain, skia.kRGBA_8888_ColorType, skia.AlphaType.kPremul_AlphaType, copy=not mipmaps)
    return image.withDefaultMipmaps() if mipmaps else image
