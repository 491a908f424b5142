"""Linux hosts: probes merged into one script, and the collectors that read its answer."""
