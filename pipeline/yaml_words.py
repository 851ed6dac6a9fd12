"""What the YAML parser complains about, in words for people who do not know YAML."""

from __future__ import annotations

from ruamel.yaml.error import MarkedYAMLError

from pipeline.nearest import shortened

_QUOTES = "put the whole text in double quotes"

# (part of the parser's problem, point at where the thing began, our sentence, remedy)
_SENTENCES = (
    (
        "found character '\\t'",
        False,
        "there is a tab here, and YAML takes only spaces",
        "replace it with spaces",
    ),
    (
        "mapping values are not allowed",
        False,
        "a colon is not possible here",
        f"if it belongs to the text, {_QUOTES}; else check that keys of a group begin in the same column",
    ),
    (
        "could not find expected ':'",
        True,
        "this line is neither a key with a colon nor part of the value above",
        "write `key: value`, or indent the line if it continues the text above",
    ),
    (
        "found unexpected end of stream",
        True,
        "a quotation mark opens here and never closes",
        "add the closing one",
    ),
    (
        "expected ',' or",
        True,
        "the brackets that open here are not closed properly",
        "put commas between the entries, close the same kind of bracket, put text with # or : in quotes",
    ),
    (
        "unknown escape character",
        False,
        "a backslash in double quotes has a meaning of its own",
        "use single quotes",
    ),
    (
        "expected <block end>",
        False,
        "this line does not line up with the lines above",
        "give keys of a group the same indentation",
    ),
    (
        "expected '<document start>'",
        False,
        "there is something here that belongs to no key",
        "put a text that has quotation marks inside into single quotes",
    ),
    ("expected the node content", False, "a value is missing here", _QUOTES),
)


def explained(error: MarkedYAMLError) -> tuple[tuple[int, int], str, str]:
    """Line and column (from 1), a sentence, a remedy."""
    problem = str(error.problem or error.context or "")
    for part, at_start, what, remedy in _SENTENCES:
        if part in problem:
            mark = (error.context_mark if at_start else None) or error.problem_mark or error.context_mark
            return _place(mark), what, remedy
    place = _place(error.problem_mark or error.context_mark)
    if "cannot start any token" in problem:
        sign = problem.split("'")[1]
        return place, f"text without quotes cannot begin with {sign}", _QUOTES
    return place, f"this is not YAML: {shortened(problem, 100)}", ""


def _place(mark: object) -> tuple[int, int]:
    return int(getattr(mark, "line", 0)) + 1, int(getattr(mark, "column", 0)) + 1
