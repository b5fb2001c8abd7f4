"""Says whether two outcomes agree. Pure."""
