"""What channels tell of letters after they took them: it came back, or it was opened.

Reports about mail (RFC 3464, ``.eml``), the portal's ``.opened`` beside its letters, and lists
(``.csv``): the post's of letters that it handed over, and a provider's of text messages that
arrived or did not. What was taken before counts for nothing.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from email import message_from_bytes, policy
from email.message import Message
from enum import StrEnum
from pathlib import Path

from services.errors import ReceiptError


class What(StrEnum):
    """What a channel told of a letter."""

    BOUNCED = "bounced"
    DELIVERED = "delivered"
    """It lies in a mailbox or on a telephone; that proves no service."""
    OPENED = "opened"
    HANDED_OVER = "handed_over"
    """The post has put it into somebody's hand or letter box, and can prove it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one file, or one line of a list, tells.

    Attributes:
        id: Digest of what was told, so that it counts once.
        what: What became of the letter.
        key: Of the letter; empty where ``message_id`` names it.
        message_id: Of the mail; empty where ``key`` names it.
        at: When it was opened; None where nobody says.
        on: On which day it was handed over; None likewise.
        proof: The post's own reference.
    """

    id: str
    what: What
    key: str = ""
    message_id: str = ""
    at: datetime | None = None
    on: date | None = None
    proof: str = ""

    def __post_init__(self) -> None:
        # Strangers write these, and no database need take everything that they can write.
        if not _OF_A_LETTER.fullmatch(self.key + self.message_id):
            raise ReceiptError("it names a letter by what names none here.")


_OF_A_LETTER = re.compile(r"[!-~]{1,400}")
_ACTIONS = {"failed": What.BOUNCED, "delivered": What.DELIVERED}
_MOST_BYTES = 1_000_000
_MOST_OF_A_MAIL = 65_536
"""Enough for a report and the head of the mail that it returns; to take apart much more of what a
stranger has nested could take minutes."""
_SUFFIXES = frozenset({".eml", ".opened", ".csv"})
_PROOF = re.compile(r"[\w./-]{1,60}")


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file that could tell something, in folders too."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if each.suffix in _SUFFIXES)
        else:
            yield path


def told_in(path: Path) -> list[Told]:
    """What a file tells, of one letter or of several.

    Raises:
        ReceiptError: Nothing that is known here.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ReceiptError(f"cannot read {path}: {error.strerror}.") from None
    if path.suffix in {".csv", ".opened"} and len(content) > _MOST_BYTES:
        raise ReceiptError(
            f"{path} is larger than {_MOST_BYTES} bytes: part it. Nothing of it was taken."
        )
    content = content[:_MOST_BYTES]
    if path.suffix == ".csv":
        return _list(path, content)
    digest = hashlib.sha256(path.name.encode() + b"\0" + content).hexdigest()
    if path.suffix == ".opened":
        return [_opened(path, content, digest)]
    try:
        # Strangers write these: the old policy takes headers as they are and stumbles over none.
        mail = message_from_bytes(content[:_MOST_OF_A_MAIL], policy=policy.compat32)
        return [_report(path, mail, digest)]
    except (RecursionError, ValueError):  # nested too deeply, or in a charset that is none
        raise ReceiptError(f"{path} cannot be taken apart: it is no report about a mail.") from None


def _list(path: Path, content: bytes) -> list[Told]:
    """The post's list: key of the letter, day, and the post's reference; or one of texts."""
    try:
        rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
        return [
            _texted(row["key"], row["state"])
            if "state" in row
            else _handed_over(row["key"], row["on"], row["proof"])
            for row in rows
        ]
    except (ValueError, KeyError, TypeError, csv.Error):
        raise ReceiptError(
            f"{path} is no list of the post: it needs the columns key, on (2026-10-14) and proof; "
            "or, of text messages, key and state (delivered or failed). Nothing of it was taken."
        ) from None


def _texted(key: str, state: str) -> Told:
    told = hashlib.sha256(f"{key}\0{state}".encode()).hexdigest()
    return Told(id=told, what=_ACTIONS[state], key=key)


def _handed_over(key: str, on: str, proof: str) -> Told:
    if not _PROOF.fullmatch(proof):
        raise ValueError("a proof has a reference")
    told = hashlib.sha256(f"{key}\0{on}\0{proof}".encode()).hexdigest()
    day = date.fromisoformat(on)
    return Told(id=told, what=What.HANDED_OVER, key=key, on=day, proof=proof)


def _opened(path: Path, content: bytes, digest: str) -> Told:
    try:
        key = json.loads(path.with_suffix(".json").read_bytes())["key"]
        at = _instant(content.decode())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ReceiptError(
            f"{path} is no receipt: it needs an instant such as 2026-10-14T08:00+02:00, and its "
            "letter beside it."
        ) from None
    if at.tzinfo is None or not isinstance(key, str):
        raise ReceiptError(f"{path} gives an instant without its zone. Write +02:00 behind it.")
    return Told(id=digest, what=What.OPENED, key=key, at=at.astimezone(UTC))


def _instant(words: str) -> datetime:
    """An instant that is a day everywhere; the first and the last year are none in some zone."""
    at = datetime.fromisoformat(words.strip())
    if at.year in {MINYEAR, MAXYEAR}:
        raise ValueError("no letter was opened then")
    return at


def _report(path: Path, mail: Message, digest: str) -> Told:
    kinds = {part.get_content_type(): part for part in mail.walk()}
    status = kinds.get("message/delivery-status")
    returned = kinds.get("message/rfc822") or kinds.get("text/rfc822-headers")
    actions = {str(block.get("Action", "")).strip().lower() for block in _blocks(status)}
    known = [_ACTIONS[action] for action in sorted(actions & _ACTIONS.keys(), reverse=True)]
    message_id = _message_id(returned)
    if not known or not message_id:
        raise ReceiptError(f"{path} is no report that a mail came back or was delivered.")
    return Told(id=digest, what=known[0], message_id=message_id)


def _blocks(status: Message | None) -> list[Message]:
    payload = status.get_payload() if status is not None else []
    return [block for block in payload if isinstance(block, Message)] if payload else []


def _message_id(returned: Message | None) -> str:
    """The Message-ID of the mail that a report is about."""
    if returned is None:
        return ""
    payload = returned.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return str(payload[0].get("Message-ID", "")).strip()
    headers = message_from_bytes(str(payload).encode(), policy=policy.compat32)
    return str(headers.get("Message-ID", "")).strip()
