"""Git repositories: how current they are, whether their remotes hold the same, and what their documents' age is."""

from __future__ import annotations

from scanner.facts.backup.needs import READING
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="git.repository",
        says="The repository as it lies on the host.",
        shape=Shape.ONE,
        platforms=("git",),
        needs=READING,
        fields=(
            Field("repository", TEXT, "Its name: the last part of its folder, without `.git`."),
            Field("folder", TEXT, "Where it lies."),
            Field("bare", BOOL, "True when it has no working tree."),
            Field("branch", TEXT, "Branch that is checked out; absent when a commit is."),
            Field("commit", TEXT, "Commit that is checked out; absent while there is none."),
            Field("last_commit", TIME, "Time of that commit; absent while there is none."),
            Field(
                "first_commit", TIME, "Time of the oldest commit that is reached from it; absent while there is none."
            ),
            Field("unpushed", INT, "Commits that the primary remote lacks; absent while there is no commit."),
            Field("changes", INT, "Files changed, added or removed, and not committed; absent for a bare repository."),
            Field("changed", TEXTS, "The first of those files; absent for a bare repository."),
            Field("consistent", BOOL, "True when every object that is needed is there (`git fsck`)."),
            Field("damage", TEXTS, "The first complaints of that check."),
        ),
        example={"repository": "config", "folder": "/srv/config", "branch": "main", "changes": 0, "consistent": True},
    ),
    FactSpec(
        name="git.remote",
        says="Remotes of the repository, compared branch by branch and tag by tag with the primary one.",
        shape=Shape.LIST,
        platforms=("git",),
        keys=("remote",),
        needs=READING,
        fields=(
            Field("remote", TEXT, "Its name."),
            Field("primary", BOOL, "True for the first that the inventory names, else `origin`, else the first."),
            Field("url", TEXT, "Its address without credentials."),
            Field("transport", enum("https", "ssh", "http", "git", "file", "other"), "How it is reached."),
            Field("reachable", BOOL, "True when it told its branches and tags."),
            Field("refs", INT, "Number of its branches and tags."),
            Field("missing", TEXTS, "Branches and tags of the primary that it lacks, the first 100."),
            Field("different", TEXTS, "Branches and tags that are something else there, the first 100."),
            Field("extra", TEXTS, "Branches and tags that the primary lacks, the first 100."),
            Field("in_sync", BOOL, "True when none is missing or different."),
            Field("newest_commit", TIME, "Time of the newest commit of its branches; absent when it has none."),
        ),
        example={"remote": "offsite", "primary": False, "transport": "ssh", "reachable": True, "in_sync": True},
    ),
    FactSpec(
        name="git.document",
        says="Documents that the inventory names for the repository, and when they were last changed.",
        shape=Shape.LIST,
        platforms=("git",),
        keys=("document",),
        needs=READING,
        fields=(
            Field("document", TEXT, "Path in the repository."),
            Field("present", BOOL, "True when the commit that is checked out holds it."),
            Field("last_commit", TIME, "When a commit changed it last; absent when it is not there."),
            Field("commit", TEXT, "That commit; absent when it is not there."),
        ),
        example={"document": "docs/recovery.md", "present": True, "last_commit": "2026-03-01T12:00:00Z"},
        unused="used by the estate's facts of recovery",
    ),
    FactSpec(
        name="git.ci_status",
        says="What a pipeline wrote of its last run to `.controlproof/ci-status.json` in the repository's folder.",
        shape=Shape.LIST,
        platforms=("git",),
        keys=("pipeline",),
        needs=READING,
        fields=(
            Field("pipeline", TEXT, "Name of the pipeline."),
            Field("commit", TEXT, "Commit that it tested."),
            Field("tests_newest", BOOL, "True when that is the commit that is checked out."),
            Field("status", enum("passed", "failed", "cancelled", "running"), "How it ended."),
            Field("finished_at", TIME, "When it ended; absent while it runs."),
        ),
        example={"pipeline": "validate", "status": "passed", "tests_newest": True},
    ),
)
