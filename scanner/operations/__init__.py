"""Composition of the stages, one module per command or step; tells the story and decides nothing."""
