"""Veeam Backup & Replication: its REST API, or a file exported from it."""
