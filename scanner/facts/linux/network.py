"""Listening sockets of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import ADDRESS, BOOL, INT, TEXT, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="linux.process_listening",
        says="Sockets that listen for TCP connections or receive UDP, with the process behind them (ss(8)).",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("protocol", "address", "port"),
        fields=(
            Field("protocol", enum("tcp", "udp"), "Transport protocol, for IPv4 and IPv6 alike."),
            Field("address", ADDRESS, "Local address; `0.0.0.0` and `::` listen on all."),
            Field("port", INT, "Local port."),
            Field("loopback", BOOL, "True when only this host can reach the socket."),
            Field("process", TEXT, "Name of the process; unknown without root for other users' processes."),
            Field("pid", INT, "Process id; unknown without root for other users' processes."),
        ),
        example={"protocol": "tcp", "address": "0.0.0.0", "port": 22, "loopback": False, "process": "sshd", "pid": 812},
    ),
)
