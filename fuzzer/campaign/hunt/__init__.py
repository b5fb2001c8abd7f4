"""Campaigns of generated instruction programs, held against the reference executor."""
