"""Rules for MariaDB on real servers: a weak one fails, a hardened one passes, a bare login never passes what it cannot see."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from scanner.collection.mariadb.server import describe
from scanner.model.evidence import Query
from scanner.transport.shell import Limits
from tests.databases.mariadb import Server, server
from tests.databases.mariadb_asked import ask, client, outcomes, rules

pytestmark = pytest.mark.server

ADMINISTRATORS = ["root@localhost", "mariadb.sys@localhost", "superuser@127.0.0.1", "superuser@localhost"]
WATCHERS = [f"{name}@{host}" for name in ("monitor", "scanner") for host in ("127.0.0.1", "localhost")]
OWN: Mapping[str, list[str]] = {
    "mariadb_process_privilege_restricted": [*ADMINISTRATORS, *WATCHERS],
    "mariadb_replication_privilege_restricted": [*ADMINISTRATORS, "replicator@127.0.0.1"],
    "mariadb_socket_accounts_approved": ["root@localhost"],
    "mariadb_definers_unprivileged": [],
}
PROBES = "plaintext,old-tls,certificate"

TABLE = """
rule                                      weak  hardened       bare on hardened
mariadb_accounts_have_passwords           fail  pass           unknown
mariadb_anonymous_accounts_absent         fail  pass           unknown
mariadb_audit_forced                      fail  pass           pass
mariadb_audit_logging                     fail  pass           pass
mariadb_authentication_strong             fail  pass           unknown
mariadb_binary_log_enabled                fail  pass           pass
mariadb_certificate_valid                 fail  pass           pass
mariadb_client_certificates_required      fail  pass           unknown
mariadb_connections_limited               fail  pass           unknown
mariadb_create_user_privilege_restricted  fail  pass           unknown
mariadb_data_privileges_narrow            fail  pass           unknown
mariadb_definers_unprivileged             fail  pass           unknown
mariadb_error_log_set                     fail  pass           pass
mariadb_file_access_confined              fail  pass           pass
mariadb_file_privilege_restricted         fail  pass           unknown
mariadb_grant_option_restricted           fail  pass           unknown
mariadb_grant_tables_in_force             pass  pass           pass
mariadb_listens_on_named_addresses        fail  pass           pass
mariadb_local_infile_disabled             fail  pass           pass
mariadb_logs_encrypted                    fail  pass           pass
mariadb_old_passwords_disabled            fail  pass           unknown
mariadb_old_tls_refused                   fail  pass           pass
mariadb_password_complexity_enforced      fail  pass           pass
mariadb_password_lifetime_bounded         fail  pass           unknown
mariadb_password_reuse_prevented          fail  pass           pass
mariadb_plaintext_refused                 fail  pass           pass
mariadb_process_privilege_restricted      fail  pass           unknown
mariadb_remote_accounts_encrypted         fail  pass           pass
mariadb_replica_verifies_primary          fail  pass           unknown
mariadb_replication_account_unprivileged  fail  pass           unknown
mariadb_replication_ciphers_approved      fail  pass           unknown
mariadb_replication_encrypted             fail  pass           unknown
mariadb_replication_mutual_tls            fail  pass           unknown
mariadb_replication_privilege_restricted  fail  pass           unknown
mariadb_sample_databases_absent           fail  pass           unknown
mariadb_secure_transport_required         fail  pass           pass
mariadb_settings_survive_restart          fail  pass           pass
mariadb_shutdown_privilege_restricted     fail  pass           unknown
mariadb_socket_accounts_approved          fail  pass           unknown
mariadb_sql_mode_strict                   fail  pass           pass
mariadb_super_privilege_restricted        fail  pass           unknown
mariadb_suspicious_functions_refused      fail  pass           pass
mariadb_symbolic_links_disabled           fail  pass           pass
mariadb_system_tables_restricted          fail  pass           unknown
mariadb_tablespaces_encrypted             fail  pass           unknown
mariadb_tls_ciphers_approved              fail  pass           pass
mariadb_tls_versions_modern               fail  pass           pass
mariadb_warnings_logged                   fail  pass           pass
mariadb_wildcard_hosts_absent             fail  pass           unknown
"""
"""Variables and plug-ins are open to any login, so that a bare one sees what a scanner sees there. The weak server runs
with its grant tables, without which nobody could log in as anybody: see the test of its own."""
ROWS = [line.split() for line in TABLE.splitlines()[2:]]

WEAK_TOO = (
    "CREATE USER peer@localhost IDENTIFIED VIA unix_socket",
    "SET GLOBAL log_queries_not_using_indexes = ON",
    "CHANGE MASTER TO MASTER_HOST = '192.0.2.1', MASTER_USER = 'replicator', MASTER_SSL = 0",
)
HARDENED_TOO = (
    (
        "CREATE USER far@'192.0.2.7' IDENTIFIED VIA ed25519 USING PASSWORD('Pw-far-away-0815-Z')"
        " REQUIRE X509 WITH MAX_USER_CONNECTIONS 5"
    ),
    (
        "CHANGE MASTER TO MASTER_HOST = '192.0.2.1', MASTER_USER = 'replicator', MASTER_SSL = 1,"
        " MASTER_SSL_CA = '{folder}/tls/ca.crt', MASTER_SSL_VERIFY_SERVER_CERT = 1,"
        " MASTER_SSL_CERT = '{folder}/tls/client.crt', MASTER_SSL_KEY = '{folder}/tls/client.key',"
        " MASTER_SSL_CIPHER = 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256'"
    ),
)


def values() -> dict[str, dict[str, Any]]:
    """Give the values of the site that the test servers are."""
    approved = {
        name: {"approved": OWN.get(name, ADMINISTRATORS)} for name, rule in rules().items() if "approved" in rule.values
    }
    # The test authority's certificates are good for a month.
    return {**approved, "mariadb_certificate_valid": {"left": 86_400}}


@pytest.fixture(scope="module")
def pair() -> Iterator[dict[str, Server]]:
    with contextlib.ExitStack() as stack:
        yield {
            "weak": stack.enter_context(server("weak", sql=WEAK_TOO)),
            "hardened": stack.enter_context(server("hardened", sql=HARDENED_TOO)),
        }


@pytest.fixture(scope="module")
def judged(pair: dict[str, Server]) -> dict[str, dict[str, str]]:
    return {
        f"{flavour} {role}": outcomes(pair[flavour], role, values(), probes=PROBES)
        for flavour in pair
        for role in ("scanner", "bare")
    }


def test_the_table_names_every_automated_rule() -> None:
    assert [row[0] for row in ROWS] == sorted(rules())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_weak_fails_hardened_passes_bare_cannot_tell(judged: dict[str, dict[str, str]], row: list[str]) -> None:
    rule, weak, hardened, bare = row
    got = [judged[who][rule] for who in ("weak scanner", "hardened scanner", "hardened bare")]
    assert got == [weak, hardened, bare]
    # On the weak server a bare login may see enough for a failure, but never passes what the scanner fails.
    assert judged["weak bare"][rule] in (weak, "unknown")


def test_a_socket_will_do(pair: dict[str, Server]) -> None:
    found = outcomes(pair["hardened"], "scanner", values(), over_socket=True)
    lost = {name: outcome for name, outcome in found.items() if outcome not in ("pass", "notapplicable")}
    assert lost == {}


def test_the_monitor_knows_state_but_no_accounts(pair: dict[str, Server]) -> None:
    found = outcomes(pair["hardened"], "monitor", values())
    assert found["mariadb_tablespaces_encrypted"] == found["mariadb_sample_databases_absent"] == "pass"
    assert found["mariadb_replica_verifies_primary"] == "pass"
    assert found["mariadb_accounts_have_passwords"] == "unknown"


TRAPS = [
    ("SET GLOBAL server_audit_logging = OFF", "SET GLOBAL server_audit_logging = ON", "mariadb_audit_logging"),
    ("SET GLOBAL server_audit_excl_users = 'root'", "SET GLOBAL server_audit_excl_users = ''", "mariadb_audit_logging"),
    ("SET GLOBAL server_audit_events = 'TABLE'", "SET GLOBAL server_audit_events = 'CONNECT'", "mariadb_audit_logging"),
    ("GRANT FILE ON *.* TO PUBLIC", "REVOKE FILE ON *.* FROM PUBLIC", "mariadb_file_privilege_restricted"),
    ("GRANT SELECT ON `m%`.* TO sky_app@127.0.0.1", "REVOKE SELECT ON `m%`.* FROM sky_app@127.0.0.1", "mariadb_system_tables_restricted"),
    ("GRANT UPDATE ON mysql.global_priv TO sky_app@127.0.0.1", "REVOKE UPDATE ON mysql.global_priv FROM sky_app@127.0.0.1", "mariadb_system_tables_restricted"),
    ("GRANT SELECT ON `%`.* TO sky_app@127.0.0.1", "REVOKE SELECT ON `%`.* FROM sky_app@127.0.0.1", "mariadb_data_privileges_narrow"),
    ("GRANT INSERT ON sky.target TO sky_app@127.0.0.1 WITH GRANT OPTION", "REVOKE GRANT OPTION ON sky.target FROM sky_app@127.0.0.1", "mariadb_grant_option_restricted"),
    ("ALTER USER far@'192.0.2.7' PASSWORD EXPIRE NEVER", "ALTER USER far@'192.0.2.7' PASSWORD EXPIRE DEFAULT", "mariadb_password_lifetime_bounded"),
    ("ALTER USER far@'192.0.2.7' REQUIRE CIPHER 'TLS_AES_256_GCM_SHA384'", "ALTER USER far@'192.0.2.7' REQUIRE X509", "mariadb_client_certificates_required"),
    ("ALTER USER far@'192.0.2.7' IDENTIFIED VIA ed25519 USING PASSWORD('Pw-far-away-0816-Z') OR unix_socket", "ALTER USER far@'192.0.2.7' IDENTIFIED VIA ed25519 USING PASSWORD('Pw-far-away-0817-Z')", "mariadb_socket_accounts_approved"),
    ("ALTER USER far@'192.0.2.7' IDENTIFIED VIA ed25519 USING PASSWORD('Pw-far-away-0818-Z') OR mysql_native_password USING PASSWORD('Pw-far-away-0819-Z')", "ALTER USER far@'192.0.2.7' IDENTIFIED VIA ed25519 USING PASSWORD('Pw-far-away-0820-Z')", "mariadb_authentication_strong"),
    ("SET GLOBAL max_statement_time = 100", None, "mariadb_settings_survive_restart"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "back", "rule"), TRAPS, ids=[f"{rule}-{n}" for n, (_, _, rule) in enumerate(TRAPS)])
def test_what_a_glance_would_miss(pair: dict[str, Server], change: str, back: str | None, rule: str) -> None:
    running = pair["hardened"]
    running.sql(change)
    try:
        assert outcomes(running, "scanner", values(), [rule]) == {rule: "fail"}
    finally:
        if back:
            running.sql(back)


def test_a_role_gives_what_its_members_lack(pair: dict[str, Server]) -> None:
    running = pair["hardened"]
    rule = "mariadb_super_privilege_restricted"
    for statement in ("CREATE ROLE inner_role", "CREATE ROLE outer_role", "GRANT SUPER ON *.* TO inner_role"):
        running.sql(statement)
    running.sql("GRANT inner_role TO outer_role")
    try:
        assert outcomes(running, "scanner", values(), [rule]) == {rule: "pass"}, "root made them; nobody else has them"
        running.sql("GRANT outer_role TO far@'192.0.2.7'")
        assert outcomes(running, "scanner", values(), [rule]) == {rule: "fail"}
        users = ask(running, "scanner", Query.of("mariadb.user"))["mariadb.user"]
        far = next(row for row in users.rows if row["user"] == "far")
        assert (far["roles"], far["privileges"]) == (["inner_role", "outer_role"], ["SUPER"])
        grants = ask(running, "scanner", Query.of("mariadb.grant"))["mariadb.grant"]
        assert ("far@192.0.2.7", "inner_role") in {(row["account"], row["via"]) for row in grants.rows}
    finally:
        running.sql("DROP ROLE inner_role")
        running.sql("DROP ROLE outer_role")


def test_rights_of_our_own_role_count(pair: dict[str, Server]) -> None:
    running = pair["weak"]
    assert ask(running, "bare", Query.of("mariadb.database"))["mariadb.database"].gap is not None
    running.sql("CREATE ROLE sees")
    running.sql("GRANT SHOW DATABASES ON *.* TO sees")
    running.sql("GRANT sees TO bare@localhost")
    running.sql("SET DEFAULT ROLE sees FOR bare@localhost")
    try:
        found = ask(running, "bare", Query.of("mariadb.database"))["mariadb.database"]
        assert found.gap is None
        assert "sky" in {row["database"] for row in found.rows}
    finally:
        running.sql("DROP ROLE sees")


def test_a_way_in_that_fits_nothing_is_none(pair: dict[str, Server]) -> None:
    running = pair["weak"]
    # As Debian makes its root: a native password that no password fits, or the socket.
    running.sql("CREATE USER odd@localhost IDENTIFIED VIA mysql_native_password USING 'invalid' OR unix_socket")
    try:
        users = {row["user"]: row for row in ask(running, "scanner", Query.of("mariadb.user"))["mariadb.user"].rows}
    finally:
        running.sql("DROP USER odd@localhost")
    odd = users["odd"]
    assert (odd["plugins"], odd["password"], odd["passwordless"]) == (["unix_socket"], False, False)
    assert (users["intern"]["passwordless"], users[""]["anonymous"], users["mariadb.sys"]["locked"]) == (
        True,
        True,
        True,
    )


def test_hashes_do_not_cross(pair: dict[str, Server]) -> None:
    asked = describe([Query.of("mariadb.user"), Query.of("mariadb.grant"), Query.of("mariadb.routine")])
    for running in pair.values():
        rows = running.sql("SELECT JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv")
        secrets = [secret for (secret,) in rows if secret]
        crossed = repr(client(running, "scanner").ask("", asked.statements, Limits()).replies)
        assert len(secrets) > 5
        assert [secret for secret in secrets if secret in crossed] == []


def test_without_grant_tables_everybody_is_everything() -> None:
    rule = "mariadb_grant_tables_in_force"
    with server("weak") as running:
        running.restart(skip_grant_tables=None)
        assert outcomes(running, "bare", {}, [rule]) == {rule: "fail"}


def test_a_plain_tablespace_from_before_is_found() -> None:
    rule = "mariadb_tablespaces_encrypted"
    with server("hardened", options={"innodb_encrypt_tables": "ON", "innodb_encryption_threads": "0"}) as running:
        running.sql("CREATE TABLE sky.open (id int) ENCRYPTED = NO")
        assert outcomes(running, "scanner", {}, [rule]) == {rule: "fail"}
