"""The `replay` transport: an answer that was saved earlier, as if a target had just given it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scanner.model.errors import CollectionError, ConfigurationError
from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.errors import because
from scanner.transport.shell import Limits, ShellAnswer


class ReplayShell:
    """A file with the stdout of a script that ran elsewhere."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        """Give the file's bytes; nothing runs.

        `started_at` is when the file was last written: an old answer must not look fresh. Raises
        CollectionError when the file cannot be read.
        """
        del script, words
        try:
            written = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
            with self._path.open("rb") as file:
                data = file.read(limits.max_bytes + 1)
        except OSError as exc:
            raise CollectionError(f"{self._path}: the saved answer cannot be read: {because(exc)}") from None
        cut = f"byte limit: the file has more than {limits.max_bytes} bytes" if len(data) > limits.max_bytes else ""
        stamp = written.strftime("%Y-%m-%dT%H:%M:%SZ")
        return ShellAnswer(data[: limits.max_bytes], b"", None, cut, Identity(), stamp, 0.0)

    def close(self) -> None:
        """Nothing is held."""


def open_replay(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> ReplayShell:
    """Make a shell of the file that the endpoint's address names."""
    del secret, limits
    if not endpoint.address:
        raise ConfigurationError("transport replay: no file is given (add `address: path/of/the/answer`)")
    return ReplayShell(Path(endpoint.address).expanduser())
