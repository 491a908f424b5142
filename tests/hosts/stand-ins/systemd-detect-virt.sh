#!/bin/sh
# Stands in for systemd-detect-virt: the host is to be judged as a machine, not as the container that it is.
case " $* " in *' --quiet '* | *' -q '*) ;; *) echo none ;; esac
exit 1
