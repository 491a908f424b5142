"""Collectors of Proxmox Backup Server and Proxmox VE."""
