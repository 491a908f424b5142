"""The shape of an inventory file: groups, targets and assets as their author writes them."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from scanner.catalog.files.base import Day, Id, Labels, Listed, Reference, Shape, Text, refuse
from scanner.catalog.files.platforms import PLATFORMS
from scanner.catalog.source import remedy
from scanner.matching import patterns, units

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}|[0-9a-fA-F]{64}|SHA256:[A-Za-z0-9+/]{43}=?")


def _platform(name: str) -> str:
    if name not in PLATFORMS:
        refuse(f"no platform is called '{name[:40]}'", remedy(name, PLATFORMS, f"known are {', '.join(PLATFORMS)}"))
    return name


def _raised(raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw
    try:
        words = shlex.split(raw)
    except ValueError:
        refuse("a quotation mark is not closed", "write the words as a list: [sudo, -n]")
    return [*words, "-n"] if words in (["sudo"], ["doas"]) else words


def _fingerprint(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text):
        refuse("this is no SHA-256 fingerprint", "write 32 pairs of hexadecimal digits, AB:CD:…")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        refuse("this is no address of an API", "write https://host:port/")
    if parts.password:
        refuse(
            "a secret must not stand in an address",
            "write password: with a reference: env:NAME, file:PATH or command:…",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        refuse("this is no address of an API", "write https://host:port/")
    return text


def _every(text: str) -> str:
    try:
        units.duration(text)
    except ValueError:
        refuse(f"'{text[:40]}' is no duration", "write such as 90d, 1h30m or 15 min")
    return text


def _pattern(text: str) -> str:
    try:
        patterns.pattern(text)
    except ValueError:
        refuse("this is no regular expression of RE2", "correct it: it has no look-around and no back-references")
    return text


_WORDS = {"type": "array", "items": {"type": "string"}}
PlatformName = Annotated[str, AfterValidator(_platform), WithJsonSchema({"type": "string", "enum": list(PLATFORMS)})]
Transport = Literal["ssh", "openssh", "local", "command", "sql", "mongo", "https", "aws", "files", "replay"]
Become = Annotated[list[Text], BeforeValidator(_raised), WithJsonSchema({"anyOf": [{"type": "string"}, _WORDS]})]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
Url = Annotated[str, AfterValidator(_url)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Archive(Shape):
    """What lies in an archive in an object store, by the names of its objects."""

    pattern: Annotated[Text, AfterValidator(_pattern)] | None = Field(
        default=None, description="regular expression for names below the place, with the groups object and time"
    )
    covers: Text | None = Field(default=None, description="what its objects are backups of, where names do not tell")

    @model_validator(mode="after")
    def _named(self) -> Archive:
        if self.covers is None and "(?P<object>" not in (self.pattern or ""):
            todo = "name it by covers, or by a group (?P<object>…) in pattern"
            refuse("nobody knows what the archive's objects are backups of", todo)
        return self


def _place(text: str) -> str:
    if text.startswith(("s3:", "arn:", "/")) or not text.partition("/")[0]:
        refuse(f"'{text[:60]}' is no place of an archive", "write BUCKET/PREFIX, or BUCKET for a whole one")
    return text


Place = Annotated[Text, AfterValidator(_place)]


class Ssh(Shape):
    """How SSH gets there, beyond address, port and user."""

    identity: Text | None = Field(default=None, description="path of the private key")
    jump: Listed | None = Field(
        default=None, description="hops in the order they are taken: target ids or user@host:port"
    )
    known_hosts: Text | None = Field(default=None, description="file of known host keys")
    config: Text | None = Field(default=None, description="ssh_config file to read")
    accept_new: bool | None = Field(default=None, description="true accepts and records the key of a host seen first")


class PlatformSettings(Shape):
    """Settings of single platforms; `platforms.PLATFORMS` tells which platform takes which."""

    regions: Listed | None = Field(default=None, description="AWS regions to ask")
    assume_role: Text | None = Field(default=None, description="ARN of the role to assume")
    external_id: Text | None = Field(default=None, description="external id that the role demands")
    aws_profile: Text | None = Field(default=None, description="profile of the AWS configuration to start from")
    archives: dict[Place, Archive] | None = Field(
        default=None, description="archives in S3 as BUCKET/PREFIX, whose objects are restore points"
    )
    account: Text | None = Field(default=None, description="account id that must answer")
    url: Url | None = Field(default=None, description="base address of the API")
    ca_file: Text | None = Field(default=None, description="certificates to trust")
    fingerprint: Fingerprint | None = Field(default=None, description="SHA-256 fingerprint of the certificate to trust")
    token: Reference | None = Field(default=None, description="reference to the API token")
    client_cert: Text | None = Field(default=None, description="client certificate")
    client_key: Text | None = Field(default=None, description="key of the client certificate")
    client_id: Text | None = Field(default=None, description="id of the registered application")
    client_secret: Reference | None = Field(default=None, description="reference to the application's secret")
    tenant: Text | None = Field(default=None, description="directory (tenant) id")
    kubeconfig: Text | None = Field(default=None, description="kubeconfig file")
    context: Text | None = Field(default=None, description="context of the kubeconfig")
    database: Text | None = Field(default=None, description="database to connect to first")
    databases: Listed | None = Field(default=None, description="databases to look into; all when left out")
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] | None = Field(
        default=None, description="how TLS is demanded, in libpq's words"
    )
    service: Text | None = Field(default=None, description="service of libpq's service files to connect by")
    managed: bool | None = Field(
        default=None, description="true for a service without a host behind it that one could look into"
    )
    probes: list[Literal["plaintext", "unauthenticated", "old-tls", "certificate"]] | None = Field(
        default=None, description="connections that are tried to see whether they are refused; none when left out"
    )
    auth_source: Text | None = Field(default=None, description="database that knows the user")
    replica_set: Text | None = Field(default=None, description="name of the replica set")
    datastores: Listed | None = Field(default=None, description="datastores to look into; all when left out")
    projects: Listed | None = Field(default=None, description="projects or repositories to look into")
    repository: Text | None = Field(default=None, description="repository of restic or borg, as the tool is given it")
    secret_file: Text | None = Field(
        default=None, description="file on the host that holds the repository's passphrase; it is read there"
    )
    stanza: Text | None = Field(default=None, description="stanza of pgBackRest to look at; all when left out")
    server: Text | None = Field(default=None, description="server of Barman to look at; all when left out")
    wrapper: Listed | None = Field(
        default=None, description="words before wal-g that set up its storage, such as [envdir, /etc/wal-g.d/env]"
    )
    remote: Text | None = Field(default=None, description="remote and path of rclone, such as offsite:archive/db")
    pattern: Annotated[Text, AfterValidator(_pattern)] | None = Field(
        default=None, description="regular expression for the names of backup files, with the groups object and time"
    )
    covers: Text | None = Field(
        default=None, description="what those files are backups of, where the name has no object"
    )
    remotes: Listed | None = Field(
        default=None, description="remotes of the git repository to compare; all when left out"
    )
    documents: Listed | None = Field(default=None, description="paths of recovery documents in the git repository")
    alertmanagers: Listed | None = Field(
        default=None, description="targets of the Alertmanagers that a Prometheus sends to, where addresses do not tell"
    )
    folder: Text | None = Field(default=None, description="folder with the files or the repository to look into")
    every: Annotated[Text, AfterValidator(_every)] | None = Field(
        default=None, description="how often the files are renewed, such as 1d; older ones are unknown"
    )
    language: Text | None = Field(default=None, description="language of the system's logs, such as en or it")


class Group(PlatformSettings):
    """What the targets of a group share."""

    platform: PlatformName | None = Field(default=None, description="one of " + ", ".join(PLATFORMS))
    profiles: Listed | None = Field(default=None, description="profiles that apply, or auto")
    labels: Labels | None = Field(default=None, description="labels to select by, such as env: prod")
    owner: Text | None = Field(default=None, description="who answers for it; becomes the label owner")
    service_class: Text | None = Field(default=None, description="class of the recovery policy")
    transport: Transport | None = Field(
        default=None, description="how to connect, one of " + ", ".join(get_args(Transport))
    )
    port: Port | None = Field(default=None, description="port to connect to")
    user: Text | None = Field(default=None, description="user to log in as")
    become: Become | None = Field(
        default=None, description="prefix that raises privilege, such as [sudo, -n]; [] for none"
    )
    become_password: Reference | None = Field(
        default=None, description="reference to the password that become asks for"
    )
    password: Reference | None = Field(default=None, description="reference to the password")
    passphrase: Reference | None = Field(default=None, description="reference to the passphrase of the private key")
    ssh: Ssh | None = None
    command: Annotated[list[Text], Field(min_length=1)] | None = Field(
        default=None, description="argv prefix that runs a command there, such as [docker, exec, -i, web]"
    )
    local: bool | None = Field(default=None, description="true: the target is the machine that scans")
    state: Literal["maintenance", "excluded", "decommissioned"] | None = Field(
        default=None, description="why it is not assessed for a while"
    )
    reason: Text | None = Field(default=None, description="reason of the state")
    approver: Text | None = Field(default=None, description="who agreed to the state")
    until: Day | None = Field(default=None, description="last day of the state; then the target is assessed again")


Keys = Annotated[Listed, Field(min_length=1)]


class Target(Group):
    """One target."""

    group: Text | None = Field(default=None, description="the group it belongs to")
    groups: Listed | None = Field(default=None, description="the groups it belongs to; later ones win")
    address: Text | None = Field(default=None, description="host name or address; the id when left out")
    runs_on: Text | None = Field(default=None, description="id of the Linux target that it runs on")
    replay: Text | None = Field(default=None, description="recorded evidence to answer with instead of connecting")
    ids: dict[Text, Keys] | None = Field(
        default=None, description="keys under which backup systems know it; one of a kind, or a list"
    )


class Asset(Shape):
    """A protected thing that may have no transport."""

    kind: Text = Field(description="what it is, such as windows-vm or dataset")
    service_class: Text | None = Field(default=None, description="class of the recovery policy")
    owner: Text | None = Field(default=None, description="who answers for it")
    labels: Labels | None = Field(default=None, description="labels to select by")
    ids: dict[Text, Keys] | None = Field(
        default=None, description="keys under which other systems know it; one of a kind, or a list"
    )
    site: Text | None = Field(default=None, description="where it is, in the words of the recovery policy's places")
    created: Day | None = Field(default=None, description="day on which it came to be")


class InventoryFile(Shape):
    """An inventory: what there is, and how to reach it."""

    kind: Literal["inventory/1"] = Field(alias="schema")
    groups: dict[Id, Group | None] = Field(default_factory=dict, description="what targets share")
    targets: dict[Id, Target | None] = Field(default_factory=dict, description="what is assessed over a transport")
    assets: dict[Id, Asset] = Field(default_factory=dict, description="what is protected, reachable or not")
