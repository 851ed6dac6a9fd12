"""Approvals: bound to the bytes, one for all languages, never by the author, never past a warning unseen."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from promo_folders import FORBIDS, NOW, WARNING, clip, reworded

from pipeline import settings, talk_publish
from pipeline.approvals import Bundle, Part, code_of, read_code
from pipeline.approvals.answer import Answer, name_of, note_of, read_answer
from pipeline.approvals.changes import changes, word_changes
from pipeline.approvals.states import Decision, Rules, rules_of, same_person, state
from pipeline.cli_sign import approve, publish
from pipeline.errors import BriefError, MaterialError
from pipeline.ledger import Ledger
from pipeline.publishing import Orders
from pipeline.review import Desk, our_rules
from pipeline.review.folder import bundle_of
from pipeline.review.notes import Comment

KHAN = Answer(decision="approve", by="A. Khan")
DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(ledger=Ledger(tmp_path / "state" / "ledger.sqlite"), login="officer")


@pytest.fixture
def promo(tmp_path: Path) -> Path:
    """A promo of two clips in one language."""
    folder = tmp_path / "promo" / "fryent"
    clip(folder)
    clip(folder, "youtube")
    return folder


def approved(desk: Desk, promo: Path) -> str:
    """Rendered by the officer, approved by A. Khan; gives the code."""
    code = desk.record(promo, now=NOW)
    assert desk.answer(desk.find(code), KHAN, now=NOW, code=code).state.name == "approved"
    return code


def where(desk: Desk, promo: Path, days: float = 0) -> str:
    return desk.look(promo, now=NOW + days * DAY).state.name


def refused(desk: Desk, promo: Path, answer: Answer = KHAN) -> str:
    """The reasons why `answer` is refused; nothing may be written then."""
    before = len(desk.look(promo, now=NOW).decisions)
    with pytest.raises(BriefError) as caught:
        desk.answer(promo, answer, now=NOW)
    assert len(desk.look(promo, now=NOW).decisions) == before
    return str(caught.value)


def test_from_planned_to_approved(desk: Desk, tmp_path: Path) -> None:
    """A promo is planned, rendered, checked, in review and approved, in that order."""
    promo = tmp_path / "promo"
    promo.mkdir()
    assert where(desk, promo) == "planned"
    clip(promo, checks=())
    assert where(desk, promo) == "rendered"
    clip(promo)
    code = desk.record(promo, now=NOW)
    assert where(desk, promo) == "checked"
    assert desk.open(promo, now=NOW).state.name == "in review"
    look = desk.answer(promo, KHAN, now=NOW, code=code.lower().replace("-", " "))
    assert (look.state.name, look.state.why) == ("approved", "by A. Khan")


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("the alternative text", lambda promo: reworded(promo, "youtube.en", alt="A pond between tree.")),
        ("the link", lambda promo: reworded(promo, "youtube.en", link="https://example.gov.uk/")),
        ("the hashtags", lambda promo: reworded(promo, "youtube.en", hashtags=["Walk"])),
        ("the post text", lambda promo: clip(promo, "youtube", text="Walk to the ponds.")),
        ("the subtitles", lambda promo: clip(promo, "youtube", subtitles="Barn Hill pont")),
        ("the cover", lambda promo: (promo / "youtube.en.jpg").write_bytes(b"another")),
        ("the clip", lambda promo: clip(promo, "youtube", data=b"another film")),
        ("(.vtt)", lambda promo: (promo / "youtube.en.vtt").write_text("WEBVTT\n")),
        ("this clip is gone", lambda promo: (promo / "youtube.en.json").unlink()),
        ("this clip is new", lambda promo: clip(promo, "x")),
    ],
)
def test_any_change_voids_an_approval(desk: Desk, promo: Path, what: str, change: object) -> None:
    """One letter, one byte, one platform: void, and what changed is named."""
    approved(desk, promo)
    change(promo)  # type: ignore[operator]
    look = desk.look(promo, now=NOW)
    assert look.state.name == "void"
    assert any(what in str(one) for one in look.state.changes), look.state.changes
    assert look.state.why in {f"changed since it was approved: {one}" for one in look.state.changes}


def test_a_change_taken_back_is_approved_again(desk: Desk, promo: Path) -> None:
    """The approval is of the version, so the very same version is approved."""
    approved(desk, promo)
    reworded(promo, "youtube.en", alt="Other.")
    assert where(desk, promo) == "void"
    reworded(promo, "youtube.en", alt="A pond between trees.")
    assert where(desk, promo) == "approved"


def test_rendering_again_changes_nothing(desk: Desk, promo: Path) -> None:
    """The same bytes rendered again are approved as before, and not noted as made a second time."""
    code = approved(desk, promo)
    shutil.rmtree(promo)
    clip(promo)
    clip(promo, "youtube")
    assert desk.record(promo, now=NOW + DAY, by="somebody else") == code
    look = desk.look(promo, now=NOW + DAY)
    assert look.state.name == "approved"
    assert look.authors == ("officer",)


def test_a_moved_promo_stays_approved(desk: Desk, promo: Path, tmp_path: Path) -> None:
    """An approval is bound to the bytes and not to where they lie."""
    approved(desk, promo)
    promo.rename(tmp_path / "moved")
    assert where(desk, tmp_path / "moved") == "approved"


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (lambda promo: (promo / "youtube.en.mp4").write_bytes(b"x"), "not the clip that was checked"),
        (lambda promo: (promo / "youtube.en.mp4").unlink(), "is missing"),
        (lambda promo: (promo / "youtube.en.post.txt").write_text("Other"), "other words than will be posted"),
        (lambda promo: (promo / "youtube.en.srt").write_bytes(b"1\n\xff"), "not UTF-8"),
        (lambda promo: clip(promo, checks=[FORBIDS]), "Flashes: 5, it should be 3"),
    ],
)
def test_what_does_not_fit_together_is_not_approved(desk: Desk, promo: Path, break_it: object, why: str) -> None:
    """Another clip than was checked, other words than are posted, or a check that forbids: no approval holds."""
    break_it(promo)  # type: ignore[operator]
    assert why in refused(desk, promo)
    shutil.rmtree(promo)
    clip(promo)
    clip(promo, "youtube")
    approved(desk, promo)
    break_it(promo)  # type: ignore[operator]
    assert where(desk, promo) == "void"


def test_a_language_never_goes_alone(desk: Desk, tmp_path: Path) -> None:
    """Welsh and English are one approval: while one is missing, none is approved; a change of one voids both."""
    promo = tmp_path / "promo"
    clip(promo, lang="en")
    desk.record(promo, now=NOW, languages=["cy", "en"])
    assert "no clip in cy" in refused(desk, promo)
    clip(promo, lang="cy", alt="Pwll.")
    code = desk.record(promo, now=NOW, languages=["cy", "en"])
    desk.answer(promo, KHAN, now=NOW, code=code)
    assert where(desk, promo) == "approved"
    reworded(promo, "instagram-reel.cy", alt="Llyn.")
    assert where(desk, promo) == "void"
    reworded(promo, "instagram-reel.cy", alt="Pwll.")
    clip(promo, "x", lang="en")  # one platform has English only
    assert "x has no clip in cy" in refused(desk, promo)


def test_the_author_does_not_approve(desk: Desk, promo: Path) -> None:
    """Who rendered may not approve, however the name is written, unless the settings allow it."""
    desk.record(promo, now=NOW, by="Siân Ap-Rhys")
    for name in ("siân ap rhys", "Sia\u0302n Ap-Rhys", "SIÂN AP-RHYS "):
        assert "the author does not approve" in refused(desk, promo, Answer(decision="approve", by=name))
    free = Desk(ledger=desk.ledger, login="officer", rules=Rules(author=True))
    assert free.answer(promo, Answer(decision="approve", by="Siân Ap-Rhys"), now=NOW).state.name == "approved"


def test_as_many_people_as_the_rules_want(desk: Desk, promo: Path) -> None:
    """With two people wanted, one of them twice is one."""
    two = Desk(ledger=desk.ledger, login="officer", rules=Rules(people=2))
    for name in ("A. Khan", "a.khan"):
        look = two.answer(promo, Answer(decision="approve", by=name), now=NOW)
        assert (look.state.name, "1 of 2" in look.state.why) == ("in review", True)
    look = two.answer(promo, Answer(decision="approve", by="B. Jones"), now=NOW)
    assert look.state.name == "approved"


def test_warnings_need_their_ticks(desk: Desk, promo: Path) -> None:
    """Every warning is ticked by its rule or nothing is approved; a tick for nothing is a mistake."""
    clip(promo, checks=[WARNING])
    told = refused(desk, promo)
    assert "instagram-reel.en: Text size: 3 %, it should be 4 %" in told
    assert "tick T7" in told
    assert 'I don\'t know "T9"' in refused(desk, promo, Answer(decision="approve", by="A. Khan", ticks=("T9",)))
    look = desk.answer(promo, Answer(decision="approve", by="A. Khan", ticks=("t7",)), now=NOW)
    assert look.state.name == "approved"
    assert look.state.approvals[0].ticks == (("T7", "instagram-reel.en"),)


def test_a_new_warning_voids_an_approval(desk: Desk, promo: Path) -> None:
    """A warning that came after the approval has been seen by nobody."""
    approved(desk, promo)
    clip(promo, checks=[WARNING])
    look = desk.look(promo, now=NOW)
    assert look.state.name == "void"
    assert "T7" in look.state.why


def test_a_draft_is_not_approved(desk: Desk, promo: Path) -> None:
    """A draft is for looking at."""
    desk.record(promo, now=NOW, draft=True)
    assert "this is a draft" in refused(desk, promo)


def test_an_approval_grows_old(desk: Desk, promo: Path) -> None:
    """After 14 days, or as many as the rules say, the approval has expired; a new one counts."""
    approved(desk, promo)
    assert where(desk, promo, 13.99) == "approved"
    assert where(desk, promo, 14) == "expired"
    short = Desk(ledger=desk.ledger, login="officer", rules=Rules(days=3))
    assert short.look(promo, now=NOW + 3 * DAY).state.name == "expired"
    assert desk.answer(promo, KHAN, now=NOW + 20 * DAY).state.name == "approved"


def test_a_clock_that_was_changed_makes_nothing_last_longer(desk: Desk, promo: Path) -> None:
    """An approval from the future does not count, and one from an earlier clock is as old as it looks."""
    approved(desk, promo)
    look = desk.look(promo, now=NOW - DAY)
    assert (look.state.name, "clock was changed" in look.state.why) == ("expired", True)
    assert desk.look(promo, now=NOW - timedelta(minutes=2)).state.name == "approved"
    assert desk.answer(promo, KHAN, now=NOW - DAY).state.name == "approved"


def test_changes_wanted_stand_until_it_changes_or_the_same_person_approves(desk: Desk, promo: Path) -> None:
    """Nobody else approves over a wish for changes of the very same version."""
    approved(desk, promo)
    wish = Answer(decision="changes", by="B. Jones", reasons=("brand", "spelling"), note="Pont?")
    look = desk.answer(promo, wish, now=NOW)
    assert (look.state.name, look.state.why) == ("changes wanted", "by B. Jones (brand and spelling): Pont?")
    assert "B. Jones wants changes" in refused(desk, promo)
    look = desk.answer(promo, Answer(decision="approve", by="b jones"), now=NOW)
    assert look.state.name == "approved"


def test_changes_wanted_need_words(desk: Desk, promo: Path) -> None:
    """A wish for changes says what should change, with reasons that exist."""
    assert "what should change" in refused(desk, promo, Answer(decision="changes", by="B. Jones"))
    odd = Answer(decision="changes", by="B. Jones", reasons=("brnd",))
    assert 'did you mean "brand"' in refused(desk, promo, odd)
    assert "who decides is not said" in refused(desk, promo, Answer(decision="approve", by=" \u200b.\x00"))


def test_withdrawn_and_held(desk: Desk, promo: Path) -> None:
    """A withdrawal ends the approval of this version; a hold stands whatever the version, until it is released."""
    approved(desk, promo)
    assert desk.set_aside(promo, "held", by="Flood desk", now=NOW).state.name == "held"
    reworded(promo, "youtube.en", alt="Other.")
    assert where(desk, promo) == "held"
    reworded(promo, "youtube.en", alt="A pond between trees.")
    assert desk.set_aside(promo, "released", by="Flood desk", now=NOW).state.name == "approved"
    assert desk.set_aside(promo, "withdrawn", by="A. Khan", note="Consent", now=NOW).state.why == "by A. Khan: Consent"
    assert desk.answer(promo, KHAN, now=NOW).state.name == "approved"


def test_a_withdrawal_ends_every_approval_before_it(desk: Desk, promo: Path) -> None:
    """With two people wanted, one before and one after a withdrawal are one."""
    two = Desk(ledger=desk.ledger, login="officer", rules=Rules(people=2))
    two.answer(promo, KHAN, now=NOW)
    two.set_aside(promo, "withdrawn", by="A. Khan", now=NOW)
    look = two.answer(promo, Answer(decision="approve", by="B. Jones"), now=NOW)
    assert (look.state.name, "1 of 2" in look.state.why) == ("in review", True)


def test_a_wish_for_changes_outlives_an_approval_that_came_at_the_same_moment(promo: Path) -> None:
    """Whoever was quicker: the wish stands."""
    bundle = bundle_of(promo)
    usual = {"at": NOW, "recorded_by": "x", "code": "", "fingerprint": bundle.fingerprint}
    wish = Decision(kind="changes", by="B. Jones", reasons=("brand",), **usual)  # type: ignore[arg-type]
    given = Decision(kind="approved", by="A. Khan", bundle=bundle, **usual)  # type: ignore[arg-type]
    for history in ([wish, given], [given, wish]):
        assert state(bundle, history, Rules(), NOW).name == "changes wanted"


def test_a_hold_is_on_one_promo(desk: Desk, promo: Path, tmp_path: Path) -> None:
    """An equal copy elsewhere is not held with it, and its release does not release this one."""
    approved(desk, promo)
    copy = Path(shutil.copytree(promo, tmp_path / "copy"))
    desk.set_aside(promo, "held", by="Flood desk", now=NOW)
    assert (where(desk, promo), where(desk, copy)) == ("held", "approved")
    desk.set_aside(copy, "released", by="Somebody", now=NOW)
    assert where(desk, promo) == "held"


def test_a_code_is_of_one_version(desk: Desk, promo: Path) -> None:
    """The code of a version that is gone approves nothing, and says what changed and the new code."""
    code = desk.record(promo, now=NOW)
    clip(promo, text="Walk to the lake.")
    with pytest.raises(BriefError) as caught:
        desk.answer(desk.find(code), KHAN, now=NOW, code=code)
    assert '"Walk to the lake." was "Walk to the pond."' in str(caught.value)
    assert desk.look(promo, now=NOW).code in str(caught.value)
    assert where(desk, promo) == "checked"
    with pytest.raises(BriefError, match="it has changed"):
        desk.answer(promo, KHAN, now=NOW, seen="0" * 32)


def test_codes_that_are_unknown_or_none(desk: Desk, promo: Path) -> None:
    """An unknown code, words that are no code and a folder that is gone each have their sentence."""
    with pytest.raises(BriefError, match="no promo with this code"):
        desk.find("0000-00")
    with pytest.raises(BriefError, match="this is not a code"):
        desk.find("hello")
    code = desk.record(promo, now=NOW)
    shutil.rmtree(promo)
    with pytest.raises(BriefError, match="no longer there"):
        desk.find(code)
    with pytest.raises(MaterialError, match="no such folder"):
        desk.record(promo, now=NOW)


def test_a_code_that_is_taken_grows_longer(desk: Desk, promo: Path) -> None:
    """Two versions never share a code in one ledger."""
    name = bundle_of(promo).fingerprint
    short = code_of(name)
    with desk.ledger.writing() as book:
        book.append("made", at=NOW, who="x", subject="/other", code=short, payload={"fingerprint": "0", "folder": "/o"})
    assert desk.record(promo, now=NOW) == code_of(name, [short])
    assert len(code_of(name, [short])) == len(short) + 2


def test_codes_are_read_as_people_write_them() -> None:
    """Small letters, spaces, dashes, O for nought and l for one."""
    assert code_of("7f3ac2" + "0" * 26) == "7F3A-C2"
    for words in ("7f3a-c2", " 7F3AC2 ", "7F3A – C2", "7f 3a c2"):
        assert read_code(words) == "7F3A-C2"
    assert read_code("7O3A-Cl") == "703A-C1"
    assert read_code("7F3") == read_code("ZZZZ-ZZ") == ""


def test_evidence_is_known_by_its_sum(desk: Desk, promo: Path, tmp_path: Path) -> None:
    """Of the approver's mail the ledger keeps name and sum; a file that is not there is told."""
    mail = tmp_path / "mail.msg"
    mail.write_bytes(b"approve")
    look = desk.answer(promo, KHAN, now=NOW, evidence=mail)
    evidence = look.state.approvals[0].evidence
    assert evidence is not None
    assert (evidence.name, evidence.sha256) == ("mail.msg", hashlib.sha256(b"approve").hexdigest())
    with pytest.raises(BriefError, match="evidence cannot be read"):
        desk.answer(promo, KHAN, now=NOW, evidence=tmp_path / "none.msg")


def test_saying_it_twice_is_once(desk: Desk, promo: Path) -> None:
    """A double click and a decision.yml that is read again write one event."""
    for _ in range(3):
        desk.answer(promo, KHAN, now=NOW)
    assert [one.kind for one in desk.look(promo, now=NOW).decisions] == ["approved"]


def test_several_approve_at_once(desk: Desk, promo: Path) -> None:
    """Approvals that come at the same moment are all kept, and the chain holds."""
    many = Desk(ledger=desk.ledger, login="officer", rules=Rules(people=6))
    with ThreadPoolExecutor(6) as pool:
        answers = [Answer(decision="approve", by=f"Person {letter}") for letter in "ABCDEF"]
        list(pool.map(lambda answer: many.answer(promo, answer, now=NOW), answers))
    assert many.look(promo, now=NOW).state.name == "approved"
    with desk.ledger.reading() as book:
        assert book.verify() is None


def test_comments_are_pinned(desk: Desk, promo: Path) -> None:
    """A comment keeps its moment and place, and belongs to the version it was made on."""
    seen = bundle_of(promo).fingerprint
    said = Comment(rendition="youtube.en", time_s=1.25, x=0.5, y=0.25, text="<b>Pont</b>\u202e", by="B. Jones")
    desk.comment(promo, said, now=NOW, seen=seen)
    found = desk.look(promo, now=NOW).comments
    assert [(one.time_s, one.x, one.y, one.text) for one in found] == [(1.25, 0.5, 0.25, "<b>Pont</b>")]
    for wrong in ({"rendition": "tiktok.en"}, {"x": 1.1}, {"time_s": float("nan")}, {"text": " "}, {"by": ""}):
        with pytest.raises(BriefError):
            desk.comment(promo, Comment(**{**vars(said), **wrong}), now=NOW, seen=seen)
    clip(promo, text="New.")
    assert desk.look(promo, now=NOW).comments == ()


@given(st.text())
def test_names_and_notes_are_plain(words: str) -> None:
    """No control, no mark that turns the direction, no more than the limit."""
    name, note = name_of(words), note_of(words * 50)
    assert len(name) <= 80
    assert name == name_of(name)
    assert "\n" not in name
    assert len(note) <= 2000
    assert not set(name + note) & set("\x00\x1b\u202e\u2066\ufeff\u200b")


def test_names_of_the_world_stay_whole() -> None:
    """Joiners of Indic and Arabic scripts, accents and apostrophes are part of names."""
    for name in ("Siân O'Brien", "محمد علی", "ક્ષમા પટેલ", "நண்\u200dபர்"):
        assert name_of(name) == name
    assert not same_person("A. Khan", "A. Kahn")


@given(st.text(alphabet="ab \n"), st.text(alphabet="ab \n"))
def test_word_changes_give_both_texts(before: str, after: str) -> None:
    """Kept and taken out is the text before, kept and put in the text after."""
    found = word_changes(before, after)
    assert "".join(words for mark, words in found if mark != "in") == before
    assert "".join(words for mark, words in found if mark != "out") == after


def test_the_time_of_posting_is_part_of_it() -> None:
    """Another slot is another version, and named."""
    one, other = (Bundle(parts=(Part(platform="x", lang="en", clip="c", slot=slot),)) for slot in ("09:30", "10:30"))
    assert one.fingerprint != other.fingerprint
    assert [str(change) for change in changes(one, other)] == ['x.en: the time of posting changed: "10:30" was "09:30"']


def test_a_bundle_comes_back_from_the_ledger(promo: Path) -> None:
    """What the ledger keeps of a version is all of it."""
    bundle = bundle_of(promo)
    assert Bundle.of(bundle.payload()).fingerprint == bundle.fingerprint
    assert len(bundle.payload()["texts"]) == 3, "texts that are shared are kept once"


def test_silence_is_no_approval() -> None:
    """Opened, made and long ago: nothing but an approval approves."""
    bundle = Bundle(parts=(Part(platform="x", lang="en", clip="c"),))
    silent = [
        Decision(kind=kind, at=NOW, by="a", recorded_by="a", code="", fingerprint=bundle.fingerprint)
        for kind in ("made", "opened", "released")
    ]
    assert state(bundle, silent, Rules(), NOW + 99 * DAY).name == "in review"


def test_a_decision_in_a_file(tmp_path: Path) -> None:
    """decision.yml says who decides what about which version; one without an answer decides nothing."""
    path = tmp_path / "decision.yml"
    path.write_text("code: 7F3A-C2\ndecision:  # approve, or changes\nby:\nnote:\ntick: []\n", encoding="utf-8")
    with pytest.raises(BriefError, match="nothing is decided here yet"):
        read_answer(path)
    path.write_text("code: 7f3ac2\ndecision: approve\nby: A. Khan\nnote: Lovely\ntick: [T7]\n", encoding="utf-8")
    code, answer = read_answer(path)
    assert code == "7F3A-C2"
    assert answer == Answer(decision="approve", by="A. Khan", note="Lovely", ticks=("T7",))


def test_a_decision_in_a_file_is_of_the_version_that_is_named(promo: Path, tmp_path: Path) -> None:
    """A file that answers for another version is not taken for this one; without a code its own is."""
    code = Desk.ours().record(promo, now=datetime.now(UTC), by="The Author")
    path = tmp_path / "decision.yml"
    path.write_text(f"code: {code}\ndecision: approve\nby: A. Khan\n", "utf-8")
    other = CliRunner().invoke(approve, ["0000-00", "--from", str(path)])
    assert (other.exit_code, f"it answers for {code}, not for 0000-00" in other.output) == (2, True)
    assert "approved: by A. Khan" in CliRunner().invoke(approve, ["--from", str(path)]).output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("decision: approve\nby: A\n", "the code of what was looked at"),
        ("code: 7F3A-C2\ndecision: aprove\nby: A\n", ":2:1: decision: nothing is decided"),
        ("code: 7F3A-C2\ndecision: approve\n", "who decides is not said"),
        ("code: 7F3A-C2\ndecision: approve\nby: {a: 1}\n", "words are expected"),
        ("code: 7F3A-C2\ndecision: approve\nby: A\nticks: [T7]\n", 'did you mean "tick"'),
        ("code: 7F3A-C2\ndecision: changes\nby: A\n", "what should change"),
        ("code: 7F3A-C2\ndecision: approve\nby: A\ntick: [[T7]]\n", "a list of words"),
    ],
)
def test_a_decision_that_cannot_be_read(tmp_path: Path, text: str, told: str) -> None:
    """What is wrong in decision.yml is told with its line."""
    path = tmp_path / "decision.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BriefError) as caught:
        read_answer(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_publishing_keeps_the_rules_of_the_settings(promo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings ask for two people, `publish` asks for two as well: one approval is not enough anywhere."""
    settings.folder().mkdir(parents=True)
    (settings.folder() / settings.FILE).write_text("approval: {people: 2}\n", "utf-8")
    given: list[Rules] = []

    def heard(folders: Sequence[Path], orders: Orders, **more: object) -> int:
        given.append(orders.rules)
        return 0

    monkeypatch.setattr(talk_publish, "publish_promos", heard)
    assert CliRunner().invoke(publish, [str(promo)]).exit_code == 0
    assert given == [our_rules()] == [Rules(people=2)]


def test_rules_are_read_from_settings() -> None:
    """The rules are three; a word that is none of them and a number that is none are told."""
    assert rules_of({}, "approval") == Rules()
    assert rules_of({"days": "7", "people": 2, "author": "true"}, "approval") == Rules(days=7, people=2, author=True)
    for wrong in ({"day": 1}, {"days": 0}, {"people": "two"}, {"people": 99}, {"author": "perhaps"}, {"days": True}):
        with pytest.raises(BriefError, match="approval"):
            rules_of(wrong, "approval")
