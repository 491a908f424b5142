"""Linting of users' files: kinds told apart, everything checked together, and schemas that agree with the readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scanner.catalog import starter
from scanner.catalog.catalogues import Catalogues
from scanner.catalog.files.header import KINDS
from scanner.catalog.lint import Shipped, lint_paths, schemas
from scanner.catalog.nodes import read
from scanner.facts.table import builtin
from scanner.model.errors import Problem
from scanner.model.outcome import Severity
from scanner.model.rule import Rule

RULE = Rule("sshd_root", 1, "t", Severity.LOW, ("linux",), "", "", None)
SHIPPED = Shipped({"sshd_root": RULE}, Catalogues({}, {}), {}, builtin())

SOUND = {
    "inventory": "schema: inventory/1\ntargets:\n  db01: {platform: linux, profiles: [mine]}\n",
    "mine": "schema: profile/1\nextends: []\nselect: [{catalogue: house}]\nvalues: {}\n",
    "waivers": "schema: waivers/1\nwaivers:\n  - {id: W1, rule: sshd_root, targets: [db01], reason: r, approver: a, "
    "approved: 2026-11-20, expires: 2027-02-01}\n",
    "attestations": "schema: attestations/1\nattestations:\n  - {control: house/1, scope: [db01], statement: s, by: b, "
    "on: 2026-11-01, valid_until: 2027-11-01}\n",
    "claims": "schema: claims/1\nclaims:\n  - {control: house/1, status: partial, source: 'x.md:1'}\n",
    "house": "schema: catalogue/1\ntitle: House\nkind: policy\nversion: '1'\npublisher: Us\ncontrols:\n"
    "  - {id: '1', title: T, rules: [sshd_root, {rule: sshd_root, covers: full}], levels: {all: 1}}\n",
    "recovery": "schema: recovery-policy/1\nclasses:\n  gold: {rpo: {value: 15m, source: a, also: [{value: 1h, source: b}]}}\n"
    "profiles: {vm: {retention: {value: {gfs: {weekly: 4}, keep: {within: 9d}}, source: c}, authorised_systems: pbs}}\n"
    "bindings: [{kinds: vm, profile: vm}]\n",
    "controlproof": "schema: config/1\ninventory: inventory.yaml\nprofiles: [mine]\nallow_undecided: 3\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / (name if "." in name else f"{name}.yaml")).write_text(text)
    return folder


def said(folder: Path, **files: str) -> list[str]:
    write(folder, {**SOUND, **files})
    return [str(problem).removeprefix(f"{folder}/") for problem in lint_paths([folder], SHIPPED)]


def test_sound_files_have_no_problems(tmp_path: Path):
    assert said(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        (
            "waivers",
            "targets: [db01]",
            "targets: [db1]",
            "waivers.yaml:3: no target is called 'db1' (did you mean 'db01'?)",
        ),
        (
            "waivers",
            "rule: sshd_root",
            "rule: sshd_rot",
            "waivers.yaml:3: W1: no rule is called 'sshd_rot' (did you mean 'sshd_root'?)",
        ),
        (
            "attestations",
            "house/1",
            "house/2",
            "attestations.yaml:3: house has no control '2' (check the number)",
        ),
        (
            "mine",
            "catalogue: house",
            "catalogue: huose",
            "mine.yaml:3: no catalogue is called 'huose' (did you mean 'house'?)",
        ),
        (
            "house",
            "[sshd_root,",
            "[sshd_rot,",
            "house.yaml:7: no rule is called 'sshd_rot' (did you mean 'sshd_root'?)",
        ),
        (
            "inventory",
            "[mine]",
            "[mne]",
            "inventory.yaml:3: db01: no profile is called 'mne' (did you mean 'mine'?)",
        ),
    ],
)
def test_files_are_checked_against_each_other(tmp_path: Path, name: str, old: str, new: str, sentence: str):
    assert sentence in said(tmp_path, **{name: SOUND[name].replace(old, new)})


def test_foreign_files_in_a_folder_are_passed_over(tmp_path: Path):
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.yaml").write_text("schema: waivers/1\n")
    foreign = {"compose": "services: {web: {image: x}}\n", "openapi": "schema: openapi\n", "list.json": "[1]"}

    assert said(tmp_path, **foreign) == []


def test_a_foreign_file_that_is_named_is_a_problem(tmp_path: Path):
    write(tmp_path, {"compose": "services: {}\n", "openapi": "schema: openapi\n"})

    found = lint_paths([tmp_path / "compose.yaml", tmp_path / "openapi.yaml", tmp_path / "lost"], SHIPPED)

    assert [(Path(problem.path).name, problem.what) for problem in found] == [
        ("compose.yaml", "the file does not say of which kind it is"),
        ("lost", "there is no such file or folder"),
        ("openapi.yaml", "'openapi' is no kind of file"),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("shema: waivers/1\nwaivers: []\n", "the file does not say of which kind it is"),
        ("schema: waiver/1\nwaivers: []\n", "'waiver/1' is no kind of file"),
        ("a: [\n", "not YAML"),
    ],
)
def test_what_was_meant_for_us_is_not_passed_over(tmp_path: Path, text: str, what: str):
    (sentence,) = said(tmp_path, odd=text)

    assert sentence.startswith("odd.yaml:")
    assert what in sentence


def test_ansible_inventories_are_linted_too(tmp_path: Path):
    listing = {"_meta": {"hostvars": {"h": {"ansible_connection": "winrm"}}}}

    (sentence,) = said(tmp_path, **{"hosts.json": json.dumps(listing)})

    assert sentence.startswith("hosts.json: h: the connection 'winrm' is not known here")


def test_rule_files_get_the_rule_loader(tmp_path: Path):
    (sentence, *_) = said(tmp_path, my_rule="id: my_rule\ncheck: manual\n")

    assert sentence.startswith("my_rule.yaml:")


def test_further_kinds_have_readers_of_their_own(tmp_path: Path):
    def reader(path: str, data: bytes, problems: list[Problem]) -> None:
        problems.append(Problem(path, 1, f"{len(data)} bytes"))

    write(tmp_path, {"policy": "schema: recovery-policy/1\n"})

    (problem,) = lint_paths([tmp_path], SHIPPED, readers={"recovery-policy": reader})
    assert problem.what == "26 bytes"


class TestSchemas:
    def test_every_kind_has_one(self):
        found = schemas()

        assert tuple(found) == KINDS
        for schema in found.values():
            jsonschema_rs.meta.validate(schema)

    @pytest.mark.parametrize(
        "text",
        [
            *SOUND.values(),
            starter.CONFIGURATION,
            starter.WAIVERS,
            starter.EXAMPLE_INVENTORY,
            "schema: inventory/1\ngroups: {a: }\ntargets: {b: , c: {become: sudo, ssh: {jump: b}}}\n",
        ],
    )
    def test_what_the_readers_take_the_schema_takes(self, text: str):
        value = plain(text)

        jsonschema_rs.validate(schemas()[value["schema"].partition("/")[0]], value)

    @pytest.mark.parametrize(
        "text",
        [
            "schema: inventory/1\ntargets: {b: {platfrom: linux}}\n",
            "schema: inventory/1\ntargets: {b: {platform: linx}}\n",
            "schema: inventory/1\ntargets: {b: {password: hunter2}}\n",
            "schema: inventory/2\n",
            "schema: waivers/1\nwaivers: [{id: W1}]\n",
            "schema: profile/1\ncontrols: [{id: a/1, applicable: true, reason: r}]\n",
            "schema: config/1\nkeep: 0\n",
            "schema: recovery-policy/1\ndefaults: {rpo: 15}\n",
            "schema: recovery-policy/1\ndefaults: {rpo: {value: 15m}}\n",
            "schema: recovery-policy/1\nestate: {capacity: {value: 4, source: a}}\n",
            "schema: config/1\nfail_on: hihg\n",
        ],
    )
    def test_what_the_readers_refuse_the_schema_refuses(self, text: str):
        value = plain(text)

        with pytest.raises(jsonschema_rs.ValidationError):
            jsonschema_rs.validate(schemas()[value["schema"].partition("/")[0]], value)


def plain(text: str) -> dict[str, Any]:
    """The document as an editor sees it: dates are text."""
    problems: list[Problem] = []
    document = read("x.yaml", text.encode(), problems)
    assert problems == []
    assert document is not None
    return dict(json.loads(json.dumps(document.value, default=str)))
