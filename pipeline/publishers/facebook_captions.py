"""Subtitles of a Facebook video: one SRT file for each locale, named after it.

Whether the same locale sent twice is kept twice is written nowhere, so it is always looked first. Locales are those of
Facebook: a language with its likely country, save where Facebook has a way of its own.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline.http_door import FileBody
from pipeline.publishers import Failure, Pace, patiently
from pipeline.publishers.answers import rows
from pipeline.publishers.meta import Graph

_OWN = {"en": "en_GB", "ar": "ar_AR", "bn": "bn_IN", "no": "nb_NO"}  # English here is that of these islands


def locale_of(lang: str) -> str:
    """`cy` → `cy_GB`, `pt-BR` → `pt_BR`; the language alone when nobody knows where it is spoken."""
    from babel.core import get_global

    if lang.lower() in _OWN:
        return _OWN[lang.lower()]
    language, *more = lang.split("-")
    country = next((part.upper() for part in more if len(part) == 2), "")
    if not country:
        likely = get_global("likely_subtags")
        parts = [language.lower(), *(part.title() for part in more if len(part) == 4)]
        found = str(likely.get("_".join(parts)) or likely.get(parts[0]) or "")
        country = next((part for part in found.split("_")[1:] if len(part) == 2), "")
    return f"{language.lower()}_{country}" if country else language.lower()


def captioned(graph: Graph, pace: Pace, video: str, locale: str, srt: str) -> str:
    """Adds the subtitles unless they are there; "" when they are, else why they are not."""

    def once() -> None:
        if _there(graph, video, locale):
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"captions.{locale}.srt")
            path.write_bytes(srt.encode())
            file = FileBody(path=path, mime="application/x-subrip", name=path.name)
            try:
                answer = graph.post(
                    f"{video}/captions", {"default_locale": locale}, files={"captions_file": file}, public=True
                )
            except Failure as failure:
                kind = "again" if failure.kind == "unknown" else failure.kind  # looked for before it is sent again
                raise Failure(kind, failure.words, until=failure.until) from None
        if answer.status != 200 or answer.values().get("success") is not True:
            raise graph.problem(answer)

    try:
        patiently(once, pace)
    except Failure as failure:
        return f"the subtitles are not with it: {failure.words}"
    return ""


def _there(graph: Graph, video: str, locale: str) -> bool:
    """Whether it has subtitles of the locale that are not Facebook's own guess."""
    answer = graph.get(f"{video}/captions", {"fields": "locale,is_auto_generated"})
    if answer.status != 200:
        raise graph.problem(answer)
    return any(
        row.get("locale") == locale and row.get("is_auto_generated") is not True
        for row in rows(answer.values(), "data")
    )
