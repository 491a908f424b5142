"""Privileges that facts of MongoDB servers take."""

from __future__ import annotations

from scanner.model.fact import Need

MONITOR = Need("role", "clusterMonitor", "start-up options, parameters, logs and members are closed to others")
USERS = Need("action", "viewUser", "a login may otherwise see no user but itself")
ROLES = Need("action", "find on admin.system.roles", "roles of every database stand there alone")
AUDIT = Need("action", "auditConfigure", "an audit filter that is set at run time is closed to others")
