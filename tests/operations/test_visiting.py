"""Workers: one that is stuck, one that breaks, one that is stopped; none of them costs more than its own target."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scanner.facts.table import builtin
from scanner.model.errors import ConfigurationError, UnreachableError
from scanner.model.events import Silence
from scanner.model.evidence import Identity, Query, Snapshot, error
from scanner.model.inventory import Endpoint, Target
from scanner.model.plan import Plan, TargetPlan, Visit
from scanner.operations.visiting import Visitor, missing
from scanner.transport.shell import Limits, Shell, ShellAnswer
from tests.support.sshd import until

QUICK = Limits(connect=0.1, auth=0.1, run=0.1)
SYSTEM = Query.of("linux.system")


@dataclass
class Scripted:
    """A shell that does what a test says, and remembers whether it was hung up on."""

    act: Callable[[], None]
    closed: threading.Event = field(default_factory=threading.Event)

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        assert script
        assert words[0] == "sh"
        self.act()
        return ShellAnswer(b"nothing of ours", b"", 0, "", Identity("here", "me", "me"), "2026-11-20T00:00:00Z", 0.0)

    def close(self) -> None:
        self.closed.set()


def plan(*names: str, platform: str = "linux") -> Plan:
    targets = {
        name: TargetPlan(Target(name, platform, Endpoint("fake", name)), (), (SYSTEM,), (), ()) for name in names
    }
    visits = tuple(Visit(each.target.endpoint, platform, (name,), (SYSTEM,)) for name, each in targets.items())
    return Plan(targets, visits)


def visitor(made: Plan, opener: Callable[[Endpoint], Shell], **more: object) -> Visitor:
    settings = {"jobs": 1, **more}
    return Visitor(made, builtin(), lambda visit, limits: opener(visit.endpoint), QUICK, Silence(), **settings)  # type: ignore[arg-type]


def reasons(snapshots: list[Snapshot]) -> dict[str, str]:
    return {snapshot.target: str(snapshot.gap) for snapshot in snapshots}


def test_stuck_worker_is_given_up_and_hung_up_on() -> None:
    """One worker, stuck at its first target where no time limit reaches: another one takes its place."""
    release = threading.Event()
    shells = {"stuck": Scripted(lambda: release.wait() and None), "fine": Scripted(lambda: None)}  # type: ignore[func-returns-value]
    made = plan("stuck", "fine")
    found = list(visitor(made, lambda endpoint: shells[endpoint.address], grace=3).visit_all(made.visits))
    told = reasons(found)
    assert told["stuck"] == "no end of the visit within 3 s (the worker was given up)"
    assert told["fine"].startswith("our script did not start")
    assert shells["stuck"].closed.is_set()
    assert shells["fine"].closed.is_set()
    release.set()


def test_late_answer_of_a_given_up_worker_is_left_aside() -> None:
    release, done = threading.Event(), threading.Event()

    def late() -> None:
        release.wait()
        done.set()

    def let_go() -> None:
        release.set()
        done.wait(20)

    shells = {"stuck": Scripted(late), "next": Scripted(let_go)}
    made = plan("stuck", "next")
    found = list(visitor(made, lambda endpoint: shells[endpoint.address], grace=3).visit_all(made.visits))
    assert sorted(snapshot.target for snapshot in found) == ["next", "stuck"]


def test_worker_that_breaks_is_an_error_of_its_target_alone() -> None:
    def broken() -> None:
        raise ZeroDivisionError("oops")

    shells = {"bad": Scripted(broken), "fine": Scripted(lambda: None)}
    made = plan("bad", "fine")
    told = reasons(list(visitor(made, lambda endpoint: shells[endpoint.address]).visit_all(made.visits)))
    assert told["bad"] == "internal error during the visit: ZeroDivisionError: oops (please report it)"
    assert told["fine"].startswith("our script did not start")
    assert shells["bad"].closed.is_set()


def test_endpoint_that_cannot_be_settled_says_why() -> None:
    def refuse(endpoint: Endpoint) -> Shell:
        raise ConfigurationError(f"transport {endpoint.transport}: there is none of that name")

    made = plan("a")
    assert reasons(list(visitor(made, refuse).visit_all(made.visits))) == {
        "a": "transport fake: there is none of that name"
    }


def test_platform_that_nobody_collects_says_so() -> None:
    made = plan("a", platform="linux")
    odd = Plan(made.targets, (Visit(Endpoint("fake", "a"), "plan9", ("a",), (SYSTEM,)),))
    told = reasons(list(visitor(odd, lambda endpoint: Scripted(lambda: None)).visit_all(odd.visits)))
    assert "plan9" in told["a"]


def test_unreachable_in_the_opener_or_in_the_run_is_tried_twice_and_no_more() -> None:
    tries: list[str] = []

    def away() -> None:
        raise UnreachableError("gone for good")

    def opener(endpoint: Endpoint) -> Shell:
        tries.append(endpoint.address)
        if endpoint.address == "early":
            raise UnreachableError("no way there")
        return Scripted(away)

    notes: list[str] = []
    made = plan("early", "later")
    work = visitor(made, opener)
    work.progress = type("Notes", (Silence,), {"note": lambda self, text: notes.append(text)})()
    assert reasons(list(work.visit_all(made.visits))) == {"early": "no way there", "later": "gone for good"}
    assert sorted(tries) == ["early", "early", "later", "later"]
    assert notes == ["second round for 2 endpoints out of reach"]


def test_stop_ends_the_visits_and_hangs_up() -> None:
    release, reached, stop = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        release.wait()

    shell = Scripted(wait)
    made = plan("a", "b")
    work = visitor(made, lambda endpoint: shell, stop=stop)
    found: list[Snapshot] = []
    main = threading.Thread(target=lambda: found.extend(work.visit_all(made.visits)))
    main.start()
    assert reached.wait(20)
    stop.set()
    main.join(20)
    assert not main.is_alive()
    assert found == []
    assert shell.closed.is_set()
    release.set()


def test_stop_leaves_out_the_second_round() -> None:
    stop = threading.Event()

    def away() -> None:
        stop.set()
        raise UnreachableError("gone")

    made = plan("a")
    tries: list[str] = []

    def opener(endpoint: Endpoint) -> Shell:
        tries.append(endpoint.address)
        return Scripted(away)

    assert list(visitor(made, opener, stop=stop).visit_all(made.visits)) == []
    assert tries == ["a"]


def test_closing_the_visits_early_lets_no_further_one_begin() -> None:
    begun: list[str] = []
    made = plan(*"abcdefgh")

    def opener(endpoint: Endpoint) -> Shell:
        begun.append(endpoint.address)
        return Scripted(lambda: None)

    visits = visitor(made, opener).visit_all(made.visits)
    next(visits)
    visits.close()
    before = len(begun)
    until(
        lambda: not [each for each in threading.enumerate() if each.name.endswith("(_work)")], what="the workers' end"
    )
    assert len(begun) <= before + 1


def test_missing_are_visits_with_a_target_that_has_no_whole_snapshot() -> None:
    made = plan("a", "b", "c")
    have = {"a": Snapshot("a", "t", {}), "b": Snapshot("b", "t", {}, gap=error("cut"))}
    assert [visit.targets for visit in missing(made, have)] == [("b",), ("c",)]
