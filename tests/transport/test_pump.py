from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import PrivilegeError
from scanner.transport.pump import Ends, Plain, pump
from scanner.transport.shell import Limits


class Scripted:
    """A wire that gives what it was told to give, and takes so many bytes at a time."""

    def __init__(self, out: list[bytes], err: bytes = b"", takes: int = 1000, deaf: bool = False) -> None:
        self.out, self.err = list(out), err
        self.takes, self.deaf = takes, deaf
        self.got = b""
        self.closed = self.abandoned = False

    def wait(self, seconds: float, writing: bool) -> None:
        assert seconds >= 0

    def read(self) -> tuple[bytes, bytes]:
        err, self.err = self.err, b""
        return (self.out.pop(0) if self.out else b""), err

    def write(self, data: bytes) -> int:
        if self.deaf:
            raise BrokenPipeError
        self.got += data[: self.takes]
        return min(self.takes, len(data))

    def close_input(self) -> None:
        self.closed = True

    def ended(self) -> bool:
        return not self.out and not self.err and (self.closed or self.deaf)

    def status(self, seconds: float) -> int | None:
        return 0

    def lost(self) -> str:
        return ""

    def abandon(self) -> None:
        self.abandoned = True


def ticking(step: float = 0.0) -> Iterator[float]:
    return (number * step for number in count())


@given(st.lists(st.binary(max_size=50), max_size=8), st.binary(max_size=3000), st.integers(1, 5000))
def test_everything_goes_in_and_comes_out_whatever_the_pieces(out: list[bytes], script: bytes, takes: int) -> None:
    wire = Scripted(out, b"warning", takes)

    pumped = pump(wire, Plain(script), Limits())

    assert (pumped.stdout, pumped.stderr, pumped.status, pumped.cut) == (b"".join(out), b"warning", 0, "")
    assert wire.got == script
    assert wire.closed
    assert wire.abandoned


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=8), st.integers(0, 60))
def test_the_byte_limit_keeps_exactly_so_many(out: list[bytes], limit: int) -> None:
    pumped = pump(Scripted(out), Plain(b""), Limits(max_bytes=limit))

    whole = b"".join(out)
    assert pumped.stdout == whole[:limit]
    assert pumped.cut.startswith("byte limit") == (len(whole) > limit)


def test_the_deadline_keeps_what_came() -> None:
    clock = ticking(1.0)
    wire = Scripted([b"one", b"two"])
    wire.ended = lambda: False  # type: ignore[method-assign]

    pumped = pump(wire, Plain(b""), Limits(run=5), clock=lambda: next(clock))

    assert pumped.stdout == b"onetwo"
    assert pumped.cut == "deadline: the command had not ended after 5 s"
    assert pumped.status is None


def test_a_command_that_reads_nothing_is_still_read() -> None:
    pumped = pump(Scripted([b"I do not listen"], deaf=True), Plain(b"script"), Limits())

    assert pumped.stdout == b"I do not listen"


def test_the_wire_is_given_up_when_the_dialogue_fails() -> None:
    class Refusing(Plain):
        def hear(self, out: bytes, err: bytes) -> bytes:
            raise PrivilegeError("no")

    wire = Scripted([b"x"])

    with pytest.raises(PrivilegeError):
        pump(wire, Refusing(b""), Limits())
    assert wire.abandoned


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_ends_keep_head_and_tail(pieces: list[bytes]) -> None:
    ends = Ends(16)
    for piece in pieces:
        ends.add(piece)
    whole = b"".join(pieces)

    assert bytes(ends) == (whole if len(whole) <= 32 else whole[:16] + b"\n[...]\n" + whole[-16:])
