"""Restore points, and the things that ought to have some."""

from __future__ import annotations

from scanner.facts.backup.needs import READING
from scanner.facts.backup.platforms import POINTS, SYSTEMS
from scanner.model.fact import BOOL, INT, MAP, SIZE, TEXT, TEXTS, TIME, FactSpec, Field, Need, Shape, enum

ASSET_KEYS = Field(
    "asset_keys",
    TEXTS,
    "Stable keys `kind:value` by which assets of the inventory know the object, such as `pbs:store1/vm/101`.",
)
SYSTEM = Field("system", enum(*SYSTEMS), "System that it belongs to.")
_FROM_RECORDS = "used by the estate's recovery facts"

SPECS = (
    FactSpec(
        name="backup.restore_point",
        says="Moments that one can return to, as the systems list them; also those that are broken or still running.",
        shape=Shape.LIST,
        platforms=POINTS,
        keys=("system", "object", "location", "point"),
        needs=(
            *READING,
            Need("iam", "backup:ListBackupVaults", "the vaults"),
            Need("iam", "backup:ListRecoveryPointsByBackupVault", "what lies in them"),
            Need("iam", "s3:ListAllMyBuckets", "the buckets of archives that the inventory names"),
            Need("iam", "s3:GetBucketLocation", "a bucket's region where the list does not tell it"),
            Need("iam", "s3:ListBucket", "the objects of these archives"),
        ),
        fields=(
            SYSTEM,
            Field("object", TEXT, "What it restores, in the system's words: `vm/101`, a stanza, `host:/path`."),
            ASSET_KEYS,
            Field("location", TEXT, "Where it lies: a datastore with its namespace, a repository, a bucket."),
            Field("point", TEXT, "Its id in the system."),
            Field(
                "kind",
                enum("full", "incremental", "differential", "snapshot", "dump", "files", "pitr", "commit"),
                "What it is; `pitr` is the end of a log archive that reaches back to a base backup without a gap.",
            ),
            Field("data_time", TIME, "Moment up to which data can be recovered from it."),
            Field("started_at", TIME, "When making it began; absent where the system does not say."),
            Field("completed_at", TIME, "When it was complete; absent while it is not."),
            Field("status", enum("ok", "warning", "partial", "failed", "running"), "How making it ended."),
            Field("verification", enum("ok", "failed", "none"), "What the last verification of it found."),
            Field("verified_at", TIME, "When it was last verified; absent when never."),
            Field("verified_by", TEXT, "Where it was verified, such as the node; absent when never or not told."),
            Field("encryption", enum("encrypted", "signed", "plain"), "How its data lie in the system."),
            Field("key_fingerprint", TEXT, "Fingerprint or id of the key; absent where there is none."),
            Field("protected", BOOL, "True when it is kept from pruning."),
            Field("expires_at", TIME, "When the system may remove it; absent where it says nothing."),
            Field("immutable_until", TIME, "Until when nobody can remove it; absent where anybody with rights can."),
            Field("size", SIZE, "Bytes that it restores, or takes where only that is told; absent where neither is."),
            Field("storage_class", TEXT, "Storage class of an object store; absent elsewhere."),
            Field("base", TEXT, "Point that it cannot be restored without; absent where there is none."),
        ),
        example={
            "system": "pbs",
            "object": "vm/101",
            "location": "store1",
            "point": "vm/101/2026-11-20T02:00:00Z",
            "status": "ok",
        },
    ),
    FactSpec(
        name="backup.object",
        says="Things that a system sees and that may need protection: guests, volumes, databases, repositories.",
        shape=Shape.LIST,
        platforms=("pve", "kubernetes", "git"),
        keys=("system", "object"),
        needs=READING,
        fields=(
            SYSTEM,
            Field("object", TEXT, "What it is called in the system: `qemu/101`, `namespace/claim`."),
            Field("name", TEXT, "Name that people know it by; absent when it has none."),
            Field("kind", TEXT, "Kind: `vm`, `container`, `volume`, `database`, `repository`."),
            ASSET_KEYS,
            Field("created_at", TIME, "When it was made; absent where the system does not say."),
            Field("running", BOOL, "True when it runs now; absent for what does not run."),
            Field("template", BOOL, "True for a template, which holds no data of its own."),
            Field("size", SIZE, "Bytes of its disks or data; absent where the system does not say."),
            Field("left_out", TEXTS, "Disks or volumes that its backups leave out."),
            Field("labels", MAP, "Tags and pools of the system."),
        ),
        example={"system": "pve", "object": "qemu/101", "name": "db01", "kind": "vm", "running": True},
        unused=_FROM_RECORDS,
    ),
    FactSpec(
        name="backup.log_archive",
        says="Archives of transaction logs, and whether they reach from a base backup to their end without a gap.",
        shape=Shape.LIST,
        platforms=("pgbackrest", "barman", "walg"),
        keys=("system", "object", "location"),
        needs=READING,
        fields=(
            SYSTEM,
            Field("object", TEXT, "Stanza or server whose logs these are."),
            ASSET_KEYS,
            Field("location", TEXT, "Repository that holds them."),
            Field("segment_size", SIZE, "Bytes of a segment."),
            Field("first", TEXT, "First segment of the newest timeline; absent when there is none."),
            Field("last", TEXT, "Last segment that is reached without a gap; absent when there is none."),
            Field("newest", TEXT, "Newest segment there is; absent when there is none."),
            Field("archived_at", TIME, "When the last segment that is reached was stored; absent when there is none."),
            Field("missing", INT, "Number of segments missing after the oldest base backup."),
            Field("gaps", TEXTS, "The first gaps, each as `first..last` missing segment."),
            Field("broken_backups", TEXTS, "Base backups that need a missing segment to become consistent."),
        ),
        example={"system": "pgbackrest", "object": "main", "location": "repo1", "missing": 0},
    ),
)
