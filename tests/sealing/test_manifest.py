"""Manifests and ZIPs have one form each; whatever else comes is refused, and nothing breaks."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ReportError
from scanner.sealing import archive
from scanner.sealing.manifest import Entry, Manifest, decode, unsafe

words = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\:"), min_size=1, max_size=8)
paths = st.lists(words, min_size=1, max_size=3).map("/".join).filter(lambda path: not unsafe(path))
marks = st.text("0123456789abcdef", min_size=64, max_size=64)
entries = st.lists(st.builds(Entry, paths, st.integers(0, 2**40), marks), max_size=4, unique_by=lambda each: each.path)


@given(files=entries, run=words, previous=st.none() | marks, reports=st.dictionaries(words, paths, max_size=2))
def test_round_trip(files: list[Entry], run: str, previous: str | None, reports: dict[str, str]) -> None:
    files = [each for each in files if each.path not in ("manifest.json", "manifest.json.sig", "manifest.json.sha256")]
    made = Manifest(run, "t", "1", "now", tuple(sorted(files)), previous or "", "before" if previous else "", reports)
    assert decode(made.encode(), "m") == made
    for other in (made.encode() + b" ", made.encode().replace(b" ", b"", 1), made.encode()[:-1]):
        with pytest.raises(ReportError):
            decode(other, "m")


@given(
    data=st.binary(max_size=100)
    | st.text(max_size=50).map(lambda text: json.dumps({"schema": "manifest/1", "x": text}).encode())
)
def test_nothing_else_is_one(data: bytes) -> None:
    with pytest.raises(ReportError):
        decode(data, "m")


@pytest.mark.parametrize("path", ["/a", "../a", "a/../b", "a//b", "./a", "a/", "", "a\\b", "c:d", "a\nb", "a" * 1001])
def test_paths_that_no_bundle_holds(path: str) -> None:
    assert unsafe(path)
    data = Manifest("r", "t", "1", "now", (Entry(path, 1, "0" * 64),)).encode()
    with pytest.raises(ReportError, match="do not trust"):
        decode(data, "m")


def test_twice_is_refused_and_other_letters_are_not() -> None:
    one, two = Entry("a", 1, "0" * 64), Entry("A", 1, "0" * 64)
    assert decode(Manifest("r", "t", "1", "now", (two, one)).encode(), "m").files == (two, one)
    with pytest.raises(ReportError, match="twice"):
        decode(Manifest("r", "t", "1", "now", (one, one)).encode(), "m")


files = st.dictionaries(paths, st.binary(max_size=50), max_size=4)


def pack(found: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    archive.pack(found, lambda name: iter([found[name]]), out)
    return out.getvalue()


@given(found=files)
def test_a_zip_is_read_by_us_and_by_others(found: dict[str, bytes]) -> None:
    data = pack(found)
    assert data == pack(dict(reversed(found.items())))
    stream = io.BytesIO(data)
    ours = {each.name: b"".join(archive.stored_chunks(stream, each)) for each in archive.listing(stream, "z")}
    assert ours == found
    with zipfile.ZipFile(io.BytesIO(data)) as theirs:
        assert theirs.testzip() is None
        assert {name: theirs.read(name) for name in theirs.namelist()} == found


@given(found=files, where=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_flipped_byte_is_in_a_file_or_refused(found: dict[str, bytes], where: float, mask: int) -> None:
    data = bytearray(pack(found))
    data[int(where * len(data))] ^= mask
    stream = io.BytesIO(bytes(data))
    try:
        read = {each.name: b"".join(archive.stored_chunks(stream, each)) for each in archive.listing(stream, "z")}
    except ReportError:
        return
    assert read != found


@given(data=st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(ReportError):
        archive.listing(io.BytesIO(data + b"PK"), "z")
    with pytest.raises(ReportError):
        archive.listing(io.BytesIO(b"x" + data + pack({})), "z")


def test_what_does_not_fit_is_said() -> None:
    class Counting(io.BytesIO):
        """Counts instead of keeping."""

        at = 0

        def write(self, data: object) -> int:
            self.at += len(data)  # type: ignore[arg-type]
            return len(data)  # type: ignore[arg-type]

        def tell(self) -> int:
            return self.at

        def seek(self, at: int, whence: int = 0) -> int:
            self.at = at
            return at

    big = b"\0" * (1 << 26)
    with pytest.raises(ReportError, match="beyond 4 GiB"):
        archive.pack(["a"], lambda _: (big for _ in range(65)), Counting())
    with pytest.raises(ReportError, match="too many"):
        archive.pack((str(number) for number in range(60_001)), lambda _: iter(()), Counting())
