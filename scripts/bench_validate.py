"""Speed of `fuzz validate` on run logs."""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench_kit import measured

from fuzzer.home import Home

ROUNDS = 5
FILES = 4_000
TARGET_RATE = 2_000


def validate(home: Home) -> list[str]:
    """Measure, and say it in Markdown."""
    fuzz = str(home.root / "scripts" / "fuzz")
    rates = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fuzzer.toml").write_text("")
        call = [
            "run",
            "--core",
            "fib",
            "--target",
            "sp1",
            "--input",
            str(home.root / "inputs" / "fib_24.json"),
        ]
        command = [fuzz, *call, "--repeat", str(FILES), "--record", "all"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        files = len(list(folder.glob("artifacts/*.json")))
        for _ in range(ROUNDS):
            started = time.perf_counter()
            subprocess.run([fuzz, "validate", "artifacts"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            rates.append(files / (time.perf_counter() - started))
    rate = f"{statistics.median(rates):,.0f} files a second, {min(rates):,.0f} to {max(rates):,.0f}"
    return [
        "## Validation",
        "",
        f"`fuzz validate` on {files:,} run logs with their summary and bundle, start-up included; median of",
        f"{ROUNDS} calls.",
        "",
        measured(),
        "",
        f"{rate}; target: {TARGET_RATE:,} or more.",
    ]
