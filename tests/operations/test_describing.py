"""What reports are told of rules: the controls they map to, and those that these support, by one step."""

from __future__ import annotations

from scanner.model.profile import Catalogue, Control, RuleMapping
from scanner.operations.describing import leading_frameworks, rule_infos
from tests.support.judging import a_rule, says


def catalogue(name: str, *controls: Control, kind: str = "framework") -> Catalogue:
    return Catalogue(name, name, kind, "1", "P", controls)


CIS = catalogue("cis", Control("5.4", "T", crosswalk={"nist": ("AC-6", "AC-2"), "iso": ("A.8.2",)}))
NIST = catalogue("nist", Control("AC-2", "T"), Control("AC-6", "T", crosswalk={"iso": ("A.9",)}))
ISO = catalogue("iso", Control("A.8.2", "T"), Control("A.9", "T"))
BENCH = catalogue(
    "bench", Control("1", "T", rules=(RuleMapping("a"),), crosswalk={"nist": ("AC-3",)}), kind="benchmark"
)


def test_a_rule_supports_what_its_controls_lead_to_and_nothing_beyond() -> None:
    rule = a_rule(says("every"), "a", controls={"cis": ("5.4",), "nist": ("AC-2",)})
    info = rule_infos([rule], {"nist": NIST, "iso": ISO}, [CIS])["a"]

    assert info.controls == {"cis": ("5.4",), "nist": ("AC-2",)}
    assert info.supports == {"nist": ("AC-6",), "iso": ("A.8.2",)}


def test_only_reported_catalogues_are_led_to() -> None:
    rule = a_rule(says("every"), "a", controls={"cis": ("5.4",)})

    assert rule_infos([rule], {"cis": CIS})["a"].supports == {}
    assert rule_infos([rule], {"bench": BENCH, "nist": NIST})["a"].supports == {"nist": ("AC-3",)}
    assert rule_infos([rule], {"bench": BENCH})["a"].controls == {"cis": ("5.4",), "bench": ("1",)}


def test_frameworks_lead_without_being_reported_and_benchmarks_do_not() -> None:
    known = (CIS, NIST, ISO, BENCH)

    assert leading_frameworks(known, {"nist"}) == [CIS]
    assert leading_frameworks(known, {"iso"}) == [CIS, NIST]
    assert leading_frameworks(known, {"iso", "cis", "nist"}) == []
    assert leading_frameworks(known, {"bench"}) == []
