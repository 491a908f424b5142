"""Kubernetes: backups of Velero, snapshots of volumes and of etcd."""
