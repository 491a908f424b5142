"""A scripted server that speaks MySQL's protocol as badly as a test wants it to."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PROTOCOL, SSL, SECURE, PLUGIN = 0x200, 0x800, 0x8000, 0x80000
OK = b"\x00\x00\x00\x02\x00\x00\x00"
EOF = b"\xfe\x00\x00\x02\x00"
FILE = b"\xfb/etc/passwd"
SWITCH = b"\xfe"
Script = Callable[["Talk"], None]


def error(number: int, text: str) -> bytes:
    """Give an error packet."""
    return b"\xff" + struct.pack("<H", number) + b"#HY000" + text.encode()


@dataclass
class Talk:
    """One conversation, from the server's side."""

    link: socket.socket
    heard: list[bytes] = field(default_factory=list)
    """Every packet of the client."""
    sequence: int = 0

    def say(self, payload: bytes) -> None:
        """Send a packet."""
        self.link.sendall(len(payload).to_bytes(3, "little") + bytes([self.sequence & 255]) + payload)
        self.sequence += 1

    def hear(self) -> bytes:
        """Receive a packet."""
        head = self._exactly(4)
        self.sequence = head[3] + 1
        payload = self._exactly(int.from_bytes(head[:3], "little"))
        self.heard.append(payload)
        return payload

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            part = self.link.recv(size - len(found))
            if not part:
                raise EOFError
            found += part
        return found

    def greet(self, plugin: str = "mysql_native_password", flags: int = 0, version: str = "10.11.19-MariaDB") -> None:
        """Send the greeting."""
        capabilities = PROTOCOL | SECURE | PLUGIN | flags
        body = b"\x0a" + version.encode() + b"\0" + struct.pack("<I", 7) + b"saltsalt\0"
        body += struct.pack("<HBHHB", capabilities & 0xFFFF, 45, 2, capabilities >> 16, 21) + bytes(10)
        self.say(body + b"saltsaltsalt\0" + plugin.encode() + b"\0")

    def admit(self) -> None:
        """Greet, and let in."""
        self.greet()
        self.hear()
        self.say(OK)

    def answer(self, *rows: bytes) -> None:
        """Answer with one column of text."""
        self.say(b"\x01")
        name = b"".join(bytes([len(part)]) + part for part in (b"def", b"", b"", b"", b"a", b""))
        self.say(name + b"\x0c" + struct.pack("<HIBHB", 45, 1024, 253, 0, 0) + b"\0\0")
        self.say(EOF)
        for row in rows:
            self.say(bytes([len(row)]) + row)
        self.say(EOF)

    def obey(self, last: Callable[[Talk, bytes], None] | None = None) -> None:
        """Answer the preparation of a session, and leave statements with FROM to `last`."""
        while True:
            said = self.hear()
            if said[:1] == b"\x01":
                return
            if b"CURRENT_USER" in said:
                self.answer(b"scan@here")
            elif b"FROM" in said and last is not None:
                last(self, said)
            elif b"SELECT" in said:
                self.answer(b"x")
            else:
                self.say(OK)


@dataclass
class Scripted:
    """A server that plays a script in every conversation."""

    port: int
    talks: list[Talk] = field(default_factory=list)

    @property
    def heard(self) -> bytes:
        """Everything that clients said."""
        return b"".join(part for talk in self.talks for part in talk.heard)


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """Run a scripted server on the loopback until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Scripted(listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                with link:
                    link.settimeout(20)
                    talk = Talk(link)
                    server.talks.append(talk)
                    with contextlib.suppress(OSError, EOFError):
                        script(talk)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    thread.join(25)
