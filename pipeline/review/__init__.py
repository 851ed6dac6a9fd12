"""Sign-off: what was rendered, who may approve it, and a page on this computer to do it.

`desk.Desk` joins files and ledger, for the command line and for the page alike; `review` opens the page and waits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pipeline.review.desk import Desk, login, our_rules
from pipeline.review.notes import Look

__all__ = ["Desk", "Look", "login", "our_rules", "review"]


def review(
    folder: Path,
    *,
    desk: Desk,
    clock: Callable[[], datetime],
    tell: Callable[[str], object],
    browse: Callable[[str], object] | None = None,
) -> Look:
    """Shows the promo in `folder` on a page of its own until Done is pressed, or Ctrl-C. Gives how it then stands.

    `tell` gets the address, and so does `browse`, which opens a browser with it.
    """
    from pipeline.review.server import Server

    desk.open(folder, now=clock())
    with Server(folder, desk, clock) as server:
        try:
            tell(server.address)
            if browse is not None:
                browse(server.address)
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            tell("stopped; what was decided is kept")
    return desk.look(folder, now=clock())
