"""Derived facts of Linux hosts."""
