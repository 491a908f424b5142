"""Targets that are read from a folder: where it lies, and what names the transport."""

from __future__ import annotations

import pytest

from scanner.catalog.files.targets import read_inventory
from scanner.model.errors import Problem
from scanner.model.inventory import Endpoint


def endpoint(settings: str) -> Endpoint:
    problems: list[Problem] = []
    body = f"schema: inventory/1\ntargets: {{t1: {{{settings}}}}}"
    inventory = read_inventory("/srv/policy/inventory.yaml", body.encode(), problems)
    assert inventory is not None, problems
    return inventory.targets[0].endpoint


@pytest.mark.parametrize("platform", ["veeam", "kubernetes"])
def test_a_folder_takes_the_place_of_the_api(platform: str) -> None:
    assert endpoint(f"platform: {platform}").transport == "https"
    assert endpoint(f"platform: {platform}, transport: https, folder: x").transport == "https"
    found = endpoint(f"platform: {platform}, folder: exports/x, every: 6h")
    assert (found.transport, found.address) == ("files", "/srv/policy/exports/x")
    assert dict(found.options) == {"folder": "/srv/policy/exports/x", "every": "6h"}


@pytest.mark.parametrize("platform", ["iperius", "records"])
def test_folders_are_seen_from_the_inventory(platform: str) -> None:
    assert dict(endpoint(f"platform: {platform}, folder: drills").options)["folder"] == "/srv/policy/drills"
    assert dict(endpoint(f"platform: {platform}, folder: /mnt/x").options)["folder"] == "/mnt/x"
    assert endpoint(f"platform: {platform}, folder: x, local: true").transport == "files"


@pytest.mark.parametrize(
    ("settings", "what", "todo"),
    [
        ("platform: restic, local: true, secret_file: /x", "platform restic without 'repository'", "add repository:"),
        ("platform: borg, local: true", "platform borg without 'repository'", "add repository:"),
        ("platform: rclone, local: true", "platform rclone without 'remote'", "add remote:"),
        ("platform: git, local: true", "platform git without 'folder'", "add folder:"),
        ("platform: iperius", "platform iperius without 'folder'", "add folder:"),
        ("platform: records", "platform records without 'folder'", "add folder:"),
        (
            "platform: linux, ids: {restik: x}",
            "restore points carry no keys of the kind 'restik'",
            "did you mean 'restic'?",
        ),
        ("platform: linux, ids: {walg: x}", "restore points carry no keys of the kind 'walg'", "did you mean 'wal-g'?"),
        ("platform: veeam, folder: x, every: 1x", "'1x' is no duration", "write such as 90d, 1h30m or 15 min"),
        (
            "platform: rclone, local: true, remote: x, pattern: '(?P<obj'",
            "this is no regular expression of RE2",
            "it has no look-around and no back-references",
        ),
    ],
)
def test_settings_that_a_platform_cannot_be_asked_without(settings: str, what: str, todo: str) -> None:
    problems: list[Problem] = []
    body = f"schema: inventory/1\ntargets: {{t1: {{{settings}}}}}"
    assert read_inventory("inventory.yaml", body.encode(), problems) is None
    assert [(what in each.what, todo in each.remedy) for each in problems] == [(True, True)], problems


def test_keys_of_other_systems_and_recorded_answers_are_let_be() -> None:
    assert endpoint("platform: linux, ids: {cmdb: x, serial: y}").transport == "ssh"
    assert endpoint("platform: restic, replay: answer.txt").transport == "replay"


def test_the_folder_of_a_repository_is_the_hosts_own() -> None:
    assert dict(endpoint("platform: git, folder: srv/repo").options)["folder"] == "srv/repo"


def test_iperius_may_name_the_pattern_of_its_files() -> None:
    found = endpoint("platform: iperius, folder: x, language: it, pattern: '(?P<object>[a-z]+)', covers: erp")
    assert {"language", "pattern", "covers"} <= set(dict(found.options))
