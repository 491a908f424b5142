"""Rules on connections, replication, archiving, releases and own queries, judged on real servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.databases.postgres import Cluster
from tests.databases.verdicts import verdicts

pytestmark = pytest.mark.server
Clusters = Callable[[str, str], Cluster]

PASS, FAIL, UNKNOWN, NA = "pass", "fail", "unknown", "notapplicable"
OUTCOMES = {
    # rule: outcomes of the weak cluster for a scanner and a bare login, of the hardened one for both
    "postgres_tls_enabled": (FAIL, FAIL, PASS, PASS),
    "postgres_tls_versions_current": (FAIL, FAIL, PASS, UNKNOWN),
    "postgres_tls_ciphers_strong": (FAIL, FAIL, PASS, UNKNOWN),
    "postgres_sessions_encrypted": (FAIL, FAIL, PASS, UNKNOWN),
    "postgres_archiving_works": (FAIL, FAIL, PASS, UNKNOWN),
    "postgres_archive_timeout_bounded": (NA, NA, PASS, PASS),
    "postgres_data_checksums_enabled": (FAIL, FAIL, PASS, PASS),
    "postgres_checksum_failures_absent": (NA, NA, PASS, PASS),
    "postgres_release_supported": (PASS, PASS, PASS, PASS),
    "postgres_replication_encrypted": (PASS, PASS, PASS, PASS),
    "postgres_slots_bounded": (PASS, PASS, PASS, PASS),
    "postgres_standby_verifies_primary": (NA, NA, NA, NA),
    "postgres_retention_kept": (PASS, PASS, PASS, PASS),
    "postgres_disposal_done": (FAIL, FAIL, FAIL, FAIL),
}
VALUES = {
    "postgres_sessions_encrypted": {"exempt": ["socket"]},
    "postgres_retention_kept": {"database": "postgres", "query": "SELECT 1 WHERE false"},
    "postgres_disposal_done": {"database": "postgres", "query": "SELECT 1"},
}


@pytest.mark.parametrize("version", ["15", "16", "18"])
def test_weak_fails_hardened_passes_and_a_bare_login_never_passes_what_it_cannot_see(
    postgres_clusters: Clusters, version: str
) -> None:
    weak, hardened = postgres_clusters(version, "weak"), postgres_clusters(version, "hardened")
    hardened.sql("SELECT pg_switch_wal()")
    seen = [verdicts(cluster, role, OUTCOMES, VALUES) for cluster in (weak, hardened) for role in ("scanner", "bare")]
    found = {rule: tuple(each[rule] for each in seen) for rule in OUTCOMES}
    assert found == OUTCOMES


def test_what_a_release_is_held_against_is_dated(postgres_clusters: Clusters) -> None:
    """The servers at hand are behind; whether the newest is known depends on the age of the table."""
    outcomes = verdicts(postgres_clusters("16", "weak"), "bare", ["postgres_release_current"])
    assert outcomes["postgres_release_current"] == FAIL
