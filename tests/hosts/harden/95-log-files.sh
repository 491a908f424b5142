#!/bin/sh
# Gives log files the modes and owners that they should have, once all other scripts have written theirs.
set -eu

find /var/log -type f ! -name 'lastlog*' ! -name 'wtmp*' ! -name 'btmp*' -exec chmod u-x,g-wx,o-rwx {} +
find /var/log -type f \( -name 'lastlog*' -o -name 'wtmp*' -o -name 'btmp*' \) -exec chmod u-x,g-x,o-wx {} +
