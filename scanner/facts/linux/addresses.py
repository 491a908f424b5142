"""Addresses of Linux hosts, and the interfaces by which they reach everything else."""

from __future__ import annotations

from scanner.model.fact import ADDRESS, BOOL, TEXT, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="linux.network_address",
        says="Addresses of all network interfaces (ip-address(8)).",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("interface", "address"),
        fields=(
            Field("interface", TEXT, "Name of the interface."),
            Field("address", ADDRESS, "The address."),
            Field("network", TEXT, "Network that it lies in, such as `10.20.0.0/24`."),
            Field("loopback", BOOL, "True when only this host can reach it."),
        ),
        example={"interface": "eth1", "address": "10.20.0.5", "network": "10.20.0.0/24", "loopback": False},
        unused="used by the estate's facts of recovery",
    ),
    FactSpec(
        name="linux.default_route",
        says="Routes to everywhere, of all routing tables (ip-route(8)); two halves of the world count as well.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("interface", "version"),
        fields=(
            Field("interface", TEXT, "Interface by which packets leave."),
            Field("version", enum("ipv4", "ipv6"), "Version of IP."),
        ),
        example={"interface": "eth0", "version": "ipv4"},
        unused="used by the estate's facts of recovery",
    ),
)
