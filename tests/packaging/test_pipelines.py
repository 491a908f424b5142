"""What contrib/ gives to pipelines: valid for those who read it, and its steps run."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / "contrib/github/action.yml"
GITLAB = ROOT / "contrib/gitlab/controlproof.gitlab-ci.yml"
CONTAINER = ROOT / "contrib/container/Containerfile"
HOOKS = ROOT / ".pre-commit-hooks.yaml"

RULE = """\
id: marker_closed
revision: 1
title: Marker closed
severity: high
platforms: [linux]
labels: [own]
controls: {cis-controls-v8.1: ["4.1"]}
rationale: The test decides it.
remediation: chmod 0600 FILE
check: {fact: linux.file, where: {path: {target: labels.marker}}, expect: {mode: "0600"}}
cases:
  - {name: right, target: {labels.marker: /m}, given: {linux.file: [{path: /m, mode: "0600"}]}, then: pass}
  - {name: wrong, target: {labels.marker: /m}, given: {linux.file: [{path: /m, mode: "0644"}]}, then: fail}
  - {name: hidden, target: {labels.marker: /m}, given: {linux.file: {unknown: denied}}, then: unknown}
"""


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", ACTION), ("vendor.gitlab-ci", GITLAB)],
    ids=["github", "gitlab"],
)
def test_the_vendors_schema_accepts_it(schema: str, file: Path) -> None:
    if importlib.util.find_spec("check_jsonschema") is None and not os.environ.get("CI"):
        pytest.skip("check-jsonschema is not installed (pip install -e .[dev])")
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def project(folder: Path, bits: int = 0o600) -> Path:
    """A repository with an inventory of one host that is this machine, and a rule about a file of the test's."""
    for name, text in {
        "controlproof.yaml": "schema: config/1\ninventory: inventory.yaml\nprofiles: [files]\nrules: rules\n",
        "inventory.yaml": "schema: inventory/1\ntargets:\n  here: {platform: linux, command: [env], "
        f"labels: {{marker: {folder}/marker}}}}\n",
        "rules/marker_closed.yaml": RULE,
        "profiles/files.yaml": "schema: profile/1\nselect: [{rules: [marker_closed]}]\n",
        "marker": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "marker").chmod(bits)
    return folder


def shim(path: Path) -> None:
    """A program `controlproof` that is the one under test, with the project's own profiles."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = f"{shlex.quote(sys.executable)} -m scanner"
    path.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} CONTROLPROOF_PROFILES=profiles exec {words} "$@"\n')
    path.chmod(0o755)


class Runner:
    """Runs the steps of a composite action as GitHub's runner does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temp = folder.parent / "temp"
        self.outputs: dict[str, dict[str, str]] = {}
        self.said = ""
        self.summary = self.temp / "summary"
        self.temp.mkdir(exist_ok=True)

    def run(self, step: Mapping[str, Any], inputs: Mapping[str, str], **more: str) -> int:
        output = self.temp / "output"
        output.write_text("")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CONTROLPROOF_")},
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_ACTION_PATH": str(ACTION.parent),
            "HOME": str(self.temp),
            **{name: self.value(text, inputs) for name, text in step.get("env", {}).items()},
            **more,
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(argv, cwd=self.folder, env=environment, capture_output=True, text=True)
        self.said = done.stdout + done.stderr
        if "id" in step:
            pairs = (line.partition("=") for line in output.read_text().splitlines())
            self.outputs[step["id"]] = {name: value for name, _, value in pairs}
        return done.returncode

    def value(self, text: str, inputs: Mapping[str, str]) -> str:
        def filled(found: re.Match[str]) -> str:
            kind, *rest = found[1].split(".")
            return inputs[rest[0]] if kind == "inputs" else self.outputs[rest[0]][rest[2]]

        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", filled, text)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    folder = tmp_path / "repository"
    folder.mkdir()
    made = Runner(project(folder))
    shim(made.temp / "controlproof/bin/controlproof")
    return made


def action(runner: Runner, **given: str) -> int:
    """Run the action but its installation; gives how its last step ended."""
    document = yaml.safe_load(ACTION.read_text())
    inputs = {name: str(each.get("default", "")) for name, each in document["inputs"].items()}
    inputs |= {name.replace("_", "-"): value for name, value in given.items()}
    _, scan, gate = document["runs"]["steps"]
    assert runner.run(scan, inputs) == 0, runner.said
    said = runner.said
    code = runner.run(gate, inputs)
    runner.said = said + runner.said
    return code


def test_no_input_is_pasted_into_a_script() -> None:
    document = yaml.safe_load(ACTION.read_text())
    for step in document["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_the_action_passes(runner: Runner) -> None:
    assert action(runner) == 0, runner.said
    assert runner.outputs["scan"]["exit-code"] == "0"
    assert (runner.folder / runner.outputs["scan"]["sarif"]).is_file()
    assert "::notice title=controlproof%3A PASS::" in runner.said
    assert runner.summary.read_text().startswith("#")


def test_the_action_annotates_and_fails(runner: Runner) -> None:
    (runner.folder / "marker").chmod(0o644)
    assert action(runner, targets="here", profiles="files", arguments="--scope\na b\n", bundle="b.zip") == 1
    assert "::error file=inventory.yaml,line=3,title=high%3A Marker closed (marker_closed)::here: " in runner.said
    assert (runner.folder / "b.zip").is_file()
    assert '"scope": "a b"' in (runner.folder / "controlproof-out/run.json").read_text()
    # What the scan prints stands between the marks that keep the runner from obeying it.
    lines = runner.said.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert lines.index(f"::{token}::") < next(at for at, line in enumerate(lines) if line.startswith("::error"))


def test_the_action_tells_undecided_apart(runner: Runner) -> None:
    (runner.folder / "inventory.yaml").write_text(
        "schema: inventory/1\ntargets:\n  here: {platform: linux, command: ['false'], labels: {marker: /m}}\n"
    )
    assert action(runner) == 3
    assert "::warning file=inventory.yaml" in runner.said
    assert action(runner, undecided="warn") == 0


def test_the_action_ends_with_usage_errors(runner: Runner) -> None:
    (runner.folder / "controlproof-out").mkdir()
    (runner.folder / "controlproof-out/annotations.txt").write_text("::error::of an earlier run")
    assert action(runner, profiles="nothing $(touch pwned)") == 2
    assert "of an earlier run" not in runner.said
    assert not (runner.folder / "pwned").exists()


def test_the_action_takes_policy_from_a_branch(runner: Runner) -> None:
    def git(*words: str) -> None:
        settings = ("-c", "user.name=Jo", "-c", "user.email=jo@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *settings, *words], cwd=runner.folder, check=True, capture_output=True)

    git("init", "-q")
    git("add", "controlproof.yaml", "inventory.yaml", "rules", "profiles")
    git("commit", "-q", "-m", "first")
    (runner.folder / "marker").chmod(0o644)
    rule = runner.folder / "rules/marker_closed.yaml"
    rule.write_text(rule.read_text().replace('expect: {mode: "0600"}', 'expect: {mode: "0644"}'))
    assert action(runner, policy_ref="main") == 1
    assert "commit" in runner.summary.read_text()


def stub(path: Path, log: Path) -> None:
    """A program that writes down how it was called, and puts itself into a virtual environment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'#!/bin/sh\necho "$*" >>{log}\n[ "$2" != venv ] || {{ mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; }}\n'
    )
    path.chmod(0o755)


def test_the_action_installs_what_it_is_part_of(runner: Runner) -> None:
    log = runner.temp / "log"
    stub(runner.temp / "python", log)
    step = yaml.safe_load(ACTION.read_text())["runs"]["steps"][0]
    assert runner.run(step, {"python": str(runner.temp / "python"), "install": ""}) == 0, runner.said
    installed = log.read_text().splitlines()[-1]
    assert installed.startswith("-m pip install")
    assert (Path(installed.split()[-1]) / "pyproject.toml").is_file()


def gone(folder: Path) -> None:
    """Let the host not be reached, so that nothing can be decided."""
    (folder / "inventory.yaml").write_text(
        "schema: inventory/1\ntargets:\n  here: {platform: linux, command: ['false'], labels: {marker: /m}}\n"
    )


def opened(folder: Path) -> None:
    """Let the rule fail."""
    (folder / "marker").chmod(0o644)


def mistaken(folder: Path) -> None:
    """Name a profile that is none."""
    (folder / "controlproof.yaml").write_text(
        "schema: config/1\ninventory: inventory.yaml\nprofiles: [nothing]\nrules: rules\n"
    )


def untouched(_: Path) -> None:
    """Leave all as it should be."""


def test_gitlab_is_told_of_the_codes_that_a_job_may_end_with() -> None:
    job = yaml.safe_load(GITLAB.read_text())["controlproof"]
    codes = job["allow_failure"]["exit_codes"]

    assert set(job["allow_failure"]) == {"exit_codes"}, "true would allow every code"
    assert isinstance(codes, list)
    assert all(type(code) is int and 0 < code < 256 for code in codes)
    assert codes == [3]


@pytest.mark.parametrize(
    ("before", "code", "allowed"), [(untouched, 0, False), (opened, 1, False), (mistaken, 2, False), (gone, 3, True)]
)
def test_the_job_of_gitlab_runs_and_is_allowed_to_be_undecided_alone(
    tmp_path: Path, before: Callable[[Path], None], code: int, *, allowed: bool
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    before(project(folder))
    job = yaml.safe_load(GITLAB.read_text())["controlproof"]
    log = tmp_path / "log"
    stub(tmp_path / "bin/python3", log)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CONTROLPROOF_")},
        **{name: str(value) for name, value in job["variables"].items()},
        "CI_PROJECT_DIR": str(folder),
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
    }

    def run(lines: list[str]) -> subprocess.CompletedProcess[str]:
        argv = ["bash", "-eo", "pipefail", "-c", "\n".join(lines)]
        return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True)

    prepared = run(job["before_script"])
    assert prepared.returncode == 0, prepared.stderr
    assert "-m pip install" in log.read_text()
    shim(folder / ".controlproof/bin/controlproof")
    done = run(job["script"])
    assert done.returncode == code, done.stdout + done.stderr
    assert (done.returncode in job["allow_failure"]["exit_codes"]) is allowed
    written = (Path(job["artifacts"]["reports"]["junit"]), Path(job["artifacts"]["paths"][0], "results.sarif"))
    assert {(folder / path).is_file() for path in written} == {code != 2}, "also a failed job has its reports"
    assert job["artifacts"]["when"] == "always"


def instructions() -> list[tuple[str, str]]:
    """(instruction, words) of the Containerfile, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", CONTAINER.read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def test_the_image_names_no_registry_and_runs_without_root() -> None:
    found = instructions()
    assert found[0] == ("ARG", "BASE=python:3.12-slim")
    assert [words for name, words in found if name == "FROM"] == ["${BASE} AS build", "${BASE}"]
    last = found[[at for at, (name, _) in enumerate(found) if name == "FROM"][-1] :]
    assert dict(last)["USER"] == "10001:10001"
    assert dict(last)["ENTRYPOINT"] == '["controlproof"]'
    for name, words in found:
        assert name in {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"}
        if name == "RUN":
            assert subprocess.run(["sh", "-n", "-c", words]).returncode == 0


def test_what_the_image_copies_is_enough_to_install(tmp_path: Path) -> None:
    """The COPY steps, done into a folder, give a wheel with all content; no program that builds images is needed."""
    source = tmp_path / "src"
    source.mkdir()
    for name, words in instructions():
        if name == "COPY" and not words.startswith("--from"):
            *files, place = words.split()
            for file in files:
                target = source / place if (ROOT / file).is_dir() else source / place / file
                copy = shutil.copytree if (ROOT / file).is_dir() else shutil.copy
                copy(ROOT / file, target)
    argv = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), "."]
    done = subprocess.run(argv, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.glob("controlproof-*.whl"))
    extras = re.findall(r"'\.\[([\w,]+)\]'", CONTAINER.read_text())[0].split(",")
    assert all(re.search(rf"^{extra} = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE) for extra in extras)


def test_the_hook_lints(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load(HOOKS.read_text())
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    project(tmp_path)
    shim(tmp_path / "bin/controlproof")
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(shlex.split(hook["entry"]), cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert run().returncode == 0, run().stderr
    (tmp_path / "waivers.yaml").write_text("schema: waivers/1\nwaivers: [{id: W1}]\n")
    done = run()
    assert done.returncode == 2
    assert "waivers.yaml:2" in done.stderr
    assert re.search(hook["files"], "waivers.yaml")
