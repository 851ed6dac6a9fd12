"""What a proof is made of, as values: the promo, its clips with their shots and checks, facts with origin, changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from pipeline.approvals.changes import Mark
from pipeline.geometry import Insets
from pipeline.sidecar import Check, Credit, PostWords
from pipeline.subtitles import Cue


@dataclass(frozen=True, kw_only=True)
class ProofShot:
    """A stretch of a clip. `role` as in the storyboard: opening, route, along or end; "" when it is not known."""

    role: str
    start: Fraction
    end: Fraction
    what: str


@dataclass(frozen=True, kw_only=True)
class ProofClip:
    """One finished clip and what goes beside it. `name` begins the names of its files; `safe` in pixels of the clip.

    `visible`: how many characters the network shows before it folds the post; None when nobody publishes it.
    `captions_file`: whether the network takes a file of captions. `flashes`: the most in each second, for the graph.
    `cover`: whether there is one; `grid`: what a profile's grid cuts off it, in pixels of the clip.
    """

    name: str
    platform: str
    label: str
    lang: str
    sha256: str
    bytes: int
    width: int
    height: int
    length: Fraction
    safe: Insets
    post: PostWords
    visible: int | None = None
    takes_alt: bool = False
    captions_file: bool = False
    shots: tuple[ProofShot, ...] = ()
    cues: tuple[Cue, ...] = ()
    checks: tuple[Check, ...] = ()
    flashes: tuple[float, ...] = ()
    cover: bool = False
    grid: Insets | None = None

    @property
    def film(self) -> str:
        return f"{self.name}.mp4"

    @property
    def short(self) -> int:
        return min(self.width, self.height)


@dataclass(frozen=True, kw_only=True)
class ProofFact:
    """Something that the clip or its post says, and how we know: computed, modelled, mapped or typed."""

    what: str
    value: str
    origin: str
    lang: str = "en"


@dataclass(frozen=True, kw_only=True)
class ProofChange:
    """One difference to the approved version. `where`: `instagram-reel.en`; `words`: both versions word by word,
    marked as kept, taken out or put in; none where only bytes differ."""

    where: str
    what: str
    words: tuple[tuple[Mark, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProofPromo:
    """Everything that a proof shows. `changes`: None when no version was approved before. `titles`: by language."""

    id: str
    titles: tuple[tuple[str, str], ...]
    clips: tuple[ProofClip, ...]
    facts: tuple[ProofFact, ...] = ()
    credits: tuple[Credit, ...] = ()
    changes: tuple[ProofChange, ...] | None = None
    code: str | None = None
    made_by: str = ""
    made_at: datetime
    draft: bool = False

    @property
    def title(self) -> str:
        return self.titles[0][1] if self.titles else self.id

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*(lang for lang, _ in self.titles), *(clip.lang for clip in self.clips)]))

    @property
    def platforms(self) -> tuple[tuple[ProofClip, ...], ...]:
        """The clips by platform, the language versions of each side by side."""
        found: dict[str, list[ProofClip]] = {}
        for clip in self.clips:
            found.setdefault(clip.platform, []).append(clip)
        order = {lang: number for number, lang in enumerate(self.languages)}
        return tuple(tuple(sorted(group, key=lambda clip: order[clip.lang])) for group in found.values())

    @property
    def films(self) -> tuple[tuple[ProofClip, ...], ...]:
        """The clips by what is in them: those with equal bytes together."""
        found: dict[str, list[ProofClip]] = {}
        for clip in self.clips:
            found.setdefault(clip.sha256, []).append(clip)
        return tuple(map(tuple, found.values()))
