"""Facts of MongoDB servers."""
