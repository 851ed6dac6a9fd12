"""The drawn signs before the facts: a winding way, hills, a clock."""

from __future__ import annotations

from typing import Literal

import numpy as np
import skia

from pipeline.overlays.paint import fill, polyline, stroke

Icon = Literal["distance", "ascent", "time"]


def sign(canvas: skia.Canvas, icon: Icon, x: float, y: float, reach: float, colour: str) -> None:
    """A small drawn sign centred at x, y."""
    pen = stroke(colour, reach * 0.24)
    canvas.save()
    canvas.translate(x, y)
    if icon == "time":
        canvas.drawCircle(0, 0, reach * 0.84, pen)
        canvas.drawLine(0, 0, 0, -reach * 0.48, pen)
        canvas.drawLine(0, 0, reach * 0.36, reach * 0.2, pen)
    elif icon == "ascent":
        hills = [(-1.0, 0.72), (-0.28, -0.62), (0.14, 0.12), (0.42, -0.26), (1.0, 0.72), (-1.0, 0.72)]
        path = polyline(np.array(hills) * reach)
        path.close()
        canvas.drawPath(path, fill(colour))
        canvas.drawPath(path, stroke(colour, reach * 0.14))
    else:
        path = skia.Path()
        path.moveTo(-reach * 0.7, reach * 0.66)
        path.cubicTo(reach * 1.3, reach * 0.7, -reach * 1.3, -reach * 0.6, reach * 0.7, -reach * 0.66)
        canvas.drawPath(path, pen)
        for side in (-1, 1):
            canvas.drawCircle(side * reach * 0.72, -side * reach * 0.66, reach * 0.26, fill(colour))
    canvas.restore()
