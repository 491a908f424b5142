"""Splits the text of a sudoers file into tokens, state by state, as sudo's own scanner does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

_BLANK = "[ \\t]"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})"
_V4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_HEX = "[0-9A-Fa-f]{1,4}"
_V6 = rf"(?:(?:(?:{_HEX})?:){{2,6}}:{_V4}|(?:(?:{_HEX})?:){{2,7}}(?:{_HEX})?)"
_WORD = r'(?:[^#>!=:,() \t\r\n\\"]|\\[^\t\n])+'
_ID = "#-?[0-9]+"
_PATH = r"/(?:\\[,:= \t#]|[^,:=\\ \t\r\n#])+"
# Bounded, for each `^` of a long line would look for its `$` to the end.
_REGEX = r"\^(?:\\[#$]|[^#\r\n$]){0,1024}\$"
_VALUE = r'(?:[^#!=, \t\r\n\\"]|\\[^\r\n])(?:[^#=, \t\r\n\\"]|\\[^\r\n])*'

TAGS = [
    "NOPASSWD",
    "PASSWD",
    "NOEXEC",
    "EXEC",
    "INTERCEPT",
    "NOINTERCEPT",
    "SETENV",
    "NOSETENV",
    "LOG_OUTPUT",
    "NOLOG_OUTPUT",
    "LOG_INPUT",
    "NOLOG_INPUT",
    "MAIL",
    "NOMAIL",
    "FOLLOW",
    "NOFOLLOW",
]
OPTIONS = ["TIMEOUT", "NOTBEFORE", "NOTAFTER", "CWD", "CHROOT", "ROLE", "TYPE", "APPARMOR_PROFILE"]
_DIGESTS = {"sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}

# States of the scanner; names are short for what was seen last.
_INITIAL, _DEFS, _DEFVAR, _DEFVALUE, _STRING, _COMMAND, _PATTERN, _DIGEST, _INCLUDE, _WANTPATH = range(10)
_OPEN = (_INITIAL, _DEFS, _DIGEST, _WANTPATH)
_ALL = tuple(range(10))

# Rules as (states, name, pattern); the longest match wins, the first of equals.
_TABLE: tuple[tuple[tuple[int, ...], str, str], ...] = (
    ((_DEFS,), "comma", rf"{_BLANK}*,{_BLANK}*"),
    ((_DEFS,), "defvar follows", rf"{_BLANK}+"),
    ((_DEFVAR,), "defvar", "[a-z_]+"),
    ((_DEFVALUE,), "next defvar", ","),
    ((_DEFVALUE,), "=", "="),
    ((_DEFVALUE,), "+", r"\+="),
    ((_DEFVALUE,), "-", "-="),
    ((_DEFVALUE,), "quote", '"'),
    ((_DEFVALUE,), "word", _VALUE),
    ((_STRING,), "joined", rf"\\{_BLANK}*\r?\n{_BLANK}*"),
    ((_STRING,), "unquote", '"'),
    ((_STRING,), "text", r"\\"),
    ((_STRING,), "text", r'(?:[^"\r\n\\]|\\")+'),
    ((_COMMAND,), "argument kept", r"\\[*?\[\]!^]"),
    ((_COMMAND,), "argument bared", r"\\[:\\,= \t#]"),
    ((_COMMAND,), "command ends", r"[#:,=\r\n]"),
    ((_COMMAND,), "argument", r"[^#\\:, \t\r\n]+"),
    ((_PATTERN,), "pattern kept", r"\\[^\r\n]"),
    ((_PATTERN,), "pattern broken", r"[#\r\n]"),
    ((_PATTERN,), "pattern ends", r"\$"),
    ((_PATTERN,), "pattern", r"[^#\\\r\n$]+"),
    ((_DIGEST,), "digest", "[0-9A-Fa-f]+"),
    ((_DIGEST,), "digest", "[A-Za-z0-9+/=]+"),
    ((_INITIAL,), "include", "@include"),
    ((_INITIAL,), "includedir", "@includedir"),
    ((_INITIAL,), "old include", rf"^#include{_BLANK}+.*(?:\r\n|\n)?"),
    ((_INITIAL,), "old includedir", rf"^#includedir{_BLANK}+.*(?:\r\n|\n)?"),
    ((_INITIAL,), "defaults", rf'^{_BLANK}*Defaults(?:[:@>!]{_BLANK}*!*"?(?:{_ID}|{_WORD}))?'),
    ((_INITIAL,), "alias kind", rf"^{_BLANK}*(?:Host|Cmnd|Cmd|User|Runas)_Alias"),
    *((_OPEN, "tag", rf"{tag}{_BLANK}*:") for tag in TAGS),
    ((_INITIAL, _DEFS), "nomatch", r"\+|%:?"),
    (_OPEN, "netgroup", rf"\+{_WORD}"),
    (_OPEN, "group", rf"%:?(?:{_WORD}|{_ID})"),
    (_OPEN, "network", rf"{_V4}(?:/{_V4})?"),
    (_OPEN, "network", rf"{_V4}/(?:3[0-2]|[12]?[0-9])"),
    (_OPEN, "network", rf"{_V6}(?:/{_V6})?"),
    (_OPEN, "network", rf"{_V6}/(?:12[0-8]|1[01][0-9]|[1-9][0-9]|[0-9])"),
    (_OPEN, "ALL", "ALL"),
    *(((_INITIAL,), option, option) for option in OPTIONS),
    (_OPEN, "alias", "[A-Z][A-Z0-9_]*"),
    ((_DEFS,), "bare command", rf"{_PATH}|{_REGEX}|list|sudoedit"),
    *((_OPEN, "digest kind", kind) for kind in _DIGESTS),
    (_OPEN, "command", "sudoedit"),
    ((_WANTPATH,), "path", rf"{_PATH}|{_WORD}"),
    (_OPEN, "command", _PATH),
    (_OPEN, "command", _REGEX),
    ((_INITIAL, _DEFS), "quote", '"'),
    ((_INITIAL, _DEFS), "word", rf"{_ID}|{_WORD}"),
    ((_INCLUDE,), "file", r'[^"\s](?:\\[ \t]|\S)*'),
    ((_INCLUDE,), "quote", '"'),
    (_OPEN, "(", r"\("),
    (_OPEN, ")", r"\)"),
    (_OPEN, "comma", ","),
    (_OPEN, "=", "="),
    (_OPEN, ":", ":"),
    (_ALL, "not", "!+"),
    (_ALL, "line", r"\r?\n"),
    (_ALL, "blank", rf"{_BLANK}+"),
    (_ALL, "continued", rf"\\{_BLANK}*\r?\n"),
    ((_INITIAL, _DEFVAR, _DEFVALUE), "comment", r"#(?:-[^\r\n0-9].*|[^\r\n0-9-].*)?(?:\r\n|\n)?"),
)
_RULES = tuple(
    tuple((name, re.compile(pattern, re.MULTILINE)) for states, name, pattern in _TABLE if state in states)
    for state in _ALL
)
_HEX_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_COMMAND_ESCAPE = re.compile(r"\\([,:= \t#])")


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its text with escapes undone, and the line in which it ends."""

    kind: str
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """Give the tokens of a file; kind `bad` for what sudo would refuse, `line` at the end of each logical line."""
    yield from _Scanner(text if text.endswith("\n") or not text else text + "\n").run()


def unescaped(text: str) -> str:
    r"""Undo the escapes of a word: `\xHH` is a byte, another character after a backslash stands for itself."""
    return _HEX_ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)


class _Scanner:
    """The scanner's state: where it is, in which state, and the parts of a token that is not finished."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.state = _INITIAL
        self.after_string = _INITIAL
        self.string: str | None = None
        self.program = ""
        self.arguments: str | None = None
        self.blank = False
        self.joined = False
        self.begins = True
        self.digest = 0

    def run(self) -> Iterator[Token]:
        while self.at < len(self.text):
            name, matched = self._longest()
            self.at += len(matched)
            self.begins = matched.endswith("\n")
            token = self._take(name, matched)
            if token is not None:
                yield token

    def _longest(self) -> tuple[str, str]:
        best, found = "nomatch", ""
        for name, pattern in _RULES[self.state]:
            if pattern.pattern.startswith("^") and not self.begins:
                continue
            match = pattern.match(self.text, self.at)
            if match and len(match[0]) > len(found):
                best, found = name, match[0]
        return best, found or self.text[self.at]

    def _take(self, name: str, matched: str) -> Token | None:
        handler = cast("Callable[[str], Token | None] | None", getattr(self, "_on_" + name.replace(" ", "_"), None))
        if handler is not None:
            return handler(matched)
        if name in OPTIONS:
            if name in ("CWD", "CHROOT"):
                self.state = _WANTPATH
            return self._token("option", name)
        if name == "network":
            twice = any(part.count("::") > 1 or ":::" in part for part in matched.split("/"))
            return self._token("bad" if twice else "network", matched)
        return self._token(name, unescaped(matched) if name in ("word", "group", "netgroup", "alias") else matched)

    def _token(self, kind: str, text: str = "") -> Token:
        return Token(kind, text, self.line)

    def _back(self, matched: str, kept: int = 0) -> None:
        self.at -= len(matched) - kept
        self.begins = False

    def _on_comma(self, _matched: str) -> Token:
        return self._token(",")

    def _on_nomatch(self, _matched: str) -> Token:
        return self._token("bad")

    def _on_defvar_follows(self, _matched: str) -> None:
        self.state = _DEFVAR

    def _on_defvar(self, matched: str) -> Token:
        self.state = _DEFVALUE
        return self._token("defvar", matched)

    def _on_next_defvar(self, _matched: str) -> Token:
        self.state = _DEFVAR
        return self._token(",")

    def _on_quote(self, _matched: str) -> None:
        self.after_string = _INITIAL if self.state == _INCLUDE else self.state
        self.string = None
        self.state = _STRING

    def _on_joined(self, _matched: str) -> None:
        self.line += 1
        self.joined = True

    def _on_text(self, matched: str) -> None:
        self.string = (self.string or "") + unescaped(matched)

    def _on_unquote(self, _matched: str) -> Token:
        self.state = self.after_string
        text = self.string
        if text is None:
            return self._token("bad")
        if self.state in (_INITIAL, _DEFS) and text[:1] in ("%", "+"):
            empty = text in ("%", "%:", "+")
            return self._token("bad") if empty else self._token("group" if text[0] == "%" else "netgroup", text)
        return self._token("word", text)

    def _on_argument_kept(self, matched: str) -> None:
        self._argue(matched)

    def _on_argument_bared(self, matched: str) -> None:
        self._argue(matched[1])

    def _on_argument(self, matched: str) -> None:
        if self.arguments is None and matched.startswith("^"):
            self.state = _PATTERN
            self._back(matched)
        else:
            self._argue(matched)

    def _argue(self, text: str) -> None:
        between = " " if self.arguments is not None and self.blank else ""
        self.arguments = (self.arguments or "") + between + text
        self.blank = False

    def _on_command_ends(self, matched: str) -> Token:
        self.state = _INITIAL
        self._back(matched)
        return self._finished()

    def _finished(self) -> Token:
        text = self.program if self.arguments is None else f"{self.program} {self.arguments}"
        return self._token("command", text)

    def _on_pattern_kept(self, matched: str) -> None:
        self.arguments = (self.arguments or "") + matched

    def _on_pattern(self, matched: str) -> None:
        if self.joined:
            matched = matched.lstrip(" \t")
            self.joined = False
        self.arguments = (self.arguments or "") + matched

    def _on_pattern_ends(self, _matched: str) -> Token:
        self.arguments = (self.arguments or "") + "$"
        self.state = _INITIAL
        self.joined = False
        return self._finished()

    def _on_pattern_broken(self, matched: str) -> Token:
        self._back(matched)
        self.state = _INITIAL
        return self._token("bad")

    def _on_digest(self, matched: str) -> Token | None:
        self.state = _INITIAL
        plain = 4 * ((self.digest + 2) // 3) if matched.endswith("=") else (4 * self.digest + 2) // 3
        fits = len(matched) in (2 * self.digest, plain)
        return self._token("digest", matched) if fits else None

    def _on_digest_kind(self, matched: str) -> Token:
        self.digest = _DIGESTS[matched]
        self.state = _DIGEST
        return self._token("digest kind", matched)

    def _on_include(self, _matched: str) -> Token:
        return self._including("include")

    def _on_includedir(self, _matched: str) -> Token:
        return self._including("includedir")

    def _on_old_include(self, matched: str) -> Token:
        self._back(matched, len("#include"))
        return self._including("include")

    def _on_old_includedir(self, matched: str) -> Token:
        self._back(matched, len("#includedir"))
        return self._including("includedir")

    def _including(self, kind: str) -> Token:
        if self.joined:
            return self._token("bad")
        self.state = _INCLUDE
        return self._token(kind)

    def _on_file(self, matched: str) -> Token:
        self.state = _INITIAL
        return self._token("word", unescaped(matched))

    def _on_defaults(self, matched: str) -> Token:
        if self.joined:
            return self._token("bad")
        begun = len(matched) - len(matched.lstrip(" \t")) + len("Defaults")
        mark = matched[begun : begun + 1]
        if mark:
            rest = matched[begun + 1 :]
            self._back(matched, begun + 1 + len(rest) - len(rest.lstrip(" \t")))
        self.state = _DEFS
        return self._token("defaults", mark)

    def _on_alias_kind(self, matched: str) -> Token:
        return self._token("bad") if self.joined else self._token("alias kind", matched.strip(" \t").partition("_")[0])

    def _on_tag(self, matched: str) -> Token:
        return self._token("tag", matched.rstrip(": \t"))

    def _on_bare_command(self, matched: str) -> Token:
        return self._token("command", _COMMAND_ESCAPE.sub(r"\1", matched))

    def _on_command(self, matched: str) -> Token | None:
        self.program = _COMMAND_ESCAPE.sub(r"\1", matched) if matched.startswith("/") else matched
        self.arguments = None
        if matched.startswith("/") and matched.endswith("/"):
            return self._finished()
        self.state = _COMMAND
        return None

    def _on_path(self, matched: str) -> Token:
        self.state = _INITIAL
        return self._token("word", unescaped(matched))

    def _on_not(self, matched: str) -> Token | None:
        return self._token("!") if len(matched) % 2 else None

    def _on_line(self, matched: str) -> Token:
        if self.state == _STRING:
            self.string = None
            self.state = _INITIAL
            self._back(matched)
            return self._token("bad")
        token = self._token("line")
        self.state = _INITIAL
        self.line += 1
        self.joined = False
        return token

    def _on_blank(self, _matched: str) -> None:
        self.blank = True

    def _on_continued(self, _matched: str) -> None:
        self.blank = True
        self.line += 1
        self.joined = True

    def _on_comment(self, matched: str) -> Token:
        return self._on_line(matched) if matched.endswith("\n") else self._token("bad")
