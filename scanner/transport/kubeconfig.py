"""Reads a kubeconfig file: where the API server is, whom it trusts, and how we log in without running a program."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scanner.model.errors import ConfigurationError, near
from scanner.transport.errors import because, plain

_SIZE = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One context of a kubeconfig file."""

    server: str
    user: str = ""
    server_name: str = ""
    """Name that the certificate must bear, where it is not the address."""
    ca_text: str = ""
    token: str = field(default="", repr=False)
    client_text: str = field(default="", repr=False)
    """Client certificate and key as PEM; empty where there is none."""


def read_kubeconfig(path: str, context: str = "") -> Kubeconfig:
    """Read one context, the current one when none is named.

    Raises ConfigurationError for what cannot be read, and for ways in that would run a program or trust anybody.
    """
    place = Path(path).expanduser()
    try:
        with place.open("rb") as file:
            raw = file.read(_SIZE + 1)
        document: Any = yaml.safe_load(raw) if len(raw) <= _SIZE else None
    except OSError as problem:
        raise ConfigurationError(f"{path}: the kubeconfig cannot be read: {because(problem)}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigurationError(f"{path}: this is no YAML (the text is not shown, it may hold a secret)") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: this is no kubeconfig")
    name = context or _text(document, "current-context")
    chosen = _entry(path, document, "contexts", name, "context")
    cluster = _entry(path, document, "clusters", _text(chosen, "cluster"), "cluster")
    user = _entry(path, document, "users", _text(chosen, "user"), "user")
    _refuse(path, cluster, user)
    folder = place.parent
    certificate = _pem(path, user, "client-certificate", folder)
    key = _pem(path, user, "client-key", folder)
    return Kubeconfig(
        server=_text(cluster, "server"),
        user=_text(chosen, "user"),
        server_name=_text(cluster, "tls-server-name"),
        ca_text=_pem(path, cluster, "certificate-authority", folder),
        token=_text(user, "token") or _file(path, _text(user, "tokenFile"), folder).strip(),
        client_text=f"{certificate}\n{key}\n" if certificate and key else "",
    )


def _refuse(path: str, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    if user.get("exec") or user.get("auth-provider"):
        raise ConfigurationError(
            f"{path}: its user logs in by a program, and none is run for it "
            "(make a service account for the scanner, and give its token: as a reference)"
        )
    if user.get("username") or user.get("password"):
        raise ConfigurationError(f"{path}: its user has a password, which API servers no longer take (give a token)")
    if cluster.get("insecure-skip-tls-verify"):
        raise ConfigurationError(
            f"{path}: it trusts any certificate (remove insecure-skip-tls-verify, and give ca_file: or fingerprint:)"
        )


def _entry(path: str, document: Mapping[str, Any], kind: str, name: str, inner: str) -> Mapping[str, Any]:
    listed = document.get(kind)
    known = {
        entry["name"]: entry.get(inner)
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    }
    found = known.get(name)
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path}: it has no {inner} '{plain(name, 100)}'{near(name, known)}")
    return found


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _pem(path: str, entry: Mapping[str, Any], name: str, folder: Path) -> str:
    """Give a certificate or key: what stands in the file itself goes before the path, as for kubectl."""
    inline = _text(entry, f"{name}-data")
    if not inline:
        return _file(path, _text(entry, name), folder)
    try:
        return base64.b64decode(inline, validate=True).decode("ascii")
    except ValueError:
        raise ConfigurationError(f"{path}: {name}-data is no PEM in base64 (the text is not shown)") from None


def _file(path: str, name: str, folder: Path) -> str:
    if not name:
        return ""
    place = Path(name).expanduser()
    place = place if place.is_absolute() else folder / place
    try:
        with place.open("rb") as file:
            return file.read(_SIZE).decode("ascii")
    except (OSError, ValueError) as problem:
        why = because(problem) if isinstance(problem, OSError) else "it is no plain text"
        raise ConfigurationError(f"{path}: it names {plain(name, 200)}, which cannot be read: {why}") from None
