"""Plans: rules, profiles and targets in, one visit per endpoint out; nothing is asked here."""
