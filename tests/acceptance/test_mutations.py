"""A sample of all mutations: what is broken on a hardened host is noticed by the right rules, and by no others."""

from __future__ import annotations

import os

import pytest

from tests.hosts.mutate import mutate
from tests.hosts.mutations import SUITES, mutations, sample

pytestmark = pytest.mark.acceptance

SIZE = int(os.environ.get("CONTROLPROOF_MUTATIONS", "14"))
SEED = int(os.environ.get("CONTROLPROOF_SEED", "1"))


@pytest.mark.parametrize("suite", SUITES)
def test_a_sample_is_noticed(suite: str) -> None:
    """`make nightly` makes all of them."""
    served = [each for each in mutations(suite) if each.variant == "server"]
    said: list[str] = []
    problems = mutate(suite, sample(served, SIZE, SEED), say=said.append)
    assert problems == [], "\n".join(said)
