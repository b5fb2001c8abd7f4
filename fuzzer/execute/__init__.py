"""Running cases on targets: the runner protocol, runner processes, many cases at once."""
