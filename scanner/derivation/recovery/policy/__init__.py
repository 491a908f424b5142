"""Whether a recovery policy can hold at all: its demands against each other and against its own means."""
