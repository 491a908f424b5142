"""Alerts followed all the way from a series to somebody who is told."""

from __future__ import annotations

from scanner.facts.recovery.columns import demanded
from scanner.model.fact import BOOL, DURATION, INT, TEXT, TEXTS, FactSpec, Field, Input, Shape

SPECS = (
    FactSpec(
        name="monitoring.alert",
        says="Alert rules of every Prometheus of the estate, followed through its Alertmanager to those who are told.",
        shape=Shape.LIST,
        platforms=("estate",),
        scope="estate",
        keys=("target", "file", "group", "rule", "position"),
        inputs=(
            Input("prometheus.server"),
            Input("prometheus.alert_rule"),
            Input("prometheus.alertmanager"),
            Input("alertmanager.server"),
            Input("alertmanager.route"),
            Input("alertmanager.silence"),
        ),
        shows=("obstacles", "receivers", "demanded_source"),
        fields=(
            Field("target", TEXT, "Prometheus that evaluates it."),
            Field("rule", TEXT, "Name of the alert."),
            Field("group", TEXT, "Group that it belongs to."),
            Field("file", TEXT, "File that the group stands in."),
            Field("position", INT, "Number of the rule in its group."),
            Field("expression", TEXT, "Its expression."),
            Field("alertmanagers", TEXTS, "Targets of the Alertmanagers that its Prometheus sends to."),
            Field("receivers", TEXTS, "Receivers that its alerts may end in."),
            Field("can_fire", BOOL, "True when series exist, a target of theirs is up, and it is evaluated."),
            Field("reaches", BOOL, "True when an alert is surely routed to a receiver that tells somebody."),
            Field("silenced", BOOL, "True when a silence covers it now."),
            Field(
                "silence_lasts", DURATION, "Length of the longest silence that may cover it; absent where none does."
            ),
            Field("muted_by", TEXTS, "Time intervals that mute its routes."),
            Field("delay", DURATION, "Longest time from a true expression to the first notification."),
            *demanded("demanded", DURATION, "How long that may take for alerts on backups."),
            Field("obstacles", TEXTS, "Why nobody would be told; empty when somebody would."),
        ),
        example={"target": "mon01-prom", "rule": "BackupTooOld", "group": "backup", "can_fire": True, "reaches": True},
    ),
)
