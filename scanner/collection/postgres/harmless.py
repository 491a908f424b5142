"""Says what speaks against sending a query that somebody else wrote: more than one SELECT, or functions that do things."""

from __future__ import annotations

import re

LONGEST = 20_000
_FIRST = re.compile(r"\(*\s*(select|with|values|table)\b", re.IGNORECASE)
# Parts of SQL whose contents are not SQL: comments, strings of all kinds; and quoted names, whose contents are names.
_PARTS = re.compile(
    r"""
    (?P<comment>--[^\n\r]*|/\*)
    |(?P<dollar>(?<![A-Za-z0-9_$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$)
    |(?P<escaped>(?<![A-Za-z0-9_])[eE]'(?:[^'\\]|\\.|'')*')
    |(?P<string>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*")
    """,
    re.VERBOSE | re.DOTALL,
)
_CALL = re.compile(r"([A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*)\s*\(")
_CHANGING = re.compile(
    r"(?<!\x01)\b(insert|update|delete|merge|truncate|into|copy|call|do|execute|lock|set|grant)\b", re.IGNORECASE
)
"""Words that a read-only transaction would refuse anyhow, or that begin what is not a query."""

_DOING = re.compile(
    r"""
    pg_(terminate|cancel)_backend | pg_reload_conf | pg_rotate_logfile.* | pg_switch_(wal|xlog) | pg_promote
    | pg_(create|drop|copy|advance)_.* | pg_(logical|replication|wal_replay|backup|start|stop)_.* | pg_sync_.*
    | pg_(try_)?advisory_.* | pg_stat_(reset|clear|force).* | .*_reset | pg_(restore|clear|set)_.* | pg_log_.*
    | pg_(read|stat|write|sync|rename|unlink)_?(binary_)?file.* | pg_file_.* | pg_ls_.* | pg_logdir_ls | pg_current_logfile
    | pg_notify | pg_sleep.* | pg_export_snapshot | pg_import_.* | pg_prewarm | autoprewarm.* | pg_buffercache_.*
    | pg_extension_config_dump | pg_nextoid | pg_current_xact_id | txid_current | pg_truncate_.* | heap_force_.*
    | lo_.* | loread | lowrite | dblink.* | postgres_fdw_.* | http.* | set_config | set_user | nextval | setval | lastval
    | (query|cursor|table|schema|database)_to_xml.* | ts_stat | ts_rewrite | crosstab.* | connectby | plpgsql_.*
    | (brin|gin|gist|btree|bt)_.* | amcheck_.* | verify_heapam | pgstat.* | pgrowlocks | pg_repack.* | cron_.*
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Functions that change something, wait, read files, reach other servers, or run a text as SQL."""


def objection(sql: str) -> str | None:
    """Give why a query is not to be sent; None for one that may be.

    This keeps honest people from mistakes. What a role may not do, its grants must see to.
    """
    if not sql.strip():
        return "it is empty"
    if len(sql) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    bare = stripped(sql)
    if bare is None:
        return "a string, a name or a comment in it does not end, or is of a kind that is not supported"
    if ";" in bare:
        return "it is more than one statement"
    if not _FIRST.match(bare.strip()):
        return "it begins with none of SELECT, WITH, VALUES and TABLE"
    changing = _CHANGING.search(bare)
    if changing:
        return f"it holds the word {changing[0].upper()}, and a query changes nothing (quote it where it is a name)"
    doing = next((name for name in calls(bare) if _DOING.fullmatch(name)), None)
    return f"the function {doing} does more than read" if doing else None


def calls(bare: str) -> list[str]:
    """Give the names of what is called in SQL without strings and comments."""
    return [found[1] for found in _CALL.finditer(bare)]


def stripped(sql: str) -> str | None:
    """Take comments and strings out of SQL; None when something does not end.

    A quoted name loses its marks and gets the character U+0001 before it, so that it is no keyword any more.
    """
    if re.search(r"(?i)(?<![A-Za-z0-9_])u&['\"]", sql):
        return None
    out: list[str] = []
    place = 0
    while found := _PARTS.search(sql, place):
        between = sql[place : found.start()]
        end = _end(sql, found)
        if end < 0 or _open(between):
            return None
        out.append(between)
        out.append(_instead(sql, found, end))
        place = end
    return None if _open(sql[place:]) else "".join((*out, sql[place:]))


def _open(text: str) -> bool:
    """True when a string or a name begins in what is neither."""
    return "'" in text or '"' in text


def _end(sql: str, found: re.Match[str]) -> int:
    """Give where a part ends; -1 when it does not."""
    if found["comment"] == "/*":
        return _comment_end(sql, found.start())
    if found["dollar"] is not None:
        end = sql.find(found["dollar"], found.end())
        return -1 if end < 0 else end + len(found["dollar"])
    return found.end()


def _comment_end(sql: str, start: int) -> int:
    """Give the end of a comment; comments nest."""
    depth = 0
    for mark in re.finditer(r"/\*|\*/", sql[start:]):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return start + mark.end()
    return -1


def _instead(sql: str, found: re.Match[str], end: int) -> str:
    if found["name"] is None:
        return " "
    name = sql[found.start() + 1 : end - 1]
    return f"\x01{name}" if re.fullmatch(r"[\w$]+", name) else "\x01name"
