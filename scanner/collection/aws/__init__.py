"""Collectors of AWS accounts."""
