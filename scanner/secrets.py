"""Secret references (`env:`, `file:`, `command:`), resolved once per run and kept out of every text."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from string import Template
from urllib.parse import quote

from scanner.model.errors import ConfigurationError, near

_SIZE = 65536
"""Longest secret, in bytes."""
_SHORTEST = 4
"""Shorter values are not redacted: they would be found in every other word."""
_MASK = "[secret]"


class Redactor:
    """Replaces known secrets in any text; may be called by any thread."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Know another secret: as it is, line by line, and as JSON and URLs write it."""
        forms = {form for part in {value, *value.splitlines()} if len(part) >= _SHORTEST for form in _forms(part)}
        with self._lock:
            self._forms |= forms
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """Give the text with every known secret replaced by `[secret]`."""
        return self._pattern.sub(_MASK, text) if self._pattern else text

    def __repr__(self) -> str:
        """Tell how many, not which."""
        return f"<Redactor of {len(self._forms)} texts>"


class Secrets:
    """Resolves references; each once, whatever the number of targets and threads that ask.

    `environ` is the environment to read (for `env:`, `$NAME` in `file:` and for commands), `note` takes a
    line for the log when a file is open to others.
    """

    def __init__(
        self,
        *,
        allow_commands: bool = True,
        environ: Mapping[str, str],
        timeout: float = 30.0,
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._allow_commands = allow_commands
        self._environ = environ
        self._timeout = timeout
        self._note = note
        self._known: dict[str, Future[str]] = {}
        self._lock = threading.Lock()
        self.redact = Redactor()

    def __repr__(self) -> str:
        """Tell how many, never which."""
        return f"<Secrets: {len(self._known)} references>"

    def resolve(self, reference: str) -> str:
        """Give the secret behind a reference: text without its last line break, never empty.

        Raises ConfigurationError that names the reference and never holds a secret; a text without a known
        scheme is not quoted, for it may be a secret that was written where a reference belongs.
        """
        with self._lock:
            future = self._known.get(reference)
            mine = future is None
            if future is None:
                future = self._known[reference] = Future()
        if mine:
            self._settle(reference, future)
        failure = future.exception()
        if failure is None:
            return future.result()
        if isinstance(failure, ConfigurationError):
            raise ConfigurationError(str(failure))
        raise failure

    def _settle(self, reference: str, future: Future[str]) -> None:
        try:
            value = self._read(reference)
            self.redact.add(value)
            future.set_result(value)
        except BaseException as exc:
            future.set_exception(exc)
            if not isinstance(exc, ConfigurationError):
                raise

    def _read(self, reference: str) -> str:
        scheme, colon, rest = reference.partition(":")
        readers = {"env": self._from_environment, "file": self._from_file, "command": self._from_command}
        if not colon or scheme not in readers or not rest.strip():
            hint = near(scheme, readers) if colon else ""
            raise ConfigurationError(
                f"a secret reference has no known scheme{hint} (write `env:NAME`, `file:PATH` or `command:ARGV`; "
                "the text is not shown, it may be the secret itself)"
            )
        value = readers[scheme](rest.strip(), reference)
        if not value:
            raise ConfigurationError(f"{reference}: the secret is empty")
        return value

    def _from_environment(self, name: str, reference: str) -> str:
        if name not in self._environ:
            raise ConfigurationError(f"{reference}: the environment has no variable of that name (export it)")
        return self._environ[name]

    def _from_file(self, text: str, reference: str) -> str:
        path = self._path(text, reference)
        problem, data = "", b""
        try:
            with path.open("rb") as file:
                about = os.fstat(file.fileno())
                data = file.read(_SIZE + 1)
        except OSError as exc:
            problem = exc.strerror or type(exc).__name__
        if problem:
            raise ConfigurationError(f"{reference}: {path} cannot be read: {problem}")
        if stat.S_ISREG(about.st_mode) and about.st_mode & 0o077:
            self._note(f"{reference}: {path} is open to others than its owner, mode {about.st_mode & 0o7777:04o}")
        return _text(data, reference)

    def _path(self, text: str, reference: str) -> Path:
        home = self._environ.get("HOME", "")
        try:
            filled = Template(text).substitute(self._environ)
        except KeyError as exc:
            raise ConfigurationError(f"{reference}: the environment has no variable {exc.args[0]}") from None
        except ValueError:
            raise ConfigurationError(
                f"{reference}: a `$` is not followed by a name (write `$$` for the sign)"
            ) from None
        return Path(home + filled[1:] if home and filled.startswith("~/") else filled)

    def _from_command(self, text: str, reference: str) -> str:
        if not self._allow_commands:
            raise ConfigurationError(f"{reference}: commands are forbidden by --no-command-refs")
        try:
            argv = shlex.split(text)
        except ValueError as exc:
            raise ConfigurationError(f"{reference}: the command cannot be read: {exc}") from None
        problem, data = self._run(argv)
        if problem:
            raise ConfigurationError(f"{reference}: the command {problem}")
        return _text(data, reference)

    def _run(self, argv: list[str]) -> tuple[str, bytes]:
        """Give what is wrong, or nothing and the output; exceptions that hold the output end here."""
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._timeout,
                env=dict(self._environ),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"did not end within {self._timeout:g} s", b""
        except (OSError, ValueError) as exc:
            return f"could not be started: {getattr(exc, 'strerror', None) or type(exc).__name__}", b""
        if done.returncode:
            said = " ".join("".join(filter(str.isprintable, line)) for line in _lines(done.stderr)).strip()
            return f"failed with status {done.returncode}" + (f": {self.redact(said)[:200]}" if said else ""), b""
        return "", done.stdout


def _forms(part: str) -> set[str]:
    return {part, json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1], quote(part, safe="")}


def _lines(data: bytes) -> list[str]:
    return data[:4096].decode("utf-8", "replace").split("\n")[:3]


def _text(data: bytes, reference: str) -> str:
    """Decode a secret and strip one line break; the bytes must not end up in an exception."""
    text = data.decode("utf-8", "surrogateescape")
    if len(data) > _SIZE:
        raise ConfigurationError(f"{reference}: longer than {_SIZE} bytes (is it the right file?)")
    if "\0" in text or any("\udc80" <= char <= "\udcff" for char in text):
        raise ConfigurationError(f"{reference}: not UTF-8 text")
    return text.removesuffix("\n").removesuffix("\r")
