"""Nodes: the work on briefs in parts, each as plain JSON, so that any process on any machine can do it.

`plan` reads and plans one brief, `sound` and `shot` fill the store, `finish` writes the folder of clips, `proof` the
sheet to sign. `hand.run_node(node)` does any of them and answers with JSON. Results are files named by fingerprint:
doing a node twice is waste, never damage.

    {"kind": "shot", "token": "5f0c/000017/3", "brief": "/share/walks/fryent.yml", "wants": {…}, "pieces": […], …}

This room is light on purpose: whoever only conducts loads neither footage nor drawing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import BriefError, MaterialError, Problem, PromoError, ToolError

Node = dict[str, Any]
Answer = dict[str, Any]
Kind = Literal["plan", "sound", "shot", "finish", "proof"]

CANCELLED: Answer = {"cancelled": True}

_ERRORS: dict[int, type[PromoError]] = {2: BriefError, 3: MaterialError, 4: ToolError}
_PACKAGES = ("av", "moviepy", "numpy", "pillow", "skia-python")  # what the bytes of a clip depend on


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """One finished encoding for one platform."""

    brief: str  # its id
    platform: str
    lang: str
    path: Path
    fingerprint: str
    made: bool  # False: it was there already, unchanged

    def told(self) -> dict[str, Any]:
        own = {"platform": self.platform, "lang": self.lang, "fingerprint": self.fingerprint, "made": self.made}
        return {**own, "name": self.path.name}


def renditions_of(told: Iterable[Mapping[str, Any]], brief: str, folder: Path) -> tuple[Rendition, ...]:
    return tuple(
        Rendition(
            brief=brief,
            platform=one["platform"],
            lang=one["lang"],
            path=folder / one["name"],
            fingerprint=one["fingerprint"],
            made=one["made"],
        )
        for one in told
    )


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What all nodes of one brief have in common. `brief`: as the workers find it; `now`: when the run began."""

    brief: Path
    wants: Mapping[str, Any]
    now: datetime
    needs: tuple[str, ...] = ()  # tags of those who may do its shots

    def node(self, kind: Kind, token: str, **more: Any) -> Node:
        common = {"brief": str(self.brief), "wants": dict(self.wants), "now": self.now.isoformat()}
        needs = {"needs": list(self.needs)} if kind == "shot" and self.needs else {}
        return {"kind": kind, "token": token, **common, **needs, **more}


def told(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"level": one.level, "where": one.where, "what": one.what, "remedy": one.remedy} for one in problems]


def problems_of(told: Iterable[Mapping[str, Any]], brief: Path, given: Path) -> tuple[Problem, ...]:
    """Problems as they were told, with places in the brief as the person named it."""
    return tuple(
        Problem(level=one["level"], where=_as_given(one["where"], brief, given), what=one["what"], remedy=one["remedy"])
        for one in told
    )


def failure(error: PromoError) -> Answer:
    return {"error": {"code": error.exit_code, "problems": told(error.problems)}}


def error_of(failed: Mapping[str, Any], brief: Path, given: Path) -> PromoError:
    return _ERRORS.get(failed["code"], ToolError)(*problems_of(failed["problems"], brief, given))


def disk_error(where: str, error: OSError) -> ToolError:
    full = "free some space and run again; finished parts are kept"
    what = (error.strerror or str(error)).lower()
    return ToolError.at(where, what, full if error.errno == 28 else "check the folder's rights")


def _as_given(where: str, brief: Path, given: Path) -> str:
    own = str(brief)
    return str(given) + where[len(own) :] if where.startswith(own) else where


@cache
def stamp() -> dict[str, str]:
    """What must be the same wherever nodes of one run are done: our code, ffmpeg, and what draws and reads."""
    from pipeline import __version__, config, ffmpeg

    code = hashlib.sha256()
    here = Path(__file__).parent
    for folder, pattern in ((here, "*.py"), (config.configs(), "*.yml")):
        for path in sorted(folder.rglob(pattern)):
            code.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    packages = {name: metadata.version(name) for name in _PACKAGES}
    return {"make-promo": __version__, "code": code.hexdigest()[:16], "ffmpeg": ffmpeg.version(), **packages}


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """In words: "ffmpeg 7.1 there, 7.0.2 here"."""
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    return [f"{name} {theirs.get(name, 'none')} there, {ours.get(name, 'none')} here" for name in names]


def stranger(worker: str, strange: Sequence[str]) -> ToolError:
    return ToolError.at(
        worker,
        f"it has another make-promo than this computer: {'; '.join(strange)}",
        "install the same version of make-promo on every worker, and start the workers again",
    )
