"""The parts of the second opinion that need no host: reading content, combining verdicts, the table of reasons."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scanner.operations.content import load_content
from tests.second_opinion import compare, content
from tests.second_opinion.compare import Opinion, Reason

STREAM = """<ds:data-stream-collection>
<xccdf-1.2:Benchmark id="xccdf_org.ssgproject.content_benchmark_UBUNTU">
  <xccdf-1.2:platform idref="cpe:/o:canonical:ubuntu_linux:22.04::~~lts~~~"/>
  <xccdf-1.2:Profile id="xccdf_org.ssgproject.content_profile_standard"/>
  <xccdf-1.2:Profile id="xccdf_org.ssgproject.content_profile_cis_level2_server"/>
  <xccdf-1.2:Rule selected="false" id="xccdf_org.ssgproject.content_rule_one" severity="low">
    <xccdf-1.2:platform idref="#machine"/></xccdf-1.2:Rule>
  <xccdf-1.2:Rule id="xccdf_org.ssgproject.content_rule_two"/>
</xccdf-1.2:Benchmark></ds:data-stream-collection>
"""
RESULTS = """<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2"><TestResult id="x">
<rule-result idref="xccdf_org.ssgproject.content_rule_one"><result>pass</result></rule-result>
<rule-result idref="xccdf_org.ssgproject.content_rule_two"><result>notselected</result></rule-result>
</TestResult></Benchmark>"""


@pytest.fixture
def stream(tmp_path: Path) -> content.Content:
    (tmp_path / "ssg-ubuntu2204-ds.xml").write_text(STREAM)
    [found] = content.known(str(tmp_path))
    return found


def test_content_says_for_whom_it_is_and_what_it_has(stream: content.Content) -> None:
    assert (stream.system, stream.version) == ("ubuntu", "22.04")
    assert stream.rules == {"one", "two"}
    assert stream.profile().endswith("cis_level2_server")
    assert stream.profile("standard").endswith("_standard")


def test_content_for_another_version_is_taken_on_demand_only(stream: content.Content) -> None:
    assert content.choose([stream], "noble", nearest=False) is None
    assert content.choose([stream], "noble", nearest=True) is stream
    assert content.choose([stream], "bookworm", nearest=True) is None
    right = content.Content(Path("x"), "ubuntu", "24.04", frozenset(), ())
    assert content.choose([stream, right], "noble", nearest=True) is right


def test_only_the_check_for_the_version_is_taken_out() -> None:
    text = content.without_product(STREAM)
    assert "cpe:/o:" not in text
    assert 'idref="#machine"' in text


def test_tailoring_selects_what_is_compared_and_nothing_else(stream: content.Content) -> None:
    text = content.tailoring(stream, ["one", "unheard_of"], stream.profile())
    assert 'content_rule_one" selected="true"' in text
    assert 'content_rule_two" selected="false"' in text
    assert "unheard_of" not in text
    assert 'extends="xccdf_org.ssgproject.content_profile_cis_level2_server"' in text
    assert "extends" not in content.tailoring(stream, [], "")


def test_results_are_read_without_what_was_not_selected() -> None:
    assert content.results(RESULTS) == {"one": "pass"}


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ({"a": "pass", "b": "fail"}, "fail"),
        ({"a": "pass", "b": "error"}, "undecided"),
        ({"a": "pass", "b": "notapplicable"}, "pass"),
        ({"a": "notapplicable", "b": "notapplicable"}, "notapplicable"),
        ({"a": "notchecked"}, "none"),
        ({"a": "pass"}, "pass"),
        ({}, "none"),
    ],
    ids=str,
)
def test_one_verdict_of_several_rules(outcomes: dict[str, str], verdict: str) -> None:
    opinion = compare.combine(outcomes, ["a", "b"], {"error": "undecided", "notchecked": "none"})
    assert opinion.verdict == verdict
    assert opinion.missing == tuple(name for name in "ab" if name not in outcomes)


def test_opposed_verdicts_are_told_apart_from_silence() -> None:
    mapping = {"1.1": ["a"], "1.2": ["b"], "1.3": ["c"], "1.10": ["d"], "1.9": ["e"]}
    ours = {control: [f"our_{rules[0]}"] for control, rules in mapping.items()}
    found = compare.compare(
        mapping,
        ours,
        {"our_a": "pass", "our_b": "pass", "our_c": "unknown", "our_d": "notapplicable", "our_e": "fail"},
        {"a": "pass", "b": "fail", "c": "fail", "d": "fail", "e": "pass"},
    )
    assert found.agreed == 1
    assert [each.control for each in found.opposed] == ["1.2", "1.9", "1.10"]
    assert found.apart == {("undecided", "fail"): 1}


def test_a_reason_explains_its_own_difference_only() -> None:
    reason = Reason(("1.2",), "pass", "fail", "read a file", "ask", "so", suites=("noble",), shapes=("stock",))
    difference = compare.Difference("1.2", Opinion("pass", {}), Opinion("fail", {}))
    assert reason.explains(difference, "noble", "stock")
    assert not reason.explains(difference, "noble", "hardened")
    assert not reason.explains(difference, "bookworm", "stock")
    assert not reason.explains(compare.Difference("1.2", Opinion("fail", {}), Opinion("pass", {})), "noble", "stock")
    assert not reason.explains(compare.Difference("1.3", Opinion("pass", {}), Opinion("fail", {})), "noble", "stock")


def test_mapping_and_reasons_name_recommendations_that_there_are() -> None:
    shipped = load_content().catalogues
    catalogues = {name: each for name, each in shipped.items() if name.startswith(("cis-ubuntu", "cis-debian"))}
    known = {control.id for catalogue in catalogues.values() for control in catalogue.controls}
    for name, catalogue in catalogues.items():
        mapped = compare.mapping(name)
        assert set(mapped) <= {control.id for control in catalogue.controls}
        assert all(rules and len(set(rules)) == len(rules) for rules in mapped.values())
    for reason in compare.reasons():
        assert set(reason.controls) <= known
        assert {reason.ours, reason.theirs} <= {"pass", "fail", "notapplicable"}
        assert set(reason.suites) <= set(content.SYSTEMS)
        assert set(reason.shapes) <= {"stock", "hardened"}
        assert all(text.endswith(".") for text in (reason.they, reason.we, reason.why))


def test_without_content_the_bench_is_unavailable_and_says_what_to_install() -> None:
    root = Path(__file__).resolve().parents[2]
    argv = [sys.executable, "-m", "tests.second_opinion"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=root, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 75
    assert done.stderr.startswith("bench unavailable (not a fault of the product): no SCAP content is given (install ")
