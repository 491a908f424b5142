"""Works out which settings of the umask count, for users and for root."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.linux.shell_startup import StartupFile, Step
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

_OCTAL = re.compile(r"[0-7]{1,4}")
_CLAUSE = re.compile(r"([ugoa]*)=([rwxXst]*)")
_PAM = re.compile(r"\s*-?session\s+(?:\[[^\]]*\]|\S+)\s+(\S*/)?pam_umask\.so(.*)")
_BITS = {"u": 0o700, "g": 0o070, "o": 0o007, "a": 0o777, "": 0o777}
_INHERITED = 0o022


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the umask; `mask` is a gap where it cannot be read."""

    file: str
    line: int
    mask: int | Gap
    conditional: bool = False
    scope: str = "all"


def of_steps(steps: Sequence[Step]) -> Iterator[Setting]:
    """Give the settings among the commands of startup files, in order."""
    for step in steps:
        if step.words[:1] == ("umask",):
            words = [word for word in step.words[1:] if word not in ("-S", "-p", "--")]
            if words:
                yield Setting(step.file, step.line, mask_of(words[0]), step.conditional, step.scope)
        elif hides(step, "umask"):
            found = error(f"{step.file}:{step.line}: it names umask in a way that is not read here")
            yield Setting(step.file, step.line, found, step.conditional, step.scope)


def hides(step: Step, name: str) -> bool:
    """Tell whether a command hands text that names something to a shell, where it may mean anything."""
    return step.words[:1] in (("eval",), ("trap",), ("alias",)) and any(name in word for word in step.words[1:])


def mask_of(text: str) -> int | Gap:
    """Give the mask of an operand of umask: octal, or clauses such as `u=rwx,g=rx,o=` that name everybody."""
    if _OCTAL.fullmatch(text):
        return int(text, 8) & 0o777
    allowed, named = 0, 0
    for clause in text.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return error(f"{text[:40]!r} is no umask that can be read here")
        bits = sum((4 if letter == "r" else 2 if letter == "w" else 1) for letter in set(match[2]) & set("rwx"))
        who = 0
        for letter in match[1] or "a":
            who |= _BITS[letter]
        allowed = (allowed & ~who) | (bits * 0o111 & who)
        named |= who
    return 0o777 & ~allowed if named == 0o777 else error(f"{text[:40]!r} leaves a part of the umask as it was")


@dataclass(frozen=True, slots=True)
class Pam:
    """What pam_umask reads: its lines in /etc/pam.d, defaults, entries in passwd; `modern` for one that obeys USERGROUPS_ENAB."""

    files: Mapping[str, StartupFile]
    users: Sequence[Row]
    modern: bool

    def settings(self, *, root: bool) -> Iterator[Setting]:
        """Give what pam_umask(8) sets: an entry in passwd, its argument, login.defs, then /etc/default/login."""
        grouped = False
        loaded = list(self._loaded())
        for path, number, arguments in loaded:
            named = [word.partition("=")[2] for word in arguments if word.startswith("umask=")]
            option = not root and "nousergroups" not in arguments and (self.modern or "usergroups" in arguments)
            grouped = grouped or option
            if named:
                yield Setting(path, number, _grouped(mask_of(named[-1]), option))
            else:
                yield from self._default(option, root=root)
        for row in self.users if loaded else ():
            for item in str(row["comment"]).split(","):
                if item.strip().startswith("umask=") and (row["uid"] == 0) == root:
                    mask = mask_of(item.strip().removeprefix("umask="))
                    yield Setting("/etc/passwd", int(str(row["line"])), _grouped(mask, grouped))

    def _loaded(self) -> Iterator[tuple[str, int, list[str]]]:
        for path, shown in self.files.items():
            for number, line in enumerate(shown.lines, 1):
                match = _PAM.fullmatch(line) if path.startswith("/etc/pam.d/") else None
                if match is not None:
                    yield path, number, match[2].partition("#")[0].split()

    def _default(self, option: bool, *, root: bool) -> Iterator[Setting]:
        for path, pattern in (("/etc/login.defs", r"\s*UMASK\s+(\S+).*"), ("/etc/default/login", r"\s*UMASK=(\S+).*")):
            shown = self.files.get(path, StartupFile(path))
            if shown.gap is not None:
                yield Setting(path, 1, shown.gap)
                return
            found = _last(shown, pattern)
            if found is not None:
                if path == "/etc/login.defs" and self.modern and not root:
                    enabled = _last(shown, r"\s*USERGROUPS_ENAB\s+(\S+).*")
                    option = enabled[1].lower() == "yes" if enabled else option
                yield Setting(path, found[0], _grouped(mask_of(found[1]), option))
                return


def _last(shown: StartupFile, pattern: str) -> tuple[int, str] | None:
    matches = [(number, re.fullmatch(pattern, line)) for number, line in enumerate(shown.lines, 1)]
    found = [(number, match[1].strip("\"'")) for number, match in matches if match]
    return found[-1] if found else None


def _grouped(mask: int | Gap, groups: bool) -> int | Gap:
    return mask if isinstance(mask, Gap) or not groups else (mask & ~0o070) | (mask >> 3 & 0o070)


def rows(who: str, pam: Sequence[Setting], login: Sequence[Setting], shell: Sequence[Setting]) -> Iterator[Row]:
    """Give the rows of one kind of user: pam_umask comes first, then the files of a login or an interactive shell.

    What pam_umask sets stays in sessions without a shell, so that it always counts.
    """
    wins: dict[Setting, bool] = dict.fromkeys(pam, True)
    closed = bool(pam)
    for chain in (login, shell):
        kept = True
        for one in reversed([one for one in chain if one.scope in ("all", who)]):
            wins[one] = wins.get(one, False) or kept
            kept = kept and one.conditional
        closed = closed or (chain is login and not kept)
    for one in sorted(wins, key=lambda one: (one.file, one.line)):
        yield _row(who, one, wins[one])
    if not closed:
        doubt = error("it is set under conditions only, which are not decided here")
        only = any(one.scope in ("all", who) for one in login)
        yield {**_row(who, Setting("", 0, doubt if only else _INHERITED), True), "file": ABSENT, "line": ABSENT}


def _row(who: str, one: Setting, wins: bool) -> dict[str, Cell]:
    mask = one.mask
    return {
        "applies_to": who,
        "file": one.file,
        "line": one.line,
        "umask": mask if isinstance(mask, Gap) else f"{mask:04o}",
        "grants": mask if isinstance(mask, Gap) else f"{0o777 & ~mask:04o}",
        "conditional": one.conditional,
        "winning": wins,
    }
