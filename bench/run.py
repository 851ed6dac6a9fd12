"""Benchmark of whole commands against a plain ffmpeg run and MoviePy. See bench/README.md.

python bench/run.py --work DIR [--only promo,ten,plan,memory] [--rounds 3] [--length 30] [--no-moviepy]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import source
from floor import command as floor_command
from floor import planned
from imageio_ffmpeg import get_ffmpeg_exe
from measure import Case, Run, in_turns, median, ratio

TEN = (
    "instagram-reel", "tiktok", "youtube-short", "facebook-reel", "instagram-feed-4x5",
    "instagram-feed-1x1", "youtube", "x", "linkedin", "facebook-feed",
)  # fmt: skip
FOUR = ("instagram-reel", "instagram-feed-4x5", "instagram-feed-1x1", "youtube")
HERE = Path(__file__).parent
GROUPS = ("promo", "ten", "plan", "memory")


@dataclass(frozen=True)
class Claim:
    """`name` costs at most `limit` times `to`."""

    name: str
    to: str
    limit: float
    times: float = 1  # `to` stands for this many of itself


class Bench:
    """A folder with sources, briefs, caches and what was measured."""

    def __init__(self, work: Path, *, length: int, rounds: int, moviepy: bool, long_s: int) -> None:
        self.work, self.length, self.rounds, self.moviepy, self.long_s = work, length, rounds, moviepy, long_s
        self.cache = work / "cache"
        self.edits = 0
        os.environ["MAKE_PROMO_CACHE"] = str(self.cache)  # of the plans that the floor is built from

    def brief(
        self, name: str, folder: Path, platforms: Sequence[str], length: int, footage: str = "DJI_0001.MP4"
    ) -> Path:
        path = folder / f"{name}.yml"
        path.write_text(
            "title: A winding walk to the far meadow\nsummary: Four easy kilometres of fields and woods.\n"
            f"route: route.gpx\nfootage: [{footage}]\nlength: {length}s\nbrand: brent\n"
            "captions:\n  - {at: 0.5 km, text: Fields with furrows}\n  - {at: 0.6 km, text: The long hedge}\n"
            "end_card: {text: Find the route, link: 'https://www.example.org/walks/far-meadow'}\n"
            f"platforms: [{', '.join(platforms)}]\n",
            encoding="utf-8",
        )
        return path

    def ours(self, brief: Path, *options: str, fresh: bool = True, name: str = "") -> Case:
        """The command; `fresh` begins with an empty cache and an empty folder."""
        name = name or brief.stem
        cache, out = self.work / f"cache-{name}", self.work / f"out-{name}"

        def before() -> None:
            if fresh:
                shutil.rmtree(cache, ignore_errors=True)
                shutil.rmtree(out, ignore_errors=True)

        command = [sys.executable, "-m", "pipeline", str(brief), "-o", str(out), *options]
        return Case(command=command, before=before, environment={"MAKE_PROMO_CACHE": str(cache)})

    def floor(self, brief: Path) -> Case:
        folder = self.work / "floor"
        folder.mkdir(exist_ok=True)
        return Case(command=floor_command(planned(brief), folder))

    def promo(self) -> tuple[dict[str, list[Run]], list[Claim]]:
        brief = self.brief("promo", self._clip(), ["instagram-reel"], self.length)
        runs = in_turns({"floor, one 9:16": self.floor(brief), "one 9:16": self.ours(brief)}, self.rounds)
        return runs, [Claim("one 9:16", "floor, one 9:16", 1.06)]

    def ten(self) -> tuple[dict[str, list[Run]], list[Claim]]:
        folder = self._clip()
        brief = self.brief("ten", folder, TEN, self.length)
        edited = self.brief("ten-edited", folder, TEN, self.length)

        def edit() -> None:
            # The cache of the first run, and words that it has never seen.
            self.edits += 1
            text = brief.read_text(encoding="utf-8").replace("The long hedge", f"The long hedge, take {self.edits}")
            edited.write_text("id: ten\n" + text, encoding="utf-8")

        again = self.ours(brief, fresh=False)
        changed = self.ours(edited, fresh=False, name="ten")
        cases = {
            "floor, ten platforms": self.floor(brief),
            "ten platforms": self.ours(brief),
            "nothing changed": again,
            "one caption changed": Case(command=changed.command, before=edit, environment=changed.environment),
            "draft of ten platforms": self.ours(brief, "--draft", name="ten-draft"),
        }
        claims = [
            Claim("ten platforms", "floor, ten platforms", 1.15),
            Claim("nothing changed", "ten platforms", 0.03),
            Claim("one caption changed", "ten platforms", 0.2),
            Claim("draft of ten platforms", "ten platforms", 0.15),
        ]
        if self.moviepy:
            one = self.brief("one", folder, ["instagram-reel"], self.length)
            script = [
                sys.executable,
                str(HERE / "moviepy_promo.py"),
                str(one),
                str(self.work / "moviepy.mp4"),
            ]
            cases["MoviePy, one 9:16"] = Case(command=script)
            claims.append(Claim("ten platforms", "MoviePy, one 9:16", 1.0))
        return in_turns(cases, self.rounds), claims

    def plan(self) -> tuple[dict[str, list[Run]], list[Claim]]:
        cases: dict[str, Case] = {}
        for kind, telemetry in (("with telemetry", True), ("without telemetry", False)):
            folder = self._minutes(telemetry=telemetry)
            brief = self.brief("minutes", folder, TEN, 30, footage="clips")
            name = f"minutes-{telemetry}"
            cases[f"check, {kind}"] = _as_check(self.ours(brief, name=name), brief)
            cases[f"plan, {kind}"] = self.ours(brief, "--plan", "--json", name=name)
            cases[f"plan again, {kind}"] = self.ours(brief, "--plan", "--json", fresh=False, name=name)
        one = str(self._minutes(telemetry=True) / "clips" / "DJI_0001.MP4")
        decode = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-t", "10", "-i", one, "-map", "0:v", "-f", "null", "-"]
        cases["decoding 10 s of the 600 s"] = Case(command=decode)
        all_ten = ("decoding 10 s of the 600 s", 0.1, 60)
        return in_turns(cases, self.rounds), [
            Claim(name, all_ten[0], all_ten[1], all_ten[2]) for name in cases if not name.startswith("decoding")
        ]

    def memory(self) -> tuple[dict[str, list[Run]], list[Claim]]:
        """The longest shots there are: the brief asks for one span that fills the promo."""
        cases = {}
        for seconds in (15, self.long_s):
            folder = source.make(self.work, seconds)
            brief = self.brief(f"long{seconds}", folder, FOUR, seconds)
            whole = brief.read_text(encoding="utf-8").replace(
                "footage: [DJI_0001.MP4]",
                f"footage: [{{file: DJI_0001.MP4, use: 0:00-{seconds * 6 // 10 // 60}:{seconds * 6 // 10 % 60:02d}}}]",
            )
            brief.write_text(whole, encoding="utf-8")
            cases[f"four shapes, {seconds} s"] = self.ours(brief)
        return in_turns(cases, 1), []

    def _clip(self) -> Path:
        return source.make(self.work, 36)

    def _minutes(self, *, telemetry: bool) -> Path:
        """Ten different clips of a minute."""
        folder = self.work / ("minutes-srt" if telemetry else "minutes")
        clips = folder / "clips"
        clips.mkdir(parents=True, exist_ok=True)
        (folder / "route.gpx").write_text(source.route(), encoding="utf-8")
        other = self.work / "minutes" / "clips"
        for number in range(1, 11):
            clip = clips / f"DJI_{number:04d}.MP4"
            if not clip.exists() and telemetry and (other / clip.name).exists():
                os.link(other / clip.name, clip)
            elif not clip.exists():
                source.looped(source.drawn(self.work, 80), clip, 60, skip=number)
            if telemetry:
                words = source.telemetry(60, start_m=350.0 * number)
                clip.with_suffix(".SRT").write_text(words, encoding="utf-8")
        return folder


def _as_check(case: Case, brief: Path) -> Case:
    command = [sys.executable, "-m", "pipeline", "check", str(brief)]
    return Case(command=command, before=case.before, environment=case.environment)


def report(runs: Mapping[str, Sequence[Run]], claims: Sequence[Claim]) -> str:
    lines = ["| case | CPU s | wall s | memory MB |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {median(found, 'cpu_s'):.2f} | {median(found, 'wall_s'):.2f} | {median(found, 'rss_mb'):.0f} |"
        for name, found in runs.items()
    ]
    lines += ["", "| | × | of | at most |", "|---|---|---|---|"]
    for claim in claims:
        found = ratio(runs, claim.name, claim.to) / claim.times
        many = f"{claim.times:g} × " if claim.times != 1 else ""
        lines.append(f"| {claim.name} | {found:.3f} | {many}{claim.to} | {claim.limit} |")
    return "\n".join(lines)


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--work", type=Path, required=True, help="a folder for sources, caches and results (20 GB)")
    words.add_argument("--only", default="promo,ten,plan", help=f"of {', '.join(GROUPS)}")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--length", type=int, default=30, help="seconds of the promo")
    words.add_argument("--long", type=int, default=300, help="seconds of the long promo of `memory`")
    words.add_argument("--no-moviepy", action="store_true")
    given = words.parse_args()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(work, length=given.length, rounds=given.rounds, moviepy=not given.no_moviepy, long_s=given.long)
    for group in given.only.split(","):
        runs, claims = getattr(bench, group)()
        kept = {name: [asdict(run) for run in found] for name, found in runs.items()}
        (work / f"{group}.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
        print(f"\n## {group}\n\n{report(runs, claims)}\n", flush=True)


if __name__ == "__main__":
    main()
