"""Reads rule files of nftables as far as tables, chains, policies and the number of rules go (nft(8))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from scanner.collection.linux.firewall_rows import Chain, Table

_TOKEN = re.compile(r'"[^"\n]*"?|#[^\n]*|\\\n|[{}]|[;\n]|[^\s{};"#]+')
_FAMILIES = frozenset({"ip", "ip6", "inet", "arp", "bridge", "netdev"})
_MAX_DEPTH = 8
_END = (";", "\n")

Tokens = list[str]


class UnreadableError(Exception):
    """The file is not understood; the message says where."""


def tables(main: str, texts: Mapping[str, str]) -> list[Table]:
    """Give the tables that `main` makes, with the files that it includes (`texts`: path > text).

    Raises UnreadableError for text that does not hold together, or that changes rules in a way not followed here.
    """
    found: dict[tuple[str, str], Table] = {}
    for statement in _statements(list(_tokens(main, texts, 0)), blocks=True):
        _top(found, statement)
    return list(found.values())


def includes(pattern: str, paths: Sequence[str]) -> list[str]:
    """Give the shown files that an include pattern names, in nft's order; a plain name lies below /etc."""
    whole = pattern if pattern.startswith("/") else f"/etc/{pattern}"
    return sorted(path for path in paths if _fits(path, whole))


def _fits(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _tokens(path: str, texts: Mapping[str, str], depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise UnreadableError(f"{path} is included too deeply")
    pending = False
    for token in _TOKEN.findall(texts.get(path, "")):
        if token.startswith("#") or token == "\\\n":
            continue
        if pending and token.startswith('"'):
            for each in includes(token.strip('"'), list(texts)):
                yield "\n"
                yield from _tokens(each, texts, depth + 1)
            yield "\n"
            pending = False
            continue
        pending = token == "include"
        if not pending:
            yield token


def _statements(tokens: Tokens, *, blocks: bool) -> Iterator[Tokens]:
    """Split at line ends and semicolons outside of braces; with `blocks` a closing brace ends a statement too."""
    current: Tokens = []
    depth = 0
    for token in tokens:
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
            if depth < 0:
                raise UnreadableError("a brace is closed that was not opened")
        if depth == 0 and token in _END:
            if current:
                yield current
            current = []
            continue
        current.append(token)
        if blocks and depth == 0 and token == "}":
            yield current
            current = []
    if depth:
        raise UnreadableError("a brace is not closed")
    if current:
        yield current


def _top(found: dict[tuple[str, str], Table], statement: Tokens) -> None:
    words, body = _split(statement)
    verb = words[0] if words else ""
    if verb in ("define", "redefine", "undefine") or not words:
        return
    if verb in ("add", "create", "insert", "flush", "delete", "destroy", "replace", "reset", "rename"):
        words = words[1:]
    else:
        verb = "add"
    kind, rest = (words[0], words[1:]) if words else ("", [])
    if kind == "ruleset":
        _flush(found, verb, rest)
        return
    family = rest.pop(0) if rest and rest[0] in _FAMILIES else "ip"
    if not rest:
        raise UnreadableError(f"'{' '.join(statement[:6])}' is not understood")
    if verb in ("delete", "destroy", "flush"):
        _remove(found, verb, kind, family, rest)
    elif kind == "table":
        _table(found.setdefault((family, rest[0]), Table("nftables", family, rest[0])), body)
    elif kind in ("chain", "rule") and len(rest) > 1 and verb != "replace":
        table = found.setdefault((family, rest[0]), Table("nftables", family, rest[0]))
        if kind == "chain":
            _chain(table.chain(rest[1]), body)
        else:
            table.chain(rest[1]).rules += 1
    elif kind in ("chain", "rule"):
        raise UnreadableError(f"'{' '.join(statement[:6])}' is not understood")


def _flush(found: dict[tuple[str, str], Table], verb: str, rest: Sequence[str]) -> None:
    if verb != "flush":
        return
    for place in [place for place in found if not rest or place[0] == rest[0]]:
        del found[place]


def _remove(found: dict[tuple[str, str], Table], verb: str, kind: str, family: str, rest: Sequence[str]) -> None:
    if kind == "rule":
        raise UnreadableError("a rule is deleted by its handle")
    table = found.get((family, rest[0]))
    if table is None:
        return
    if kind == "table" and verb != "flush":
        del found[family, rest[0]]
    elif kind == "table":
        for chain in table.chains.values():
            chain.rules = 0
    elif kind == "chain" and len(rest) > 1:
        if verb == "flush":
            table.chain(rest[1]).rules = 0
        else:
            table.chains.pop(rest[1], None)


def _split(statement: Tokens) -> tuple[Tokens, Tokens]:
    """Give the words before the first brace, unquoted, and what stands within it."""
    place = statement.index("{") if "{" in statement else len(statement)
    return [word.strip('"') for word in statement[:place]], statement[place + 1 : -1]


def _table(table: Table, body: Tokens) -> None:
    for statement in _statements(body, blocks=True):
        words, inside = _split(statement)
        if len(words) > 1 and words[0] == "chain":
            _chain(table.chain(words[1]), inside)


def _chain(chain: Chain, body: Tokens) -> None:
    for statement in _statements(body, blocks=False):
        first = statement[0]
        if first == "type" and "hook" in statement:
            words = dict(zip(statement[::2], statement[1::2], strict=False))
            chain.type, chain.hook = words.get("type", ""), words.get("hook", "")
            chain.policy = chain.policy or "accept"
            if "policy" in words:
                chain.policy = words["policy"]
        elif first == "policy" and len(statement) > 1:
            chain.policy = statement[1]
        elif first not in ("comment", "devices", "flags"):
            chain.rules += 1
