"""What was dear to find out about clips: what their pictures are like and where they are damaged, kept by fingerprint.

Several processes may want the same at once: one looks, the others wait and read what it found.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from pipeline import looks
from pipeline.files import Store
from pipeline.footage import LOOK_VERSION, Clip, Look
from pipeline.timing import Span


def look(clip: Clip, store: Store) -> Look:
    """What the clip's pictures are like; looked at once. MaterialError when it cannot be opened any more."""
    key = f"{clip.fingerprint}-{LOOK_VERSION}"
    if (known := _kept(key, store)) is not None:
        return known
    with store.alone("look", key):
        if (known := _kept(key, store)) is not None:
            return known
        seen = looks.look(clip)
        store.remember("look", key, seen.to_json())
        return seen


def _kept(key: str, store: Store) -> Look | None:
    known = store.recall("look", key)
    if known is not None:
        with suppress(KeyError, TypeError, ValueError):
            return Look.from_json(known)
    return None


def with_damage(clip: Clip, store: Store) -> Clip:
    """The clip with the damage that earlier runs found."""
    known = store.recall("damage", clip.fingerprint)
    if not known:
        return clip
    with suppress(TypeError, ValueError):
        spans = {Span(start=Fraction(start), end=Fraction(end)) for start, end in known}
        return replace(clip, damaged=_ordered({*clip.damaged, *spans}))
    return clip


def more_damage(clip: Clip, bad: Sequence[Span], store: Store) -> Clip:
    """Remembers that `bad` does not decode, beside what others found meanwhile."""
    with store.alone("damage", clip.fingerprint):
        known = _ordered({*with_damage(clip, store).damaged, *bad})
        store.remember("damage", clip.fingerprint, [[str(one.start), str(one.end)] for one in known])
    return replace(clip, damaged=known)


def _ordered(spans: set[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda span: span.start))
