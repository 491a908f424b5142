"""The arithmetic of recovery: pure functions on plain values; times are seconds since 1970, durations seconds."""
