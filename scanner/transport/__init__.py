"""The ways to a target: each runs one script over there and brings back bytes, without knowing what they mean."""
