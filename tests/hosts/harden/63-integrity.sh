# AIDE with a database, and its daily check.
set -eu
if [ ! -s /var/lib/aide/aide.db ]; then
    # Only what a test needs: the database of the whole tree would take minutes.
    printf 'database_in=file:/var/lib/aide/aide.db\ndatabase_out=file:/var/lib/aide/aide.db.new\n/etc p+u+g+sha256\n' >/run/aide-small.conf
    aide --config /run/aide-small.conf --init >/dev/null
    mv /var/lib/aide/aide.db.new /var/lib/aide/aide.db
fi
systemctl enable --now dailyaidecheck.timer
