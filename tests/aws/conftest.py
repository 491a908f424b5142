"""One bench for all tests of AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scanner.model.evidence import Snapshot
from tests.aws.bench import Estate, Recorder, build, made, served, snapshot

Visit = tuple[Recorder, Snapshot]


class Visits(dict[str, Visit]):
    """Visits by estate, shown by name alone in messages."""

    def __repr__(self) -> str:
        return "visits"


@pytest.fixture(scope="session")
def estates() -> Iterator[dict[str, Estate]]:
    """Serve the estates."""
    with served() as url:
        yield build(url)


@pytest.fixture(scope="session")
def visits(estates: dict[str, Estate]) -> dict[str, Visit]:
    """Visit each estate once over the real transport, keeping every reply."""
    found = Visits()
    for name, estate in estates.items():
        recorder = Recorder(estate.scanner(), made=made(name))
        found[name] = (recorder, snapshot(recorder))
        recorder.close()
    return found
