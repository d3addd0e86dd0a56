"""Where a list goes on: opaque to whoever asks, and checked when it comes back."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

LONGEST = 400
Place = TypeVar("Place", bound="tuple[str | int, ...]")


class CursorError(ValueError):
    """What was sent is no cursor of this list."""


def cursor_of(place: tuple[str | int, ...]) -> str:
    """The cursor that goes on after ``place``."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str, kind: TypeAdapter[Place]) -> Place:
    """The place behind a cursor.

    Args:
        cursor: As :func:`cursor_of` made it for this kind of list.
        kind: What its places are.

    Raises:
        CursorError: It is none.
    """
    try:
        if len(cursor) > LONGEST:
            raise CursorError
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        place = kind.validate_json(content, strict=True)
    except (binascii.Error, ValidationError, ValueError):
        raise CursorError from None
    if any(isinstance(part, str) and not part.isprintable() for part in place):
        raise CursorError  # PostgreSQL takes no NUL
    return place
