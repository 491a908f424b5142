"""Reads what probes of a server brought back."""

from __future__ import annotations

from scanner.collection.sql.probes import PROBES, answer, statements

__all__ = ["FACTS", "PROBES", "answer", "statements"]

FACTS: tuple[str, ...] = ("postgres.probe", "postgres.certificate")
