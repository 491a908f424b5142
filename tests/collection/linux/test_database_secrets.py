"""Open passwords of databases: found by their shape, never shown, and unknown where one may not look."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.collection.linux import database_backup, database_secrets, fips
from scanner.collection.linux.probe import Output, Session
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, Tree, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]

SECRET = "hunter2"


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    made = Tree(open_tmp)
    made.write("/etc/passwd", f"ada:x:1:1::{open_tmp}/home/ada:/bin/bash\nnone:x:2:2::/nonexistent-home:/bin/false\n")
    made.write("/home/ada/.keep")
    made.write("/proc/1/status")
    made.write("/proc/1/cmdline", "init\0")
    made.write("/proc/1/environ", "")
    return made


def ask(tree: Tree, fact: str, *, ordinary: bool = False) -> Evidence:
    (probe,) = database_secrets.probes([Query.of(fact)])
    output = tree.run(probe, ordinary=ordinary)
    assert SECRET.encode() not in output.stdout
    (evidence,) = database_secrets.answer([Query.of(fact)], {fact: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence


def process(tree: Tree, number: int, comm: str, *words: str, environ: str = "") -> None:
    tree.write(f"/proc/{number}/comm", f"{comm}\n")
    tree.write(f"/proc/{number}/cmdline", "\0".join(words) + "\0")
    tree.write(f"/proc/{number}/environ", environ)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("psql", f"postgresql://ada:{SECRET}@db/sky"), [("postgres", "url")]),
        (("psql", "postgresql://ada@db/sky"), []),
        (("java", f"jdbc:postgresql://db/sky?user=a&password={SECRET}"), [("postgres", "url")]),
        (("pg_dump", f"host=db password={SECRET}"), [("postgres", "conninfo")]),
        (("other", f"password={SECRET}"), []),
        (("sh", "-c", f"PGPASSWORD={SECRET} psql -h db"), [("postgres", "variable")]),
        (("mysql", "-u", "root", f"-p{SECRET}"), [("mariadb", "option")]),
        (("mysql", "-u", "root", "-p"), []),
        (("mysql", "-pxxxxxxx"), [("mariadb", "option")]),
        (("mariadb-dump", f"--password={SECRET}", "sky"), [("mariadb", "option")]),
        (("/usr/bin/sh", "-c", f"cd /x; mysql -uroot -p{SECRET} -e 1"), [("mariadb", "option")]),
        (("ssh", "-p22", "db"), []),
        (("mongosh", "--password", SECRET), [("mongodb", "option")]),
        (("mongodump", "-p", SECRET), [("mongodb", "option")]),
        (("mongosh", "--password", "--host", "db"), []),
        (("node", f"mongodb+srv://ada:{SECRET}@db/sky"), [("mongodb", "url")]),
    ],
)
def test_passwords_on_command_lines_are_known_by_their_shape(
    tree: Tree, words: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    process(tree, 7, "client", *words)
    evidence = ask(tree, "linux.command_line_secret")
    assert evidence.gap is None
    assert [(row["engine"], row["form"]) for row in evidence.rows] == found
    assert all(row["place"] == "client" and row["kind"] == "process" for row in evidence.rows)


def test_histories_of_shells_are_judged_line_by_line(tree: Tree) -> None:
    tree.write("/home/ada/.bash_history", f"mysql -p{SECRET}\nmysql -p\necho psql\npassword=x\n")
    (row,) = ask(tree, "linux.command_line_secret").rows
    assert (row["kind"], row["engine"], row["place"]) == ("history", "mariadb", "/home/ada/.bash_history")


def test_variables_of_processes_and_profiles(tree: Tree) -> None:
    process(tree, 7, "backup", "backup", environ=f"A=1\0PGPASSWORD={SECRET}\0MYSQL_PWD=\0")
    process(tree, 8, "backup", "backup", environ=f"XPGPASSWORD={SECRET}\0")
    tree.write(
        "/home/ada/.profile",
        f"# PGPASSWORD={SECRET}\nexport PGPASSWORD='{SECRET}'\nunset MYSQL_PWD\nMYSQL_PWD=\necho $PGPASSWORD\nsetenv MYSQL_PWD {SECRET}\n",
    )
    tree.write("/etc/environment", f"PGPASSWORD={SECRET}\n")
    found = ask(tree, "linux.environment_secret")
    assert found.gap is None
    assert [(row["kind"], row["name"], row["place"], row["line"]) for row in found.rows] == [
        ("process", "PGPASSWORD", "backup", ABSENT),
        ("profile", "PGPASSWORD", "/etc/environment", 1),
        ("profile", "PGPASSWORD", "/home/ada/.profile", 2),
        ("profile", "MYSQL_PWD", "/home/ada/.profile", 6),
    ]


def test_histories_that_lead_to_nothing_are_not_kept(tree: Tree) -> None:
    tree.write("/home/ada/.psql_history")
    tree.write("/home/ada/.psql_history-sky", "x")
    tree.link("/home/ada/.mysql_history", "/dev/null")
    tree.link("/home/ada/.mariadb_history", "elsewhere")
    (tree.base / "home/ada/.dbshell").mkdir()
    tree.write("/home/ada/.mongodb/mongosh/mongosh_repl_history", "x")
    found = ask(tree, "linux.client_history")
    assert found.gap is None
    assert {str(row["path"]).rpartition("/")[2]: (row["client"], row["kept"]) for row in found.rows} == {
        ".psql_history": ("psql", True),
        ".psql_history-sky": ("psql", True),
        ".mysql_history": ("mysql", False),
        ".mariadb_history": ("mysql", True),
        ".dbshell": ("mongosh", False),
        "mongosh_repl_history": ("mongosh", True),
    }


def test_service_and_option_files(tree: Tree) -> None:
    tree.write("/home/ada/.pg_service.conf", f"[a]\n#password={SECRET}\n[sky]\npassword={SECRET}\n[b]\npassword=\n")
    tree.write("/etc/mysql/conf.d/a.cnf", f"[client]\npassword = '{SECRET}'\n[mysqldump]\npassword=''\n")
    tree.write("/etc/mysql/debian.cnf", "[client]\nuser=root\npassword =\n")
    found = ask(tree, "linux.service_file_secret")
    assert found.gap is None
    assert [(row["kind"], row["section"], row["account"], row["line"]) for row in found.rows] == [
        ("option_file", "client", ABSENT, 2),
        ("pg_service", "sky", "ada", 4),
    ]


@pytest.mark.skipif(not ROOT, reason="takes files that may not be read")
@pytest.mark.parametrize("fact", database_secrets.FACTS)
def test_a_closed_home_is_unknown_and_never_an_empty_list(tree: Tree, fact: str) -> None:
    tree.write("/home/ada/.psql_history", "x")
    (tree.base / "home/ada").chmod(0o700)
    gap = ask(tree, fact, ordinary=True).gap
    assert gap is not None
    assert gap.needs == "root"


@pytest.mark.skipif(not ROOT, reason="takes files that may not be read")
def test_environments_of_others_are_unknown(tree: Tree) -> None:
    process(tree, 7, "backup", "backup", environ=f"PGPASSWORD={SECRET}\0")
    (tree.base / "proc/7/environ").chmod(0o400)
    gap = ask(tree, "linux.environment_secret", ordinary=True).gap
    assert gap is not None
    assert gap.needs == "root"


@pytest.mark.parametrize(
    ("fact", "file"), [("linux.environment_secret", "status"), ("linux.command_line_secret", "cmdline")]
)
def test_hidden_processes_make_the_list_incomplete(tree: Tree, fact: str, file: str) -> None:
    (tree.base / "proc/1" / file).unlink()
    assert ask(tree, fact).gap is not None


def stanzas(text: str, session: Session = AS_ROOT, stderr: str = "") -> Evidence:
    query = Query.of("linux.pgbackrest_stanza")
    output = Output(stdout=text.encode(), stderr=stderr)
    (evidence,) = database_backup.answer([query], {"linux.pgbackrest_stanza": output}, session)
    check(evidence)
    return evidence


INFO = '[{"name":"main","status":{"code":%s,"message":"x"},"cipher":"aes-256-cbc","backup":[%s]}]'
BACKUP = '{"type":"%s","error":%s,"timestamp":{"start":1,"stop":%d}}'


def test_the_newest_full_backup_is_one_without_errors() -> None:
    backups = ",".join(
        [BACKUP % ("full", "false", 1000), BACKUP % ("full", "true", 9000), BACKUP % ("incr", "false", 5000)]
    )
    (row,) = stanzas(f"path\tmain\t/a/\npath\tglobal\t/b\ninfo\n{INFO % (0, backups)}\nstatus 0\n").rows
    assert (row["newest_full"], row["newest"], row["backups"]) == ("1970-01-01T00:16:40Z", "1970-01-01T01:23:20Z", 2)
    assert (row["ok"], row["encrypted"], row["data_directories"]) == (True, True, ["/a"])


def test_no_backups_no_stanzas_no_tool() -> None:
    (row,) = stanzas(f"info\n{INFO % (2, '')}\nstatus 0\n").rows
    assert (row["ok"], row["newest_full"], row["data_directories"]) == (False, ABSENT, [])
    assert stanzas("info\n[]\nstatus 0\n") == stanzas("none\n")


def test_a_refused_or_broken_info_is_a_gap() -> None:
    gap = stanzas("info\n\nstatus 41\n", AS_ADA, "ERROR: [041]: Permission denied").gap
    assert gap is not None and gap.needs == "root"
    assert stanzas("info\n\nstatus 41\n").gap is not None
    assert stanzas("info\n{}\nstatus 0\n").gap is not None
    (row,) = stanzas(f"closed\t/etc/pgbackrest.conf\ninfo\n{INFO % (0, '')}\nstatus 0\n", AS_ADA).rows
    assert isinstance(row["data_directories"], Gap)


@pytest.mark.parametrize(
    ("text", "kernel", "provider"),
    [
        ("kernel 1\nopenssl 3\n| Providers:\n|   default\n|     status: active\n|   fips\n|     name: x\n|     status: active\nend\n", True, True),
        ("kernel 0\nopenssl 3\n| Providers:\n|   fips\n|     status: inactive\n|   default\n|     status: active\nend\n", False, False),
        ("kernel none\nopenssl\nend\n", False, ABSENT),
    ],
)  # fmt: skip
def test_fips_takes_the_kernel_and_an_active_provider(text: str, kernel: object, provider: object) -> None:
    query = Query.of("linux.fips")
    (evidence,) = fips.answer([query], {"linux.fips": Output(stdout=text.encode())}, AS_ROOT)
    check(evidence)
    assert (evidence.rows[0]["kernel"], evidence.rows[0]["provider"]) == (kernel, provider)
