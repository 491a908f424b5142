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
    assert endpoint(f"platform: {platform}").address == ""


def test_the_folder_of_a_repository_is_the_hosts_own() -> None:
    assert dict(endpoint("platform: git, folder: srv/repo").options)["folder"] == "srv/repo"


def test_iperius_may_name_the_pattern_of_its_files() -> None:
    found = endpoint("platform: iperius, folder: x, language: it, pattern: '(?P<object>[a-z]+)', covers: erp")
    assert {"language", "pattern", "covers"} <= set(dict(found.options))
