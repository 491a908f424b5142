"""linux.sysctl_boot: the replay of sysctl.d(5), and what is left open where an input is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown
from tests.derivation.linux.sysctl_vectors import VECTORS, Vector, rows

_LATER = ("next_boot", "source", "overridden")
_NAME = "net.ipv4.conf.lo.rp_filter"


def _boot(
    name: str,
    settings: Evidence | list[Row],
    *,
    running: Evidence | Cell = "0",
    ufw: Evidence | Cell = False,
    systemd: Cell = True,
) -> Row:
    query = Query.of("linux.sysctl_boot", {"name": name})
    asked = Query.of("linux.sysctl", {"name": name})
    unit = Query.of("linux.unit", {"name": "ufw.service"})
    listed = Query("linux.sysctl_setting")
    inputs = {
        asked: running
        if isinstance(running, Evidence)
        else Evidence(asked, ({"name": name, "present": running is not ABSENT, "value": running},)),
        listed: settings if isinstance(settings, Evidence) else Evidence(listed, tuple(settings)),
        unit: ufw if isinstance(ufw, Evidence) else Evidence(unit, ({"name": "ufw.service", "enabled": ufw},)),
        Query("linux.system"): Evidence(Query("linux.system"), ({"systemd": systemd},)),
    }
    found = derive(query, inputs, "2026-11-21T00:00:00Z")
    assert found.query == query
    assert found.gap is None
    assert found.provenance.sources == tuple(sorted(map(str, inputs)))
    (row,) = found.rows
    return row


def _setting(name: str, value: Cell, order: int, loader: str = "systemd-sysctl", glob: bool = False) -> Row:
    return {
        "name": name,
        "value": value,
        "path": "/etc/ufw/sysctl.conf" if loader == "ufw" else "/etc/sysctl.d/1.conf",
        "line": order,
        "order": order,
        "loader": loader,
        "glob": glob,
        "ignore_failure": False,
    }


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_replay_gives_what_the_vectors_say(vector: Vector):
    for name, value in vector.sets.items():
        row = _boot(name, rows(vector))
        assert row["next_boot"] == (ABSENT if value is None else value), name
        assert (row["source"] is ABSENT) == (value is None)


def test_the_row_names_who_wins_and_who_loses():
    row = _boot(_NAME, [_setting(_NAME, "1", 1), _setting("net.ipv4.conf.*.rp_filter", "2", 2, glob=True)])
    assert row == {
        "name": _NAME,
        "present": True,
        "running": "0",
        "next_boot": "1",
        "source": "/etc/sysctl.d/1.conf:1",
        "overridden": ["/etc/sysctl.d/1.conf:2 = 2"],
    }


def test_exclusions_are_told_among_those_that_lose():
    row = _boot(_NAME, [_setting("net.ipv4.conf.*.rp_filter", "2", 1, glob=True), _setting(_NAME, ABSENT, 2)])
    assert row["overridden"] == ["/etc/sysctl.d/1.conf:1 = 2", "/etc/sysctl.d/1.conf:2 excludes it from globs"]


def test_order_decides_not_the_place_in_the_list():
    assert _boot(_NAME, [_setting(_NAME, "2", 9), _setting(_NAME, "1", 8)])["next_boot"] == "2"


def test_blanks_are_folded_as_in_the_running_value():
    assert (
        _boot("net.ipv4.tcp_rmem", [_setting("net.ipv4.tcp_rmem", "4096\t  87380 1", 1)])["next_boot"] == "4096 87380 1"
    )


@pytest.mark.parametrize("name", ["net.ipv4.conf.eth0/7.rp_filter", "net/ipv4/conf/eth0.7/rp_filter"])
@pytest.mark.parametrize("key", ["net.ipv4.conf.eth0/7.rp_filter", "net/ipv4/conf/eth0.7/rp_filter"])
def test_a_dot_within_an_interface_is_the_same_in_both_forms(name: str, key: str):
    assert _boot(name, [_setting(key, "1", 1)])["next_boot"] == "1"


def test_a_parameter_that_the_kernel_lacks_stays_absent():
    row = _boot(_NAME, [_setting(_NAME, "1", 1)], running=ABSENT)
    assert (row["present"], row["running"], row["next_boot"]) == (False, ABSENT, "1")


def test_ufw_counts_only_when_it_starts_at_boot():
    settings = [_setting(_NAME, "1", 1), _setting("net/ipv4/conf/lo/rp_filter", "2", 2, "ufw")]
    assert _boot(_NAME, settings, ufw=True)["next_boot"] == "2"
    assert _boot(_NAME, settings, ufw=True)["source"] == "/etc/ufw/sysctl.conf:2"
    asleep = _boot(_NAME, settings, ufw=False)
    assert (asleep["next_boot"], asleep["overridden"]) == ("1", [])


def test_an_unknown_unit_matters_only_where_ufw_touches_the_parameter():
    gap = unknown("systemd did not let us ask", "root")
    lost = Evidence(Query.of("linux.unit", {"name": "ufw.service"}), gap=gap)
    touched = [_setting(_NAME, "1", 1), _setting(_NAME, "1", 2, "ufw")]
    for unit in (lost, gap):
        row = _boot(_NAME, touched, ufw=unit)
        assert [row[name] for name in _LATER] == [gap] * 3
        assert row["running"] == "0"
        assert _boot(_NAME, touched[:1], ufw=unit)["next_boot"] == "1"


def test_a_glob_in_ufws_file_is_not_guessed():
    row = _boot(_NAME, [_setting("net.ipv4.conf.*.rp_filter", "1", 1, "ufw", glob=True)], ufw=True)
    assert isinstance(row["next_boot"], Gap)


def test_missing_files_leave_the_next_boot_open_and_the_running_value_known():
    gap = unknown("/etc/sysctl.d/99.conf may not be read", "root")
    row = _boot(_NAME, Evidence(Query("linux.sysctl_setting"), (_setting(_NAME, "1", 1),), gap))
    assert [row[name] for name in _LATER] == [gap] * 3
    assert (row["present"], row["running"]) == (True, "0")


def test_a_running_value_that_could_not_be_read_leaves_the_next_boot_known():
    gap = error("the probe ran into its time limit")
    asked = Query.of("linux.sysctl", {"name": _NAME})
    row = _boot(_NAME, [_setting(_NAME, "1", 1)], running=Evidence(asked, gap=gap))
    assert (row["present"], row["running"], row["next_boot"]) == (gap, gap, "1")


@pytest.mark.parametrize("settings", [[], [_setting(_NAME, "1", 1)]], ids=["no file", "a file"])
def test_without_systemd_nobody_is_known_to_read_the_files(settings: list[Row]):
    """A container starts with what its runtime sets: neither a file nor the lack of one decides."""
    row = _boot(_NAME, settings, systemd=False)
    assert row["running"] == "0"
    assert {row[name] for name in _LATER} == {
        unknown("systemd does not run there, so what sets it at boot is not known")
    }
    hidden = error("the init system was not told")
    assert {_boot(_NAME, settings, systemd=hidden)[name] for name in _LATER} == {hidden}


def test_inputs_that_were_not_asked_are_errors():
    query = Query.of("linux.sysctl_boot", {"name": _NAME})
    (row,) = derive(query, {}, "").rows
    assert all(isinstance(cell, Gap) for name, cell in row.items() if name != "name")


_PARTS = st.sampled_from(
    ["net.ipv4.ip_forward", "net.ipv4.*", "net.?pv4.ip_forward", "kernel.sysrq", "net.*.ip_forward"]
)
_GAPS = st.sampled_from([unknown("hidden", "root"), error("cut")])


@st.composite
def _settings(draw: st.DrawFn) -> list[Row]:
    names = draw(st.lists(_PARTS, max_size=6))
    loaders = st.sampled_from(["systemd-sysctl", "ufw"])
    values = st.sampled_from(["0", "1", ABSENT])
    return [
        _setting(name, draw(values), order, draw(loaders), glob="*" in name or "?" in name)
        for order, name in enumerate(names, 1)
    ]


@given(_settings(), _GAPS, st.sampled_from(["value", "name", "order", "loader", "glob", "path", "line"]), st.data())
def test_a_gap_in_any_assignment_is_never_swallowed(settings: list[Row], gap: Gap, column: str, data: st.DataObject):
    hurt = data.draw(st.integers(0, len(settings)))
    broken: Row = {**_setting("kernel.sysrq", "1", 99), column: gap}
    row = _boot("net.ipv4.ip_forward", [*settings[:hurt], broken, *settings[hurt:]])
    assert [row[name] for name in _LATER] == [gap] * 3


@given(_settings(), st.booleans())
def test_what_wins_is_one_of_the_assignments(settings: list[Row], ufw: bool):
    row = _boot("net.ipv4.ip_forward", settings, ufw=ufw)
    if isinstance(row["next_boot"], str):
        assert row["source"] in {f"{one['path']}:{one['line']}" for one in settings if one["value"] == row["next_boot"]}
    else:
        assert row["next_boot"] is ABSENT or ufw
