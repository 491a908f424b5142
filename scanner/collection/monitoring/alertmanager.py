"""Asks Alertmanager for its routes and silences; its configuration text is read and thrown away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.monitoring import cells, config_text, visit
from scanner.collection.monitoring.visit import Part, Told, Visit, listed
from scanner.model.evidence import ABSENT, Cell, Gap, Query, Row, error
from scanner.transport.api import Api
from scanner.transport.shell import Limits

_STATUS = "/api/v2/status"
_SILENCES = "/api/v2/silences"
_MOST = 10_000
_GROUP_WAIT = "30s"
"""What holds where no route says otherwise, by the manual."""


def _status(view: Visit) -> dict[str, Any] | Gap:
    response = view.get(_STATUS)
    gap = visit.gap_of(response, _STATUS)
    if gap is not None:
        return gap
    if not isinstance(response.data, dict) or "versionInfo" not in response.data:
        return error(f"{_STATUS}: the answer is not one of Alertmanager")
    return response.data


def _config(view: Visit) -> dict[str, Any] | Gap:
    status = _status(view)
    if isinstance(status, Gap):
        return status
    return config_text.parsed(cells.mapping(status.get("config")).get("original"), _STATUS)


def _server(view: Visit) -> Told:
    status = _status(view)
    if isinstance(status, Gap):
        return Told(gap=status, paths=(_STATUS,))
    version = cells.text(cells.mapping(status.get("versionInfo")).get("version"), "version")
    cluster = cells.mapping(status.get("cluster"))
    peers = cluster.get("peers", [])
    config = _config(view)
    row: Row = {
        "name": version if isinstance(version, Gap) else f"Alertmanager {version}",
        "version": version,
        "address": view.client.identity.address or ABSENT,
        "cluster": cells.one_of(cluster.get("status"), ("ready", "settling", "disabled"), "status of the cluster"),
        "peers": len(peers) if isinstance(peers, list) else error("peers are no list in the answer"),
        "inhibits": config if isinstance(config, Gap) else len(config_text.maps(config.get("inhibit_rules"))),
    }
    return Told((row,), paths=(_STATUS,))


def _routes(view: Visit) -> Told:
    config = _config(view)
    if isinstance(config, Gap):
        return Told(gap=config, paths=(_STATUS,))
    root = config.get("route")
    if not isinstance(root, dict):
        return Told(gap=error(f"{_STATUS}: the configuration has no route"), paths=(_STATUS,))
    receivers = {
        each["name"]: _kinds(each)
        for each in config_text.maps(config.get("receivers"))
        if isinstance(each.get("name"), str)
    }
    rows = list(_walk(root, "0", "", _GROUP_WAIT, receivers))
    return Told(tuple(rows), None, (_STATUS,))


def _kinds(receiver: dict[str, Any]) -> list[str]:
    """Give the kind of each integration: `webhook_configs` with two entries is `webhook` twice."""
    return [
        cells.clean(name.removesuffix("_configs"), 100)
        for name, entries in receiver.items()
        if name.endswith("_configs") and isinstance(entries, list)
        for _ in entries
    ]


def _walk(
    route: dict[str, Any], place: str, receiver: str, wait: str, receivers: dict[str, list[str]]
) -> Iterator[Row]:
    """Yield the rows of a branch; receiver and waiting time are those of the branch above where it names none."""
    name = route.get("receiver")
    receiver = name if isinstance(name, str) and name else receiver
    said = route.get("group_wait")
    wait = said if isinstance(said, str) and said else wait
    kinds = receivers.get(receiver)
    lost = error(f"receiver {cells.clean(receiver, 100)!r} is not in the configuration")
    muted = [
        *config_text.texts(route.get("mute_time_intervals")),
        *config_text.texts(route.get("active_time_intervals")),
    ]
    yield {
        "route": place,
        "matchers": _matchers(route),
        "receiver": cells.clean(receiver, 300),
        "integrations": lost if kinds is None else len(kinds),
        "kinds": lost if kinds is None else sorted(set(kinds)),
        "goes_on": route.get("continue") == "true",
        "group_wait": cells.seconds(wait, "group_wait"),
        "muted_by": [cells.clean(each, 300) for each in muted],
    }
    for number, branch in enumerate(config_text.maps(route.get("routes"))):
        yield from _walk(branch, f"{place}.{number}", receiver, wait, receivers)


def _matchers(route: dict[str, Any]) -> Cell:
    """Give the demands on labels, in the newer notation whichever stands there."""
    found: list[str] = []
    for name, sign in (("match", "="), ("match_re", "=~")):
        entries = route.get(name)
        for label, value in cells.mapping(entries).items():
            if not isinstance(value, str):
                return error(f"{name} of a route cannot be read")
            found.append(_matcher(str(label), sign, value))
    written = route.get("matchers")
    if written is not None and written != "" and not isinstance(written, list):
        return error("matchers of a route cannot be read")
    if isinstance(written, list):
        if not all(isinstance(each, str) for each in written):
            return error("matchers of a route cannot be read")
        found += written
    return [cells.clean(each, 2000) for each in found]


def _matcher(label: str, sign: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{label}{sign}"{escaped}"'


def _silences(view: Visit) -> Told:
    response = view.get(_SILENCES)
    gap = visit.gap_of(response, _SILENCES)
    if gap is not None:
        return Told(gap=gap, paths=(_SILENCES,))
    found, lost = listed(response.data, _MOST)
    states = [cells.mapping(each.get("status")).get("state") for each in found]
    kept = [each for each, state in zip(found, states, strict=True) if state != "expired"]
    return Told(tuple(_silence(each) for each in kept), lost, (_SILENCES,))


def _silence(told: dict[str, Any]) -> Row:
    begin = cells.moment(told.get("startsAt"), "startsAt")
    end = cells.moment(told.get("endsAt"), "endsAt")
    return {
        "silence": cells.text(told.get("id"), "id"),
        "state": cells.one_of(cells.mapping(told.get("status")).get("state"), ("active", "pending"), "state"),
        "matchers": _silenced(told.get("matchers")),
        "starts_at": begin,
        "ends_at": end,
        "lasts": cells.span(begin, end),
        "author": cells.told(told.get("createdBy")),
        "comment": cells.told(told.get("comment")),
    }


def _silenced(value: Any) -> Cell:
    if not isinstance(value, list) or not value:
        return error("matchers of a silence are not in the answer")
    found: list[str] = []
    for each in value:
        entry = cells.mapping(each)
        name, wanted = entry.get("name"), entry.get("value")
        regex, equal = entry.get("isRegex"), entry.get("isEqual", True)
        if not (
            isinstance(name, str) and isinstance(wanted, str) and isinstance(regex, bool) and isinstance(equal, bool)
        ):
            return error("matchers of a silence cannot be read")
        sign = ("=~" if equal else "!~") if regex else ("=" if equal else "!=")
        found.append(cells.clean(_matcher(name, sign, wanted), 2000))
    return found


_PARTS: dict[str, Part] = {
    "alertmanager.server": _server,
    "alertmanager.route": _routes,
    "alertmanager.silence": _silences,
}
FACTS = tuple(_PARTS)


def describe(queries: Sequence[Query]) -> Asked:
    """Give the requests that are made for these queries."""
    paths_asked = dict.fromkeys(
        _SILENCES if query.fact == "alertmanager.silence" else _STATUS for query in queries if query.fact in _PARTS
    )
    return Asked(tuple(f"GET {path}" for path in paths_asked))


def collect(queries: Sequence[Query], client: Api, limits: Limits) -> Answer:
    """Ask the server; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(_PARTS, queries, client, limits)
