"""The demo: a complete small project that the program makes by itself, without network, alike everywhere.

An invented valley (`ground`, `landscape`), a walk round it (`walk`), a map of both (`chart`), four flights along the
walk (`flights`) and their pictures (`painting`, `picture`, `film`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import BriefError, ToolError

MANIFEST = "demo.json"
Tell = Callable[[str, float], None]  # what is being made, share of the whole that is done


def write_project(folder: Path, *, tell: Tell | None = None) -> Path:
    """Writes `route.yml`, `route.gpx`, `skelby.geojson` and four clips with telemetry into `folder`; returns the brief.

    What an earlier demo wrote is kept when it is unchanged; what a person has edited since is never touched.
    Raises BriefError when the folder holds files of these names that no demo wrote, ToolError when the disk
    or ffmpeg fails.
    """
    try:
        return _write(folder, tell or (lambda what, share: None))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError.at(
            str(folder),
            f"the demo cannot be written here: {reason}",
            "name another folder: make-promo demo DIR",
        ) from error


def _write(folder: Path, tell: Tell) -> Path:
    from pipeline.demo.chart import NAME, chart
    from pipeline.demo.flights import FLIGHTS, fly, telemetry
    from pipeline.demo.ground import make_ground
    from pipeline.demo.walk import BRIEF, gpx, make_loop

    if folder.exists() and not folder.is_dir():
        raise BriefError.at(str(folder), "this is a file, not a folder", "name a new folder: make-promo demo DIR")
    (folder / "footage").mkdir(parents=True, exist_ok=True)
    ours = _ours(folder)
    tell("valley", 0.0)
    ground, loop = make_ground(), make_loop()
    texts = {"route.yml": BRIEF, "route.gpx": gpx(loop, ground), NAME: chart(ground, loop)}
    texts |= {f"footage/{plan.name}.SRT": telemetry(plan, fly(plan, loop, ground)) for plan in FLIGHTS}
    _refuse_strangers(folder, texts, ours)
    for name, text in texts.items():
        content = text.encode()
        place = folder / name
        if not place.exists() or _sum(place.read_bytes()) == ours.get(name):
            _replace(place, content)
            ours[name] = _sum(content)
    _note(folder, ours)
    recipe = _recipe()
    wanted = [plan for plan in FLIGHTS if _to_film(folder / f"footage/{plan.name}.MP4", ours, recipe)]
    if wanted:
        from pipeline.demo.film import film, make_studio

        studio = make_studio(ground, loop)
        whole, made = sum(plan.seconds for plan in wanted), 0
        for plan in wanted:
            tell(f"{plan.name}.MP4", 0.1 + 0.9 * made / whole)
            place = folder / f"footage/{plan.name}.MP4"
            film(studio, plan, place)
            made += plan.seconds
            ours[f"footage/{place.name}"] = f"{recipe}:{_sum(place.read_bytes())}"
            _note(folder, ours)
    tell("done", 1.0)
    return folder / "route.yml"


def _to_film(clip: Path, ours: dict[str, str], recipe: str) -> bool:
    """Whether the clip is missing, or is ours and was made by other code than today's."""
    if not clip.exists():
        return True
    made_by, _, content = ours.get(f"footage/{clip.name}", "").partition(":")
    return made_by != recipe and content == _sum(clip.read_bytes())


def _ours(folder: Path) -> dict[str, str]:
    """What an earlier demo wrote here: file name → checksum."""
    try:
        noted = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}
    return {str(name): str(value) for name, value in noted.items()} if isinstance(noted, dict) else {}


def _refuse_strangers(folder: Path, texts: dict[str, str], ours: dict[str, str]) -> None:
    if ours:
        return
    for name, text in texts.items():
        place = folder / name
        if place.exists() and place.read_bytes() != text.encode():
            raise BriefError.at(
                str(place),
                "this file is not from the demo, and I will not overwrite it",
                "name an empty folder: make-promo demo DIR",
            )


def _note(folder: Path, ours: dict[str, str]) -> None:
    text = json.dumps({"made_by": "make-promo demo", "files": ours}, indent=1, sort_keys=True)
    _replace(folder / MANIFEST, text.encode())


def _replace(place: Path, content: bytes) -> None:
    part = place.with_name(place.name + ".part")
    part.write_bytes(content)
    part.replace(place)


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _recipe() -> str:
    """A fingerprint of the code that makes the pictures."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return _sum(b"".join(source.read_bytes() for source in sources))[:16]
