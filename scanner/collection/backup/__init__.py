"""Collectors of backup systems: many systems, one vocabulary."""
