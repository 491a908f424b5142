"""Collects the packet filter: nft, iptables-save of both kinds, the settings of ufw, and nftables' file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux import iptables_save, nft_file, nft_ruleset
from scanner.collection.linux.firewall_rows import Table, chain_rows, rule_rows
from scanner.collection.linux.firewall_script import ABSENT_MODULE, SCRIPT
from scanner.collection.linux.plainfile import is_denied
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import Files, FileText, State, read_files, unreadable
from scanner.collection.linux.text import tail
from scanner.model.evidence import ABSENT, Absent, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.firewall_chain", "linux.firewall_rule", "linux.ufw", "linux.nftables_saved")

_NAME = "firewall"
_ASKED = {
    "linux.firewall_chain": "nft -j -t list ruleset; iptables-save; ip6tables-save",
    "linux.firewall_rule": "nft -j -t list ruleset; iptables-save; ip6tables-save",
    "linux.ufw": "cat /etc/ufw/ufw.conf /etc/default/ufw",
    "linux.nftables_saved": "cat /etc/nftables.conf",
}
_UFW_CONF, _UFW_DEFAULTS = "/etc/ufw/ufw.conf", "/etc/default/ufw"
_IPTABLES = {
    "iptables-nft": ("iptables-nft", "ip"),
    "ip6tables-nft": ("iptables-nft", "ip6"),
    "iptables-legacy": ("iptables-legacy", "ip"),
    "ip6tables-legacy": ("iptables-legacy", "ip6"),
}


@dataclass(slots=True)
class _Section:
    """What one command said, and its exit status; None when it did not come to its end."""

    lines: list[str] = field(default_factory=list)
    status: int | None = None


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, SCRIPT, timeout=30, limit=2 * 2**20, cost=2)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: what was denied, cut or not to be had makes the lists incomplete, never empty."""
    output = output_of(outputs, _NAME)
    sections, rest = _sections(output.stdout)
    shown = read_files(rest)
    lost = output.gap or (None if output.status == 0 else output.failure("the probe of the packet filter failed"))
    tables, gap = _tables(sections, shown.others, session)
    readers: dict[str, Callable[[], tuple[tuple[Row, ...], Gap | None]]] = {
        "linux.firewall_chain": lambda: (tuple(chain_rows(tables)), lost or gap),
        "linux.firewall_rule": lambda: (tuple(rule_rows(tables)), lost or gap),
        "linux.ufw": lambda: ((), lost) if lost else ((_ufw(shown, session),), None),
        "linux.nftables_saved": lambda: ((), lost) if lost else _saved(shown, session),
    }
    answers = []
    for query in queries:
        rows, missing = readers[query.fact]()
        answers.append(Evidence(query, rows, missing, session.provenance(_ASKED[query.fact])))
    return answers


def _sections(stdout: bytes) -> tuple[dict[str, _Section], bytes]:
    """Take the answers of the commands out; what is left are shown files and plain words."""
    sections: dict[str, _Section] = {}
    rest: list[bytes] = []
    current: _Section | None = None
    for line in stdout.split(b"\n"):
        mark, text = line[:1], line[1:].decode("utf-8", "backslashreplace")
        if mark == b"@":
            current = sections.setdefault(text, _Section())
        elif current is None:
            rest.append(line)
        elif mark == b"<":
            current.status = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
            current = None
        elif mark == b" ":
            current.lines.append(text)
    return sections, b"\n".join(rest)


def _tables(sections: Mapping[str, _Section], words: Sequence[str], session: Session) -> tuple[list[Table], Gap | None]:
    gaps: list[Gap] = []
    for word in words:
        kind, _, what = word.partition(" ")
        if kind == "missing":
            gaps.append(error(f"{what} is not installed there, and the kernel may hold rules that it would show"))
        elif kind == "closed":
            gaps.append(_denied(f"{what} may not be read", session))
        elif kind == "unsure":
            gaps.append(error(f"{what}: /proc/net is not there, so older rules cannot be ruled out"))
    native, troubles = _native(sections, words, session)
    gaps += troubles
    iptables: list[Table] = []
    for name, (backend, family) in _IPTABLES.items():
        section = sections.get(name)
        if section is None:
            continue
        if section.status != 0:
            gaps.append(_failed(f"{name}-save", section, session))
        found, odd = iptables_save.tables(section.lines, backend, family)
        if odd:
            gaps.append(error(f"{name}-save: '{tail(odd, 80)}' is not understood"))
        iptables += found
    told = {(table.family, table.name) for table in iptables if table.backend == "iptables-nft"}
    tables = [table for table in native if (table.family, table.name) not in told]
    return tables + iptables, next((gap for gap in gaps if gap.needs), gaps[0] if gaps else None)


def _native(sections: Mapping[str, _Section], words: Sequence[str], session: Session) -> tuple[list[Table], list[Gap]]:
    """Give the tables that nft tells; none are there where the kernel has not loaded what holds them."""
    section = sections.get("nft")
    if section is None:
        told = any(word in (f"nf_tables {ABSENT_MODULE}", "missing nft") for word in words)
        return [], [] if told else [error("nft was not asked")]
    if section.status != 0:
        return [], [_failed("nft list ruleset", section, session)]
    ports = sections.get("ports", _Section())
    named = nft_ruleset.named_ports(ports.lines) if ports.status == 0 else {}
    text = "\n".join(line for line in section.lines if line.startswith("{"))
    found, odd = nft_ruleset.tables(text, named)
    return found, [error(odd)] if odd else []


def _failed(what: str, section: _Section, session: Session) -> Gap:
    said = tail("\n".join(section.lines[-3:]))
    if is_denied(said):
        return _denied(f"{what} was denied: {said}", session)
    return error(f"{what} failed (exit status {section.status}{': ' + said if said else ''})")


def _denied(reason: str, session: Session) -> Gap:
    return unknown(reason, needs="CAP_NET_ADMIN" if session.root else "root")


def _ufw(shown: Files, session: Session) -> Row:
    conf, defaults = shown.get(_UFW_CONF), shown.get(_UFW_DEFAULTS)
    ipv6 = [word.removeprefix("ipv6 ") for word in shown.others if word.startswith("ipv6 ")]
    enabled = _setting(conf, "ENABLED", session)
    managed = _setting(defaults, "IPV6", session)
    missing = conf.state in (State.MISSING, State.MASKED)
    return {
        "present": unreadable(_UFW_CONF, session) if conf.state is State.UNREADABLE else not missing,
        # ufw-init compares just so.
        "enabled": enabled if isinstance(enabled, Gap) else ABSENT if missing else enabled in ("yes", "YES"),
        "logging": _lower(_setting(conf, "LOGLEVEL", session)),
        "ipv6": managed in ("yes", "YES") if isinstance(managed, str) else managed,
        "default_incoming": _lower(_setting(defaults, "DEFAULT_INPUT_POLICY", session)),
        "default_outgoing": _lower(_setting(defaults, "DEFAULT_OUTPUT_POLICY", session)),
        "default_routed": _lower(_setting(defaults, "DEFAULT_FORWARD_POLICY", session)),
        "ipv6_running": ipv6[0] == "on"
        if ipv6 and ipv6[0] in ("on", "off")
        else error("the state of IPv6 was not told"),
    }


def _setting(file: FileText, name: str, session: Session) -> str | Absent | Gap:
    """Give what a shell that reads the file would hold in a variable at its end."""
    if file.state is State.UNREADABLE:
        return unreadable(file.path, session)
    value: str | Absent = ABSENT
    for line in file.lines:
        words = line.strip().removeprefix("export ").split(None, 1)
        key, equals, text = (words[0] if words else "").partition("=")
        if key == name and equals:
            value = text.strip("\"'")
    return value


def _lower(cell: str | Absent | Gap) -> Cell:
    return cell.lower() if isinstance(cell, str) else cell


def _saved(shown: Files, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    mains = [word.removeprefix("main ") for word in shown.others if word.startswith("main ")]
    if not mains:
        return (), error("the file of nftables was not told")
    main = mains[-1]
    files = [file for file in shown.files if file.path not in (_UFW_CONF, _UFW_DEFAULTS)]
    closed = [file.path for file in files if file.state is State.UNREADABLE]
    gap = unreadable(closed[0], session) if closed else None
    if not any(file.path == main for file in files):
        gap = gap or error(f"{main} was not shown")
    try:
        found = nft_file.tables(main, {file.path: "\n".join(file.lines) for file in files})
    except nft_file.UnreadableError as odd:
        return (), gap or error(f"{main}: {odd}")
    rows = [
        {
            "family": table.family,
            "table": table.name,
            "chain": chain.name,
            "hook": chain.hook or ABSENT,
            "policy": chain.policy or ABSENT,
            "rules": chain.rules,
        }
        for table in found
        for chain in table.chains.values()
    ]
    return tuple(rows), gap
