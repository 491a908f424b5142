"""The operators: pure, compiled once to closures, each explains itself."""
