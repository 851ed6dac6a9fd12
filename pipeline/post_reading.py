"""A promo's folder as posts, each with every reason why it may not go out, found before anything is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipeline import limits, mp4, sidecar
from pipeline.approvals import Part
from pipeline.errors import BriefError, Problem, PromoError
from pipeline.files import sha256
from pipeline.platforms import Platform, load_platform
from pipeline.posts import Post, post_of, refusals
from pipeline.review.folder import sidecars

_MOST_WORDS = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A post, or what is known of it when it cannot be made. `problems` forbid it."""

    promo: str
    name: str
    service: str = ""
    post: Post | None = None
    problems: tuple[Problem, ...] = ()
    pair: tuple[str, ...] = ()  # the languages that go out together
    stamp: tuple[int, ...] = ()  # of the files when they were looked at


def candidates(folder: Path, only: Sequence[str] = (), day: date | None = None) -> list[Candidate]:
    """Every post of the promo in `folder`, or those of the platforms or networks in `only`; `day`: when it goes out."""
    found = _paired([_candidate(folder, path, day) for path in sidecars(folder)])
    wanted = set(only)
    return [one for one in found if not wanted or wanted & {one.service, one.name, one.name.rpartition(".")[0]}]


def _paired(found: list[Candidate]) -> list[Candidate]:
    """Languages that belong together go out together: what forbids one forbids the others of its platform."""
    bad = {one.name for one in found if one.problems}
    return [replace(one, problems=_partners(one, bad)) if one.post and not one.problems else one for one in found]


def _partners(one: Candidate, bad: set[str]) -> tuple[Problem, ...]:
    assert one.post
    names = [f"{one.post.platform}.{lang}" for lang in one.pair if lang != one.post.lang]
    return tuple(
        Problem(
            level="block", where=f"{one.promo}/{one.name}", what=f"it goes out together with {name}, which may not",
            remedy=f"see what is said of {name}",
        )
        for name in names
        if name in bad
    )  # fmt: skip


def _candidate(folder: Path, path: Path, day: date | None) -> Candidate:
    name = path.stem
    try:
        note = sidecar.read(path)
        if f"{note.platform}.{note.lang}" != name:
            raise BriefError.at(path.name, "it speaks of another clip", "render again")
        platform = load_platform(note.platform, path.name)
        vtt, srt = _words(folder / f"{name}.vtt", b"WEBVTT"), _words(folder / f"{name}.srt")
        post = post_of(folder, note, platform, vtt=vtt, srt=srt, cover_sha256=_sum(folder / f"{name}.jpg"))
        stamp = stamp_of(post)
        found = [*refusals(post, note, platform, day), *_film(post, platform)]
        return Candidate(
            promo=folder.name,
            name=name,
            service=post.service,
            post=post,
            problems=tuple(found),
            stamp=stamp,
            pair=note.pair,
        )
    except PromoError as error:
        return Candidate(promo=folder.name, name=name, problems=error.problems)


def stamp_of(post: Post) -> tuple[int, ...]:
    """Changes whenever the clip or its cover does."""
    found: list[int] = []
    for path in filter(None, (post.clip, post.cover)):
        try:
            status = path.stat()
            found += (status.st_size, status.st_mtime_ns, status.st_ino)
        except OSError:
            found.append(-1)
    return tuple(found)


def differs_from(post: Post, part: Part) -> bool:
    """Whether this is another thing than what was approved."""
    vtt = hashlib.sha256(post.captions.vtt).hexdigest() if post.captions else part.vtt
    cover = post.cover_sha256 or part.cover
    ours = (post.sha256, post.title, post.text, post.alt, post.hashtags, post.link or "", vtt, cover)
    return ours != (part.clip, part.title, part.text, part.alt, part.hashtags, part.link, part.vtt, part.cover)


def _film(post: Post, platform: Platform) -> list[Problem]:
    """Several servers take anything that is called a film, so it is looked at here."""
    where = f"{post.promo}/{post.name}"

    def block(what: str, remedy: str) -> Problem:
        return Problem(level="block", where=where, what=what, remedy=remedy)

    if _sum(post.clip) != post.sha256:
        return [block("the clip is missing or is not the one that was checked", "render again")]
    try:
        film = mp4.read(post.clip)
    except PromoError as error:
        return list(error.problems)
    rows = limits.rows(film, limits.Limits.of(platform))
    found = [
        block(f"{row.what}: {row.measured}; {platform.label} takes {row.limit}", row.remedy)
        for row in rows
        if not row.passed and row.level == "block"
    ]
    if not film.whole or not film.of_kind("vide"):
        found.append(block("the clip is not a whole film", "render again"))
    for track in film.of_kind("vide")[:1]:
        if (track.width, track.height) != (post.width, post.height):
            found.append(block("the clip has another size than was noted", "render again"))
    return found


def _words(path: Path, start: bytes = b"") -> bytes | None:
    try:
        with path.open("rb") as stream:
            found = stream.read(_MOST_WORDS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BriefError.at(path.name, f"it cannot be read: {error.strerror or error}", "render again") from error
    return found if found.startswith(start) else None


def _sum(path: Path) -> str:
    try:
        return sha256(path) if path.is_file() else ""
    except OSError:
        return ""
