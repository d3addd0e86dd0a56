"""A database that is a server's: it may be gone, slow, or answer never; nobody waits for ever."""

from __future__ import annotations

import select
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from services.store.haste import ANSWER_S, CONNECT_S, TURN_S, waiting
from services.store.sqlite import POOL_S

_Result = TypeVar("_Result")

_KEPT_ALIVE = {
    "connect_timeout": f"{CONNECT_S:.0f}",
    # A machine that is gone says nothing: without these its connection is waited at for hours.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""What libpq does to notice who is gone; whatever the office's URL says is done instead."""

_SESSION = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    f"SET tcp_user_timeout = 25000; SET lock_timeout = {1000 * TURN_S:.0f}"
)
"""The same, asked of the server: a writer whose machine is gone must not keep the turn for hours.
"""
_SINCE_14 = "; SET client_connection_check_interval = 1000"
"""Who waited long enough and left leaves nobody who goes on waiting for a lock in his place."""


class _Bounded(psycopg.Connection[Any]):
    """A connection that waits for its server so long and no longer, and then ends."""

    def wait(
        self,
        gen: Generator[Any, Any, _Result],
        *args: Any,  # noqa: ANN401 - psycopg's own, of any version
        **options: Any,  # noqa: ANN401 - as above
    ) -> _Result:
        """See psycopg; every answer comes through here."""
        with waiting(ANSWER_S) as longest_s:
            try:
                return super().wait(_bounded(gen, longest_s), *args, **options)
            except _TooLateError:
                # What may still come would be taken for the answer to another question.
                self.pgconn.finish()
                raise

    @classmethod
    def _connect_gen(
        cls,
        *args: Any,  # noqa: ANN401 - psycopg's own, of any version
        **options: Any,  # noqa: ANN401 - as above
    ) -> Generator[Any, Any, Any]:
        # libpq's own bound cannot be below two seconds, and is for each address by itself.
        with waiting(CONNECT_S) as longest_s:
            return (yield from _bounded(super()._connect_gen(*args, **options), longest_s))


class _TooLateError(psycopg.OperationalError):
    """The server did not answer in time."""


def _bounded(gen: Generator[Any, Any, _Result], longest_s: float) -> Generator[Any, Any, _Result]:
    """What ``gen`` does, for so long; it is asked again at least ten times a second."""
    ends_s = time.monotonic() + longest_s
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            wanted = gen.send(ready)
            if time.monotonic() >= ends_s:
                raise _TooLateError(f"the server gave no answer within {longest_s:.1f} s")
    except StopIteration as ended:
        result: _Result = ended.value
        return result


def postgres_engine(url: URL) -> Engine:
    """The engine of the database at ``url``."""
    how = {name: value for name, value in _KEPT_ALIVE.items() if name not in url.query}
    # A reader sees one state of the office from its first statement to its last.
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="REPEATABLE READ",
        connect_args=how,
        pool_timeout=POOL_S,
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkout", _require_quiet)
    return engine


def _connect(
    _dialect: object, _record: object, arguments: list[Any], known: dict[str, Any]
) -> psycopg.Connection[Any]:
    return _Bounded.connect(*arguments, **known)


def _prepare(connection: psycopg.Connection[Any], _record: object) -> None:
    newer = connection.info.server_version >= 140_000
    connection.execute((_SESSION + _SINCE_14 * newer).encode())
    connection.commit()


def _require_quiet(
    connection: psycopg.Connection[Any], _record: ConnectionPoolEntry, _: PoolProxiedConnection
) -> None:
    """Refuse a connection whose server said something that nobody asked: it says that it ends.

    To look costs nothing, where to ask the server costs an answer for each transaction.
    """
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        over = bool(poll.poll(0))
    except psycopg.OperationalError:
        over = True
    if over:
        raise DisconnectionError("the server ended the connection")
