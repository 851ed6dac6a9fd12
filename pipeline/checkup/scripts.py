"""Whether every script that councils write in has a font here: asked letter by letter, as before each rendering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.checkup.finding import Finding, Machine


@dataclass(frozen=True, kw_only=True)
class Script:
    """`sample`: letters that only a font for the language has. `package`: as Debian and Ubuntu call it."""

    code: str
    language: str
    sample: str
    font: str
    package: str
    windows: str  # what Windows has for it


SCRIPTS = (
    Script(code="en", language="English", sample="Aa–Zz £ ’ ½ é", font="Source Sans Pro", package="", windows=""),
    Script(code="cy", language="Welsh", sample="âêîôûŵŷ ÂÊÎÔÛŴŶ ï ẁ ỳ", font="Source Sans Pro", package="", windows=""),
    Script(code="pl", language="Polish", sample="ąćęłńóśźż ĄĆĘŁŃÓŚŹŻ", font="Source Sans Pro", package="", windows=""),
    Script(code="ro", language="Romanian", sample="ăâîșț ĂÂÎȘȚ", font="Source Sans Pro", package="", windows=""),
    Script(
        code="ar", language="Arabic", sample="ابتثجحخدذرزسشصضطظعغفقكلمنهوي ءآأؤإئةى ٠١٢٣",
        font="Noto Sans Arabic", package="fonts-noto-core", windows="Segoe UI",
    ),
    Script(
        code="ur", language="Urdu", sample="ٹڈڑںھہۂےۓگچپژکی ۰۱۲۳۴۵",
        font="Noto Nastaliq Urdu", package="fonts-noto-core", windows="Segoe UI",
    ),
    Script(
        code="gu", language="Gujarati", sample="અઆઇકખગઘચછજટઠડણતથદધનપફબભમયરલવશષસહળ ાિીુૂેૈોૌં્ ૧૨૩",
        font="Noto Sans Gujarati", package="fonts-noto-core", windows="Nirmala UI",
    ),
    Script(
        code="hi", language="Hindi", sample="अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह ािीुूेैोौंँः्ड़ढ़ १२३",
        font="Noto Sans Devanagari", package="fonts-noto-core", windows="Nirmala UI",
    ),
    Script(
        code="ta", language="Tamil", sample="அஆஇஈஉஊஎஏஐஒஓகஙசஜஞடணதநனபமயரறலளழவஷஸஹ ாிீுூெேைொோௌ்",
        font="Noto Sans Tamil", package="fonts-noto-core", windows="Nirmala UI",
    ),
    Script(
        code="emoji", language="emoji", sample="🌳🥾🚶🏞️🎉👍🌧️🦆❤️✅",
        font="Noto Color Emoji", package="fonts-noto-color-emoji", windows="Segoe UI Emoji",
    ),
)  # fmt: skip


def scripts(machine: Machine) -> Iterator[Finding]:
    """One finding for all that are there, one for each that is not."""
    from pipeline import fonts

    there = []
    for script in SCRIPTS:
        lacking = fonts.missing(script.sample)
        if not lacking:
            there.append(script.language)
            continue
        asked = sum(not sign.isspace() for sign in set(script.sample))
        yield Finding(
            level="warn",
            what=f"font for {script.language}",
            measured=f"{len(lacking)} of {asked} signs have no font here ({' '.join(lacking[:6])} …)",
            remedy=_remedy(script, machine),
        )
    if there:
        yield Finding(level="ok", what="fonts", measured=", ".join(there))


def _remedy(script: Script, machine: Machine) -> str:
    if not script.package:
        return "python -m pip install --force-reinstall font-source-sans-pro font-roboto"
    lines = [f"only needed for texts with {script.language}. The font is {script.font}."]
    if machine.windows:
        lines.append(
            f"Windows has {script.windows} for it: Settings → Apps → Optional features; or install the font file."
        )
    elif machine.platform == "darwin":
        lines.append(
            "macOS has fonts for it: look in Font Book whether they are switched off; or install the font file."
        )
    else:
        lines.append(f"sudo apt install {script.package}")
        lines.append("That is for Debian and Ubuntu; other systems have a package with this font too.")
    lines.append("Without rights to install, put the font file into the folder that `fonts:` of your brand names.")
    return "\n".join(lines)
