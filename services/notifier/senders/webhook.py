"""The sender for any service with a web address: a signed JSON document for each letter.

    Speedcam-Signature: t=<seconds since 1970>,v1=<hex>
    Idempotency-Key: <the letter's key>

``v1`` is HMAC-SHA256, with the shared secret, over ``<t>.<body>``. Who receives it recomputes
that, refuses what is older than five minutes, and takes each key once: :func:`is_genuine` does the
first two.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import Field, field_validator

from services.errors import ProviderDown, Refused, SettingsError, Unreachable
from services.model import Channel
from services.notifier.secret import secret_in
from services.notifier.senders.closed import Closed
from services.notifier.senders.http import Answer, post_json, require_private
from services.ports import Clock
from services.recipient import Dispatch

SIGNATURE = "Speedcam-Signature"
REPLAY_WINDOW = timedelta(minutes=5)
SHORTEST_SECRET = 32
"""Characters: 128 bits in hexadecimal."""

_FOR_NOW = frozenset({408, 425, 429})
_OURS = frozenset({401, 403, 404, 405})
"""The service does not know us, or not at this address: no letter is to blame."""


class WebhookSettings(Closed):
    """A web address that takes letters.

    Attributes:
        channel: Decides what is told: ``sms`` tells phone and short text, ``email`` the address and
            the whole letter, ``webhook`` the letter and no recipient.
    """

    url: str = Field(description="an https address", examples=['url = "https://sms.example/in"'])
    channel: str = Field(
        default=Channel.WEBHOOK,
        pattern=r"^(sms|email|webhook)$",
        description="sms, email or webhook",
        examples=['channel = "sms"'],
    )
    secret_file: str = Field(
        default="",
        description="a file with the shared secret, relative to the office",
        examples=['secret_file = "keys/webhook.secret"'],
    )
    secret_env: str = Field(
        default="", description="a variable with it", examples=['secret_env = "WEBHOOK_SECRET"']
    )

    @field_validator("url")
    @classmethod
    def _private(cls, url: str) -> str:
        return require_private(url)


class WebhookSender:
    """Posts letters to a web address.

    Attributes:
        settings: Where, and what is told there.
    """

    def __init__(self, settings: WebhookSettings, office: Path, clock: Clock) -> None:
        self.settings = settings
        self.channel: str = settings.channel
        self._clock = clock
        self._secret = secret_in(office, file=settings.secret_file, env=settings.secret_env)
        if len(self._secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"the webhook's secret has fewer than {SHORTEST_SECRET} characters: name a longer "
                "one by secret_file or secret_env."
            )

    def send(self, dispatch: Dispatch) -> str:
        """Post the letter; the receipt is the service's ``id``, or the key."""
        body = json.dumps(_told(dispatch, self.channel), ensure_ascii=False).encode()
        headers = {
            SIGNATURE: signature(self._secret, body, self._clock.now()),
            "Idempotency-Key": dispatch.key,
        }
        return _receipt(post_json(self.settings.url, body, headers), dispatch.key)


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The value of the signature header for ``body``, signed at an instant."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_mac(secret, seconds, body)}"


def is_genuine(secret: str, body: bytes, header: str, now: datetime) -> bool:
    """Whether ``body`` was signed with ``secret``, not long ago."""
    found = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header)
    if found is None:
        return False
    seconds = int(found[1])
    recent = abs(now.timestamp() - seconds) <= REPLAY_WINDOW.total_seconds()
    return hmac.compare_digest(_mac(secret, seconds, body), found[2]) and recent


def _mac(secret: str, seconds: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def _told(dispatch: Dispatch, channel: str) -> dict[str, str]:
    """What the service must know, and nothing else."""
    letter, recipient = dispatch.letter, dispatch.recipient
    always = {"key": dispatch.key, "kind": dispatch.kind}
    if channel == Channel.SMS:
        return always | {"phone": recipient.phone, "message": dispatch.short_text}
    whole = {
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "photo_alt": letter.photo_alt,
        "photo_jpeg": b64encode(letter.photo).decode(),
    }
    to = {"email": recipient.email, "name": recipient.name} if channel == Channel.EMAIL else {}
    return always | whole | to


def _receipt(answer: Answer, key: str) -> str:
    status = answer.status
    told = f"the web address answered {status}"
    if status // 100 == 2:
        return _own_id(answer.content) or key
    if status in _OURS:
        raise ProviderDown(f"{told}. Check address and secret; it is tried again by itself.")
    if status in _FOR_NOW or status // 100 == 5:
        raise Unreachable(f"{told}.")
    raise Refused(f"{told}. Ask whoever runs it what it did not take.")


def _own_id(content: bytes) -> str:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):  # the letter is taken, whatever its taker says then
        return ""
    own = told.get("id") if isinstance(told, dict) else None
    return own if isinstance(own, str) and re.fullmatch(r"[\w.:/-]{1,100}", own) else ""
