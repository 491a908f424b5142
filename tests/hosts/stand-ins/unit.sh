#!/bin/sh
# Makes stand-in units for mutations: `unit.sh enable UNIT…`, `unit.sh start UNIT…`, and `unit.sh remove UNIT…`.
set -eu
act=$1
shift
for unit; do
    file=/etc/systemd/system/$unit
    case $act in
    remove)
        systemctl stop "$unit"
        rm -f "$file" /etc/systemd/system/*.wants/"$unit"
        continue
        ;;
    esac
    wanted=multi-user.target
    case $unit in
    *.socket) wanted=sockets.target what="[Socket]
ListenStream=/run/stand-in-$unit
Service=stand-in@.service
Accept=yes" ;;
    *.path) wanted=paths.target what="[Path]
PathExists=/nowhere
Unit=stand-in@x.service" ;;
    *) what="[Service]
ExecStart=/bin/sleep 99d" ;;
    esac
    printf '[Unit]\nDescription=Stand-in\n\n%s\n\n[Install]\nWantedBy=%s\n' "$what" "$wanted" >"$file"
    if [ "$act" = enable ]; then
        mkdir -p "/etc/systemd/system/$wanted.wants"
        ln -sf "../$unit" "/etc/systemd/system/$wanted.wants/$unit"
    fi
done
systemctl daemon-reload
if [ "$act" = start ]; then
    systemctl start "$@"
fi
