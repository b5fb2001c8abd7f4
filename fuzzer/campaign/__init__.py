"""Wiring: cases through execution and comparison to confirmed results, as a stream of events."""
