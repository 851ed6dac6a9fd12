"""`pack`: folders from which a person posts, where no program may or where a team uses a tool of its own.

    HAND-OFF/<promo>/<platform>.<lang>/   clip, cover.jpg, title.txt, words.txt, alt.txt, link.txt, hashtags.txt,
                                          subtitles.srt, subtitles.vtt, checklist.txt
    HAND-OFF/bulk.csv                     a line for each, for tools that import tables

A folder is made beside and renamed when it is whole; an equal one is left alone. Only what is approved is packed. The
words are those that were approved; link.txt and the table have the link by which visits can be counted.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline import safe_csv
from pipeline.counting import counted
from pipeline.errors import MaterialError, Problem, PromoError
from pipeline.files import explained, linked, renamed, sha256, swept, write_text
from pipeline.ledger import Event, Ledger
from pipeline.nearest import listed
from pipeline.pack_names import portable
from pipeline.pack_words import HAND_OFF, Held, checklist
from pipeline.platforms import Platform, load_platform, load_platforms
from pipeline.post_turns import SignOff
from pipeline.posts import tagged
from pipeline.review.folder import refuse_empty, sidecars
from pipeline.sidecar import Sidecar
from pipeline.sidecar import read as read_sidecar

FOLDER, TABLE = "hand-off", "bulk.csv"
COLUMNS = (
    "Date", "Time", "Scheduled at", "Platform", "Language", "Title", "Text", "Link", "Hashtags", "Alt text",
    "Video file", "Cover file", "Subtitles file", "Folder",
)  # fmt: skip
_MOST_TEXT = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Pack:
    """One folder to hand over. `made`: False when it was there already, equal."""

    folder: Path
    promo: str
    platform: str
    lang: str
    made: bool
    row: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Packed:
    packs: tuple[Pack, ...]
    table: Path | None
    errors: tuple[PromoError, ...]


def pack(
    promos: Sequence[Path],
    *,
    look: Callable[[Path, datetime], SignOff],
    now: datetime,
    out: Path | None = None,
    platforms: Sequence[str] = (),
    when: datetime | None = None,
) -> Packed:
    """Packs every promo for the platforms that want a person, or for `platforms` ("all": every one).

    `when`: the local time that was agreed, for the table. A promo that cannot be packed never stops another.
    """
    wanted = _wanted(platforms)
    packs: list[Pack] = []
    errors: list[PromoError] = []
    root = out or (promos[0].absolute().parent / FOLDER if promos else Path(FOLDER))
    taken: dict[str, Path] = {}
    for promo in dict.fromkeys(path.resolve() for path in promos):
        try:
            if (first := taken.setdefault(portable(promo.name).lower(), promo)) != promo:
                what = f"{first} has the same name, and one folder cannot hold both"
                raise MaterialError.at(str(promo), what, "pack it by itself, into another folder (-o)")
            refuse_empty(promo)
            packs += _of_promo(promo, root, wanted, look(promo, now), when)
        except PromoError as error:
            errors.append(error)
        except OSError as error:
            errors.append(explained(error, Path(str(error.filename or promo))))
    table = None
    if packs:
        table = root / TABLE
        write_text(table, safe_csv.csv_text(COLUMNS, [one.row for one in packs]))
    return Packed(packs=tuple(packs), table=table, errors=tuple(errors))


def _wanted(platforms: Sequence[str]) -> tuple[str, ...]:
    if "all" in platforms:
        return tuple(load_platforms())
    return tuple(load_platform(name).id for name in platforms) or HAND_OFF


def _of_promo(promo: Path, root: Path, wanted: Sequence[str], signed: SignOff, when: datetime | None) -> list[Pack]:
    if not signed.approved:
        remedy = f"make-promo review {promo}, and pack again when it is approved"
        raise MaterialError.at(str(promo), f"only what is approved is handed over; {signed.why}", remedy)
    found = {path.name: read_sidecar(path) for path in sidecars(promo)}
    if strange := [name for name, note in found.items() if name != f"{note.platform}.{note.lang}.json"]:
        raise MaterialError.at(str(promo / strange[0]), "it speaks of another clip", "render again")
    notes = [note for note in found.values() if note.platform in wanted]
    if not notes:
        what = f"it has no clip for {listed(wanted[:6])}"
        raise MaterialError.at(str(promo), what, "name a platform it has (-p), or -p all")
    problems = [problem for note in notes for problem in _faults(promo, note)]
    if problems:
        raise MaterialError(*problems)
    return [_packed(promo, root / portable(promo.name), note, when) for note in notes]


def _faults(promo: Path, note: Sidecar) -> list[Problem]:
    clip = promo / f"{note.platform}.{note.lang}.mp4"
    found = [f"the check “{check.what}” did not pass: {check.measured}" for check in note.blocked]
    try:
        if sha256(clip) != note.sha256:
            found.append("this is not the clip that was checked")
    except OSError as error:
        found.append(f"the clip cannot be read: {error.strerror or error}")
    return [Problem(level="block", where=str(clip), what=what, remedy="render again") for what in found]


def _packed(promo: Path, root: Path, note: Sidecar, when: datetime | None) -> Pack:
    name = f"{note.platform}.{note.lang}"
    clip = f"{root.name}.{name}.mp4"
    linked_files, texts = _contents(promo, note, clip)
    folder = root / name
    made = not _same(folder, linked_files, texts)
    if made:
        _write(folder, linked_files, texts)
    files = {**linked_files, **texts}
    moment = (
        (f"{when:%Y-%m-%d}", f"{when:%H:%M}", when.astimezone().isoformat(timespec="minutes")) if when else ("",) * 3
    )
    row = (
        *moment, load_platform(note.platform).label, note.lang, note.post.title, note.post.text, _link(promo, note),
        " ".join(f"#{tag}" for tag in note.post.hashtags), note.post.alt, clip,
        *("" if one not in files else one for one in ("cover.jpg", "subtitles.srt")), f"{root.name}/{name}",
    )  # fmt: skip
    return Pack(folder=folder, promo=promo.name, platform=note.platform, lang=note.lang, made=made, row=row)


def _link(promo: Path, note: Sidecar) -> str:
    """The link with the marks that tell visits apart; "" without one."""
    name, service = f"{note.platform}.{note.lang}", load_platform(note.platform).service
    return tagged(note.post.link, source=service, campaign=promo.name, content=name) if note.post.link else ""


def _contents(promo: Path, note: Sidecar, clip: str) -> tuple[dict[str, Path], dict[str, str]]:
    """What goes into a pack: files that are linked, and texts that are written; by their names in it."""
    name = f"{note.platform}.{note.lang}"
    platform: Platform = load_platform(note.platform)
    files = {clip: promo / f"{name}.mp4"}
    for inside, suffix in (("cover.jpg", ".jpg"), ("subtitles.srt", ".srt"), ("subtitles.vtt", ".vtt")):
        if (promo / f"{name}{suffix}").is_file():
            files[inside] = promo / f"{name}{suffix}"
    post = note.post
    pasted = {
        "title.txt": post.title, "words.txt": post.text, "alt.txt": post.alt, "link.txt": _link(promo, note),
        "hashtags.txt": " ".join(f"#{tag}" for tag in post.hashtags),
    }  # fmt: skip
    texts = {inside: text + "\n" for inside, text in pasted.items() if text.strip()}
    rules = platform.text
    method = rules.get("count_method") or "chars"
    held = Held(
        label=platform.label, clip=clip, title="title.txt" in texts, words="words.txt" in texts,
        alt="alt.txt" in texts, link="link.txt" in texts, cover="cover.jpg" in files,
        subtitles="subtitles.srt" in files, limit=rules.get("limit"), visible=rules.get("visible"),
        pressable=rules.get("links_clickable", True) is True,
        count=counted(post.text, method, url_weight=rules.get("url_weight") or 23),
    )  # fmt: skip
    texts["checklist.txt"] = checklist(note.platform, held)
    return files, texts


def _same(folder: Path, files: dict[str, Path], texts: dict[str, str]) -> bool:
    try:
        if {path.name for path in folder.iterdir()} != files.keys() | texts.keys():
            return False
        return all((folder / name).read_bytes() == text.encode() for name, text in texts.items()) and all(
            os.path.samefile(folder / name, source) or sha256(folder / name) == sha256(source)
            for name, source in files.items()
        )
    except OSError:
        return False


def _write(folder: Path, files: dict[str, Path], texts: dict[str, str]) -> None:
    """The whole folder beside, then its name. What stood there goes first aside, and away when the new one stands."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    beside, aside = (folder.with_name(f".{folder.name}.{mark}.{end}") for end in ("part", "part-old"))
    try:
        beside.mkdir()
        for name, source in files.items():
            linked(source, beside / name)
        for name, text in texts.items():
            write_text(beside / name, text)
        if folder.exists():
            renamed(folder, aside)
        try:
            renamed(beside, folder)
        except OSError:
            if aside.exists():
                renamed(aside, folder)
            raise
    finally:
        for left in (beside, aside):
            with suppress(OSError):
                shutil.rmtree(left)
    swept(folder.parent.glob(".*.part*"))


def posted(ledger: Ledger, folder: Path, platform: str, *, address: str, by: str, who: str, now: datetime) -> Event:
    """Writes down that a person has posted a promo by hand, so that limits, calendar and audit know of it."""
    from pipeline.approvals.answer import name_of
    from pipeline.brake_book import route_of, subject_of
    from pipeline.brief.values import Wrong, link
    from pipeline.errors import BriefError

    refuse_empty(folder)
    channel = load_platform(platform, "--to").id
    try:
        shown = link(address)
    except Wrong as error:
        raise BriefError.at("--address", str(error), error.remedy) from None
    if not (name := name_of(by)):
        raise BriefError.at("--by", "who has posted it is not said", "write the name of the person")
    payload = {
        "folder": str(folder.resolve()), "platform": channel, "address": shown, "by": name, "hand": True,
        "route": route_of(folder),
    }  # fmt: skip
    once = f"hand {channel} {shown}"
    with ledger.writing() as book:
        earlier = book.happened(once)
        return earlier or book.append("posted", at=now, who=who, subject=subject_of(folder), once=once, payload=payload)
