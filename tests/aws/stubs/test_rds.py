"""RDS as AWS tells of it and moto does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.bench import HOME, REGIONS, Replayed, snapshot, verdicts
from tests.aws.conftest import Visit


def _outcome(rule: str, visits: dict[str, Visit], told: dict[str, Any]) -> str:
    client = Replayed(visits["hardened"][0].replies, {"regions": REGIONS}, HOME, told=told)
    return verdicts(snapshot(client))[rule]


def _cluster(**more: Any) -> dict[str, Any]:
    return {
        "DBClusterArn": "arn:aws:rds:eu-central-1:222222222222:cluster:app",
        "DBClusterIdentifier": "app",
        "Engine": "aurora-mysql",
        "DBClusterParameterGroup": "app",
        "DBClusterMembers": [{"DBClusterParameterGroupStatus": "in-sync"}],
        **more,
    }


@pytest.mark.parametrize(("zones", "outcome"), [(True, "pass"), (False, "fail"), (None, "error")])
def test_zones_of_clusters(zones: bool | None, outcome: str, visits: dict[str, Visit]) -> None:
    cluster = _cluster() if zones is None else _cluster(MultiAZ=zones)
    told = {"rds:DescribeDBClusters": {"DBClusters": [cluster]}}
    assert _outcome("rds_cluster_in_several_zones", visits, told) == outcome


@pytest.mark.parametrize(
    ("value", "state", "outcome"),
    [
        ("ON", "in-sync", "pass"),
        ("1", "in-sync", "pass"),
        ("OFF", "in-sync", "fail"),
        (None, "in-sync", "fail"),
        ("ON", "pending-reboot", "fail"),
        ("{Perhaps}", "in-sync", "error"),
    ],
)
def test_tls_of_clusters(value: str | None, state: str, outcome: str, visits: dict[str, Visit]) -> None:
    parameter = {"ParameterName": "require_secure_transport", **({"ParameterValue": value} if value else {})}
    told = {
        "rds:DescribeDBClusters": {
            "DBClusters": [_cluster(DBClusterMembers=[{"DBClusterParameterGroupStatus": state}])]
        },
        "rds:DescribeDBClusterParameters": {"Parameters": [parameter]},
    }
    assert _outcome("rds_tls_required", visits, told) == outcome


def test_an_engine_that_sets_tls_elsewhere_is_an_error(visits: dict[str, Visit]) -> None:
    told = {"rds:DescribeDBClusters": {"DBClusters": [_cluster(Engine="oracle-ee")]}}
    assert _outcome("rds_tls_required", visits, told) == "error"
