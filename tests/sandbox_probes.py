"""What a decoder that was taken over would try; run inside the sandbox by test_sandbox.py.

The whole file is handed to the jail as source, for nothing of this repository is seen in there.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import threading

sys.path.insert(0, sys.argv[1])
from speedcam import confine

TOLD = json.loads(sys.argv[-1])
CLIP, POOL, PARENT, PORT = TOLD["clip"], TOLD["pool"], TOLD["parent"], TOLD["port"]
LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE, NEW_USER, PROCESS_VM_READV = 0x4206, 0x10000000, 310


def must(result):
    if result in {-1, None}:
        raise OSError(ctypes.get_errno(), "refused")


def read(path):
    with open(path, "rb") as file:  # noqa: PTH123
        file.read(1)


def write(path):
    with open(path, "w") as file:  # noqa: PTH123
        file.write("x")


def bind_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


def connect_port():
    with socket.socket() as client:
        client.connect(("127.0.0.1", PORT))


def connect_abstract():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + TOLD["abstract"])


def know_the_secret():
    if TOLD["secret"] not in os.environ:
        raise KeyError(TOLD["secret"])


def fork():
    if os.fork() == 0:
        os._exit(0)


def start_a_thread():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def widen(kind):
    resource.setrlimit(kind, (1 << 30, 1 << 30))


PROBES = {
    "connect to a local port": connect_port,
    "listen on a port": bind_port,
    "connect to an abstract unix socket": connect_abstract,
    "read /etc/passwd": lambda: read("/etc/passwd"),
    "list the home folder": lambda: os.listdir(TOLD["home"]),  # noqa: PTH208
    "write to the working folder": lambda: write("probe"),
    "write to /tmp": lambda: write("/tmp/probe"),  # noqa: S108
    "make a link to /etc": lambda: os.symlink("/etc", "/tmp/probe-link"),  # noqa: PTH211, S108
    "write to the clip": lambda: os.write(CLIP, b"x"),
    "open the clip again for writing": lambda: os.open(f"/proc/self/fd/{CLIP}", os.O_RDWR),
    "shrink the shared memory": lambda: os.ftruncate(POOL, 0),
    "make memory of its own kind": lambda: os.memfd_create("probe"),
    "fork": fork,
    "start a thread": start_a_thread,
    "kill its owner": lambda: os.kill(PARENT, 0),
    "signal everybody": lambda: os.kill(-1, 0),
    "trace its owner": lambda: must(LIBC.ptrace(PTRACE_SEIZE, PARENT, 0, 0)),
    "read its owner's memory": lambda: must(
        LIBC.syscall(PROCESS_VM_READV, PARENT, 0, 1, ctypes.byref(ctypes.c_char()), 1, 0)
    ),
    "read its owner's environment": lambda: read(f"/proc/{PARENT}/environ"),
    "know a secret of the environment": know_the_secret,
    "look at process 1": lambda: read("/proc/1/cmdline"),
    "take 4 GB": lambda: bytearray(4 << 30),
    "open a hundred files": lambda: [os.dup(CLIP) for _ in range(100)],
    "widen its memory": lambda: widen(resource.RLIMIT_AS),
    "become another user's root": lambda: must(LIBC.unshare(NEW_USER)),
    "change its root": lambda: os.chroot("/usr"),
    "make a device": lambda: os.mknod("/tmp/probe-device", 0o20600, os.makedev(1, 3)),  # noqa: S108
}


def succeeds(probe):
    try:
        probe()
    except (OSError, MemoryError, RuntimeError, KeyError, ValueError):
        return False
    return True


def main():
    if not TOLD["filtered"]:
        confine.SYSCALLS = {}
    with socket.socket(fileno=TOLD["control"]) as control:
        confine.confine(memory_bytes=1_500_000_000, cpu_s=60)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for name, probe in PROBES.items():
            control.send(json.dumps([name, succeeds(probe)]).encode())
        # If this succeeds nobody is left to tell, and the last word is missing.
        succeeds(lambda: os.execv(sys.executable, [sys.executable, "-c", ""]))  # noqa: S606
        control.send(json.dumps(["run another program", False]).encode())


main()
