"""Facts about the estate's recovery: per asset what restore points, jobs and drills prove, beside what is demanded."""
