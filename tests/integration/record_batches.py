"""A process that records batches of results: `record_batches.py FOLDER NAME BATCHES`; 0 batches never ends.

Every batch holds a result that agrees and one that does not. After each it says how many it has recorded.
"""

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sample_results import FLIPPED, OK, recorded, result

from fuzzer.model import Record
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.recorder import Recorder


def warn(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main(folder: str, core: str, batches: str) -> None:
    recorder = Recorder(
        LocalStore(Path(folder)),
        record=Record.ALL,
        clock=lambda: datetime.now(UTC),
        warn=warn,
    )
    batch = [recorded(result(OK, core=core)), recorded(result(FLIPPED, OK, core=core))]
    for number in range(1, int(batches) + 1) if batches != "0" else count(1):
        recorder.record(batch)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
