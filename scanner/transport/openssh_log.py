"""What the ssh program writes into its log (`ssh -v -E FILE`): whom it met, and why it gave up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scanner.model.errors import AuthenticationError, CollectionError, HostKeyError, UnreachableError
from scanner.transport.errors import plain

_SIZE = 262144
_DEBUGGING = (
    b"debug1: ",
    b"OpenSSH_",
    b"Authenticated to ",
    b"Killed by signal 1.",
    b"Transferred: sent ",
    b"Bytes per",
)

_KEY = re.compile(r"Server host (?:key|certificate): (\S+ SHA256:[A-Za-z0-9+/]+)")
_MET = re.compile(r"Authenticated to (\S+) \((?:\[([^\]]+)\]:(\d+)|via proxy)\)")
_AS = re.compile(r"Authenticating to \S+ as '(.*)'")
_ENDED = re.compile(r"rtype exit-(status|signal)")
_LOST = re.compile(
    r"^(.*(?:Connection to \S+ closed by remote host|Connection reset by|Broken pipe|not responding|"
    r"Connection closed by|packet_write_wait|kex_exchange|Bad packet length|message authentication code).*)$",
    re.MULTILINE,
)

_HOST_KEY = re.compile(
    r"Host key verification failed|HOST IDENTIFICATION HAS CHANGED|host key is known for|is revoked|"
    r"REVOKED HOST KEY|Certificate invalid|host key .*has changed",
    re.IGNORECASE,
)
_AUTH = re.compile(
    r"Permission denied \(|Too many authentication failures|No more authentication methods|"
    r"no mutual signature|Load key .*: (?!No such)",
    re.IGNORECASE,
)
_WAY = re.compile(
    r"Could not resolve hostname|Connection refused|timed out|No route to host|unreachable|"
    r"kex_exchange_identification|ssh_exchange_identification|Connection closed by|Connection reset by|"
    r"no matching|banner|open failed|stdio forwarding failed|Bad stdio forwarding|Connection timed out",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Log:
    """One log, read: everything is empty that it does not tell."""

    address: str
    user: str
    key: str
    accepted: bool
    authenticated: bool
    text: str

    @classmethod
    def read(cls, path: Path) -> Log:
        """Read the log; only its first quarter of a mebibyte counts. No log is an empty one."""
        try:
            with path.open("rb") as file:
                text = file.read(_SIZE).decode("utf-8", "replace")
        except OSError:
            text = ""
        return cls.parse(text)

    @classmethod
    def parse(cls, text: str) -> Log:
        """Take apart the lines of OpenSSH 7 to 10."""
        met, key, user = _MET.search(text), _KEY.search(text), _AS.search(text)
        address = ""
        if met:
            host, port = met[2] or met[1], met[3] or "22"
            address = host if port == "22" else f"{host}:{port}"
        return cls(
            plain(address, 120),
            plain(user[1], 64) if user else "",
            plain(key[1], 120) if key else "",
            "Permanently added" in text,
            met is not None,
            text,
        )

    def lost(self, stderr: str = "") -> str:
        """Say how an authenticated connection was lost; empty when the command ended by itself."""
        if not self.authenticated or _ENDED.search(self.text):
            return ""
        found = _LOST.findall(f"{stderr}\n{self.text}")
        return "connection lost" + (f": {plain(found[-1], 200)}" if found else "")

    def raise_refusal(self, place: str, stderr: str = "") -> None:
        """Raise what kept ssh from getting in, told by its log and the stderr of its helpers; return when it got in."""
        if self.authenticated:
            return
        text = f"{stderr}\n{self.text}"
        told = plain(" ".join(line for line in text.splitlines() if not _noise(line)), 400) or "ssh gave no reason"
        if _HOST_KEY.search(text):
            raise HostKeyError(f"{place}: the host key was not accepted: {told}")
        if _AUTH.search(told):
            raise AuthenticationError(f"{place}: not let in: {told}")
        if _WAY.search(told):
            raise UnreachableError(f"{place}: {told}")
        raise CollectionError(f"{place}: ssh failed: {told}")


def quiet(stderr: bytes) -> bytes:
    """Take the debugging of a jump host's ssh out of stderr."""
    lines = stderr.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_DEBUGGING))


def _noise(line: str) -> bool:
    return line.startswith(("debug1:", "debug2:", "OpenSSH_", "@@@")) or not line.strip("@ ")
