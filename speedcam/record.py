"""The JSON form of a passage: one line each, closed, versioned."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.main import IncEx

from speedcam.errors import PassageError
from speedcam.model import PASSAGE_SCHEMA, Passage

MOST_LINE_BYTES = 16 * 1024 * 1024
"""No passage is longer: each of its samples takes some hundred bytes."""

_PASSAGE = TypeAdapter(Passage)
_NO_READS = {"plate": {"reads": True}}
_UNSAID: Mapping[int, IncEx] = {
    2: _NO_READS | {"conditions": True, "place": {"clock": True}, "vehicle": True},
    3: _NO_READS,
    4: _NO_READS,
}
"""What passages of older schemas did not say. Nobody is fined on one of schema 2, for want of a
checked clock."""


def dumps(passage: Passage) -> str:
    """One line of JSON, without the line break."""
    return _PASSAGE.dump_json(passage, exclude=_UNSAID.get(passage.schema)).decode()


def loads(line: str | bytes, where: str = "passage") -> Passage:
    """The passage in ``line``.

    Args:
        line: One line as :func:`dumps` wrote it.
        where: Named in the error ("passages.jsonl line 3").

    Raises:
        PassageError: The line is not a passage of this schema.
    """
    try:
        passage = _PASSAGE.validate_json(line)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'line'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise PassageError(
            f"{where} is not a passage of schema {PASSAGE_SCHEMA}: {faults}. "
            "Make the file again with `speedcam process`."
        ) from None
    # A key that the schema does not know would be dropped without a word: refuse it instead.
    written, text = dumps(passage), line if isinstance(line, str) else line.decode()
    if text.rstrip("\n") != written and json.loads(line) != json.loads(written):
        raise PassageError(
            f"{where} says more than a passage of schema {PASSAGE_SCHEMA} can hold, or says it "
            "in another form. It was made by another version: process the footage again."
        )
    return passage


def read_passages(path: Path) -> Iterator[Passage]:
    """Every passage of a JSON-lines file, in order.

    Raises:
        PassageError: The file cannot be read, or a line is not a passage.
    """
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            yield loads(line, where=f"{path} line {number}")


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a plain file; a pipe or a device would be read for ever."""
    give = "Give the passages.jsonl that `speedcam process` wrote."
    try:
        if path.exists() and not path.is_file():
            raise PassageError(f"{path} is not a plain file. {give}")
        with path.open("rb") as file:
            while line := file.readline(MOST_LINE_BYTES + 1):
                if len(line) > MOST_LINE_BYTES:
                    raise PassageError(f"{path} has a line that no passage fills. {give}")
                yield line
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise PassageError(f"cannot read {path}: {told}. {give}") from None
