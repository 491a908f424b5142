"""Texts of pg_hba.conf and pg_ident.conf read without a server, and rows of the server's views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.postgres.hba import HBA, HBA_15, answer, statements
from scanner.collection.postgres.hba_file import HbaRule, hba_file
from scanner.collection.postgres.hba_lexer import Files, Trouble, logical_lines, next_word
from scanner.collection.postgres.hba_options import masked_error
from scanner.collection.postgres.ident_file import ident_file
from scanner.collection.sql.results import Results, Session
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.sql import Failure, Plain, Reply
from tests.collection import parity

COLUMNS = [
    "number",
    "path",
    "line",
    "type",
    "database",
    "user_name",
    "address",
    "netmask",
    "auth_method",
    "options",
    "error",
]


def files(told: Mapping[str, str | Trouble]) -> Files:
    """Files of a map, path > text; folders are what paths begin with."""
    missing = Trouble("No such file or directory", missing=True)

    def names(folder: str) -> list[str] | Trouble:
        found = [path.removeprefix(f"{folder}/") for path in told if path.startswith(f"{folder}/")]
        return [name for name in found if "/" not in name] or missing

    return Files(lambda path: told.get(path, missing), names)


def one(line: str, major: int = 16, **how: bool) -> HbaRule:
    """Read a single line."""
    [rule] = hba_file("/c/pg_hba.conf", files({"/c/pg_hba.conf": line}), major, **how).rules
    return rule


def test_quotes_tell_a_name_from_a_keyword() -> None:
    rule = one('host all,"all",a"l"l,""all "+x",+x "all" md5')
    assert [(word.text, word.quoted) for word in rule.databases] == [
        ("all", False),
        ("all", True),
        ("all", False),
        ("all", True),
    ]
    assert [word.is_keyword("+x") for word in rule.users] == [False, True]
    assert (rule.address, rule.keyword) == ("all", False)
    assert one("host all all all md5").keyword


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b", ["a", "b"]),
        (' ,,"a b" , c#d', ["a b", "c"]),
        ('"a""b" "#" ""', ['a"b', "#", ""]),
        ('"never ends', ["never ends"]),
        ("# nothing", []),
        ("\t\r a", ["a"]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    found, at = [], 0
    while True:
        word, _, at = next_word(line, at)
        if word is None:
            break
        found.append(word.text)
    assert found == words


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb", [(1, "a"), (2, "b")]),
        ("a\\\nb\nc\n", [(1, "ab"), (3, "c")]),
        ("a\\\r\nb\n", [(1, "ab")]),
        ("a\\\n\\\n\nb", [(1, "a"), (4, "b")]),
        ("a\\", [(1, "a")]),
        ("a\\ \nb", [(1, "a\\ "), (2, "b")]),
        ("a\0lost\nb\n", [(1, "ab")]),
        ("", []),
    ],
)
def test_lines(text: str, lines: list[tuple[int, str]]) -> None:
    assert list(logical_lines(text)) == lines


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.1.2.3 255.255.0.0", "10.1.0.0/16"),
        ("10.0.1.0 255.0.255.0", "10.0.1.0 255.0.255.0"),
        ("127.1/32", "127.0.0.1/32"),
        ("::1/128", "::1/128"),
        ("fe80::1%1/64", "fe80::/64"),
        ("::5 ffff::", "::/16"),
        ("db.example.com", "db.example.com"),
        (".example.com", ".example.com"),
        ("samenet", "samenet"),
    ],
)
def test_addresses(written: str, address: str) -> None:
    assert one(f"host all all {written} md5").address == address


@pytest.mark.parametrize(
    "line",
    [
        "hots all all all md5",
        "host,hostssl all all all md5",
        "host all",
        "host all all",
        "host all all 10.0.0.0/8",
        "host all all 10.0.0.0 md5",
        "host all all 10.0.0.0/33 md5",
        "host all all db/8 md5",
        "host all all 10.0.0.0 ffff:: md5",
        "host all all all md6",
        "host all all all peer",
        "host all all all cert",
        "local all all gss",
        "host all all all md5 map=x",
        "host all all all md5 nothing",
        "host all all all oauth issuer=x scope=y",
        "hostssl all all all cert clientcert=verify-ca",
        "hostssl all all all md5 clientcert=0",
        "host all all all ldap ldapserver=x",
        "host all all all radius radiusservers=1.2.3.4",
        "host all /( all md5",
        "host all @nowhere all md5",
    ],
)
def test_refused(line: str) -> None:
    rule = one(line)
    assert rule.error
    assert not rule.type


def test_versions() -> None:
    assert one("include x").error.startswith("/c/x cannot be opened")
    assert one(f"include_if_exists {'x' * 256}").error, "such a name is not missing, it is none"
    assert "include" in one("include x", 15).error
    assert not one("host all /( all md5", 15).error
    assert not one("host all all all oauth issuer=x scope=y", 18).error
    assert one(f"local all {'x' * 10_240} peer", 15).error
    assert not one(f"local all {'x' * 10_240} peer").error
    assert one("hostssl all all all md5", ssl=False).type == "hostssl"
    assert one("hostssl all all all md5", ssl=False).error


def test_includes() -> None:
    told = {
        "/c/pg_hba.conf": "include more\ninclude_if_exists nowhere\ninclude_dir parts\nlocal @names all peer\n",
        "/c/more": "local more all peer # x\n",
        "/c/parts/b.conf": "local b all peer",
        "/c/parts/a.conf": "\n\nlocal a all peer",
        "/c/parts/.x.conf": "local x all peer",
        "/c/names": "one two\n@deeper\n",
        "/c/deeper": '"three"',
    }
    rules = hba_file("/c/pg_hba.conf", files(told), 16).rules
    assert [(rule.path, rule.line, [word.text for word in rule.databases]) for rule in rules] == [
        ("/c/more", 1, ["more"]),
        ("/c/parts/a.conf", 3, ["a"]),
        ("/c/parts/b.conf", 1, ["b"]),
        ("/c/pg_hba.conf", 4, ["one", "two", "three"]),
    ]


def test_what_we_may_not_read_is_a_gap() -> None:
    told: dict[str, str | Trouble] = {"/c/x": "include y\nlocal all all peer", "/c/y": Trouble("Permission denied")}
    found = hba_file("/c/x", files(told), 16)
    assert [rule.method for rule in found.rules] == ["peer"]
    assert found.gap is not None
    assert hba_file("/c/y", files(told), 16).gap
    assert ident_file("/c/y", files(told), 16).gap
    assert hba_file("/c/z", files(told), 16).rules[0].error


def test_files_that_include_themselves_end() -> None:
    for text in ("include x\ninclude x\nlocal all all peer", "local @x,@x all peer", "include_dir ."):
        found = hba_file("/c/x.conf", files({"/c/x.conf": text.replace(" x", " x.conf").replace("@x", "@x.conf")}), 16)
        assert found.gap or any(rule.error for rule in found.rules)


TEXTS = st.text(alphabet=st.sampled_from('al"#,\\ \t\r\n@+/.=1:\0%é\udcff-*(){}[]'), max_size=60)
LINES = st.lists(
    st.one_of(TEXTS, st.sampled_from(["host", "all", "10.0.0.0/8", "md5", "local", "ldap", "radius", "cert", "map=x"])),
    max_size=9,
).map(" ".join)


@given(LINES, st.sampled_from([15, 16, 17, 18]))
def test_odd_text_never_raises(text: str, major: int) -> None:
    told = files({"/c/x": text, "/c/a": text})
    for rule in hba_file("/c/x", told, major).rules:
        assert rule.error or (rule.type and rule.databases and rule.users and rule.method)
    for line in ident_file("/c/x", told, major).rules:
        assert line.error or line.system_user


@pytest.mark.parametrize("text", ["host all all all md5\n", "x\\\n", '"', "@x "])
def test_long_texts_take_no_long_time(text: str) -> None:
    hba_file("/c/x", files({"/c/x": text * 20_000}), 16)


def reply(*rows: Sequence[Plain]) -> Reply:
    return Reply(tuple(COLUMNS), tuple(map(tuple, rows)))


def hba_rows(told: Reply, version: int = 160000) -> Evidence:
    [found] = answer([Query("postgres.hba_rule")], Results({"hba_rules": told}), Session(version=version))
    parity.check(found)
    return found


def test_rows_of_the_view() -> None:
    found = hba_rows(
        reply(
            [1, "/c/h", 3, "host", ["all"], ["+x", "a"], "10.1.2.3", "255.0.0.0", "ldap", ["ldapbindpasswd=x=y"], None],
            [None, "/c/h", 4, None, None, None, None, None, None, None, "invalid connection type"],
            [2, "/c/h", 5, None, None, None, None, None, None, None, None],
            [None, "/c/h", 6, "hostssl", ["a"], ["b"], "samenet", None, "md5", None, "SSL is off"],
        )
    )
    first, refused, untold, unmatched = found.rows
    assert first["rule"] == "host all +x,a 10.0.0.0/8"
    assert first["network"] == "10.0.0.0/8"
    assert first["options"] == {"ldapbindpasswd": "***"}
    assert first["ambiguous"] == ["all", "+x"]
    assert (refused["type"], refused["number"], refused["error"]) == (ABSENT, ABSENT, "invalid connection type")
    assert untold["error"] is not ABSENT, "a line that gives no rule is refused, whether the server says so or not"
    assert (unmatched["type"], unmatched["error"], unmatched["address"]) == ("hostssl", "SSL is off", "samenet")


def test_version_15_numbers_and_names_nothing() -> None:
    rows = [[None, None, line, "local", ["a"], ["b"], None, None, "peer", None, None] for line in (1, 7)]
    found = hba_rows(reply(*rows), 150000)
    assert [(row["number"], row["path"], row["line"]) for row in found.rows] == [(1, ABSENT, 1), (2, ABSENT, 7)]
    asked = statements([Query("postgres.hba_rule")])
    assert asked == [HBA, HBA_15]
    assert all("file_name" not in each.sql for each in asked if each.fits(150000))


def test_denied_is_unknown_and_empty_is_empty() -> None:
    denied = hba_rows(Reply(failure=Failure("42501", "permission denied for view pg_hba_file_rules", denied=True)))
    assert isinstance(denied.gap, Gap)
    assert denied.gap.kind is Outcome.UNKNOWN
    assert denied.gap.needs == "the grants on pg_hba_file_rules"
    failed = hba_rows(Reply(failure=Failure("58P01", "could not open file")))
    assert failed.gap is not None
    assert failed.gap.kind is Outcome.ERROR
    assert hba_rows(reply()).complete
    assert hba_rows(Reply(tuple(COLUMNS), cut="more than 20000 rows")).gap


@pytest.mark.parametrize(
    "text",
    [
        "authentication option not in name=value format: s3cret",
        'unrecognized authentication option name: "s3cret"',
        'could not parse LDAP URL "ldap://u:s3cret@x": bad',
    ],
)
def test_errors_that_quote_secrets_are_cut(text: str) -> None:
    assert "s3cret" not in masked_error(text)
    assert masked_error('invalid connection type "hots"') == 'invalid connection type "hots"'


@given(
    st.lists(
        st.lists(
            st.one_of(st.none(), st.text(max_size=5), st.integers(0, 9), st.lists(st.text(max_size=3), max_size=2)),
            min_size=11,
            max_size=11,
        ),
        max_size=3,
    )
)
def test_odd_rows_never_raise(rows: list[list[Plain]]) -> None:
    [found] = answer([Query("postgres.hba_rule")], Results({"hba_rules": reply(*rows)}), Session(version=160000))
    assert len(found.rows) == len(rows)
