"""The public Python API: a program asks for a run, listens to its progress, stops it, and gets the finished report."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.gate import Thresholds
from scanner.model.errors import ConfigurationError, ControlproofError, ReportError
from scanner.model.outcome import Outcome, Severity
from scanner.operations.collect import collect
from scanner.operations.request import Files, Folders, Output, Selection
from scanner.scan import Done, Request, evaluate, scan
from tests.support.cli import Desk, _content_read_once, desk, mode, policy, stamp, system

__all__ = ["_content_read_once", "desk", "policy"]

HOST = "platform: linux, labels: {marker: /m, other: /o}"


class Listener:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, ...]] = []
        self.stop: threading.Event | None = None

    def begin(self, total: int) -> None:
        self.said.append(("begin", str(total)))

    def started(self, target: str) -> None:
        self.said.append(("started", target))

    def finished(self, target: str, summary: str) -> None:
        self.said.append(("finished", target, summary))
        if self.stop is not None:
            self.stop.set()

    def note(self, text: str) -> None:
        self.said.append(("note", text))


@pytest.fixture
def request_(desk: Desk) -> Request:
    """A run over two targets on this machine, by rules that look at two files."""
    for name in ("m", "o"):
        desk.write(name, "x").chmod(0o600)
    labels = f"labels: {{marker: {desk.folder}/m, other: {desk.folder}/o}}"
    inventory = desk.inventory({name: f"platform: linux, command: [env, N={name}], {labels}" for name in "ab"})
    folders = Folders((desk.policy / "rules",), (desk.policy / "profiles",))
    return Request(
        now=stamp(),
        profiles=("files",),
        files=Files(inventory=inventory, folders=folders),
        output=Output(folder=desk.folder / "out", formats=("csv",)),
        operator="a program",
    )


def test_scan_gives_report_and_files(request_: Request) -> None:
    listener = Listener()
    done = scan(request_, listener)
    assert isinstance(done, Done)
    assert done.report.verdict.exit_code == 0
    assert done.report.counts.of(Outcome.PASS) == 4
    assert done.report.header.operator == "a program"
    assert [path.name for path in done.written] == ["run.json", "findings.csv"]
    assert done.folder is not None
    assert sorted(result.target for result in done.report.results) == ["a", "a", "b", "b"]
    assert list(done.report.results) == list(done.report.results)
    assert listener.said[0] == ("begin", "2")
    assert {each for each in listener.said if each[0] == "finished"} == {("finished", name, "2 pass") for name in "ab"}


def test_one_format_goes_to_a_stream_and_nothing_is_kept(request_: Request) -> None:
    out = io.BytesIO()
    before = set(Path.cwd().rglob("*"))
    done = scan(replace(request_, output=Output(formats=("csv",))), stdout=out)
    assert (done.folder, done.written) == (None, ())
    assert out.getvalue().decode("utf-8-sig").count("marker_closed") >= 2
    assert set(Path.cwd().rglob("*")) == before


def test_wrong_requests_are_refused_before_anything_is_asked(request_: Request) -> None:
    listener = Listener()
    wrong = [
        replace(request_, output=Output(formats=("csv",))),
        replace(request_, output=replace(request_.output, formats=("sarf",))),
        replace(request_, output=replace(request_.output, resume=True)),
        replace(request_, selection=Selection(targets=("c",))),
        replace(request_, profiles=("nothing",)),
        replace(request_, thresholds=Thresholds(fail_on_new=True)),
    ]
    for each in wrong:
        with pytest.raises(ConfigurationError):
            scan(each, listener)
    with pytest.raises(ReportError):
        scan(replace(request_, output=replace(request_.output, baseline="nowhere")), listener)
    assert listener.said == []
    assert issubclass(ReportError, ControlproofError)


def test_stopping_gives_the_report_of_what_is_done(request_: Request) -> None:
    listener = Listener()
    listener.stop = threading.Event()
    reaching = replace(request_.reaching, jobs=1)
    done = scan(replace(request_, reaching=reaching), listener, stop=listener.stop)
    assert done.report.header.interrupted == "stopped before every target was visited"
    assert done.report.verdict.exit_code == 3
    assert {result.outcome for result in done.report.results} == {Outcome.PASS, Outcome.ERROR}


def test_run_that_was_stopped_before_it_began_assessed_nothing(request_: Request) -> None:
    stop = threading.Event()
    stop.set()
    done = scan(request_, stop=stop)
    assert (done.report.verdict.word, done.report.verdict.exit_code) == ("INCOMPLETE", 3)


def test_collection_needs_a_place_and_tells_how_far_it_came(request_: Request) -> None:
    with pytest.raises(ConfigurationError, match="evidence goes into a folder"):
        collect(replace(request_, output=Output()), Listener())
    stop = threading.Event()
    stop.set()
    nothing = collect(request_, Listener(), stop)
    assert (nothing.reached, set(nothing.silent.values())) == (0, {"stopped before it was visited"})
    listener = Listener()
    done = collect(replace(request_, output=replace(request_.output, resume=True)), listener)
    assert (done.reached, done.silent) == (2, {})
    assert ("finished", "a", "3 questions answered") in listener.said


def test_evaluation_of_a_folder_as_of_a_time(request_: Request, desk: Desk) -> None:
    old = stamp(days=3)
    inventory = desk.inventory({"a": HOST})
    place = desk.snapshot("a", system(), mode("/m", taken_at=old), mode("/o", "0644", taken_at=old), taken_at=old)
    request = replace(request_, files=replace(request_.files, inventory=inventory))
    now = evaluate(request, [place])
    assert now.report.verdict.exit_code == 3
    then = evaluate(request, [place], as_of=stamp(days=2))
    assert then.report.verdict.exit_code == 1
    assert then.report.counts.failed_by_severity == {Severity.LOW: 1}
    # The clock of the evaluation is in the request's hands, whatever zone it is written in.
    moment = evaluate(request, [place], as_of=stamp(days=2).replace("Z", "+00:00"))
    assert list(moment.report.results) == list(then.report.results)
    with pytest.raises(ConfigurationError, match="is no time with a zone"):
        evaluate(request, [place], as_of="9999-12-31T23:59:59-23:59")


def test_file_is_judged_for_the_target_that_is_named(request_: Request, desk: Desk) -> None:
    answer = desk.write("answer.txt", "nothing of ours\n")
    done = evaluate(request_, [answer], target="b")
    assert {info.id: info.state for info in done.report.targets.values()} == {"a": "unreachable", "b": "unreachable"}
    assert "our script did not start" in done.report.targets["b"].reason
    assert done.report.targets["a"].reason == "no evidence was given for this target"


def test_this_machine_without_an_inventory(request_: Request) -> None:
    local = replace(
        request_,
        local=True,
        profiles=("linux-baseline",),
        files=Files(),
        selection=Selection(rules=("etc_passwd_protected",)),
    )
    done = scan(local)
    assert list(done.report.targets) == ["localhost"]
    info = done.report.targets["localhost"]
    assert (info.state, info.host_key) == ("assessed", "")
    assert info.system
    [result] = done.report.results
    assert result.outcome.decided
    document = json.loads((Path("out") / "run.json").read_text())
    assert document["header"]["plan_sha256"] == done.report.header.plan_sha256
