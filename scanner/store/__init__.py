"""Run folders: snapshots and results on disk, written atomically, locked, and read back."""
