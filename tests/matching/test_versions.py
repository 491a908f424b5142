"""Versions sort as dpkg sorts them."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.matching.versions import LONGEST, version_key

_WORDS = st.lists(
    st.sampled_from(["0", "1", "2", "9", "10", "007", ".", "+", "~", "~~", "a", "b", "rc", "Z", "ubuntu", "-"]),
    min_size=0,
    max_size=6,
)
VERSIONS = st.builds(
    lambda epoch, first, rest: f"{epoch}{first}{''.join(rest)}".rstrip("-"),
    st.sampled_from(["", "0:", "1:", "2:"]),
    st.sampled_from(["0", "1", "2", "10"]),
    _WORDS,
)


def _dpkg(one: str, relation: str, other: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", one, relation, other]).returncode == 0


@settings(max_examples=150)
@given(VERSIONS, VERSIONS)
def test_the_order_is_that_of_dpkg(one: str, other: str) -> None:
    if shutil.which("dpkg") is None:
        assert not os.environ.get("CI"), "dpkg is missing on the bench"
        pytest.skip("dpkg is not on this machine")

    assert (version_key(one) < version_key(other)) == _dpkg(one, "lt", other)
    assert (version_key(one) == version_key(other)) == _dpkg(one, "eq", other)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("1.0~rc1", "1.0"),
        ("1.0", "1.0+b1"),
        ("1.9", "1.10"),
        ("9", "1:1"),
        ("1.0-1", "1.0-1ubuntu1"),
        ("1.0~~", "1.0~"),
        ("1a", "1+"),
        ("6.8.0-31-generic", "6.8.0-40-generic"),
    ],
)
def test_known_pairs(lower: str, higher: str) -> None:
    assert version_key(lower) < version_key(higher)


@pytest.mark.parametrize(("one", "same"), [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.00", "1.0"), ("1-", "1")])
def test_what_is_the_same_has_the_same_key(one: str, same: str) -> None:
    assert version_key(one) == version_key(same)
    assert hash(version_key(one)) == hash(version_key(same))


@pytest.mark.parametrize("text", ["", "a b", "x:1", "1:2:3", "1\n", "1" * (LONGEST + 1), "é", "12345678901:1"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        version_key(text)
