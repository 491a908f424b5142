"""The keys that may let us in: from the agent, and from private key files, in the order of trying."""

from __future__ import annotations

import base64
import binascii
import copy
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from paramiko import PasswordRequiredException, PKey
from paramiko.agent import AgentKey, AgentSSH

from scanner.transport.errors import because, plain
from scanner.transport.ssh_settings import Hop

Passphrase = Callable[[], str] | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key to try, and how messages call it."""

    label: str
    key: PKey


class Agent(AgentSSH):
    """The agent behind a socket path, with a time-out; paramiko's own knows only SSH_AUTH_SOCK."""

    def __init__(self, path: str, seconds: float) -> None:
        """Connect and list the keys; raises OSError, SSHException and ValueError."""
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(seconds)
            self._socket.connect(path)
            self._connect(self._socket)  # type: ignore[attr-defined]
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@dataclass(slots=True)
class KeyRing:
    """All keys for one server; closes the agent in the end."""

    hop: Hop
    passphrase: Passphrase
    seconds: float
    notes: list[str] = field(default_factory=list)
    """Why keys that were named could not be tried."""
    _agent: Agent | None = None

    def candidates(self) -> Iterator[Candidate]:
        """Yield the keys: named ones first, then the agent's, then the usual files; none twice."""
        offered: set[bytes] = set()
        held = {key.asbytes(): key for key in self._agent_keys()}
        for path in self.hop.identities:
            yield from _new(self._by_path(path, held, named=True), offered)
        if not self.hop.identities_only:
            yield from _new((_of_agent(key) for key in held.values()), offered)
        for path in self.hop.spare:
            yield from _new(self._by_path(path, held, named=False), offered)

    def close(self) -> None:
        """Let go of the agent."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None

    def _agent_keys(self) -> tuple[AgentKey, ...]:
        if not self.hop.agent:
            return ()
        try:
            self._agent = Agent(self.hop.agent, self.seconds)
            return self._agent.get_keys()
        except Exception as exc:
            # an agent may answer anything: paramiko then raises its own errors, struct's, or UnicodeError
            self.notes.append(f"the agent at {plain(self.hop.agent)}: {because(exc)}")
            return ()

    def _by_path(self, path: str, held: dict[bytes, AgentKey], *, named: bool) -> Iterator[Candidate]:
        public = _public_part(path)
        if public in held:
            yield _of_agent(held[public])
            return
        if not Path(path).exists():
            if named:
                self.notes.append(f"{path}: no such file")
            return
        if path.endswith(".pub"):
            self.notes.append(f"{path}: the agent does not hold this key")
            return
        key = self._load(path)
        if key is not None:
            yield Candidate(path, key)
            if key.public_blob is not None:
                bare = copy.copy(key)
                bare.public_blob = None
                yield Candidate(f"{path} without its certificate", bare)

    def _load(self, path: str) -> PKey | None:
        try:
            return load_key(path, self.passphrase)
        except _EncryptedError:
            self.notes.append(f"{path}: is encrypted (give `passphrase`, or load it into an agent)")
        except OSError as exc:
            self.notes.append(f"{path}: {because(exc)}")
        except Exception:
            # cryptography and paramiko raise a dozen kinds for odd files; none may quote the key
            self.notes.append(f"{path}: cannot be read as a private key (wrong passphrase, or an unknown kind)")
        return None


class _EncryptedError(Exception):
    pass


_loaded: dict[tuple[str, int, int], PKey] = {}
_lock = threading.Lock()


def load_key(path: str, passphrase: Passphrase) -> PKey:
    """Read a private key (and the certificate beside it) once per run and version of the file.

    Opening a key takes up to half a second (on purpose where it is encrypted): too long for each target.
    """
    about = Path(path).stat()
    identity = (path, about.st_mtime_ns, about.st_size)
    with _lock:
        if identity in _loaded:
            return _loaded[identity]
        try:
            key: PKey = PKey.from_path(path)
        except (TypeError, PasswordRequiredException):
            # cryptography's way to say that the key is encrypted
            if passphrase is None:
                raise _EncryptedError from None
            # paramiko declares text, and hands it to cryptography, which takes bytes alone
            key = PKey.from_path(path, passphrase().encode())  # type: ignore[arg-type]
        _loaded[identity] = key
        return key


def _public_part(path: str) -> bytes | None:
    """Read the public key that belongs to a path: `path.pub`, or the file itself when it is one."""
    source = Path(path if path.endswith(".pub") else path + ".pub")
    try:
        words = source.read_text("utf-8", "replace")[:65536].split()
        return base64.b64decode(words[1], validate=True)
    except (OSError, IndexError, binascii.Error, ValueError):
        return None


def _of_agent(key: AgentKey) -> Candidate:
    return Candidate(f"agent key {plain(key.comment or key.get_name(), 60)}", key)


def _new(candidates: Iterator[Candidate], offered: set[bytes]) -> Iterator[Candidate]:
    for candidate in candidates:
        blob = candidate.key.public_blob
        identity = blob.key_blob if blob is not None else candidate.key.asbytes()
        if identity not in offered:
            offered.add(identity)
            yield candidate
