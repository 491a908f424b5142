"""What settings of a PostgreSQL server come to: log files and lines, libraries, auditing, addresses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.postgres.setting_values import items
from scanner.derivation.postgres.addresses import is_every, is_loopback
from scanner.derivation.postgres.libraries import classes, library_of
from scanner.derivation.postgres.logs import repeats
from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from scanner.model.outcome import Outcome
from tests.collection.parity import check

AT = "2026-11-21T08:00:00Z"
HIDDEN = unknown("hidden from this role", "role pg_read_all_settings")
SERVER = Query.of("postgres.server")
SHARED = "shared_preload_libraries"
PRELOADS = (SHARED, "session_preload_libraries", "local_preload_libraries")


def row(value: object, scope: str = "server", *, present: bool = True) -> Row:
    return {
        "scope": scope,
        "present": present,
        "value": value,  # type: ignore[dict-item]
        "items": items(value) if isinstance(value, str) else value,  # type: ignore[dict-item]
    }


def get(fact: str, data: object = "/data", gaps: dict[str, Gap] | None = None, **settings: Any) -> Evidence:
    """Derive a fact from settings: each a value, or a list of rows; `__` stands for the dot in a name."""
    inputs = {SERVER: Evidence(SERVER, ({"data_directory": data},))}  # type: ignore[dict-item]
    for key, value in settings.items():
        query = Query.of("postgres.setting", {"name": key.replace("__", ".")})
        rows = value if isinstance(value, list) else [row(value)]
        inputs[query] = Evidence(query, tuple(rows), (gaps or {}).get(key))
    found = derive(Query.of(fact), inputs, AT)
    check(found)
    return found


class TestLogLine:
    @pytest.mark.parametrize(
        ("prefix", "escapes", "tells"),
        [
            ("", [], []),
            ("%m [%p]: ", ["%m", "%p"], ["time", "process"]),
            ("%t %n %m", ["%t", "%n", "%m"], ["time"]),
            ("%q%u@%d ", ["%u", "%d"], ["user", "database"]),
            ("%-20u|%10a|%5p", ["%u", "%a", "%p"], ["user", "application", "process"]),
            ("%r %h", ["%r", "%h"], ["client"]),
            ("%%u %%%d", ["%d"], ["database"]),
            ("100%", [], []),
            ("%l %l", ["%l"], ["line"]),
            ("%z%Z%", [], []),
        ],
    )
    def test_a_prefix_is_a_set_of_escapes(self, prefix: str, escapes: list[str], tells: list[str]):
        [found] = get("postgres.log_line", log_line_prefix=prefix).rows
        assert (found["escapes"], found["tells"]) == (escapes, tells)

    def test_what_is_hidden_stays_so(self):
        [found] = get("postgres.log_line", log_line_prefix=HIDDEN).rows
        assert set(found.values()) == {HIDDEN}

    def test_what_was_not_asked_is_an_error(self):
        [found] = derive(Query.of("postgres.log_line"), {}, AT).rows
        assert found["tells"].kind is Outcome.ERROR  # type: ignore[union-attr]


class TestLogFile:
    @pytest.mark.parametrize(
        ("directory", "path", "inside"),
        [
            ("log", "/data/log", True),
            ("./a/../log", "/data/log", True),
            ("../log", "/log", False),
            ("/data", "/data", True),
            ("/data/pg_log/", "/data/pg_log", True),
            ("/data2/log", "/data2/log", False),
            ("/var/log/../../data/x", "/data/x", True),
            ("/var/log/postgresql", "/var/log/postgresql", False),
        ],
    )
    def test_where_it_lies(self, directory: str, path: str, inside: bool):
        [found] = get("postgres.log_file", log_directory=directory, log_filename="a").rows
        assert (found["directory"], found["inside_data"]) == (path, inside)

    def test_without_the_data_directory_only_a_whole_path_is_known(self):
        [found] = get("postgres.log_file", HIDDEN, log_directory="log", log_filename="a").rows
        assert (found["directory"], found["inside_data"]) == (HIDDEN, HIDDEN)
        [found] = get("postgres.log_file", ABSENT, log_directory="/log", log_filename="a").rows
        assert found["directory"] == "/log"
        assert found["inside_data"].kind is Outcome.ERROR

    def test_a_hidden_pattern_hides_no_directory(self):
        [found] = get("postgres.log_file", log_directory="log", log_filename=HIDDEN).rows
        assert (found["directory"], found["pattern"], found["repeats"]) == ("/data/log", HIDDEN, HIDDEN)

    def test_a_hidden_directory_hides_no_pattern(self):
        [found] = get("postgres.log_file", log_directory=HIDDEN, log_filename="%s").rows
        assert (found["directory"], found["inside_data"], found["repeats"]) == (HIDDEN, HIDDEN, False)

    @pytest.mark.parametrize(
        "pattern",
        [
            "postgresql-%Y-%m-%d_%H%M%S.log",
            "postgresql-%Y%m%d.log",
            "%F.log",
            "%F_%T",
            "%D",
            "%y%m%d",
            "%Y-%j",
            "%G-%V",
            "%G-%V-%a",
            "%Y-%m",
            "%Y",
            "%s",
            "%a.%s",
            "%c",
            "%Y-%m-%d %I%p",
            "%EY-%Om-%Od",
            "%Y%b%e",
            "%Y%m%d%H%M",
        ],
    )
    def test_names_that_never_come_up_again(self, pattern: str):
        assert not repeats(pattern)

    @pytest.mark.parametrize(
        "pattern",
        [
            "",
            "postgresql.log",
            "%%Y",
            "postgresql-%a.log",
            "%d",
            "%m-%d",
            "%H",
            "%Y-%d",
            "%Y-%a",
            "%Y-%H",
            "%Y-%m-%H",
            "%F-%M",
            "%F-%H-%S",
            "%F-%I",
            "%Y-%p",
            "%C",
            "%j",
            "%V",
            "%n%Q",
        ],
    )
    def test_names_that_come_up_again(self, pattern: str):
        assert repeats(pattern)


class TestPreload:
    def libraries(self, *rows: Row, **more: Any) -> list[tuple[object, object, object]]:
        settings = {SHARED: list(rows), PRELOADS[1]: "", PRELOADS[2]: "", **more}
        return [(each["setting"], each["scope"], each["library"]) for each in get("postgres.preload", **settings).rows]

    def test_each_library_of_each_setting_and_scope(self):
        session = [row(""), row("b", "role bob")]
        assert self.libraries(row("$libdir/pgaudit, auth_delay.so"), session_preload_libraries=session) == [
            (SHARED, "server", "pgaudit"),
            (SHARED, "server", "auth_delay"),
            ("session_preload_libraries", "role bob", "b"),
        ]

    def test_one_that_stands_twice_counts_once(self):
        assert self.libraries(row("a,a, /x/a")) == [(SHARED, "server", "a")]

    @pytest.mark.parametrize(("value", "kind"), [(HIDDEN, Outcome.UNKNOWN), (ABSENT, Outcome.ERROR)])
    def test_a_setting_that_is_not_known_leaves_the_list_open(self, value: object, kind: Outcome):
        found = get("postgres.preload", **{SHARED: "a", PRELOADS[1]: value, PRELOADS[2]: ""})
        assert (len(found.rows), found.gap.kind) == (1, kind)  # type: ignore[union-attr]

    def test_overrides_that_were_not_read_leave_it_open_too(self):
        gap = error("the list was cut")
        found = get("postgres.preload", gaps={SHARED: gap}, **dict.fromkeys(PRELOADS, ""))
        assert found.gap == gap

    @pytest.mark.parametrize("path", ["pgaudit", "$libdir/pgaudit", "/usr/lib/pgaudit.so", " pgaudit "])
    def test_names_of_libraries(self, path: str):
        assert library_of(path) == "pgaudit"


class TestPgaudit:
    def audit(self, *rows: Row, shared: object = "pgaudit") -> Evidence:
        return get("postgres.pgaudit", **{SHARED: shared, "pgaudit__log": list(rows)})

    def test_the_server_and_its_overrides(self):
        found = self.audit(row("ddl, write"), row("none", "role bob"))
        assert [(each["scope"], each["loaded"], each["classes"]) for each in found.rows] == [
            ("server", True, ["ddl", "write"]),
            ("role bob", True, []),
        ]

    def test_a_setting_without_the_library_logs_nothing(self):
        [found] = self.audit(row("all", present=False), shared="auth_delay").rows
        assert (found["loaded"], found["present"], found["classes"]) == (False, False, [])

    def test_no_setting_at_all(self):
        [found] = self.audit(row(ABSENT, present=False)).rows
        assert (found["loaded"], found["value"], found["classes"]) == (True, ABSENT, [])

    def test_hidden_libraries_leave_it_open(self):
        [found] = self.audit(row("all"), shared=HIDDEN).rows
        assert (found["loaded"], found["classes"]) == (HIDDEN, HIDDEN)

    def test_a_hidden_value_stays_so(self):
        assert self.audit(row(HIDDEN)).rows[0]["classes"] == HIDDEN

    @pytest.mark.parametrize(
        ("value", "found"),
        [
            ("", []),
            ("none", []),
            ("DDL", ["ddl"]),
            ("all", ["ddl", "function", "misc", "misc_set", "read", "role", "write"]),
            ("all, -misc,-Read", ["ddl", "function", "misc_set", "role", "write"]),
            ("-ddl, ddl", ["ddl"]),
            ("ddl, -all", []),
            ("all, none", ["ddl", "function", "misc", "misc_set", "read", "role", "write"]),
            ('"write"', ["write"]),
        ],
    )
    def test_words_add_and_take_away(self, value: str, found: list[str]):
        assert classes(value) == found

    @pytest.mark.parametrize("value", ["everything", "ddl, x", "- ddl"])
    def test_words_that_pgaudit_does_not_know(self, value: str):
        assert isinstance(classes(value), Gap)


class TestListenAddresses:
    def test_each_address_once(self):
        found = get("postgres.listen_address", listen_addresses="localhost, *, 192.0.2.1,*")
        assert [(each["address"], each["every"], each["loopback"]) for each in found.rows] == [
            ("localhost", False, True),
            ("*", True, False),
            ("192.0.2.1", False, False),
        ]

    def test_sockets_alone(self):
        found = get("postgres.listen_address", listen_addresses="")
        assert (found.rows, found.gap) == ((), None)

    @pytest.mark.parametrize("value", [HIDDEN, ABSENT])
    def test_what_is_not_known_is_no_empty_list(self, value: object):
        assert get("postgres.listen_address", listen_addresses=value).gap is not None

    @pytest.mark.parametrize(
        "address", ["*", "0.0.0.0", "0", "0.0", "000.0.0.00", "0x0", "::", "::0", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"]
    )
    def test_every_address(self, address: str):
        assert is_every(address)

    @pytest.mark.parametrize("address", ["", "db01", "127.0.0.1", "10.0.0.0", "::1", "2001:db8::", "::ffff:10.0.0.1"])
    def test_named_addresses(self, address: str):
        assert not is_every(address)

    @pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
    def test_loopback(self, address: str):
        assert is_loopback(address)


values = st.one_of(
    st.text(max_size=12), st.just(HIDDEN), st.just(ABSENT), st.text(alphabet='%mpludahYHMSsaq-0,". *', max_size=12)
)


@given(values, values, values, values)
def test_whatever_settings_say_is_of_the_declared_types(a: object, b: object, c: object, d: object):
    get("postgres.log_line", log_line_prefix=a)
    get("postgres.log_file", a, log_directory=b, log_filename=c)
    get("postgres.preload", **{SHARED: [row(a), row(b, "role x")], PRELOADS[1]: c, PRELOADS[2]: d})
    get("postgres.pgaudit", **{SHARED: a, "pgaudit__log": [row(b), row(c, "role x")]})
    get("postgres.listen_address", listen_addresses=a)
