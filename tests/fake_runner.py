"""Small runners in Python: real processes that speak the protocol, well or badly.

A runner is the prelude below and a body that a test gives. It has its own reading and writing of frames, so
that it knows no more of the harness than `docs/protocol.md` says. What it answers echoes what it was asked.
"""

import sys
from pathlib import Path
from textwrap import dedent

from fuzzer.execute.runner import RunnerCommand

_PRELUDE = '''\
import os, signal, struct, sys, time
import msgspec

_words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
REQUESTS, ANSWERS = int(_words.get("--requests", -1)), int(_words.get("--answers", -1))

def read(size):
    data = bytearray()
    while len(data) < size:
        part = os.read(REQUESTS, size - len(data))
        if not part:
            os._exit(0)
        data += part
    return bytes(data)

def request():
    length, kind = struct.unpack("<IB", read(5))
    return kind, msgspec.msgpack.decode(read(length - 1))

def runs():
    """Each request to run a case or a batch, for ever; a program is loaded on the way."""
    while True:
        kind, body = request()
        if kind == 2:
            send(3, {"elapsed_ns": 1})
        else:
            yield body

def write(data):
    data = memoryview(data)
    while data:
        data = data[os.write(ANSWERS, data):]

def frame(kind, body):
    encoded = msgspec.msgpack.encode(body)
    return struct.pack("<IB", len(encoded) + 1, kind) + encoded

def send(kind, body):
    write(frame(kind, body))

def hello(protocol=1):
    send(1, {"protocol": protocol, "name": "fake", "vm_version": "1", "capabilities": [], "planted": ""})

def outcome(run):
    return {
        "id": run["id"], "status": "ok", "exit_code": 0, "signal": None, "stream": b"".join(run["buffers"]),
        "commit_ends": None, "message": "", "stdout": b"", "stderr": b"", "cycles": None, "elapsed_ns": 1,
        "peak_memory": None,
    }

def answer(run):
    send(5, outcome(run))

def ended(stream=b"", status="ok", message=""):
    """How a program of a batch ended."""
    return [status, 0 if status == "ok" else None, None, stream, message]

def answer_batch(batch, outcomes, coverage=b""):
    send(8, {
        "id": batch["id"], "outcomes": msgspec.msgpack.encode(outcomes), "cycles": [None] * len(outcomes),
        "coverage": coverage,
    })
'''


def fake_runner(
    folder: Path, body: str, *, target: str = "fake", program: bytes | None = None
) -> RunnerCommand:
    """The command that starts a runner with this body; it loads `program` when there is one."""
    binary = folder / f"{target}-runner"
    binary.write_text(f"#!{sys.executable}\n{_PRELUDE}\n{dedent(body)}", encoding="utf-8")
    binary.chmod(0o755)
    elf = None
    if program is not None:
        elf = folder / f"{target}.elf"
        elf.write_bytes(program)
    return RunnerCommand(target=target, binary=binary, program=elf)
