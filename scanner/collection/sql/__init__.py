"""What the collectors of all SQL servers share."""
