"""What a decoder gives up before it reads its first byte of footage, for good.

Limits (setrlimit) hold what it may use up. A seccomp filter holds what it may ask of the kernel:
reading what is open, sending and receiving on what is open, memory, time, and ending. Opening,
connecting, forking, running, tracing and killing are not on the list, whoever takes the decoder
over. The filter needs no privilege and no other program.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Sequence

SYSCALLS = {
    "x86_64": {
        "read": 0, "write": 1, "close": 3, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
        "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17,
        "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39, "sendto": 44, "recvfrom": 45,
        "exit": 60, "sigaltstack": 131, "gettid": 186, "futex": 202, "restart_syscall": 219,
        "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231, "preadv": 295,
        "getrandom": 318, "preadv2": 327,
    },
}  # fmt: skip
"""All that may be asked, by kind of machine, with the kernel's numbers (asm/unistd_64.h)."""

_ARCHITECTURE = {"x86_64": 0xC000003E}
"""What the kernel calls the machine (linux/audit.h): other call tables have other numbers."""

# linux/bpf_common.h, linux/seccomp.h, linux/prctl.h
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_JUMP_IF_AT_LEAST, _JUMP_IF_SET = 0x35, 0x45
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_OTHER_TABLE = 0x40000000
"""Bit of the calls of x32, whose numbers are others."""
_REACHES_OUT = {"connect": 42, "io_uring_setup": 425}
_SENDS = {"sendto": (44, 40), "sendmsg": (46, 32), "sendmmsg": (307, 40)}
"""Calls that connect by the way (MSG_FASTOPEN), and where their flags stand (linux/seccomp.h)."""
_FAST_OPEN = 0x20000000
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000  # refused with EPERM
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_FILTER = 2

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def confine(*, memory_bytes: int, cpu_s: int) -> bool:
    """Give up all that decoding does not need; nothing brings it back.

    Args:
        memory_bytes: Address space beyond which every request for memory fails.
        cpu_s: Seconds of work after which the kernel ends the process.

    Returns:
        Whether the kernel filters what is asked of it. It does on x86-64; elsewhere only the
        limits hold.
    """
    _control(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _control(_PR_SET_DUMPABLE, 0)
    _limit(memory_bytes, cpu_s)
    if platform.machine() not in SYSCALLS:
        return False
    _filter(platform.machine())
    return True


def forbid_connecting() -> bool:
    """Never again connect to anything; nothing brings it back.

    A socket belongs to the network that it was made in: one that listens there could be closed and
    connected to whatever that network reaches.

    Returns:
        Whether the kernel sees to it. It does on x86-64.
    """
    if platform.machine() not in _ARCHITECTURE:
        return False
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 1, 0, _ARCHITECTURE[platform.machine()]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_AT_LEAST, 0, 1, _OTHER_TABLE),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in _REACHES_OUT.values():
        steps += [(_JUMP_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    for number, flags_at in _SENDS.values():
        steps += [
            (_JUMP_IF_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, flags_at),
            (_JUMP_IF_SET, 0, 1, _FAST_OPEN),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    _install(_code([*steps, (_RETURN, 0, 0, _ALLOW)]))
    return True


def _limit(memory_bytes: int, cpu_s: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _filter(machine: str) -> None:
    """Ask the kernel to refuse whatever is not in SYSCALLS (man 2 seccomp)."""
    _install(filter_program(machine))


def _install(code: bytes) -> None:
    program = _Program(len(code) // 8, code)
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    _control(_PR_SET_SECCOMP, _FILTER, ctypes.addressof(program))


def filter_program(machine: str) -> bytes:
    """The filter for this kind of machine, as instructions of 8 bytes each (linux/filter.h)."""
    numbers = sorted(SYSCALLS[machine].values())
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((_JUMP_IF_EQUAL, len(numbers) - i, 0, number) for i, number in enumerate(numbers)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return _code(steps)


def _code(steps: Sequence[tuple[int, int, int, int]]) -> bytes:
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _control(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")
