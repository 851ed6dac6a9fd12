"""The values of a check-up: a finding with its remedy, and the machine that is asked, so that tests can ask another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Level = Literal["ok", "warn", "block"]
_PATIENCE_S = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`ok`: nothing to do. `warn`: clips can be made, but look at it. `block`: none can be made before it is cured."""

    level: Level
    what: str  # what was asked, in a few words
    measured: str  # what was found
    remedy: str = ""  # what to do; may have paragraphs


def _run(command: Sequence[str]) -> str:
    """What a program says on both its outputs. Raises OSError when it cannot be started."""
    done = subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_PATIENCE_S,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _here() -> Path:
    """A folder may be deleted while somebody stands in it."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What differs from machine to machine and can be asked without opening anything of ours."""

    platform: str = sys.platform
    python: tuple[int, ...] = sys.version_info[:3]
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    here: Path = field(default_factory=_here)  # where the command was given
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    cpus: int = field(default_factory=lambda: os.cpu_count() or 1)
    run: Callable[[Sequence[str]], str] = _run
    free: Callable[[Path], int] = _free  # bytes that are left on the disk of a folder

    @property
    def windows(self) -> bool:
        return self.platform == "win32"


def reason(error: BaseException) -> str:
    """Why something failed, on one line."""
    said = (error.strerror or "") if isinstance(error, OSError) else str(error)
    return " ".join(said.split())[:300] or type(error).__name__
