"""What servers answer is read with care: what is not as it should be counts as not there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.http_door import Answer
from pipeline.publishers.answers import figure, group, moment, rows, same_words


@pytest.mark.parametrize("found", [None, 7, "text", ["a", 1, None], {"a": {}}])
def test_what_is_no_list_of_values_has_no_rows(found: object) -> None:
    """Nor has a list that holds something else; the values among it count."""
    assert rows({"data": found}, "data") == []
    assert rows({"data": [found, {"id": 1}]}, "data")[-1] == {"id": 1}
    assert group({"data": found}, "data") == (found if isinstance(found, dict) else {})


@pytest.mark.parametrize("body", [b"", b"{}", b"7", b"no JSON", b"[1, null, []]"])
def test_an_answer_that_is_no_list_has_no_rows(body: bytes) -> None:
    """So nothing is asked of a post that is none."""
    assert Answer(status=200, body=body).rows() == []
    assert Answer(status=200, body=b'[7, {"id": 1}]').rows() == [{"id": 1}]


def test_figures_and_moments_are_what_they_say() -> None:
    """True is no number and nought none to go by; a time without a zone is one in UTC."""
    assert [figure(one) for one in (7, 0, -1, True, "7", 7.0, None)] == [7, None, None, None, None, None, None]
    assert moment("2026-11-22T12:00:00+0000") == moment("2026-11-22T12:00:00Z") == moment("2026-11-22T12:00:00")
    assert moment("2026-11-22T12:00:00") == datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert [moment(one) for one in (None, "", "soon", 7)] == [None] * 4


def test_the_same_words_may_have_other_spaces() -> None:
    """Composed or not; no words are the same as none."""
    assert same_words("Caf\u0301e  at\n noon", "Caf\u0301e at noon")
    assert same_words("Cafe\u0301", "Café")
    assert same_words(None, "")
    assert not same_words("noon", "Noon")
