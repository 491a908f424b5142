"""Settings for all tests: hypothesis profiles, and the fixtures that several rooms share."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.register_profile("laptop", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave acceptance tests out unless they are asked for by path or marker."""
    asked = "acceptance" in (config.getoption("markexpr") or "") or any("acceptance" in str(arg) for arg in config.args)
    if asked:
        return
    chosen = [item for item in items if item.get_closest_marker("acceptance") is None]
    left = [item for item in items if item.get_closest_marker("acceptance") is not None]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = chosen
