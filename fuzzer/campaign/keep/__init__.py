"""What is kept of a campaign while it goes on: handlers of its events."""
