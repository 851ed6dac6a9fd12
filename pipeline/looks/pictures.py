"""Numbers from small grey pictures: how sharp one is, and how the camera moved between two.

Pictures are arrays of shape (height, width) with luma from 0 to 255.
"""

from __future__ import annotations

import numpy as np

from pipeline.geo import Floats


def sharpness(grey: Floats) -> float:
    """Variance of the Laplacian over the variance of the picture: focus and shake, whatever the contrast."""
    edges = grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1] - 4 * grey[1:-1, 1:-1]
    return float(edges.var() / (grey.var() + 25.0))


def moved(first: Floats, second: Floats) -> tuple[float, float, float]:
    """How many pixels the contents moved to the right and down (to a fraction, up to half the picture), and
    the share of the contrast that the move does not explain.

    Phase correlation (Kuglin and Hines 1975): steady against changes of light and moving cars.
    """
    window = np.outer(np.hanning(first.shape[0]), np.hanning(first.shape[1]))
    one, two = ((image - image.mean()) * window for image in (first, second))
    cross = np.fft.rfft2(two) * np.conj(np.fft.rfft2(one))
    peak = np.fft.irfft2(cross / (np.abs(cross) + 1e-9 * np.abs(cross).max() + 1e-12), s=first.shape)
    row, column = (int(place) for place in np.unravel_index(int(np.argmax(peak)), peak.shape))
    down = _between(peak[:, column], row)
    across = _between(peak[row, :], column)
    back = np.roll(second, (-round(down), -round(across)), axis=(0, 1))
    margin = (abs(round(down)) + 1, abs(round(across)) + 1)
    core = (slice(margin[0], -margin[0]), slice(margin[1], -margin[1]))
    rest = float(np.abs(back[core] - first[core]).mean()) / (float(first.std()) + 5.0) if first[core].size else 1.0
    return across, down, rest


def _between(line: Floats, peak: int) -> float:
    """The place of the peak to a fraction of a pixel (parabola through its neighbours), around zero."""
    n = len(line)
    before, here, after = line[(peak - 1) % n], line[peak], line[(peak + 1) % n]
    bend = before - 2 * here + after
    place = peak + (0.5 * (before - after) / bend if bend < 0 else 0.0)
    return float(place - n if place > n / 2 else place)
