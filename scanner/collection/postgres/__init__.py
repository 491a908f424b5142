"""Collectors of PostgreSQL servers."""
