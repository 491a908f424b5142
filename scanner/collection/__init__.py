"""Collectors by platform: how to ask, and how to read the answer."""
