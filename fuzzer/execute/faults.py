"""The faults that the target `rvref-faulty` can have planted in it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fuzzer.errors import RunnerError
from fuzzer.model import Fault


def known_faults(runner: Path) -> Mapping[str, Fault]:
    """The faults by name, as the runner itself lists them; none of a clean build.

    Raises:
        RunnerError: the runner does not list them.
    """
    try:
        listed = subprocess.run([str(runner), "faults"], capture_output=True, check=True).stdout
        faults = msgspec.json.decode(listed, type=list[Fault])
    except (OSError, subprocess.CalledProcessError, msgspec.MsgspecError) as error:
        raise RunnerError(f"rvref does not tell which faults it knows: {error}") from error
    return {fault.name: fault for fault in faults}
