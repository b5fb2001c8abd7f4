"""How long `fuzz triage` takes on 1,000,000 runs and 1,000 findings: opened first, again, and after new runs.

The artifacts are made for the purpose, in a temporary folder: a summary with a row per run, and the folder of
each finding with its run log. Usage: scripts/python.sh's Python, `scripts/bench_triage.py [RUNS [FINDINGS]]`.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fuzzer.store.run_log import decode_log, encode_document, rows_of  # noqa: E402
from fuzzer.store.summary import COLUMNS, encode_fields, encode_rows  # noqa: E402

SAMPLE = ROOT / "inputs" / "trophies" / "sp1-jit-jalr-odd-target" / "run_log.json"
ROUNDS = 3


def main() -> None:
    """Make the artifacts, and time the command."""
    runs, findings = (int(word) for word in (*sys.argv[1:], *("1000000", "1000")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "fuzzer.toml").write_text("")
        artifacts = project / "artifacts"
        artifacts.mkdir()
        with (artifacts / "summary.csv").open("wb") as summary:
            summary.write(encode_fields([COLUMNS]))
            summary.writelines(_lines(artifacts, runs, findings))
        size = (artifacts / "summary.csv").stat().st_size / 1e6
        sys.stdout.write(f"{runs:,} runs, {findings:,} findings, {size:,.0f} MB of summary.csv\n")
        first = _timed(project)
        again = sorted(_timed(project) for _ in range(ROUNDS))
        with (artifacts / "summary.csv").open("ab") as summary:
            summary.writelines(_lines(artifacts, 10_000, 10, offset=runs))
        after = _timed(project)
    sys.stdout.write(f"first, without an index: {first:.2f} s\n")
    sys.stdout.write(f"again: {again[0]:.2f} to {again[-1]:.2f} s\n")
    sys.stdout.write(f"after 10,000 new runs with 10 findings: {after:.2f} s\n")


def _lines(artifacts: Path, runs: int, findings: int, *, offset: int = 0) -> Iterator[bytes]:
    """Rows, of which so many are findings with a folder of their own."""
    log = decode_log(SAMPLE.read_bytes(), name=SAMPLE.name)
    every = runs // findings
    (passed,) = rows_of(log)[1:]
    passes = encode_rows([msgspec.structs.replace(passed, reason="", repro_path="")])
    _, _, rest = passes.partition(b",")
    for number in range(offset, offset + runs):
        day, second = divmod(number, 86_400)
        run_id = (
            f"202611{day % 28 + 1:02}_{second // 3600:02}{second // 60 % 60:02}{second % 60:02}_r{number}"
        )
        if number % every:
            yield run_id.encode() + b"," + rest
            continue
        changed = msgspec.structs.replace(log, run_id=run_id, signature=f"{log.signature} {number}")
        (artifacts / run_id).mkdir()
        (artifacts / run_id / "run_log.json").write_bytes(encode_document(changed))
        yield encode_rows(rows_of(changed))


def _timed(project: Path) -> float:
    started = time.monotonic()
    command = [sys.executable, "-m", "fuzzer", "triage"]
    done = subprocess.run(
        command, cwd=project, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True
    )
    seconds = time.monotonic() - started
    if "findings" not in done.stdout:
        raise SystemExit(done.stdout + done.stderr)
    return seconds


main()
