"""Makes cases: from input files and, later, from generators."""
