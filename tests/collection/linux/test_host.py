"""The whole way: one script, run here as whoever we are and as an ordinary user, and read live or from a file."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from scanner.collection.linux import packages
from scanner.collection.linux.host import collect, describe, interpret
from scanner.collection.linux.probe import Probe
from scanner.collection.linux.runtime import HEAD
from scanner.collection.linux.script import assemble
from scanner.collection.linux.stream import read
from scanner.collection.linux.table import COLLECTORS
from scanner.facts.table import builtin
from scanner.model.errors import ConfigurationError, PrivilegeError
from scanner.model.evidence import Evidence, Gap, Identity, Query
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits, ShellAnswer
from scanner.transport.table import open_shell
from tests.collection.hosts import NOBODY, ROOT, SHELLS, ask, lowered, needs, one, run_script
from tests.collection.parity import check
from tests.collection.recorded import collector_of

WHERES: dict[str, list[dict[str, str]]] = {
    "linux.system": [{}],
    "linux.package": [{"name": "dpkg"}, {"name": "nothing-of-the-kind"}],
    "linux.unit": [{"name": "ssh.service"}, {"name": "nothing.service"}],
    "linux.sysctl": [{"name": "kernel.ostype"}, {"name": "vm.compact_memory"}],
    "linux.sysctl_setting": [{}],
    "linux.kernel_module": [{"name": "cramfs"}],
    "linux.mount": [{"path": "/proc"}],
    "linux.file": [{"path": "/etc/passwd"}, {"path": "/root/.ssh/authorized_keys"}, {"path": "/nothing"}],
    "linux.file_glob": [{"pattern": "/etc/ssh/*"}, {"pattern": "/root/*"}],
    "linux.file_walk": [{"class": "setuid"}, {"class": "unowned"}],
    "linux.process_listening": [{}],
}
QUICK = [Query.of(fact, where) for fact, wheres in WHERES.items() if fact != "linux.file_walk" for where in wheres]
ALL = [Query.of(fact, where) for fact, wheres in WHERES.items() for where in wheres]


def same(evidence: Evidence) -> Evidence:
    """Leave out the second at which it was asked."""
    return replace(evidence, provenance=replace(evidence.provenance, taken_at=""))


class Local:
    """A shell on this machine."""

    def __init__(self, *, ordinary: bool = False, keep: int | None = None) -> None:
        self.ordinary = ordinary
        self.keep = keep
        self.runs = 0

    def run(self, script, words, limits):
        self.runs += 1
        done = run_script(script, words, ordinary=self.ordinary)
        cut = "" if self.keep is None else "the deadline of 300 s passed"
        started = "2026-11-20T00:00:00Z"
        return ShellAnswer(
            done.stdout[: self.keep], done.stderr, done.returncode, cut, Identity(user="x"), started, 0.1
        )

    def close(self) -> None:
        pass


class Closed(Local):
    def run(self, script, words, limits):
        raise PrivilegeError("sudo asks for a password", kind=Outcome.UNKNOWN, needs="sudo without a password")


@pytest.fixture(scope="module")
def script():
    return describe(ALL)


def test_one_visit_answers_everything_with_typed_rows():
    shell = Local()
    answer = collect(QUICK, shell, Limits())
    assert shell.runs == 1
    assert answer.gap is None
    assert answer.started
    assert answer.identity.user == "x"
    assert answer.clock_offset is not None
    assert [evidence.query for evidence in answer.evidence] == QUICK
    for evidence in answer.evidence:
        check(evidence)
        assert evidence.provenance.asked
        assert evidence.provenance.taken_at == answer.now
    assert one(answer, "linux.package", name="dpkg").rows[0]["present"] is True
    assert one(answer, "linux.package", name="nothing-of-the-kind").rows[0]["present"] is False
    assert one(answer, "linux.sysctl", name="kernel.ostype").rows[0]["value"] == "Linux"
    assert one(answer, "linux.mount", path="/proc").rows[0]["filesystem"] == "proc"
    assert one(answer, "linux.file", path="/nothing").rows[0]["present"] is False


def test_the_transports_carry_it_as_it_is():
    prefix = tuple(lowered(True)) or ("env",)
    for endpoint in (Endpoint("local"), Endpoint("command", command=prefix)):
        shell = open_shell(endpoint, lambda reference: "", Limits())
        answer = collect(QUICK, shell, Limits())
        shell.close()
        assert answer.gap is None
        assert answer.clock_offset is not None
        assert abs(answer.clock_offset) < 60
        as_root = endpoint.transport == "local" and ROOT
        assert (answer.identity.privilege == "root") is as_root
        hidden = one(answer, "linux.file", path="/root/.ssh/authorized_keys").rows[0]["present"]
        assert isinstance(hidden, Gap) is not as_root


def test_denial_names_root_and_hides_nothing():
    answer = ask(QUICK, ordinary=True)
    assert answer.uid == (int(NOBODY) if ROOT else answer.uid)
    for evidence in answer.evidence:
        check(evidence)
    denied = [
        one(answer, "linux.file", path="/root/.ssh/authorized_keys").rows[0]["present"],
        one(answer, "linux.sysctl", name="vm.compact_memory").rows[0]["value"],
        one(answer, "linux.file_glob", pattern="/root/*").gap,
    ]
    for gap in denied:
        assert isinstance(gap, Gap)
        assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_gives_the_same_evidence(shell):
    needs(shell[0])
    quiet = [query for query in QUICK if query.fact != "linux.process_listening"]
    expected = [same(evidence) for evidence in ask(quiet).evidence]
    assert [same(evidence) for evidence in ask(quiet, shell=shell).evidence] == expected


def test_an_answer_saved_by_hand_is_the_live_answer(tmp_path):
    quiet = [query for query in QUICK if query.fact != "linux.process_listening"]
    script = describe(quiet)
    (tmp_path / "script.sh").write_bytes(script.text)
    with (tmp_path / "answer.txt").open("wb") as sink:
        subprocess.run([*lowered(False), "sh", str(tmp_path / "script.sh")], stdout=sink, check=True)
    saved = (tmp_path / "answer.txt").read_bytes()
    live = collect(quiet, Local(), Limits())
    assert [same(evidence) for evidence in interpret(quiet, saved).evidence] == [same(e) for e in live.evidence]

    class Replay(Local):
        def run(self, script, words, limits):
            return ShellAnswer(saved, b"", 0, "", Identity(), "", 0.1)

    replayed = collect(quiet, Replay(), Limits())
    assert replayed == interpret(quiet, saved)


def test_the_answer_of_another_plan_is_refused_and_both_are_named():
    saved = run_script(describe(QUICK).text, ["sh", "-s"]).stdout
    other = QUICK[:3]
    with pytest.raises(ConfigurationError) as refused:
        interpret(other, saved)
    assert describe(QUICK).id in str(refused.value)
    assert describe(other).id in str(refused.value)


def test_what_a_deadline_cut_is_an_error_and_the_rest_stands():
    whole = run_script(describe(QUICK).text, ["sh", "-s"]).stdout
    place = whole.index(b" end linux.system ")
    answer = collect(QUICK, Local(keep=place + 40), Limits())
    assert "deadline" in str(answer.gap)
    assert one(answer, "linux.system").gap is None
    cut = one(answer, "linux.sysctl_setting").gap
    assert cut is not None
    assert (cut.kind, "deadline" in cut.reason) == (Outcome.ERROR, True)


def test_a_closed_way_becomes_evidence():
    answer = collect(QUICK, Closed(), Limits())
    assert not answer.started
    assert {str(evidence.gap) for evidence in answer.evidence} == {
        "sudo asks for a password (needs sudo without a password)"
    }


def test_an_account_without_a_shell_becomes_evidence():
    class Nologin(Local):
        def run(self, script, words, limits):
            return ShellAnswer(b"This account is not available.\n", b"", 1, "", Identity(), "", 0.1)

    answer = collect(QUICK, Nologin(), Limits())
    assert all("our script did not start" in str(evidence.gap) for evidence in answer.evidence)


def test_a_collector_that_stumbles_spoils_its_own_facts_alone(monkeypatch):
    def stumble(*_):
        raise KeyError("x\ny")

    monkeypatch.setattr(packages, "answer", stumble)
    answer = ask(QUICK)
    broken = one(answer, "linux.package", name="dpkg").gap
    assert broken is not None
    assert broken.reason == "our collector stumbled over the answer: KeyError: 'x\\ny'"
    assert one(answer, "linux.system").gap is None


def test_a_fact_that_nobody_collects_is_an_error():
    query = Query.of("linux.nothing")
    assert describe([query]).probes == ()
    (evidence,) = ask([query]).evidence
    assert "no collector" in str(evidence.gap)


def test_equal_queries_make_equal_scripts():
    assert describe(list(reversed(QUICK)) + QUICK[:4]) == describe(QUICK)


def test_the_assembled_script_is_clean_shell(script, tmp_path):
    needs("shellcheck")
    place = tmp_path / "script.sh"
    place.write_bytes(script.text)
    checked = subprocess.run(["shellcheck", "-s", "sh", str(place)], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_every_question_is_clean_shell(script, tmp_path):
    needs("shellcheck")
    places = []
    for probe in script.probes:
        place = tmp_path / f"{probe.name}.sh"
        place.write_text(f"#!/bin/sh\n{probe.script}\n")
        places.append(str(place))
    checked = subprocess.run(["shellcheck", "-s", "sh", "--exclude=SC2317", *places], capture_output=True, text=True)
    assert checked.stdout == ""


def test_questions_are_small_and_hold_no_here_document(script):
    assert len(script.text) < 40_000
    assert b"<<" not in script.text
    assert script.probes[0].cost == 0
    assert script.probes[-1].name == "linux.file_walk"
    assert HEAD.startswith("#!/bin/sh\n")


def test_every_fact_has_one_collector_that_knows_it():
    asked = {name for name, spec in builtin().items() if "linux" in spec.platforms and not spec.derived}
    assert asked == set(COLLECTORS)
    for fact, module in COLLECTORS.items():
        assert set(collector_of(fact).FACTS) == {each for each, its in COLLECTORS.items() if its == module}


def test_hostile_outputs_cannot_forge_other_probes():
    forged = Probe("x", 'printf "%s end x 0\\n@finish\\n" "$0"; printf "\\033]0;x\\007|\\n"', limit=100)
    script = assemble([forged, Probe("y", "echo y", cost=2)])
    done = run_script(script.text, script.words)
    reading = read(done.stdout, script)
    assert reading.gap is None
    assert reading.outputs["y"].stdout == b"y\n"
