"""A device tree blob for Spike, which then needs no compiler for such trees: one hart and no more. Pure.

Format: *Devicetree Specification*, chapter "Flattened Devicetree (DTB) Format", version 17.
"""

import struct
from collections.abc import Mapping

_MAGIC, _VERSION, _LAST_COMPATIBLE = 0xD00DFEED, 17, 16
_BEGIN, _END, _PROPERTY, _FINISH = 1, 2, 3, 9
_HEADER = struct.Struct(">10I")

Node = Mapping[str, "int | str | Node"]
"""Properties (a 32-bit cell or a string) and nodes by name."""


def one_hart(isa: str) -> bytes:
    """The blob of a machine with one hart of this instruction set, such as `rv64im`."""
    hart: Node = {
        "device_type": "cpu",
        "reg": 0,
        "status": "okay",
        "compatible": "riscv",
        "riscv,isa": isa,
        "riscv,pmpregions": 0,
    }
    return flatten({"cpus": {"#address-cells": 1, "#size-cells": 0, "cpu@0": hart}})


def flatten(root: Node) -> bytes:
    """The blob of a tree."""
    names = bytearray()
    structure = _node("", root, names) + struct.pack(">I", _FINISH)
    reserved = bytes(16)
    at_reserved = _HEADER.size
    at_structure = at_reserved + len(reserved)
    at_names = at_structure + len(structure)
    header = _HEADER.pack(
        *(_MAGIC, at_names + len(names), at_structure, at_names, at_reserved),
        *(_VERSION, _LAST_COMPATIBLE, 0, len(names), len(structure)),
    )
    return header + reserved + structure + bytes(names)


def _node(name: str, node: Node, names: bytearray) -> bytes:
    # Properties come before nodes.
    parts = [struct.pack(">I", _BEGIN), _padded(name.encode() + b"\0")]
    for key, value in node.items():
        if isinstance(value, int | str):
            content = struct.pack(">I", value) if isinstance(value, int) else value.encode() + b"\0"
            parts += [struct.pack(">III", _PROPERTY, len(content), len(names)), _padded(content)]
            names += key.encode() + b"\0"
    parts += [_node(key, value, names) for key, value in node.items() if isinstance(value, Mapping)]
    return b"".join((*parts, struct.pack(">I", _END)))


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)
