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
    title: bool
    words: bool
    alt: bool
    link: bool
    cover: bool
    subtitles: bool
    count: int  # characters of the words, as the platform counts
    limit: int | None
    visible: int | None = None  # characters that are shown before “see more”
    pressable: bool = True  # a link among the words can be pressed


_POST = "Post it, or give it the time that was agreed."
_PHONE = "Send the clip to the phone with the council's account, by cable or a shared folder: a chat app shrinks it."

_BEGIN: dict[str, tuple[str, ...]] = {
    "tiktok": (
        _PHONE,
        "Open TikTok with the council's account, begin a new post and choose the clip. Add no music and no effects.",
        "Leave the speed, the cut and the picture as they are: the clip is finished.",
    ),
    "snapchat-spotlight": (
        _PHONE,
        "Open Snapchat with the council's public profile, choose the clip and send it to Spotlight, not to friends.",
        "Add no filter and no sound.",
    ),
    "nextdoor": (
        "Open Nextdoor on the computer with the council's agency account and begin a new post.",
        "Choose the areas that the walk is in, and add the clip.",
    ),
    "whatsapp": (
        _PHONE,
        "Open WhatsApp with the council's own number: the channel, or Status. Choose the clip and high quality (HD).",
    ),
    "instagram-story": (
        _PHONE,
        "Open Instagram with the council's account, begin a story and choose the clip.",
        "Let it fill the screen; do not zoom or turn it, for its words lie where the app leaves room.",
    ),
    "linkedin": (
        "Open LinkedIn on the computer, go to the council's page and begin a post as the page, not as yourself.",
        "Add the clip as a video.",
    ),
}
_AT_THE_END: dict[str, tuple[str, ...]] = {
    "tiktok": ("Let everybody see it. Leave “promotional content” off: a council's walk is no advertisement.",),
    "snapchat-spotlight": ("Let it be kept on the public profile too, so that it can be found later.", _POST),
    "nextdoor": ("Allow comments only if somebody will read them.", _POST),
    "whatsapp": ("Status is gone after a day; a channel's post stays.",),
    "instagram-story": ("Press “your story”. It is gone after a day; keep it as a highlight if it should stay.",),
    "linkedin": ("Press publish yourself: LinkedIn's terms forbid a program to do it.",),
}
_STICKERS = (
    "Add a link sticker: paste the address in link.txt, and give it words such as “Find the route”, not the address.",
    "Set it in the middle third, clear of faces and of what is written: the app covers the top and the bottom.",
    "A sticker for the place may go beside it. Leave out GIFs that blink: they cannot be stopped.",
)
_TOOL = (
    "Open the tool your team posts with (such as Orlo, Hootsuite or Buffer), or {label} itself, as the council.",
    "Begin a post for {label} alone and add the clip. A post for several networks at once loses what is made for each.",
)


def checklist(platform: str, held: Held) -> str:
    """The text of checklist.txt."""
    steps = [
        f"Look at {held.clip} once from beginning to end, with sound.",
        *(step.format(label=held.label) for step in _BEGIN.get(platform, _TOOL)),
        *_words(held),
        *_beside(platform, held),
        "If a voice or a picture in the clip was made by a computer, switch on the label that says so.",
        *_AT_THE_END.get(platform, (_POST,)),
        "Look at the post as everybody sees it: does the clip play, are the words whole, does the link open?",
        f'Say where it is: make-promo posted PROMO --to {platform} --address ADDRESS --by "YOUR NAME"',
    ]
    body = "\n".join(f"[ ] {number}. {step}" for number, step in enumerate(steps, 1))
    return f"{held.label}: post this by hand\n\n{body}\n\nAddress of the post:\nPosted by:\nOn:\n"


def _words(held: Held) -> list[str]:
    title = ["Paste title.txt as the title."] if held.title else []
    if not held.words:
        return [*title, f"{held.label} takes no words beside this clip."]
    room = f" of {held.limit} that fit" if held.limit else ""
    steps = [*title, f"Paste all of words.txt as it is: {held.count} characters{room}."]
    if held.visible and held.count > held.visible:
        steps.append(f"Only about {held.visible} characters show before “see more”: check that they say what it is.")
    return steps


def _beside(platform: str, held: Held) -> list[str]:
    steps: list[str] = []
    if held.link and platform == "instagram-story":
        steps += _STICKERS
    elif held.link and not held.pressable:
        steps.append("A link among the words cannot be pressed here: link.txt is for a link field, or the profile's.")
    elif held.link and held.words:
        steps.append(
            "link.txt has the address by which visits are counted: for a link field, or in place of the plain one."
        )
    if held.cover:
        steps.append("Choose cover.jpg as the cover, or the moment that looks like it, if it asks for one.")
    if held.alt:
        steps.append("Look for “alt text” or “description for people who cannot see” and paste alt.txt.")
    if held.subtitles:
        steps.append("Add subtitles.srt as captions if it takes a file, and switch automatic captions off.")
    return steps
