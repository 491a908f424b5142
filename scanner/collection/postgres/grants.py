"""The statements that give a scanning role just the privileges that facts need."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.model.fact import Need

_VIEWS = {
    "pg_hba_file_rules": "pg_hba_file_rules()",
    "pg_ident_file_mappings": "pg_ident_file_mappings()",
    "pg_file_settings": "pg_show_all_file_settings()",
}
"""View > the function behind it, which takes a grant of its own."""


def grants(needs: Iterable[Need], user: str = "") -> list[str]:
    """Give SQL to be run by a superuser; the role is `user`, or `controlproof` where the inventory names none.

    Grants on views count for one database: they are to be repeated where the scanner is to read them.
    """
    role = '"' + (user or "controlproof").replace('"', '""') + '"'
    wanted = list(needs)
    roles = {need.name for need in wanted if need.kind == "role"}
    if "pg_monitor" in roles:
        roles.discard("pg_read_all_settings")  # pg_monitor is a member of it.
    lines = [f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 3;  -- then: \\password {role}"]
    lines += [f"GRANT {name} TO {role};" for name in sorted(roles)]
    for need in wanted:
        if need.kind == "grant" and need.name in _VIEWS:
            lines.append(f"GRANT SELECT ON {need.name} TO {role};")
            lines.append(f"GRANT EXECUTE ON FUNCTION {_VIEWS[need.name]} TO {role};")
        elif need.kind == "grant":
            lines.append(f"GRANT {need.name} TO {role};")
    if any(need.kind == "connect" for need in wanted):
        lines.append(f"-- for each database: GRANT CONNECT ON DATABASE … TO {role};")
    lines += [f"-- {need}: {need.why}" for need in wanted if need.kind not in ("role", "grant", "connect")]
    return list(dict.fromkeys(lines))
