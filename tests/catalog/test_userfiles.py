"""User files together: loaded at once, checked against the inventory, rules, controls and profiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scanner.catalog.numbering import misnumbered
from scanner.catalog.userfiles import UserFiles, check_references, load_user_files
from scanner.model.errors import ContentError
from scanner.model.fact import FactSpec, Shape, Vocabulary
from scanner.model.inventory import Asset, Endpoint, Inventory, Target
from scanner.model.outcome import Severity
from scanner.model.profile import Catalogue, Control
from scanner.model.rule import AllOf, Assertion, FactSubject, Quantifier, Rule
from scanner.model.suppression import Attestation, Claim, Suppression

INVENTORY = "schema: inventory/1\ntargets:\n  db01: {platform: linux, profiles: [auto, basline]}\n"
WAIVERS = """schema: waivers/1
waivers:
  - {id: W1, rule: sshd_root, targets: [db1], reason: r, approver: a, approved: 2026-11-20, expires: 2027-02-01}
"""


def rule(name: str, *, manual: bool = False, formerly: tuple[str, ...] = ()) -> Rule:
    check = None if manual else AllOf(())
    return Rule(name, 1, name, Severity.LOW, ("linux",), "", "", check, formerly=formerly)


RULES = {"sshd_root": rule("sshd_root", formerly=("root_login",)), "badges": rule("badges", manual=True)}
CATALOGUES = {
    "cis": Catalogue(
        "cis",
        "CIS",
        "framework",
        "8.1",
        "CIS",
        (
            Control("3.3", "Grant access to data by lists of who needs it"),
            Control("3.10", "Encrypt data that travels"),
            Control("3.11", "Encrypt data at rest"),
        ),
    )
}


def write(folder: Path, **files: str) -> dict[str, Path]:
    paths = {name: folder / f"{name}.yaml" for name in files}
    for name, text in files.items():
        paths[name].write_text(text)
    return paths


def waiver(**changes: str | tuple[str, ...]) -> Suppression:
    fields = {"id": "W1", "rule": "sshd_root", "reason": "r", "approver": "a", "approved": "d", "expires": "e"}
    return Suppression(**{**fields, "path": "w.yaml", "line": 3, **changes})  # type: ignore[arg-type]


def attestation(**changes: str | tuple[str, ...]) -> Attestation:
    fields = {"statement": "s", "by": "b", "on": "d", "valid_until": "e", "path": "a.yaml", "line": 4}
    return Attestation(**{**fields, **changes})  # type: ignore[arg-type]


def claim(control: str, title: str = "") -> Claim:
    return Claim(control, "compliant", "db.md:1", path="c.yaml", line=5, title=title)


INSTALLED = Inventory((Target("db01", "linux", Endpoint("ssh"), profiles=("auto",), path="i.yaml", line=3),))


def test_all_files_are_loaded(tmp_path: Path):
    paths = write(tmp_path, inventory=INVENTORY, waivers=WAIVERS)

    found = load_user_files(paths["inventory"], waivers=[paths["waivers"]])

    assert found.inventory is not None
    assert [target.id for target in found.inventory.targets] == ["db01"]
    assert [entry.id for entry in found.waivers] == ["W1"]


def test_problems_of_all_files_are_told_together(tmp_path: Path):
    paths = write(
        tmp_path,
        inventory=INVENTORY.replace("linux", "linx"),
        waivers=WAIVERS.replace("reason: r, ", ""),
        claims="schema: claims/1\nclaims: [{control: cis/1, status: odd, source: x}]\n",
    )

    with pytest.raises(ContentError) as wrong:
        load_user_files(
            paths["inventory"],
            waivers=[paths["waivers"], tmp_path / "lost.yaml"],
            claims=[paths["claims"]],
        )

    assert [(Path(problem.path).name, problem.line) for problem in wrong.value.problems] == [
        ("claims.yaml", 2),
        ("inventory.yaml", 3),
        ("lost.yaml", 0),
        ("waivers.yaml", 3),
    ]


def test_ids_of_waivers_are_unique_over_all_files(tmp_path: Path):
    paths = write(tmp_path, one=WAIVERS, two=WAIVERS)

    with pytest.raises(ContentError) as wrong:
        load_user_files(waivers=[paths["one"], paths["two"]])

    assert (
        str(wrong.value) == f"{paths['two']}:3: the waiver 'W1' exists already: {paths['one']}:3 (give it another id)"
    )


def test_sound_references_are_no_problem():
    files = UserFiles(
        INSTALLED,
        (waiver(targets=("db01",)), waiver(id="W2", rule="root_login")),
        (attestation(control="cis/3.3", scope=("db01",)), attestation(rule="badges")),
        (claim("cis/3.11"),),
    )

    assert check_references(files, rules=RULES, catalogues=CATALOGUES, profiles=["baseline"]) == []


def test_a_waiver_by_tags_needs_a_rule_whose_resources_have_known_tags():
    words = Vocabulary(
        [
            FactSpec("a.b", "s", Shape.LIST, ("aws",), ()),
            FactSpec("a.c", "s", Shape.LIST, ("aws",), (), tagged=("a.b",)),
        ]
    )
    by_tags = replace(waiver(), tags={"env": "dev"})

    def said(fact: str) -> list[str]:
        check = Assertion(FactSubject(fact), Quantifier.EVERY)
        rules = {"sshd_root": replace(RULES["sshd_root"], check=check)}
        return [str(each) for each in check_references(UserFiles(None, (by_tags,)), rules=rules, vocabulary=words)]

    assert said("a.c") == []
    assert said("a.b") == [
        (
            "w.yaml:3: W1: the tags of what sshd_root judges are not known, so it would cover nothing "
            "(name a resource, or targets, in place of tags)"
        )
    ]


def test_waivers_name_assets_and_the_estate_and_attestations_do_not():
    inventory = replace(INSTALLED, assets=(Asset("win03", "vm"),))
    waived = UserFiles(inventory, (waiver(targets=("win03", "estate")),))
    attested = UserFiles(inventory, (), (attestation(control="cis/3.3", scope=("win03",)),))

    assert check_references(waived, rules=RULES, catalogues=CATALOGUES, profiles=["baseline"]) == []
    assert len(check_references(attested, rules=RULES, catalogues=CATALOGUES, profiles=["baseline"])) == 1


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            UserFiles(INSTALLED, (waiver(targets=("db1",)),)),
            "w.yaml:3: no target is called 'db1' (did you mean 'db01'?)",
        ),
        (
            UserFiles(INSTALLED, (), (attestation(control="cis/3.3", scope=("db1",)),)),
            "a.yaml:4: no target is called 'db1' (did you mean 'db01'?)",
        ),
        (
            UserFiles(waivers=(waiver(rule="sshd_rot"),)),
            "w.yaml:3: W1: no rule is called 'sshd_rot' (did you mean 'sshd_root'?)",
        ),
        (
            UserFiles(attestations=(attestation(rule="badgs"),)),
            "a.yaml:4: no rule is called 'badgs' (did you mean 'badges'?)",
        ),
        (
            UserFiles(attestations=(attestation(rule="sshd_root"),)),
            "a.yaml:4: the rule sshd_root is measured, a statement cannot answer it (remove it, or write a waiver)",
        ),
        (UserFiles(claims=(claim("cis/3.12"),)), "c.yaml:5: cis has no control '3.12' (did you mean '3.11'?)"),
        (
            UserFiles(claims=(claim("3.11"),)),
            "c.yaml:5: '3.11' is no reference to a control (write catalogue/number)",
        ),
    ],
)
def test_what_does_not_exist_is_told_with_the_near_word(files: UserFiles, sentence: str):
    found = check_references(files, rules=RULES, catalogues=CATALOGUES, profiles=["baseline"])

    assert [str(problem) for problem in found] == [sentence]


def test_profiles_of_targets_must_exist(tmp_path: Path):
    files = load_user_files(write(tmp_path, inventory=INVENTORY)["inventory"])

    (problem,) = check_references(files, profiles=["baseline", "recovery"])

    assert problem.line == 3
    assert problem.what == "db01: no profile is called 'basline'"
    assert problem.remedy == "did you mean 'baseline'?"


def test_what_is_not_given_is_not_checked():
    assert check_references(UserFiles(None, (waiver(targets=("x",)),), (), (claim("y/1"),))) == []


class TestNumbers:
    def test_a_title_of_another_control_is_found_out(self):
        (problem,) = misnumbered([claim("cis/3.3", "Encryption at rest")], CATALOGUES)

        assert str(problem) == (
            "c.yaml:5: the document calls 3.3 'Encryption at rest', which is 'Grant access to data by lists of who needs it'"
            " in cis (perhaps 3.11, 'Encrypt data at rest', is meant)"
        )

    def test_a_title_of_no_control_is_to_be_checked(self):
        (problem,) = misnumbered([claim("cis/3.3", "Gardening")], CATALOGUES)

        assert problem.remedy == "check the number"

    @pytest.mark.parametrize(
        "entry",
        [
            claim("cis/3.11", "Encryption of resting files"),
            claim("cis/3.11"),
            claim("cis/9.9", "Encryption"),
            claim("odd/1", "Encryption"),
        ],
    )
    def test_other_claims_are_passed_over(self, entry: Claim):
        assert misnumbered([entry], CATALOGUES) == []
