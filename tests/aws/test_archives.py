"""Archives in S3 judged as copies at another site: age, history, class and time of restore, from names on the bench."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.aws.bench import HOME, Estate, served
from tests.aws.scanning import scan

RULES = (
    "assets_protected",
    "rpo_met_now",
    "offsite_copy_present",
    "offsite_copy_current",
    "offsite_history_long_enough",
    "offsite_storage_class_allowed",
    "restore_history_long_enough",
    "backups_encrypted",
)
PROFILE = f"select: [{{rules: [{', '.join(RULES)}]}}]"
MORE = """    archives:
      vault/db/: {pattern: '(?P<object>[a-z]+)-(?P<time>\\d{4}-\\d\\d-\\d\\d)\\.dump\\.gpg'}
assets:
  shop: {kind: database, site: lab, service_class: archived, created: 2020-01-01, ids: {s3: shop}}
  wiki: {kind: database, site: lab, service_class: archived, created: 2020-01-01, ids: {s3: wiki}}
  lost: {kind: database, site: lab, service_class: archived, created: 2020-01-01, ids: {s3: lost}}
"""
POLICY = """classes:
  archived:
    rpo: 8d
    schedule: {every: 7d}
    retention: {min_history: 360d}
    encryption: {at_rest: AES-256}
    offsite: {required: true, max_lag: 8d, storage_classes: [GLACIER], min_history: 360d}
places:
  - {location: "prod/vault/*", site: cloud, medium: object-store, retrieval: 5h}
"""
NOW = datetime.now(UTC)


def _put(s3: Any, thing: str, days: int, storage: str) -> None:
    day = (NOW - timedelta(days=days)).date().isoformat()
    s3.put_object(Bucket="vault", Key=f"db/{thing}-{day}.dump.gpg", Body=b"x", StorageClass=storage)


@pytest.fixture(scope="module")
def account() -> Iterator[Estate]:
    """Serve an archive of two databases: one over a year in Glacier, one young in another class."""
    with served() as url:
        estate = Estate("archived", url)
        s3 = estate.client("s3")
        s3.create_bucket(Bucket="vault", CreateBucketConfiguration={"LocationConstraint": HOME})
        for days in range(1, 370, 28):
            _put(s3, "shop", days, "GLACIER")
        for days in (20, 27):
            _put(s3, "wiki", days, "STANDARD")
        s3.put_object(Bucket="vault", Key="db/notes.txt", Body=b"x")
        yield estate


def _verdicts(folder: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    run = json.loads((folder / "out" / "run.json").read_text())
    found: dict[str, dict[str, str]] = {}
    for line in (folder / "out" / "results.jsonl").read_text().splitlines():
        result: dict[str, Any] = json.loads(line)
        for each in result.get("findings", ()):
            asset = dict(each["key"]).get("asset", "")
            found.setdefault(result["rule"], {})[asset] = each["outcome"]
    return found, [each["text"] for each in run["notices"]]


def test_archives_are_judged_as_restore_points(
    account: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = scan(account, tmp_path, monkeypatch, PROFILE, more=MORE, policy=POLICY)
    found, notices = _verdicts(tmp_path)
    assert code == 1, output
    assert {rule: found[rule].get("shop") for rule in RULES} == dict.fromkeys(RULES, "pass")
    failed = {rule for rule in RULES if found[rule].get("wiki") == "fail"}
    assert failed == {
        "rpo_met_now",
        "offsite_history_long_enough",
        "offsite_storage_class_allowed",
        "restore_history_long_enough",
    }
    assert {rule: found[rule].get("lost") for rule in ("assets_protected", "rpo_met_now", "offsite_copy_present")} == {
        "assets_protected": "fail",
        "rpo_met_now": "fail",
        "offsite_copy_present": "fail",
    }
    assert any("1 of 17 objects fit no pattern" in each and "db/notes.txt" in each for each in notices)


def test_a_denied_list_decides_nothing(account: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = scan(account, tmp_path, monkeypatch, PROFILE, denied="s3:ListObjectsV2", more=MORE, policy=POLICY)
    found, _ = _verdicts(tmp_path)
    assert code == 3, output
    assert {outcome for rule in RULES for outcome in found[rule].values()} <= {"unknown", "notapplicable"}
    assert "s3:ListBucket" in output
