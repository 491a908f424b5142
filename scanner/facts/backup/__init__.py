"""Facts about backup systems, the same for all of them: what each holds, runs, keeps and lets whom do."""
