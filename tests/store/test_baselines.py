"""Baselines on disk: what is written is read back, and nothing else is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ReportError
from scanner.model.report import Header
from scanner.store.baselines import Known, encode_baseline, read_before

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
marks = st.text("0123456789abcdef", min_size=64, max_size=64)
known = st.builds(
    Known, texts, texts, marks, st.sampled_from(("critical", "high", "medium", "low")), texts, texts, texts
)


@given(findings=st.lists(known, max_size=4, unique_by=lambda each: each.fingerprint), run=texts)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, findings: list[Known], run: str) -> None:
    path = tmp_path_factory.mktemp("b") / "baseline.json"
    data = encode_baseline(Header(run, "controlproof", "1", "a", "b"), findings)
    path.write_bytes(data)
    report = read_before(path)
    assert report.header.run_id == run
    names = ("fingerprint", "last_seen", "first_seen", "last_changed")
    told = [tuple(getattr(each, name) for name in names) for each in sorted(findings)]
    assert [tuple(row[name] for name in names) for row in report.gone] == told
    assert encode_baseline(Header(run, "controlproof", "1", "a", "b"), reversed(findings)) == data
    lines = [line.strip().rstrip(",") for line in data.decode().split("\n")]
    assert sum(line.startswith('{"target"') for line in lines) == len(findings)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "baseline/2"},
        {"findings": [{"rule": "x"}]},
        {"findings": [{"target": "t", "rule": "r", "fingerprint": "0", "severity": "low", "last_seen": "x"}]},
        {"findings": [{"target": "t", "rule": "r", "fingerprint": "0" * 64, "severity": "bad", "last_seen": "x"}]},
        {"findings": 3},
        {"run_id": None},
        {"schema": "something/1"},
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "baseline.json"
    document = json.loads(encode_baseline(Header("r", "t", "1", "a", "b"), []))
    path.write_text(json.dumps({**document, **change}))
    with pytest.raises(ReportError, match=r"baseline\.json: "):
        read_before(path)
