"""Pictures of other colour spaces as BT.709, by a colour cube that is computed here.

A cube (33³, tetrahedral, on 10-bit RGB at the output size) costs a third of the CPU time of a chain of zscale and
tonemap in floating point, and lets us choose the operator: nothing clips to a flat patch, hues stay.

HLG and PQ (BT.2100): the reference white of HDR pictures, 203 cd/m² (BT.2408), becomes nearly white. Up to `_KNEE`
of the BT.709 signal nothing changes; above, the brightest of red, green and blue is bent so that `_PEAK_NITS` reach
1.0, and the other two keep their ratio to it. The bend is made in the signal, not in light, where a lower knee would
be needed: a picture of SDR brightness keeps its mean luma within 3 % (measured), a fivefold highlight still gets
twenty levels of its own. Colours outside BT.709 move towards the grey of the same luminance until they fit.
"""

from __future__ import annotations

import functools

import numpy as np

from pipeline.footage import Transfer
from pipeline.geo import Floats

SIZE = 33

_WHITE_NITS = 203.0
_PEAK_NITS = {"hlg": 1000.0, "pq": 4000.0}
_KNEE = 0.8
_GAMMA = 2.4  # of a BT.709 screen (BT.1886)

# Columns: where red, green and blue of the wide spaces lie in linear BT.709.
_TO_709 = {
    "bt2020": np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float64
    ),
    "p3": np.array(
        [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0196, -0.0786, 1.0979]], np.float64
    ),
}
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])
_LUMA_709 = np.array([0.2126, 0.7152, 0.0722])


@functools.cache
def cube_text(transfer: Transfer, primaries: str) -> str:
    """The cube from a signal in `transfer` and `primaries` to BT.709, in Adobe's text format (red runs first)."""
    steps = np.linspace(0.0, 1.0, SIZE)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    rows = converted(np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1), transfer, primaries)
    return f"LUT_3D_SIZE {SIZE}\n" + "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in rows.tolist()) + "\n"


def converted(signal: Floats, transfer: Transfer, primaries: str) -> Floats:
    """Colours (n, 3), full-range R'G'B' 0–1, as BT.709 R'G'B' 0–1."""
    light = _light(signal, transfer)  # 1.0 is the white of the picture
    matrix = _TO_709.get("bt2020" if transfer != "sdr" else primaries)
    if matrix is not None:
        light = _fitting(light @ matrix.T)
    if transfer != "sdr":
        light = _rolled_off(light, _PEAK_NITS[transfer] / _WHITE_NITS)
    return np.asarray(np.clip(light, 0.0, 1.0) ** (1 / _GAMMA))


def _light(signal: Floats, transfer: Transfer) -> Floats:
    """Linear light of a display, in units of the reference white."""
    if transfer == "sdr":
        return np.asarray(signal**_GAMMA)
    if transfer == "pq":  # SMPTE ST 2084
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        power = signal ** (1 / m2)
        return np.asarray((np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1) * 10_000 / _WHITE_NITS)
    # BT.2100 HLG on its nominal display of 1000 cd/m², where the system gamma is 1.2.
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = scene @ _LUMA_2020
    return np.asarray(scene * luma[:, None] ** 0.2 * 1000 / _WHITE_NITS)


def _fitting(light: Floats) -> Floats:
    """Colours with a negative part move towards their own grey until it is zero."""
    grey = np.maximum(light @ _LUMA_709, 0.0)[:, None]
    least = light.min(axis=1, keepdims=True)
    share = np.where(least < 0, grey / np.maximum(grey - least, 1e-9), 1.0)
    return np.asarray(grey + (light - grey) * share)


def _rolled_off(light: Floats, peak: float) -> Floats:
    """Highlights bent below 1.0; a hyperbola that leaves the straight part smoothly and meets 1.0 at the peak."""
    top = light.max(axis=1, keepdims=True)
    signal, end = np.maximum(top, 1e-9) ** (1 / _GAMMA), peak ** (1 / _GAMMA)
    over = np.clip((signal - _KNEE) / (end - _KNEE), 0.0, 1.0)
    steep = (end - _KNEE) / (1 - _KNEE)  # so that the bend begins with the slope of the straight part
    bent = _KNEE + (1 - _KNEE) * steep * over / (1 + (steep - 1) * over)
    target = np.where(signal > _KNEE, bent, signal) ** _GAMMA
    return np.asarray(light * (target / np.maximum(top, 1e-9)))
