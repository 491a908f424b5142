"""Planning: an inventory of a thousand hosts to visits with their merged queries."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.catalog.rules import rules_sha256
from scanner.operations.content import load_content
from scanner.operations.prepare import prepare
from scanner.planning.plan import Assignment, make_plan
from tests.benchmarks import hosts
from tests.benchmarks.figures import Figure, best


def figures(*, quick: bool) -> Iterator[Figure]:
    """CPU seconds of the planning alone, and of everything before the first connection."""
    count = 100 if quick else 1000
    request = hosts.request(count)
    content = load_content()
    targets = [plan.target for plan in prepare(request).plan.targets.values()]
    for names in ((hosts.PROFILE,), tuple(content.candidates("linux"))):
        profiles = content.resolve(names)
        auto = len(names) > 1
        assignments = [Assignment(target, tuple(profiles.values()), auto) for target in targets]
        rules = {name: content.rules[name] for each in profiles.values() for name in each.rules}
        sha256 = rules_sha256(rules)
        planned = best(lambda: make_plan(assignments, content.rules, content.vocabulary, rules_sha256=sha256), 3)  # noqa: B023
        kind = "auto, 3 profiles" if auto else "one profile"
        yield Figure(f"plan {count:,} targets ({kind})", planned, "s", 1.0, note=f"{len(rules)} rules each")
    whole = best(lambda: prepare(request), 3)
    yield Figure(f"prepare {count:,} targets: inventory, content, plan", whole, "s")
