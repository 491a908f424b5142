"""linux.sshd: how the probe's answer is read, and that nothing missing in it passes for complete."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import sshd
from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.model.evidence import ABSENT, Gap, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA
from tests.collection.parity import check
from tests.collection.sshd_server import QUERY, read


def test_the_fragment_is_fit_for_the_script():
    (probe,) = sshd.probes([QUERY])
    assert assemble([probe]).probes == (probe,)
    assert sshd.probes([]) == []


_WHOLE = (
    b"R1\nD\n=port 22\n=permitrootlogin no\n.\nM/etc/ssh/sshd_config:9\tUser ada\n=port 22\n=permitrootlogin yes\n.\n"
)


def _row(text: bytes) -> Row:
    return read(Output(stdout=text)).rows[0]


def test_what_this_sshd_does_not_print_is_absent_and_no_limit_is_an_empty_list():
    row = _row(_WHOLE)
    assert row["gssapiauthentication"] is ABSENT
    assert row["ciphers"] is ABSENT
    assert row["maxsessions"] is ABSENT
    assert row["allowusers"] == []
    assert row["subsystem_sftp"] is ABSENT


def test_names_of_former_versions_are_understood():
    assert (
        _row(_WHOLE.replace(b"=port", b"=ChallengeResponseAuthentication no\n=port"))["kbdinteractiveauthentication"]
        == "no"
    )


@pytest.mark.parametrize(
    ("text", "cell"), [("120", 120), ("2m", 120), ("1h30m", 5400), ("1w1d", 691200), ("none", None), ("", None)]
)
def test_times(text: str, cell: int | None):
    found = _row(_WHOLE.replace(b"=port", f"=logingracetime {text}\n=port".encode()))["logingracetime"]
    assert isinstance(found, Gap) if cell is None else found == cell


def test_a_number_that_is_none_is_a_gap():
    assert isinstance(_row(_WHOLE.replace(b"port 22", b"port x"))["port"], Gap)


@pytest.mark.parametrize(
    ("stdout", "rows"),
    [
        (b"", 0),
        (b"R0\n", 0),
        (b"R0\nD\n=port 22\n", 0),
        (b"R0\nD\n.\n", 0),
        (b"D\n=port 22\n.\n", 1),
        (_WHOLE[:-2], 1),
        (_WHOLE.replace(b"=permitrootlogin yes\n.", b"!Bad Match condition"), 1),
        (_WHOLE + b"?the configuration reads differently\n", 2),
        (_WHOLE + b"M/x:1\tUser b\n!more than 64 Match blocks are not evaluated\n", 2),
    ],
)
def test_an_answer_that_is_not_whole_is_never_complete(stdout: bytes, rows: int):
    evidence = read(Output(stdout=stdout))
    assert evidence.gap is not None
    assert evidence.gap.kind is Outcome.ERROR
    assert len(evidence.rows) == rows


def test_a_block_that_failed_is_named_by_its_line():
    gap = read(Output(stdout=_WHOLE.replace(b"=permitrootlogin yes\n.", b"!no such thing"))).gap
    assert gap is not None
    assert gap.reason == "/etc/ssh/sshd_config:9: Match User ada: no such thing"


@pytest.mark.parametrize(
    "output",
    [Output(stdout=_WHOLE, truncated=True), Output(stdout=b"A\n", timed_out=True), Output(status=None, missing="cut")],
)
def test_a_cut_output_is_an_error_whatever_it_says(output: Output):
    gap = read(output).gap
    assert gap is not None
    assert gap.kind is Outcome.ERROR


@given(st.one_of(st.binary(max_size=200), st.text(alphabet="AURDM?=.!\n\t 019zport", max_size=120).map(str.encode)))
def test_whatever_comes_gives_sound_evidence(stdout: bytes):
    (evidence,) = sshd.answer([QUERY], {"sshd": Output(stdout=stdout)}, AS_ADA)
    check(evidence)
    whole = evidence.gap is None and evidence.rows
    assert not whole or evidence.rows[0]["running"] in (True, False)
