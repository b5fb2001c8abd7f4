"""Says what a divergence is: its signature, whom to suspect, whether it is allowed."""
