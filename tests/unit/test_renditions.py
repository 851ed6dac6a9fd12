from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import config
from pipeline.geometry import Insets, Size
from pipeline.platforms import Frame, Platform, load_platform
from pipeline.renditions import Encoding, encodings

ALL = tuple(load_platform(name) for name in config.names("platforms"))
SIZES = (Size(1080, 1920), Size(1920, 1080), Size(1080, 1080), Size(1080, 1350))
chosen = st.lists(st.sampled_from(ALL), min_size=1, unique_by=lambda one: one.id)


def named(*names: str) -> tuple[Platform, ...]:
    return tuple(load_platform(name) for name in names)


@settings(max_examples=60, deadline=None)
@given(chosen, st.integers(3, 600).map(Fraction))
def test_every_platform_gets_what_it_takes(platforms: list[Platform], length: Fraction) -> None:
    """Each platform is in one encoding: of a size that it takes, long enough and not too long, under its limits,
    and what must be read is inside its safe zone."""
    made = encodings(platforms, length)
    assert sorted(one.id for encoding in made for one in encoding.platforms) == sorted(one.id for one in platforms)
    assert len({encoding.id for encoding in made}) == len(made)
    for encoding in made:
        assert {*encoding.mute, *encoding.voiced} == {*encoding.platforms}
        for platform in encoding.platforms:
            fits(encoding, platform, length)


def fits(encoding: Encoding, platform: Platform, length: Fraction) -> None:
    frame = next(frame for frame in platform.frames if frame.size == encoding.size)
    assert encoding.safe == encoding.safe.joined(frame.safe)
    assert encoding.length >= platform.duration_min
    assert platform.duration_max is None or encoding.length <= platform.duration_max
    if platform.duration_min <= length <= (platform.duration_max or length):
        assert encoding.length == length
    if platform.size_max_bytes:
        assert encoding.file_bps * encoding.length / 8 < platform.size_max_bytes
    if platform.bitrate_max:
        assert encoding.file_bps < platform.bitrate_max


offers = st.lists(st.lists(st.sampled_from(SIZES), min_size=1, unique=True), min_size=1, max_size=5)


@given(offers)
def test_there_are_as_few_encodings_as_can_be(wanted: list[list[Size]]) -> None:
    """No smaller set of sizes would serve all platforms, tried by force."""
    plain = replace(ALL[0], size_max_bytes=None, bitrate_max=None, duration_min=Fraction(0), duration_max=None)
    platforms = [
        replace(plain, id=f"p{k}", frames=tuple(Frame(size=size, safe=Insets()) for size in sizes))
        for k, sizes in enumerate(wanted)
    ]
    least = next(
        count
        for count in range(1, 5)
        for some in combinations(SIZES, count)
        if all(set(some) & set(sizes) for sizes in wanted)
    )
    assert len(encodings(platforms, Fraction(30))) == least


def test_safe_zones_are_joined() -> None:
    """Two platforms with one file: the larger margin on every side counts."""
    one = replace(ALL[0], id="a", frames=(Frame(size=SIZES[0], safe=Insets(top=100, right=10)),))
    two = replace(ALL[0], id="b", frames=(Frame(size=SIZES[0], safe=Insets(top=20, bottom=300)),))
    (made,) = encodings([one, two], Fraction(20))
    assert made.safe == Insets(top=100, right=10, bottom=300)


def test_ten_platforms_need_few_encodings() -> None:
    """The ten usual platforms come from at most four encodings."""
    ids = (
        "instagram-reel", "tiktok", "youtube-short", "facebook-reel", "youtube", "x", "linkedin", "bluesky", "mastodon",
        "instagram-feed-4x5",
    )  # fmt: skip
    assert len(encodings(named(*ids), Fraction(30))) <= 4


def test_a_tight_limit_does_not_spoil_the_others() -> None:
    """A platform whose size limit is too small for a fair picture gets a file of its own."""
    roomy = replace(ALL[0], id="roomy", size_max_bytes=None, bitrate_max=None, duration_max=None)
    tight = replace(roomy, id="tight", size_max_bytes=5_000_000)
    made = encodings([roomy, tight], Fraction(60))
    assert len(made) == 2
    assert made[0].file_bps > 4 * made[1].file_bps


@pytest.mark.parametrize("length", [5, 90, 600])
def test_too_long_for_one_is_shorter_for_it_alone(length: int) -> None:
    """A platform with a maximum gets an edit of its own length; the others keep the length asked for."""
    free = replace(ALL[0], id="free", duration_min=Fraction(0), duration_max=None)
    short = replace(free, id="short", duration_max=Fraction(60))
    made = encodings([free, short], Fraction(length))
    lengths = {one.id: encoding.length for encoding in made for one in encoding.platforms}
    assert lengths == {"free": length, "short": min(60, length)}
