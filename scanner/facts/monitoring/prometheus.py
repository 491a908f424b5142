"""What Prometheus measures, which alerts it evaluates, and whom it tells."""

from __future__ import annotations

from scanner.model.fact import (
    BOOL,
    DURATION,
    INT,
    MAP,
    SIZE,
    TEXT,
    TEXTS,
    TIME,
    VERSION,
    FactSpec,
    Field,
    Need,
    Shape,
    enum,
)

READING = Need("API", "to read; a token where a proxy asks for one")

SPECS = (
    FactSpec(
        name="prometheus.server",
        says="The Prometheus server: version, retention, and what it adds to its alerts.",
        shape=Shape.ONE,
        platforms=("prometheus",),
        needs=(READING,),
        fields=(
            Field("name", TEXT, "Product with version, as reports name it."),
            Field("version", VERSION, "Version."),
            Field("address", TEXT, "Host and port by which we asked it; absent where the transport does not tell."),
            Field("retention", DURATION, "How long samples are kept; absent where only their size is limited."),
            Field("retention_size", SIZE, "Bytes of samples that are kept at most; absent without a limit."),
            Field("reloaded", BOOL, "True when the configuration was accepted at the last reload."),
            Field("admin_api", BOOL, "True when series can be deleted over the network."),
            Field("lifecycle_api", BOOL, "True when it can be stopped or reloaded over the network."),
            Field("external_labels", MAP, "Labels added to every alert that lacks them."),
            Field("relabels_alerts", BOOL, "True when labels of alerts are changed before they are sent."),
            Field(
                "sends_to", TEXTS, "Targets of its Alertmanagers as the inventory names them; empty when it does not."
            ),
        ),
        example={"name": "Prometheus 2.42.0", "version": "2.42.0", "retention": 1296000, "admin_api": False},
    ),
    FactSpec(
        name="prometheus.target",
        says="What is scraped, and how the last scrape went.",
        shape=Shape.LIST,
        platforms=("prometheus",),
        keys=("job", "instance", "url"),
        needs=(READING,),
        fields=(
            Field("job", TEXT, "Label `job` of its series."),
            Field("instance", TEXT, "Label `instance` of its series."),
            Field("url", TEXT, "Address that is scraped, without credentials and parameters."),
            Field("scheme", enum("http", "https", "other"), "How it is reached."),
            Field("health", enum("up", "down", "unknown"), "How the last scrape went; `unknown` before the first."),
            Field("last_scrape", TIME, "When it was scraped last; absent when never."),
            Field("interval", DURATION, "How often it is scraped; absent where the server is too old to tell."),
            Field("problem", TEXT, "Why the last scrape failed; absent when it did not."),
        ),
        example={"job": "pbs", "instance": "pbs01:10019", "scheme": "https", "health": "up"},
    ),
    FactSpec(
        name="prometheus.alert_rule",
        says="Alert rules as they are loaded, and whether the series that they look at exist.",
        shape=Shape.LIST,
        platforms=("prometheus",),
        keys=("file", "group", "rule", "position"),
        needs=(READING,),
        fields=(
            Field("rule", TEXT, "Name of the alert."),
            Field("group", TEXT, "Group that it belongs to."),
            Field("file", TEXT, "File that the group stands in."),
            Field("position", INT, "Number of the rule in its group, from 1."),
            Field("expression", TEXT, "Its expression."),
            Field("metrics", TEXTS, "Metrics that the expression names."),
            Field(
                "missing", TEXTS, "Selectors of the expression that no series fits now; those within absent() aside."
            ),
            Field("can_fire", BOOL, "True when it is evaluated without error and each selector has series."),
            Field("jobs", TEXTS, "Scrape jobs whose series it looks at."),
            Field("jobs_down", TEXTS, "Those of them of which no target is up."),
            Field("hold", DURATION, "How long the expression must be true until the alert fires (`for`)."),
            Field("interval", DURATION, "How often it is evaluated."),
            Field("labels", MAP, "Labels that the rule gives to its alerts."),
            Field("label_names", TEXTS, "Names of labels that its alerts may have from their series."),
            Field("health", enum("ok", "err", "unknown"), "How the last evaluation went; `unknown` before the first."),
            Field("problem", TEXT, "Why the last evaluation failed; absent when it did not."),
            Field("state", enum("inactive", "pending", "firing", "unknown"), "Whether it fires now."),
            Field("last_evaluation", TIME, "When it was evaluated last; absent when never."),
        ),
        example={"rule": "BackupTooOld", "group": "backup", "metrics": ["pbs_snapshot_vm_last_timestamp"], "hold": 900},
    ),
    FactSpec(
        name="prometheus.alertmanager",
        says="Alertmanagers that Prometheus knows; that one is listed does not mean that it answers.",
        shape=Shape.LIST,
        platforms=("prometheus",),
        keys=("url",),
        needs=(READING,),
        fields=(
            Field("url", TEXT, "Its address, without credentials and parameters."),
            Field("active", BOOL, "True when alerts are sent to it; false when relabelling dropped it."),
        ),
        example={"url": "http://mon01:9093/api/v2/alerts", "active": True},
    ),
    FactSpec(
        name="prometheus.delivery",
        says="Notifications of the last day and how many were lost, as Prometheus and Alertmanager count them.",
        shape=Shape.LIST,
        platforms=("prometheus",),
        keys=("by", "channel"),
        needs=(READING,),
        fields=(
            Field("by", enum("prometheus", "alertmanager"), "Who sent: alerts to an Alertmanager, or that to people."),
            Field("channel", TEXT, "Alertmanager's address, or the kind of integration such as `email`."),
            Field("sent", INT, "Notifications tried."),
            Field("failed", INT, "Those of them that failed."),
        ),
        example={"by": "alertmanager", "channel": "email", "sent": 4, "failed": 0},
    ),
)
