"""Where acceptance tests have always found booted hosts; they live in tests.hosts.booting."""

from tests.hosts.booting import SCRIPT, UNAVAILABLE, Host, booted, tree

__all__ = ["SCRIPT", "UNAVAILABLE", "Host", "booted", "tree"]
