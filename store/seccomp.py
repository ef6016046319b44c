"""A system-call filter: a process keeps its files and threads, and loses the network and other programs.

Linux only, on x86-64 and 64-bit ARM. A refused call fails with EACCES, so the engine reports an ordinary
error; a call made through another system-call interface, whose numbers mean other things, ends the process.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

# Numbers from the kernel's system-call tables for x86-64 and for the generic table that 64-bit ARM uses.
_X86_64 = {
    "socket": 41,
    "connect": 42,
    "accept": 43,
    "sendto": 44,
    "sendmsg": 46,
    "bind": 49,
    "listen": 50,
    "socketpair": 53,
    "execve": 59,
    "ptrace": 101,
    "unshare": 272,
    "accept4": 288,
    "sendmmsg": 307,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "bpf": 321,
    "execveat": 322,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "pidfd_getfd": 438,
}
_AARCH64 = {
    "unshare": 97,
    "ptrace": 117,
    "socket": 198,
    "socketpair": 199,
    "bind": 200,
    "listen": 201,
    "accept": 202,
    "connect": 203,
    "sendto": 206,
    "sendmsg": 211,
    "execve": 221,
    "accept4": 242,
    "setns": 268,
    "sendmmsg": 269,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "bpf": 280,
    "execveat": 281,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "pidfd_getfd": 438,
}
# machine name -> (AUDIT_ARCH value of linux/audit.h, system calls)
_MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
# On x86-64 numbers with this bit belong to the x32 interface, another way to the same calls.
_X32_BIT = 0x40000000

# linux/bpf_common.h: load a word of the seccomp data, jumps, return.
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_OFFSET_NUMBER, _OFFSET_ARCH = 0, 4
# linux/seccomp.h
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_SET_MODE_FILTER, _FILTER_ALL_THREADS = 1, 1
_PR_SET_NO_NEW_PRIVS = 38
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}


class SandboxError(OSError):
    """The filter could not be installed; the message says why."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def program(machine: str) -> bytes:
    """Assemble the filter for a machine.

    Args:
        machine: `"x86_64"` or `"aarch64"`.

    Returns:
        Classic BPF instructions of 8 bytes each.

    Raises:
        SandboxError: no table for that machine.
    """
    if machine not in _MACHINES:
        raise SandboxError(f"there is no system-call table for {machine}; known are {', '.join(_MACHINES)}")
    arch, calls = _MACHINES[machine]
    numbers = sorted(calls.values())
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EACCES)
    code = [
        (_LOAD, 0, 0, _OFFSET_ARCH),
        (_JUMP_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        (_JUMP_AT_LEAST, len(numbers) + 1, 0, _X32_BIT),
        # Each jump counts the instructions between itself and the refusal at the end.
        *((_JUMP_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        refuse,
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def install() -> None:
    """Put the filter on every thread of this process, for good.

    Raises:
        SandboxError: this is not Linux, the machine is unknown, or the kernel refuses filters.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"system-call filters need Linux, and this is {sys.platform}")
    machine = platform.machine()
    code = program(machine)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise SandboxError(ctypes.get_errno(), "the kernel refused no_new_privs")
    filter_ = _Program(len(code) // 8, code)
    status = libc.syscall(_SYS_SECCOMP[machine], _SET_MODE_FILTER, _FILTER_ALL_THREADS, ctypes.byref(filter_))
    if status != 0:
        reason = os.strerror(ctypes.get_errno()) if status == -1 else f"thread {status} cannot take it"
        raise SandboxError(f"the kernel refused the system-call filter: {reason}")
