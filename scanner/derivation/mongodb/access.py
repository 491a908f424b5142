"""Whether the server asks who comes, by its options and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, first_gap, single, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

_IMPLYING = ("security.authorization", "security.keyFile", "security.clusterAuthMode")


def access_control(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the row of `mongodb.access_control`.

    keyFile and clusterAuthMode switch authorization on, unless `security.authorization: disabled` is written out,
    which wins over both (server_options_server_helpers.cpp of the server).
    """
    options = {name: _option(inputs, name) for name in (*_IMPLYING, "security.transitionToAuth")}
    exists = _user_exists(inputs)
    by = _by(options)
    transition = cell(options["security.transitionToAuth"], "enabled")
    lost = first_gap(*(found for found in (by, transition) if isinstance(found, Gap)))
    enforced: Cell = lost or (by is not ABSENT and transition is not True)
    row: dict[str, Cell] = {
        "enforced": False if transition is True or by is ABSENT else enforced,
        "by": by,
        "transition": transition,
        "user_exists": exists,
        "localhost_exception": _exception(exists, _option(inputs, "enableLocalhostAuthBypass", "mongodb.parameter")),
    }
    return derived(query, (row,), None, inputs, taken_at)


def _option(inputs: Mapping[Query, Evidence], name: str, fact: str = "mongodb.option") -> Row | Gap:
    found = inputs.get(Query.of(fact, {"name": name}))
    return single(found) if found is not None else error(f"{fact} {name} was not asked of the target")


def _by(options: Mapping[str, Row | Gap]) -> Cell:
    """Give the option that demands a login; absent when none does."""
    said = options["security.authorization"]
    if cell(said, "value") == "enabled":
        return "security.authorization"
    if cell(said, "value") == "disabled" and cell(said, "given") is True:
        return ABSENT
    for name in ("security.keyFile", "security.clusterAuthMode"):
        if cell(options[name], "given") is True and cell(options[name], "value") is not ABSENT:
            return name
    return first_gap(*(found for name in _IMPLYING if isinstance(found := cell(options[name], "value"), Gap))) or ABSENT


def _user_exists(inputs: Mapping[Query, Evidence]) -> Cell:
    """Tell whether there is a user: we are one, or the list shows some; an empty list counts where it is whole."""
    server, users = single(source(inputs, "mongodb.server")), source(inputs, "mongodb.user")
    login = cell(server, "user")
    if isinstance(login, str) and not login.startswith("$external."):
        return True
    if users.rows:
        return True
    return users.gap or False


def _exception(exists: Cell, parameter: Row | Gap) -> Cell:
    allowed = cell(parameter, "enabled")
    if exists is True or allowed is False:
        return False
    if allowed is True and exists is False:
        return True
    if isinstance(allowed, Gap):
        return allowed
    return exists if isinstance(exists, Gap) else unknown("the server has no parameter enableLocalhostAuthBypass")
