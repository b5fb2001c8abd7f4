"""`python -m fuzzer` is the command `fuzz`."""

from fuzzer.cli.main import main

if __name__ == "__main__":  # workers of a cluster on this machine import it again
    main()
