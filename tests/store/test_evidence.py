"""Evidence survives storage: every cell, gap and provenance comes back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ReportError
from scanner.model.evidence import ABSENT, Evidence, Gap, Identity, Provenance, Query, Snapshot, error, unknown
from scanner.model.fact import TEXT, FactSpec, Field, Shape, Vocabulary
from scanner.model.outcome import Outcome
from scanner.store import evidence as store

gaps = st.builds(
    Gap, st.sampled_from([Outcome.UNKNOWN, Outcome.ERROR]), st.text(max_size=20), st.none() | st.just("root")
)
cells = st.one_of(
    st.text(max_size=20),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(max_size=5), max_size=4),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    st.just(ABSENT),
    gaps,
)
rows = st.dictionaries(st.text(min_size=1, max_size=8), cells, max_size=4)
evidences = st.builds(
    Evidence,
    st.builds(
        Query.of,
        st.sampled_from(["linux.file", "linux.user"]),
        st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    ),
    st.lists(rows, max_size=4).map(tuple),
    st.none() | gaps,
    st.builds(
        Provenance, asked=st.text(max_size=9), seconds=st.floats(0, 9), sources=st.lists(st.text(max_size=3)).map(tuple)
    ),
)


@given(st.lists(evidences, max_size=4), gaps | st.none())
def test_snapshot_survives_storage(found: list[Evidence], gap: Gap | None) -> None:
    snapshot = Snapshot(
        "db01", "2026-11-20T00:00:00Z", {each.query: each for each in found}, Identity(user="ada"), 1.5, gap, ("odd",)
    )
    assert store.decode_snapshot(store.encode_snapshot(snapshot), "here") == snapshot


def test_equal_snapshots_are_equal_bytes() -> None:
    first = Evidence(Query.of("linux.user"), ({"name": "ada"},))
    second = Evidence(Query.of("linux.group"), ())
    one = Snapshot("a", "t", {first.query: first, second.query: second})
    other = Snapshot("a", "t", {second.query: second, first.query: first})
    assert store.encode_snapshot(one) == store.encode_snapshot(other)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"schema":"snapshot/1"}', b'{"schema":"snapshot/1","target":"x","evidence":7}']
)
def test_broken_snapshot_is_said(data: bytes) -> None:
    with pytest.raises(ReportError, match=r"^db01\.json: not a whole snapshot \(collect again\)$"):
        store.decode_snapshot(data, "db01.json")


SOUND = store.encode_snapshot(
    Snapshot("a", "t", {Query.of("linux.user"): Evidence(Query.of("linux.user"), ({"uid": 1.5, "name": "x"},))})
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"1.5", b"NaN"),
        (b"1.5", b"1e999"),
        (b'"x"', b'"\\ud800"'),
        (b'"x"', b'"\xed\xa0\x80"'),
        (b'"x"', b"[" * 100_000),
        (b'"x"', b'{"$gap":{"kind":"pass","reason":"fine"}}'),
        (b'"x"', b'{"$gap":{"kind":"error","reason":1}}'),
        (b'"provenance":{}', b'"provenance":{"asked":1}'),
        (b'"evidence":[', b'"evidence":[{"fact":"linux.user","where":{},"rows":[],"provenance":{}},'),
        (b'"clock_offset":null', b'"clock_offset":"late"'),
    ],
)
def test_what_no_collection_writes_is_no_snapshot(old: bytes, new: bytes) -> None:
    assert store.decode_snapshot(SOUND, "here").target == "a"
    assert SOUND.count(old) == 1

    with pytest.raises(ReportError, match=r"^here: not a whole snapshot \(collect again\)$"):
        store.decode_snapshot(SOUND.replace(old, new), "here")


def test_other_version_is_said() -> None:
    with pytest.raises(ReportError, match=r"this is snapshot/9, not snapshot/1"):
        store.decode_snapshot(b'{"schema":"snapshot/9"}', "x")


def test_sensitive_cells_are_masked_and_gaps_kept() -> None:
    spec = FactSpec(
        "x.y", "s", Shape.LIST, ("linux",), (Field("key", TEXT, "k"), Field("secret", TEXT, "s", sensitive=True))
    )
    given_rows = ({"key": "a", "secret": "hush"}, {"key": "b", "secret": ABSENT}, {"key": "c", "secret": error("lost")})
    masked = store.mask(Evidence(Query.of("x.y"), given_rows), Vocabulary([spec]))
    assert masked.rows[0]["secret"] == unknown("masked before it was stored, because the field is sensitive")
    assert masked.rows[1:] == given_rows[1:]
    assert masked.rows[0]["key"] == "a"


def test_file_names_are_safe_and_distinct(tmp_path: Path) -> None:
    names = ["db01", "../../etc/passwd", ".hidden", "a/b", "a_b", "ä", "x" * 300, ""]
    files = {store.snapshot_name(name) for name in names}
    assert len(files) == len(names)
    assert all("/" not in name and not name.startswith(".") and len(name) < 120 for name in files)
    assert store.snapshot_name("db01") == "db01.json"


def test_missing_snapshot_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read: No such file"):
        store.read_snapshot(tmp_path / "db01.json")
