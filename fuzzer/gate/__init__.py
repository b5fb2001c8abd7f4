"""From what was measured to whether it may go out. Pure."""
