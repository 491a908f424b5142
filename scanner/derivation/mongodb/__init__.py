"""Derived facts of MongoDB servers."""
