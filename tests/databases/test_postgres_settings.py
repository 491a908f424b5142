"""Settings of real PostgreSQL servers: what is in force, what hides it, and what rules make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.databases.postgres import VERSIONS, Cluster, cluster
from tests.databases.verdicts import Values, ask, verdicts

pytestmark = pytest.mark.server
Clusters = Callable[[str, str], Cluster]
EACH = pytest.mark.parametrize("version", VERSIONS)

PASS, FAIL, UNKNOWN, NA = "pass", "fail", "unknown", "notapplicable"
OUTCOMES = {
    # rule: outcomes of the weak cluster, the hardened one, and of both for a login without any right
    "postgres_backend_settings_safe": (FAIL, PASS, FAIL, PASS),
    "postgres_connections_logged": (FAIL, PASS, FAIL, PASS),
    "postgres_debug_output_indented": (FAIL, PASS, FAIL, PASS),
    "postgres_debug_parse_unlogged": (FAIL, PASS, FAIL, PASS),
    "postgres_debug_plan_unlogged": (FAIL, PASS, FAIL, PASS),
    "postgres_debug_rewritten_unlogged": (FAIL, PASS, FAIL, PASS),
    "postgres_disconnections_logged": (FAIL, PASS, FAIL, PASS),
    "postgres_error_details_logged": (FAIL, PASS, FAIL, PASS),
    "postgres_external_pid_file_approved": (PASS, PASS, UNKNOWN, UNKNOWN),
    "postgres_failing_statements_logged": (FAIL, PASS, FAIL, PASS),
    "postgres_library_path_approved": (PASS, PASS, UNKNOWN, UNKNOWN),
    "postgres_listen_addresses_named": (FAIL, PASS, FAIL, PASS),
    "postgres_log_destination_approved": (PASS, PASS, PASS, PASS),
    "postgres_log_directory_approved": (PASS, PASS, UNKNOWN, UNKNOWN),
    "postgres_log_directory_outside_data": (FAIL, PASS, UNKNOWN, UNKNOWN),
    "postgres_log_file_mode_private": (FAIL, PASS, FAIL, PASS),
    "postgres_log_filename_approved": (PASS, PASS, UNKNOWN, UNKNOWN),
    "postgres_log_hostname_disabled": (FAIL, PASS, FAIL, PASS),
    "postgres_log_line_prefix_complete": (FAIL, PASS, FAIL, PASS),
    "postgres_log_rotated_by_age": (FAIL, PASS, FAIL, PASS),
    "postgres_log_rotated_by_size": (PASS, PASS, PASS, PASS),
    "postgres_log_timezone_approved": (FAIL, PASS, FAIL, PASS),
    "postgres_log_truncated_on_rotation": (NA, PASS, UNKNOWN, PASS),
    "postgres_logging_collector_enabled": (PASS, PASS, PASS, PASS),
    "postgres_password_complexity_checked": (FAIL, PASS, UNKNOWN, UNKNOWN),
    "postgres_password_encryption_scram": (FAIL, PASS, FAIL, PASS),
    "postgres_postmaster_settings_approved": (NA, NA, NA, NA),
    "postgres_preloaded_libraries_approved": (PASS, PASS, UNKNOWN, UNKNOWN),
    "postgres_reload_settings_approved": (NA, NA, NA, NA),
    "postgres_replication_commands_logged": (FAIL, PASS, FAIL, PASS),
    "postgres_restart_not_pending": (PASS, PASS, UNKNOWN, UNKNOWN),
    "postgres_server_messages_logged": (FAIL, PASS, FAIL, PASS),
    "postgres_setting_files_applied": (PASS, PASS, UNKNOWN, UNKNOWN),
    "postgres_setting_overrides_approved": (PASS, PASS, PASS, PASS),
    "postgres_socket_directories_approved": (FAIL, FAIL, UNKNOWN, UNKNOWN),
    "postgres_statements_logged": (FAIL, PASS, FAIL, PASS),
    "postgres_superuser_settings_approved": (NA, NA, NA, NA),
    "postgres_syslog_facility_approved": (PASS, NA, PASS, NA),
    "postgres_syslog_ident_approved": (PASS, NA, PASS, NA),
    "postgres_syslog_messages_split": (FAIL, NA, FAIL, NA),
    "postgres_syslog_sequence_numbers_enabled": (FAIL, NA, FAIL, NA),
    "postgres_temporary_files_bounded": (FAIL, PASS, FAIL, PASS),
}
"""The sockets of test clusters lie in a temporary folder; approved lists of settings are the site's own to make."""
WORSE = {
    "logging_collector": "off",
    "log_destination": "stderr",
    "external_pid_file": "{folder}/pid",
    "dynamic_library_path": "/tmp/lib:$libdir",
    "session_preload_libraries": "auth_delay",
    "listen_addresses": "127.0.0.1, 0",
}
"""What the weak recipe does not spoil, or in another way."""
WORSE_LOGS = {
    "log_filename": "postgresql.log",
    "log_rotation_size": "0",
    "syslog_facility": "local7",
    "syslog_ident": "cron",
    "syslog_sequence_numbers": "on",
    "log_destination": "syslog",
    "log_line_prefix": "%u %d %a %r",
}


@EACH
@pytest.mark.parametrize(("flavour", "place"), [("weak", 0), ("hardened", 1)])
def test_outcomes(postgres_clusters: Clusters, version: str, flavour: str, place: int) -> None:
    server = postgres_clusters(version, flavour)
    expected = {rule: outcomes[place] for rule, outcomes in OUTCOMES.items()}
    assert verdicts(server, "scanner", OUTCOMES) == expected
    bare = {rule: outcomes[place + 2] for rule, outcomes in OUTCOMES.items()}
    assert verdicts(server, "bare", OUTCOMES) == bare


@EACH
def test_a_bare_login_never_passes_what_only_others_may_see(postgres_clusters: Clusters, version: str) -> None:
    found = verdicts(postgres_clusters(version, "hardened"), "bare", ["postgres_pgaudit_logging"])
    assert found == {"postgres_pgaudit_logging": "unknown"}


def test_pgaudit_is_judged_where_it_is_packaged(postgres_clusters: Clusters) -> None:
    rule = "postgres_pgaudit_logging"
    outcomes = [verdicts(postgres_clusters("15", flavour), "scanner", [rule])[rule] for flavour in ("weak", "hardened")]
    assert outcomes == [FAIL, PASS]


def test_what_the_weak_recipe_leaves_whole_can_fail_too() -> None:
    values: Values = {"postgres_preloaded_libraries_approved": {"approved": []}}
    rules = {
        "postgres_logging_collector_enabled": FAIL,
        "postgres_external_pid_file_approved": FAIL,
        "postgres_library_path_approved": FAIL,
        "postgres_preloaded_libraries_approved": FAIL,
        "postgres_listen_addresses_named": FAIL,
        "postgres_log_file_mode_private": NA,
        "postgres_log_directory_outside_data": NA,
        "postgres_syslog_messages_split": NA,
    }
    with cluster("16", "weak", settings=WORSE) as server:
        assert verdicts(server, "scanner", rules, values) == rules


def test_logs_by_the_collector_and_by_syslog() -> None:
    rules = {
        "postgres_log_filename_approved": FAIL,
        "postgres_log_truncated_on_rotation": FAIL,
        "postgres_log_rotated_by_size": FAIL,
        "postgres_syslog_ident_approved": FAIL,
        "postgres_syslog_facility_approved": PASS,
        "postgres_syslog_sequence_numbers_enabled": PASS,
        "postgres_log_line_prefix_complete": PASS,
    }
    with cluster("16", "weak", settings=WORSE_LOGS) as server:
        assert verdicts(server, "scanner", rules) == rules


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster("15", "hardened") as running:
        yield running


class TestChanges:
    """One hardened cluster of the version with pgAudit; each test undoes what it did."""

    def judged(self, server: Cluster, rule: str, role: str = "scanner", **values: object) -> str:
        return verdicts(server, role, [rule], {rule: values})[rule]

    @pytest.mark.parametrize(
        ("whom", "scope"),
        [("ROLE sky_app", "role sky_app"), ("DATABASE sky", "database sky"), ("ROLE ALL", "every role")],
    )
    def test_auditing_that_an_override_switches_off(self, server: Cluster, whom: str, scope: str) -> None:
        server.sql(f"ALTER {whom} SET pgaudit.log = 'none'")
        try:
            [found] = ask(server, "scanner", Query.of("postgres.setting", {"name": "pgaudit.log"}))
            assert [(row["scope"], row["value"]) for row in found.rows] == [
                ("server", "ddl, write, role, read"),
                (scope, "none"),
            ]
            assert self.judged(server, "postgres_pgaudit_logging") == FAIL
            assert self.judged(server, "postgres_setting_overrides_approved") == FAIL
        finally:
            server.sql(f"ALTER {whom} RESET pgaudit.log")
        assert self.judged(server, "postgres_pgaudit_logging") == PASS

    def test_an_override_that_hides_the_servers_value_from_us(self, server: Cluster) -> None:
        log_statement = Query.of("postgres.setting", {"name": "log_statement"})
        server.sql("ALTER ROLE scanner SET log_statement = 'all'")
        server.sql("ALTER ROLE settings SET log_statement = 'all'")
        server.set(log_statement="none")
        try:
            assert server.sql("SELECT 1", database="sky") == [(1,)]
            [seen] = ask(server, "scanner", log_statement)
            assert (seen.rows[0]["scope"], seen.rows[0]["value"]) == ("server", "none")
            [blind] = ask(server, "settings", log_statement)
            assert isinstance(blind.rows[0]["value"], Gap)
            assert self.judged(server, "postgres_statements_logged") == FAIL
        finally:
            server.sql("ALTER ROLE scanner RESET log_statement")
            server.sql("ALTER ROLE settings RESET log_statement")
            server.set(log_statement=None)
        assert self.judged(server, "postgres_statements_logged") == PASS

    def test_a_change_that_waits_for_a_restart(self, server: Cluster) -> None:
        server.set(max_connections="60")
        try:
            [changed] = ask(server, "scanner", "postgres.setting_changed")
            pending = [(row["name"], row["value"]) for row in changed.rows if row["pending_restart"] is True]
            assert pending == [("max_connections", "50")]
            [lines] = ask(server, "scanner", "postgres.setting_file")
            assert [(row["name"], row["value"]) for row in lines.rows] == [("max_connections", "60")]
            assert self.judged(server, "postgres_restart_not_pending") == FAIL
            assert self.judged(server, "postgres_setting_files_applied") == FAIL
            assert self.judged(server, "postgres_restart_not_pending", "bare") == FAIL
        finally:
            server.set(max_connections=None)
        assert self.judged(server, "postgres_restart_not_pending") == PASS

    def test_a_line_that_cannot_be_applied(self, server: Cluster) -> None:
        text = (server.data / "postgresql.conf").read_text()
        server.write("postgresql.conf", f"{text}log_statement = 'everything'\nnonsense\n")
        try:
            assert self.judged(server, "postgres_setting_files_applied") == FAIL
            assert self.judged(server, "postgres_setting_files_applied", "settings") == UNKNOWN
        finally:
            server.write("postgresql.conf", text)
        assert self.judged(server, "postgres_setting_files_applied") == PASS

    def test_settings_that_were_approved(self, server: Cluster) -> None:
        [changed] = ask(server, "scanner", "postgres.setting_changed")
        for context, rule in (
            ("postmaster", "postgres_postmaster_settings_approved"),
            ("sighup", "postgres_reload_settings_approved"),
            ("superuser", "postgres_superuser_settings_approved"),
        ):
            approved = [row["assignment"] for row in changed.rows if row["context"] == context]
            assert len(approved) > 2
            assert self.judged(server, rule, approved=approved) == PASS
            assert self.judged(server, rule, approved=approved[1:]) == FAIL
            assert self.judged(server, rule, "bare", approved=[*approved, "a=b"]) == UNKNOWN

    def test_sockets_in_a_folder_that_was_approved(self, server: Cluster) -> None:
        rule = "postgres_socket_directories_approved"
        assert self.judged(server, rule, approved=[str(server.sockets)]) == PASS

    def test_no_secret_leaves_the_server(self, server: Cluster) -> None:
        server.set(primary_conninfo="host=a password='geh eim' user=b", ssl_passphrase_command="echo geheim")
        server.sql("ALTER DATABASE sky SET app.jwt_secret = 'geheim'")
        server.sql("ALTER DATABASE sky SET archive.note = 'PASSWORD=geheim x'")
        try:
            server.set(
                archive_command="AWS_SECRET_ACCESS_KEY=geheim push --repo-token 'ge heim' %p",
                restore_command="curl -u me:geheim -x http://me:geheim@proxy:80/ https://host/%f",
            )
            asked = ("primary_conninfo", "app.jwt_secret", "archive_command", "restore_command")
            queries = [Query.of("postgres.setting", {"name": name}) for name in asked]
            found = ask(server, "scanner", *queries, "postgres.setting_override", "postgres.setting_changed")
            assert "geh" not in str(found)
            assert "host=a password=(hidden) user=b" in str(found[0])
            assert "PASSWORD" not in str(found)
            assert "AWS_SECRET_ACCESS_KEY=(hidden) push --repo-token (hidden) %p" in str(found[2])
            assert "curl -u me:(hidden) -x http://me:(hidden)@proxy:80/ https://host/%f" in str(found[3])
        finally:
            server.set(primary_conninfo=None, ssl_passphrase_command=None, archive_command=None, restore_command=None)
            server.sql("ALTER DATABASE sky RESET ALL")


def test_a_setting_of_a_library_that_is_not_loaded_is_no_setting() -> None:
    with cluster("16", "hardened", settings={"pgaudit.log": "all"}) as server:
        [[shown]] = server.sql("SHOW pgaudit.log")
        assert shown == "all"
        [found] = ask(server, "scanner", Query.of("postgres.setting", {"name": "pgaudit.log"}))
        assert (found.rows[0]["present"], found.rows[0]["value"]) == (False, ABSENT)
        assert verdicts(server, "scanner", ["postgres_pgaudit_logging"]) == {"postgres_pgaudit_logging": FAIL}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("on", PASS),
        ("all", PASS),
        ("receipt, AUTHENTICATION,authorization", PASS),
        ("authentication", FAIL),
        ("off", FAIL),
        ("", FAIL),
    ],
)
def test_the_list_of_events_of_18(value: str, outcome: str, eighteen: Cluster) -> None:
    eighteen.set(log_connections=value)
    assert verdicts(eighteen, "scanner", ["postgres_connections_logged"]) == {"postgres_connections_logged": outcome}


@pytest.fixture(scope="module")
def eighteen() -> Iterator[Cluster]:
    with cluster("18", "hardened") as running:
        yield running


def test_a_list_of_settings_without_privileges_is_known_to_be_incomplete(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("17", "hardened")
    bare: Evidence
    [bare] = ask(server, "bare", "postgres.setting_changed")
    assert bare.gap is not None
    assert bare.gap.kind is Outcome.UNKNOWN
    [seen] = ask(server, "settings", "postgres.setting_changed")
    assert seen.gap is None
    assert {row["name"] for row in bare.rows} < {row["name"] for row in seen.rows}
