"""Overlays of other people's packages: entry points in the group `make_promo.overlays`, by name.

A brief never loads code by a path: only what was installed on purpose can be asked for. The entry point is a function
that returns a MoviePy clip (with a mask where it should be see-through); it may take `size`, the frame's
`(width, height)`, as a keyword.
"""

from __future__ import annotations

import inspect
from importlib import metadata
from typing import Any

from pipeline.errors import BriefError, ToolError
from pipeline.geometry import Size
from pipeline.nearest import listed, unknown

GROUP = "make_promo.overlays"


def version(name: str, where: str = "overlays") -> str:
    """The package and version that offer `name`. Raises BriefError at `where` when none does."""
    point = _point(name, where)
    package = point.dist
    return f"{package.name} {package.version}" if package else point.value


def clip(name: str, size: Size) -> Any:
    """A fresh MoviePy clip. Raises ToolError when the package fails or returns something else."""
    point = _point(name, name)
    try:
        make = point.load()
        sized = "size" in inspect.signature(make).parameters
        made = make(size=(size.width, size.height)) if sized else make()
    except Exception as error:  # whatever a foreign package raises is that package's fault, and is said so
        raise ToolError.at(
            f"overlay {name}", f"its package failed: {error!r}", f"ask its author ({point.value})"
        ) from error
    if not callable(getattr(made, "get_frame", None)) or not getattr(made, "size", None):
        raise ToolError.at(f"overlay {name}", "it is not a MoviePy clip", f"ask its author ({point.value})")
    return made


def _point(name: str, where: str) -> metadata.EntryPoint:
    points = metadata.entry_points(group=GROUP)
    for point in points:
        if point.name == name:
            return point
    known = sorted(points.names)
    remedy = (
        f"installed are {listed(known, 'and')}"
        if known
        else "no package with overlays is installed; install one with pip"
    )
    raise BriefError.at(where, unknown(name, known), remedy)
