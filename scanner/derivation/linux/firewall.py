"""Which firewall frontend has rules, and what those rules do to packets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from scanner.derivation.inputs import cell, derived, first_gap, single, source
from scanner.derivation.linux.firewall_ruleset import FIREWALLD, IPTABLES, NFTABLES, UFW, Place, Ruleset
from scanner.derivation.linux.firewall_walk import OUTSIDE, End, Packet, Walk, names_loopback
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row

UNITS = {
    UFW: "ufw.service",
    NFTABLES: "nftables.service",
    IPTABLES: "netfilter-persistent.service",
    FIREWALLD: "firewalld.service",
}
_LOOPBACK = {"ipv4": ("127.0.0.1", "127.255.255.254"), "ipv6": ("::1",)}
_DEFAULTS = ("drop", "reject")


def firewall(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.firewall: one row; while some rules may be hidden no frontend is known to be in use alone."""
    ruleset = Ruleset.of(inputs)
    told = ruleset.in_use()
    in_use = ruleset.gap or [*told]
    at_boot = _at_boot(inputs)
    row: dict[str, Cell] = {
        "in_use": in_use,
        "at_boot": at_boot,
        "sole": _sole(in_use, at_boot),
        "applicable": _applicable(in_use, at_boot),
        "reasons": ruleset.gap or [reason for reasons in told.values() for reason in reasons],
        "programs": ruleset.gap or ruleset.programs(),
    }
    return derived(query, [row], None, inputs, taken_at)


def firewall_policy(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.firewall_policy: rows for the frontends that are to be judged, in each version of IP that is on."""
    ruleset = Ruleset.of(inputs)
    frontends, versions, gap = judged(inputs)
    gap = first_gap(gap, ruleset.gap)
    rows = [] if gap else [_policy(ruleset, frontend, version) for frontend in frontends for version in versions]
    return derived(query, rows, gap, inputs, taken_at)


def firewall_base_chain(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.firewall_base_chain: those of nftables' own tables that filter."""
    ruleset = Ruleset.of(inputs)
    rows = [
        {name: cell(row, name) for name in ("family", "table", "chain", "hook", "policy")}
        for place, row in _own_chains(ruleset)
        if cell(row, "type") == "filter"
    ]
    return derived(query, rows, ruleset.gap, inputs, taken_at)


def nftables_boot(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.nftables_boot: a chain that is not in a file that was read whole is absent there."""
    ruleset = Ruleset.of(inputs)
    saved = source(inputs, "linux.nftables_saved")
    by_key = {_key(row): row for row in saved.rows}
    rows = []
    for _, row in _own_chains(ruleset):
        kept = by_key.get(_key(row))
        rows.append(
            {
                **{name: cell(row, name) for name in ("family", "table", "chain", "policy", "rules")},
                "saved_policy": cell(kept, "policy") if kept else saved.gap or ABSENT,
                "saved_rules": saved.gap or (cell(kept, "rules") if kept else ABSENT),
            }
        )
    return derived(query, rows, ruleset.gap, inputs, taken_at)


def iptables_leftover(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.iptables_leftover."""
    ruleset = Ruleset.of(inputs)
    rows: list[Row] = [
        {"backend": place[0], "family": place[1], "table": place[2], "rules": number}
        for place in ruleset.chains
        if (number := ruleset.left_over(place))
    ]
    return derived(query, rows, ruleset.gap, inputs, taken_at)


def judged(inputs: Mapping[Query, Evidence]) -> tuple[list[str], list[str], Gap | None]:
    """Give the frontends to be judged, the versions of IP that are on, and why either is not known."""
    ruleset = Ruleset.of(inputs)
    applicable = _applicable(ruleset.gap or [*ruleset.in_use()], _at_boot(inputs))
    running = cell(single(source(inputs, "linux.ufw")), "ipv6_running")
    gap = first_gap(*(each for each in (applicable, running) if isinstance(each, Gap)))
    frontends = applicable if isinstance(applicable, list) else []
    return frontends, ["ipv4", "ipv6"] if running is True else ["ipv4"], gap


def settled(ruleset: Ruleset, frontend: str, packet: Packet, hooks: Iterable[str], names: Callable[[Row], bool]) -> End:
    """Give what a frontend's base chains make of a packet: the first that does not let it go on decides."""
    ends = [
        Walk(ruleset.rules.get(place, {}), packet, names).settled(base)
        for place, base in ruleset.bases(frontend, packet.version, tuple(hooks))
    ]
    strict = [end for end in ends if end.verdict in _DEFAULTS]
    return next(iter(strict), End("accept", False))


def _own_chains(ruleset: Ruleset) -> Iterable[tuple[Place, Row]]:
    return (
        (place, row)
        for place, chains in ruleset.chains.items()
        if ruleset.owners[place] == NFTABLES
        for row in chains.values()
    )


def _key(row: Row) -> tuple[str, str, str]:
    return str(cell(row, "family")), str(cell(row, "table")), str(cell(row, "chain"))


def _at_boot(inputs: Mapping[Query, Evidence]) -> list[str] | Gap:
    found: list[str] = []
    for frontend, unit in UNITS.items():
        evidence = inputs.get(Query.of("linux.unit", {"name": unit}), Evidence(Query("linux.unit")))
        enabled = cell(single(evidence), "enabled")
        if frontend == UFW and enabled is True:
            enabled = cell(single(source(inputs, "linux.ufw")), "enabled")
        if isinstance(enabled, Gap):
            return enabled
        if enabled is True:
            found.append(frontend)
    return found


def _sole(in_use: Cell, at_boot: Cell) -> Cell:
    if isinstance(in_use, Gap):
        return in_use
    if not isinstance(in_use, list) or len(in_use) != 1:
        return ABSENT
    if isinstance(at_boot, Gap):
        return at_boot
    alone = isinstance(at_boot, list) and set(at_boot) <= set(in_use)
    return str(in_use[0]) if alone else ABSENT


def _applicable(in_use: Cell, at_boot: Cell) -> list[str] | Gap:
    for told in (in_use, at_boot):
        if isinstance(told, Gap):
            return told
        if isinstance(told, list) and told:
            return [str(each) for each in told]
    return [UFW]


def _policy(ruleset: Ruleset, frontend: str, version: str) -> Row:
    def end(packet: Packet, *hooks: str) -> End:
        return settled(ruleset, frontend, packet, hooks, names_loopback)

    # A rule for new connections is a choice about what goes out, not what becomes of the rest.
    outward = Packet(version, out_interface=OUTSIDE, state="")
    through = Packet(version, in_interface=OUTSIDE, out_interface=OUTSIDE)
    address = _LOOPBACK[version][0]
    spoofed = [Packet(version, in_interface=OUTSIDE, source=each, local=True) for each in _LOOPBACK[version]]
    stopped = [
        any((met := end(packet, hook)).named and met.verdict in _DEFAULTS for hook in ("prerouting", "input"))
        for packet in spoofed
    ]
    replies = {
        protocol: Packet(version, in_interface=OUTSIDE, protocol=protocol, local=True, state="established")
        for protocol in ("tcp", "udp", "icmp")
    }
    return {
        "frontend": frontend,
        "version": version,
        "default_input": end(Packet(version, in_interface=OUTSIDE, local=True), "input").verdict,
        "default_output": end(outward, "output").verdict,
        "default_forward": end(through, "forward").verdict,
        "loopback_in_accepted": end(Packet(version, in_interface="lo", source=address, local=True), "input").verdict
        == "accept",
        "loopback_out_accepted": end(Packet(version, out_interface="lo", source=address), "output").verdict == "accept",
        "loopback_spoof_dropped": all(stopped),
        "replies_accepted": [name for name, packet in replies.items() if end(packet, "input").verdict == "accept"],
    }
