"""Colours as `#rrggbb` text: their parts, mixtures, and contrast as WCAG 2.2 counts it (facts T3)."""

from __future__ import annotations


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(one: str, other: str, share: float) -> str:
    """`share` of the way from one colour to the other, in sRGB."""
    channels = (round(a + (b - a) * share) for a, b in zip(rgb(one), rgb(other), strict=True))
    return "#" + "".join(f"{min(255, max(0, channel)):02x}" for channel in channels)


def luminance(colour: str) -> float:
    """WCAG relative luminance, 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def opacity_for(shade: str, text: str, ratio: float, *, lightest: str = "#ffffff") -> float:
    """How opaque `shade` must be for `text` to have `ratio` over pictures up to `lightest`; 1 where even that is too
    little."""
    for step in range(101):
        if contrast(text, mixed(lightest, shade, step / 100)) >= ratio:
            return step / 100
    return 1.0


def readable(colour: str, ground: str, ratio: float) -> str:
    """`colour`, moved towards white or black until it has `ratio` against `ground` (or as near as it
    gets)."""
    pole = "#ffffff" if contrast("#ffffff", ground) >= contrast("#000000", ground) else "#000000"
    for step in range(21):
        candidate = mixed(colour, pole, step / 20)
        if contrast(candidate, ground) >= ratio:
            return candidate
    return pole
