"""The harness as a library: cores that run inputs, strategies of inputs, and the plugin of pytest."""
