"""Waivers, attestations and claims: what they say, and every mistake at its line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.catalog.files.attestations import check_attachments, read_attestations
from scanner.catalog.files.claims import read_claims
from scanner.catalog.files.waivers import read_waivers
from scanner.model.errors import Problem
from scanner.model.suppression import Attestation, Claim, Suppression

READERS: dict[str, Callable[[str, bytes, list[Problem]], tuple[Any, ...]]] = {
    "waivers": read_waivers,
    "attestations": read_attestations,
    "claims": read_claims,
}

WAIVER = {
    "id": "W12",
    "rule": "sshd_root",
    "targets": "all",
    "reason": "vendor",
    "approver": "Jo",
    "approved": "2026-11-20",
    "expires": "2027-02-01",
}
ATTESTATION = {
    "control": "cis/14.1",
    "scope": "all",
    "statement": "trained",
    "by": "Jo",
    "on": "2026-11-01",
    "valid_until": "2027-11-01",
}
CLAIM = {"control": "cis/3.3", "status": "compliant", "source": '"db.md:112"'}


def entry(fields: dict[str, str], **changes: str | None) -> str:
    """One entry in block style: the first field in line 3, the next in line 4 …"""
    merged = {key: value for key, value in {**fields, **changes}.items() if value is not None}
    return "\n".join(
        f"{'  - ' if not index else '    '}{key}: {value}" for index, (key, value) in enumerate(merged.items())
    )


def text(kind: str, *entries: str) -> bytes:
    return f"schema: {kind}/1\n{kind}:\n{chr(10).join(entries)}\n".encode()


def load(kind: str, *entries: str) -> tuple[Any, ...]:
    problems: list[Problem] = []
    found = READERS[kind](f"policy/{kind}.yaml", text(kind, *entries), problems)
    assert problems == []
    return found


def said(kind: str, *entries: str) -> list[str]:
    problems: list[Problem] = []
    assert READERS[kind]("f.yaml", text(kind, *entries), problems) == ()
    return [str(problem).removeprefix("f.yaml:") for problem in sorted(problems)]


class TestWaivers:
    def test_a_waiver_says_who_why_and_until_when(self):
        more = {"resource": "null", "max_targets": "40", "compensating": "VPN", "accept": "[unknown]", "ticket": "T-1"}

        assert load("waivers", entry(WAIVER, **more)) == (
            Suppression(
                id="W12",
                rule="sshd_root",
                reason="vendor",
                approver="Jo",
                approved="2026-11-20",
                expires="2027-02-01",
                max_targets=40,
                compensating="VPN",
                accept=("unknown",),
                ticket="T-1",
                path="policy/waivers.yaml",
                line=3,
            ),
        )

    @pytest.mark.parametrize(
        ("written", "targets", "labels"),
        [
            ("all", (), {}),
            ("[db01, db02]", ("db01", "db02"), {}),
            ("{ids: [db01]}", ("db01",), {}),
            ("{labels: {env: prod}}", (), {"env": "prod"}),
        ],
    )
    def test_targets(self, written: str, targets: tuple[str, ...], labels: dict[str, str]):
        (waiver,) = load("waivers", entry(WAIVER, targets=written))

        assert (waiver.targets, waiver.labels) == (targets, labels)

    @pytest.mark.parametrize("key", ["id", "rule", "targets", "reason", "approver", "approved", "expires"])
    def test_nothing_that_makes_a_waiver_may_be_missing(self, key: str):
        (sentence,) = said("waivers", entry(WAIVER, **{key: None}))

        assert f"'{key}' is missing in waivers (add it: " in sentence

    @pytest.mark.parametrize(
        ("changes", "sentences"),
        [
            (
                {"expires": "2026-11-20"},
                [
                    (
                        "9: W12: it expires on 2026-11-20, not after the day of its approval in waivers "
                        "(write a day after 2026-11-20)"
                    )
                ],
            ),
            (
                {"expires": "next year"},
                ["9: 'next year' is no day of the calendar in waivers.expires (write it as 2026-12-01)"],
            ),
            (
                {"expires": "2027-02-01T00:00:00Z"},
                ["9: a time stands where a day is meant in waivers.expires (write 2027-02-01)"],
            ),
            ({"expires": "20270201"}, ["9: a number stands where text is needed in waivers.expires"]),
            (
                {"targets": "db01"},
                [
                    (
                        "5: one text stands where targets are named in waivers.targets "
                        "(write all, a list of ids, or {labels: {env: prod}})"
                    )
                ],
            ),
            (
                {"targets": "[]"},
                ["5: no targets are named in waivers.targets (write all, a list of ids, or {labels: {env: prod}})"],
            ),
            (
                {"targets": "{ids: [a], labels: {env: prod}}"},
                ["5: targets are named by ids and by labels in waivers.targets (write two waivers)"],
            ),
            (
                {"targets": "{label: {env: prod}}"},
                ["5: no targets are named in waivers.targets (write all, a list of ids, or {labels: {env: prod}})"],
            ),
            ({"reason": '" "'}, ["6: the text is empty in waivers.reason (write it, or drop the key)"]),
            ({"accept": "[unkown]"}, ["10: 'unkown' is not known here in waivers.accept (did you mean 'unknown'?)"]),
            ({"max_targets": "0"}, ["10: the number is out of bounds in waivers.max_targets (write at least 1)"]),
            ({"approvr": "x"}, ["10: unknown key 'approvr' in waivers (did you mean 'approver'?)"]),
        ],
    )
    def test_a_seeded_mistake_is_told_with_line_and_remedy(self, changes: dict[str, str], sentences: list[str]):
        found = said("waivers", entry(WAIVER, **changes))

        assert len(found) == len(sentences)
        assert all(one.startswith(other) for one, other in zip(found, sentences, strict=True))

    def test_mistakes_of_all_entries_are_told_together(self):
        bad = entry(WAIVER, id="W13", expires="2026-01-01")

        assert len(said("waivers", entry(WAIVER, reason=None), bad)) == 2


class TestAttestations:
    def test_a_statement_answers_a_control(self):
        attachment = f"{{path: training.pdf, sha256: {'a' * 64}}}"

        assert load("attestations", entry(ATTESTATION, scope="[db01]", attachment=attachment)) == (
            Attestation(
                statement="trained",
                by="Jo",
                on="2026-11-01",
                valid_until="2027-11-01",
                control="cis/14.1",
                scope=("db01",),
                attachment="policy/training.pdf",
                attachment_sha256="a" * 64,
                path="policy/attestations.yaml",
                line=3,
            ),
        )

    def test_a_statement_answers_a_manual_rule(self):
        (found,) = load("attestations", entry(ATTESTATION, control=None, rule="badge_review"))

        assert (found.control, found.rule, found.scope) == ("", "badge_review", ())

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            (
                {"control": None},
                "3: the statement answers nothing in attestations (add control: catalogue/number, or rule: ID)",
            ),
            (
                {"rule": "r"},
                "9: the statement answers a control and a rule in attestations (write one statement for each)",
            ),
            (
                {"valid_until": "2026-10-01"},
                "8: it ends on 2026-10-01, before it begins in attestations (write a day after 2026-11-01)",
            ),
            (
                {"scope": "db01"},
                (
                    "4: 'db01' stands where a list of target ids or the word all is meant in attestations.scope "
                    "(write the list in brackets)"
                ),
            ),
            ({"scope": "[]"}, "4: the list is empty in attestations.scope (name targets, or write all)"),
            (
                {"attachment": "{path: x, sha256: ABC}"},
                (
                    "9: this is no SHA-256 in attestations.attachment.sha256 "
                    "(write the 64 hexadecimal digits in lower case that sha256sum prints)"
                ),
            ),
            (
                {"attachment": "{path: x}"},
                "9: 'sha256' is missing in attestations.attachment (add it: its SHA-256, as sha256sum prints it)",
            ),
        ],
    )
    def test_a_seeded_mistake_is_told_with_line_and_remedy(self, changes: dict[str, str | None], sentence: str):
        assert said("attestations", entry(ATTESTATION, **changes)) == [sentence]

    def test_an_attachment_must_be_the_one_that_was_attested(self, tmp_path: Path):
        (tmp_path / "training.pdf").write_bytes(b"as it was")
        right, wrong = hashlib.sha256(b"as it was").hexdigest(), hashlib.sha256(b"as it is not").hexdigest()
        rows = [("training.pdf", right), ("training.pdf", wrong), ("lost.pdf", right)]
        data = text("attestations", *(entry(ATTESTATION, attachment=f"{{path: {p}, sha256: {h}}}") for p, h in rows))
        problems: list[Problem] = []
        found = read_attestations(str(tmp_path / "a.yaml"), data, problems)

        sentences = [f"{problem.line}: {problem.what} ({problem.remedy})" for problem in check_attachments(found)]

        assert problems == []
        assert sentences == [
            (
                f"10: the attachment {tmp_path}/training.pdf is not the one that was attested: its SHA-256 is {right} "
                "(have the statement made again)"
            ),
            (
                f"17: the attachment {tmp_path}/lost.pdf cannot be read: No such file or directory "
                "(put it there, or mend the path)"
            ),
        ]


class TestClaims:
    def test_a_claim_keeps_what_the_document_says(self):
        more = {"date": "null", "date_text": "Informal Gap Assessment", "title": "Encryption at rest"}

        assert load("claims", entry(CLAIM, **more)) == (
            Claim(
                control="cis/3.3",
                status="compliant",
                source="db.md:112",
                date_text="Informal Gap Assessment",
                title="Encryption at rest",
                path="policy/claims.yaml",
                line=3,
            ),
        )

    def test_an_unknown_status_is_refused_with_the_near_word(self):
        assert said("claims", entry(CLAIM, status="complient")) == [
            "4: 'complient' is not known here in claims.status (did you mean 'compliant'?)"
        ]
