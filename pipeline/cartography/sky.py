"""What a tilted camera sees above the map: haze that thickens towards the horizon, and the sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia

from pipeline.cartography.lens import Lens
from pipeline.cartography.masters import FARTHEST
from pipeline.colours import luminance, mixed
from pipeline.overlays.paint import colour4
from pipeline.styles import MapStyle

_BEGINS = 1.5  # the depth at which haze begins


@dataclass(frozen=True, kw_only=True)
class Sky:
    haze: str
    zenith: str
    lens: Lens

    @classmethod
    def of(cls, style: MapStyle, lens: Lens) -> Sky:
        """Pale at the horizon; above, a breath of blue by day and the dark by night."""
        if luminance(style.background) > 0.2:
            haze = mixed(style.background, "#ffffff", 0.55)
            return cls(haze=haze, zenith=mixed(haze, "#8fb9dd", 0.75), lens=lens)
        haze = mixed(style.background, "#9fb6c4", 0.22)
        return cls(haze=haze, zenith=mixed(style.background, "#000000", 0.45), lens=lens)

    def paint(self, canvas: skia.Canvas, tilt: float) -> None:
        """Nothing when the camera looks down. All is one gradient: 1 / depth falls evenly from row to row."""
        low = self.lens.row(_BEGINS, tilt) if tilt > 0 else 0.0
        if low <= 0:
            return
        full, horizon = self.lens.row(FARTHEST, tilt), self.lens.horizon(tilt)
        shares = np.linspace(0, 1, 9)
        stops = [(low + (full - low) * s, colour4(self.haze, s * s * (3 - 2 * s))) for s in shares.tolist()]
        stops.append((horizon, colour4(self.haze)))
        stops.append((horizon - 0.16 * self.lens.height, colour4(self.zenith)))
        top = min(0.0, stops[-1][0])
        ends = [skia.Point(0, top), skia.Point(0, low)]
        places = [(at - top) / (low - top) for at, _ in stops]
        shader = skia.GradientShader.MakeLinear(ends, [colour for _, colour in reversed(stops)], list(reversed(places)))
        paint = skia.Paint(Shader=shader, Dither=True)
        canvas.drawRect(skia.Rect.MakeLTRB(0, 0, self.lens.width, float(np.ceil(low))), paint)
