"""Reporters: one module per format, each a pure function of a finished report."""
