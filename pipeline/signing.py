"""What a finished promo leaves for those who sign it off: a note in the ledger of who made it, and the proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline import sidecar
from pipeline.errors import Problem, PromoError
from pipeline.files import Store
from pipeline.glances import per_second
from pipeline.production import Production
from pipeline.proof import ProofChange, promo_from, write_proof
from pipeline.review import Desk
from pipeline.wording import credits


def noted(production: Production, folder: Path, now: datetime) -> tuple[Problem, ...]:
    """The ledger learns who made this version, so that it can be signed off; clips are good without it."""
    brief = production.material.brief
    try:
        Desk.ours().record(folder, now=now, languages=brief.languages, draft=production.draft)
    except PromoError as error:
        return tuple(replace(problem, level="warn") for problem in error.problems)
    return ()


def proven(production: Production, folder: Path, store: Store, now: datetime) -> None:
    """Writes the proof; an unchanged one is left."""
    material = production.material
    try:
        look = Desk.ours().look(folder, now=now)
    except PromoError:
        look = None
    changes = None
    if look is not None and any(one.kind == "approved" for one in look.decisions):
        changes = [ProofChange(where=one.rendition, what=one.what, words=one.words()) for one in look.state.changes]
    promo = promo_from(
        folder,
        brief=material.brief,
        route=material.route,
        files=production.files,
        wordings=production.wordings,
        credits=credits(material.brief, material.map_credits),
        code=look.code if look else None,
        changes=changes,
        made_by=", ".join(look.authors) if look else "",
        flashes={
            sidecar.read(folder / f"{platform}.{file.lang}.json").sha256: per_second(file, store)
            for file in production.files
            for platform in file.platforms
        },
        draft=production.draft,
    )
    write_proof(promo, folder, store)
