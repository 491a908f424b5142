"""Bundles: written, verified by us and by stock tools, and refused when a byte is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.reporting import html_parts
from scanner.sealing.archive import pack
from scanner.sealing.manifest import decode
from scanner.sealing.places import FolderPlace
from tests.support.cli import ROOT, Desk, day, mode, system

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
SECRET = "hunter2-planted-secret"
NAMESPACE = "compliance-report@v1"


def keygen(folder: Path, name: str = "key", *words: str) -> Path:
    """Make a key pair with the stock program."""
    path = folder / name
    argv = ["ssh-keygen", "-q", "-N", "", "-C", name, "-f", str(path), *(words or ("-t", "ed25519"))]
    subprocess.run(argv, check=True, capture_output=True)
    return path


def signers(folder: Path, key: Path, who: str = "ci@example.org", options: str = "", name: str = "signers") -> Path:
    """Write a file of allowed signers."""
    path = folder / name
    path.write_text(f"{who} {options}{' ' if options else ''}{key.with_suffix('.pub').read_text()}")
    return path


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """Evidence of two targets, waivers, an attestation with its document, and a secret in the environment."""
    desk.variables["DB_PASSWORD"] = SECRET
    desk.inventory(
        {
            "web": "platform: linux, address: 192.0.2.1, password: env:DB_PASSWORD, labels: {marker: /m, other: /o}",
            "db": "platform: linux, address: 192.0.2.2, labels: {marker: /m, other: /o}",
        },
        more=f"# {SECRET}\n",
    )
    desk.snapshot("web", system(), mode("/m", "0644"), mode("/o"))
    desk.snapshot("db", system(), mode("/m"), mode("/o"))
    desk.write(
        "waivers.yaml",
        "schema: waivers/1\nwaivers:\n  - {id: W1, rule: marker_closed, targets: [web], reason: later, "
        f"approver: Jo Doe, approved: {day(-1)}, expires: {day(20)}}}\n",
    )
    attachment = desk.write("training.txt", "All were there.\n")
    sha256 = subprocess.run(["sha256sum", attachment], capture_output=True, text=True).stdout.split()[0]
    desk.write(
        "claims.yaml",
        "schema: claims/1\nclaims:\n  - {control: cis-controls-v8.1/4.1, status: compliant, source: 'db.md:3'}\n",
    )
    desk.write("ours.yaml", "schema: recovery-policy/1\ntitle: Ours\n")
    desk.write(
        "attestations.yaml",
        "schema: attestations/1\nattestations:\n  - {rule: people_trained, scope: all, statement: Done., by: Jo Doe, "
        f"on: {day(-1)}, valid_until: {day(200)}, attachment: {{path: training.txt, sha256: {sha256}}}}}\n",
    )
    return desk


def evaluate(desk: Desk, *more: object, out: str = "out") -> int:
    return desk(
        *("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "-p", "people"),
        *("--waivers", "waivers.yaml", "--attestations", "attestations.yaml", "--claims", "claims.yaml"),
        *("--recovery-policy", "ours.yaml"),
        *more,
        out=out,
    ).code


def test_a_bundle_holds_all_and_verifies(ready: Desk) -> None:
    key = keygen(ready.folder)
    assert evaluate(ready, "--bundle", "b", "--sign-key", f"file:{key}") == 0
    bundle = ready.folder / "b"
    names = sorted(str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file())
    for name in (
        *("run.json", "results.jsonl", "report.html", "summary.md", "evidence/web.json", "evidence/db.json"),
        *("VERIFY.txt", "SHA256SUMS", "manifest.json", "manifest.json.sha256", "manifest.json.sig"),
        *("policy/own-rules-1/marker_closed.yaml", "policy/own-profiles-1/files.yaml", "policy/profiles/waivers.yaml"),
        *(
            "waivers/1-waivers.yaml",
            "attestations/1-attestations.yaml",
            "claims/1-claims.yaml",
            "recovery-policy/recovery-policy.yaml",
            "inventory/inventory.json",
        ),
    ):
        assert name in names
    assert any(name.startswith("attestations/attachments/") for name in names)
    assert {path.stat().st_mode & 0o077 for path in bundle.rglob("*")} == {0}
    whole = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    assert SECRET.encode() not in whole
    assert b"env:DB_PASSWORD" in whole

    good = ready(
        "verify", "b", "--allowed-signers", signers(ready.folder, key), "--signer", "ci@example.org", own=False
    )
    assert good.code == 0, good.stdout
    assert "signed by ci@example.org with SHA256:" in good.stdout
    assert "byte for byte the same: report.html, summary.md" in good.stdout
    assert "evidence of 2 targets" in good.stdout


def test_stock_tools_accept_it(ready: Desk) -> None:
    key = keygen(ready.folder)
    evaluate(ready, "--bundle", "b", "--sign-key", f"file:{key}")
    bundle, allowed = ready.folder / "b", signers(ready.folder, key)
    argv = ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "ci@example.org", "-n", NAMESPACE, "-s"]
    with (bundle / "manifest.json").open("rb") as stdin:
        done = subprocess.run([*argv, bundle / "manifest.json.sig"], stdin=stdin, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    page = (bundle / "VERIFY.txt").read_text()
    commands = [line.strip() for line in page.splitlines() if line.startswith("    ") and "controlproof" not in line]
    for command in commands:
        filled = command.replace("ALLOWED_SIGNERS", str(allowed)).replace("WHO", "ci@example.org")
        ran = subprocess.run(["bash", "-c", filled], cwd=bundle, capture_output=True, text=True)
        assert ran.returncode == 0, (command, ran.stderr)
        if command.startswith("find"):
            assert int(ran.stdout) == len((bundle / "SHA256SUMS").read_text().splitlines()) + 4


def test_a_signature_of_stock_ssh_keygen_is_accepted(ready: Desk) -> None:
    key = keygen(ready.folder)
    evaluate(ready, "--bundle", "b")
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, ready.folder / "b" / "manifest.json"], check=True
    )
    done = ready("verify", "b", "--allowed-signers", signers(ready.folder, key), own=False)
    assert done.code == 0, done.stdout


def test_the_same_run_gives_the_same_bytes(ready: Desk) -> None:
    key = keygen(ready.folder)
    evaluate(ready)
    words = ("-i", "inventory.yaml", "-p", "files", "-p", "people", "--waivers", "waivers.yaml")
    words = (*words, "--attestations", "attestations.yaml", "--claims", "claims.yaml", "--sign-key", f"file:{key}")
    for name in ("a.zip", "b.zip", "c"):
        done = ready("bundle", "out", name, *words)
        assert done.code == 0, done.stderr
    assert (ready.folder / "a.zip").read_bytes() == (ready.folder / "b.zip").read_bytes()
    assert (ready.folder / "a.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(ready.folder / "a.zip") as found:
        assert found.testzip() is None
        inside = {name: found.read(name) for name in found.namelist()}
    assert inside == {
        str(path.relative_to(ready.folder / "c")): path.read_bytes()
        for path in (ready.folder / "c").rglob("*")
        if path.is_file()
    }
    if shutil.which("unzip"):
        assert subprocess.run(["unzip", "-tq", ready.folder / "a.zip"], capture_output=True).returncode == 0
    assert ready("verify", "a.zip", own=False).code == 0


def test_an_earlier_run_is_bundled_only_with_what_judged_it(ready: Desk) -> None:
    evaluate(ready)
    other = ready("bundle", "out", "x.zip", "-i", "inventory.yaml", "-p", "one")
    assert other.code == 2
    assert "rules or profiles are not those of the run" in other.stderr
    ready.inventory({"web": "platform: linux", "db": "platform: linux"}, name="other.yaml")
    other = ready("bundle", "out", "x.zip", "-i", "other.yaml", "-p", "files", "-p", "people")
    assert other.code == 2
    assert not (ready.folder / "x.zip").exists()


def test_evidence_changed_since_the_run_is_not_bundled(ready: Desk) -> None:
    evaluate(ready)
    (ready.folder / "out/evidence/web.json").write_text("{}")
    words = ("-i", "inventory.yaml", "-p", "files", "-p", "people", "--waivers", "waivers.yaml")
    done = ready("bundle", "out", "x", *words, "--attestations", "attestations.yaml")
    assert done.code == 2
    assert "was changed since the run" in done.stderr
    assert [path.name for path in ready.folder.iterdir() if path.name.startswith((".x", "x"))] == []


@pytest.fixture
def sealed(ready: Desk) -> Desk:
    """A signed bundle `b` and the file `signers`."""
    signers(ready.folder, keygen(ready.folder))
    assert evaluate(ready, "--bundle", "b", "--sign-key", f"file:{ready.folder}/key") == 0
    return ready


def refused(desk: Desk, *words: object) -> str:
    """Verify and give what is said; it must be refused."""
    done = desk("verify", *words, own=False)
    assert done.code == 1, done.stdout + done.stderr
    assert "REFUSED" in done.stdout
    assert "VERIFIED" not in done.stdout
    return done.stdout


def test_a_dropped_file_is_refused(sealed: Desk) -> None:
    (sealed.folder / "b/evidence/web.json").unlink()
    assert "evidence/web.json is missing (it was taken out)" in refused(sealed, "b")


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.sig", "manifest.json.sha256"])
def test_a_dropped_seal_is_refused(sealed: Desk, name: str) -> None:
    (sealed.folder / "b" / name).unlink()
    assert f"{name} is missing" in refused(sealed, "b", "--allowed-signers", "signers")


def test_a_run_stripped_of_its_whole_seal_is_not_taken_for_a_signed_one(sealed: Desk) -> None:
    for path in (sealed.folder / "b").iterdir():
        if path.name.startswith(("manifest", "SHA", "VERIFY")):
            path.unlink()
    assert "not sealed" in refused(sealed, "b", "--allowed-signers", "signers")
    bare = sealed("verify", "b", own=False)
    assert bare.code == 0
    assert "NOT SEALED" in bare.stdout


def test_an_added_file_is_refused(sealed: Desk) -> None:
    (sealed.folder / "b/evidence/more.json").write_text("{}")
    assert "'evidence/more.json' is not in the manifest (it was added)" in refused(sealed, "b")


def test_a_link_in_a_folder_is_refused(sealed: Desk) -> None:
    path = sealed.folder / "b/evidence/web.json"
    path.rename(sealed.folder / "moved.json")
    path.symlink_to(sealed.folder / "moved.json")
    assert "is a link" in refused(sealed, "b")


def test_a_wrong_signer_is_refused(sealed: Desk) -> None:
    other = signers(sealed.folder, keygen(sealed.folder, "other"), name="others")
    assert "nobody who may sign has that key" in refused(sealed, "b", "--allowed-signers", other)
    said = refused(sealed, "b", "--allowed-signers", "signers", "--signer", "jo@example.org")
    assert "the key of ci@example.org, not of jo@example.org" in said
    assert sealed("verify", "b", "--signer", "jo@example.org", own=False).code == 2


def test_a_wrong_namespace_is_refused(sealed: Desk) -> None:
    manifest = sealed.folder / "b/manifest.json"
    (sealed.folder / "b/manifest.json.sig").unlink()
    argv = ["ssh-keygen", "-q", "-Y", "sign", "-f", sealed.folder / "key", "-n", "git", manifest]
    subprocess.run(argv, check=True)
    assert "the signature is for 'git'" in refused(sealed, "b")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ('valid-before="20200101"', "the key was valid until 2020-01-01"),
        ('valid-after="20990101Z"', "the key is not valid before 2099-01-01"),
        ('namespaces="git,file"', f"the key may not sign for {NAMESPACE}"),
        ("cert-authority", "certificates are not supported here"),
    ],
)
def test_a_signer_who_may_not_is_refused(sealed: Desk, options: str, says: str) -> None:
    allowed = signers(sealed.folder, sealed.folder / "key", options=options)
    assert says in refused(sealed, "b", "--allowed-signers", allowed)


def test_a_key_is_judged_as_of_a_time(sealed: Desk) -> None:
    allowed = signers(
        sealed.folder, sealed.folder / "key", options='namespaces="compliance-*",valid-before="20200101Z"'
    )
    words = ("verify", "b", "--allowed-signers", allowed, "--as-of")
    assert sealed(*words, "2019-06-01T00:00:00Z", own=False).code == 0
    assert sealed(*words, "2020-06-01T00:00:00Z", own=False).code == 1
    assert sealed(*words, "yesterday", own=False).code == 2


def test_a_forged_report_is_found_though_its_hash_is_right(sealed: Desk) -> None:
    """Whoever holds the key cannot make a report that the run does not give."""
    bundle = sealed.folder / "b"
    old = (bundle / "report.html").read_bytes()
    (bundle / "report.html").write_bytes(old.replace(b"fail", b"pass"))
    reseal(bundle)
    assert "report.html is not what run.json gives" in refused(sealed, "b")
    (bundle / "report.html").write_bytes(old)
    evidence = bundle / "evidence/web.json"
    evidence.write_bytes(evidence.read_bytes().replace(b"0644", b"0600"))
    reseal(bundle)
    assert "evidence/web.json is not what web was judged on" in refused(sealed, "b")


def test_every_page_of_a_divided_report_is_sealed_and_made_again(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_parts, "LIMIT", 1)
    assert evaluate(ready, "--bundle", "b") == 0
    bundle = ready.folder / "b"
    said = ready("verify", "b", own=False).stdout
    assert {"report/db.html", "report/web.html", "report.html"} <= set(re.findall(r"report[\w./]*\.html", said))

    page = bundle / "report/web.html"
    old = page.read_bytes()
    page.write_bytes(old.replace(b"fail", b"pass"))
    reseal(bundle)
    assert "report/web.html is not what run.json gives" in refused(ready, "b")

    page.unlink()
    reseal(bundle)
    assert "report/web.html is not what run.json gives" in refused(ready, "b")

    page.write_bytes(old)
    (bundle / "report/other.html").write_bytes(old)
    reseal(bundle)
    assert "report/other.html is part of no report of the run" in refused(ready, "b")


def reseal(bundle: Path, **more: Any) -> None:
    """Write an unsigned seal over what is there."""
    from dataclasses import replace

    from scanner.sealing.manifest import digest_line
    from scanner.sealing.places import entry_of

    manifest = decode((bundle / "manifest.json").read_bytes(), "")
    for name in ("manifest.json", "manifest.json.sig", "manifest.json.sha256", "SHA256SUMS"):
        (bundle / name).unlink(missing_ok=True)
    place = FolderPlace(bundle)
    manifest = replace(manifest, files=tuple(entry_of(place, name) for name in place.sizes), **more)
    (bundle / "SHA256SUMS").write_bytes(manifest.sums())
    manifest = replace(manifest, files=(*manifest.files, entry_of(FolderPlace(bundle), "SHA256SUMS")))
    (bundle / "manifest.json").write_bytes(manifest.encode())
    (bundle / "manifest.json.sha256").write_bytes(digest_line(manifest.encode()))


def test_reports_of_another_version_are_told_not_failed(sealed: Desk) -> None:
    reseal(sealed.folder / "b", version="0.0.9")
    done = sealed("verify", "b", own=False)
    assert done.code == 0
    assert "version 0.0.9 wrote them" in done.stdout


def test_a_format_that_is_not_installed_is_told_not_failed(sealed: Desk) -> None:
    reseal(sealed.folder / "b", reports={"theirs": "summary.md"})
    done = sealed("verify", "b", own=False)
    assert done.code == 0, done.stdout
    assert "the format 'theirs' is not installed here" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("run.json", "{}", "not run/1"),
        ("run.json", "[" * 100_000, "run.json"),
        ("results.jsonl", "{}\n", "not a result"),
        ("results.jsonl", "", "0 results, and run.json counts"),
        ("evidence/other.json", "{}", "is evidence of no target of the run"),
    ],
)
def test_a_forged_run_is_refused_though_its_hashes_are_right(sealed: Desk, name: str, text: str, says: str) -> None:
    (sealed.folder / "b" / name).write_text(text)
    reseal(sealed.folder / "b")
    assert says in refused(sealed, "b")


def test_a_run_under_another_manifest_is_refused(sealed: Desk) -> None:
    reseal(sealed.folder / "b", run_id="20200101T000000Z-00000000")
    assert "run.json is of another run than the manifest" in refused(sealed, "b")


def test_very_deep_folders_are_refused(sealed: Desk) -> None:
    deep = sealed.folder / "b"
    for _ in range(120):
        deep = deep / "d"
    deep.mkdir(parents=True)
    assert "more than 100 deep" in refused(sealed, "b")


def test_variables_of_an_ansible_inventory_stay_out(ready: Desk) -> None:
    hosts = {"web": {"vault_database": SECRET, "ansible_host": "192.0.2.1"}}
    document = {"_meta": {"hostvars": hosts}, "all": {"children": ["ungrouped"]}, "ungrouped": {"hosts": ["web"]}}
    ready.write("hosts.json", json.dumps(document))
    done = ready("evaluate", "evidence/web.json", "-i", "hosts.json", "-p", "one", "--bundle", "b")
    assert done.code in (1, 3), done.stderr
    assert SECRET not in "".join(path.read_text() for path in (ready.folder / "b").rglob("*") if path.is_file())
    assert "192.0.2.1" in (ready.folder / "b/inventory/inventory.json").read_text()


@pytest.fixture
def chain(ready: Desk) -> Desk:
    """Three bundles in a row in the folder `all`."""
    (ready.folder / "all").mkdir()
    for number in (1, 2, 3):
        assert evaluate(ready, "--bundle", f"all/{number}.zip", "--bundle-after", "all", out=f"out{number}") == 0
        time.sleep(1.1)
    return ready


def test_a_chain_holds_in_its_order_alone(chain: Desk) -> None:
    def ran(*words: str) -> tuple[int, str]:
        done = chain("verify", *words, own=False)
        return done.code, done.stdout

    code, said = ran("all/3.zip", "--previous", "all/1.zip", "--previous", "all/2.zip")
    assert (code, "it follows the 2 before it" in said) == (0, True), said
    code, said = ran("all/3.zip")
    assert (code, "the chain goes on before" in said) == (0, True)
    code, said = ran("all/3.zip", "--previous", "all/2.zip", "--previous", "all/1.zip")
    assert (code, "does not follow" in said) == (1, True)
    code, said = ran("all/3.zip", "--previous", "all/1.zip")
    assert (code, "does not follow" in said) == (1, True)
    code, said = ran("all/1.zip", "--previous", "all/3.zip")
    assert (code, "it begins a chain" in said) == (1, True)


def test_the_bundle_before_may_be_hidden_but_not_missing(chain: Desk) -> None:
    (chain.folder / "all/2.zip").rename(chain.folder / ".2.zip")
    assert evaluate(chain, "--bundle", "4.zip", "--bundle-after", ".2.zip") == 0
    assert chain("verify", "4.zip", "--previous", ".2.zip", own=False).code == 0
    (chain.folder / "all/0.zip").write_bytes(b"cut")
    assert evaluate(chain, "--bundle", "5.zip", "--bundle-after", "all") == 2
    (chain.folder / "none").mkdir()
    assert evaluate(chain, "--bundle", "6", "--bundle-after", "none") == 0
    assert json.loads((chain.folder / "6/manifest.json").read_text())["previous"] is None


def test_every_flipped_byte_of_a_folder_is_refused(sealed: Desk) -> None:
    bundle = sealed.folder / "b"
    files = sorted(path for path in bundle.rglob("*") if path.is_file())
    flip_everywhere(sealed, files, lambda: sealed("verify", "b", own=False).code)


def test_every_flipped_byte_of_an_unsigned_zip_is_refused(ready: Desk) -> None:
    assert evaluate(ready, "--bundle", "b.zip") == 0
    flip_everywhere(ready, [ready.folder / "b.zip"], lambda: ready("verify", "b.zip", own=False).code)


def flip_everywhere(desk: Desk, files: list[Path], check: Callable[[], int]) -> None:
    assert check() == 0

    @settings(max_examples=100, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(files), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
    def flip(path: Path, where: float, mask: int) -> None:
        old = path.read_bytes()
        new = bytearray(old)
        new[int(where * len(new))] ^= mask
        path.write_bytes(new)
        try:
            assert check() == 1, (path, int(where * len(new)), mask)
        finally:
            path.write_bytes(old)

    flip()


def test_a_cut_zip_is_refused(ready: Desk) -> None:
    assert evaluate(ready, "--bundle", "b.zip") == 0
    whole = (ready.folder / "b.zip").read_bytes()
    for size in (0, 1, 21, 22, 100, len(whole) // 2, len(whole) - 1):
        (ready.folder / "cut.zip").write_bytes(whole[:size])
        refused(ready, "cut.zip")
    (ready.folder / "cut.zip").write_bytes(whole + b"\0")
    refused(ready, "cut.zip")
    (ready.folder / "cut.zip").write_bytes(b"PK" + whole)
    refused(ready, "cut.zip")


def link(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = 0o120777 << 16
    return found


HOSTILE = {
    "climbs": (lambda z: z.writestr("../../etc/x", "x"), "leads out of the bundle"),
    "absolute": (lambda z: z.writestr("/etc/x", "x"), "is absolute"),
    "link": (lambda z: z.writestr(link("run.json"), "/etc/passwd"), "is a link"),
    "bomb": (lambda z: z.writestr("run.json", b"\0" * 10_000_000, zipfile.ZIP_DEFLATED), "is compressed"),
    "folder": (lambda z: z.writestr("evidence/", ""), "no name of a file"),
    "foreign": (lambda z: z.writestr("run.json", "{}"), "REFUSED"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zip_is_refused(desk: Desk, kind: str) -> None:
    fill, says = HOSTILE[kind]
    with zipfile.ZipFile(desk.folder / "x.zip", "w") as found:
        fill(found)
    assert says in refused(desk, "x.zip")


def test_a_manifest_that_names_what_lies_outside_is_refused(sealed: Desk) -> None:
    bundle = sealed.folder / "b"
    text = (bundle / "manifest.json").read_text()
    (bundle / "manifest.json").write_text(text.replace('"VERIFY.txt"', '"../outside"'))
    assert "leads out of the bundle" in refused(sealed, "b")


def test_a_zip_is_what_pack_makes_of_its_files_and_nothing_else(sealed: Desk) -> None:
    place = FolderPlace(sealed.folder / "b")
    with (sealed.folder / "x.zip").open("wb") as out:
        pack(place.sizes, place.chunks, out)
    assert sealed("verify", "x.zip", "--allowed-signers", "signers", own=False).code == 0


def test_a_bundle_that_is_there_is_not_written_over(sealed: Desk) -> None:
    done = sealed("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--bundle", "b")
    assert done.code == 2
    assert "it is there already" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--sign-key", "file:key"), "nothing is sealed"),
        (("--bundle", "x" * 300), "File name too long"),
        (("--bundle", "inventory.yaml/b"), "cannot be written"),
        (("--bundle", "inventory.yaml"), "it is there already"),
        (("--bundle", "n", "--bundle-after", "x" * 300), "File name too long"),
        (("--bundle", "n", "--sign-key", "file:nokey"), "cannot be read"),
        (("--bundle", "n", "--sign-key", "file:inventory.yaml"), "no private key"),
        (("--bundle", "n", "--sign-key", "env:LOCKED"), "has a passphrase"),
        (("--bundle", "n", "--sign-key", "env:LOCKED", "--sign-passphrase", "env:WRONG"), "passphrase is wrong"),
        (("--bundle", "n", "--sign-key", "agent:x"), "no agent runs"),
        (("--bundle", "n", "--bundle-after", "nowhere"), "cannot be read"),
    ],
)
def test_what_cannot_be_sealed_is_said_before_the_work(ready: Desk, words: tuple[str, ...], says: str) -> None:
    locked = keygen(ready.folder, "locked")
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "right", "-P", "", "-f", locked], check=True, capture_output=True)
    ready.variables.update(LOCKED=locked.read_text(), WRONG="wrong", RIGHT="right", SSH_AUTH_SOCK="")
    done = ready("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", *words)
    assert done.code == 2
    assert says in done.stderr
    assert not (ready.folder / "out" / "run.json").exists()
    good = ("--bundle", "n", "--sign-key", "env:LOCKED", "--sign-passphrase", "env:RIGHT")
    assert ready("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", *good).code == 1
    assert "hunter2" not in done.stderr


def test_an_agent_signs(ready: Desk) -> None:
    socket = f"{ready.folder}/agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    ready.started.append(agent)
    while not os.path.exists(socket):
        time.sleep(0.02)
    ready.variables["SSH_AUTH_SOCK"] = socket
    for number, words in enumerate((("-t", "ed25519"), ("-t", "ecdsa"), ("-t", "rsa", "-b", "2048"))):
        key = keygen(ready.folder, f"k{number}", *words)
        subprocess.run(["ssh-add", "-q", key], env={**os.environ, "SSH_AUTH_SOCK": socket}, check=True)
        key.unlink()
        for name in (f"agent:k{number}", f"agent:{key}.pub"):
            bundle = f"b{number}{len(name)}"
            assert evaluate(ready, "--bundle", bundle, "--sign-key", name) == 0
            allowed = signers(ready.folder, key)
            assert ready("verify", bundle, "--allowed-signers", allowed, own=False).code == 0
    missing = ready(*("evaluate", "evidence", "-i", "inventory.yaml", "--bundle", "x", "--sign-key", "agent:nobody"))
    assert missing.code == 2
    assert "none of its 3 keys" in missing.stderr


def test_a_killed_bundle_leaves_nothing_under_its_name(ready: Desk) -> None:
    """Killed at many moments, there is a whole bundle or none."""
    evaluate(ready)
    words = ["bundle", "out", "b.zip", "-i", "inventory.yaml", "-p", "files", "-p", "people"]
    words += ["--waivers", "waivers.yaml", "--attestations", "attestations.yaml"]
    words += ["--rules", str(ready.policy / "rules"), "--profiles", str(ready.policy / "profiles")]
    program = (
        "import os, signal, sys\n"
        "from scanner.cli import main\n"
        "left = int(sys.argv.pop(1))\n"
        "def watch(event, found):\n"
        "    global left\n"
        "    if event in ('open', 'os.rename', 'os.chmod', 'shutil.rmtree') and 'b.zip' in str(found[:2]):\n"
        "        left -= 1\n"
        "        if left < 0:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(watch)\n"
        "main()\n"
    )
    ends = []
    for moment in (0, 1, 20, 60, 90, 110, 10_000):
        argv = [sys.executable, "-c", program, str(moment), *words]
        done = subprocess.run(argv, cwd=ready.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
        ends.append(done.returncode)
        there = (ready.folder / "b.zip").exists()
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        assert not there or ready("verify", "b.zip", own=False).code == 0
        for path in ready.folder.glob("*b.zip"):
            path.unlink()
        for path in ready.folder.glob(".b.zip*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert ends[0] == -signal.SIGKILL
    assert ends[-1] == 0


def test_a_run_that_is_not_sealed_is_checked_as_far_as_it_can_be(ready: Desk) -> None:
    evaluate(ready, "--format", "markdown,html,csv")
    done = ready("verify", "out", own=False)
    assert done.code == 0, done.stdout
    assert "NOT SEALED" in done.stdout
    assert "findings.csv, report.html, report/controls.csv, summary.md" in done.stdout
    (ready.folder / "out/evidence/web.json").write_text("{}")
    assert "is not what web was judged on" in refused(ready, "out")
    assert ready("verify", "nowhere", own=False).code == 2
    assert ready("verify", "x" * 300, own=False).code == 2
    (ready.folder / "empty").mkdir()
    assert "manifest.json is missing" in refused(ready, "empty")


def test_a_bundle_is_a_run_that_nothing_is_written_into(sealed: Desk) -> None:
    for words in (("report", "b", "--format", "csv"), ("report", "out", "--format", "csv", "-o", "b")):
        done = sealed(*words, own=False)
        assert done.code == 2
        assert "sealed bundle" in done.stderr
    done = sealed("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", out="b")
    assert done.code == 2
    assert sealed("report", "b", own=False).code == 0
    assert evaluate(sealed, "--baseline", "b", out="again") == 0
    again = sealed("evaluate", "b", "-i", "inventory.yaml", "-p", "files", "-o", "judged", out="judged")
    assert again.outcomes("web")["marker_closed"] == "fail"
    assert sealed("verify", "b", "--allowed-signers", "signers", own=False).code == 0


def test_the_manifest_tells_what_it_is_of(sealed: Desk) -> None:
    found = json.loads((sealed.folder / "b/manifest.json").read_text())
    run = json.loads((sealed.folder / "b/run.json").read_text())
    assert found["schema"] == "manifest/1"
    assert found["run_id"] == run["header"]["run_id"]
    assert found["previous"] is None
    assert found["reports"] == {"html": "report.html", "markdown": "summary.md"}
    assert [each["path"] for each in found["files"]] == sorted(each["path"] for each in found["files"])
