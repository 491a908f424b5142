"""Addresses and default routes as ip(8) tells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import addresses
from scanner.collection.linux.probe import Output
from scanner.model.evidence import Evidence, Gap, Query
from tests.collection.hosts import AS_ROOT, ask, needs
from tests.collection.parity import check

ADDRESS, ROUTE = Query("linux.network_address"), Query("linux.default_route")


def read(*lines: str, status: int = 0) -> tuple[Evidence, Evidence]:
    text = "".join(f"{line}\n" for line in lines).encode()
    found = addresses.answer([ADDRESS, ROUTE], {"linux.addresses": Output(stdout=text, status=status)}, AS_ROOT)
    for each in found:
        check(each)
    return found[0], found[1]


@pytest.mark.parametrize(
    ("line", "interface", "address", "network", "loopback"),
    [
        ("2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0\\", "eth0", "10.0.0.5", "10.0.0.0/24", False),
        ("1: lo    inet 127.0.0.1/8 scope host lo\\", "lo", "127.0.0.1", "127.0.0.0/8", True),
        ("7: tun0    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0\\", "tun0", "10.8.0.2", "10.8.0.1/32", False),
        ("3: eth1    inet6 fe80::1/64 scope link \\", "eth1", "fe80::1", "fe80::/64", False),
        ("9: vmbr0.20    inet 10.20.0.5/24 scope global vmbr0.20\\", "vmbr0.20", "10.20.0.5", "10.20.0.0/24", False),
    ],
)
def test_addresses(line: str, interface: str, address: str, network: str, loopback: bool) -> None:
    found, _ = read(line, "end")
    assert found.gap is None
    assert found.rows == ({"interface": interface, "address": address, "network": network, "loopback": loopback},)


def test_routes() -> None:
    _, found = read(
        "ipv4 default via 10.0.0.1 dev eth0 ",
        "ipv4 default proto static metric 9 \\\tnexthop via 10.1.0.1 dev eth1 weight 1 \\\tnexthop via 10.2.0.1 dev eth2",
        "ipv4 128.0.0.0/1 via 10.8.0.1 dev tun0 ",
        "ipv6 default via fe80::1 dev eth0 metric 1024 pref medium",
        "end",
    )
    assert found.gap is None
    assert {(row["interface"], row["version"]) for row in found.rows} == {
        ("eth0", "ipv4"),
        ("eth1", "ipv4"),
        ("eth2", "ipv4"),
        ("tun0", "ipv4"),
        ("eth0", "ipv6"),
    }


@pytest.mark.parametrize("lines", [["none"], [], ["1: lo    inet 127.0.0.1/8 scope host lo\\"]])
def test_without_ip_nothing_is_known(lines: list[str]) -> None:
    assert all(each.gap is not None for each in read(*lines))
    assert all(each.gap is not None for each in read(*lines, "end", status=1))


@pytest.mark.parametrize(
    "line", ["2: eth0    inet 10.0.0.999/24 scope global", "nonsense", "ipv4 default via 10.0.0.1"]
)
def test_an_odd_line_is_a_gap(line: str) -> None:
    assert any(isinstance(each.gap, Gap) for each in read(line, "end"))


@given(st.lists(st.text(max_size=40), max_size=6))
def test_odd_text_never_raises(lines: list[str]) -> None:
    read(*lines)


def test_any_account_is_told() -> None:
    needs("ip")
    assert [each.gap for each in ask([ADDRESS, ROUTE], ordinary=True).evidence] == [None, None]
