"""Real trees under a profile that is not for them: incomplete by default, judged and flagged on demand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.hosts import tree
from tests.acceptance.scanning import Run, controlproof

pytestmark = pytest.mark.acceptance

DEBIAN, UBUNTU = "cis-debian-12-level-1-server", "cis-ubuntu-24.04-level-1-server"
_AS = 'mount --bind $1 $0/usr/lib/os-release && shift && exec chroot $0 "$@"'
_OTHERS = {
    "trixie": ("debian", "13", "Debian GNU/Linux 13 (trixie)", "bookworm"),
    "jammy": ("ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "noble"),
}


def scan(folder: Path, words: list[str], *more: object) -> Run:
    (folder / "inventory.yaml").write_text(
        f"schema: inventory/1\ntargets:\n  one: {{platform: linux, command: {words!r}}}\n"
    )
    return controlproof("scan", "-i", "inventory.yaml", "--format", "markdown", *more, folder=folder)


def entered(folder: Path, name: str) -> list[str]:
    """The words that enter a tree as if it were of another release; the tree itself stays as it is."""
    distribution, version, pretty, suite = _OTHERS[name]
    file = folder / "os-release"
    file.write_text(f'PRETTY_NAME="{pretty}"\nID={distribution}\nVERSION_ID="{version}"\n')
    return ["unshare", "--mount", "sh", "-c", _AS, str(tree(suite)), str(file)]


def test_another_distribution_is_incomplete_and_names_both(tmp_path: Path) -> None:
    run = scan(tmp_path, ["chroot", str(tree("bookworm"))], "-p", UBUNTU)
    assert (run.code, run.document["verdict"]["word"]) == (3, "INCOMPLETE")
    says = f"the profile {UBUNTU} is for Ubuntu 24.04, and this system is Debian GNU/Linux 12 (bookworm)"
    assert says in run.stdout
    assert set(run.outcomes("one").values()) == {"notapplicable"}


@pytest.mark.parametrize(("name", "profile"), [("trixie", DEBIAN), ("jammy", UBUNTU)])
def test_another_version_is_incomplete_unless_it_is_assumed(tmp_path: Path, name: str, profile: str) -> None:
    words, pretty = entered(tmp_path, name), _OTHERS[name][2]
    refused = scan(tmp_path, words, "-p", profile)
    assert (refused.code, refused.document["verdict"]["word"]) == (3, "INCOMPLETE")
    assert f"and this system is {pretty}" in refused.stdout
    assumed = scan(tmp_path, words, "-p", profile, "--assume-platform")
    assert assumed.code == 1
    assert "pass" in assumed.outcomes("one").values()
    [notice] = [each["text"] for each in assumed.document["notices"] if each["code"] == "platform-assumed"]
    assert f"and this system is {pretty}" in notice
    assert pretty in (assumed.folder / "summary.md").read_text().replace("\\", "")


@pytest.mark.parametrize("name", list(_OTHERS))
def test_auto_takes_the_baseline_and_says_what_there_is(tmp_path: Path, name: str) -> None:
    run = scan(tmp_path, entered(tmp_path, name))
    info = run.document["targets"]["one"]
    assert info["profiles"] == ["linux-baseline"]
    assert info["profile_reason"] == (
        "auto chose linux-baseline: no benchmark fits this system (there are Debian 12 or Ubuntu 24.04)"
    )
    assert info["system"] == _OTHERS[name][2]
