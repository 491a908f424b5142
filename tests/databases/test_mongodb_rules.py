"""Every rule on MongoDB against scripted servers: weak fails, hardened passes, a bare login decides nothing.

MongoDB itself was never run: these servers answer as its manual says that it does.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases.mongodb import standin
from tests.databases.mongodb_answers import FLAVOURS, build
from tests.databases.mongodb_verdicts import client, rules, verdicts

APPROVED = {"approved": ["admin.superuser"]}
VALUES: dict[str, dict[str, Any]] = {
    "mongodb_superusers_approved": APPROVED,
    "mongodb_user_administrators_approved": APPROVED,
}
P, F, U, N = "pass", "fail", "unknown", "notapplicable"
COLUMNS = ("weak", "careless", "hardened", "community", "bare", "monitor")
TABLE = {
    #                                        weak careless hardened community bare monitor
    "mongodb_addresses_limited": (F, F, P, P, U, P),
    "mongodb_audit_enabled": (F, P, P, F, U, P),
    "mongodb_audit_events_recorded": (N, F, P, N, U, P),
    "mongodb_authorization_enabled": (F, F, P, P, U, P),
    "mongodb_certificate_valid": (N, N, N, N, N, N),
    "mongodb_certificates_validated": (N, F, P, P, U, P),
    "mongodb_cluster_certificates_required": (N, F, P, P, U, P),
    "mongodb_custom_roles_bounded": (F, F, P, P, U, U),
    "mongodb_data_encrypted_at_rest": (U, U, P, U, U, P),
    "mongodb_fips_mode_on": (N, F, P, N, U, P),
    "mongodb_javascript_disabled": (F, F, P, P, U, P),
    "mongodb_legacy_tls_disabled": (N, F, P, P, U, P),
    "mongodb_localhost_exception_closed": (N, N, P, P, U, P),
    "mongodb_log_appended": (F, F, P, P, U, P),
    "mongodb_log_not_quiet": (F, P, P, P, U, P),
    "mongodb_password_hashes_modern": (F, F, P, P, U, U),
    "mongodb_port_changed": (F, F, P, P, U, P),
    # Anybody may ask for the release.
    "mongodb_release_supported": (F, F, P, P, P, P),
    "mongodb_replica_members_current": (N, F, P, P, U, P),
    "mongodb_startup_warnings_absent": (F, P, P, P, U, P),
    "mongodb_superusers_approved": (F, F, P, P, U, U),
    "mongodb_tls_required": (F, F, P, P, U, P),
    "mongodb_user_administrators_approved": (F, F, P, P, U, U),
    "mongodb_users_hold_roles": (F, F, P, P, U, U),
    "mongodb_weak_tls_refused": (N, F, P, P, U, P),
}
"""Rule > outcomes, in the order of COLUMNS; `bare` and `monitor` are logins of the hardened server."""


def judged(flavour: str, account: str = "scanner", **options: str) -> dict[str, str]:
    with standin(flavour) as server:
        return verdicts(client(server, account, **options), VALUES)


def test_the_table_holds_every_rule() -> None:
    assert set(TABLE) == {rule.id for rule in rules()}


@pytest.mark.parametrize("column", COLUMNS)
def test_outcomes(column: str) -> None:
    found = judged("hardened", column) if column in ("bare", "monitor") else judged(column)
    place = COLUMNS.index(column)
    assert found == {rule: outcomes[place] for rule, outcomes in TABLE.items()}


def test_each_rule_fails_somewhere_and_passes_on_the_hardened_server() -> None:
    elsewhere = {"mongodb_certificate_valid", "mongodb_data_encrypted_at_rest", "mongodb_localhost_exception_closed"}
    for rule, (weak, careless, hardened, *_) in TABLE.items():
        if rule not in elsewhere:
            assert F in (weak, careless), rule
        assert hardened == P or rule == "mongodb_certificate_valid", rule


def test_nobody_logged_in_at_a_hardened_server() -> None:
    found = judged("hardened", "")
    assert {rule for rule, outcome in found.items() if outcome == P} == {"mongodb_release_supported"}
    assert F not in found.values()


def test_a_new_server_without_users() -> None:
    with standin("weak", answers={"usersInfo": {"users": []}}) as server:
        found = verdicts(client(server, ""), VALUES)
    assert found["mongodb_localhost_exception_closed"] == F
    assert found["mongodb_superusers_approved"] == F, "everybody is a superuser"


def test_probes_see_what_options_hide() -> None:
    with standin("hardened", authorization=False, tls="preferTLS") as server:
        quiet = verdicts(client(server), VALUES)
        assert quiet["mongodb_authorization_enabled"] == quiet["mongodb_tls_required"] == P
        found = verdicts(client(server, probes="plaintext,unauthenticated,old-tls,certificate"), VALUES)
    assert found["mongodb_authorization_enabled"] == F
    assert found["mongodb_tls_required"] == F
    assert found["mongodb_weak_tls_refused"] == P
    assert found["mongodb_certificate_valid"] == P


def test_a_certificate_that_ran_out_fails_where_it_is_looked_at() -> None:
    with standin("weak", tls="allowTLS", days=-40) as server:
        found = verdicts(client(server, sslmode="require", probes="certificate"), VALUES)
    assert found["mongodb_certificate_valid"] == F


def test_probes_confirm_a_hardened_server() -> None:
    with standin("hardened", days=90) as server:
        found = verdicts(client(server, probes="plaintext,unauthenticated,old-tls,certificate"), VALUES)
    assert set(found.values()) == {P}


def test_a_role_of_ones_own_hides_nothing() -> None:
    """Users of a custom role that inherits root are superusers."""
    hidden = {
        "_id": "sky.app",
        "role": "app",
        "db": "sky",
        "privileges": [],
        "roles": [{"role": "root", "db": "admin"}],
    }
    somebody = {
        "_id": "sky.eve",
        "user": "eve",
        "db": "sky",
        "roles": [{"role": "app", "db": "sky"}],
        "mechanisms": ["SCRAM-SHA-256"],
    }
    answers = {
        "find": {"cursor": {"id": 0, "ns": "admin.system.roles", "firstBatch": [hidden]}},
        "usersInfo": {"users": [somebody]},
    }
    with standin("hardened", answers=answers) as server:
        found = verdicts(client(server), VALUES)
    assert found["mongodb_superusers_approved"] == F
    assert found["mongodb_custom_roles_bounded"] == P


def test_an_answer_with_only_ourselves_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    me = next(user for user in FLAVOURS["hardened"].users if user["user"] == "monitor")
    with standin("hardened", answers={"usersInfo": {"users": [me]}}) as server:
        # The server answers usersInfo with whom it may show, instead of refusing.
        monkeypatch.setattr(server, "may", lambda _session, action: action != "find")
        found = verdicts(client(server, "monitor"), VALUES)
    for rule in ("mongodb_superusers_approved", "mongodb_users_hold_roles", "mongodb_password_hashes_modern"):
        assert found[rule] == U, rule


@pytest.mark.parametrize("how", ["cut", "broken", "short"])
def test_a_server_that_breaks_off_passes_nothing_that_it_did_not_say(how: str) -> None:
    with standin("hardened") as server:
        server.misbehave("getCmdLineOpts", how)
        found = verdicts(client(server), VALUES)
    for rule in (
        "mongodb_tls_required",
        "mongodb_javascript_disabled",
        "mongodb_authorization_enabled",
        "mongodb_port_changed",
    ):
        assert found[rule] == "error", rule


def test_a_version_whose_defaults_are_not_known() -> None:
    with standin("weak", answers={"buildInfo": build("9.0.1")}) as server:
        found = verdicts(client(server), VALUES)
    assert found["mongodb_javascript_disabled"] == U
    assert found["mongodb_release_supported"] == U
    assert found["mongodb_addresses_limited"] == F, "what is given is known"


def test_one_login_for_all_rules() -> None:
    with standin("hardened") as server:
        verdicts(client(server), VALUES)
        assert server.asked("saslStart") == 1
        assert server.asked("getCmdLineOpts") == server.asked("usersInfo") == server.asked("getParameter") - 1 == 1
