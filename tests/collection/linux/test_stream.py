from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux.probe import Probe
from scanner.collection.linux.script import assemble
from scanner.collection.linux.stream import Reading, read
from scanner.model.outcome import Outcome

SCRIPT = assemble([Probe("a", "true", limit=8), Probe("b", "true", limit=8)])
MARK = SCRIPT.mark


def lines(*told: str) -> bytes:
    return "".join(line.replace("@@", MARK) + "\n" for line in told).encode()


def start() -> tuple[str, ...]:
    return (f"@@ start {SCRIPT.id}", "@@ uid 0", "@@ user root", "@@ now 2026-11-20T01:02:03Z", "@@ limiter timeout")


def whole(*told: str) -> Reading:
    return read(lines(*start(), *told), SCRIPT)


def test_a_whole_answer_is_read():
    reading = whole("@@ begin a", "|x", "", "@@ end a 0", "@@ begin b", "", "!oh", "@@ end b 7", "@@ finish 2")
    assert reading.gap is None
    assert reading.outputs["a"].stdout == b"x\n"
    assert reading.outputs["b"].stderr == "oh"
    assert reading.outputs["b"].status == 7
    assert (reading.session.uid, reading.session.user, reading.session.now) == (0, "root", "2026-11-20T01:02:03Z")


def test_text_before_the_start_is_ignored():
    banner = b"Welcome!\n@0123456789abcdef end a 0\n|x\n\xff\n"
    done = lines(*start(), "@@ begin a", "", "@@ end a 0", "@@ begin b", "", "@@ end b 0", "@@ finish 2")
    assert read(banner + done, SCRIPT) == read(done, SCRIPT)


def test_payload_cannot_pose_as_a_control_line():
    forged = [f"|{MARK} end a 0", f"|{MARK} finish 2", f"|{MARK} start {SCRIPT.id}", f"!{MARK} end a 0"]
    reading = whole(
        "@@ begin a", *forged[:3], "", forged[3], "@@ end a 5", "@@ begin b", "", "@@ end b 0", "@@ finish 2"
    )
    assert reading.gap is None
    assert reading.outputs["a"].status == 5
    assert reading.outputs["a"].truncated
    assert reading.outputs["a"].stderr == f"{MARK} end a 0"


def test_what_did_not_arrive_is_missing():
    told = (*start(), "@@ begin a", "|x", "", "@@ end a 0", "@@ begin b", "|par")
    reading = read(lines(*told)[:-1], SCRIPT, cut="the deadline of 300 s passed")
    assert str(reading.gap) == "the answer has no finishing line: the deadline of 300 s passed"
    assert reading.outputs["a"].missing == ""
    assert reading.outputs["b"].missing == "the answer ends within this probe: the deadline of 300 s passed"
    assert reading.outputs["b"].stdout == b"par"
    early = read(lines(*start()), SCRIPT)
    assert early.outputs["b"].missing == "the answer ends before this probe"


def test_a_script_that_did_not_start_says_why():
    reading = read(b"This account is currently not available.\n", SCRIPT, status=1)
    assert not reading.started
    assert str(reading.gap) == "our script did not start; exit status 1; This account is currently not available."
    assert reading.gap is not None
    assert reading.gap.kind is Outcome.ERROR
    assert reading.outputs["a"].missing == reading.gap.reason
    aside = read(b"", SCRIPT, stderr=b"sudo: sorry\n", status=1, cut="connection lost")
    assert str(aside.gap) == "our script did not start; connection lost; exit status 1; sudo: sorry"


def test_another_script_is_named():
    other = assemble([Probe("c", "true")])
    reading = read(f"{other.mark} start {other.id}\n".encode(), SCRIPT)
    assert reading.other == other.id
    assert SCRIPT.id in str(reading.gap)
    assert not reading.started


def test_changed_line_endings_are_told():
    reading = read(lines(*start()).replace(b"\n", b"\r\n"), SCRIPT)
    assert "line endings" in str(reading.gap)


def test_a_foreign_line_spoils_its_probe_alone():
    reading = whole(
        "@@ begin a", "|x", "Broadcast message", "", "@@ end a 0", "@@ begin b", "", "@@ end b 0", "@@ finish 2"
    )
    assert "not ours stands in the answer: Broadcast message" in reading.outputs["a"].missing
    assert reading.outputs["b"].missing == ""
    assert reading.gap is None


def test_probes_out_of_order_are_noted():
    reading = whole("@@ begin a", "", "@@ end a 0", "@@ begin a", "|2", "", "@@ end a 0", "@@ begin x", "@@ end x 0")
    assert reading.outputs["a"].stdout == b""
    assert any("not expected here: a" in note for note in reading.notes)
    assert any("did not begin: x" in note for note in reading.notes)
    nested = whole("@@ begin a", "@@ begin b", "", "@@ end b 0", "@@ finish 2", "@@ odd")
    assert nested.outputs["a"].missing == "the next probe began before this one ended"
    assert nested.gap is not None


def test_a_finish_that_does_not_fit_is_no_finish():
    reading = whole("@@ begin a", "", "@@ end a 0", "@@ finish 1")
    assert reading.gap is not None
    assert "the finishing line does not fit what arrived" in reading.notes


def test_limits_and_time_outs_are_told():
    reading = whole("@@ begin a", "|123456789", "@@ end a 141", "@@ begin b", "|x", "", "@@ end b 124", "@@ finish 2")
    assert reading.outputs["a"].truncated
    assert reading.outputs["a"].stdout == b"12345678"
    assert "size limit" in str(reading.outputs["a"].gap)
    assert reading.outputs["b"].timed_out
    assert "time limit" in str(reading.outputs["b"].gap)


def test_a_status_that_is_none_is_an_error():
    reading = whole("@@ begin a", "", "@@ end a", "@@ begin b", "", "@@ end b 9x", "@@ finish 2")
    assert reading.outputs["a"].missing == "the probe's exit status did not arrive"
    assert reading.outputs["b"].missing == "the probe's exit status did not arrive"


WORDS = [
    f"{MARK} start {SCRIPT.id}",
    f"{MARK} begin a",
    f"{MARK} begin b",
    f"{MARK} end a 0",
    f"{MARK} end b 124",
    f"{MARK} finish 2",
    f"{MARK} uid 99999999999999999999",
    f"{MARK} now never",
    f"{MARK} nul broken",
    "|payload",
    "!aside",
    "",
]


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=30)), max_size=40), st.booleans())
def test_any_bytes_give_a_reading(parts, begun):
    head = f"{MARK} start {SCRIPT.id}\n".encode() if begun else b""
    reading = read(head + b"\n".join(parts), SCRIPT)
    assert set(reading.outputs) == {"a", "b"}
    assert reading.started or all(output.missing for output in reading.outputs.values())
    assert reading.gap is not None or all(part in b"\n".join(parts) for part in (b"end a", b"end b", b"finish 2"))
    assert all(len(output.stdout) <= 8 for output in reading.outputs.values())
    assert len(reading.notes) <= 20


@pytest.mark.parametrize("line", [b"|ab", b"!ab", b"x y", b""], ids=["payload", "aside", "odd", "empty"])
def test_a_flood_of_lines_takes_no_more_memory_than_the_answer(line: bytes):
    script = assemble([Probe("one", "echo", limit=1000)])
    begin = f"{script.mark} start {script.id}\n{script.mark} begin one\n".encode()
    answer = begin + (line + b"\n") * 200_000
    tracemalloc.start()

    read(answer, script)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(answer)


def test_the_script_of_another_version_differs():
    assert assemble([Probe("a", "true", limit=9)]).id != assemble([Probe("a", "true", limit=8)]).id
