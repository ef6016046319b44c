"""The filter's program, run here on every system call number of both machines it knows."""

from __future__ import annotations

import errno
import struct

import pytest
from tertius.store import seccomp

ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028}
IO_URING_AND_PIDFD = {425, 426, 427, 438}
REFUSED = {
    "x86_64": {
        41,
        42,
        43,
        44,
        46,
        49,
        50,
        53,
        59,
        101,
        272,
        288,
        307,
        308,
        310,
        311,
        321,
        322,
        425,
        426,
        427,
        438,
    },
    "aarch64": {
        97,
        117,
        *range(198, 204),
        206,
        211,
        221,
        242,
        268,
        269,
        270,
        271,
        280,
        281,
        425,
        426,
        427,
        438,
    },
}


def decide(program: bytes, arch: int, number: int) -> int:
    """Run classic BPF on `struct seccomp_data`: the number at offset 0, the architecture at 4."""
    data = {0: number, 4: arch}
    code = list(struct.iter_unpack("=HBBI", program))
    place = accumulator = 0
    while True:
        operation, if_true, if_false, operand = code[place]
        place += 1
        match operation:
            case 0x20:
                accumulator = data[operand]
            case 0x15:
                place += if_true if accumulator == operand else if_false
            case 0x35:
                place += if_true if accumulator >= operand else if_false
            case 0x06:
                return operand
            case _:
                raise AssertionError(f"unknown instruction {operation:#x}")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_exactly_the_listed_calls_are_refused(machine: str) -> None:
    program = seccomp.program(machine)
    refused = {number for number in range(1000) if decide(program, AUDIT[machine], number) != ALLOW}
    assert refused == REFUSED[machine]
    assert {decide(program, AUDIT[machine], number) for number in refused} == {REFUSE}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_other_call_interfaces_are_no_way_round(machine: str) -> None:
    program = seccomp.program(machine)
    for arch in set(AUDIT.values()) - {AUDIT[machine]}:
        assert decide(program, arch, 0) == KILL
    for number in REFUSED["x86_64"]:
        assert decide(program, AUDIT[machine], 0x40000000 | number) == REFUSE


def test_unknown_machines_are_named() -> None:
    with pytest.raises(seccomp.SandboxError, match="riscv64"):
        seccomp.program("riscv64")
