"""Recovery as a user meets it: real repositories of restic, BorgBackup and git, drill records, one policy, one scan."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.backup_lab import need
from tests.acceptance.scanning import Run, controlproof

pytestmark = pytest.mark.acceptance

INVENTORY = """\
schema: inventory/1
targets:
  files-restic: {{platform: restic, local: true, repository: {0}/restic, secret_file: {0}/passphrase}}
  files-borg: {{platform: borg, local: true, repository: {0}/borg, secret_file: {0}/passphrase}}
  hidden: {{platform: rclone, command: [setpriv, --reuid, nobody, --regid, nogroup, --clear-groups], remote: {0}/hidden}}
  config: {{platform: git, local: true, folder: {0}/config}}
  drills: {{platform: records, folder: drills}}
assets:
  mail: {{kind: dataset, service_class: daily, owner: ops, ids: {{restic: "host1:{0}/mail"}}}}
  shop: {{kind: dataset, service_class: daily, owner: ops, ids: {{borg: borg/shop}}}}
  dumps: {{kind: dataset, service_class: daily, owner: ops, ids: {{rclone: erp}}}}
  settings: {{kind: repository, service_class: daily, owner: ops, ids: {{git: config}}}}
  forgotten: {{kind: dataset, service_class: daily, owner: ops, ids: {{restic: "host1:{0}/other"}}}}
"""
POLICY = """\
schema: recovery-policy/1
timezone: UTC
classes:
  daily: {rpo: {value: 26h, source: "handbook, Recovery Objectives"}, rto: 4h}
profiles:
  dataset:
    encryption: {at_rest: AES-256}
    restore_test: {max_age: 1 month, checks: [integrity, function]}
bindings:
  - {kinds: [dataset], profile: dataset}
"""


def run(*words: object, **environment: str) -> None:
    """Run a tool that must succeed."""
    done = subprocess.run(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"{words}: {done.stdout}"


def ago(**time: float) -> datetime:
    """Give the moment so long ago."""
    return datetime.now(UTC) - timedelta(**time)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Run]]:
    """An estate whose mail is saved, whose shop is saved too seldom, and whose dumps nobody may list; and its scan."""
    need("restic", "borg", "rclone", "git", "setpriv")
    estate = tmp_path_factory.mktemp("estate")
    estate.parent.parent.chmod(0o755)
    estate.parent.chmod(0o755)
    estate.chmod(0o755)
    for name in ("mail", "shop", "hidden/erp", "drills"):
        (estate / name).mkdir(parents=True)
    (estate / "mail" / "inbox").write_text("a letter\n")
    (estate / "shop" / "orders").write_text("an order\n")
    (estate / "hidden" / "erp" / "today.dump").write_text("a dump\n")
    (estate / "hidden").chmod(0o700)
    (estate / "passphrase").write_text("correct horse")
    (estate / "passphrase").chmod(0o600)
    _restic(estate)
    _borg(estate)
    _git(estate)
    (estate / "inventory.yaml").write_text(INVENTORY.format(estate))
    (estate / "recovery-policy.yaml").write_text(POLICY)
    (estate / "controlproof.yaml").write_text(
        "schema: config/1\ninventory: inventory.yaml\nrecovery_policy: recovery-policy.yaml\n"
    )
    _drill(estate)
    yield estate, controlproof("scan", "-p", "recovery", "--format", "html,sarif,junit", folder=estate)
    (estate / "hidden").chmod(0o755)


def _restic(estate: Path) -> None:
    secret = {"RESTIC_PASSWORD_FILE": str(estate / "passphrase"), "RESTIC_CACHE_DIR": str(estate / "cache")}
    run("restic", "-q", "-r", estate / "restic", "init", **secret)
    run("restic", "-q", "-r", estate / "restic", "backup", "--host", "host1", estate / "mail", **secret)


def _borg(estate: Path) -> None:
    keys = {"BORG_PASSCOMMAND": f"cat {estate}/passphrase", "BORG_BASE_DIR": str(estate / "borg-base")}
    run("borg", "init", "-e", "repokey-blake2", estate / "borg", **keys)
    old = ago(days=3)
    name = f"{estate}/borg::shop-{old:%Y-%m-%d}"
    run("borg", "create", "--timestamp", f"{old:%Y-%m-%dT%H:%M:%S}", name, estate / "shop", TZ="UTC", **keys)


def _git(estate: Path) -> None:
    config = estate / "config"
    run("git", "init", "-q", "-b", "main", config)
    (config / "site.yaml").write_text("x: 1\n")
    run("git", "-C", config, "add", "site.yaml")
    run("git", "-C", config, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "Begin")
    run("git", "clone", "-q", "--bare", config, estate / "origin.git")
    run("git", "-C", config, "remote", "add", "origin", estate / "origin.git")
    run("git", "-C", config, "fetch", "-q", "origin")


def _drill(estate: Path) -> None:
    began, ended, data = (f"{ago(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (2, 1, 5))
    done = controlproof(
        *("drill", "record", "-d", "drills", "--kind", "restore", "--scenario", "file", "--asset", "mail"),
        *("--started", began, "--finished", ended, "--point", "latest", "--data-time", data, "--operator", "ada"),
        *("--target", "scratch01", "--not-to-source", "--passed", "integrity", "--passed", "function"),
        folder=estate,
    )
    assert done.code == 0, done.stderr


def judged(scan: Run, rule: str) -> dict[str, str]:
    """Asset > outcome of a rule about the whole estate."""
    return {each["key"][0][1]: each["outcome"] for each in scan.results("estate")[rule]["findings"]}


def test_each_asset_is_judged_by_what_its_repositories_hold(scanned: tuple[Path, Run]) -> None:
    _, scan = scanned
    fresh = {"mail": "pass", "settings": "pass", "shop": "fail", "forgotten": "fail", "dumps": "unknown"}
    assert judged(scan, "rpo_met_now") == fresh
    assert judged(scan, "assets_protected") == {**fresh, "shop": "pass"}
    assert judged(scan, "backups_encrypted") == {"mail": "pass", "shop": "pass", "dumps": "unknown"}
    assert judged(scan, "restores_tested") == {
        "mail": "pass",
        "shop": "fail",
        "forgotten": "fail",
        "dumps": "fail",
    }
    assert "forgotten" not in judged(scan, "no_backup_failed_verification")
    assert judged(scan, "backup_ids_not_reused") == {"settings": "pass"}


def test_what_may_not_be_listed_is_unknown_and_says_why(scanned: tuple[Path, Run]) -> None:
    _, scan = scanned
    assert scan.outcomes("hidden")["backup_repositories_usable"] == "unknown"
    found = scan.results("estate")["rpo_met_now"]["findings"]
    [said] = [each["found"] for each in found if each["key"] == [["asset", "dumps"]]]
    for wanted in ("hidden: rclone failed", "Permission denied", "needs the account"):
        assert wanted in said


def test_each_result_about_an_asset_tells_what_decided_and_how_much_would_be_lost(scanned: tuple[Path, Run]) -> None:
    _, scan = scanned
    told = {
        (rule, each["outcome"]): each
        for rule, result in scan.results("estate").items()
        for each in result["findings"]
        if each["fact"].startswith("recovery.") and each["key"] and each["key"][0][0] == "asset"
    }
    assert len({rule for rule, _ in told}) >= 16
    assert {outcome for _, outcome in told} >= {"pass", "fail", "unknown"}
    for each in told.values():
        said = f"{each.get('found', '')}; {each['besides']}"
        for wanted in ("deciding_point is", "exposure_now is", "exposure_worst is"):
            assert wanted in said, each
    assert "rpo_source is handbook, Recovery Objectives" in told["rpo_met_now", "pass"]["besides"]


def test_failures_decide_the_exit_code_and_the_page_shows_recovery(scanned: tuple[Path, Run]) -> None:
    _, scan = scanned
    assert scan.code == 1, scan.stderr
    page = (scan.folder / "report.html").read_text()
    for wanted in ("</span>Recovery</h2>", "handbook, Recovery Objectives", "forgotten", "shop"):
        assert wanted in page


def test_what_was_heard_is_judged_alike_later(scanned: tuple[Path, Run]) -> None:
    estate, scan = scanned
    again = controlproof("evaluate", scan.folder / "evidence", "-p", "recovery", "-o", "again", folder=estate)
    later = Run(again.code, again.stdout, again.stderr, estate / "again")
    assert later.code == 1
    assert judged(later, "rpo_met_now") == judged(scan, "rpo_met_now")
