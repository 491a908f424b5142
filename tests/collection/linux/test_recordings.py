"""Every recording of a real system gives the evidence that stands beside it."""

from __future__ import annotations

import pytest

from tests.collection.parity import check
from tests.collection.recorded import HOME, Case, cases, written

FACTS = (
    "linux.system",
    "linux.package",
    "linux.unit",
    "linux.sysctl",
    "linux.interface_sysctl",
    "linux.sysctl_setting",
    "linux.kernel_module",
    "linux.mount",
    "linux.file",
    "linux.file_glob",
    "linux.file_walk",
    "linux.process_listening",
    "linux.sudo_default",
    "linux.sudo_rule",
    "linux.sudo_settings",
    "linux.umask_setting",
    "linux.shell_timeout",
    "linux.root_path_entry",
    "linux.dot_file",
    "linux.audit_rule",
    "linux.audit_status",
    "linux.aide_selection",
    "linux.log_file",
    "linux.packaged_set_id",
    "linux.unit_run",
    "linux.firewall_chain",
    "linux.firewall_rule",
    "linux.ufw",
    "linux.nftables_saved",
    "linux.postgres_cluster",
    "linux.mariadb_instance",
    "linux.mongodb_instance",
    "linux.database_file",
    "linux.client_history",
    "linux.environment_secret",
    "linux.command_line_secret",
    "linux.service_file_secret",
    "linux.pgbackrest_stanza",
    "linux.postgres_package",
    "linux.fips",
)


@pytest.mark.parametrize("case", list(cases(FACTS)), ids=lambda case: f"{case.path.parent.name}/{case.path.name}")
def test_a_recording_means_what_it_meant(case: Case):
    found = case.answer()
    assert [written(evidence) for evidence in found] == case.evidence
    for evidence in found:
        check(evidence)
        assert evidence.provenance.taken_at == case.session.now
        assert evidence.provenance.as_user == case.session.user


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_has_recordings(fact):
    assert len(list((HOME / fact).iterdir())) >= 2


def test_recordings_of_ordinary_users_hide_something():
    hidden = [case for case in cases(FACTS) if case.session.uid != 0]
    assert len(hidden) >= 5
    for case in [case for case in hidden if case.path.name.endswith("-ordinary")]:
        assert '"needs": "root"' in (case.path / "case.json").read_text(), case.path
