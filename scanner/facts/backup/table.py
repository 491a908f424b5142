"""The declarations of backup systems, in the order of the manual."""

from __future__ import annotations

from scanner.facts.backup import drills, hosts, jobs, points, servers

MODULES = (points, jobs, servers, hosts, drills)
