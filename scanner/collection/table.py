"""Which module collects from which platform; each offers `describe` and `collect`, those asked by script `interpret`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from scanner.model.errors import ConfigurationError, near

PLATFORMS: Mapping[str, str] = {
    "aws": "scanner.collection.aws.visit",
    "linux": "scanner.collection.linux.host",
    "mariadb": "scanner.collection.mariadb.server",
    "mongodb": "scanner.collection.mongodb.server",
    "postgres": "scanner.collection.postgres.server",
}
"""Platform > module, imported on demand so that no client library is loaded unasked."""


def platform_module(platform: str, extra: Mapping[str, str] | None = None) -> ModuleType:
    """Import the module that collects from a platform; `extra` holds the plug-ins' platforms.

    Raises ConfigurationError, with a near word, for a platform that nobody collects from.
    """
    known = {**(extra or {}), **PLATFORMS}
    if platform not in known:
        raise ConfigurationError(f"platform '{platform}': no collector reads it{near(platform, known)}")
    return import_module(known[platform])
