"""YAML as people write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import yaml_file
from pipeline.errors import BriefError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _read(text: str | bytes, *, numbers: bool = False) -> yaml_file.Document:
    Path("r.yml").write_bytes(text.encode() if isinstance(text, str) else text)
    return yaml_file.read(Path("r.yml"), numbers=numbers)


def test_words_stay_words() -> None:
    """YAML 1.2, whatever the file says of itself: `no` and `on` are text, 1:30 is not ninety, 012 not ten."""
    document = _read("%YAML 1.1\n---\na: no\nb: on\nc: 1:30\nno: 012\nd: 1.50\ne: true\nf: ~\ng: 'true'\n")
    assert document.tree == {
        "a": "no", "b": "on", "c": "1:30", "no": "012", "d": "1.50", "e": True, "f": None, "g": "true",
    }  # fmt: skip


def test_numbers_are_read_where_they_are_wanted() -> None:
    """Files of ours have figures; dates and times stay text."""
    assert _read("a: 30\nb: 0.5\nc: 2026-11-22\nd: 1:30\ne: '30'\n", numbers=True).tree == {
        "a": 30, "b": 0.5, "c": "2026-11-22", "d": "1:30", "e": "30",
    }  # fmt: skip


def test_a_comma_in_a_flow_group_stays_in_the_text() -> None:
    """`{text: Meadow, pond}` is one text for the author, so it is one for us; a key with a colon is a key."""
    tree = _read("a: {at: start, text: Meadow, pond and  view, x: 1}\nb: {p: 'q', r}\nc: {d: e, f: }\n").tree
    assert tree["a"] == {"at": "start", "text": "Meadow, pond and view", "x": "1"}
    assert tree["b"] == {"p": "q", "r": None}
    assert tree["c"] == {"d": "e", "f": None}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    """UTF-8 with or without a mark, and UTF-16 with one, are read."""
    assert _read("title: Llwybr y Gŵyr\n".encode(encoding)).tree == {"title": "Llwybr y Gŵyr"}


def test_places_are_lines_and_columns_from_one() -> None:
    """An entry's place is its key, an item's its start, and what is not written has its holder's."""
    document = _read("a:\n  - x\n  - f: 1\n    use: 2\n")
    assert document.where("a", 1, "use") == "r.yml:4:5: a[1].use"
    assert document.where("a", 0, "use") == "r.yml:2:5: a[0].use"
    assert document.where("b", "c") == "r.yml:1:1: b.c"
    assert document.where() == "r.yml:1:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "r.yml: the file is empty"),
        ("# nothing\n", "r.yml: the file is empty"),
        ("- a\n", "r.yml:1:1: this is a list, not keys with values"),
        ("hello\n", "r.yml:1:1: this is a single text, not keys with values"),
        ("a:\n\t- x\n", "r.yml:2:1: there is a tab here, and YAML takes only spaces"),
        ("title: Walk: the best\n", "r.yml:1:12: a colon is not possible here"),
        ('a: "x\nb: 2\n', "r.yml:1:4: a quotation mark opens here and never closes"),
        ("a: [1, 2\nb: 3\n", "r.yml:1:4: the brackets that open here are not closed properly"),
        ("a: 1\nbroken\n", "r.yml:2:1: this line is neither a key with a colon nor part of the value above"),
        ("x:\n  a: 1\n y: 2\n", "r.yml:3:2: this line does not line up with the lines above"),
        ("a: @x\n", "r.yml:1:4: text without quotes cannot begin with @"),
        ('a: "\\q"\n', "r.yml:1:6: a backslash in double quotes has a meaning of its own"),
        ("a: \x01\n", "r.yml:1:4: there is a character here that no text should have"),
        ("a: {{x}}\n", "r.yml:1:5: a key must be a word, and here is a list or a group"),
        ("a: &x 1\nb: *x\n", "r.yml:1:4: anchors (&) and aliases (*) are not used here"),
        ("a: *x\n", "r.yml:1:4: anchors (&) and aliases (*) are not used here"),
        ("a: !!python/name:os.system ''\n", "r.yml:1:4: tags (!) are not used here"),
        ("a: 1\n---\nb: 2\n", "r.yml:2:1: a second document begins here"),
        ("a: " + "[" * 900_000, "r.yml:1:23: values are nested more than 20 deep"),
        (b"a: caf\xe9\n", "r.yml:1:1: this line is not UTF-8 text"),
        (b"a: 1\n" + b"#" * 1_000_000, "r.yml: the file is larger than 1 MB"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(text: str | bytes, message: str) -> None:
    """Each way in which a file can be broken has its place and its sentence."""
    with pytest.raises(BriefError) as caught:
        _read(text)
    assert str(caught.value).splitlines()[0] == message


def test_missing_files_and_folders(tmp_path: Path) -> None:
    """A file that is not there comes with the nearest that is; a folder is not a file."""
    Path("route.yml").write_text("a: 1\n")
    for name, message in {
        "ruote.yml": 'ruote.yml: there is no such file\n  hint: did you mean "route.yml"?',
        "x/route.yml": "x/route.yml: there is no such file\n  hint: there is no folder x either",
        ".": ".: this is a folder, not a file\n  hint: name the .yml file in it",
    }.items():
        with pytest.raises(BriefError) as caught:
            yaml_file.read(Path(name))
        assert str(caught.value) == message


def test_a_key_written_twice_is_told_with_both_lines() -> None:
    """A repeated key is a problem of the document, which is read on to find the others."""
    document = _read("a: 1\nb: 2\na: 3\n")
    assert [str(problem).splitlines()[0] for problem in document.problems] == [
        'r.yml:3:1: "a" is written twice, first in line 1'
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:-[]{},#&*!|>'\"%@`\t\n ?~\\0\ufeff", max_size=40))
def test_anything_else_is_read_or_refused(text: str) -> None:
    """No text ends in a traceback."""
    try:
        found = _read(text).tree
    except BriefError as error:
        found = {problem.what: problem for problem in error.problems}
    assert isinstance(found, dict)
