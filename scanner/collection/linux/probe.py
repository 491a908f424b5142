"""What crosses between the host script and the collectors: probes out, outputs back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.collection.linux.text import decoded, tail
from scanner.model.evidence import Gap, Provenance, error


@dataclass(frozen=True, slots=True)
class Probe:
    """A self-contained POSIX sh fragment, run by `sh -c` with /dev/null as its standard input.

    `timeout` in seconds, `limit` in bytes of standard output, `cost` orders probes: 0 cheap … 9 the file walk.
    A fragment must stay below 100 KB and hold no here-document; words of queries go through `text.quoted`.
    """

    name: str
    script: str
    timeout: int = 10
    limit: int = 2**20
    cost: int = 1


@dataclass(frozen=True, slots=True)
class Output:
    """What became of a probe; `missing` says why there is no, or no whole, output (empty when it ran to its end)."""

    stdout: bytes = b""
    stderr: str = ""
    status: int | None = 0
    truncated: bool = False
    timed_out: bool = False
    missing: str = ""

    @property
    def text(self) -> str:
        r"""Standard output as text; bytes that are not UTF-8 are shown as `\xNN`."""
        return decoded(self.stdout)

    @property
    def lines(self) -> list[str]:
        """Standard output split at newlines only (a carriage return or form feed is part of its line)."""
        whole = self.text
        return whole.removesuffix("\n").split("\n") if whole else []

    @property
    def gap(self) -> Gap | None:
        """Why the output is not whole; None when it is, whatever the exit status."""
        if self.missing:
            return error(self.missing)
        if self.timed_out:
            return error("the probe ran into its time limit")
        if self.truncated:
            return error("the probe's output exceeds its size limit")
        return None

    def failure(self, what: str) -> Gap:
        """Give the gap for a probe that ended badly: its own gap, else `what` with status and stderr."""
        if self.gap:
            return self.gap
        said = tail(self.stderr)
        return error(f"{what} (exit status {self.status}{': ' + said if said else ''})")


@dataclass(frozen=True, slots=True)
class Session:
    """As whom the script ran, and the host's clock (RFC 3339, UTC) when it began; `uid` None when it did not say."""

    uid: int | None = None
    user: str = ""
    now: str = ""

    @property
    def root(self) -> bool:
        """True when the script ran as root."""
        return self.uid == 0

    def provenance(self, asked: str) -> Provenance:
        """Give the provenance of evidence that was `asked` in this session."""
        return Provenance(asked=asked, taken_at=self.now, as_user=self.user)


NOT_RUN = Output(status=None, missing="the probe was not part of the script")


def output_of(outputs: Mapping[str, Output], name: str) -> Output:
    """Give the output of the probe of that name; one that was not run has `missing` set."""
    return outputs.get(name, NOT_RUN)
