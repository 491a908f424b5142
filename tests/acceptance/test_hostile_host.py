"""A host that answers with all it can think of: markup, escapes, formulae, broken UTF-8, newlines in names."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scanner.reporting.sarif_check import check
from tests.hosts.booting import booted
from tests.acceptance.scanning import controlproof

pytestmark = pytest.mark.acceptance

NAMES = [
    b"<script>document.title='owned'",
    b"<svg onload=document.title='owned'>",
    b"<img src=x onerror=\"document.title='owned'\">",
    b"\x1b[2J\x1b[31mred\x1b]0;owned\x07",
    b"=cmd|'calc'!A1",
    b"two\nlines\n@ forged end",
    b"broken-\xff\xfe-utf8",
    b"\xe2\x80\xaeright-to-left",
    b"'; echo owned #",
    b"$(touch owned)",
]


def plant(root: Path) -> None:
    """Leave world-writable files with every name, and a service account whose comment is markup."""
    folder = str(root / "srv").encode()
    for name in NAMES:
        path = folder + b"/" + name
        with open(path, "wb"):
            pass
        subprocess.run([b"chmod", b"666", path], check=True)
    with (root / "etc/passwd").open("a") as passwd:
        passwd.write("evil:x:0:0:<script>document.title='owned'</script>:/root:/bin/sh\n")


def test_hostile_names_are_evidence_and_nothing_else(tmp_path: Path) -> None:
    with booted("bookworm", plant) as host:
        (tmp_path / "inventory.yaml").write_text(
            f"schema: inventory/1\ntargets:\n  evil: {host.entry('auditor', become='[sudo, -n]')}\n"
        )
        run = controlproof(
            "scan", "-i", "inventory.yaml", "--format", "sarif,sarif-full,junit,html,csv,markdown", folder=tmp_path
        )
        assert host.sh("ls / /root /home/auditor").split().count("owned") == 0
    assert run.code == 1, run.stderr
    findings = run.results("evil")["world_writable_files_absent"]["findings"]
    paths = [each["key"][0][1] for each in findings if each["outcome"] == "fail"]
    assert len([path for path in paths if path.startswith("/srv/")]) == len(NAMES)
    assert any("\\xff\\xfe" in path for path in paths)
    terminal = run.stdout + run.stderr
    assert "\x1b" not in terminal
    assert "\x07" not in terminal
    assert "\u202e" not in terminal
    for name in ("results.sarif", "results.full.sarif"):
        assert check(json.loads((run.folder / name).read_text())) == []
    ET.parse(run.folder / "junit.xml")
    with (run.folder / "findings.csv").open(newline="") as table:
        assert not any(cell.startswith(("=", "+", "@")) for row in csv.reader(table) for cell in row)
    _opened(run.folder / "report.html", tmp_path / "browser")


def _opened(page: Path, profile: Path) -> None:
    argv = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    argv += ["--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--virtual-time-budget=3000"]
    dom = subprocess.run([*argv, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120).stdout
    assert "<title>owned" not in dom
    assert "Compliance assessment report" in dom
