# auditd's configuration, and who may touch it, its logs and its tools.
set -eu
set_option() {
    sed -i -E "/^[[:space:]]*$1[[:space:]]*=/Id" /etc/audit/auditd.conf
    printf '%s = %s\n' "$1" "$2" >>/etc/audit/auditd.conf
}
set_option max_log_file 32
set_option max_log_file_action keep_logs
set_option disk_full_action halt
set_option disk_error_action halt
set_option space_left_action email
set_option admin_space_left_action single
set_option log_group root
mkdir -p /var/log/audit /etc/default/grub.d
chmod 0750 /var/log/audit
[ -s /var/log/audit/audit.log ] || echo 'type=DAEMON_START msg=audit(1700000000.000:1): stand-in' >/var/log/audit/audit.log
chmod 0600 /var/log/audit/audit.log
find /etc/audit -type f \( -name '*.conf' -o -name '*.rules' \) -exec chmod 0640 {} + -exec chown root:root {} +
# /proc/cmdline is a stand-in that says the same.
printf 'GRUB_CMDLINE_LINUX="audit=1 audit_backlog_limit=8192 apparmor=1 security=apparmor"\n' >/etc/default/grub.d/60-site.cfg
[ -e /etc/default/grub ] || printf 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n' >/etc/default/grub
