"""What it means when a probe that reads one file of the host could not read it."""

from __future__ import annotations

from scanner.collection.linux.probe import Output
from scanner.model.evidence import Gap, unknown

_DENIED = ("permission denied", "operation not permitted")
_MISSING = ("no such file", "not a directory")


def is_denied(said: str) -> bool:
    """True when a program or shell says, in the C locale, that a path may not be read."""
    return any(sentence in said.lower() for sentence in _DENIED)


def is_missing(said: str) -> bool:
    """True when a program or shell says, in the C locale, that a path does not exist."""
    return any(sentence in said.lower() for sentence in _MISSING)


def denial(path: str) -> Gap:
    """Give the gap for a path that may not be read by the scan account."""
    return unknown(f"{path} may not be read", "root")


def missing(output: Output) -> bool:
    """True when the probe ran to its end and its file does not exist."""
    return output.gap is None and output.status != 0 and not is_denied(output.stderr) and is_missing(output.stderr)


def trouble(output: Output, path: str) -> Gap | None:
    """Give why the file could not be read; None when it was, or when it does not exist."""
    if output.gap is not None:
        return output.gap
    if output.status == 0 or missing(output):
        return None
    if is_denied(output.stderr):
        return denial(path)
    return output.failure(f"{path} could not be read")
