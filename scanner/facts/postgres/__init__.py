"""Facts of PostgreSQL servers."""
