"""Controlproof: a policy-as-code compliance scanner that shows which controls hold, and what proves it."""
