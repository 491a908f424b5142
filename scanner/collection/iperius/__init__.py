"""Iperius Backup: its logs and the files it makes."""
