"""Facts about git repositories that hold configuration and recovery documents."""
