"""Whom Alertmanager tells of which alerts, and which it keeps to itself."""

from __future__ import annotations

from scanner.model.fact import BOOL, DURATION, INT, TEXT, TEXTS, TIME, VERSION, FactSpec, Field, Need, Shape, enum

READING = Need("API", "to read; a token where a proxy asks for one")

SPECS = (
    FactSpec(
        name="alertmanager.server",
        says="The Alertmanager: version, and the cluster that it is part of.",
        shape=Shape.ONE,
        platforms=("alertmanager",),
        needs=(READING,),
        fields=(
            Field("name", TEXT, "Product with version, as reports name it."),
            Field("version", VERSION, "Version."),
            Field("address", TEXT, "Host and port by which we asked it; absent where the transport does not tell."),
            Field("cluster", enum("ready", "settling", "disabled"), "State of its cluster."),
            Field("peers", INT, "Members of the cluster, itself included."),
            Field("inhibits", INT, "Number of rules by which one alert mutes another."),
        ),
        example={"name": "Alertmanager 0.25.0", "version": "0.25.0", "cluster": "disabled", "peers": 0},
    ),
    FactSpec(
        name="alertmanager.route",
        says="The tree of routes, each with its receiver; an alert takes the first branches that fit, from the root.",
        shape=Shape.LIST,
        platforms=("alertmanager",),
        keys=("route",),
        needs=(READING,),
        fields=(
            Field("route", TEXT, "Place in the tree: `0` is the root, `0.2` its third branch."),
            Field(
                "matchers", TEXTS, 'What labels must be, such as `severity="critical"`; empty where everything fits.'
            ),
            Field("receiver", TEXT, "Receiver of alerts that end here."),
            Field("integrations", INT, "Ways in which that receiver tells somebody; 0 for one that swallows alerts."),
            Field("kinds", TEXTS, "Kinds of those, such as `email`."),
            Field("goes_on", BOOL, "True when later branches are tried too (`continue`)."),
            Field("group_wait", DURATION, "How long the first notification of a group waits."),
            Field("muted_by", TEXTS, "Time intervals in which it tells nobody, or outside of which it does not."),
        ),
        example={"route": "0", "matchers": [], "receiver": "mail", "integrations": 1, "kinds": ["email"]},
    ),
    FactSpec(
        name="alertmanager.silence",
        says="Silences that hold now or will.",
        shape=Shape.LIST,
        platforms=("alertmanager",),
        keys=("silence",),
        needs=(READING,),
        fields=(
            Field("silence", TEXT, "Id."),
            Field("state", enum("active", "pending"), "Whether it holds now."),
            Field("matchers", TEXTS, "What labels must be for an alert to be silenced."),
            Field("starts_at", TIME, "When it begins."),
            Field("ends_at", TIME, "When it ends."),
            Field("lasts", DURATION, "Time from its beginning to its end."),
            Field("author", TEXT, "Who made it; absent where nobody is named."),
            Field("comment", TEXT, "Why; absent where nothing is said."),
        ),
        example={"silence": "2c1a…", "state": "active", "matchers": ['alertname="BackupTooOld"'], "lasts": 7200},
    ),
)
