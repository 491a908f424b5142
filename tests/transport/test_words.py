from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ConfigurationError
from scanner.transport.words import exec_line, require_plain
from tests.support.sshd import need

SHELLS = {
    "bash": ["bash", "-c"],
    "busybox": ["busybox", "sh", "-c"],
    "dash": ["dash", "-c"],
    "fish": ["fish", "-c"],
    "tcsh": ["tcsh", "-c"],
    "zsh": ["zsh", "-c"],
}
ODD = [
    "a b",
    "echo x; while read l; do :; done",
    'case "$l" in x) exec y;; esac',
    "$HOME",
    "`id`",
    "*",
    "~",
    "(a|b)",
    "",
]


@pytest.mark.parametrize("name", [name for name in SHELLS if name != "zsh" or shutil.which("zsh")])
def test_every_login_shell_reads_the_line_alike(name: str) -> None:
    need(SHELLS[name][0])
    argv = ["-n", "controlproof", "sha256-0f", "a=b", "%1", "@x", "a,b", "--x=/y:z", *ODD]
    program = [sys.executable, "-c", "import sys; print(sys.argv[1:])"]

    done = subprocess.run([*SHELLS[name], exec_line([*program, *argv])], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == repr(argv)


@pytest.mark.parametrize("word", ["", "a b", "a;b", "$x", "=ls", "a'b", "ä", "a\n", "{a,b}", "!!"])
def test_words_that_shells_read_differently_are_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="is not plain"):
        require_plain(["sh", word], "web01")


@given(st.text(min_size=1))
def test_what_cannot_be_quoted_is_refused(word: str) -> None:
    try:
        line = exec_line([word])
    except ConfigurationError:
        assert any(char in word for char in "'!\\\x7f") or any(ord(char) < 32 for char in word)
    else:
        assert line in (word, f"'{word}'")
