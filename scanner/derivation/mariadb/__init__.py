"""Derived facts of MariaDB and MySQL servers."""
