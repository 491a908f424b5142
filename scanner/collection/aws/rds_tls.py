"""Collects whether databases of RDS demand TLS, by their groups of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.listing import field_arn, strict
from scanner.collection.aws.rds import CLUSTERS, INSTANCES
from scanner.collection.aws.session import Session, evidence, gap_of, text, word, worst
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply

PARAMETERS = Operation(
    "rds", "DescribeDBParameters", "rds:DescribeDBParameters", key="Parameters", per="group of parameters"
)
CLUSTER_PARAMETERS = Operation(
    "rds",
    "DescribeDBClusterParameters",
    "rds:DescribeDBClusterParameters",
    key="Parameters",
    per="group of parameters of clusters",
)

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.rds_tls": (INSTANCES, CLUSTERS, PARAMETERS, CLUSTER_PARAMETERS),
}
_SWITCHES = {
    "postgres": "rds.force_ssl",
    "aurora-postgresql": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
    "aurora-mysql": "require_secure_transport",
    "docdb": "tls",
    "neptune": "neptune_enforce_ssl",
}
"""Engine > the parameter that demands TLS."""
_ON = frozenset({"1", "on", "true", "enabled", "fips-140-3", "tls1.2+", "tls1.3+"})
_OFF = frozenset({"0", "off", "false", "disabled"})


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each group of parameters in use once, whatever number of databases has it."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    instances, clusters = session.list_everywhere(INSTANCES), session.list_everywhere(CLUSTERS)
    found = [
        *((region, item, False) for region, item in instances.items if not item.get("DBClusterIdentifier")),
        *((region, item, True) for region, item in clusters.items),
    ]
    calls = [call for region, item, many in found if (call := _call(item, region, many)) is not None]
    replies = session.ask_all(calls)
    rows: dict[str, Row] = {}
    gaps = [instances.gap, clusters.gap]
    for region, item, many in found:
        arn = field_arn("DBClusterArn" if many else "DBInstanceArn")(item, region)
        if not arn:
            gaps.append(error(f"{region}: something without an id was listed"))
            continue
        call = _call(item, region, many)
        rows[arn] = {"arn": arn, "region": region, **_row(item, many, replies[call] if call else None)}
    return evidence(query, rows.values(), worst(*gaps), session, FACTS[query.fact])


def _group(item: Document, many: bool) -> str:
    """Give the name of the group of parameters; empty where it cannot be read."""
    if many:
        return text(item.get("DBClusterParameterGroup"))
    try:
        groups = strict(item.get("DBParameterGroups"))
    except TypeError:
        return ""
    return text(groups[0].get("DBParameterGroupName")) if len(groups) == 1 else ""


def _switch(item: Document) -> str:
    engine = text(item.get("Engine"))
    return _SWITCHES.get(engine) or _SWITCHES.get(engine.partition("-")[0], "")


def _call(item: Document, region: str, many: bool) -> Call | None:
    """Give the call for the group of a database; None for engines whose TLS is set elsewhere."""
    name = _group(item, many)
    if not name or not _switch(item):
        return None
    if many:
        return Call.of(CLUSTER_PARAMETERS, region, {"DBClusterParameterGroupName": name})
    return Call.of(PARAMETERS, region, {"DBParameterGroupName": name})


def _row(item: Document, many: bool, reply: Reply | None) -> dict[str, Cell]:
    return {
        "name": text(item.get("DBClusterIdentifier" if many else "DBInstanceIdentifier")),
        "engine": word(item.get("Engine")),
        "group": _group(item, many) or ABSENT,
        "forced": _forced(item, reply),
        "applied": _applied(item, many),
    }


def _forced(item: Document, reply: Reply | None) -> Cell:
    if reply is None:
        return error(f"where the engine '{text(item.get('Engine'))[:40]}' demands TLS is not known here")
    gap = gap_of(reply)
    if gap is not None:
        return gap
    name = _switch(item)
    values = [each.get("ParameterValue") for each in reply.items if each.get("ParameterName") == name]
    if not values:
        # Old versions of an engine lack the switch: whoever comes without TLS is let in.
        return False
    said = str(values[0]).lower() if values[0] is not None else "0"
    return True if said in _ON else False if said in _OFF else _odd(name, said)


def _odd(name: str, said: str) -> Gap:
    return error(f"{name}: '{said[:40]}' is not a value that is known here")


def _applied(item: Document, many: bool) -> Cell:
    """Tell whether the parameters are in force: each member of a cluster, or the instance, is in step with them."""
    field, state = (
        ("DBClusterMembers", "DBClusterParameterGroupStatus") if many else ("DBParameterGroups", "ParameterApplyStatus")
    )
    try:
        states = [each.get(state) for each in strict(item.get(field))]
    except TypeError:
        return error("the state of the parameters cannot be read")
    if not all(isinstance(each, str) for each in states):
        return error("the API did not tell whether the parameters are in force")
    return all(each == "in-sync" for each in states)
