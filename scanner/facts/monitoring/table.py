"""The declarations of monitoring systems, in the order of the manual."""

from __future__ import annotations

from scanner.facts.monitoring import alertmanager, alerts, grafana, prometheus

MODULES = (prometheus, alertmanager, grafana, alerts)
