"""Policy files taken from a commit by git, so that a branch under test cannot waive its own findings."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from scanner.catalog.files.attestations import read_attestations
from scanner.catalog.files.configuration import NAME
from scanner.model.errors import ConfigurationError
from scanner.operations.configuration import settings_from
from scanner.operations.request import Origin
from scanner.sealing.manifest import unsafe

MAX_FILE: Final = 64 * 2**20
MAX_ALL: Final = 256 * 2**20
MAX_FILES: Final = 20_000
_TIMEOUT: Final = 120.0
_LISTS: Final = ("waivers", "attestations", "claims", "rule_folders", "profile_folders", "catalogue_folders")
"""Settings that name files or folders to take."""
_PROFILES: Final = ("profiles", "default_profiles")
_LOCAL: Final = ("inventory", "output", "runs")
"""Settings of the ref's controlproof.yaml that name places of the working tree."""
_YAML: Final = (".yaml", ".yml")
_ENTRY = re.compile(rb"(\d{6}) (\w+) ([0-9a-f]{40,64}) +(\d+|-)\t(.*)", re.DOTALL)
_MODES: Final = {"120000": "a symbolic link", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class _Blob:
    path: str
    mode: str
    name: str
    """Its object's."""
    size: int


@dataclass(slots=True)
class PolicyRef:
    """A commit of the repository around the working directory, and what was taken of it so far."""

    origin: Origin
    prefix: str
    """The working directory, seen from the top of the repository."""
    git: _Git
    _taken: dict[str, int] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """Give what the commit's nearest controlproof.yaml says, paths of the working tree where they name its places.

        Raises ConfigurationError and ContentError.
        """
        folders = [PurePosixPath(self.prefix), *PurePosixPath(self.prefix).parents]
        names = [(folder / NAME).as_posix() for folder in folders]
        there = {blob.path for blob in self._list(names)}
        nearest = next((name for name in names if name in there), None)
        if nearest is None:
            return {}
        self._fetch(nearest)
        found = settings_from((self.origin.root / nearest).parent)
        for name in _LOCAL:
            if found.get(name):
                found[name] = type(found[name])(self.origin.shown(str(found[name])))
        return found

    def replace(self, flags: Mapping[str, Any]) -> dict[str, Any]:
        """Give the settings with every policy file taken from the commit; raises ConfigurationError for a missing one."""
        new = dict(flags)
        for name in _LISTS:
            new[name] = tuple(self._take(path) for path in flags.get(name) or ())
        for name in _PROFILES:
            new[name] = tuple(
                str(self._profile(each)) if each.endswith(_YAML) else each for each in flags.get(name) or ()
            )
        for path in new["attestations"]:
            for entry in read_attestations(str(path), path.read_bytes(), []):
                if entry.attachment:
                    self._take(Path(entry.attachment))
        policy = flags.get("recovery_policy")
        new["recovery_policy"] = self._take(policy) if policy else None
        baseline = flags.get("baseline")
        if baseline == "latest":
            raise ConfigurationError(
                f"--baseline latest: --policy-ref {self.origin.ref} takes the baseline from that commit "
                "(name a file there, made by controlproof baseline write)"
            )
        new["baseline"] = str(self._take(Path(baseline))) if baseline else ""
        new["origin"] = self._noted(flags.get("inventory"))
        return new

    def _noted(self, inventory: Path | None) -> Origin:
        """Give the origin, with a remark when the inventory of the working tree is not the commit's."""
        if inventory is None or not inventory.is_file():
            return self.origin
        name = self._inside(inventory)
        blobs = self._list([name]) if name else []
        asked = ["hash-object", "--no-filters", "--stdin"]
        same = blobs and self.git(asked, data=inventory.read_bytes()).decode().strip() == blobs[0].name
        if same:
            return self.origin
        text = f"{inventory}: it is not the inventory of {self.origin.ref}: targets, their profiles and states are of this tree"
        return Origin(self.origin.root, self.origin.top, self.origin.ref, self.origin.commit, (text,))

    def _take(self, path: Path) -> Path:
        """Take a file or a folder; gives where it lies now."""
        if path.is_relative_to(self.origin.root):
            name = path.relative_to(self.origin.root).as_posix()
        else:
            name = self._inside(path)
        if not name:
            raise ConfigurationError(
                f"{path}: it lies outside of the repository, so {self.origin.ref} does not have it "
                "(keep it in the repository, or drop --policy-ref)"
            )
        return self._fetch(name)

    def _profile(self, path: str) -> Path:
        """Take a profile, with what lies beside it and may be extended."""
        found = self._take(Path(path))
        folder = found.parent.relative_to(self.origin.root).as_posix()
        beside = self._list([f"{folder}/" if folder != "." else ""], deep=False)
        self._write(each for each in beside if each.path.endswith(_YAML) and each.mode not in _MODES)
        return found

    def _inside(self, path: Path) -> str:
        """Give a path of the working tree as the repository names it; empty for one outside."""
        text = os.fspath(path)
        if path.is_absolute():
            text = os.path.relpath(Path(os.path.realpath(path.parent)) / path.name, os.path.realpath(Path()))
        name = os.path.normpath(PurePosixPath(self.prefix) / text)
        return "" if name == ".." or name.startswith("../") else name

    def _fetch(self, name: str) -> Path:
        blobs = self._list(["" if name == "." else name])
        if not blobs:
            raise ConfigurationError(f"{self.origin.shown(str(self.origin.root / name))}: {self._missing(name)}")
        for blob in blobs:
            if blob.mode in _MODES:
                raise ConfigurationError(
                    f"{blob.path}: it is {_MODES[blob.mode]} in {self.origin.ref} (put the file itself there)"
                )
        self._write(blobs)
        return self.origin.root / name

    def _missing(self, name: str) -> str:
        above = [parent.as_posix() for parent in PurePosixPath(name).parents if parent.name]
        for blob in self._list(above, deep=False) if above else ():
            if blob.mode in _MODES:
                return f"it lies below {_MODES[blob.mode]} of {self.origin.ref} (put the file itself there)"
        return f"{self._named} has no such file (merge it there first, or drop it here)"

    @property
    def _named(self) -> str:
        return f"{self.origin.ref} (commit {self.origin.commit[:12]})"

    def _list(self, names: Sequence[str], *, deep: bool = True) -> list[_Blob]:
        asked = ["ls-tree", "-z", "-l", "--full-tree", *(["-r"] if deep else []), self.origin.commit]
        answer = self.git([*asked, "--", *filter(None, names)])
        blobs = []
        for line in answer.split(b"\0")[:-1]:
            found = _ENTRY.fullmatch(line)
            if found is None or found[2] == b"tree":
                continue
            path = found[5].decode("utf-8", "surrogateescape")
            if why := unsafe(path):
                raise ConfigurationError(f"{path[:80]!r} of {self.origin.ref} {why} (rename it there)")
            size = 0 if found[4] == b"-" else int(found[4])
            blobs.append(_Blob(path, found[1].decode(), found[3].decode(), size))
        return blobs

    def _write(self, found: Iterable[_Blob]) -> None:
        """Write blobs under their paths, as they are: no filter, hook or attribute of the repository has a say."""
        blobs = [each for each in found if each.path not in self._taken]
        for blob in blobs:
            if blob.size > MAX_FILE:
                raise ConfigurationError(f"{blob.path}: {blob.size} bytes in {self.origin.ref} are too many for policy")
            self._taken[blob.path] = blob.size
        if len(self._taken) > MAX_FILES or sum(self._taken.values()) > MAX_ALL:
            raise ConfigurationError(
                f"{self.origin.ref}: the policy there is too large: more than {MAX_FILES} files or {MAX_ALL >> 20} MiB "
                "(name the folder of rules or profiles itself)"
            )
        if not blobs:
            return
        answer = self.git(["cat-file", "--batch"], data="".join(f"{each.name}\n" for each in blobs).encode())
        for blob in blobs:
            head, _, answer = answer.partition(b"\n")
            if head.split()[1:] != [b"blob", str(blob.size).encode()]:
                raise ConfigurationError(f"{blob.path}: git does not give it (fetch {self.origin.ref} anew)")
            place = self.origin.root / blob.path
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.write_bytes(answer[: blob.size])
            answer = answer[blob.size + 1 :]


@dataclass(frozen=True, slots=True)
class _Git:
    """Runs git without hooks, replaced objects, prompts, or the user's language."""

    environ: Mapping[str, str]
    ref: str

    def __call__(self, words: Sequence[str], data: bytes = b"") -> bytes:
        """Give the output; raises ConfigurationError with what git said."""
        done = self.run(words, data)
        if done.returncode:
            raise ConfigurationError(f"--policy-ref {self.ref}: {_explained(done.stderr)}")
        return done.stdout

    def run(self, words: Sequence[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command of git and give how it ended."""
        argv = ["git", "--no-pager", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *words]
        calm = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1"}
        calm["GIT_NO_REPLACE_OBJECTS"] = "1"
        try:
            return subprocess.run(
                argv, input=data, capture_output=True, timeout=_TIMEOUT, env={**self.environ, **calm}, check=False
            )
        except FileNotFoundError:
            raise ConfigurationError(f"--policy-ref {self.ref}: git is not installed (install it)") from None
        except (OSError, ValueError, subprocess.TimeoutExpired) as problem:
            what = type(problem).__name__
            raise ConfigurationError(f"--policy-ref {self.ref}: git does not run: {what} (try git log)") from None


def _explained(stderr: bytes) -> str:
    said = " ".join(stderr[:2000].decode("utf-8", "replace").split())
    if "dubious ownership" in said:
        return (
            "the repository belongs to another account, and git does not trust it "
            "(check it out as this account, or git config --global --add safe.directory DIR)"
        )
    if "not a git repository" in said or "work tree" in said:
        return "the working directory is in no git repository (run it in a checkout)"
    return f"git says: {said[:300] or 'nothing'} (try it by hand)"


def open_ref(ref: str, root: Path, environ: Mapping[str, str]) -> PolicyRef:
    """Find the commit that a ref names; `root` is an empty folder for what is taken. Raises ConfigurationError."""
    git = _Git(environ, ref)
    # One question for each line: an empty answer would shift the others.
    prefix = git(["rev-parse", "--show-prefix"]).decode().rstrip("\n")
    git(["rev-parse", "--show-toplevel"])
    top = git(["rev-parse", "--show-cdup"]).decode().rstrip("\n")
    if not ref or ref.startswith("-"):
        raise ConfigurationError(f"--policy-ref {ref}: this is no name of a commit (write such as origin/main)")
    found = git.run(["rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}"])
    if b"is ambiguous" in found.stderr:
        raise ConfigurationError(
            f"--policy-ref {ref}: a tag and a branch are called so (write refs/heads/{ref} or refs/remotes/origin/{ref})"
        )
    if found.returncode:
        raise ConfigurationError(
            f"--policy-ref {ref}: the repository has no such commit (git fetch it first; a CI checkout may be shallow)"
        )
    origin = Origin(root, Path(top or "."), ref, found.stdout.decode().strip())
    return PolicyRef(origin, prefix.rstrip("/"), git)
