"""Backups of databases as the tools on a Linux host know them."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, ROOT, TEXT, TEXTS, TIME, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="linux.pgbackrest_stanza",
        says="Stanzas of pgBackRest with their newest backups (`pgbackrest info`); empty when pgBackRest is not installed.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("stanza",),
        needs=(ROOT,),
        fields=(
            Field("stanza", TEXT, "Name of the stanza."),
            Field("ok", BOOL, "True when pgBackRest calls it in order, with a valid backup."),
            Field("status", TEXT, "What pgBackRest says of it, such as `ok` or `no valid backups`."),
            Field("backups", INT, "How many backups there are that met no error."),
            Field("newest_full", TIME, "When the newest full backup without errors ended; absent when there is none."),
            Field(
                "newest", TIME, "When the newest backup of any kind without errors ended; absent when there is none."
            ),
            Field("encrypted", BOOL, "True when the repository is encrypted."),
            Field(
                "data_directories",
                TEXTS,
                "Data directories that the host's configuration gives the stanza; empty where it gives none.",
            ),
        ),
        unused="Rules judge it as postgres.backup_stanza, for the cluster that a stanza is of.",
        example={
            "stanza": "main",
            "ok": True,
            "status": "ok",
            "backups": 12,
            "newest_full": "2026-11-15T01:10:00Z",
            "newest": "2026-11-20T01:04:00Z",
            "encrypted": True,
            "data_directories": ["/var/lib/postgresql/15/main"],
        },
    ),
)
