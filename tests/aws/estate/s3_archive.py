"""Archives in the buckets of `s3`: a bucket's name is unique over all accounts, so one list names those of both estates."""

from __future__ import annotations

from typing import Any

from tests.aws.bench import Maker

_RULES = (
    "s3_archive_fresh",
    "s3_archive_in_glacier",
    "s3_archive_kept",
    "s3_archive_moved_to_glacier",
    "s3_archive_restores_none_running",
    "s3_archive_small_in_glacier",
    "s3_archive_small_objects_ruled",
)
VALUES: dict[str, dict[str, Any]] = {rule: {"places": "weak-open/ hard-data/"} for rule in _RULES}
STUBBED: dict[str, str] = dict.fromkeys(_RULES, "moto makes objects of this moment only, and tells of no restores")


def weak(client: Maker) -> None:
    """Nothing more than the buckets."""


def hardened(client: Maker) -> None:
    """Nothing more than the buckets."""
