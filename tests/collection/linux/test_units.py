from __future__ import annotations

from scanner.collection.linux import unitfiles, units
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT
from tests.collection.parity import check


def answers(lines: list[str], *names: str, session=AS_ROOT, status: int = 0):
    queries = [Query.of("linux.unit", {"name": name}) for name in names]
    output = Output(stdout="".join(f"{line}\n" for line in lines).encode(), status=status)
    found = units.answer(queries, {"linux.unit": output}, session)
    for evidence in found:
        check(evidence)
    return found


def block(name: str, **more: str) -> list[str]:
    told = {"Id": name, "Names": name, "LoadState": "loaded", "ActiveState": "inactive", "UnitFileState": "disabled"}
    return [*(f"{key}={value}" for key, value in (told | more).items()), ""]


def test_a_static_unit_is_enabled_when_something_that_runs_wants_it():
    lines = ["running", *block("a.service", UnitFileState="static", WantedBy="x.target")]
    up = [*lines, "--", "Id=x.target", "ActiveState=active"]
    down = [*lines, "--", "Id=x.target", "ActiveState=inactive"]
    assert answers(up, "a.service")[0].rows[0]["enabled"] is True
    assert answers(down, "a.service")[0].rows[0]["enabled"] is False


def test_a_unit_behind_an_armed_socket_is_enabled():
    lines = ["running", *block("a.service", TriggeredBy="a.socket"), "--", "Id=a.socket"]
    told = {
        ("active", "disabled"): True,
        ("inactive", "enabled"): True,
        ("inactive", "disabled"): False,
        ("failed", "static"): False,
    }
    for (active, state), enabled in told.items():
        row = answers([*lines, f"ActiveState={active}", f"UnitFileState={state}"], "a.service")[0].rows[0]
        assert (row["enabled"], row["triggered_by"]) == (enabled, ["a.socket"])


def test_an_alias_answers_for_its_unit():
    lines = [
        "running",
        *block("ssh.service", Names="ssh.service sshd.service", UnitFileState="enabled", ActiveState="active"),
    ]
    (evidence,) = answers(lines, "sshd.service")
    assert (evidence.rows[0]["name"], evidence.rows[0]["active"]) == ("sshd.service", True)


def test_a_masked_unit_is_present_and_not_enabled():
    lines = [
        "running",
        *block("a.service", LoadState="masked", UnitFileState="masked", WantedBy="x.target"),
        "--",
        "Id=x.target",
        "ActiveState=active",
    ]
    row = answers(lines, "a.service")[0].rows[0]
    assert (row["present"], row["masked"], row["enabled"], row["enabled_state"]) == (True, True, False, "masked")


def test_a_mask_that_ends_with_the_next_boot_disables_nothing():
    told = {"LoadState": "masked", "UnitFileState": "masked-runtime"}
    up = ["--", "Id=x.target", "ActiveState=active"]
    wanted = answers(["running", *block("a.service", **told, WantedBy="x.target"), *up], "a.service")[0].rows[0]
    alone = answers(["running", *block("a.service", **told)], "a.service")[0].rows[0]
    assert (wanted["masked"], wanted["enabled"]) == (True, True)
    assert isinstance(alone["enabled"], Gap)


def test_a_unit_that_is_gone_but_runs_is_active():
    lines = ["running", *block("a.service", LoadState="not-found", ActiveState="active", UnitFileState="")]
    row = answers(lines, "a.service")[0].rows[0]
    assert (row["present"], row["active"]) == (False, True)


def test_a_unit_that_is_not_there_is_absent():
    lines = ["running", *block("a.service", LoadState="not-found", UnitFileState="")]
    row = answers(lines, "a.service")[0].rows[0]
    assert row["present"] is False
    assert row["active"] is ABSENT


def test_a_unit_that_systemctl_left_out_is_an_error():
    first, second = answers(["running", *block("a.service")], "a.service", "b.service")
    assert first.gap is None
    assert second.gap is not None


def test_denial_names_root():
    (evidence,) = answers(["running"], "a.service", session=AS_ADA, status=1)
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")
    (as_root,) = answers(["running"], "a.service", status=1)
    assert as_root.gap is not None
    assert as_root.gap.kind is Outcome.ERROR


def test_names_that_are_none_are_not_asked():
    for name in ("a", "a.service b", "*.service", "--help.service\n"):
        (evidence,) = answers(["running"], name)
        assert evidence.gap is not None
        assert units.probes([evidence.query]) == []


def test_a_template_is_never_shown_with_the_others():
    queries = [Query.of("linux.unit", {"name": name}) for name in ("getty@.service", "a.service")]
    script = units.probes(queries)[0].script
    asked = script[: script.index("blocks=")]
    assert "a.service" in asked
    assert "getty@.service" not in asked
    only = units.probes(queries[:1])[0].script
    assert "blocks=" not in only


OFFLINE = [
    "offline",
    "state a.service static -",
    "state b.service enabled enabled",
    "state getty@.service enabled enabled",
    "file /usr/lib/systemd/system/a.service",
    "pull /usr/lib/systemd/system/x.target.wants/a.service",
    "link /etc/systemd/system/b.service /dev/null",
    "file /usr/lib/systemd/system/b.service",
    "empty /etc/systemd/system/c.service",
    "init d.service",
    "level d.service",
    "file /usr/lib/systemd/system/getty@.service",
    "pull /etc/systemd/system/getty.target.wants/getty@tty1.service",
    "link /etc/systemd/system/e.service /usr/lib/systemd/system/f.service",
]


def test_without_systemd_files_are_read():
    names = (
        "a.service",
        "b.service",
        "c.service",
        "d.service",
        "getty@tty1.service",
        "getty@tty2.service",
        "e.service",
        "z.service",
    )
    rows = {str(evidence.rows[0]["name"]): evidence.rows[0] for evidence in answers(OFFLINE, *names)}
    assert (rows["a.service"]["enabled"], rows["a.service"]["enabled_state"]) == (True, "static")
    for masked in ("b.service", "c.service"):
        assert (rows[masked]["masked"], rows[masked]["enabled"]) == (True, False)
    assert (rows["d.service"]["enabled"], rows["d.service"]["enabled_state"]) == (True, "generated")
    assert rows["getty@tty1.service"]["enabled"] is True
    assert rows["getty@tty2.service"]["enabled"] is False
    assert rows["e.service"]["fragment"] == "/usr/lib/systemd/system/f.service"
    assert isinstance(rows["e.service"]["enabled"], Gap)
    assert rows["z.service"]["present"] is False
    for name in names[:-1]:
        active = rows[name]["active"]
        assert isinstance(active, Gap)
        assert active.kind is Outcome.UNKNOWN


def test_a_host_without_systemctl_says_so():
    (evidence,) = answers(["offline"], "a.service", status=unitfiles.NO_SYSTEMCTL)
    assert str(evidence.gap) == "systemd is not installed there"


def test_template_names():
    assert unitfiles.template_of("getty@tty1.service") == "getty@.service"
    assert unitfiles.template_of("getty@.service") == ""
    assert unitfiles.template_of("ssh.service") == ""
