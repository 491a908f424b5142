"""Database servers that a whole test run shares: started when first asked for, and not to be changed by tests.

def test_x(postgres_clusters):
    server = postgres_clusters("16", "weak")
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.databases import mariadb, postgres

Clusters = Callable[[str, str], postgres.Cluster]
Servers = Callable[[str], mariadb.Server]


@pytest.fixture(scope="session")
def postgres_clusters() -> Iterator[Clusters]:
    """Give (version, flavour) > a running PostgreSQL cluster."""
    with contextlib.ExitStack() as stack:
        running: dict[tuple[str, str], postgres.Cluster] = {}

        def given(version: str, flavour: str) -> postgres.Cluster:
            if (version, flavour) not in running:
                running[version, flavour] = stack.enter_context(postgres.cluster(version, flavour))
            return running[version, flavour]

        yield given


@pytest.fixture(scope="session")
def mariadb_servers() -> Iterator[Servers]:
    """Give flavour > a running MariaDB server."""
    with contextlib.ExitStack() as stack:
        running: dict[str, mariadb.Server] = {}

        def given(flavour: str) -> mariadb.Server:
            if flavour not in running:
                running[flavour] = stack.enter_context(mariadb.server(flavour))
            return running[flavour]

        yield given
