"""Database servers of a host: devices below their data, packages, units, options; what is hidden is unknown."""

from __future__ import annotations

import json

import pytest

from scanner.collection.linux import database, database_mariadb, database_package, database_read, database_storage
from scanner.collection.linux.database_read import Server
from scanner.collection.linux.probe import Output, Session
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT
from tests.collection.parity import check
from tests.collection.recorded import HOME

POSTGRES = Query.of("linux.postgres_cluster")
ROOT_MOUNT = "1 0 8:1 / / rw - ext4 /dev/sda1 rw"


def server(session: Session = AS_ROOT, pid: str = "7", **told: list[str]) -> Server:
    return Server(pid, session, dict(told))


def encrypted(mount: str, *blocks: str, **datasets: str) -> object:
    found = server(real=["/srv/pg/15"], mount=[ROOT_MOUNT, mount])
    return database_storage.cells(found, [block.replace("|", "\t") for block in blocks], datasets)["encrypted"]


DISK = "sda|8:0||/sys/devices/pci0/ata1/block/sda|ATA |"
PART = "sda2|8:2||/sys/devices/pci0/ata1/block/sda/sda2|ATA |"
LUKS = "dm-0|253:0|CRYPT-LUKS2-aa-data|/sys/devices/virtual/block/dm-0||sda2 "
LVM = "dm-1|253:1|LVM-aa|/sys/devices/virtual/block/dm-1||%s "
VIRTUAL = "vdb|254:16||/sys/devices/pci0/virtio3/block/vdb||"


@pytest.mark.parametrize(
    ("mount", "blocks", "expected"),
    [
        ("2 1 253:0 / /srv/pg rw - ext4 /dev/mapper/data rw", (DISK, PART, LUKS), True),
        ("2 1 253:1 / /srv rw - xfs /dev/mapper/vg-pg rw", (DISK, PART, LUKS, LVM % "dm-0"), True),
        ("2 1 253:1 / /srv/pg rw - xfs /dev/mapper/vg-pg rw", (DISK, PART, LVM % "sda2"), False),
        ("2 1 253:1 / /srv/pg rw - xfs /dev/vg rw", (DISK, PART, LUKS, LVM % "dm-0 sda2"), False),
        ("2 1 8:2 / /srv/pg rw - ext4 /dev/sda2 rw", (DISK, PART), False),
        (
            "2 1 253:0 / /srv/pg-other rw - ext4 /dev/mapper/data rw",
            (DISK, PART.replace("sda2|8:2", "sda1|8:1"), LUKS),
            False,
        ),
    ],
)
def test_a_device_is_encrypted_when_all_below_it_are(mount: str, blocks: tuple[str, ...], expected: bool) -> None:
    assert encrypted(mount, *blocks) is expected


@pytest.mark.parametrize(
    ("mount", "blocks"),
    [
        ("2 1 254:16 / /srv/pg rw - ext4 /dev/vdb rw", (VIRTUAL,)),
        ("2 1 253:1 / /srv/pg rw - ext4 /dev/vg rw", (VIRTUAL, LVM % "vdb")),
        ("2 1 0:44 / /srv/pg rw - tmpfs tmpfs rw", (DISK,)),
        ("2 1 0:45 / /srv/pg rw - nfs4 nas:/pg rw", (DISK,)),
        ("2 1 253:1 / /srv/pg rw - ext4 /dev/vg rw", (LVM % "gone",)),
        ("2 1 253:1 / /srv/pg rw - ext4 /dev/vg rw", (LVM % "dm-1",)),
        ("2 1 0:46 / /srv/pg rw - zfs tank/pg rw", (DISK,)),
    ],
)
def test_what_lies_below_is_a_gap_where_the_kernel_does_not_tell(mount: str, blocks: tuple[str, ...]) -> None:
    assert isinstance(encrypted(mount, *blocks), Gap)


def test_zfs_says_itself_what_it_encrypts() -> None:
    mount = "2 1 0:46 / /srv/pg rw - zfs pool rw"
    assert encrypted(mount, pool="aes-256-gcm") is True
    assert encrypted(mount, pool="off") is False


def test_a_directory_that_cannot_be_resolved_is_on_no_mount() -> None:
    found = database_storage.cells(server(AS_ADA, mount=[ROOT_MOUNT]), [], {})
    assert all(isinstance(cell, Gap) and cell.needs == "root" for cell in found.values())


POLICY = [
    "Package files:",
    " 100 /var/lib/dpkg/status",
    "     release a=now",
    " 500 http://deb.debian.org/debian bookworm/main amd64 Packages",
    "     release v=12.15,o=Debian,a=oldstable,n=bookworm,l=Debian,c=main,b=amd64",
    " 500 https://apt.example.org/pg bookworm-pgdg/main amd64 Packages",
    "     release o=apt.postgresql.org,a=bookworm-pgdg,n=bookworm-pgdg,c=main,b=amd64",
    "--",
    "postgresql-15:",
    "  Installed: 15.18-1",
    "  Version table:",
]


@pytest.mark.parametrize(
    ("table", "origins"),
    [
        ([" *** 15.18-1 500", "        500 http://deb.debian.org/debian bookworm/main amd64 Packages", "        100 /var/lib/dpkg/status"], ["Debian"]),
        (["     15.19-1 500", "        500 https://apt.example.org/pg bookworm-pgdg/main amd64 Packages", " *** 15.18-1 500",
          "        500 http://deb.debian.org/debian bookworm/main amd64 Packages"], ["Debian"]),
        (["     15.19-1 500", "        500 http://deb.debian.org/debian bookworm/main amd64 Packages", " *** 15.18-1 100", "        100 /var/lib/dpkg/status"], ["Debian"]),
        ([" *** 15.18-1 100", "        100 /var/lib/dpkg/status"], []),
    ],
)  # fmt: skip
def test_origins_are_of_the_installed_version_else_of_another(table: list[str], origins: list[str]) -> None:
    found = database_package.cells(
        server(exe=["/p"], package=["postgresql-15"], package_version=["1"], apt=POLICY + table)
    )
    assert found["package_origins"] == origins


def test_without_package_lists_the_origin_is_not_known() -> None:
    found = database_package.cells(server(exe=["/p"], package=["a"], apt=[*POLICY[:3], "--", " *** 15.18-1 100"]))
    assert isinstance(found["package_origins"], Gap)
    assert database_package.cells(server(exe=["/p"]))["package"] is ABSENT
    assert isinstance(database_package.cells(server(exe=["/p"], nodpkg=[""]))["package"], Gap)


@pytest.mark.parametrize(
    ("unit", "pullers", "enabled"),
    [
        (["UnitFileState=enabled", "WantedBy=multi-user.target"], [], True),
        (["UnitFileState=disabled"], [], False),
        (
            ["UnitFileState=enabled-runtime", "WantedBy=postgresql.service"],
            ["Id=postgresql.service", "UnitFileState=enabled"],
            True,
        ),
        (
            ["UnitFileState=enabled-runtime", "WantedBy=postgresql.service"],
            ["Id=postgresql.service", "UnitFileState=disabled"],
            False,
        ),
        (["UnitFileState=masked"], [], False),
    ],
)
def test_the_boot_starts_an_instance_when_its_parent_is_enabled(
    unit: list[str], pullers: list[str], enabled: bool
) -> None:
    found = server(systemd=[""], service=["a.service"], unit=["LoadState=loaded", *unit], puller=pullers, limit=[])
    assert database_read.common_cells(found)["unit_enabled"] is enabled


def test_a_server_of_no_unit_has_none_and_without_systemd_it_is_unknown() -> None:
    assert database_read.common_cells(server(systemd=[""], service=[""]))["unit_enabled"] is ABSENT
    gap = database_read.common_cells(server())["unit_enabled"]
    assert isinstance(gap, Gap) and gap.kind is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("options", "on"),
    [
        ([], False),
        (["skip_grant_tables="], True),
        (["skip_grant="], True),
        (["skip_grant_tables=OFF"], False),
        (["skip_grant_tables=1", "skip_grant_tables=0"], False),
        (["skip_name_resolve="], False),
        (["enable_skip_grant_tables="], True),
    ],
)
def test_switches_of_mariadb(options: list[str], on: bool) -> None:
    assert database_mariadb.own_cells(server(set=options))["skip_grant_tables"] is on


def test_options_in_a_file_that_is_closed_are_unknown_but_what_is_on_is_on() -> None:
    found = database_mariadb.own_cells(server(AS_ADA, set=["skip_grant_tables="], closed=["/etc/mysql/a.cnf"]))
    assert found["skip_grant_tables"] is True
    assert isinstance(found["allow_suspicious_udfs"], Gap)
    assert isinstance(found["port"], Gap)


def read(text: str, session: Session = AS_ROOT, query: Query = POSTGRES) -> Evidence:
    name = f"database.{query.parameters.get('engine', 'postgres')}"
    (evidence,) = database.answer([query], {name: Output(stdout=text.encode())}, session)
    check(evidence)
    return evidence


def test_hidden_processes_make_the_list_incomplete() -> None:
    gap = read("hidden\nend\n", AS_ADA).gap
    assert gap is not None and gap.needs == "root"
    assert read("end\n").gap is None
    assert read("").gap is not None
    assert read("instance\t7\ndirectory\t/a\nend\n").gap is not None, "a server that was cut off"


def test_a_server_whose_directory_is_hidden_has_no_row_but_a_gap() -> None:
    found = read("instance\t7\nuid\t5\ndirectory\t\ndone\nend\n", AS_ADA)
    assert found.rows == ()
    assert found.gap is not None and found.gap.needs == "root"


def test_a_cluster_that_runs_is_not_listed_as_stopped_too() -> None:
    text = "instance\t7\nreal\t/a\ndirectory\t/a\ndone\ninstance\t-\nreal\t/a\ndirectory\t/a\ndone\ninstance\t-\nreal\t/b\ndirectory\t/b\ndone\nend\n"
    assert [(row["data_directory"], row["running"]) for row in read(text).rows] == [("/a", True), ("/b", False)]


def test_files_that_may_be_missing_make_the_list_incomplete() -> None:
    query = Query.of("linux.database_file", {"engine": "postgres"})
    known = (
        "instance\t7\nexe\t/x\nuid\t5\ndirectory\t/a\nfile\thba\t81a0\t5\t5\t1\t1\ta\ta\t/a/pg_hba.conf\n%sdone\nend\n"
    )
    assert read(known % "", query=query).gap is None
    for more in ("nofds\n", "closed\t/etc/x.conf\n", "denied\tlog\t\n", "failed\tlog\t\n", "odd\tkey\n"):
        assert read(known % more, AS_ADA, query).gap is not None, more
    (row,) = read(known % "", query=query).rows
    assert (row["mode"], row["owned"], row["root_owned"]) == ("0640", True, False)
    (row,) = read((known % "").replace("file\thba\t81a0\t5\t5\t1\t1\ta\ta\t", "denied\thba\t"), AS_ADA, query).rows
    assert isinstance(row["mode"], Gap) and row["mode"].needs == "root"


@pytest.mark.parametrize("fact", ["linux.postgres_cluster", "linux.mariadb_instance", "linux.mongodb_instance"])
def test_an_ordinary_account_is_told_what_needs_root(fact: str) -> None:
    case = json.loads((HOME / fact / "bookworm-ordinary" / "case.json").read_text())
    (row,) = [row for row in case["evidence"][0]["rows"] if row["running"]]
    for name in ("binary", "version", "package", "package_origins", "container"):
        assert row[name].get("needs") == "root", name
