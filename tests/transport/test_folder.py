"""Folders with dropped files: what is read, what is refused, and what is told of the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.model.errors import CollectionError, ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport import folder as module
from scanner.transport.dropped import Dropped
from scanner.transport.folder import FileFolder, open_folder
from scanner.transport.shell import Limits
from scanner.transport.table import open_client


def reader(place: Path, limits: Limits | None = None) -> FileFolder:
    return open_folder(Endpoint("files", options=(("folder", str(place)),)), lambda _: "", limits or Limits())


def told(place: Path, *patterns: str) -> dict[str, str]:
    return {each.name: each.failure or each.data.decode() for each in reader(place).files(patterns)}


def test_files_are_read_by_pattern_and_sorted(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("b")
    (tmp_path / "A.JSON").write_text("a")
    (tmp_path / ".hidden.json").write_text("h")
    (tmp_path / "c.txt").write_text("c")
    inner = tmp_path / "in" / "deep"
    inner.mkdir(parents=True)
    (inner / "d.json").write_text("d")
    assert told(tmp_path, "*.json") == {"A.JSON": "a", "b.json": "b"}
    assert told(tmp_path, "*/*/*.json") == {"in/deep/d.json": "d"}
    assert told(tmp_path, "in/**") == {"in/deep/d.json": "d"}
    assert set(told(tmp_path, "**/*.json")) == {"A.JSON", "b.json", "in/deep/d.json"}
    (listed,) = reader(tmp_path).files(["b.json"], read=False)
    assert (listed.size, listed.data, listed.failure) == (1, b"", "")
    assert listed.modified_at.endswith("Z")


def test_the_table_opens_it(tmp_path: Path) -> None:
    endpoint = Endpoint("files", options=(("folder", str(tmp_path)), ("every", "1d")))
    client = open_client("iperius", endpoint, lambda _: "", Limits())
    assert isinstance(client, FileFolder)
    assert client.settings["every"] == "1d"
    client.close()


def test_without_a_folder_nothing_is_opened() -> None:
    with pytest.raises(ConfigurationError, match="no folder is named"):
        open_folder(Endpoint("files"), lambda _: "", Limits())


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text("s")
    place = tmp_path / "in"
    place.mkdir()
    (place / "real.json").write_text("r")
    (place / "out.json").symlink_to(outside / "secret.json")
    (place / "within.json").symlink_to("real.json")
    (place / "lost.json").symlink_to("nowhere")
    (place / "loop.json").symlink_to("loop.json")
    (place / "folder").symlink_to(outside)
    found = told(place, "*.json", "*/*.json")
    assert found["real.json"] == found["within.json"] == "r"
    assert "leads out" in found["out.json"]
    assert "not followed" in found["folder"]
    assert found["lost.json"]
    assert found["loop.json"]
    assert "s" not in found.values()


def test_a_link_as_the_folder_itself_is_the_operators_choice(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.json").write_text("a")
    (tmp_path / "name").symlink_to("real")
    assert told(tmp_path / "name", "*.json") == {"a.json": "a"}


def test_pipes_and_folders_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    assert told(tmp_path, "*.json") == {"pipe.json": "is no ordinary file"}


def test_missing_folders_and_files_in_their_place_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="no such folder") as caught:
        reader(tmp_path / "gone").files(["*"])
    assert caught.value.kind is Outcome.ERROR
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectionError, match="is no folder"):
        reader(tmp_path / "file").files(["*"])


def test_large_files_and_many_of_them_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("x" * 50)
    (tmp_path / "b.json").write_text("x" * 200)
    found = {each.name: each for each in reader(tmp_path, Limits(max_bytes=100)).files(["*"])}
    assert found["a.json"].failure == ""
    assert ("larger than" in found["b.json"].failure, found["b.json"].size) == (True, 200)
    monkeypatch.setattr(module, "_MOST_BYTES", 220)
    assert [bool(each.failure) for each in reader(tmp_path).files(["*"])] == [False, True]
    monkeypatch.setattr(module, "_MOST_ENTRIES", 1)
    with pytest.raises(CollectionError, match="more than 1 entries"):
        reader(tmp_path).files(["*"])


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    file.write_text("whole")
    real, times = module._told, []

    def writing(name: str, status: os.stat_result) -> Dropped:
        times.append(1)
        if len(times) <= changes:
            file.write_text("longer than it was" + "!" * len(times))
        return real(name, status)

    monkeypatch.setattr(module, "_told", writing)
    changes = 1
    assert told(tmp_path, "*") == {"a.json": "longer than it was!"}, "read once more"
    times.clear()
    changes = 2
    assert told(tmp_path, "*") == {"a.json": "was changed while it was read"}


def test_after_the_time_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("a")
    (found,) = reader(tmp_path, Limits(run=-1)).files(["*"])
    assert "no time" in found.failure
    stopped = reader(tmp_path)
    stopped.close()
    assert stopped.files(["*"])[0].failure


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_what_may_not_be_read_is_denied_not_absent(tmp_path: Path) -> None:
    root = tmp_path.parent
    for each in (root, *root.parents):
        if each.stat().st_uid == 0 and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "closed" / "b.json").write_text("b")
    (tmp_path / "a.json").write_text("a")
    (tmp_path / "a.json").chmod(0o600)
    program = (
        "import os, sys\n"
        "sys.path.insert(0, os.getcwd())\n"
        "from tests.transport.test_folder import reader\n"
        "from pathlib import Path\n"
        "from scanner.model.errors import CollectionError\n"
        "place = Path(sys.argv[1])\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "for each in reader(place).files(['*.json', '*/*.json']): print(each.name, each.denied)\n"
        "try: reader(place / 'closed').files(['*'])\n"
        "except CollectionError as problem: print(problem.kind, problem.needs)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["a.json True", "closed True", f"unknown the right to list {tmp_path}/closed"]
