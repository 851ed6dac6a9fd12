"""The proof: one page that a manager opens to see, judge and approve a promo, and one picture of it for mail and Teams.

promo = promo_from(folder, brief=brief, route=route, files=files, wordings=wordings, credits=credits, code="7F3A-C2")
write_proof(promo, folder, store)                         # proof.html, proof/ and proof.png; nothing when unchanged
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pipeline import __version__
from pipeline.config import assets
from pipeline.files import Store, sha256, write_text, written
from pipeline.fingerprints import fingerprint
from pipeline.proof.loading import promo_from
from pipeline.proof.nouns import ProofChange, ProofClip, ProofFact, ProofPromo, ProofShot

__all__ = ["ProofChange", "ProofClip", "ProofFact", "ProofPromo", "ProofShot", "promo_from", "write_proof"]

FORMAT = 1
_OWN = ("proof.css", "proof.js")


def write_proof(promo: ProofPromo, folder: Path, store: Store) -> tuple[Path, ...]:
    """Writes `proof.html`, `proof/` and `proof.png` into `folder`, where the clips are; gives their paths.

    When the same proof is there already, nothing is read but its files. ToolError when the disk or a clip refuses.
    """
    own = {name: (assets() / "proof" / name).read_text("utf-8") for name in _OWN}
    template = (assets() / "proof" / "page.html").read_text("utf-8")
    where = str(folder.resolve())
    name = fingerprint([FORMAT, __version__, where, asdict(promo), own, template])
    known = store.recall("proof", name)
    if isinstance(known, dict) and known and all(_same(folder / path, mark) for path, mark in known.items()):
        return tuple(folder / path for path in known)
    from pipeline.proof.page import page
    from pipeline.proof.sheet import sheet
    from pipeline.proof.stills import pictures

    found = pictures(promo, folder, store)
    texts = {"proof.html": page(promo, found), **{f"proof/{own_name}": text for own_name, text in own.items()}}
    images = {f"proof/{one.file}": one.jpeg for film in found.values() for one in film}
    images["proof.png"] = sheet(promo, found)
    for path, text in texts.items():
        write_text(folder / path, text)
    for path, data in images.items():
        _write_bytes(folder / path, data)
    _swept(folder / "proof", {**texts, **images})
    paths = [*texts, *images]
    store.remember("proof", name, {path: sha256(folder / path) for path in paths})
    return tuple(folder / path for path in paths)


def _same(path: Path, mark: object) -> bool:
    try:
        return bool(sha256(path) == mark)
    except OSError:
        return False


def _write_bytes(path: Path, data: bytes) -> None:
    """An equal file is left alone, so that synced folders stay quiet."""
    try:
        if path.read_bytes() == data:
            return
    except OSError:
        pass
    with written(path) as beside:
        beside.write_bytes(data)


def _swept(folder: Path, kept: Mapping[str, object]) -> None:
    """Removes stills of an earlier proof."""
    for path in folder.glob("*.jpg"):
        if f"proof/{path.name}" not in kept:
            path.unlink(missing_ok=True)
