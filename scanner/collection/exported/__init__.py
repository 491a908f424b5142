"""What readers of APIs and of dropped files share: odd values made into cells, freshness, and whole answers."""
