"""Which module collects which fact of Linux hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from scanner.collection.linux.probe import Output, Probe, Session
from scanner.model.evidence import Evidence, Query

_ROOM = "scanner.collection.linux"

COLLECTORS: Mapping[str, str] = {
    "linux.system": f"{_ROOM}.system",
    "linux.package": f"{_ROOM}.packages",
    "linux.unit": f"{_ROOM}.units",
    "linux.unit_run": f"{_ROOM}.unitruns",
    "linux.sysctl": f"{_ROOM}.kernel",
    "linux.interface_sysctl": f"{_ROOM}.interfaces",
    "linux.sysctl_setting": f"{_ROOM}.sysctl",
    "linux.kernel_module": f"{_ROOM}.modules",
    "linux.boot_entry": f"{_ROOM}.boot_entries",
    "linux.mount": f"{_ROOM}.mounts",
    "linux.file": f"{_ROOM}.files",
    "linux.file_glob": f"{_ROOM}.globs",
    "linux.file_walk": f"{_ROOM}.walk",
    "linux.packaged_set_id": f"{_ROOM}.setid",
    "linux.file_line": f"{_ROOM}.configuration",
    "linux.user": f"{_ROOM}.accounts",
    "linux.group": f"{_ROOM}.accounts",
    "linux.shadow": f"{_ROOM}.accounts",
    "linux.login_defs": f"{_ROOM}.accounts",
    "linux.account_home": f"{_ROOM}.accounts",
    "linux.sshd": f"{_ROOM}.sshd",
    "linux.dot_file": f"{_ROOM}.dotfiles",
    "linux.umask_setting": f"{_ROOM}.shell",
    "linux.shell_timeout": f"{_ROOM}.shell",
    "linux.root_path_entry": f"{_ROOM}.shell",
    "linux.sudo_default": f"{_ROOM}.sudo",
    "linux.sudo_rule": f"{_ROOM}.sudo",
    "linux.sudo_settings": f"{_ROOM}.sudo",
    "linux.process_listening": f"{_ROOM}.network",
    "linux.network_address": f"{_ROOM}.addresses",
    "linux.default_route": f"{_ROOM}.addresses",
    "linux.pam_module": f"{_ROOM}.pam",
    "linux.pam_setting": f"{_ROOM}.pam",
    "linux.firewall_chain": f"{_ROOM}.firewall",
    "linux.firewall_rule": f"{_ROOM}.firewall",
    "linux.ufw": f"{_ROOM}.firewall",
    "linux.nftables_saved": f"{_ROOM}.firewall",
    "linux.audit_rule": f"{_ROOM}.audit",
    "linux.audit_status": f"{_ROOM}.audit",
    "linux.aide_selection": f"{_ROOM}.aide",
    "linux.log_file": f"{_ROOM}.logs",
    "linux.boot_loader": f"{_ROOM}.boot_loader",
    "linux.banner": f"{_ROOM}.banners",
    "linux.dconf_key": f"{_ROOM}.dconf",
    "linux.apparmor_process": f"{_ROOM}.apparmor",
    "linux.process": f"{_ROOM}.processes",
    "linux.rsyslog_action": f"{_ROOM}.rsyslog",
    "linux.package_source": f"{_ROOM}.package_sources",
    "linux.package_key": f"{_ROOM}.package_keys",
    "linux.package_list": f"{_ROOM}.updates",
    "linux.package_update": f"{_ROOM}.updates",
    "linux.chrony_directive": f"{_ROOM}.time",
    "linux.postgres_cluster": f"{_ROOM}.database",
    "linux.mariadb_instance": f"{_ROOM}.database",
    "linux.mongodb_instance": f"{_ROOM}.database",
    "linux.database_file": f"{_ROOM}.database",
    "linux.client_history": f"{_ROOM}.database_secrets",
    "linux.environment_secret": f"{_ROOM}.database_secrets",
    "linux.command_line_secret": f"{_ROOM}.database_secrets",
    "linux.service_file_secret": f"{_ROOM}.database_secrets",
    "linux.pgbackrest_stanza": f"{_ROOM}.database_backup",
    "linux.postgres_package": f"{_ROOM}.database_packages",
    "linux.fips": f"{_ROOM}.fips",
}
"""Fact > module, imported on demand."""


class Collector(Protocol):
    """What a collector module offers: how to ask (`probes`), and how to read the outputs (`answer`)."""

    FACTS: tuple[str, ...]

    def probes(self, queries: Sequence[Query]) -> list[Probe]:
        """Give the probes that these queries (of this module's facts) take."""

    def answer(self, queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
        """Give one Evidence per query; never raises on odd text."""
