"""Dashboards that people look at."""

from __future__ import annotations

from scanner.model.fact import TEXT, TEXTS, VERSION, FactSpec, Field, Need, Shape

READING = Need("role", "Viewer of the organisation", "no dashboard is hidden then")

SPECS = (
    FactSpec(
        name="grafana.server",
        says="The Grafana server.",
        shape=Shape.ONE,
        platforms=("grafana",),
        needs=(READING,),
        fields=(
            Field("name", TEXT, "Product with version, as reports name it."),
            Field("version", VERSION, "Version; absent where it is hidden from accounts that are not signed in."),
        ),
        example={"name": "Grafana 11.2.0", "version": "11.2.0"},
        unused="names the system in reports",
    ),
    FactSpec(
        name="grafana.dashboard",
        says="Dashboards that our account may see.",
        shape=Shape.LIST,
        platforms=("grafana",),
        keys=("dashboard",),
        needs=(READING,),
        fields=(
            Field("dashboard", TEXT, "Its uid."),
            Field("title", TEXT, "Title."),
            Field("tags", TEXTS, "Tags."),
            Field("folder", TEXT, "Title of its folder; absent at the top."),
        ),
        example={"dashboard": "d1", "title": "Backups", "tags": ["backup"]},
    ),
)
