# cron and at: for root and those who are listed.
set -eu
systemctl enable --now cron.service
chmod 0600 /etc/crontab
for folder in hourly daily weekly monthly d; do
    mkdir -p "/etc/cron.$folder"
    chown root:root "/etc/cron.$folder"
    chmod 0700 "/etc/cron.$folder"
done
rm -f /etc/cron.deny /etc/at.deny
: >/etc/cron.allow
: >/etc/at.allow
chown root:crontab /etc/cron.allow
chown root:daemon /etc/at.allow
chmod 0640 /etc/cron.allow /etc/at.allow
