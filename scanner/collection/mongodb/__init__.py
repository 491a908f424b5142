"""Collectors of MongoDB servers."""
