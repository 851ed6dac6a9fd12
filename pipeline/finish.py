"""Finished pieces become finished clips: joined, checked from the file itself, and with everything that goes beside.

A clip whose sidecar has this plan's fingerprint and whose bytes have the sidecar's checksum is left as it is.
"""

from __future__ import annotations

import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path

from pipeline import __version__, ffmpeg, sidecar, words
from pipeline.beside import write_beside
from pipeline.errors import Problem, PromoError
from pipeline.examination import Looked, looked_at, platform_checks, problems_of
from pipeline.files import Store, linked, sha256, swept, write_text, written
from pipeline.fingerprints import fingerprint
from pipeline.limits import Limits
from pipeline.nodes import Rendition
from pipeline.pieces import File
from pipeline.platforms import Platform
from pipeline.post_rules import story_checks
from pipeline.production import Production
from pipeline.render import join
from pipeline.sidecar import Sidecar
from pipeline.speech_material import LATE, clip_findings, rights
from pipeline.subtitles import Cue, merged, srt, vtt
from pipeline.wording import cues, pair
from pipeline.workshop import scratch_folder

FORMAT = 2  # of what is written beside a clip; part of its fingerprint


def finish(
    production: Production, folder: Path, store: Store, runner: ffmpeg.Runner, now: datetime
) -> tuple[tuple[Rendition, ...], tuple[Problem, ...]]:
    """Write all clips of `production` into `folder`. Returns them, and what their checks found wrong."""
    found: list[Rendition] = []
    problems: list[Problem] = []
    sums: dict[tuple[int, int], str] = {}
    for file in production.files:
        made, wrong = _File(production, file, folder, store, runner, sums).finish(now)
        found += made
        problems += wrong
    write_beside(production, folder, store)
    swept(folder.glob(".*.part*"))
    # One file serves several platforms.
    return tuple(found), tuple(dict.fromkeys(problems))


class _File:
    """One file of the plan on its way to the platforms that get it."""

    def __init__(
        self,
        production: Production,
        file: File,
        folder: Path,
        store: Store,
        runner: ffmpeg.Runner,
        sums: dict[tuple[int, int], str],
    ) -> None:
        self._production, self._file, self._folder = production, file, folder
        self._store, self._runner, self._sums = store, runner, sums
        self._story = production.story(file.lang)
        self._platforms = [p for p in file.encoding.platforms if p.id in file.platforms]

    def finish(self, now: datetime) -> tuple[list[Rendition], list[Problem]]:
        standing = {platform.id: self._standing(platform) for platform in self._platforms}
        problems: list[Problem] = []
        if not all(standing.values()):
            first = self._path(self._platforms[0], ".mp4")
            with scratch_folder(self._store) as scratch, written(first) as beside:
                join(self._file, self._store, self._runner, beside, scratch)
                looked = looked_at(self._production, self._file, beside, self._store, self._runner)
                total = sha256(beside)
            for platform in self._platforms:
                problems += self._write(platform, first, total, looked, now)
        made = [
            Rendition(
                brief=self._production.name,
                platform=platform.id,
                lang=self._file.lang,
                path=self._path(platform, ".mp4"),
                fingerprint=self._fingerprint(platform),
                made=not all(standing.values()),
            )
            for platform in self._platforms
        ]
        return made, problems

    def _path(self, platform: Platform, suffix: str) -> Path:
        return self._folder / f"{platform.id}.{self._file.lang}{suffix}"

    def _post(self, platform: Platform) -> sidecar.PostWords:
        return words.post_words(self._story, self._rules(platform))

    def _rules(self, platform: Platform) -> words.TextRules:
        return words.TextRules.of({"text": platform.text, "alt_text_max": platform.alt_text_max})

    def _fingerprint(self, platform: Platform) -> str:
        return fingerprint(
            {
                "format": FORMAT,
                "file": self._file.fingerprint,
                "limits": repr(Limits.of(platform)),
                "post": self._post(platform).model_dump(),
                "credits": self._story.credits,
                "cues": [(str(cue.start), str(cue.end), cue.text) for cue in self._cues()],
                **rights(self._production.material.brief),
                **({"slot": slot} if (slot := self._slot(platform)) else {}),
            }
        )

    def _slot(self, platform: Platform) -> str:
        """When the brief wants it posted on this platform; "" when it does not say."""
        wish = self._production.material.brief.publish
        return (wish.when or "") if wish and (not wish.to or platform.id in wish.to) else ""

    def _cues(self) -> list[Cue]:
        said, storyboard = self._production.said(self._file.lang), self._file.storyboard
        length = storyboard.seconds(storyboard.frames)
        return list(merged(said.speech, cues(storyboard, said), length))

    def _standing(self, platform: Platform) -> bool:
        """Whether what is in the folder is what would be made."""
        path = self._path(platform, ".mp4")
        try:
            kept = sidecar.read(self._path(platform, ".json"))
            if kept.fingerprint != self._fingerprint(platform) or path.stat().st_size != kept.bytes:
                return False
            whole = self._sum(path) == kept.sha256
        except (OSError, PromoError):
            return False
        beside = (".jpg", ".post.txt", ".srt", ".vtt")
        return whole and all(self._path(platform, suffix).exists() for suffix in beside)

    def _sum(self, path: Path) -> str:
        """Hard links are read once."""
        status = path.stat()
        key = (status.st_dev, status.st_ino) if status.st_ino else (hash(path), 0)
        if key not in self._sums:
            self._sums[key] = sha256(path)
        return self._sums[key]

    def _write(
        self,
        platform: Platform,
        first: Path,
        total: str,
        looked: Looked,
        now: datetime,
    ) -> list[Problem]:
        path = self._path(platform, ".mp4")
        if path != first:
            linked(first, path)
        self._cover(platform, first)
        piece = self._file.pieces[0]
        rules = clip_findings(self._production, self._file, platform, self._store, now.date())
        post = self._post(platform)
        checks = (
            *platform_checks(self._production, self._file, platform, path, looked),
            *story_checks(post, self._story, self._rules(platform), takes_alt=platform.alt_text),
            *(one.check() for one in rules),
        )
        shown = self._cues()
        write_text(self._path(platform, ".srt"), srt(shown))
        write_text(self._path(platform, ".vtt"), vtt(shown, self._file.lang))
        write_text(self._path(platform, ".post.txt"), post.text + "\n")
        note = Sidecar(
            platform=platform.id,
            lang=self._file.lang,
            sha256=total,
            bytes=path.stat().st_size,
            width=piece.size.width,
            height=piece.size.height,
            fps=piece.fps,
            duration_s=float(self._file.storyboard.seconds(self._file.storyboard.frames)),
            fingerprint=self._fingerprint(platform),
            pair=pair(self._file.lang, self._production.material.brief.languages),
            slot=self._slot(platform),
            post=post,
            credits=self._story.credits,
            until=music.until if self._file.mix and (music := self._production.material.brief.music) else None,
            checks=checks,
            made_at=now,
            tools=_tools(),
        )
        write_text(self._path(platform, ".json"), note.to_json())
        # What was told while planning is not told again.
        told = {one.rule for one in rules} - set(LATE)
        return problems_of(path, [check for check in checks if check.id not in told])

    def _cover(self, platform: Platform, first: Path) -> None:
        """A picture from the opening, when the title is fully there."""
        target = self._path(platform, ".jpg")
        original = self._path(self._platforms[0], ".jpg")
        if target != original:
            linked(original, target)
            return
        at = _cover_frame(self._file) / self._file.storyboard.fps
        with written(target) as beside:
            self._runner.run(
                [
                    *ffmpeg.source(first, "-threads", "1", "-ss", f"{at:.3f}"), "-frames:v", "1", "-map", "0:v:0",
                    "-q:v", "2",
                    "-vf", "scale=out_range=pc,format=yuvj420p", "-map_metadata", "-1", "-fflags", "+bitexact",
                    "-flags:v", "+bitexact", "-f", "image2", "-update", "1", f"file:{beside}",
                ]
            )  # fmt: skip


def _cover_frame(file: File) -> int:
    """The opening's second keyframe, which is quick to reach, when the title still stands there; else late in it."""
    opening, gop = file.storyboard.shots[0], file.pieces[0].encoder.gop
    return gop if gop + file.storyboard.fps // 3 <= opening.frames else opening.frames * 6 // 10


def _tools() -> dict[str, str]:
    names = ("moviepy", "skia-python", "gpxpy", "folium", "av")
    return {
        "make-promo": __version__,
        "ffmpeg": ffmpeg.version(),
        "python": ".".join(map(str, sys.version_info[:3])),
        **{name: metadata.version(name) for name in names},
    }
