"""Keeps what runs leave behind: summary, run logs, findings."""
