"""The files that `init` writes: they load as they are, and say in comments what to write next."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from scanner.catalog import scalars
from scanner.catalog.files.ansible import from_ansible
from scanner.catalog.files.base import ID
from scanner.model.errors import ConfigurationError, ContentError, Problem

_LINE = re.compile(r"\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*")
_BARE = re.compile(r"[A-Za-z_/~][A-Za-z0-9_./@-]*")
_SHOWN = re.compile(r"[A-Za-z0-9_.:@-]+")
_GIT_HOSTING = "git"
"""Log-in name of servers that give no shell."""

CONFIGURATION = """\
schema: config/1
# Paths are seen from this folder. Flags and CONTROLPROOF_* variables win over this file.
inventory: inventory.yaml
profiles: [auto]                # chooses by platform and version, and prints why
waivers: waivers.yaml
output: controlproof-reports
formats: [html, sarif, junit]
fail_on: low                    # critical, high, medium, low or never
# runs: runs                    # keeps every run, for --baseline latest
# keep: 30
# rules: [policy/rules]         # folders of your own rules
# attestations: attestations.yaml
# claims: claims.yaml
# recovery_policy: recovery-policy.yaml   # controlproof policy lint --suggest writes one to begin with
"""

WAIVERS = """\
schema: waivers/1
# Accepted deviations. Each says who accepted it, why, and until when; an expired one no longer counts.
#
# waivers:
#   - id: W1
#     rule: sshd_root_login_disabled
#     targets: [web01]          # or {labels: {env: prod}}, or all
#     reason: The vendor's installer logs in as root until the move.
#     compensating: Logins from the management network only.
#     approver: Jo Doe
#     approved: 2026-11-20
#     expires: 2027-02-01
waivers: []
"""

_HEAD = """\
schema: inventory/1
# What there is, and how to reach it. `controlproof lint` checks this file, `controlproof doctor` connects.
"""

_GROUP = """
groups:
  hosts:                        # what its targets share
    platform: linux
    profiles: [auto]            # chooses by platform and version, and prints why
    # become: [sudo, -n]        # without root, what only root may see stays unknown
    # labels: {env: prod, owner: ops}
"""

EXAMPLE_INVENTORY = (
    _HEAD
    + _GROUP
    + """
targets:
  localhost: {group: hosts, local: true}
  # web01: {group: hosts}       # ssh to web01, as ssh_config says
  # db01: {group: hosts, address: 10.0.0.5, user: audit, ssh: {jump: web01}}
  # db01-pg: {platform: postgres, runs_on: db01, service_class: critical, password: "env:PG_PASSWORD"}
  # web09: {group: hosts, state: maintenance, reason: moving, approver: Jo Doe, until: 2026-12-01}

# assets:                       # what is protected, whether it can be reached or not
#   win03: {kind: windows-vm, service_class: development, ids: {pve: lab/103}}
"""
)


def inventory_from_ssh(text: str, config: str = "") -> str:
    """Write an inventory of the hosts that an ssh_config file names; the example when it names none.

    Address, user, port, key and jump stay in ssh_config, which is asked by the host's name; `config` is the file's
    path when it is not the user's own. Patterns, `Match` blocks and hosts that serve git are left out.
    """
    hosts = {name: said for name, said in ssh_hosts(text).items() if said.get("user") != _GIT_HOSTING}
    named = {name: said for name, said in hosts.items() if ID.fullmatch(name)}
    if not named:
        return EXAMPLE_INVENTORY
    own = f"    ssh: {{config: {scalar(config)}}}\n" if config else ""
    lines = [f"  {scalar(name)}: {{group: hosts}}{_comment(said)}" for name, said in named.items()]
    return _HEAD + _GROUP + own + "\ntargets:\n" + "\n".join(lines) + "\n"


def _comment(said: Mapping[str, str]) -> str:
    user, host, port = said.get("user", ""), said.get("hostname", ""), said.get("port", "")
    place = (f"{user}@" if user else "") + (host or ("*" if user or port else "")) + (f":{port}" if port else "")
    return f"  # {place}" if _SHOWN.fullmatch(place.replace("*", "host")) else ""


def ssh_hosts(text: str) -> dict[str, dict[str, str]]:
    """Give the hosts that an ssh_config names outright, with HostName, User and Port as they hold for each.

    The first value of a keyword wins, as ssh_config(5) says; `Include` is not followed, `Match` blocks are left out.
    """
    blocks: list[tuple[list[str], dict[str, str]]] = [(["*"], {})]
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        keyword, rest = found[1].lower(), found[2]
        if keyword in ("host", "match"):
            blocks.append((_words(rest) if keyword == "host" else [], {}))
        elif keyword in ("hostname", "user", "port"):
            blocks[-1][1].setdefault(keyword, " ".join(_words(rest)))
    names = dict.fromkeys(word for patterns, _ in blocks for word in patterns if not re.search(r"[*?!]", word))
    return {name: _settings(name, blocks) for name in names}


def _settings(name: str, blocks: list[tuple[list[str], dict[str, str]]]) -> dict[str, str]:
    said: dict[str, str] = {}
    for patterns, settings in blocks:
        refused = any(word.startswith("!") and fnmatch.fnmatchcase(name, word[1:]) for word in patterns)
        if not refused and any(fnmatch.fnmatchcase(name, word) for word in patterns):
            said = {**settings, **said}
    return {key: value.replace("%h", name) for key, value in said.items()}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def inventory_from_ansible(path: str, data: bytes) -> str:
    """Write an inventory of the hosts in the JSON of `ansible-inventory --list`.

    Raises ConfigurationError when it is none, ContentError when it says what cannot be carried over.
    """
    problems: list[Problem] = []
    document = from_ansible(path, data, problems)
    if document is None:
        raise ConfigurationError(f"{path}: not the JSON of an Ansible inventory (run `ansible-inventory --list`)")
    if problems:
        raise ContentError(problems)
    if not document.value["targets"]:
        return EXAMPLE_INVENTORY
    lines = [f"  {scalar(name)}: {flow(_without_groups(entry))}" for name, entry in document.value["targets"].items()]
    groups = [f"  {scalar(name)}:" for name in document.value["groups"]]
    listed = "\ngroups:\n" + "\n".join(groups) + "\n" if groups else ""
    return _HEAD + listed + "\ntargets:\n" + "\n".join(lines) + "\n"


def _without_groups(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the labels that only repeat the groups, and lists and maps that are empty."""
    labels = {key: value for key, value in entry["labels"].items() if not key.startswith("group.")}
    return {key: value for key, value in {**entry, "labels": labels}.items() if value not in ({}, [])}


def flow(value: Any) -> str:
    """Write a value in YAML's flow style, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value) if isinstance(value, str) else json.dumps(value)


def scalar(text: str) -> str:
    """Write a text as a YAML scalar: bare where every program reads it alike, else quoted."""
    bare = _BARE.fullmatch(text) and scalars.plain(text) == text
    return text if bare else json.dumps(text, ensure_ascii=False)
