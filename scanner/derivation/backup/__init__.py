"""Derived facts of one backup system."""
