"""`python -m fuzzer` is the command `fuzz`."""

from fuzzer.cli.main import main

main()
