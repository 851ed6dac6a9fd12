"""Our own words, language by language: one file each in `configs/words/`, with what goes by number.

A language without a file gets English words. Figures are written as the language writes them (comma or point, by
Babel), in Latin digits: councils' route leaflets use them in every language, and so do the signs along the way.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline import config
from pipeline.errors import ToolError

if TYPE_CHECKING:
    from babel import Locale

FALLBACK = "en"

Said = Annotated[str, Field(min_length=1)]


class Forms(BaseModel):
    """Words beside a number, by its plural category in CLDR. What is not written is as `other`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    zero: Said | None = None
    one: Said | None = None
    two: Said | None = None
    few: Said | None = None
    many: Said | None = None
    other: Said


class Counted(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    mile: Forms
    yard: Forms
    km: Forms
    m: Forms
    ft: Forms
    h: Forms
    min: Forms
    out: Forms
    working: Forms
    returning: Forms
    night: Forms
    day: Forms


class Say(BaseModel):
    """Phrases; `{}` is a place for figures, a name or a text. `list` stands between facts, `stop` ends a sentence,
    `range` joins two ends, `hours` hours and minutes. `alt` is of a clip with footage, `alt_map` of one without."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ascent: Said
    time: Said
    loop: Said
    start: Said
    link: Said
    alt: Said
    alt_map: Said
    transcript: Said
    facts: Said
    seen: Said
    credits: Said
    read: Said
    said: Said
    footage: Said
    map: Said
    card: Said
    along: Said
    stretch: Said
    near: Said
    range: Said
    hours: Said
    list: Said
    stop: Said
    call: Said
    more: Said
    vehicles: Said
    music: Said


class Phrases(BaseModel):
    """`name`: the language in its own words. `checked`: a speaker has read the file; `by`: who."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Said
    checked: bool
    by: str = ""
    say: Say
    counted: Counted


def base(lang: str) -> str:
    """The language of a code without its region: `pt-BR` → `pt`."""
    return lang.split("-")[0].lower()


@lru_cache(maxsize=64)
def has(lang: str) -> bool:
    """Whether there are words of ours in the language."""
    return base(lang) in config.names("words")


def phrases(lang: str) -> Phrases:
    """Our words in a language; the English ones where we have none."""
    return _read(base(lang) if has(lang) else FALLBACK)


@lru_cache(maxsize=32)
def _read(code: str) -> Phrases:
    from pipeline import yaml_file

    path = config.configs() / "words" / f"{code}.yml"
    try:
        return Phrases.model_validate(yaml_file.read(path, numbers=False).tree)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ToolError.at(str(path), f"{place}: {first['msg'].lower()}", "install make-promo again") from error


def number(value: float, lang: str, digits: int = 1, *, fixed: bool = False) -> str:
    """`3.1`, `1,210`; `3,1` in Polish. At most `digits` after the point, or always so many when `fixed`."""
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + ("0" if fixed else "#") * digits if digits else "")
    # The rounding is Python's, so that a figure is the same wherever it stands.
    return str(format_decimal(Decimal(f"{value:.{digits}f}"), format=pattern, locale=_locale(lang)))


def form(value: float, unit: str, lang: str, digits: int = 1) -> str:
    """The words that go with a number, `{}` in its place: `{} miles`; without a place where the words say it. `unit`: a
    key of `Counted`."""
    forms: Forms = getattr(phrases(lang).counted, unit)
    rounded = Decimal(f"{value:.{digits}f}").normalize()
    return getattr(forms, _locale(lang).plural_form(rounded)) or forms.other


def counted(value: float, unit: str, lang: str, digits: int = 1, shown: str = "") -> str:
    """`3.1 miles`, `1 mile`: the number with the words that go with it. `shown` stands in the number's place, such as a
    range that ends with it."""
    found = form(value, unit, lang, digits)
    if shown and "{}" not in found:  # a dual that says its number: no place for a range
        found = str(getattr(phrases(lang).counted, unit).other)
    return found.format(shown or number(value, lang, digits))


def day_text(time: datetime, lang: str) -> str:
    """`Fri 4 Dec`, `Gwen 4 Rhag`, `pt. 4 gru`."""
    from babel.dates import format_date

    return str(format_date(time, "E d MMM", locale=_locale(lang)))


@lru_cache(maxsize=64)
def language(code: str) -> str:
    """`Welsh`: as an English reader calls it; the code itself where nobody knows it."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (UnknownLocaleError, ValueError, TypeError):
        return code


@lru_cache(maxsize=32)
def _locale(lang: str) -> Locale:
    """What Babel knows of the language whose words are used; British English where they are ours."""
    from babel import Locale, UnknownLocaleError

    code = lang.replace("-", "_") if has(lang) else FALLBACK
    for trial in (code, base(lang)):
        try:
            found = Locale.parse("en_GB" if trial == "en" else trial)
        except (ValueError, UnknownLocaleError):
            continue
        if base(lang) == found.language or not has(lang):
            return found
    return Locale.parse("en_GB")
