"""What a coordinator knows of the briefs in work and of the nodes on their way, and what it says of each at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import Problem, PromoError
from pipeline.nodes import Answer, Errand, Kind, Rendition


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one brief."""

    path: Path
    folder: Path | None = None
    renditions: tuple[Rendition, ...] = ()
    problems: tuple[Problem, ...] = ()
    error: PromoError | None = None


@dataclass(frozen=True, kw_only=True)
class Office:
    """What a coordinator does beside conducting. `errand`: what the nodes of a brief have in common; `out`: where its
    folder is made; `noted`: writes the ledger, see `signing.noted`; `tidied`: keeps the store small."""

    errand: Callable[[Path], Errand]
    out: Callable[[Path], Path]
    noted: Callable[[Path, Answer], tuple[tuple[Problem, ...], dict[str, Any]]]
    tidied: Callable[[], None]
    store: Path


@dataclass(kw_only=True)
class Job:
    """A brief in work."""

    number: int
    path: Path
    errand: Errand
    id: str = ""
    label: str = ""  # by which listeners know it
    mark: str = ""
    folder: Path = Path()
    frames: int = 0
    bytes: int = 0
    round: int = 0  # of planning: once, and once more each time that footage proves damaged
    under_way: int = 0
    waiting: int = 0
    damaged: str = ""
    trusted: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    renditions: tuple[Rendition, ...] = ()


@dataclass(kw_only=True)
class Task:
    """One node on its way. `told`: frames that the listener has heard of."""

    job: Job
    kind: Kind
    round: int
    more: dict[str, Any]
    frames: int = 0
    told: int = 0
    seen: int = 0  # in this attempt
    lost: int = 0
