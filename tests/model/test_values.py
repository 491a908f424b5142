"""The shared values: what they promise beyond holding fields."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    ConfigurationError,
    ContentError,
    ControlproofError,
    DeadlineError,
    HostKeyError,
    PrivilegeError,
    Problem,
    ReportError,
    UnreachableError,
    near,
)
from scanner.model.events import Progress, Silence
from scanner.model.evidence import ABSENT, Evidence, Query, Snapshot, error, unknown
from scanner.model.fact import INT, ROOT, TEXT, TEXTS, FactSpec, Field, Input, Need, Parameter, Shape, Vocabulary, enum
from scanner.model.inventory import Endpoint, Target
from scanner.model.outcome import Outcome
from scanner.model.profile import Catalogue, Control
from scanner.model.recovery import Generations
from scanner.model.report import Counts, Ratio
from scanner.model.result import Finding, Result, Waived, fingerprint
from scanner.model.rule import AllOf, AnyOf, Assertion, FactSubject, NotOf, Quantifier
from tests.support.judging import a_rule, says


def test_problems_read_place_what_and_remedy_and_come_sorted() -> None:
    late, early = Problem("b.yaml", 2, "wrong", "mend it"), Problem("a.yaml", 0, "odd")

    assert str(late) == "b.yaml:2: wrong (mend it)"
    assert str(ContentError([late, early])) == "a.yaml: odd\nb.yaml:2: wrong (mend it)"
    assert ContentError([late, early]).problems == (early, late)


def test_near_words() -> None:
    assert near("permitrotlogin", ["permitrootlogin", "port"]) == " (did you mean 'permitrootlogin'?)"
    assert near("zzz", ["permitrootlogin"]) == ""


def test_errors_of_collection_become_gaps() -> None:
    denied = CollectionError("denied", kind=Outcome.UNKNOWN, needs="root")
    assert (denied.reason, denied.kind, denied.needs, str(denied)) == ("denied", Outcome.UNKNOWN, "root", "denied")
    for kind in (UnreachableError, AuthenticationError, HostKeyError, PrivilegeError, DeadlineError):
        assert kind("why").kind is Outcome.ERROR
        assert issubclass(kind, CollectionError)
    assert all(
        issubclass(kind, ControlproofError) for kind in (ConfigurationError, ContentError, ReportError, CollectionError)
    )


def test_silence_listens_to_everything() -> None:
    listener: Progress = Silence()

    assert listener.begin(3) is listener.started("a") is listener.finished("a", "b") is listener.note("c") is None


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=5), st.integers(), st.booleans()), max_size=3))
def test_queries_are_equal_whatever_the_order_of_their_parameters(where: dict[str, str | int | bool]) -> None:
    one = Query.of("t.list", where)
    other = Query.of("t.list", dict(reversed(where.items())))

    assert (one, hash(one), str(one)) == (other, hash(other), str(other))
    assert one.parameters == where


def test_a_query_in_canonical_form() -> None:
    assert str(Query.of("linux.sysctl", {"name": "kernel.sysrq"})) == 'linux.sysctl{"name":"kernel.sysrq"}'
    assert str(Query.of("linux.sshd")) == "linux.sshd"


def test_absent_survives_copying_and_pickling() -> None:
    assert pickle.loads(pickle.dumps(ABSENT)) is copy.deepcopy(ABSENT) is ABSENT
    assert repr(ABSENT) == "absent"


def test_gaps_in_words() -> None:
    assert str(unknown("denied", "root")) == "denied (needs root)"
    assert str(error("cut off")) == "cut off"


def test_a_snapshot_never_takes_silence_for_an_empty_list() -> None:
    asked, other = Query.of("t.list"), Query.of("t.one")
    snapshot = Snapshot("web01", "", {asked: Evidence(asked)})

    assert snapshot.get(asked).complete
    assert list(snapshot) == [Evidence(asked)]
    assert snapshot.get(other).gap == error("this was not asked of the target")
    assert Snapshot("web01", "", {}, gap=error("unreachable")).get(other).gap == error("unreachable")


def test_types_as_authors_write_them() -> None:
    assert [str(type_) for type_ in (TEXT, TEXTS, enum("a", "b"))] == ["text", "list[text]", "enum[a, b]"]
    assert (str(ROOT), str(Need("role", "pg_monitor"))) == ("root", "role pg_monitor")


def test_a_vocabulary_knows_its_facts_and_near_words() -> None:
    size = Field("size", INT, "Size.")
    name = Parameter("name", TEXT, "Name.")
    base = FactSpec("t.base", "Base.", Shape.LOOKUP, ("linux",), (size,), parameters=(name,))
    derived = FactSpec("t.derived", "Derived.", Shape.ONE, ("linux",), (size,), inputs=(Input("t.base"),))
    known = Vocabulary((base, derived))
    assert (known.get(base.name), known.get("nothing"), known.get("nothing", derived)) == (base, None, derived)

    assert (len(known), list(known), "t.base" in known, "x" in known) == (2, ["t.base", "t.derived"], True, False)
    assert (known["t.base"].derived, known["t.derived"].derived) == (False, True)
    assert (base.field("size"), base.field("x"), base.parameter("name"), base.parameter("x")) == (
        size,
        None,
        name,
        None,
    )
    with pytest.raises(ConfigurationError, match=r"no fact is called 't.bas' \(did you mean 't.base'\?\)"):
        known["t.bas"]
    with pytest.raises(ConfigurationError, match="two facts have this name"):
        Vocabulary((base, base))


def test_targets_offer_fields_to_rules() -> None:
    target = Target("web01", "linux", Endpoint("ssh", "192.0.2.1", options=(("known_hosts", "f"),)), {"env": "prod"})

    assert target.fields == {
        "id": "web01",
        "platform": "linux",
        "service_class": "",
        "address": "192.0.2.1",
        "labels.env": "prod",
    }
    assert (target.endpoint.option("known_hosts"), target.endpoint.option("x", "y")) == ("f", "y")


def test_a_catalogue_finds_its_controls() -> None:
    control = Control("5.4", "Title")
    catalogue = Catalogue("cis", "CIS", "framework", "8.1", "CIS", (control,))

    assert (catalogue.control("5.4"), catalogue.control("9")) == (control, None)


def test_ratios_have_no_percentage_of_nothing() -> None:
    assert (str(Ratio(3, 4)), str(Ratio(0, 0))) == ("3/4 (75.0 %)", "0/0")


def test_counts_keep_attested_results_apart() -> None:
    counts = Counts({Outcome.PASS: 4, Outcome.FAIL: 1, Outcome.ERROR: 1, Outcome.NOTAPPLICABLE: 9}, attested=1)

    assert (counts.total, counts.decided, counts.applicable) == (15, 4, 5)
    assert (counts.coverage, counts.pass_rate, counts.of(Outcome.UNKNOWN)) == (Ratio(4, 5), Ratio(3, 5), 0)


def test_a_result_is_waived_when_nothing_is_left_open() -> None:
    waived = Waived("W1", "r", "a", "2027-01-01")
    failed = Finding("f", (("a", "x"), ("b", "y")), Outcome.FAIL)
    covered = Finding("f", (), Outcome.FAIL, waived=waived)
    passed = Finding("f", (), Outcome.PASS)

    assert failed.resource == "x/y"
    assert Result("r", "t", Outcome.FAIL, findings=(covered, passed)).waived
    assert not Result("r", "t", Outcome.FAIL, findings=(covered, failed)).waived
    assert not Result("r", "t", Outcome.PASS, findings=(passed,)).waived


PARTS = st.text(max_size=6)
KEYS = st.lists(st.tuples(PARTS, PARTS), max_size=2).map(tuple)


@given(PARTS, PARTS, PARTS, KEYS)
def test_fingerprints_are_stable_and_take_any_text(
    rule: str, target: str, fact: str, key: tuple[tuple[str, str], ...]
) -> None:
    mark = fingerprint(rule, target, fact, key)
    assert mark == hashlib.sha256(json.dumps([rule, target, fact, key]).encode()).hexdigest()

    assert mark == fingerprint(rule, target, fact, key)
    assert mark != fingerprint(rule, target, fact + "x", key)
    assert len(fingerprint("r", "t", "f", (("name", "\ud800"),))) == len(mark) == 64


def test_rules_walk_their_assertions() -> None:
    one, two, three = says("every"), says("some"), says("none")
    check = AllOf((one, AnyOf((two, NotOf(three)))))

    assert list(a_rule(check, when=one).assertions()) == [one, one, two, three]
    assert a_rule(None).manual
    assert not a_rule(check).manual
    assert list(a_rule(None).assertions()) == []


def test_an_assertion_needs_no_more_than_a_subject_and_a_quantifier() -> None:
    assert Assertion(FactSubject("t.one"), Quantifier.EXPECT).rows is None


_SCALARS = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))


@given(st.dictionaries(st.text(), _SCALARS, min_size=1, max_size=4))
def test_the_parameters_of_a_query_are_compact_json(where: dict[str, str | int | float | bool]) -> None:
    told = str(Query.of("linux.file", where))
    assert told == "linux.file" + json.dumps(dict(sorted(where.items())), separators=(",", ":"))


def test_needs_are_of_the_platforms_that_they_name_and_of_aws_where_they_are_actions() -> None:
    plain, action, own = Need("root", "root"), Need("iam", "s3:ListBucket"), Need("role", "Audit", platforms=("pve",))
    asked = {
        need: [platform for platform in ("linux", "aws", "pve") if need.on(platform)] for need in (plain, action, own)
    }
    assert list(asked.values()) == [["linux", "aws", "pve"], ["aws"], ["pve"]]
    assert [str(need) for need in asked] == ["root", "s3:ListBucket", "role Audit"]


def test_generations_name_the_tiers_that_are_demanded() -> None:
    assert Generations(weekly=4, monthly=1).tiers() == {"weekly": 4, "monthly": 1}
