"""Does something to a process at its N-th call that changes the disk: kills it, or lets it fail.

Calls are counted over all threads of the process, in the order in which they are made, and only on
what lies below one folder: pipes, terminals and other files are let alone. It uses ptrace, so it
works on Linux on x86-64, also without root. A seccomp filter stops the process at such calls alone,
which makes it four times as fast as stopping it at all; so it may start no other processes, whom
nobody would let go on.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = sys.platform == "linux" and platform.machine() == "x86_64"
"""Whether it works on this machine."""

_TRACEME, _POKEUSER, _CONT, _SETOPTIONS, _SYSCALL_INFO = 0, 6, 7, 0x4200, 0x420E
_OPTIONS = 0x8 | 0x80 | 0x100000
"""Follow threads; heed filters; nobody outlives whoever traces him."""
_AT_FILTER = 7
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _BY_FILTER = 38, 22, 2
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _TRACE = 0x7FFF0000, 0x7FF00000
_X86_64 = 0xC000003E
_RAX, _ORIG_RAX = 80, 120
_WALL = 0x40000000
_AT_FDCWD = -100
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PATH_BYTES = 4096

CALLS: Mapping[int, tuple[str, str]] = {
    1: ("write", "f"), 18: ("pwrite64", "f"), 20: ("writev", "f"), 296: ("pwritev", "f"),
    328: ("pwritev2", "f"), 40: ("sendfile", "f"), 74: ("fsync", "f"), 75: ("fdatasync", "f"),
    77: ("ftruncate", "f"), 285: ("fallocate", "f"), 91: ("fchmod", "f"), 93: ("fchown", "f"),
    2: ("open", "p"), 76: ("truncate", "p"), 82: ("rename", "p"), 83: ("mkdir", "p"),
    84: ("rmdir", "p"), 85: ("creat", "p"), 86: ("link", "p"), 87: ("unlink", "p"),
    90: ("chmod", "p"), 257: ("openat", "a"), 258: ("mkdirat", "a"), 263: ("unlinkat", "a"),
    264: ("renameat", "a"), 265: ("linkat", "a"), 268: ("fchmodat", "a"),
    316: ("renameat2", "a"), 88: ("symlink", "p"), 280: ("utimensat", "a"),
}  # fmt: skip
"""By number on x86-64: the name, and where its file is told: descriptor, path, or both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done, and at which call.

    Attributes:
        at: The number of the call, from 1.
        error: It fails with this number; None: the process is killed before it.
        on: Every later call fails as well.
    """

    at: int
    error: int | None = None
    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """How a process ended.

    Attributes:
        code: Its exit code, negative where a signal ended it.
        calls: Every call that was counted, with its file.
        hit: Calls that something was done to.
    """

    code: int
    calls: tuple[str, ...]
    hit: tuple[str, ...]


def traced(begin: Callable[[], int], folder: Path, fault: Fault | None = None) -> Traced:
    """Trace a process to its end.

    Args:
        begin: Starts the process with :func:`let_trace` as the first thing that it does, and
            gives its id.
        folder: Calls on what is below it count.
        fault: What is done to it; None: its calls are written down.
    """
    # A tracer waits for whatever child there is, and must have no others.
    reading, writing = os.pipe()
    tracer = os.fork()
    if tracer == 0:
        os.close(reading)
        try:
            told = _Tracer(begin(), folder, fault).run()
            with os.fdopen(writing, "w") as pipe:
                json.dump([told.code, told.calls, told.hit], pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(tracer, 0)
    code, calls, hit = json.loads(said)
    return Traced(code=code, calls=tuple(calls), hit=tuple(hit))


def let_trace() -> None:
    """Let whoever started this process trace it from here on."""
    _ptrace(_TRACEME)
    os.kill(os.getpid(), signal.SIGSTOP)
    _stop_only_at(CALLS)


def _stop_only_at(calls: Iterable[int]) -> None:
    """Have a tracer told of these calls, and of no others, until this process ends."""
    numbers = sorted(calls)
    steps = [(_LOAD, 0, 0, 4), (_IF_EQUAL, 0, len(numbers) + 1, _X86_64), (_LOAD, 0, 0, 0)]
    steps += [(_IF_EQUAL, len(numbers) - n, 0, each) for n, each in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _TRACE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *4 * [ctypes.c_ulong]]
    told = ctypes.create_string_buffer(program)
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or prctl(
        _SET_SECCOMP, _BY_FILTER, ctypes.addressof(told), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "no filter of system calls can be set here")


class _Info(ctypes.Structure):
    _fields_ = (
        ("op", ctypes.c_uint8), ("arch", ctypes.c_uint32), ("ip", ctypes.c_uint64),
        ("sp", ctypes.c_uint64), ("number", ctypes.c_uint64), ("args", ctypes.c_uint64 * 7),
    )  # fmt: skip


def _ptrace(request: int, pid: int = 0, address: int = 0, data: int = 0) -> None:
    call = ctypes.CDLL(None, use_errno=True).ptrace
    call.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    call.restype = ctypes.c_long
    if call(request, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}: {os.strerror(ctypes.get_errno())}")


@dataclass
class _Tracer:
    main: int
    folder: Path
    fault: Fault | None
    calls: list[str] = field(default_factory=list)
    hit: list[str] = field(default_factory=list)

    def run(self) -> Traced:
        os.waitpid(self.main, _WALL)
        _ptrace(_SETOPTIONS, self.main, 0, _OPTIONS)
        self.memory = os.open(f"/proc/{self.main}/mem", os.O_RDONLY)
        self.within = f"{self.folder.resolve()}/"
        self._go_on(self.main)
        while True:
            thread, status = os.waitpid(-1, _WALL)
            if os.WIFSTOPPED(status):
                with suppress(ProcessLookupError):
                    self._stopped(thread, status)
            elif thread == self.main:
                code = os.waitstatus_to_exitcode(status)
                return Traced(code=code, calls=tuple(self.calls), hit=tuple(self.hit))

    def _go_on(self, thread: int, number: int = 0) -> None:
        _ptrace(_CONT, thread, 0, number)

    def _stopped(self, thread: int, status: int) -> None:
        number = os.WSTOPSIG(status)
        if status >> 16 == _AT_FILTER:
            self._at_call(thread)
            number = 0
        elif status >> 16 or number in {signal.SIGTRAP, signal.SIGSTOP}:
            number = 0  # a thread has begun
        self._go_on(thread, number)

    def _at_call(self, thread: int) -> None:
        info = _Info()
        _ptrace(_SYSCALL_INFO, thread, ctypes.sizeof(info), ctypes.addressof(info))
        if call := self._told(info):
            self.calls.append(call)
            self._disturb(thread, call)

    def _disturb(self, thread: int, call: str) -> None:
        fault, count = self.fault, len(self.calls)
        if not fault or count < fault.at or (count > fault.at and not fault.on):
            return
        self.hit.append(call)
        if fault.error is None:
            os.kill(self.main, signal.SIGKILL)
        else:
            # A call of no number is not made, and returns what is there already.
            _ptrace(_POKEUSER, thread, _ORIG_RAX, 2**64 - 1)
            _ptrace(_POKEUSER, thread, _RAX, 2**64 - fault.error)

    def _told(self, info: _Info) -> str:
        """The call in words; empty where it does not count."""
        name, form = CALLS.get(info.number, ("", ""))
        if not name:
            return ""
        flags = {"open": info.args[1], "openat": info.args[2]}.get(name)
        if flags is not None and not flags & _WRITES:
            return ""
        path = next(self._paths(form, info.args), "")
        return f"{name} {path[len(self.within) :]}" if f"{path}/".startswith(self.within) else ""

    def _paths(self, form: str, args: ctypes.Array[ctypes.c_uint64]) -> Iterator[str]:
        with suppress(OSError):
            if form == "f":
                yield self._descriptor(args[0])
            elif form == "p":
                yield self._text(args[0])
            else:
                folder = ctypes.c_int(args[0] & 0xFFFFFFFF).value
                path = self._text(args[1]) if args[1] else ""
                absolute = path.startswith("/") or folder == _AT_FDCWD
                yield path if absolute else os.path.join(self._descriptor(folder), path)  # noqa: PTH118

    def _descriptor(self, number: int) -> str:
        return os.readlink(f"/proc/{self.main}/fd/{number}")  # noqa: PTH115 - thousands of times

    def _text(self, address: int) -> str:
        room = _PATH_BYTES - address % _PATH_BYTES  # not into a page that is not there
        content = os.pread(self.memory, room, address)
        if b"\0" not in content:
            content += os.pread(self.memory, _PATH_BYTES, address + room)
        return os.fsdecode(content.partition(b"\0")[0])
