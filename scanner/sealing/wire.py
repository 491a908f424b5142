"""The few types of SSH's wire format (RFC 4251, section 5) that keys and signatures are made of."""

from __future__ import annotations


class MalformedError(ValueError):
    """Bytes that are not what they should be."""


def string(data: bytes) -> bytes:
    """Give bytes with their length in front."""
    return len(data).to_bytes(4, "big") + data


def mpint(number: int) -> bytes:
    """Give a number that is not negative, as short as it can be."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


class Reader:
    """Takes values off the front of bytes; raises MalformedError for what is cut or written in another way than it must."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, size: int) -> bytes:
        """Give the next bytes."""
        if size > len(self._data):
            raise MalformedError("cut")
        found, self._data = self._data[:size], self._data[size:]
        return found

    def number(self) -> int:
        """Give the next uint32."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """Give the next string."""
        return self.take(self.number())

    def text(self) -> str:
        """Give the next string, which is ASCII."""
        try:
            return self.string().decode("ascii")
        except UnicodeDecodeError:
            raise MalformedError("no text") from None

    def mpint(self) -> int:
        """Give the next number, which is not negative."""
        raw = self.string()
        found = int.from_bytes(raw, "big")
        if string(raw) != mpint(found):
            raise MalformedError("a number is not written as it must be")
        return found

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._data:
            raise MalformedError("something follows")
