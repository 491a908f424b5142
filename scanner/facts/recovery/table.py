"""The declarations of the estate's recovery, in the order of the manual."""

from __future__ import annotations

from scanner.facts.recovery import copies, coverage, isolation, points, rehearsals, trends

MODULES = (points, copies, coverage, trends, rehearsals, isolation)
