"""Databases and the host behind them, scanned together: joined by port and directory, one session a database, no false pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.scanning import Run, controlproof
from tests.databases import mariadb, postgres
from tests.databases.postgres import Cluster

pytestmark = pytest.mark.acceptance

JOINED = {
    "postgres_data_directory_private": "pass",
    "postgres_umask_strict": "pass",
    "postgres_key_file_private": "pass",
}
"""Rule > outcome on the hardened cluster, by what the host knows of its own."""


class Estate:
    """Two clusters and a MariaDB server on one host, in one inventory."""

    def __init__(self, weak: Cluster, hardened: Cluster, maria: mariadb.Server, folder: Path) -> None:
        self.weak, self.hardened, self.maria, self.folder = weak, hardened, maria, folder

    def write(self, *, runs_on: str = "here", host: str = "local: true") -> None:
        """Write the inventory; passwords are files beside it."""
        lines = [
            "schema: inventory/1",
            "targets:",
            f"  here: {{platform: linux, {host}, profiles: [inventory-hygiene]}}",
        ]
        behind = f", runs_on: {runs_on}" if runs_on else ""
        for name, server, platform in (
            ("weak", self.weak, "postgres"),
            ("hard", self.hardened, "postgres"),
            ("maria", self.maria, "mariadb"),
        ):
            secret = self.folder / f"{name}.password"
            secret.write_text(server.passwords["scanner"])
            secret.chmod(0o600)
            tls = f", ca_file: {server.ca}" if server.ca else ""
            more = self._certificate(server) if platform == "mariadb" else ""
            lines.append(
                f"  {name}: {{platform: {platform}, address: {server.host}, port: {server.port}, user: scanner, "
                f"password: file:{secret.name}{tls}{more}{behind}}}"
            )
        (self.folder / "inventory.yaml").write_text("\n".join(lines) + "\n")

    def _certificate(self, server: mariadb.Server) -> str:
        given = server.parameters("scanner")
        pair = {"client_cert": given.get("ssl_cert"), "client_key": given.get("ssl_key")}
        return "".join(f", {name}: {path}" for name, path in pair.items() if path)

    def scan(self, *words: str) -> Run:
        """Scan all of it."""
        return controlproof("scan", "-i", "inventory.yaml", *words, folder=self.folder)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Cluster, Cluster, mariadb.Server]]:
    with ExitStack() as stack:
        weak = stack.enter_context(postgres.cluster("15", "weak"))
        hardened = stack.enter_context(postgres.cluster("15", "hardened"))
        yield weak, hardened, stack.enter_context(mariadb.server("hardened"))


@pytest.fixture
def estate(servers: tuple[Cluster, Cluster, mariadb.Server], tmp_path: Path) -> Estate:
    return Estate(*servers, tmp_path)


def profiles(estate: Estate) -> tuple[str, ...]:
    (estate.folder / "own.yaml").write_text(
        "schema: profile/1\nid: own\ntitle: Databases with their hosts\n"
        "select: [{labels: [postgres, mariadb]}]\nframeworks: [cis-controls-v8.1]\n"
    )
    return ("-p", "own.yaml")


def test_each_server_is_joined_with_its_own_process(estate: Estate) -> None:
    estate.write()
    before = estate.hardened.log()
    run = estate.scan(*profiles(estate))
    assert run.code == 1, run.stderr
    hard, weak, maria = (run.outcomes(name) for name in ("hard", "weak", "maria"))
    assert {rule: hard[rule] for rule in JOINED} == JOINED
    assert weak["postgres_umask_strict"] == "fail"
    assert weak["postgres_data_checksums_enabled"] == "fail"
    assert hard["postgres_data_checksums_enabled"] == "pass"
    assert maria["mariadb_data_directory_private"] in ("pass", "fail")
    assert maria["mariadb_account_dedicated"] in ("pass", "fail")
    sessions = re.findall(r"connection authorized: user=scanner database=(\w+)", estate.hardened.log()[len(before) :])
    assert sorted(sessions) == sorted(set(sessions)), "each database is entered once"
    assert {"postgres", "sky"} <= set(sessions)


def test_without_a_host_what_only_it_knows_is_unknown(estate: Estate) -> None:
    estate.write(runs_on="")
    run = estate.scan(*profiles(estate))
    result = run.results("hard")["postgres_data_directory_private"]
    assert result["outcome"] == "unknown"
    assert "add runs_on:" in result["findings"][0]["reason"]
    assert run.outcomes("hard")["postgres_data_checksums_enabled"] == "pass"


def test_a_host_that_is_out_of_reach_leaves_only_its_questions_open(estate: Estate) -> None:
    estate.write(host="address: 127.0.0.1, port: 1")
    run = estate.scan(*profiles(estate))
    outcomes = run.outcomes("hard")
    assert {outcomes[rule] for rule in JOINED} == {"error"}
    assert outcomes["postgres_data_checksums_enabled"] == "pass"


def test_an_account_without_rights_on_the_host_learns_nothing_wrong(estate: Estate) -> None:
    estate.write()
    full = estate.scan(*profiles(estate))
    estate.write(host='command: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]')
    denied = estate.scan(*profiles(estate))
    for target in ("weak", "hard", "maria"):
        known, less = full.outcomes(target), denied.outcomes(target)
        wrong = {
            rule: (less[rule], known[rule])
            for rule in known
            if less[rule] != known[rule] and less[rule] not in ("unknown", "error")
        }
        assert wrong == {}
    assert denied.outcomes("hard")["postgres_data_directory_private"] == "unknown"


def test_a_managed_service_has_no_host_to_judge(estate: Estate) -> None:
    estate.write(runs_on="")
    path = estate.folder / "inventory.yaml"
    path.write_text(path.read_text().replace("platform: postgres,", "platform: postgres, managed: true,"))
    outcomes = estate.scan(*profiles(estate)).outcomes("hard")
    assert {outcomes[rule] for rule in JOINED} == {"notapplicable"}


def test_the_printed_grants_make_a_scanner(estate: Estate) -> None:
    """What `plan --privileges` prints is run as it stands; then a scan by that account leaves no setting undecided."""
    estate.write()
    words = ("plan", "-i", "inventory.yaml", "--privileges", "hard", *profiles(estate))
    printed = controlproof(*words, folder=estate.folder).stdout
    grants = [line for line in printed.splitlines() if line.startswith("GRANT ")]
    assert any("pg_monitor" in line for line in grants)
    estate.hardened.sql("DROP ROLE IF EXISTS newcomer")
    estate.hardened.sql("CREATE ROLE newcomer LOGIN PASSWORD 'Tr4il-of-seven-lanterns'")
    for database in ("postgres", "sky"):
        for line in grants:
            estate.hardened.sql(line.replace('"scanner"', "newcomer"), database=database)
    estate.hardened.sql("GRANT CONNECT ON DATABASE sky TO newcomer")
    rules = estate.hardened.sql("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL")
    assert rules == [(0,)]
    with estate.hardened.connect("scanner") as session:
        asked = session.execute(
            "SELECT has_table_privilege('newcomer', 'pg_hba_file_rules', 'SELECT'), "
            "has_table_privilege('newcomer', 'pg_file_settings', 'SELECT'), "
            "pg_has_role('newcomer', 'pg_monitor', 'USAGE')"
        ).fetchone()
    assert asked == (True, True, True)


def test_statements_are_printed_before_they_are_sent(estate: Estate) -> None:
    estate.write()
    printed = controlproof("plan", "-i", "inventory.yaml", "--sql", *profiles(estate), folder=estate.folder).stdout
    assert "pg_hba_file_rules" in printed
    assert "information_schema" in printed
    assert not re.search(r"(?im)^\s*(insert|update|delete|alter|create|drop|set)\b", printed)
