"""known_hosts files as OpenSSH reads them: whose key is known, changed or revoked, and how a new one is added."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from scanner.model.errors import HostKeyError
from scanner.transport.errors import because

REVOKED = "@revoked"
AUTHORITY = "@cert-authority"


class Standing(Enum):
    """How a presented key stands in the known_hosts files."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    """Other keys are known for this host, of this kind or another."""
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a known_hosts file, sshd(8) section SSH_KNOWN_HOSTS FILE FORMAT."""

    marker: str
    hosts: str
    kind: str
    blob: bytes
    path: str
    line: int

    def matches(self, name: str) -> bool:
        """True when the line speaks of this host: by name, pattern, negation or hash."""
        if self.hosts.startswith("|1|"):
            return _hash_matches(self.hosts, name)
        found = False
        for pattern in self.hosts.lower().split(","):
            if pattern.startswith("!") and _pattern_matches(pattern[1:], name):
                return False
            found = found or _pattern_matches(pattern, name)
        return found

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """How a key stands, and the lines that say so."""

    standing: Standing
    entries: tuple[Entry, ...] = ()
    authority: bool = False
    """True when a certificate authority is trusted for this host."""


def fingerprint(blob: bytes) -> str:
    """Give the SHA256 fingerprint as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def names(host: str, port: int) -> tuple[str, ...]:
    """Give the names under which a host may stand: `[host]:port` first for odd ports, then the bare one."""
    bare = host.lower()
    return (bare,) if port == 22 else (f"[{bare}]:{port}", bare)


def parse(text: str, path: str) -> list[Entry]:
    """Read the lines that can be read; broken ones are skipped, as OpenSSH does."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#") or marker not in ("", REVOKED, AUTHORITY):
            continue
        try:
            blob = base64.b64decode(words[2], validate=True)
        except (binascii.Error, ValueError):
            continue
        entries.append(Entry(marker, words[0], words[1], blob, path, number))
    return entries


_cache: dict[str, tuple[tuple[int, int, int], list[Entry]]] = {}
_lock = threading.Lock()


def load(paths: Iterable[str]) -> list[Entry]:
    """Read these files; one that is not there is empty, one that cannot be read is a HostKeyError.

    An unreadable file could hold the line that revokes a key, so it is not passed over.
    """
    entries: list[Entry] = []
    for path in paths:
        try:
            about = Path(path).stat()
            signature = (about.st_ino, about.st_mtime_ns, about.st_size)
            held = _cache.get(path)
            if held is None or held[0] != signature:
                held = (signature, parse(Path(path).read_text("utf-8", "replace"), path))
                with _lock:
                    _cache[path] = held
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            raise HostKeyError(f"{path}: the known hosts cannot be read: {because(exc)}") from None
        entries += held[1]
    return entries


def about(entries: Iterable[Entry], host_names: Sequence[str]) -> list[Entry]:
    """Give the lines that speak of a host under one of its `names()`; hashed ones make this the dear step."""
    return [entry for entry in entries if any(entry.matches(name) for name in host_names)]


def judge(relevant: Sequence[Entry], host_names: Sequence[str], kind: str, blob: bytes) -> Finding:
    """Say how the key that a host presented stands, by the lines `about` it.

    Only the first name can tell that a key changed; a bare name can only confirm, as in ssh(1).
    """
    revoked = tuple(entry for entry in relevant if entry.marker == REVOKED and entry.blob == blob)
    if revoked:
        return Finding(Standing.REVOKED, revoked)
    plain = [entry for entry in relevant if not entry.marker]
    same = tuple(entry for entry in plain if entry.blob == blob)
    if same:
        return Finding(Standing.KNOWN, same)
    authority = any(entry.marker == AUTHORITY for entry in relevant)
    own = [entry for entry in plain if entry.matches(host_names[0])]
    own.sort(key=lambda entry: entry.kind != kind)
    return Finding(Standing.CHANGED if own else Standing.UNKNOWN, tuple(own), authority)


def kinds(relevant: Sequence[Entry]) -> list[str]:
    """Give the kinds of keys that lines `about` a host make known, in the order of the files."""
    return list(dict.fromkeys(entry.kind for entry in relevant if not entry.marker))


def add(path: str, name: str, kind: str, blob: bytes) -> None:
    """Append a key in one write, so that no reader and no other writer sees half a line.

    Makes the file with mode 0600 (and its directory 0700) when it is not there. Raises HostKeyError.
    """
    line = f"{name} {kind} {base64.b64encode(blob).decode()}\n".encode()
    target = Path(path)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            raise HostKeyError(f"{path}: new host keys cannot be kept there (name a file in `known_hosts`)")
        descriptor = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
            data = line if whole else b"\n" + line
            if os.write(descriptor, data) != len(data):
                raise HostKeyError(f"{path}: the new host key was written only in part (is the disk full?)")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise HostKeyError(f"{path}: the new host key could not be kept: {because(exc)}") from None


def _hash_matches(hosts: str, name: str) -> bool:
    try:
        _, _, salt, digest = hosts.split("|")
        computed = hmac.digest(base64.b64decode(salt), name.encode(), "sha1")
        return hmac.compare_digest(computed, base64.b64decode(digest))
    except ValueError:
        return False


def _pattern_matches(pattern: str, name: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(char) or re.escape(char) for char in pattern), name, re.DOTALL) is not None
