"""Reading YAML: places kept, plain values, and everything ambiguous refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.catalog import nodes
from scanner.catalog.nodes import MAX_BYTES, MAX_PROBLEMS, Refused, quoted, read
from scanner.model.errors import Problem


def _read(text: str | bytes) -> tuple[Any, list[str]]:
    problems: list[Problem] = []
    document = read("f.yaml", text.encode() if isinstance(text, str) else text, problems)
    return document and document.value, [str(problem).removeprefix("f.yaml:") for problem in problems]


@pytest.fixture(params=["libyaml", "pure"])
def _either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test with the fast parser, and with the one that serves where libyaml is missing."""
    if request.param == "pure":
        monkeypatch.setattr(nodes, "_LOADER", yaml.SafeLoader)


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: -5\nb: 2.50\nc: 0", {"a": -5, "b": 2.5, "c": 0}),
        ("a: true\nb: false", {"a": True, "b": False}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: 'no'\nb: \"0644\"\nc: |\n  yes\n", {"a": "no", "b": "0644", "c": "yes\n"}),
        (
            "a: 1.2.3\nb: ::1\nc: 1:a\nd: nothing\ne: y",
            {"a": "1.2.3", "b": "::1", "c": "1:a", "d": "nothing", "e": "y"},
        ),
        ("a: -\nb: .\nc: =\nd: 5s", None),
        ("a: 2026-12-01", {"a": date(2026, 12, 1)}),
        ("a: 2026-12-01T10:00:00Z", {"a": datetime(2026, 12, 1, 10, tzinfo=UTC)}),
        ("a: 2026-12-01 10:00:00+02:00", {"a": datetime(2026, 12, 1, 8, tzinfo=UTC)}),
        ("a: 2026-12-1\nb: 2026-12-01x", {"a": "2026-12-1", "b": "2026-12-01x"}),
        ("on: 2026-12-01\noff: 1\nyes: 2\nno: 3", {"on": date(2026, 12, 1), "off": 1, "yes": 2, "no": 3}),
        ("[a, {b: [1]}]", ["a", {"b": [1]}]),
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}),
        ("# only\na: ü", {"a": "ü"}),
    ],
)
def test_plain_values_are_read(text: str, value: Any) -> None:
    found, problems = _read(text)

    assert found == value
    assert bool(problems) is (value is None)


TRAP = "plain '{0}' is read differently by YAML programs ({1}: \"{0}\")"


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        *((word, "write false, or quote it") for word in ("no", "No", "NO", "off", "Off", "OFF", "False", "FALSE")),
        *((word, "write true, or quote it") for word in ("yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE")),
        *((word, "quote it") for word in ("Null", "NULL", "1234567890123456789")),
        *(
            (word, "write a plain decimal number, or quote it")
            for word in (
                *("0644", "00", "-07", "+5", "1_000", "0x1f", "0b1", "0o17", "1:30", "190:20:30", "10:30:60"),
                *("1e3", "1.5E-3", ".5", "5.", "08.5", ".inf", "-.INF", ".nan", ".NaN"),
            )
        ),
    ],
)
def test_words_that_programs_read_differently_are_refused(word: str, hint: str) -> None:
    value, problems = _read(f"a: {word}\nb: [{word}]")

    assert problems == [f"1: {TRAP.format(word, hint)}", f"2: {TRAP.format(word, hint)}"]
    assert value == {"a": word, "b": [word]}
    assert type(value["a"]) is Refused


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "3: the key 'a' stands here again, first on line 1 (keep one of them)"),
        ("x:\n  a: {b: 1, b: 2}", "2: the key 'b' stands here again, first on line 2 (keep one of them)"),
        ("1: x", "1: the key '1' is not text (quote it: \"1\")"),
        ("5.4: x", "1: the key '5.4' is not text (quote it: \"5.4\")"),
        ("true: x", "1: the key 'true' is not text (quote it: \"true\")"),
        ("? [a]\n: b", "1: a key is not text (write a word)"),
        ("<<: {a: 1}", "1: merge key << (write the content out)"),
        ("a: &x 1", "1: anchor &x (remove it, aliases are not read)"),
        ("a: !!str 1", "1: tag 'tag:yaml.org,2002:str' (remove it, types come from the schema)"),
        ("a: !!python/object/apply:os.system [id]", "1: tag 'tag:yaml.org,2002:python/object/apply:os.system'"),
        ("a: 2026-13-01", "1: '2026-13-01' is no day of the calendar (mend it)"),
        ("a: 2026-12-01T10:00:00", "1: the time '2026-12-01T10:00:00' has no zone (end it with Z"),
        ('a: "\\a"', "1: control character in '\ufffd' (remove the escape)"),
        ('a: "\\u202e"', "1: control character in '\ufffd' (remove the escape)"),
    ],
)
def test_what_can_be_read_on_is_told_and_read_on(text: str, expected: str) -> None:
    value, problems = _read(text)

    assert value is not None
    assert len(problems) == 1
    assert problems[0].startswith(expected)


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: the file is empty (write it, or remove it)"),
        ("# nothing\n---\n", "1: the file is empty (write it, or remove it)"),
        ("a: 1\n---\nb: 2", "2: a second document begins (one file holds one document)"),
        ("a: b: c", "1: not YAML: mapping values are not allowed "),
        ("a: {type: list[text]}", "1: not YAML: while parsing a flow mapping, "),
        ("a: @x", "1: not YAML: while scanning for the next token, found character "),
        ("a: 'x", "1: not YAML: while scanning a quoted scalar, found unexpected end of stream (mend the syntax)"),
        (b"a: 1\nb: \xff", "2: byte 0xff is not UTF-8 (save the file as UTF-8)"),
        ("a: 1\nb: \x1b[2J", "2: control character U+001B (remove it)"),
        ("a: \u202efoo", "1: control character U+202E (remove it)"),
        ("a: \x00", "1: control character U+0000 (remove it)"),
        ("[" * 60, "1: nested deeper than 50 levels (flatten it)"),
        ("- " * 60 + "a", "1: nested deeper than 50 levels (flatten it)"),
        ("? " * 60 + "a", "1: nested deeper than 50 levels (flatten it)"),
    ],
)
def test_what_cannot_be_read_on_gives_no_document(text: str | bytes, expected: str) -> None:
    value, problems = _read(text)

    assert value is None
    assert problems[-1].startswith(expected)


def test_a_file_of_more_than_four_mebibytes_is_not_parsed() -> None:
    value, problems = _read(b"a" * (MAX_BYTES + 1))

    assert (value, problems) == (None, [" the file is larger than 4 MiB (split it)"])


def test_a_billion_laughs_stay_one() -> None:
    lines = ["a0: &a0 ha"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    value, problems = _read("\n".join(lines))

    assert problems[0] == "1: anchor &a0 (remove it, aliases are not read)"
    assert len(problems) == 10 + 90
    assert len(json.dumps(value)) < 600


def test_the_number_of_problems_is_bounded() -> None:
    value, problems = _read("\n".join(["a: 1"] * 5000))

    assert value is None
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == f"{MAX_PROBLEMS + 2}: too many problems, the rest is not read (mend those first)"


def test_every_key_and_item_keeps_its_line() -> None:
    problems: list[Problem] = []
    document = read("f.yaml", b"# first\nx:\n  - a: 1\n    b: {c:\n      2}\n\n  - z\ny: 1\n", problems)

    assert document is not None
    assert document.lines == {
        (): 2,
        ("x",): 2,
        ("x", 0): 3,
        ("x", 0, "a"): 3,
        ("x", 0, "b"): 4,
        ("x", 0, "b", "c"): 4,
        ("x", 1): 7,
        ("y",): 8,
    }
    assert [document.line(*place) for place in (("x", 0, "b", "zz", 3), ("q",), ())] == [4, 2, 2]


def test_of_a_repeated_key_the_first_value_stays_and_keeps_its_lines() -> None:
    problems: list[Problem] = []
    document = read("f.yaml", b"a:\n  b: 1\nc: 2\na:\n  b: no\n  d: 4\n", problems)

    assert document is not None
    assert document.value == {"a": {"b": 1}, "c": 2}
    assert document.line("a", "b") == 2
    assert [problem.line for problem in problems] == [4, 5]


WORDS = st.text(alphabet="abcdefgh", min_size=1, max_size=4)


@given(keys=st.lists(WORDS, min_size=1, max_size=6, unique=True), depth=st.integers(0, 5), data=st.data())
def test_a_repeated_key_is_always_refused_with_both_lines(keys: list[str], depth: int, data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(keys))
    position = data.draw(st.integers(keys.index(again) + 1, len(keys)))
    written = [*keys[:position], again, *keys[position:]]
    outer = [f"{'  ' * level}k:" for level in range(depth)]
    inner = [f"{'  ' * depth}{data.draw(st.sampled_from([key, json.dumps(key)]))}: 1" for key in written]

    _, problems = _read("\n".join([*outer, *inner]))

    first, second = depth + 1 + keys.index(again), depth + 1 + position
    assert problems == [f"{second}: the key '{again}' stands here again, first on line {first} (keep one of them)"]


@given(text=st.text(alphabet=st.sampled_from("ab01no:-.,[]{}\"'#&*!|>%@`?~<= \n\t\\xu\ufeff\u202e\x85"), max_size=60))
@example("? ? ? a")
@example("!<> a")
@example("%TAG ! x\n--- !a b")
def test_no_text_makes_the_reader_raise(text: str) -> None:
    value, problems = _read(text)

    assert value is not None or problems


@given(data=st.binary(max_size=80))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    value, problems = _read(data)

    assert value is not None or problems


PLAIN = st.recursive(
    st.one_of(st.booleans(), st.integers(-(10**17), 10**17), st.text(alphabet="ab 0:#-", max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(alphabet="abc0", max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(value=PLAIN)
def test_json_is_read_as_what_it_is(value: Any) -> None:
    assert _read(json.dumps({"k": value})) == ({"k": value}, [])


@given(text=st.text(max_size=200))
def test_text_in_problems_stays_on_one_line_and_short(text: str) -> None:
    shown = quoted(text)

    assert shown.isprintable()
    assert len(shown) <= 2 + 2 * 60
