# The script of audit rules writes for AIDE as well, which a guest has no use for.
set -eu
mkdir -p /etc/aide/aide.conf.d
