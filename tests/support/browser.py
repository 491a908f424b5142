"""Chromium, headless, as a witness of what a page really does: one browser is held open and driven over a pipe."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_WAIT: Final = 60.0
"""Seconds that the browser may take for one answer."""
_BEGIN: Final = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(pipes[0], 3)
os.dup2(pipes[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
_IDLE: Final = """
new Promise((done) => {
  const waits = () => document.querySelector("section:not(.laid), .finding:not(.laid)");
  const look = () => requestIdleCallback(() => (waits() ? look() : done()), { timeout: 1500 });
  look();
})
"""
_SHIFT: Final = 8
_KEYS: Final = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    "Space": (" ", 32, " "),
    "ArrowDown": ("ArrowDown", 40, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
}
"""Name > key, code of Windows, text that it types."""


def program() -> str:
    """Give the browser's path; without one the test is skipped on a laptop and fails in CI."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on this machine (install chromium)")
        pytest.skip("no Chromium on this machine")
    return found


class Page:
    """The one page of a browser, driven by the DevTools protocol."""

    def __init__(self, reading: int, writing: int) -> None:
        """Take the ends of the browser's pipes, and open an empty page."""
        self._reading, self._writing = reading, writing
        self._buffer = b""
        self._number = 0
        self._session = ""
        self._events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and give what it answers."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._writing, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])
            self._events.append(answer)

    def wait(self, method: str) -> dict[str, Any]:
        """Wait for an event, or take one that came already."""
        while True:
            for index, event in enumerate(self._events):
                if event.get("method") == method:
                    return dict(self._events.pop(index)["params"])
            self._events.append(self._receive())

    def _receive(self) -> dict[str, Any]:
        until = time.monotonic() + _WAIT
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self._reading, 2**20)
            assert data, "the browser is gone"
            self._buffer += data
        first, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(first))

    def open(self, page: Path, fragment: str = "", *, dark: bool = False, script: bool = True) -> None:
        """Load a page in its colours and let its script come to an end, what it leaves for idle time included."""
        self.colours(dark=dark)
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        for address in ("about:blank", page.as_uri() + fragment):
            self._events.clear()
            self.call("Page.navigate", url=address)
            self.wait("Page.loadEventFired")
        if script:
            self.idle()

    def colours(self, *, dark: bool) -> None:
        """Ask pages for their dark or their light colours."""
        wanted = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=wanted)

    def idle(self) -> None:
        """Wait until everything that a page has put off until it is idle was done."""
        self.ask(_IDLE)

    def ask(self, expression: str) -> Any:
        """Evaluate JavaScript in the page, promises awaited; the page's content policy has no say in it."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def document(self) -> str:
        """Give the document as it is now."""
        return str(self.ask("document.documentElement.outerHTML"))

    def press(self, name: str, *, shift: bool = False) -> None:
        """Press and release a key, as a keyboard would."""
        key, code, text = _KEYS[name]
        told: dict[str, Any] = {"key": key, "code": name, "windowsVirtualKeyCode": code}
        told["modifiers"] = _SHIFT if shift else 0
        typed = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **told, **typed)
        self.call("Input.dispatchKeyEvent", **told, type="keyUp")

    def write(self, text: str) -> None:
        """Type letters into what has the focus."""
        for letter in text:
            self.call("Input.dispatchKeyEvent", type="char", text=letter)

    def printed(self, folder: Path, *options: str) -> str:
        """Print the page as PDF and give its text, as pdftotext with these options reads it."""
        reader = shutil.which("pdftotext")
        if reader is None:
            if os.environ.get("CI"):
                pytest.fail("no pdftotext on this machine (install poppler-utils)")
            pytest.skip("no pdftotext on this machine")
        paper = folder / "printed.pdf"
        paper.write_bytes(base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"]))
        done = subprocess.run([reader, *options, paper, "-"], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def browsing(profile: Path, *flags: str) -> Iterator[Page]:
    """Hold a browser open with one page; both end with the block."""
    to_browser, writing = os.pipe()
    reading, from_browser = os.pipe()
    command = [program(), *_FLAGS, *flags, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
    # The browser takes commands on descriptor 3 and answers on 4.
    begin = [sys.executable, "-Sc", _BEGIN, str(to_browser), str(from_browser), *command]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(begin, pass_fds=(to_browser, from_browser), stdout=quiet, stderr=quiet)
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Page(reading, writing)
    finally:
        os.close(writing)
        os.close(reading)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
