"""What a repository says of itself, or why it says nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.collection.git import script
from scanner.collection.git.values import clean, denied, moment
from scanner.collection.linux.probe import Output, Session
from scanner.model.evidence import ABSENT, Cell, Gap, error, unknown

_OWNER = "to run as the account that owns the repository, or as root"
_REASONS = {
    script.NO_GIT: "git is not on the PATH of the host (install it there)",
    script.NO_STAT: "stat cannot tell whose the folder is",
    script.NO_SETPRIV: "setpriv is missing on the host, so that git cannot run as the repository's owner",
    script.ODD_FILE: f"{script.CI_STATUS} is no plain file",
}


@dataclass(frozen=True, slots=True)
class State:
    """The repository as it lies there."""

    called: str
    """Folder as the inventory names it."""
    folder: str
    version: str
    bare: bool
    branch: str
    head: str
    """Commit that is checked out; empty while there is none."""
    last: Cell
    first: Cell
    cut: Gap | None
    """Why its history is not all there; None when it is."""
    privileged: bool
    """True when the script ran as root."""

    @property
    def name(self) -> str:
        """The last part of its folder, as the inventory names that."""
        return self.called.rstrip("/").rpartition("/")[2].removesuffix(".git") or "git"

    @property
    def key(self) -> str:
        """The stable key by which the inventory knows it."""
        return f"git:{self.name}"

    def refusal(self, output: Output) -> Gap | None:
        """Tell why a probe could not ask git at all; None when it could."""
        return refusal(output, privileged=self.privileged)

    @classmethod
    def read(cls, output: Output, session: Session, called: str) -> State | Gap:
        """Read the first probe; a gap where the repository could not be asked anything."""
        gap = refusal(output, privileged=session.root) or output.gap
        if gap is not None:
            return gap
        said: dict[str, list[str]] = {}
        for line in output.lines:
            word, _, rest = line.partition(" ")
            said.setdefault(word, []).append(rest)
        if said.get("bare") not in (["true"], ["false"]) or not said.get("folder"):
            return error(f"git did not tell of the repository: {clean(output.stderr, 300)}")
        head = said.get("head", [""])[0]
        cut = _cut(said)
        return cls(
            called=clean(called, 500),
            folder=clean(said["folder"][0], 500),
            version=said.get("version", [""])[0].removeprefix("git version ").split(" ")[0][:40],
            bare=said["bare"] == ["true"],
            branch=clean(said.get("branch", [""])[0], 300),
            head=head if re.fullmatch(r"[0-9a-f]{40,64}", head) else "",
            last=moment(said.get("last", [""])[0]) if head else ABSENT,
            first=(cut or _first(said.get("root", []))) if head else ABSENT,
            cut=cut,
            privileged=session.root,
        )


def refusal(output: Output, *, privileged: bool) -> Gap | None:
    """Give the gap of a probe that ended before it asked git."""
    if output.gap is not None:
        return output.gap
    said = clean(output.stderr, 300)
    if output.status == script.NO_FOLDER:
        reason = "there is no such folder, or it cannot be entered"
        return error(reason) if privileged else unknown(reason, _OWNER)
    if output.status == script.FOREIGN:
        return unknown("the repository is somebody else's, and its settings would run programs as us", _OWNER)
    if output.status == script.NO_REPOSITORY:
        return unknown(said, _OWNER) if denied(said) else error(f"there is no repository in the folder: {said}")
    if output.status in _REASONS:
        return error(_REASONS[output.status])
    if output.status in (126, 127):
        return error(f"git could not be run: {said}")
    return None


def _cut(said: dict[str, list[str]]) -> Gap | None:
    if said.get("shallow") != ["false"]:
        return error("the clone is shallow: its history is not all there (run git fetch --unshallow)")
    if said.get("partial", [""])[0]:
        return error("the clone is partial: what it lacks would have to be fetched (make a full clone)")
    return None


def _first(roots: list[str]) -> Cell:
    """Give the time of the oldest commit without a parent."""
    if not roots or roots[-1] != "rc 0":
        return error("the history was not walked to its end")
    times = [int(each) for each in roots[:-1] if re.fullmatch(r"\d{1,12}", each)]
    return (
        moment(min(times)) if times and len(times) == len(roots) - 1 else error("times of first commits cannot be read")
    )
