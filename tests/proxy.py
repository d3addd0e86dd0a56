"""A TCP proxy on this machine that fails as networks do: ``python -m tests.proxy PORT TARGET``.

It reads how it is to fail, a word a line, from its standard input, and ends when that ends.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

DELAY_S = 0.3
_TURN_S = 0.02


class How(StrEnum):
    """What becomes of what is sent."""

    PASS = "pass"  # noqa: S105 - no password
    DELAY = "delay"
    """It arrives, three tenths of a second late."""
    DROP = "drop"
    """Nothing arrives, and nobody is told; new connections are taken and never answered."""
    RESET = "reset"
    """Connections end with a reset, new ones at once."""
    HALF = "half"
    """Connections end for the client, who may go on speaking to nobody."""
    TRICKLE = "trickle"
    """A byte arrives every second."""


class _Proxy:
    def __init__(self, target: int) -> None:
        self._target = target
        self._how = How.PASS
        self._ends: set[asyncio.StreamWriter] = set()

    async def run(self, port: int) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        print("listening", flush=True)  # noqa: T201 - for who started it
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while line := await lines.readline():
            self._how = How(line.decode().strip())
            for client in list(self._ends):
                self._end(client)
        server.close()

    def _end(self, client: asyncio.StreamWriter) -> None:
        if self._how is How.RESET:
            linger = struct.pack("ii", 1, 0)
            client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            client.transport.abort()
        elif self._how is How.HALF:
            with suppress(OSError, RuntimeError):
                client.write_eof()

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self._ends.add(client)
        self._end(client)
        with suppress(OSError):
            back, server = await asyncio.open_connection("127.0.0.1", self._target)
            both = (self._pump(reader, server), self._pump(back, client))
            tasks = [asyncio.create_task(each) for each in both]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            server.transport.abort()
        if self._how is not How.DROP:
            client.close()
        self._ends.discard(client)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await reader.read(1 << 16):
                while self._how in {How.DROP, How.HALF}:
                    await asyncio.sleep(_TURN_S)
                if self._how is How.DELAY:
                    await asyncio.sleep(DELAY_S)
                await self._write(content, writer)

    async def _write(self, content: bytes, writer: asyncio.StreamWriter) -> None:
        while content and self._how is How.TRICKLE:
            writer.write(content[:1])
            content = content[1:]
            await asyncio.sleep(1.0)
        writer.write(content)
        await writer.drain()


class Proxy:
    """A proxy that runs, and how to tell it to fail."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running

    def fail(self, how: How) -> None:
        """Fail so from now on."""
        if self._running.stdin is None:
            raise RuntimeError("the proxy hears nothing")
        self._running.stdin.write(f"{how}\n")
        self._running.stdin.flush()


@contextmanager
def proxy(port: int, target: int) -> Iterator[Proxy]:
    """Have a proxy listen on ``port``, and lead to the port ``target``."""
    command = [sys.executable, "-m", "tests.proxy", str(port), str(target)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as running:
        if running.stdout is None or not running.stdout.readline():
            raise RuntimeError("the proxy does not listen")
        yield Proxy(running)
        running.kill()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_Proxy(int(sys.argv[2])).run(int(sys.argv[1])))
