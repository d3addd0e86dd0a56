"""The sender for a portal: one file for each letter, for the account of its recipient.

<inbox>/<letter>.json     account, number, kind, subject, text, HTML and photo
        <letter>.opened   written by the portal when the account's owner first opened it

Opening is proof of service: ``speedcam notify receipts`` takes it in.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

from services.errors import Unreachable
from services.model import Channel
from services.notifier.senders.closed import Closed
from services.recipient import Dispatch
from speedcam.disk import make_folder, write_durably


class PortalSettings(Closed):
    """The portal's inbox, relative to the office."""

    folder: str = "inbox"


class PortalSender:
    """Writes letters into the inbox of a portal.

    Attributes:
        folder: The inbox.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channel: str = Channel.PORTAL

    def send(self, dispatch: Dispatch) -> str:
        """Write the letter; the receipt is its file, relative to the office."""
        path = self.folder / f"{dispatch.stem}.json"
        try:
            make_folder(self.folder)
            write_durably(path, portal_message(dispatch))
        except OSError as error:
            raise Unreachable(
                f"letter {dispatch.key} cannot be written to {self.folder}: {error.strerror}. "
                "Check the folder's rights and the free space."
            ) from None
        return f"{self.folder.name}/{path.name}"


def portal_message(dispatch: Dispatch) -> bytes:
    """The letter as a portal takes it: JSON."""
    letter = dispatch.letter
    told = {
        "key": dispatch.key,
        "account": dispatch.recipient.portal,
        "number": dispatch.number,
        "kind": dispatch.kind,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "photo_alt": letter.photo_alt,
        "photo_jpeg": b64encode(letter.photo).decode(),
    }
    return json.dumps(told, ensure_ascii=False).encode()
