"""The command line in this process: small rules, files of a user, snapshots and answers, and what a run wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli import main
from scanner.model.evidence import ABSENT, Evidence, Gap, Identity, Provenance, Query, Row, Snapshot
from scanner.operations import content
from scanner.store.evidence import write_snapshot

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.now(UTC)


def stamp(**ago: float) -> str:
    """RFC 3339 of now, or of a while ago: `stamp(hours=30)`."""
    return (NOW - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(days: int = 0) -> str:
    """ISO date of today, or so many days from now."""
    return (NOW + timedelta(days=days)).date().isoformat()


def _rule(rule_id: str, severity: str, check: str, cases: str, more: str = "") -> str:
    return f"""\
id: {rule_id}
revision: 1
title: {rule_id.replace("_", " ").capitalize()}
severity: {severity}
platforms: [linux]
labels: [own]
controls: {{cis-controls-v8.1: ["4.1"]}}
rationale: Tests need a rule whose outcome they decide.
remediation: chmod 0600 FILE
{more}check: {check}
cases:
{cases}"""


_LABELLED = "target: {labels.marker: /m, labels.other: /m}"
_FILE_CASES = f"""\
  - {{name: right, {_LABELLED}, given: {{linux.file: [{{path: /m, mode: "0600"}}]}}, then: pass}}
  - {{name: wrong, {_LABELLED}, given: {{linux.file: [{{path: /m, mode: "0644"}}]}}, then: fail}}
  - {{name: hidden, {_LABELLED}, given: {{linux.file: {{unknown: permission denied}}}}, then: unknown}}
"""
RULES = {
    "marker_closed": _rule(
        "marker_closed",
        "high",
        '{fact: linux.file, where: {path: {target: labels.marker}}, expect: {mode: "0600"}}',
        _FILE_CASES,
    ),
    "other_closed": _rule(
        "other_closed",
        "low",
        "{fact: linux.file, where: {path: {target: labels.other}}, expect: {mode: {equals: {value: mode}}}}",
        _FILE_CASES,
        'values: {mode: {type: mode, default: "0600"}}\n',
    ),
    "nothing_writable": _rule(
        "nothing_writable",
        "medium",
        "{fact: linux.file_walk, where: {class: world_writable_file}, none: {class: world_writable_file}}",
        """\
  - {name: none, given: {linux.file_walk: []}, then: pass}
  - {name: one, given: {linux.file_walk: [{path: /a, class: world_writable_file}]}, then: fail}
  - {name: cut, given: {linux.file_walk: {incomplete: out of time, rows: []}}, then: unknown}
  - {name: hidden, given: {linux.file_walk: {unknown: denied}}, then: unknown}
""",
    ),
    "people_trained": """\
id: people_trained
revision: 1
title: People are trained
severity: low
platforms: [linux]
labels: [own]
controls: {cis-controls-v8.1: ["14.1"]}
rationale: A person answers this one.
remediation: Train them.
check: manual
evidence: The list of participants.
""",
}
"""Rules that look at what a target's labels `marker` and `other` name, one over a list, and one for a person."""

PROFILES = {
    "files": "schema: profile/1\nselect: [{rules: [marker_closed, other_closed]}]\n",
    "walk": "schema: profile/1\nselect: [{rules: [nothing_writable]}]\n",
    "people": "schema: profile/1\nselect: [{rules: [people_trained]}]\n",
    "one": "schema: profile/1\nselect: [{rules: [marker_closed]}]\n",
    "acme": (
        "schema: profile/1\napplies: {fact: linux.system, expect: {distribution: acme}}\n"
        "applies_says: Acme Linux\nselect: [{rules: [marker_closed, other_closed]}]\n"
    ),
}


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder with `rules/` and `profiles/`, the same for all tests."""
    place = tmp_path_factory.mktemp("policy")
    for kind, texts in (("rules", RULES), ("profiles", PROFILES)):
        (place / kind).mkdir()
        for name, text in texts.items():
            (place / kind / f"{name}.yaml").write_text(text)
    return place


@pytest.fixture(scope="session", autouse=True)
def _content_read_once() -> Iterable[None]:
    """Rules and catalogues are read and checked once for the same files, or each of these tests would wait for it."""
    known: dict[Any, Any] = {}
    patch = pytest.MonkeyPatch()

    def files(folder: Any) -> Any:
        if not isinstance(folder.place, Path) or not folder.place.is_dir():
            return folder.shown
        entries = [path for path in sorted(folder.place.rglob("*")) if path.is_file()]
        return folder.shown, tuple((str(path), path.stat().st_mtime_ns) for path in entries)

    def remembered(load: Callable[..., Any]) -> Callable[..., Any]:
        def loaded(folders: Iterable[Any], *words: Any, **more: Any) -> Any:
            folders = list(folders)
            rest = [tuple(each) if isinstance(each, Mapping) else repr(each) for each in (*words, *more.values())]
            key = (load, tuple(files(folder) for folder in folders), *rest)
            if key not in known:
                known[key] = load(folders, *words, **more)
            return known[key]

        return loaded

    for name in ("load_rules", "load_catalogues"):
        patch.setattr(content, name, remembered(getattr(content, name)))
    yield
    patch.undo()


@dataclass(frozen=True)
class Ran:
    """A command that ran, and the folder that it may have written."""

    code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        """run.json."""
        return json.loads((self.folder / "run.json").read_text())  # type: ignore[no-any-return]

    @property
    def word(self) -> str:
        """The verdict."""
        return str(self.document["verdict"]["word"])

    @property
    def results(self) -> list[dict[str, Any]]:
        """All results as they were stored."""
        return [json.loads(line) for line in (self.folder / "results.jsonl").read_text().splitlines()]

    def outcomes(self, target: str) -> dict[str, str]:
        """Rule > outcome of a target."""
        return {each["rule"]: each["outcome"] for each in self.results if each["target"] == target}

    def findings(self, target: str, rule: str) -> list[dict[str, Any]]:
        """Findings of a rule on a target."""
        found = [each for each in self.results if (each["target"], each["rule"]) == (target, rule)]
        return [finding for each in found for finding in each.get("findings", [])]

    def notices(self, code: str) -> list[str]:
        """Texts of the notices with this code."""
        return [each["text"] for each in self.document.get("notices", []) if each["code"] == code]


@dataclass
class Desk:
    """A user's working directory; commands run in it."""

    folder: Path
    policy: Path
    variables: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        """Write a file, its folders included."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def inventory(self, targets: Mapping[str, str], name: str = "inventory.yaml", more: str = "") -> Path:
        """Write an inventory; each target's settings in YAML's flow style."""
        lines = "".join(f"  {each}: {{{settings}}}\n" for each, settings in targets.items())
        return self.write(name, f"schema: inventory/1\ntargets:\n{lines}{more}")

    def __call__(self, *words: object, own: bool = True, out: str = "out") -> Ran:
        """Run a command in this process; with `own` it knows the rules and profiles of this module."""
        argv = [str(word) for word in words]
        if own:
            argv += ["--rules", str(self.policy / "rules"), "--profiles", str(self.policy / "profiles")]
        if argv[0] in ("scan", "evaluate") and not {"-o", "--runs"} & set(argv):
            argv += ["-o", out]
        if argv[0] in ("scan", "evaluate") and "--format" not in argv:
            argv += ["--format", "markdown"]
        done = CliRunner().invoke(main, argv, env=self.variables, prog_name="controlproof")
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.exit_code, done.stdout, done.stderr, self.folder / out)

    def snapshot(self, target: str, *evidence: Evidence, folder: str = "evidence", **more: Any) -> Path:
        """Write a snapshot as a collection would; gives its folder."""
        found = {each.query: each for each in evidence}
        place = self.folder / folder
        write_snapshot(place, Snapshot(target, more.pop("taken_at", stamp()), found, **more))
        return place


@pytest.fixture
def desk(tmp_path: Path, policy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An empty working directory and home, and no CONTROLPROOF_* variables; what was left running is ended."""
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in list(os.environ):
        if name.startswith("CONTROLPROOF_"):
            monkeypatch.delenv(name)
    made = Desk(folder, policy)
    yield made
    release(made)
    for process in made.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def of(fact: str, *rows: Row, gap: Gap | None = None, taken_at: str = "", **where: str) -> Evidence:
    """Evidence that was taken just now."""
    return Evidence(Query.of(fact, where), rows, gap, Provenance(f"ask {fact}", taken_at or stamp()))


def system(distribution: str = "debian", version: str = "12", gap: Gap | None = None) -> Evidence:
    """The system of a host."""
    row: Row = {
        "distribution": distribution,
        "version": version,
        "codename": ABSENT,
        "name": f"{distribution.capitalize()} {version}",
        "like": [],
        "kernel": "6.1",
        "architecture": "x86_64",
        "hostname": "host",
        "container": ABSENT,
        "systemd": True,
    }
    return of("linux.system", *([] if gap else [row]), gap=gap)


def mode(path: str, bits: str = "0600", gap: Gap | None = None, **more: Any) -> Evidence:
    """A file with its mode."""
    row: Row = {"path": path, "present": True, "mode": bits, "kind": "file", "owner": "root", "group": "root"}
    return of("linux.file", *([] if gap else [row]), gap=gap, path=path, **more)


def writable(*paths: str, gap: Gap | None = None) -> Evidence:
    """World-writable files found by the walk."""
    rows = [{"path": path, "class": "world_writable_file", "mode": "0666", "uid": 0, "gid": 0} for path in paths]
    return of("linux.file_walk", *rows, gap=gap, **{"class": "world_writable_file"})


WHO = Identity("192.0.2.7", "audit", "root", "ssh-ed25519 SHA256:abc")


def background(desk: Desk, *words: object, **more: Any) -> subprocess.Popen[str]:
    """Run a command in a process of its own, which signals may end."""
    argv = [sys.executable, "-m", "scanner", *(str(word) for word in words)]
    argv += ["--rules", str(desk.policy / "rules"), "--profiles", str(desk.policy / "profiles")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **desk.variables, **more.pop("env", {})}
    process = subprocess.Popen(
        argv,
        cwd=desk.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )
    desk.started.append(process)
    return process


def waiting(desk: Desk) -> str:
    """A target that says it was reached, and answers as this machine once `release` was called."""
    program = desk.write(
        "bin/wait", '#!/bin/sh\n>"$1/reached"\nwhile ! [ -e "$1/go" ]; do sleep 0.05; done\nshift\nexec "$@"\n'
    )
    program.chmod(0o755)
    labels = f"labels: {{marker: {desk.folder}/m, other: {desk.folder}/o}}"
    return f"platform: linux, command: [{program}, {desk.folder}], {labels}"


def release(desk: Desk) -> None:
    """Let the waiting target answer."""
    (desk.folder / "go").touch()
