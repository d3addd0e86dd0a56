"""The sender for paper: a folder of letters for whoever prints and posts them.

<post>/<letter>/letter.pdf      the letter
                manifest.json   whom it goes to, and the SHA-256 of the PDF
                key.txt         which letter this is
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from services.errors import LetterError, Refused
from services.model import Channel
from services.notifier.senders.closed import Closed
from services.notifier.senders.folder import write_whole
from services.recipient import Dispatch


class PostSettings(Closed):
    """Where letters to be posted are put, relative to the office."""

    folder: str = "post"


class PostSender:
    """Puts each letter into a folder, whole or not at all.

    Attributes:
        folder: In which they are put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channel: str = Channel.POST

    def send(self, dispatch: Dispatch) -> str:
        """Put the letter there; the receipt is where, relative to the office."""
        try:
            pdf = dispatch.print_pdf()
        except LetterError as error:  # such as an address that is too long for the window
            raise Refused(str(error)) from None
        if not pdf.startswith(b"%PDF-"):
            raise Refused(f"letter {dispatch.key} was printed as something other than a PDF.")
        files = {
            "letter.pdf": pdf,
            "manifest.json": _manifest(dispatch, pdf),
            "key.txt": f"{dispatch.key}\n".encode(),
        }
        return write_whole(self.folder, dispatch, files)


def _manifest(dispatch: Dispatch, pdf: bytes) -> bytes:
    told = {
        "key": dispatch.key,
        "number": dispatch.number,
        "kind": dispatch.kind,
        "to": [dispatch.recipient.name, *dispatch.recipient.postal_lines],
        "file": "letter.pdf",
        "bytes": len(pdf),
        "sha256": hashlib.sha256(pdf).hexdigest(),
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode()
