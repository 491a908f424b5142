"""Secrets planted in the inventory's references, on a host and in a database appear nowhere in what a run leaves."""

from __future__ import annotations

import base64
import shutil
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from scanner.reporting.table import reporters
from tests.acceptance.scanning import Run, controlproof
from tests.databases.postgres import cluster
from tests.hosts.booting import Host, booted, make_key

pytestmark = pytest.mark.acceptance

FORMATS = ",".join(reporters())


def canary(name: str) -> str:
    """A word that nothing else holds, with a letter that URLs and JSON write otherwise."""
    return f'cAnArY-{name}-7f3a"é+9c1e'


def plain(name: str) -> str:
    """The same for places that take no such letters."""
    return f"cAnArY{name}7f3a9c1e"


def shown(run: Run, folder: Path, secrets: dict[str, str]) -> dict[str, list[str]]:
    """Give where each secret stands: in the terminal, in the run's folder, in the bundle."""
    opened = folder / "opened"
    with zipfile.ZipFile(folder / "bundle.zip") as bundle:
        bundle.extractall(opened)
    texts = {"stdout": run.stdout.encode(), "stderr": run.stderr.encode()}
    for place in (run.folder, opened):
        texts |= {str(path.relative_to(folder)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert len(texts) > 20
    found: dict[str, list[str]] = {}
    for name, secret in secrets.items():
        raw = secret.encode()
        forms = {
            raw,
            quote(secret).encode(),
            base64.b64encode(raw)[:-4],
            secret.encode("unicode_escape"),
            raw.hex().encode(),
        }
        if where := [each for each, text in texts.items() if any(form in text for form in forms)]:
            found[name] = where
    return found


HASH = "$6$cAnArYsalt$" + "cAnArYshadow7f3a9c1e" * 4 + "abcdef"
ON_HOST = {
    name: plain(name)
    for name in (
        "dbpassword", "pgpassword", "unit", "unitfile", "process", "argv", "cron", "fstab", "apt", "proxy", "grub",
        "environment", "authconf", "exim", "snmp", "chrony", "wifi", "history",
    )
}  # fmt: skip


def plant(root: Path) -> None:
    """Put secrets where hosts have them."""
    secret = ON_HOST
    files = {
        "etc/app.env": f"DB_PASSWORD={secret['dbpassword']}\nPGPASSWORD={secret['pgpassword']}\n",
        "etc/environment": f"API_TOKEN={secret['environment']}\n",
        "etc/systemd/system/leaky.service": (
            f"[Service]\nEnvironment=PGPASSWORD={secret['unit']}\nEnvironmentFile=/etc/leaky.env\n"
            f"ExecStart=/bin/sh -c 'exec sleep 1000' --password={secret['argv']}\n[Install]\nWantedBy=multi-user.target\n"
        ),
        "etc/leaky.env": f"SECRET={secret['unitfile']}\n",
        "etc/cron.d/leaky": f"* * * * * root PGPASSWORD={secret['cron']} /bin/true\n",
        "etc/apt/apt.conf.d/99proxy": f'Acquire::http::Proxy "http://me:{secret["proxy"]}@proxy.invalid:3128";\n',
        "etc/apt/sources.list.d/private.list": f"deb https://me:{secret['apt']}@apt.invalid/debian stable main\n",
        "etc/apt/auth.conf.d/private.conf": f"machine apt.invalid login me password {secret['authconf']}\n",
        "etc/exim4/passwd.client": f"*:me:{secret['exim']}\n",
        "etc/snmp/snmpd.conf": f"rocommunity {secret['snmp']}\n",
        "etc/chrony/chrony.keys": f"1 SHA1 HEX:{secret['chrony']}\n",
        "etc/NetworkManager/system-connections/home.nmconnection": f"[wifi-security]\npsk={secret['wifi']}\n",
        "etc/grub.d/40_password": f"#!/bin/sh\necho 'password_pbkdf2 root grub.pbkdf2.sha512.10000.{secret['grub']}'\n",
        "boot/grub/grub.cfg": f"set superusers=root\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.{secret['grub']}\n",
        "home/visitor/.bash_history": f"export TOKEN={secret['history']}\n",
        "home/visitor/.pgpass": f"*:*:*:me:{secret['pgpassword']}\n",
        "home/visitor/.netrc": f"machine x login me password {secret['dbpassword']}\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o666)
    fstab = root / "etc/fstab"
    fstab.write_text(
        (fstab.read_text() if fstab.exists() else "")
        + f"//nas.invalid/x /mnt cifs noauto,username=me,password={secret['fstab']} 0 0\n"
    )
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "leaky.service").symlink_to("/etc/systemd/system/leaky.service")
    shadow = root / "etc/shadow"
    lines = [
        ":".join([line.split(":")[0], HASH, *line.split(":")[2:]]) if line.startswith("visitor:") else line
        for line in shadow.read_text().splitlines()
    ]
    shadow.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("suite", ["bookworm", "noble"])
def test_no_secret_of_a_host_or_of_its_inventory_is_anywhere(suite: str, tmp_path: Path) -> None:
    inventory = {name: canary(name) for name in ("login", "passphrase")}
    with booted(suite, plant) as host:
        private = make_key(tmp_path / "locked", passphrase=inventory["passphrase"])
        key_text = "".join(Path(private).read_text().splitlines()[1:3])
        host.sh(
            "mkdir -p /home/auditor/.ssh; cat >> /home/auditor/.ssh/authorized_keys <<'END'\n"
            f"{Path(f'{private}.pub').read_text()}END\n"
        )
        subprocess.run([*host.inside, "chpasswd"], input=f"auditor:{inventory['login']}\n", text=True, check=True)
        host.sh(
            "rm -f /etc/sudoers.d/auditor; echo 'auditor ALL=(root) ALL' > /etc/sudoers.d/auditor; chmod 440 /etc/sudoers.d/auditor"
        )
        host.sh(
            f"cp /root/.ssh/authorized_keys /root/id_stolen; systemd-run --setenv=PGPASSWORD={ON_HOST['process']} sleep 1000"
        )
        (host.root / "srv/key").write_text(Path(private).read_text())
        (host.root / "srv/key").chmod(0o666)
        lines = write_inventory(tmp_path, host, private)
        run = controlproof(
            "scan", "-i", "inventory.yaml", "--format", FORMATS, "-v", "--bundle", "bundle.zip",
            folder=tmp_path, LOGIN=inventory["login"], BECOME=inventory["login"], PHRASE=inventory["passphrase"],
        )  # fmt: skip
    assert run.code in (1, 3), run.stderr[-3000:]
    assert {info["state"] for info in run.document["targets"].values()} == {"assessed"}, (lines, run.stderr[-3000:])
    assert run.document["targets"]["byphrase"]["privilege"] == "root"
    assert shown(run, tmp_path, {**ON_HOST, **inventory, "hash": HASH[-40:], "key": key_text[:60]}) == {}


def write_inventory(folder: Path, host: Host, private: Path) -> str:
    """Name the host three times: by a key, by a password, by a key with a passphrase; the secrets are references."""
    ssh = f"known_hosts: {host.known_hosts}, config: none"
    (folder / "phrase").write_text(canary("passphrase"))
    (folder / "phrase").chmod(0o600)
    raised = "become: [sudo, -n], become_password: 'env:BECOME'"
    base = f"platform: linux, address: {host.address}, profiles: [auto]"
    lines = (
        f"  root: {host.entry()}\n"
        f"  byword: {{{base}, user: auditor, password: 'command:cat login', ssh: {{{ssh}, identity: none}}, {raised}}}\n"
        f"  byphrase: {{{base}, user: auditor, passphrase: 'file:{folder}/phrase', ssh: {{{ssh}, identity: {private}}}, {raised}}}\n"
    )
    (folder / "login").write_text(canary("login"))
    (folder / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n{lines}")
    return lines


def test_no_secret_of_a_database_is_anywhere(tmp_path: Path) -> None:
    names = ("conninfo", "archive", "passphrase", "override", "ldap", "role", "mapping", "body")
    secret = {name: plain(name) for name in names}
    with cluster("16", "weak") as server:
        server.set(
            primary_conninfo=f"host=a user=b password='{secret['conninfo']}'",
            archive_command=f"PGPASSWORD={secret['archive']} /bin/true %p",
            restore_command=f"curl -u me:{secret['archive']} https://me:{secret['archive']}@x.invalid/%f",
            ssl_passphrase_command=f"echo {secret['passphrase']}",
        )
        server.sql(f"ALTER DATABASE postgres SET app.api_token = '{secret['override']}'")
        server.sql(f"CREATE ROLE leaky LOGIN PASSWORD '{secret['role']}'")
        server.sql(
            f"CREATE FUNCTION leaky() RETURNS text SECURITY DEFINER LANGUAGE sql AS $$ SELECT '{secret['body']}' $$"
        )
        hba = server.data / "pg_hba.conf"
        line = (
            f"host leaky leaky 192.0.2.0/24 ldap ldapserver=ldap.invalid ldapbinddn=x ldapbindpasswd={secret['ldap']}\n"
        )
        hba.write_text(hba.read_text() + line)
        server.reload()
        own = server.passwords["scanner"]
        tls = f", ca_file: {server.ca}" if server.ca else ""
        where = f"address: {server.host}, port: {server.port}, user: scanner"
        (tmp_path / "inventory.yaml").write_text(
            f"schema: inventory/1\ntargets:\n  pg: {{platform: postgres, {where}, password: 'env:PGWORD', profiles: [auto]{tls}}}\n"
        )
        run = controlproof(
            "scan", "-i", "inventory.yaml", "--format", FORMATS, "-v", "--bundle", "bundle.zip",
            folder=tmp_path, PGWORD=own,
        )  # fmt: skip
    assert run.code in (1, 3), run.stderr[-3000:]
    assert run.document["targets"]["pg"]["state"] == "assessed", run.document["targets"]["pg"]
    assert shown(run, tmp_path, {**secret, "own": own}) == {}
    shutil.rmtree(tmp_path / "opened")
