"""Derivations that relate monitoring systems with each other."""
