"""Endpoints: from a target's settings in force to how it is reached."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from scanner.catalog.files.base import beside, reference_beside
from scanner.catalog.files.inventory import PlatformSettings
from scanner.catalog.files.platforms import PLATFORMS, SHELLS
from scanner.model.errors import near
from scanner.model.inventory import Endpoint

_HOP = re.compile(r"(?:[^@\s]+@)?(?:\[[0-9A-Fa-f:.%\w]+\]|[^@:\s\[\]]+)(?::\d{1,5})?")
_PATHS = frozenset({"ca_file", "client_cert", "client_key", "kubeconfig"})
_SERVERS = frozenset({"sql", "mongo"})
"""Transports whose servers may be local without a shell."""
_REFERENCES = frozenset({"token", "client_secret"})


def own_settings(said: Mapping[str, Any], folder: PurePath) -> dict[str, Any]:
    """Give the settings of the platform alone, with paths seen from the inventory's folder."""
    own: dict[str, Any] = {}
    for key in PlatformSettings.model_fields:
        if key in said:
            value = said[key]
            if key in _PATHS or (key == "folder" and _transport(said) == "files"):
                value = beside(folder, value)
            own[key] = reference_beside(folder, value) if key in _REFERENCES else value
    return own


def endpoint(
    name: str, said: Mapping[str, Any], extra: Mapping[str, Any], folder: PurePath, host: str, hops: tuple[str, ...]
) -> Endpoint:
    """Build the endpoint of a target from its settings in force.

    `host` is the address of what it runs on, the default address of a database there; `hops` are its resolved jumps.
    """
    transport = _transport(said)
    remote = transport not in ("local", "command", "replay")
    ssh = said.get("ssh", {}) if transport in ("ssh", "openssh") else {}
    references = {
        key: reference_beside(folder, said[key]) for key in ("become_password", "password", "passphrase") if key in said
    }
    become = said.get("become", []) if transport in SHELLS else []
    return Endpoint(
        transport=transport,
        address=_address(name, said, transport, folder, host),
        port=said.get("port") if remote else None,
        user=said.get("user", "") if remote or transport == "command" else "",
        become=tuple(become),
        become_password=references.get("become_password", "") if become else "",
        password=references.get("password", ""),
        passphrase=references.get("passphrase", ""),
        identity=beside(folder, ssh["identity"]) if ssh.get("identity") else "",
        jump=hops if transport in ("ssh", "openssh") else (),
        command=tuple(said.get("command", ())),
        options=_options(ssh, extra, folder),
    )


def _transport(said: Mapping[str, Any]) -> str:
    for way in ("replay", "command"):
        if way in said:
            return way
    platform = PLATFORMS.get(said.get("platform", ""))
    usual = platform.transport if platform else "ssh"
    if said.get("local") and usual not in (*_SERVERS, "files"):
        return "local"
    if "transport" not in said and usual == "https" and said.get("folder"):
        return "files"
    return str(said.get("transport", usual))


def _found_by_driver(said: Mapping[str, Any]) -> bool:
    """Tell whether the driver itself knows where the server is: by a service file, `PG*` variables, the local socket."""
    return bool(said.get("local") or "service" in said)


def _address(name: str, said: Mapping[str, Any], transport: str, folder: PurePath, host: str) -> str:
    if transport == "replay":
        return beside(folder, said.get("replay", name))
    if transport == "files":
        return beside(folder, said["folder"]) if said.get("folder") else ""
    if transport in ("local", "command") or (transport in _SERVERS and _found_by_driver(said)):
        return str(said.get("address", "")) if transport in _SERVERS else ""
    if transport == "aws" or "url" in said:
        return str(said.get("address") or urlsplit(str(said.get("url", ""))).hostname or "")
    return str(said.get("address") or host or name)


def _options(ssh: Mapping[str, Any], extra: Mapping[str, Any], folder: PurePath) -> tuple[tuple[str, str], ...]:
    """Give the further settings of the transport; the platform's own are among them, so that endpoints differ by them."""
    options = {key: _option(value) for key, value in extra.items()}
    for key, option in (("known_hosts", "known_hosts"), ("config", "ssh_config")):
        if ssh.get(key):
            options[option] = ssh[key] if ssh[key].lower() == "none" else beside(folder, ssh[key])
    if ssh.get("accept_new"):
        options["accept_new"] = "yes"
    return tuple(sorted(options.items()))


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        plain = {name: each.model_dump(exclude_none=True) for name, each in value.items()}
        return json.dumps(plain, sort_keys=True)
    return ",".join(value) if isinstance(value, list) else str(value)


@dataclass(frozen=True, slots=True)
class Hops:
    """Resolves jumps: a hop that names a target becomes its `user@address:port`, behind that target's own hops."""

    settings: Mapping[str, Mapping[str, Any]]
    broken: frozenset[str]
    """Names of targets that are there, but cannot be read."""
    complain: Callable[[str, str, str], None]
    """Takes the target, what is wrong and what to do."""

    def of(self, name: str) -> tuple[str, ...]:
        """Give the hops of a target in the order in which they are taken."""
        return self._walk(name, name, ())

    def _walk(self, origin: str, name: str, trail: tuple[str, ...]) -> tuple[str, ...]:
        if name in trail:
            self.complain(origin, f"the jumps form a circle: {' > '.join((*trail, name))}", "break the circle")
            return ()
        hops: list[str] = []
        for hop in self.settings[name].get("ssh", {}).get("jump") or ():
            if hop == name or hop in self.broken:
                continue  # A bastion inherits the jump of its group, which names itself.
            if hop in self.settings:
                hops += [*self._walk(origin, hop, (*trail, name)), self._place(origin, hop)]
            elif origin == name:
                hops.append(self._foreign(origin, hop))
            else:
                hops.append(hop)
        return tuple(dict.fromkeys(hops))

    def _place(self, origin: str, hop: str) -> str:
        said = self.settings[hop]
        if _transport(said) not in ("ssh", "openssh"):
            self.complain(origin, f"the jump '{hop}' is not reached over SSH", "name a target that is")
        address = said.get("address", hop)
        user, port = said.get("user"), said.get("port")
        host = f"[{address}]" if ":" in address else address
        return (f"{user}@" if user else "") + host + (f":{port}" if port else "")

    def _foreign(self, origin: str, hop: str) -> str:
        if not _HOP.fullmatch(hop):
            self.complain(origin, f"the jump '{hop}' cannot be read", "write user@host:port")
        elif not any(mark in hop for mark in "@:.") and (close := near(hop, self.settings)):
            # A bare word may be a name of ssh_config; one that is nearly a target's is a slip.
            self.complain(origin, f"the jump '{hop}' is no target", f"{close[2:-1]}; a host is written user@host:port")
        return hop
