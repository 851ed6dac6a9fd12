"""What a person does to post by hand, step by step in plain English. Apps move their buttons: say what, not where.

From `publishing.md` (sections 6, 9 and 13): TikTok and LinkedIn want a person; Snapchat, Nextdoor and WhatsApp open
their interfaces to few or to nobody; a story gets its stickers in the app.
"""

from __future__ import annotations

from dataclasses import dataclass

HAND_OFF = ("tiktok", "snapchat-spotlight", "nextdoor", "whatsapp", "instagram-story", "linkedin")


@dataclass(frozen=True, kw_only=True)
class Held:
    """What lies in a pack, so that a step is only told where it can be taken."""

    label: str
    clip: str
    words: bool
    alt: bool
    link: bool
    cover: bool
    subtitles: bool
    count: int  # characters of the words, as the platform counts
    limit: int | None


_PHONE = "Send the clip to the phone with the council's account, by cable or a shared folder: a chat app shrinks it."

_BEGIN: dict[str, tuple[str, ...]] = {
    "tiktok": (
        _PHONE,
        "Open TikTok with the council's account, begin a new post and choose the clip. Add no music and no effects.",
    ),
    "snapchat-spotlight": (
        _PHONE,
        "Open Snapchat with the council's public profile, choose the clip and send it to Spotlight, not to friends.",
    ),
    "nextdoor": (
        "Open Nextdoor on the computer with the council's agency account and begin a new post.",
        "Choose the areas that the walk is in, and add the clip.",
    ),
    "whatsapp": (
        _PHONE,
        "Open WhatsApp with the council's own number: the channel, or Status. Choose the clip and high quality.",
    ),
    "instagram-story": (
        _PHONE,
        "Open Instagram with the council's account, begin a story and choose the clip.",
    ),
    "linkedin": (
        "Open LinkedIn on the computer, go to the council's page and begin a post as the page, not as yourself.",
        "Add the clip as a video.",
    ),
}
_AT_THE_END: dict[str, tuple[str, ...]] = {
    "tiktok": ("Let everybody see it. Leave “promotional content” off: a council's walk is no advertisement.",),
    "whatsapp": ("Status is gone after a day; a channel's post stays.",),
    "instagram-story": ("Press “your story”. It is gone after a day; keep it as a highlight if it should stay.",),
    "linkedin": ("Press publish yourself: LinkedIn's terms forbid a program to do it.",),
}
_TOOL = (
    "Open the tool your team posts with (such as Orlo, Hootsuite or Buffer), or {label} itself, as the council.",
    "Begin a post for {label} alone and add the clip. A post for several networks at once loses what is made for each.",
)


def checklist(platform: str, held: Held) -> str:
    """The text of checklist.txt."""
    steps = [
        f"Look at {held.clip} once from beginning to end, with sound.",
        *(step.format(label=held.label) for step in _BEGIN.get(platform, _TOOL)),
        *_words(platform, held),
        *_beside(platform, held),
        "If a voice or a picture in the clip was made by a computer, switch on the label that says so.",
        *_AT_THE_END.get(platform, ("Post it, or give it the time that was agreed.",)),
        "Look at the post as everybody sees it: does the clip play, are the words whole, does the link open?",
        f'Say where it is: make-promo posted PROMO --to {platform} --address ADDRESS --by "YOUR NAME"',
    ]
    body = "\n".join(f"[ ] {number}. {step}" for number, step in enumerate(steps, 1))
    return f"{held.label}: post this by hand\n\n{body}\n"


def _words(platform: str, held: Held) -> list[str]:
    if not held.words:
        return [f"{held.label} takes no words beside this clip."]
    room = f" of {held.limit} that fit" if held.limit else ""
    return [f"Paste all of words.txt as it is: {held.count} characters{room}."]


def _beside(platform: str, held: Held) -> list[str]:
    steps = []
    if held.link and platform == "instagram-story":
        steps.append("Add a link sticker with the address in link.txt, away from the edges and from what is written.")
    elif held.link and held.words:
        steps.append("link.txt has the address alone, for a field of its own if there is one.")
    if held.cover:
        steps.append("Choose cover.jpg as the cover, if it asks for one.")
    if held.alt:
        steps.append("Look for “alt text” or “description for people who cannot see” and paste alt.txt.")
    if held.subtitles:
        steps.append("Add subtitles.srt as captions if it takes a file, and switch automatic captions off.")
    return steps
