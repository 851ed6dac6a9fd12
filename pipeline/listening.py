"""Who hears how the work goes on."""

from __future__ import annotations

from typing import Protocol


class Listener(Protocol):
    """Hears of each brief by a name that no other in work has: its id, where that is enough. May be called from several
    threads."""

    def expects(self, briefs: int) -> None:
        """So many briefs are to be done."""

    def begins(self, brief: str, frames: int) -> None: ...
    def advances(self, brief: str, frames: int) -> None: ...
    def says(self, brief: str, words: str) -> None: ...
    def ends(self, brief: str, *, failed: bool) -> None: ...


class Silent:
    def expects(self, briefs: int) -> None:
        """Nobody listens."""

    def begins(self, brief: str, frames: int) -> None:
        """Nobody listens."""

    def advances(self, brief: str, frames: int) -> None:
        """Nobody listens."""

    def says(self, brief: str, words: str) -> None:
        """Nobody listens."""

    def ends(self, brief: str, *, failed: bool) -> None:
        """Nobody listens."""
