"""The destinations and their limits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pipeline import config, platforms, yaml_file
from pipeline.errors import BriefError
from pipeline.geometry import Box, Insets, Size
from pipeline.platforms import load_platform, load_platforms
from pipeline.platforms.platform_file import SafeZone

ALL = config.names("platforms")
_RESHAPED = {"aspect", "width", "height", "sizes", "sources", "doubts", "safe_zone_other_px"}
_ZONES = ("safe_zone_px", "safe_zone_ads_px", "safe_zone_9x16_px")


@pytest.mark.parametrize("name", ALL)
def test_every_file_holds(name: str) -> None:
    """A platform's frames lie within its own bounds, leave room to read, and take the rates that we make."""
    platform = load_platform(name)
    assert platform.frames
    for frame in platform.frames:
        assert platform.bounds.hold(frame.size.width, frame.size.height), frame
        room = Box.inside(frame.size, frame.safe)
        assert room.width >= frame.size.width * 0.6
        assert room.height >= frame.size.height * 0.45
        assert frame.size.width % 2 == frame.size.height % 2 == 0
    assert platform.takes_fps(25)
    assert platform.takes_fps(30)
    assert platform.duration_max is None or platform.duration_min < platform.duration_max
    assert "mp4" in platform.containers
    assert "h264" in platform.video.codecs
    assert platform.sources
    assert platform.checked == "2026-11-22"


def test_figures_are_those_of_the_facts(shared: Path) -> None:
    """Every figure of a destination is the one that was checked; only X loses a frame that it forbids."""
    facts = yaml_file.read(shared / "facts" / "platforms.yml").tree
    assert set(facts["destinations"]) == set(ALL)
    for name, fact in facts["destinations"].items():
        file = yaml_file.read(config.configs() / "platforms" / f"{name}.yml").tree
        for key, value in fact.items():
            if key not in _RESHAPED and key not in _ZONES:
                assert file[key] == value, (name, key)
        sizes = [[size["width"], size["height"]] for size in fact.get("sizes", [fact])]
        assert file["sizes"] == [size for size in sizes if name != "x" or size != [720, 1280]]
        assert all(doubt in file["doubts"] for doubt in fact.get("doubts", []))
        titles = [facts["sources"][source]["title"] for source in fact["sources"]]
        assert [source["title"] for source in file["sources"]] == titles
        _same_zones(fact, file.get("safe_zones", []))


def _same_zones(fact: dict[str, Any], zones: list[dict[str, Any]]) -> None:
    written = [{key: zone[key] for key in ("at", "top", "bottom", "left", "right", "grade")} for zone in zones]
    for key in _ZONES:
        assert key not in fact or fact[key] in written, fact["label"]


def test_safe_zones_of_interface_and_advertisements_are_joined() -> None:
    """What is read in a reel clears both the app's buttons and the zone that the ad pages ask for."""
    frame = load_platform("instagram-reel").frames[0]
    assert frame.size == Size(1080, 1920)
    assert frame.safe == Insets(top=269, bottom=672, left=65, right=180)


def test_tiktok_takes_the_larger_of_two_measurements() -> None:
    """TikTok's zone is the join of the guides' figures and the measured template."""
    assert load_platform("tiktok").frames[0].safe == Insets(top=240, bottom=660, left=119, right=250)


def test_a_zone_is_scaled_to_the_frame() -> None:
    """A zone holds for frames of its shape at any size; margins are rounded outwards."""
    zone = SafeZone(at=(1080, 1920), top=101, bottom=672, left=65, right=180, grade="house")
    assert platforms.safe_insets(Size(720, 1280), [zone]) == Insets(top=68, bottom=448, left=44, right=120)


def test_a_shape_without_zone_keeps_the_distance_from_the_edges() -> None:
    """Another shape takes the first zone by shorter sides; a zone for the very shape wins; 5 % at least."""
    wide = SafeZone(at=(1920, 1080), top=54, bottom=130, left=96, right=96, grade="house")
    tall = SafeZone(at=(1080, 1920), top=270, bottom=440, left=65, right=195, grade="house")
    assert platforms.safe_insets(Size(720, 720), [wide]) == Insets(top=36, bottom=87, left=64, right=64)
    assert platforms.safe_insets(Size(1080, 1920), [wide, tall]).top == 270
    assert platforms.safe_insets(Size(1920, 1080), []) == Insets(top=54, bottom=54, left=54, right=54)


def test_limits_are_the_tighter_ones() -> None:
    """The size limit is the smaller of theirs and ours; silent platforms say so; seconds are exact."""
    bluesky, hero, x = load_platform("bluesky"), load_platform("web-hero"), load_platform("x")
    assert (bluesky.size_max_bytes, bluesky.size_hard_max_bytes) == (50_000_000, 300_000_000)
    assert (hero.sound, hero.size_max_bytes, hero.duration_max) == (False, 5_000_000, 20)
    assert (x.sound, x.duration_min) == (True, Fraction(1, 2))
    assert load_platform("whatsapp").bitrate_max == 1_900_000
    assert not load_platform("signage").takes_fps(24)


def test_sets_are_platforms_by_their_favourite_frame() -> None:
    """`all` is every platform; the three shapes share them out; names and sets mix without doubles."""
    by_set = {name: [one.id for one in platforms.chosen([name])] for name in platforms.SETS}
    assert sorted(by_set["all"]) == sorted(by_set["portrait"] + by_set["landscape"] + by_set["square"])
    assert by_set["square"] == ["instagram-feed-1x1"]
    assert {"youtube", "x"} <= set(by_set["landscape"])
    assert [one.id for one in platforms.chosen(["x", "square", "x"])] == ["x", "instagram-feed-1x1"]


def test_unknown_platform_gets_the_nearest() -> None:
    """What is neither an id nor a set is told with the nearest."""
    with pytest.raises(BriefError, match=r"--platform: I don't know \"tictok\" \(did you mean \"tiktok\"\?\)"):
        platforms.chosen(["tictok"])


def test_table_has_a_row_for_each() -> None:
    """The table for people names every platform with its figures."""
    rows = {row["platform"]: row for row in platforms.table()}
    assert tuple(rows) == tuple(load_platforms()) == ALL
    assert rows["x"]["frames"] == "1280×720, 720×720"
    assert rows["x"]["size"] == "512 MB"
    assert rows["mastodon"]["length"] == "from 0 s"
    assert rows["youtube"]["fps"] == "24, 25, 30, 48, 50 or 60"
