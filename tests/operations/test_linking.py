"""A database is judged once its host has answered, with what the host said for it and nothing else."""

from __future__ import annotations

from scanner.model.evidence import Evidence, Query, Snapshot, error
from scanner.model.inventory import Endpoint, Target
from scanner.model.outcome import Outcome
from scanner.model.plan import Plan, TargetPlan
from scanner.operations.linking import Links

CLUSTERS, OTHER = Query.of("linux.cluster"), Query.of("linux.other")
STAMP = "2026-11-20T00:00:00Z"


def target(name: str, *linked: Query, runs_on: str = "") -> TargetPlan:
    platform = "postgres" if linked else "linux"
    return TargetPlan(Target(name, platform, Endpoint("x"), runs_on=runs_on), (), (), (), (), linked=linked)


def links(*plans: TargetPlan) -> Links:
    plan = Plan({each.target.id: each for each in plans}, ())
    return Links(plan, lambda snapshot: dict(snapshot.evidence))


def host(name: str = "db01") -> Snapshot:
    rows = ({"port": 5432},)
    return Snapshot(name, STAMP, {CLUSTERS: Evidence(CLUSTERS, rows), OTHER: Evidence(OTHER)})


def guest(name: str = "pg") -> Snapshot:
    return Snapshot(name, STAMP, {})


def test_a_guest_waits_for_its_host_and_sees_only_its_own_questions() -> None:
    found = links(target("pg", CLUSTERS, runs_on="db01"), target("db01"))
    assert list(found.ready(guest(), "aa")) == []
    assert found.seen == {"pg"}
    first, second = found.ready(host(), "bb")
    assert (first.snapshot.target, first.hosted, first.sha256) == ("db01", {}, "bb")
    assert (second.snapshot.target, second.sha256) == ("pg", "aa")
    assert set(second.hosted) == {CLUSTERS}
    assert second.hosted[CLUSTERS].rows == ({"port": 5432},)


def test_a_guest_that_comes_later_is_ready_at_once() -> None:
    found = links(target("db01"), target("pg", CLUSTERS, runs_on="db01"), target("other"))
    assert [each.snapshot.target for each in found.ready(host(), "")] == ["db01"]
    assert [each.snapshot.target for each in found.ready(host("other"), "")] == ["other"]
    (ready,) = found.ready(guest(), "")
    assert ready.hosted[CLUSTERS].complete


def test_a_host_that_could_not_be_reached_leaves_its_guest_undecided() -> None:
    found = links(target("db01"), target("pg", CLUSTERS, runs_on="db01"))
    list(found.ready(Snapshot("db01", STAMP, {}, gap=error("connection refused")), ""))
    (ready,) = found.ready(guest(), "")
    gap = ready.hosted[CLUSTERS].gap
    assert gap is not None
    assert (gap.kind, gap.reason) == (Outcome.ERROR, "connection refused")


def test_a_host_outside_the_run_and_no_host_at_all_are_told_apart() -> None:
    found = links(target("pg", CLUSTERS, runs_on="db01"), target("lone", CLUSTERS))
    (away,) = found.ready(guest(), "")
    (lone,) = found.ready(guest("lone"), "")
    gaps = [away.hosted[CLUSTERS].gap, lone.hosted[CLUSTERS].gap]
    assert [str(gap) for gap in gaps] == [
        "its host db01 was not part of this run",
        "the inventory names no host that it runs on (add runs_on: with the host's target id)",
    ]
    assert [gap.kind for gap in gaps if gap] == [Outcome.ERROR, Outcome.UNKNOWN]
