"""From sidecars to posts: what goes out, what may not, and the names and places in a Bluesky record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.platforms import load_platform
from pipeline.posts import Post, post_of, refusals, tagged, with_tagged
from pipeline.publishers import bluesky_record as records
from pipeline.publishers.mastodon_answers import film_of, same_words, server_of_answer
from pipeline.sidecar import Check, PostWords, Sidecar

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINK = "https://www.example.gov.uk/walks/fryent"


def note(platform: str = "bluesky", **post: object) -> Sidecar:
    words = {"text": f"Five gentle miles. {LINK}", "alt": "A pond.", "link": LINK, "hashtags": ("WalkBrent",), **post}
    return Sidecar(
        platform=platform, lang="en", sha256="a" * 64, bytes=1000, width=1080, height=1920, fps=30, duration_s=6.5,
        fingerprint="f" * 32, post=PostWords.model_validate(words), made_at=NOW,
    )  # fmt: skip


def made(platform: str = "bluesky", **post: object) -> Post:
    return post_of(Path("promo/fryent"), note(platform, **post), load_platform(platform), vtt=b"WEBVTT\n")


def faults(platform: str = "bluesky", **post: object) -> str:
    one = note(platform, **post)
    there = load_platform(platform)
    return "\n".join(str(problem) for problem in refusals(post_of(Path("promo/fryent"), one, there), one, there))


def test_a_good_post_has_no_faults() -> None:
    """What the renderer wrote may go out."""
    assert faults() == ""


@pytest.mark.parametrize(("platform", "limit"), [("bluesky", 300), ("mastodon", 500), ("x", 280), ("threads", 500)])
def test_the_words_are_counted_as_the_network_counts(platform: str, limit: int) -> None:
    """Up to the limit a text may go, one sign more is refused with both figures."""
    assert faults(platform, text="a" * limit) == ""
    told = faults(platform, text="a" * (limit + 1))
    assert f"have {limit + 1} characters" in told
    assert f"takes {limit}" in told


def test_an_address_counts_as_the_network_says() -> None:
    """On Mastodon an address of any length counts 23."""
    assert faults("mastodon", text="a" * 476 + " https://example.org/" + "b" * 300) == ""
    assert "characters" in faults("mastodon", text="a" * 477 + " https://example.org/" + "b" * 300)


def test_family_emoji_are_counted_in_bytes_too() -> None:
    """Bluesky takes 300 of them as signs, but not as bytes."""
    assert "3000 bytes" in faults(text="👨‍👩‍👧‍👦" * 121)


@pytest.mark.parametrize("alt", ["", "  \n "])
def test_alternative_text_is_asked_for(alt: str) -> None:
    """Where a network takes it, a clip without is refused, with the place to write it."""
    assert "no alternative text" in faults(alt=alt)
    assert "alt" in faults(alt=alt)


def test_alternative_text_has_its_limit() -> None:
    """Mastodon takes 1500 characters."""
    assert faults("mastodon", alt="a" * 1500) == ""
    assert "1500" in faults("mastodon", alt="a" * 1501)


def test_what_did_not_pass_its_check_is_not_posted() -> None:
    """A failed check that forbids publishing is told with its remedy."""
    check = Check(id="F1", what="Flashes", measured="5", limit="3", passed=False, level="block", remedy="cut the shot")
    one = note().model_copy(update={"checks": (check,)})
    told = refusals(made(), one, load_platform("bluesky"))
    assert [problem.remedy for problem in told] == ["cut the shot"]


@pytest.mark.parametrize("lang", ["english please", "en_GB", "../en"])
def test_a_language_is_a_code(lang: str) -> None:
    """One server of the family breaks on anything else."""
    one = note().model_copy(update={"lang": lang})
    there = load_platform("bluesky")
    assert "code of a language" in str(refusals(post_of(Path("p"), one, there), one, there)[0])


def test_links_are_tagged_once_and_keep_what_they_have() -> None:
    """Every platform has its own words; the officer's own stay, and so does the place in the page."""
    found = tagged(f"{LINK}?id=7&utm_source=leaflet#map", source="x", campaign="fryent café", content="x.en")
    assert (
        found
        == f"{LINK}?id=7&utm_source=leaflet&utm_medium=social&utm_campaign=fryent%20caf%C3%A9&utm_content=x.en#map"
    )
    assert tagged(found, source="x", campaign="fryent café", content="x.en") == found


@pytest.mark.parametrize("link", ["mailto:walks@example.org", "http://[broken", "javascript:alert(1)", "//x"])
def test_what_is_no_page_is_not_tagged(link: str) -> None:
    """Only pages of the web are counted."""
    assert tagged(link, source="x", campaign="c", content="d") == link


def test_only_the_whole_link_is_replaced() -> None:
    """A longer address that begins with ours stays as it is."""
    post = made("mastodon", text=f"{LINK} {LINK}/more {LINK}.")
    words = with_tagged(post.text, post).split(" ")
    assert words[0] == post.tagged
    assert words[1] == f"{LINK}/more"
    assert words[2] == f"{post.tagged}."


def test_the_fingerprint_is_of_what_is_published() -> None:
    """Another folder is the same post; another word, picture or subtitle is another."""
    one = made()
    there = load_platform("bluesky")
    assert post_of(Path("other/fryent"), note(), there, vtt=b"WEBVTT\n").fingerprint == one.fingerprint
    assert made(text="b").fingerprint != one.fingerprint
    assert made(alt="b").fingerprint != one.fingerprint
    assert post_of(Path("promo/fryent"), note(), there, vtt=b"WEBVTT\n\nx").fingerprint != one.fingerprint


def test_positions_are_bytes() -> None:
    """Facets are found by bytes of UTF-8: emoji and Welsh letters before them count as many as they are."""
    text = f"🥾 Tŷ Mawr: {LINK}! #TŷMawr (#2026) a#b https://x.example/#no"
    found = [
        (text.encode()[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(), one["features"][0])
        for one in records.facets(text, LINK, f"{LINK}?utm_source=bluesky")
    ]
    assert [words for words, _ in found] == [LINK, "#TŷMawr", "https://x.example/#no"]
    assert found[0][1]["uri"] == f"{LINK}?utm_source=bluesky"
    assert found[1][1]["tag"] == "TŷMawr"


def test_record_keys_sort_by_time() -> None:
    """Thirteen characters, in the order in which they were made, whatever chance adds."""
    keys = [records.tid(NOW + timedelta(microseconds=step), clock=1023 - step) for step in range(50)]
    assert keys == sorted(set(keys))
    assert all(len(key) == 13 for key in keys)
    # 2^53 microseconds would be the year 2255: the first sign stays in the lower half, as the protocol asks.
    assert records.tid(NOW, clock=0)[0] in "234567abcdefghij"


def test_a_blob_is_named_by_its_bytes() -> None:
    """The name of the empty blob, as any IPFS tool gives it."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert records.raw_cid(empty) == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def test_a_record_that_lost_something_is_noticed() -> None:
    """Each part that the record should hold is missed in words."""
    blob = {"$type": "blob", "ref": {"$link": "bafy1"}, "mimeType": "video/mp4", "size": 1}
    written = records.record(made(), blob, [("en", blob)], NOW)
    assert records.differences(written, written) == ()
    assert written["createdAt"] == "2026-11-22T12:00:00.000Z"
    bare = {**written, "embed": {"$type": "app.bsky.embed.external"}, "text": "?"}
    assert len(records.differences(written, bare)) == 4


@pytest.mark.parametrize(
    ("version", "honours"),
    [
        ("4.3.2", True), ("4.5.0-beta.1", True), ("4.3.0+glitch", True), ("0.17.0+git-abc", False),
        ("4.2.0 (compatible; Hollo/0.10.0)", False), ("4.0.0 (not true; snac/2.75)", False), ("", False),
    ],
)  # fmt: skip
def test_only_mastodon_itself_is_trusted_with_keys(version: str, honours: bool) -> None:
    """Its relatives write their names behind the version."""
    assert server_of_answer({"version": version}).is_mastodon is honours


@pytest.mark.parametrize("values", [{}, {"configuration": None}, {"configuration": {"statuses": []}}])
def test_a_server_may_say_nothing_of_its_limits(values: dict[str, object]) -> None:
    """Then there are none that we know."""
    server = server_of_answer(values)
    assert (server.most_text, server.most_bytes, server.url_weight) == (None, None, 23)


def test_words_are_known_again_in_a_page() -> None:
    """A server shows them with marks, entities and broken lines."""
    shown = '<p>Tea &amp; cake<br />at <a href="https://x"><span class="invisible">https://</span>x.org</a></p>'
    assert same_words({"content": shown}, "Tea & cake\nat https://x.org")
    assert not same_words({"content": shown}, "Tea & cake")


def test_a_film_is_one_film() -> None:
    """snac calls films pictures; two attachments are not what we sent."""
    film = {"type": "image", "url": "https://x/1.mp4?v=1"}
    assert film_of({"media_attachments": [film]}) == film
    assert film_of({"media_attachments": [film, film]}) is None
    assert film_of({"media_attachments": [{"type": "image", "url": "https://x/1.jpg"}]}) is None
    assert film_of({}) is None
