"""Collectors of MariaDB and MySQL servers."""
