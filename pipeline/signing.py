"""What a finished promo leaves for those who sign it off: a note in the ledger of who made it, and the proof.

The note is made by whoever conducts, who alone writes the ledger; the proof may be written elsewhere, from what the
note told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sidecar
from pipeline.errors import Problem, PromoError
from pipeline.files import Store
from pipeline.review import Desk

if TYPE_CHECKING:
    from pipeline.production import Production


def noted(
    folder: Path, now: datetime, *, languages: Sequence[str], draft: bool
) -> tuple[tuple[Problem, ...], dict[str, Any]]:
    """The ledger learns who made this version, so that it can be signed off; clips are good without it.

    What went wrong, and what the proof tells of the version, as plain JSON.
    """
    try:
        desk = Desk.ours()
        desk.record(folder, now=now, languages=languages, draft=draft)
        look = desk.look(folder, now=now)
    except PromoError as error:
        return tuple(replace(problem, level="warn") for problem in error.problems), {}
    signed: dict[str, Any] = {"code": look.code, "made_by": ", ".join(look.authors)}
    if any(one.kind == "approved" for one in look.decisions):
        signed["changes"] = [[one.rendition, one.what, one.words()] for one in look.state.changes]
    return (), signed


def proven(production: Production, folder: Path, store: Store, signed: dict[str, Any]) -> None:
    """Writes the proof with what `noted` told; an unchanged one is left."""
    from pipeline.glances import per_second
    from pipeline.proof import ProofChange, promo_from, write_proof
    from pipeline.wording import credits

    material = production.material
    changes = signed.get("changes")
    promo = promo_from(
        folder,
        brief=material.brief,
        route=material.route,
        files=production.files,
        wordings=production.wordings,
        credits=credits(material.brief, material.map_credits),
        code=signed.get("code"),
        changes=None if changes is None else [ProofChange(where=a, what=b, words=c) for a, b, c in changes],
        made_by=signed.get("made_by", ""),
        flashes={
            sidecar.read(folder / f"{platform}.{file.lang}.json").sha256: per_second(file, store)
            for file in production.files
            for platform in file.platforms
        },
        draft=production.draft,
    )
    write_proof(promo, folder, store)
