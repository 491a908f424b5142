"""Names are found in built-in tables, then among plug-ins; a misspelt one gets a near word."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from scanner import plugins
from scanner.model.errors import ConfigurationError

BUILTIN = {"sarif": "json", "junit": "json:dumps"}


def test_builtin_is_imported_on_demand() -> None:
    import json

    assert plugins.find("reporters", "sarif", BUILTIN) is json
    assert plugins.find("reporters", "junit", BUILTIN) is json.dumps


def test_misspelt_name_gets_a_near_word() -> None:
    with pytest.raises(ConfigurationError, match=r"^no reporter is called 'sarrif' \(did you mean 'sarif'\?\)$"):
        plugins.find("reporters", "sarrif", BUILTIN)


def test_foreign_name_gets_the_list() -> None:
    with pytest.raises(ConfigurationError, match=r"^no reporter is called 'xyz' \(one of junit, sarif\)$"):
        plugins.find("reporters", "xyz", BUILTIN)


def test_plugin_is_second_and_a_broken_one_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "sarif": EntryPoint("sarif", "nowhere", "controlproof.reporters"),
        "mine": EntryPoint("mine", "os.path:join", "controlproof.reporters"),
        "broken": EntryPoint("broken", "no_such_module_here", "controlproof.reporters"),
    }
    monkeypatch.setattr(plugins, "plugins", lambda kind: found)
    import json
    import os.path

    assert plugins.find("reporters", "sarif", BUILTIN) is json
    assert plugins.find("reporters", "mine", BUILTIN) is os.path.join
    with pytest.raises(ConfigurationError, match=r"^reporters plug-in 'broken': does not load: No module named"):
        plugins.find("reporters", "broken", BUILTIN)


def test_no_plugins_are_installed_here() -> None:
    assert plugins.plugins("no-such-kind") == {}
