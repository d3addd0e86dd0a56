"""The line between the public process and the keeper: one question, one answer.

Questions are JSON and are checked; answers are pickled, and only the public process reads them:
it trusts the keeper, never the other way round.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from queue import Empty, Queue

from pydantic import BaseModel

from services.errors import CaseError, StoreUnavailable
from services.web.keeper.keeper import Keeper, Refused
from services.web.keeper.questions import MOST_BYTES

WAITS_S = 5.0
"""For a line that is free. Whoever waited longer is told to come back."""


def attend(line: Connection, keeper: Keeper) -> None:
    """Answer what comes through one line, until the other end is closed."""
    with line:
        while True:
            try:
                question = line.recv_bytes(MOST_BYTES)
                line.send(keeper.answer(question))
            except (EOFError, OSError):  # closed, or longer than any question
                return


class Lines:
    """The public process's ends; each thread takes one that is free.

    Args:
        descriptors: Of sockets, whose other ends the keeper attends.
    """

    def __init__(self, descriptors: list[int]) -> None:
        self._free: Queue[Connection] = Queue()
        for each in descriptors:
            self._free.put(Connection(each))

    def ask(self, question: BaseModel) -> object:
        """The keeper's answer.

        Raises:
            CaseError: The case stands where this cannot be done.
            StoreUnavailable: The office cannot do it now, or is not there.
            RuntimeError: The question was none, or the keeper has a fault.
        """
        content = question.model_dump_json().encode()
        try:
            line = self._free.get(timeout=WAITS_S)
        except Empty:
            raise StoreUnavailable("every line to the keeper is taken: ask again") from None
        try:
            line.send_bytes(content)
            answer: object = line.recv()
        except (EOFError, OSError):
            raise StoreUnavailable("the keeper does not answer: start the server again") from None
        # Not after half an answer: the next visitor would get the rest of it.
        self._free.put(line)
        if isinstance(answer, Refused):
            _raise(answer)
        return answer


def _raise(refused: Refused) -> None:
    if refused.case:
        raise CaseError("the case stands where this cannot be done")
    if refused.office:
        raise StoreUnavailable("the office cannot do this now")
    raise RuntimeError("the keeper refused a question")
