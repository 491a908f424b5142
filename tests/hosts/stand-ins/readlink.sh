#!/bin/sh
# Stands in for readlink where it would tell the container's process namespace; else it is the real one.
if [ "$*" = /proc/self/ns/pid ]; then
    echo 'pid:[4026531836]'
    exit 0
fi
exec /usr/bin/readlink.distrib "$@"
