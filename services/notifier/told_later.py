"""What channels tell of letters after they took them: it came back, or it was opened.

Files in, one receipt each: reports about mail (RFC 3464, ``.eml``), and the portal's ``.opened``
beside its letters. A file that was taken before counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from enum import StrEnum
from pathlib import Path

from services.errors import ReceiptError


class What(StrEnum):
    """What a channel told of a letter."""

    BOUNCED = "bounced"
    DELIVERED = "delivered"
    """It lies in a mailbox; that proves no service."""
    OPENED = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one file tells.

    Attributes:
        id: Digest of the file, so that it counts once.
        what: What became of the letter.
        key: Of the letter; empty where ``message_id`` names it.
        message_id: Of the mail; empty where ``key`` names it.
        at: When it was opened; None for mail.
    """

    id: str
    what: What
    key: str = ""
    message_id: str = ""
    at: datetime | None = None


_ACTIONS = {"failed": What.BOUNCED, "delivered": What.DELIVERED}
_MOST_BYTES = 1_000_000


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file that could tell something, in folders too."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if each.suffix in {".eml", ".opened"})
        else:
            yield path


def told_in(path: Path) -> Told:
    """What a file tells.

    Raises:
        ReceiptError: Nothing that is known here.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError as error:
        raise ReceiptError(f"cannot read {path}: {error.strerror}.") from None
    digest = hashlib.sha256(path.name.encode() + b"\0" + content).hexdigest()
    if path.suffix == ".opened":
        return _opened(path, content, digest)
    return _report(path, message_from_bytes(content, policy=policy.default), digest)


def _opened(path: Path, content: bytes, digest: str) -> Told:
    try:
        key = json.loads(path.with_suffix(".json").read_bytes())["key"]
        at = datetime.fromisoformat(content.decode().strip())
    except (OSError, ValueError, KeyError, TypeError):
        raise ReceiptError(
            f"{path} is no receipt: it needs an instant such as 2026-10-14T08:00+02:00, and its "
            "letter beside it."
        ) from None
    if at.tzinfo is None or not isinstance(key, str):
        raise ReceiptError(f"{path} gives an instant without its zone. Write +02:00 behind it.")
    return Told(id=digest, what=What.OPENED, key=key, at=at.astimezone(UTC))


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
    headers = message_from_bytes(str(payload).encode(), policy=policy.default)
    return str(headers.get("Message-ID", "")).strip()
