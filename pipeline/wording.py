"""All words of a promo in one language: what stands on screen, and the story that posts and transcript are made of."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from pipeline import walking
from pipeline.brief import Brief
from pipeline.map_model import MapCredit
from pipeline.phrases import base, phrases
from pipeline.pieces import Wording
from pipeline.route import Route
from pipeline.sidecar import Credit
from pipeline.storyboard import Shot, Storyboard
from pipeline.subtitles import Cue
from pipeline.words import Moment, Story, facts, shot_words

_LEVEL_M = 5  # less ascent than this is not worth a line


def credits(brief: Brief, maps: Sequence[MapCredit] = (), lang: str = "en") -> tuple[Credit, ...]:
    """Whom the clip thanks, for what."""
    found = [Credit(text=one.text, source="map", licence=one.licence, link=one.url or None) for one in maps]
    music = brief.music
    if music is not None:
        name = " – ".join(part for part in (music.title, music.artist) if part) or music.file.stem
        licence = ", ".join(part for part in (music.licence, music.number) if part)
        text = phrases(lang).say.music.format(name) + (f" ({licence})" if licence else "")
        found.append(Credit(text=text, source="music", licence=licence))
    return tuple(found)


def wording(
    brief: Brief, route: Route, lang: str, maps: Sequence[MapCredit] = (), brand_credits: Sequence[str] = ()
) -> Wording:
    """What stands on screen."""
    units = brief.units
    minutes = walking.minutes(route.distance_m, route.ascent_m)
    say = phrases(lang).say
    distance = walking.distance_text(route.distance_m, units, lang)
    figures = {"distance": distance, "time": walking.time_text(minutes, lang)}
    if route.ascent_m is not None and route.ascent_m >= _LEVEL_M:
        figures["ascent"] = say.ascent.format(walking.ascent_text(route.ascent_m, units, lang))
    link = brief.end_card.link or brief.post.link or ""
    text = brief.end_card.text.get(lang) if brief.end_card.text else ""
    return Wording(
        lang=lang,
        title=brief.title.get(lang),
        kicker=distance,
        captions=tuple(caption.text.get(lang) for caption in brief.captions),
        facts=figures,
        end_text=text or (say.call if link else brief.title.get(lang)),
        end_link=_shown(link),
        qr_link=link,
        credits=(*(credit.text for credit in credits(brief, maps, lang)), *brand_credits),
        map_credit=" · ".join(one.text for one in maps),
    )


def pair(lang: str, languages: Sequence[str]) -> tuple[str, ...]:
    """The languages that go out together with `lang`, itself among them: Welsh and English, Welsh first. In Wales
    neither is approved or posted without the other. Empty for a language that stands alone."""
    both = [next((code for code in languages if base(code) == wanted), "") for wanted in ("cy", "en")]
    return tuple(both) if all(both) and lang in both else ()


def story(brief: Brief, route: Route, lang: str, maps: Sequence[MapCredit] = ()) -> Story:
    minutes = walking.minutes(route.distance_m, route.ascent_m)
    return Story(
        title=brief.title.get(lang),
        summary=brief.summary.get(lang) if brief.summary else "",
        facts=facts(
            distance_m=route.distance_m,
            ascent_m=route.ascent_m,
            minutes=minutes,
            loop=route.loop,
            units=brief.units,
            lang=lang,
        ),
        text=brief.post.text.get(lang) if brief.post.text else "",
        hashtags=brief.post.hashtags,
        link=brief.post.link or brief.end_card.link,
        alt=brief.post.alt.get(lang) if brief.post.alt else "",
        credits=tuple(credit.text for credit in credits(brief, maps, lang)),
        filmed=bool(brief.footage),
        lang=lang,
    )


def cues(storyboard: Storyboard, said: Wording) -> list[Cue]:
    """The on-screen text as timed cues, without what is said."""
    found = []
    for shot in storyboard.shots:
        text = _shot_text(shot, said)
        if text:
            found.append(Cue(start=storyboard.seconds(shot.start), end=storyboard.seconds(shot.end), text=text))
    for caption in storyboard.captions:
        start, end = storyboard.seconds(caption.start), storyboard.seconds(caption.end)
        found.append(Cue(start=start, end=end, text=said.captions[caption.key]))
    return found


def seen(storyboard: Storyboard, said: Wording, route: Route, units: walking.Units) -> list[Moment]:
    """The clip shot by shot, for the transcript."""
    found, listed = [], phrases(said.lang).say.list
    for shot in storyboard.shots:
        along = (shot.along_m[0], shot.along_m[-1]) if shot.take is not None and shot.along_m else None
        near = _near(route, sum(along) / 2) if along else ""
        captions = [said.captions[one.key] for one in storyboard.captions if shot.start <= one.start < shot.end]
        found.append(
            Moment(
                start=storyboard.seconds(shot.start),
                end=storyboard.seconds(shot.end),
                what=shot_words(shot.kind, along, near, units=units, lang=said.lang),
                text=" / ".join(filter(None, (_shot_text(shot, said).replace("\n", listed), *captions))),
                said=_spoken(shot, storyboard, said.speech),
            )
        )
    return found


def _spoken(shot: Shot, storyboard: Storyboard, speech: Sequence[Cue]) -> tuple[Cue, ...]:
    """What begins to be said during a shot; what was said before a clip begins is said in its first."""
    start, end = storyboard.seconds(shot.start), storyboard.seconds(shot.end)
    return tuple(cue for cue in speech if start <= cue.start < end)


def _shot_text(shot: Shot, said: Wording) -> str:
    if shot.role == "opening":
        return f"{said.title}\n{said.kicker}"
    if shot.role == "route":
        return "\n".join(said.facts.values())
    if shot.role == "end":
        return "\n".join(filter(None, (said.end_text, said.end_link, *said.credits)))
    return ""


def _near(route: Route, along_m: float, within_m: float = 400.0) -> str:
    """The waypoint nearest to a place on the route, if one is near."""
    best = min(route.waypoints, key=lambda point: abs(point.along_m - along_m), default=None)
    return best.name if best and abs(best.along_m - along_m) <= within_m else ""


def _shown(link: str) -> str:
    """A link as people read it: without https:// and a final slash."""
    if not link:
        return ""
    parts = urlsplit(link)
    return (parts.netloc.removeprefix("www.") + parts.path).rstrip("/")
