"""Derived facts of PostgreSQL servers."""
