"""Derived facts by subject: pure functions of evidence, without I/O and without a clock."""
