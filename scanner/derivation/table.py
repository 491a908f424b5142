"""Which function computes which derived fact."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from scanner.model.errors import ConfigurationError, near
from scanner.model.evidence import Evidence, Query

_AWS = "scanner.derivation.aws"
_LINUX = "scanner.derivation.linux"
_MONGODB = "scanner.derivation.mongodb"
_POSTGRES = "scanner.derivation.postgres"

DERIVATIONS: Mapping[str, str] = {
    "backup.release": "scanner.derivation.backup.releases:release",
    "backup.log_forwarding": "scanner.derivation.backup.logs:log_forwarding",
    "linux.sysctl_boot": f"{_LINUX}.sysctl_boot:sysctl_boot",
    "linux.password_ageing": f"{_LINUX}.ageing:password_ageing",
    "linux.account_duplicate": f"{_LINUX}.accounts:account_duplicate",
    "linux.account_group": f"{_LINUX}.accounts:account_group",
    "linux.pam_unix": f"{_LINUX}.pam_unix:pam_unix",
    "linux.pam_faillock": f"{_LINUX}.pam_faillock:pam_faillock",
    "linux.pam_pwquality": f"{_LINUX}.pam_quality:pam_pwquality",
    "linux.pam_pwhistory": f"{_LINUX}.pam_history:pam_pwhistory",
    "linux.pam_wheel": f"{_LINUX}.pam_wheel:pam_wheel",
    "linux.firewall": f"{_LINUX}.firewall:firewall",
    "linux.firewall_policy": f"{_LINUX}.firewall:firewall_policy",
    "linux.firewall_base_chain": f"{_LINUX}.firewall:firewall_base_chain",
    "linux.nftables_boot": f"{_LINUX}.firewall:nftables_boot",
    "linux.iptables_leftover": f"{_LINUX}.firewall:iptables_leftover",
    "linux.open_port": f"{_LINUX}.open_port:open_port",
    "linux.port_exposure": f"{_LINUX}.exposure:port_exposure",
    "linux.set_id_program": f"{_LINUX}.setid:set_id_program",
    "linux.audit_watch": f"{_LINUX}.audit:audit_watch",
    "linux.audit_syscall": f"{_LINUX}.audit:audit_syscall",
    "linux.audit_privileged_program": f"{_LINUX}.audit:audit_privileged_program",
    "linux.audit_sudo_log": f"{_LINUX}.audit:audit_sudo_log",
    "linux.audit_rule_difference": f"{_LINUX}.audit:audit_rule_difference",
    "linux.sshd_banner": f"{_LINUX}.banners:sshd_banner",
    "linux.rsyslog_facility": f"{_LINUX}.rsyslog:rsyslog_facility",
    "linux.timesyncd_server": f"{_LINUX}.time:timesyncd_server",
    "postgres.hba_state": f"{_POSTGRES}.hba:hba_state",
    "postgres.hba_effective": f"{_POSTGRES}.hba:hba_effective",
    "postgres.database_owner": f"{_POSTGRES}.owners:database_owner",
    "postgres.listen_address": f"{_POSTGRES}.addresses:listen_address",
    "postgres.log_file": f"{_POSTGRES}.logs:log_file",
    "postgres.log_line": f"{_POSTGRES}.logs:log_line",
    "postgres.preload": f"{_POSTGRES}.libraries:preload",
    "postgres.pgaudit": f"{_POSTGRES}.libraries:pgaudit",
    "aws.cloudtrail_bucket": f"{_AWS}.cloudtrail_bucket:trail_bucket",
    "aws.kms_key_use": f"{_AWS}.kms_key_use:key_use",
    "aws.watched_event": f"{_AWS}.watched_event:watched_event",
    "aws.s3_exposure": f"{_AWS}.s3_exposure:exposure",
    "mongodb.release": f"{_MONGODB}.release:release",
    "mongodb.account": f"{_MONGODB}.accounts:account",
    "mongodb.access_control": f"{_MONGODB}.access:access_control",
    "postgres.release": f"{_POSTGRES}.releases:release",
    "postgres.tls": f"{_POSTGRES}.tls:tls",
    "postgres.host": "scanner.derivation.postgres.host:host",
    "postgres.host_file": "scanner.derivation.postgres.host:host_file",
    "postgres.host_package": "scanner.derivation.postgres.host:host_package",
    "postgres.host_fips": "scanner.derivation.postgres.host:host_fips",
    "postgres.sudo_rule": "scanner.derivation.postgres.host:sudo_rule",
    "postgres.client_history": "scanner.derivation.postgres.host:client_history",
    "postgres.environment_secret": "scanner.derivation.postgres.host:environment_secret",
    "postgres.command_line_secret": "scanner.derivation.postgres.host:command_line_secret",
    "postgres.service_file_secret": "scanner.derivation.postgres.host:service_file_secret",
    "postgres.backup_stanza": "scanner.derivation.postgres.host:backup_stanza",
    "mariadb.host": "scanner.derivation.mariadb.host:host",
    "mariadb.host_file": "scanner.derivation.mariadb.host:host_file",
    "mariadb.client_history": "scanner.derivation.mariadb.host:client_history",
    "mariadb.environment_secret": "scanner.derivation.mariadb.host:environment_secret",
    "mariadb.command_line_secret": "scanner.derivation.mariadb.host:command_line_secret",
    "mariadb.option_file_secret": "scanner.derivation.mariadb.host:option_file_secret",
    "mongodb.host": "scanner.derivation.mongodb.host:host",
    "mongodb.host_file": "scanner.derivation.mongodb.host:host_file",
}
"""Fact > `module:function`, imported on demand."""


class Derivation(Protocol):
    """What computes a derived fact: pure, and never more certain than its inputs."""

    def __call__(self, query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
        """Give the evidence for `query` from the evidence of its input queries."""


def derive(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Compute a derived fact.

    `inputs` holds the evidence of the expanded input queries, `taken_at` is the snapshot's time (RFC 3339, UTC)
    and counts where the evidence does not carry the target's own. Raises ConfigurationError for a fact that
    nothing here computes.
    """
    try:
        module, _, name = DERIVATIONS[query.fact].partition(":")
    except KeyError:
        raise ConfigurationError(f"{query.fact}: nothing computes this fact{near(query.fact, DERIVATIONS)}") from None
    return cast("Derivation", getattr(import_module(module), name))(query, inputs, taken_at)
