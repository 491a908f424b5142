"""Chromium, headless, as a witness of what a page really does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def program() -> str:
    """Give the browser's path; without one the test is skipped on a laptop and fails in CI."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on this machine (install chromium)")
        pytest.skip("no Chromium on this machine")
    return found


def rendered(page: Path, profile: Path, fragment: str = "", *, dark: bool = False) -> str:
    """Load a page, let its scripts and timers run, and give the document as it then is."""
    return _run(profile, "--virtual-time-budget=4000", "--dump-dom", page.as_uri() + fragment, dark=dark)


def printed(page: Path, profile: Path, *more: str) -> str:
    """Print a page as PDF and give its text, as pdftotext with these options reads it."""
    reader = shutil.which("pdftotext")
    if reader is None:
        if os.environ.get("CI"):
            pytest.fail("no pdftotext on this machine (install poppler-utils)")
        pytest.skip("no pdftotext on this machine")
    paper = profile.parent / "printed.pdf"
    _run(profile, f"--print-to-pdf={paper}", "--no-pdf-header-footer", page.as_uri())
    done = subprocess.run([reader, *more, paper, "-"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(profile: Path, *arguments: str, dark: bool = False) -> str:
    colours = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [program(), *_FLAGS, colours, f"--user-data-dir={profile}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout
