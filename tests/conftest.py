"""Settings for all tests: hypothesis profiles, and the fixtures that several rooms share."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from tests.databases.fixtures import mariadb_servers, postgres_clusters

__all__ = ["mariadb_servers", "postgres_clusters"]

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.register_profile("laptop", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave acceptance tests and guests out unless they are asked for by path or marker; put slow files first."""
    asked = f"{config.getoption('markexpr') or ''} {' '.join(map(str, config.args))}"
    left = [item for item in items if _lane(item) and _lane(item) not in asked]
    if left:
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


SLOW = (
    "tests/acceptance/test_mutations.py",
    "tests/acceptance/test_pre_commit.py",
    "tests/acceptance/test_new_user.py",
    "tests/acceptance/test_units.py",
    "tests/aws/",
    "tests/packaging/",
    "tests/databases/test_hba_fuzz.py",
    "tests/operations/test_fleet.py",
    "tests/cli/test_bundle.py",
)
"""Files that begin first, so that no worker is left alone with one at the end."""


class Together(LoadFileScheduling):
    """Gives each file to one worker, and the files that share the bench of AWS to one alone: building it takes long."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "tests/aws" if file.startswith("tests/aws/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Replace the scheduling by files; they go out in the order of `SLOW`, not by their number of tests."""
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return Together(config, log)


def _lane(item: pytest.Item) -> str:
    """Name the lane that a test belongs to; empty for what always runs."""
    return next((lane for lane in ("guest", "acceptance") if item.get_closest_marker(lane)), "")
