"""Collectors of git repositories."""
