"""Collects what login sessions start with: umask, idle time-out, and root's search path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux import accounts_passwd, accounts_settings, shell_path, shell_umask
from scanner.collection.linux.plainfile import is_denied, is_missing
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.shell_script import FILES, PLACES
from scanner.collection.linux.shell_startup import BASHRC, PROFILE, Startup, StartupFile, Step, assigned, follow
from scanner.collection.linux.sudo_files import policy
from scanner.collection.linux.sudo_script import FILES as SUDO_FILES
from scanner.collection.linux.sudo_script import VERSION as SUDO_VERSION
from scanner.collection.linux.sudo_settings import program
from scanner.collection.linux.text import decoded, tail
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS: tuple[str, ...] = ("linux.umask_setting", "linux.shell_timeout", "linux.root_path_entry")

Answer = tuple[list[Row], list[Gap]]

_SHELLS = ("/bin/sh", "/bin/bash", "/bin/dash", "/bin/rbash", "/bin/ksh", "")
_ACCOUNTS = (accounts_passwd.PASSWD, accounts_passwd.SHELLS, accounts_settings.LOGIN_DEFS)
_PROBES: Mapping[str, tuple[Probe, ...]] = {
    "linux.umask_setting": (FILES, *_ACCOUNTS),
    "linux.shell_timeout": (FILES,),
    "linux.root_path_entry": (FILES, PLACES, SUDO_FILES, SUDO_VERSION),
}
_ASKED: Mapping[str, str] = {
    "linux.umask_setting": "read (not run) /etc/profile, profile.d, bash.bashrc, root's startup files; pam_umask, login.defs",
    "linux.shell_timeout": "read (not run) /etc/profile, /etc/profile.d/*.sh, /etc/bash.bashrc",
    "linux.root_path_entry": "read (not run) startup files of root, login.defs, /etc/environment, secure_path; stat -L",
}


@dataclass(slots=True)
class _Shown:
    """The files of the probe, and what else it said."""

    files: dict[str, StartupFile] = field(default_factory=dict)
    home: str = "/root"
    shell: str = "/bin/bash"
    modern: bool = False
    gap: Gap | None = None

    def hidden(self, *above: str) -> list[Gap]:
        """Give why directories (and the places in them) may hold more files than were shown."""
        return [file.gap for path, file in self.files.items() if file.gap is not None and path in above]


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the probes that these queries take, each once."""
    wanted = {probe.name: probe for query in queries for probe in _PROBES[query.fact]}
    return list(wanted.values())


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read the files: one Evidence per query; a file that could not be read or followed makes it incomplete."""
    shown = _shown(output_of(outputs, FILES.name), session)
    found = []
    for query in queries:
        if query.fact == "linux.umask_setting":
            rows, gaps = _umask(shown, outputs)
        elif query.fact == "linux.shell_timeout":
            rows, gaps = _timeout(shown)
        else:
            rows, gaps = _paths(shown, outputs, session)
        gap = next((one for one in (shown.gap, *gaps) if one is not None), None)
        found.append(Evidence(query, tuple(rows), gap, session.provenance(_ASKED[query.fact])))
    return found


def _shown(output: Output, session: Session) -> _Shown:
    seen = _Shown(gap=output.gap)
    path, lines, ended = "", list[str](), False
    for raw in output.stdout.split(b"\n"):
        mark, text = raw[:1], decoded(raw[1:])
        if mark == b">":
            path, lines = text, []
            seen.files[path] = StartupFile(path, gap=error(f"{path} was not shown to its end"))
        elif mark == b"=":
            lines.append(text)
        elif mark == b"." and path:
            seen.files[path] = StartupFile(path, tuple(lines))
        elif mark == b"!" and path:
            if is_missing(text):
                seen.files[path] = StartupFile(path)
            else:
                denied = unreadable(path, session) if is_denied(text) else error(f"{path}: {tail(text) or 'not read'}")
                seen.files[path] = StartupFile(path, gap=denied)
        elif mark == b"H":
            seen.home = text
        elif mark == b"S":
            seen.shell = text
        elif mark == b"G":
            seen.modern = True
        elif mark == b"E":
            ended = True
    if seen.gap is None and not ended:
        seen.gap = output.failure("the startup files were not all shown")
    return seen


def _system(shown: _Shown) -> tuple[Startup, Startup, list[Gap]]:
    """Give what a login shell and an interactive shell of anybody run, and what hides more of it."""
    login, shell = follow(shown.files, [PROFILE], "$HOME"), follow(shown.files, [BASHRC], "$HOME")
    return login, shell, [*shown.hidden("/etc/profile.d"), *login.gaps, *shell.gaps]


def _of_root(shown: _Shown) -> tuple[Startup, Startup, list[Gap]]:
    """Give the same for root, with the startup files in its home."""
    own = [f"{shown.home}/{name}" for name in (".bash_profile", ".bash_login", ".profile")]
    first = next(
        (path for path in own if path in shown.files and (shown.files[path].lines or shown.files[path].gap)), ""
    )
    login = follow(shown.files, [PROFILE, first], shown.home)
    shell = follow(shown.files, [BASHRC, f"{shown.home}/.bashrc"], shown.home)
    gaps = [*shown.hidden("/etc/profile.d", shown.home), *login.gaps, *shell.gaps]
    if shown.shell.removeprefix("/usr") not in _SHELLS and not shown.shell.endswith(("/nologin", "/false")):
        gaps.append(error(f"root's shell {shown.shell[:60]} reads other startup files"))
    return login, shell, gaps


def _umask(shown: _Shown, outputs: Mapping[str, Output]) -> Answer:
    accounts, unknown = accounts_passwd.users(outputs)
    comments = [row for row in accounts if isinstance(row["comment"], str)]
    rows: list[Row] = []
    gaps = [file.gap for path, file in shown.files.items() if path.startswith("/etc/pam.d") and file.gap is not None]
    for who, startup in (("users", _system(shown)), ("root", _of_root(shown))):
        login, shell, missing = startup
        pam = list(shell_umask.Pam(shown.files, comments, shown.modern).settings(root=who == "root"))
        steps = (list(shell_umask.of_steps(login.steps)), list(shell_umask.of_steps(shell.steps)))
        rows += shell_umask.rows(who, pam, *steps)
        gaps += missing
    if any("umask=" in str(row["comment"]) for row in comments) or len(comments) < len(accounts):
        gaps += [unknown] if unknown else []
    return rows, gaps


def _timeout(shown: _Shown) -> Answer:
    login, shell, gaps = _system(shown)
    own = {step.file for step in login.steps}
    steps = [*login.steps, *(step for step in shell.steps if step.file not in own)]
    return list(_timeouts(steps, gaps)), gaps


def _timeouts(steps: Sequence[Step], gaps: list[Gap]) -> Iterator[Row]:
    found: dict[str, dict[str, Cell]] = {}
    for step in steps:
        value, options = assigned(step.words, "TMOUT")
        gone = step.words[:1] == ("unset",) and "TMOUT" in step.words
        if shell_umask.hides(step, "TMOUT"):
            gaps.append(error(f"{step.file}:{step.line}: it names TMOUT in a way that is not read here"))
        if value is None and not options and not gone:
            continue
        row = found.setdefault(step.file, _unset(step))
        if row["readonly"] is not True and (value is not None or gone):
            row |= {"timeout": ABSENT if value is None else _seconds(value), "line": step.line}
        row["readonly"] = row["readonly"] is True or "r" in options
        row["exported"] = (row["exported"] is True and not gone) or "x" in options
        row["conditional"] = row["conditional"] is True or step.conditional or step.scope != "all"
    yield from found.values()


def _unset(step: Step) -> dict[str, Cell]:
    blank: dict[str, Cell] = {"file": step.file, "line": step.line, "timeout": ABSENT}
    return {**blank, "readonly": False, "exported": False, "conditional": False}


def _seconds(value: str) -> Cell:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else error("TMOUT is no plain number")


def _paths(shown: _Shown, outputs: Mapping[str, Output], session: Session) -> Answer:
    login, shell, gaps = _of_root(shown)
    sudo = policy(output_of(outputs, SUDO_FILES.name), program(output_of(outputs, SUDO_VERSION.name)).options)
    own = {(step.file, step.line, step.words) for step in login.steps}
    steps = [*login.steps, *(step for step in shell.steps if (step.file, step.line, step.words) not in own)]
    paths = [*shell_path.of_files(shown.files), *shell_path.of_sudo(sudo), *shell_path.of_steps(steps)]
    seen = shell_path.places(output_of(outputs, PLACES.name), session)
    if sudo.installed and sudo.gap is not None:
        gaps.append(sudo.gap)
    return list(shell_path.rows(paths, shown.home, seen)), gaps
