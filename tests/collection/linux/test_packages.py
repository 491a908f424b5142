from __future__ import annotations

from scanner.collection.linux import packages
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ROOT
from tests.collection.parity import check


def answers(text: str, *names: str, status: int = 0):
    queries = [Query.of("linux.package", {"name": name}) for name in names]
    found = packages.answer(queries, {"linux.package": Output(stdout=text.encode(), status=status)}, AS_ROOT)
    for evidence in found:
        check(evidence)
    return found


def test_left_over_configuration_is_not_installed():
    (evidence,) = answers("ftp\tamd64\tdeinstall ok config-files\t1.2\n", "ftp")
    assert evidence.rows[0]["present"] is False
    assert evidence.rows[0]["version"] is ABSENT


def test_a_package_of_several_architectures_is_one_row():
    text = "libc6\tamd64\tinstall ok installed\t2.36\nlibc6\ti386\tinstall ok installed\t2.36\n"
    (evidence,) = answers(text, "libc6")
    assert evidence.rows == ({"name": "libc6", "present": True, "version": "2.36", "architecture": "amd64"},)


def test_the_installed_architecture_is_shown_whatever_the_order():
    text = "x\ti386\tdeinstall ok config-files\t1\nx\tamd64\tinstall ok half-configured\t1\nx\tarm64\thold ok installed\t1\n"
    (evidence,) = answers(text, "x")
    assert (evidence.rows[0]["present"], evidence.rows[0]["architecture"]) == (True, "arm64")


def test_waiting_for_triggers_is_installed_and_half_installed_is_undecided():
    first, second = answers(
        "a\tall\tinstall ok triggers-pending\t1\nb\tall\tinstall reinstreq half-installed\t1\n", "a", "b"
    )
    assert first.rows[0]["present"] is True
    assert isinstance(second.rows[0]["present"], Gap)


def test_an_unknown_name_is_absent_when_dpkg_said_so():
    (evidence,) = answers("", "telnetd", status=1)
    assert evidence.rows[0]["present"] is False


def test_a_failed_dpkg_says_nothing_about_packages():
    for status in (2, 97, 127):
        (evidence,) = answers("", "telnetd", status=status)
        assert evidence.rows == ()
        assert evidence.gap is not None
        assert evidence.gap.kind is Outcome.ERROR


def test_patterns_are_not_names():
    (evidence,) = answers("openssh-server\tall\tinstall ok installed\t1\n", "openssh*")
    assert evidence.gap is not None
    assert packages.probes([evidence.query]) == []
