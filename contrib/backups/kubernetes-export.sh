#!/bin/sh
# Exports what Controlproof reads of a cluster's backups (kubernetes-export/1) with kubectl:
#   kubernetes-export.sh FOLDER
# Run it by a timer wherever kubectl reaches the cluster, and name the folder in the inventory.
set -eu
umask 027
folder=$1
work=$(mktemp -d "$folder/.export.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

collected_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
version=$(kubectl version -o json 2>"$work/error" | tr -d '\n' |
    sed -n 's/.*"serverVersion".*"gitVersion": *"\([^"]*\)".*/\1/p')
complete=true
states=
for resource in \
    namespaces persistentvolumeclaims \
    backups.velero.io schedules.velero.io restores.velero.io backupstoragelocations.velero.io \
    podvolumebackups.velero.io datauploads.velero.io \
    volumesnapshots.snapshot.storage.k8s.io volumesnapshotcontents.snapshot.storage.k8s.io \
    volumesnapshotclasses.snapshot.storage.k8s.io \
    etcdsnapshotfiles.k3s.cattle.io
do
    file=$work/$resource.json
    if kubectl get "$resource" --all-namespaces -o json >"$file" 2>"$work/error"; then
        state=ok
    elif grep -q "have a resource type" "$work/error"; then
        state=missing
    elif grep -qi "forbidden" "$work/error"; then
        state=denied
    else
        state=failed
        complete=false
    fi
    [ "$state" = ok ] || rm -f "$file" "$folder/$resource.json"
    states="$states${states:+, }\"$resource\": \"$state\""
done
printf '{"schema": "kubernetes-export/1", "collected_at": "%s", "version": "%s", "namespaces": "all", "complete": %s,\n "resources": {%s}}\n' \
    "$collected_at" "$version" "$complete" "$states" >"$work/export.json"
rm -f "$work/error"
# What vouches for the lists comes last.
mv "$work/export.json" "$folder/.export.json.new"
for file in "$work"/*.json; do
    [ ! -e "$file" ] || mv "$file" "$folder/"
done
mv "$folder/.export.json.new" "$folder/export.json"
