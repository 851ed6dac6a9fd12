"""What a small picture means to the eye: relative luminance, saturated red and chromaticity of every cell.

All values follow WCAG 2.2: sRGB is made linear, luminance is 0 (black) to 1 (white), chromaticity is CIE 1976 u′v′.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]  # rows × columns
Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]  # rows × columns × (red, green, blue), sRGB

SATURATED = 0.8  # R / (R + G + B)
_SEEN = 0.02  # linear red; below it (sRGB 39 of 255) a red cannot be told from the encoder's noise
_FLARE = 0.002  # of white, added before chromaticity is taken: black has the colour of white, dark noise has none
_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))


def _linear() -> NDArray[np.float32]:
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


LINEAR = _linear()  # of an 8-bit sRGB value


@dataclass(frozen=True, kw_only=True)
class Light:
    """The light of one picture."""

    red: Plane
    green: Plane
    blue: Plane
    luminance: Plane

    def saturated(self) -> Mask:
        """Where the picture is saturated red."""
        rest = self.green + self.blue
        mask: Mask = (self.red >= SATURATED / (1 - SATURATED) * rest) & (self.red >= _SEEN)
        return mask

    def chromaticity(self) -> tuple[Plane, Plane]:
        """(u′, v′) of every cell."""
        x, y, z = (
            a * (self.red + _FLARE) + b * (self.green + _FLARE) + c * (self.blue + _FLARE) for a, b, c in _TO_XYZ
        )
        whole = x + 15 * y + 3 * z
        return 4 * x / whole, 9 * y / whole


def light(pixels: Pixels) -> Light:
    red, green, blue = (LINEAR[pixels[..., channel]] for channel in range(3))
    luminance = np.float32(0.2126) * red + np.float32(0.7152) * green + np.float32(0.0722) * blue
    return Light(red=red, green=green, blue=blue, luminance=luminance)
