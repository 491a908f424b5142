"""Collectors of monitoring systems: Prometheus, Alertmanager and Grafana."""
