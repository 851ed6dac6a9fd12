from __future__ import annotations

from importlib import metadata
from typing import Any

import pytest

from pipeline import guests
from pipeline.errors import BriefError, ToolError
from pipeline.geometry import Size


class Clip:
    size = (10, 10)

    def get_frame(self, t: float) -> None: ...


def plain() -> Clip:
    return Clip()


def sized(*, size: tuple[int, int]) -> Clip:
    made = Clip()
    made.size = size
    return made


def broken() -> Clip:
    raise ZeroDivisionError("no luck")


def nothing() -> str:
    return "not a clip"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four overlays of a package that is not there otherwise."""
    points = metadata.EntryPoints(
        metadata.EntryPoint(name=name, value=f"{__name__}:{name}", group=guests.GROUP)
        for name in ("plain", "sized", "broken", "nothing")
    )

    def entry_points(**wanted: Any) -> metadata.EntryPoints:
        return points.select(**wanted)

    monkeypatch.setattr(metadata, "entry_points", entry_points)


def test_a_clip_by_name() -> None:
    """An overlay is found by its name, and gets the frame's size when it asks for it."""
    assert guests.clip("plain", Size(640, 360)).size == (10, 10)
    assert guests.clip("sized", Size(640, 360)).size == (640, 360)
    assert guests.version("plain")


def test_an_unknown_name_gets_the_nearest() -> None:
    """A misspelt name is refused at its place in the brief, with what is installed."""
    with pytest.raises(BriefError) as failed:
        guests.version("plian", "route.yml:7:5: overlays[0].clip")
    assert str(failed.value).startswith("route.yml:7:5: overlays[0].clip")
    assert "plain" in str(failed.value)


@pytest.mark.parametrize(("name", "said"), [("broken", "no luck"), ("nothing", "not a MoviePy clip")])
def test_a_package_that_fails_is_named(name: str, said: str) -> None:
    """What a foreign package does wrong is said as its fault, without a traceback."""
    with pytest.raises(ToolError, match=said) as failed:
        guests.clip(name, Size(640, 360))
    assert failed.value.problems[0].where == f"overlay {name}"


@pytest.mark.parametrize("name", ["os:system", "../evil.py", "pipeline.cli:main", ""])
def test_code_is_never_loaded_by_path(name: str) -> None:
    """Only names of installed entry points are known."""
    with pytest.raises(BriefError):
        guests.clip(name, Size(640, 360))
