"""Which encodings are made for which platforms: the fewest that satisfy all of them.

Platforms share an encoding when they take the same frame size and the same length. What must be read then stays
inside the safe zones of all of them, and the bit rate keeps the file under the smallest of their size limits, unless
that would spoil the picture for the others: a platform with a tight limit gets an encoding of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from pipeline.geometry import Insets, Size
from pipeline.platforms import Platform

_SOUND_BPS = 170_000
_HEADROOM = Fraction(96, 100)  # container, and rates that are averages
_USUAL_BPS_PER_PIXEL = Fraction(12)  # at most: 25 Mb/s at 1080 × 1920, more than the chosen CRF ever needs
_FAIR_BPS_PER_PIXEL = Fraction(2)  # below 4.1 Mb/s at 1080 × 1920 the picture suffers …
_FAIR_BPS = Fraction(1_800_000)  # … and below this at any size


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """One picture track. `files` are the files made of it: with sound, and without for those that want none."""

    id: str
    size: Size
    safe: Insets
    length: Fraction
    file_bps: int  # the picture's share of the smallest size limit; a mean over the file
    platforms: tuple[Platform, ...]

    @property
    def mute(self) -> tuple[Platform, ...]:
        return tuple(platform for platform in self.platforms if not platform.sound)

    @property
    def voiced(self) -> tuple[Platform, ...]:
        return tuple(platform for platform in self.platforms if platform.sound)


@dataclass(frozen=True)
class _Key:
    size: Size
    length: Fraction
    tight: bool


def encodings(platforms: Sequence[Platform], length: Fraction) -> tuple[Encoding, ...]:
    """The fewest encodings for `platforms` at `length` seconds, or as near to it as a platform allows."""
    offers = {platform.id: _offers(platform, length) for platform in platforms}
    chosen = _fewest(offers)
    members: dict[_Key, list[Platform]] = {key: [] for key in chosen}
    for platform in platforms:
        members[next(key for key in offers[platform.id] if key in members)].append(platform)
    groups = [(key, tuple(group)) for key, group in members.items() if group]
    return tuple(_encoding(key, group, groups) for key, group in groups)


def _offers(platform: Platform, length: Fraction) -> list[_Key]:
    """The encodings that this platform would take, its favourite first."""
    allowed = max(length, platform.duration_min)
    if platform.duration_max is not None:
        allowed = min(allowed, platform.duration_max)
    return [
        _Key(
            frame.size,
            allowed,
            _file_bps(platform, allowed) < max(_FAIR_BPS, _FAIR_BPS_PER_PIXEL * _pixels(frame.size)),
        )
        for frame in platform.frames
    ]


def _fewest(offers: dict[str, list[_Key]]) -> list[_Key]:
    """The smallest set of keys with one from every platform's offers; among equals, the most favourites."""
    keys = sorted(
        {key for wanted in offers.values() for key in wanted},
        key=lambda key: (-_pixels(key.size), key.size.width, key.tight, -key.length),
    )
    favourites = [wanted[0] for wanted in offers.values()]
    forced = {wanted[0] for wanted in offers.values() if len(wanted) == 1}
    open_ = [key for key in keys if key not in forced]
    for count in range(len(open_) + 1):
        covers = [
            {*forced, *extra}
            for extra in combinations(open_, count)
            if all(not {*forced, *extra}.isdisjoint(wanted) for wanted in offers.values())
        ]
        if covers:
            best = max(covers, key=lambda cover: sum(favourite in cover for favourite in favourites))
            return [key for key in keys if key in best]
    return []


def _encoding(key: _Key, group: tuple[Platform, ...], groups: Sequence[tuple[_Key, tuple[Platform, ...]]]) -> Encoding:
    safe = Insets()
    for platform in group:
        safe = safe.joined(next(frame.safe for frame in platform.frames if frame.size == key.size))
    most = int(_USUAL_BPS_PER_PIXEL * _pixels(key.size))
    return Encoding(
        id=_name(key, [other for other, _ in groups]),
        size=key.size,
        safe=safe,
        length=key.length,
        file_bps=min(most, *(_file_bps(platform, key.length) for platform in group)),
        platforms=group,
    )


def _name(key: _Key, keys: Sequence[_Key]) -> str:
    """`portrait`; of several encodings of one shape all but the first say what sets them apart."""
    alike = [other for other in keys if _shape(other.size) == _shape(key.size)]
    parts = [_shape(key.size)]
    if key != alike[0]:
        if key.size != alike[0].size:
            parts.append(f"{key.size.width}x{key.size.height}")
        if key.length != alike[0].length:
            parts.append(f"{float(key.length):g}s")
        if key.tight:
            parts.append("small")
    return "-".join(parts)


def _file_bps(platform: Platform, length: Fraction) -> int:
    """Mean picture bits per second that a platform's limits leave."""
    limits = [10**9]
    if platform.size_max_bytes:
        limits.append(int(platform.size_max_bytes * 8 * _HEADROOM / length) - _SOUND_BPS)
    if platform.bitrate_max:
        limits.append(int(platform.bitrate_max * _HEADROOM) - _SOUND_BPS)
    return min(limits)


def _shape(size: Size) -> str:
    if size.width == size.height:
        return "square"
    if size.width > size.height:
        return "landscape"
    return "portrait" if size.aspect < 0.7 else "upright"


def _pixels(size: Size) -> int:
    return size.width * size.height
