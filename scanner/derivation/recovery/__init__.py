"""Recovery: what restore points, jobs and drills of all systems say about each asset of the estate."""
