"""Facts of Linux hosts, one module per subject."""
