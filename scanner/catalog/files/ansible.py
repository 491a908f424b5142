"""Ansible inventories, as the JSON of `ansible-inventory --list`, turned into an inventory of our own shape.

Variables are those of the manual's "Connecting to hosts: behavioral inventory parameters". A host variable
`controlproof_KEY` says KEY as an inventory of our own would: `controlproof_service_class: critical`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scanner.catalog.nodes import Document, quoted
from scanner.model.errors import Problem, near

MAX_BYTES = 256 * 2**20
_OWN = "controlproof_"
_SSH = ("ssh", "smart", "paramiko", "paramiko_ssh")
_CONTAINERS = {"docker": "docker", "docker_api": "docker", "podman": "podman"}
_CONNECTIONS = (*_SSH, "local", *_CONTAINERS, "lxd", "kubectl")
_YES = (True, 1, "yes", "true", "on", "1", "y")
_EVERYBODY = ("all", "ungrouped")
_SSH_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")


def from_ansible(path: str, data: bytes, problems: list[Problem]) -> Document | None:
    """Give the document of an inventory of our own shape, without lines; None when the file is not Ansible's JSON.

    What cannot be carried over is appended to `problems`.
    """
    found = _json(data)
    if found is None:
        return None
    reader = _Reader(path, found, problems)
    hosts = reader.hosts()
    value = {
        "schema": "inventory/1",
        "groups": {name: None for name in found if name not in (*_EVERYBODY, "_meta")},
        "targets": {host: reader.entry(host, groups) for host, groups in hosts.items()},
    }
    return Document(path, value, {(): 0})


def _json(data: bytes) -> dict[str, Any] | None:
    if len(data) > MAX_BYTES or not data.lstrip().startswith(b"{") or b'"_meta"' not in data:
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("_meta"), dict) else None


@dataclass(slots=True)
class _Reader:
    """Reads one inventory."""

    path: str
    found: Mapping[str, Any]
    problems: list[Problem]

    def complain(self, host: str, what: str, remedy: str) -> None:
        """Record a problem; Ansible's JSON has no lines worth naming."""
        self.problems.append(Problem(self.path, 0, f"{host}: {what}", remedy))

    def hosts(self) -> dict[str, list[str]]:
        """Give every host with its groups, parents before children."""
        hosts: dict[str, list[str]] = {host: [] for host in self._variables()}
        for group in self._ordered():
            for member in self._members(group):
                hosts.setdefault(member, [])
        for host, groups in hosts.items():
            direct = {group for group in self.found if host in self._members(group)}
            groups += [group for group in self._ordered() if self._reaches(group, direct)]
        return hosts

    def entry(self, host: str, groups: list[str]) -> dict[str, Any]:
        """Give a target's entry from the host's variables, its groups' included."""
        said: dict[str, Any] = {}
        for group in groups:
            said.update(_map(_map(self.found.get(group)).get("vars")))
        said.update(_map(self._variables().get(host)))
        named = [group for group in groups if group not in _EVERYBODY]
        entry: dict[str, Any] = {"platform": "linux", "groups": named}
        entry.update(self._connection(host, _Variables(host, said, self)))
        own = {key.removeprefix(_OWN): value for key, value in said.items() if key.startswith(_OWN)}
        labels = {f"group.{group}": "true" for group in named}
        labels.update(own.pop("labels", {}) if isinstance(own.get("labels", {}), dict) else {})
        return {**entry, "labels": labels, **own}

    def _connection(self, host: str, said: _Variables) -> dict[str, Any]:
        kind = (said.text("ansible_connection") or "ssh").rpartition(".")[2]
        become = {"become": said.become()} if said.raw("ansible_become") in _YES else {}
        if kind == "local":
            return {"local": True, **become}
        if kind in _SSH:
            return {**_given(self._ssh(said)), **become}
        if kind not in _CONNECTIONS:
            hint = near(kind, _CONNECTIONS).strip(" ()")
            remedy = hint or f"known are {', '.join(_CONNECTIONS)}; leave other hosts out of the inventory"
            self.complain(host, f"the connection {quoted(kind)} is not known here", remedy)
            return {}
        return {"command": _inside(host, kind, said), **become}

    def _ssh(self, said: _Variables) -> dict[str, Any]:
        identity = said.text("ansible_ssh_private_key_file") or said.text("ansible_private_key_file")
        ssh = _given({"identity": identity, "jump": said.jumps()})
        return {
            "address": said.text("ansible_host") or said.text("ansible_ssh_host"),
            "port": said.port("ansible_port") or said.port("ansible_ssh_port"),
            "user": said.text("ansible_user") or said.text("ansible_ssh_user"),
            "ssh": ssh,
        }

    def _variables(self) -> dict[str, Any]:
        return _map(self.found["_meta"].get("hostvars"))

    def _members(self, group: str) -> list[str]:
        body = self.found.get(group)
        members = body if isinstance(body, list) else _map(body).get("hosts", ())
        return [member for member in members if isinstance(member, str)] if isinstance(members, list) else []

    def _children(self, group: str) -> list[str]:
        children = _map(self.found.get(group)).get("children", ())
        return [child for child in children if child in self.found] if isinstance(children, list) else []

    def _ordered(self) -> list[str]:
        """Give the groups, parents before children; a circle ends where it would begin again."""
        depth: dict[str, int] = {}

        def sink(group: str, level: int, trail: frozenset[str]) -> None:
            if group in trail or depth.get(group, -1) >= level:
                return
            depth[group] = level
            for child in self._children(group):
                sink(child, level + 1, trail | {group})

        for group in self.found:
            if group != "_meta":
                sink(group, 0, frozenset())
        return sorted(depth, key=lambda group: (group != "all", depth[group], group))

    def _reaches(self, group: str, direct: set[str]) -> bool:
        """Tell whether the group is one of `direct` or an ancestor of one."""
        seen: set[str] = set()
        waiting = [group]
        while waiting:
            here = waiting.pop()
            if here in direct or here == "all":
                return True
            waiting += [child for child in self._children(here) if child not in seen]
            seen.add(here)
        return False


@dataclass(frozen=True, slots=True)
class _Variables:
    """The variables of one host, with complaints about those that cannot be carried over."""

    host: str
    said: Mapping[str, Any]
    reader: _Reader

    def raw(self, name: str) -> Any:
        """Give a variable as it is; words in lower case."""
        value = self.said.get(name)
        return value.lower() if isinstance(value, str) else value

    def text(self, name: str) -> str:
        """Give a variable's text; empty when it is not set."""
        value = self.said.get(name)
        if value is None:
            return ""
        if isinstance(value, str) and "{{" in value:
            self.reader.complain(
                self.host, f"{name} is a template that only Ansible can fill in", "write the value out"
            )
            return ""
        return str(value)

    def port(self, name: str) -> int | None:
        """Give a variable's port."""
        text = self.text(name)
        if not text:
            return None
        if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
            self.reader.complain(self.host, f"{name} {quoted(text)} is no port", "write a number")
            return None
        return int(text)

    def become(self) -> list[str]:
        """Give the prefix of `ansible_become`."""
        method = (self.text("ansible_become_method") or "sudo").rpartition(".")[2]
        if method not in ("sudo", "doas"):
            remedy = "use sudo or doas, or set controlproof_become"
            if _OWN + "become" not in self.said:
                self.reader.complain(self.host, f"the become method {quoted(method)} is not known here", remedy)
        user = self.text("ansible_become_user") or "root"
        return [method, "-n"] if user == "root" else [method, "-n", "-u", user]

    def jumps(self) -> list[str]:
        """Give the hops of `-J` and ProxyJump among the arguments for ssh; other ways through cannot be carried over."""
        hops: list[str] = []
        for name in _SSH_ARGUMENTS:
            try:
                words = shlex.split(self.text(name))
            except ValueError:
                self.reader.complain(self.host, f"{name} holds an open quotation mark", "close it")
                continue
            for word, following in pairwise([*words, ""]):
                hops += _hops(word, following)
                if "proxycommand" in word.lower():
                    what = f"{name} sets a ProxyCommand, which is not taken from Ansible"
                    self.reader.complain(self.host, what, "set controlproof_transport: openssh and use ssh_config")
        return hops


def _hops(word: str, following: str) -> list[str]:
    """Give the hops that one argument of ssh names: `-J a,b` or `-o ProxyJump=a,b`, in one word or two."""
    if not word.startswith(("-J", "-o")):
        return []
    said = word[2:] or following
    if word.startswith("-o"):
        option, _, said = said.replace("=", " ", 1).partition(" ")
        if option.lower() != "proxyjump":
            return []
    return [hop for hop in said.strip().split(",") if hop and hop != "none"]


def _inside(host: str, kind: str, said: _Variables) -> list[str]:
    """Give the argv prefix that runs a command inside a container or pod."""
    name = said.text("ansible_host") or host
    user = said.text("ansible_user")
    if kind == "kubectl":
        namespace, container = said.text("ansible_kubectl_namespace"), said.text("ansible_kubectl_container")
        pod = said.text("ansible_kubectl_pod") or name
        place = ["-n", namespace] if namespace else []
        return ["kubectl", *place, "exec", "-i", pod, *(["-c", container] if container else []), "--"]
    if kind == "lxd":
        return ["lxc", "exec", name, "--"]
    return [_CONTAINERS[kind], "exec", "-i", *(["-u", user] if user else []), name]


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _given(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value}
