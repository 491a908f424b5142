"""What a run is held against: an earlier run, and what documents claim."""
