"""MongoDB's wire protocol, the server's side: messages on a socket, and SCRAM-SHA-256 (RFC 7677, RFC 5802)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bson

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013

_CHECKSUM, _MORE_TO_COME = 1, 2
_LARGEST = 48_000_000


@dataclass(frozen=True)
class Request:
    """A command as it came: its document, the database, and how an answer has to be framed."""

    number: int
    code: int
    document: Mapping[str, Any]
    silent: bool = False
    """Whether the client wants no answer."""

    @property
    def name(self) -> str:
        """The command's name."""
        return next(iter(self.document), "")

    @property
    def database(self) -> str:
        """The database that the command is for."""
        return str(self.document.get("$db", "admin"))

    def framed(self, answer: bytes) -> bytes:
        """Frame an answer's BSON."""
        if self.code == OP_QUERY:
            body = struct.pack("<iqii", 8, 0, 0, 1) + answer
            return struct.pack("<iiii", 16 + len(body), 1, self.number, OP_REPLY) + body
        body = struct.pack("<IB", 0, 0) + answer
        return struct.pack("<iiii", 16 + len(body), 1, self.number, OP_MSG) + body


def receive(link: socket.socket) -> Request | None:
    """Read a request; None at the end of the connection, a ValueError for what is none."""
    head = _exactly(link, 16)
    if head is None:
        return None
    length, number, _, code = struct.unpack("<iiii", head)
    if not 16 < length <= _LARGEST or code not in (OP_QUERY, OP_MSG):
        raise ValueError(f"no message of MongoDB: length {length}, operation {code}")
    body = _exactly(link, length - 16)
    if body is None:
        return None
    if code == OP_QUERY:
        database, _, _ = body[4 : body.index(b"\0", 4)].partition(b".")
        start = 4 + body[4:].index(b"\0") + 1 + 8
        return Request(number, code, {**_document(body[start:]), "$db": database.decode()})
    [flags] = struct.unpack("<I", body[:4])
    sections = body[4:-4] if flags & _CHECKSUM else body[4:]
    return Request(number, code, _sections(sections), silent=bool(flags & _MORE_TO_COME))


def _sections(body: bytes) -> Mapping[str, Any]:
    document: dict[str, Any] = {}
    while body:
        [size] = struct.unpack("<i", body[1:5])
        part, kind, body = body[1 : size + 1], body[0], body[size + 1 :]
        if kind == 0:
            document = {**_document(part), **document}
        else:
            name, _, documents = part[4:].partition(b"\0")
            document[name.decode()] = bson.decode_all(documents)
    return document


def _document(body: bytes) -> dict[str, Any]:
    [size] = struct.unpack("<i", body[:4])
    return dict(bson.decode(body[:size]))


def _exactly(link: socket.socket, count: int) -> bytes | None:
    found = b""
    while len(found) < count:
        piece = link.recv(min(65536, count - len(found)))
        if not piece:
            return None
        found += piece
    return found


ITERATIONS = 4096


class Scram:
    """One login by SCRAM-SHA-256: `first` and `final` answer the client's messages."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords
        self.user = ""
        self._stored = self._server = b""
        self._nonce = self._said = ""

    def first(self, message: bytes) -> bytes:
        """Answer the client's first message with salt and nonce."""
        bare = message.decode().partition(",,")[2]
        fields = dict(part.split("=", 1) for part in bare.split(","))
        self.user = fields["n"].replace("=2C", ",").replace("=3D", "=")
        # One without an account learns it no sooner than one with a wrong password.
        password = self._passwords.get(self.user) or secrets.token_hex(8)
        salt = secrets.token_bytes(28)
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
        self._stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
        self._server = _hmac(salted, b"Server Key")
        self._nonce = fields["r"] + base64.b64encode(secrets.token_bytes(18)).decode()
        answer = f"r={self._nonce},s={base64.b64encode(salt).decode()},i={ITERATIONS}"
        self._said = f"{bare},{answer}"
        return answer.encode()

    def final(self, message: bytes) -> bytes | None:
        """Answer the client's proof with the server's; None when it proves nothing."""
        without, _, proof = message.decode().rpartition(",p=")
        fields = dict(part.split("=", 1) for part in without.split(","))
        whole = f"{self._said},{without}".encode()
        signature = _hmac(self._stored, whole)
        key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=False))
        if fields.get("r") != self._nonce or not hmac.compare_digest(hashlib.sha256(key).digest(), self._stored):
            return None
        return b"v=" + base64.b64encode(_hmac(self._server, whole))


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()
