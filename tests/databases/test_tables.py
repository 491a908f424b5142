"""Every rule that a server answers is judged on real servers, weak and hardened: no rule without its vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.operations.content import load_content
from tests.databases.test_postgres_rights import FOLDERS

HERE = Path(__file__).parent
WHOLE = tuple(f"rules/postgres/{folder}/" for folder in FOLDERS)
"""Folders all of whose rules one test judges."""


@pytest.mark.parametrize("platform", ["postgres", "mariadb", "mongodb"])
def test_each_automated_rule_stands_in_a_test_on_servers(platform: str) -> None:
    texts = "".join(path.read_text() for path in HERE.glob("*.py"))
    rules = [rule for rule in load_content().rules.values() if rule.platforms == (platform,) and not rule.manual]
    asked_of_servers = [rule.id for rule in rules if "host" not in rule.labels and not rule.path.startswith(WHOLE)]
    assert len(rules) > 20
    short = [name.removeprefix(f"{platform}_") for name in asked_of_servers]
    assert [name for name in short if name not in texts] == []
