"""From flags, environment and controlproof.yaml to a request: the flag wins, then the variable, then the file."""

from __future__ import annotations

import getpass
import os
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.cli.options import folders
from scanner.gate import Thresholds
from scanner.model.errors import ConfigurationError
from scanner.model.outcome import Severity
from scanner.operations.request import Files, Origin, Output, Reaching, Request, Sealing, Selection
from scanner.operations.visiting import utc_now

if TYPE_CHECKING:
    from scanner.operations.policy_ref import PolicyRef

DEFAULT_FOLDER = "controlproof-out"
DEFAULT_FORMATS = ("sarif", "junit", "html")
_PLACES = {"output", "runs"}


def build(ctx: click.Context, flags: dict[str, Any]) -> Request:
    """Give the request for these flags, with what controlproof.yaml adds where a flag was not given.

    Raises ConfigurationError and ContentError.
    """
    told = flags = with_file(ctx, flags)
    if flags.get("policy_ref"):
        flags = _ref(ctx, flags["policy_ref"]).replace(flags)
    local = flags.get("local", False) or flags.get("inventory") is None
    return Request(
        now=utc_now(),
        profiles=tuple(flags.get("profiles") or ()),
        default_profiles=tuple(flags.get("default_profiles") or ()),
        frameworks=_split(flags.get("frameworks")),
        local=local,
        selection=_selection(flags),
        files=_files(flags),
        reaching=_reaching(flags),
        output=_output(flags),
        thresholds=thresholds(flags),
        assume_platform=flags.get("assume_platform", False),
        max_evidence_age=None
        if flags.get("max_evidence_age") == float("inf")
        else flags.get("max_evidence_age", 86400.0),
        scope=flags.get("scope") or "",
        operator=_operator(),
        host=socket.gethostname(),
        arguments=_told(told, flags.get("origin")),
    )


def _told(flags: dict[str, Any], origin: Origin | None) -> dict[str, str]:
    """Give what was asked, as reports show it; what came from a commit is named by its ref."""
    said = {name: str(value) for name, value in sorted(flags.items()) if value not in (None, (), "", False)}
    if origin is None:
        return said
    return {name: value.replace(f"{origin.root}/", f"{origin.ref}:") for name, value in said.items()}


def with_file(ctx: click.Context, flags: dict[str, Any]) -> dict[str, Any]:
    """Fill in what controlproof.yaml (searched upward) says for flags that were left at their default."""
    from scanner.operations.configuration import settings_from

    found = _ref(ctx, flags["policy_ref"]).settings() if flags.get("policy_ref") else settings_from(Path())
    given = {name for name in flags if ctx.get_parameter_source(name) not in (None, click.core.ParameterSource.DEFAULT)}
    # A place for the run that was given leaves no room for the file's other one.
    settled = given | (_PLACES if given & _PLACES else set()) | ({"inventory"} if flags.get("local") else set())
    return {**flags, **{name: value for name, value in found.items() if name not in settled}}


def _ref(ctx: click.Context, ref: str) -> PolicyRef:
    """Open the commit that policy comes from, once for a command; what is taken is removed when the command ends."""
    from scanner.operations.policy_ref import open_ref

    if "policy_ref" not in ctx.meta:
        work = tempfile.TemporaryDirectory(prefix="controlproof-policy-")
        ctx.call_on_close(work.cleanup)
        ctx.meta["policy_ref"] = open_ref(ref, Path(work.name).resolve(), dict(os.environ))
    opened: PolicyRef = ctx.meta["policy_ref"]
    return opened


def _selection(flags: dict[str, Any]) -> Selection:
    return Selection(
        targets=tuple(flags.get("targets") or ()),
        limit=tuple(flags.get("limit") or ()),
        labels=_labels(flags.get("labels") or ()),
        rules=_split(flags.get("rules")),
        controls=_split(flags.get("controls")),
    )


def _labels(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for name, value in pairs:
        if labels.setdefault(name, value) != value:
            raise ConfigurationError(f"--label {name}: two values are given, and no target has both (give one of them)")
    return labels


def _files(flags: dict[str, Any]) -> Files:
    return Files(
        inventory=None if flags.get("local") else flags.get("inventory"),
        waivers=tuple(flags.get("waivers") or ()),
        attestations=tuple(flags.get("attestations") or ()),
        claims=tuple(flags.get("claims") or ()),
        recovery_policy=flags.get("recovery_policy"),
        folders=folders(flags),
        configuration=flags.get("configuration"),
    )


def _reaching(flags: dict[str, Any]) -> Reaching:
    return Reaching(
        jobs=flags.get("jobs", 16),
        connect=flags.get("connect_timeout", 10),
        auth=flags.get("auth_timeout", 20),
        run=flags.get("timeout", 300),
        accept_new=flags.get("accept_new", False),
        command_references=not flags.get("no_command_refs", False),
        environment=dict(os.environ),
    )


def _output(flags: dict[str, Any]) -> Output:
    folder, runs = flags.get("output"), flags.get("runs")
    if folder and runs:
        raise ConfigurationError("-o and --runs: both name a place for the run (give one of them)")
    formats = _split(flags.get("formats")) or DEFAULT_FORMATS
    if folder == "-" and len(formats) != 1:
        raise ConfigurationError("-o -: one format goes to standard output (name it with --format)")
    return Output(
        folder=None if runs else Path(folder or DEFAULT_FOLDER) if folder != "-" else None,
        runs=runs,
        keep=flags.get("keep") or 0,
        formats=formats,
        file_mode=flags.get("file_mode"),
        resume=flags.get("resume", False),
        baseline=flags.get("baseline") or "",
        sealing=_sealing(flags),
    )


def _sealing(flags: dict[str, Any]) -> Sealing:
    return Sealing(
        bundle=flags.get("bundle"),
        after=flags.get("bundle_after"),
        key=flags.get("sign_key") or "",
        passphrase=flags.get("sign_passphrase") or "",
    )


def thresholds(flags: dict[str, Any]) -> Thresholds:
    """Give the gate's thresholds from flags."""
    allowed = flags.get("allow_undecided") or "0"
    share = float(allowed[:-1]) if allowed.endswith("%") else None
    gate = Thresholds(
        fail_on=_severity(flags.get("fail_on", "low")),
        undecided_at=_severity(flags.get("undecided_at", "low")),
        fail_on_new=flags.get("fail_on_new", False),
        require_attestations=flags.get("require_attestations", False),
    )
    return replace(gate, allow_share=share) if share is not None else replace(gate, allow_undecided=int(allowed))


def _severity(name: str) -> Severity | None:
    return None if name == "never" else Severity(name)


def _split(values: Any) -> tuple[str, ...]:
    return tuple(part for value in values or () for part in str(value).split(",") if part)


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
