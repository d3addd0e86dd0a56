"""The sender that needs nothing: each notice becomes a folder that can be opened and shown.

<sent>/<fine number>/notice.html   the letter, with photo.jpg beside it
                     notice.txt    the same facts as plain text
                     photo.jpg     the redacted photo
                     notice.eml    the same as a mail, ready to be sent
                     key.txt       which notice this is
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from services.errors import Refused, Unreachable
from services.model import Channel, Letter
from services.recipient import Dispatch
from speedcam.disk import make_folder, sync_folder, write_synced

PHOTO = "photo.jpg"
PHOTO_CID = "photo"
"""By this Content-ID the letter's HTML names its photo."""


class About(Protocol):
    """What a letter is about: a fine, or a dispatch of one."""

    @property
    def number(self) -> str:
        """The fine's number."""
        ...

    @property
    def issued_at(self) -> datetime:
        """When it was issued."""
        ...


class FolderSender:
    """Writes each notice as a folder, whole or not at all.

    Attributes:
        sent: Where the folders stand.
    """

    def __init__(self, sent: Path) -> None:
        self.sent = sent
        self.channel: str = Channel.FOLDER

    def send(self, dispatch: Dispatch) -> str:
        """Write the letter; the receipt is its folder, relative to the office.

        Raises:
            Unreachable: The disk does not take it now.
            Refused: Another letter stands in its place.
        """
        files = contents(dispatch.letter, dispatch) | {"key.txt": f"{dispatch.key}\n".encode()}
        return write_whole(self.sent, dispatch, files)


def write_whole(folder: Path, dispatch: Dispatch, files: Mapping[str, bytes]) -> str:
    """Write the files of a letter as one folder, whole or not at all; where, for a receipt.

    Args:
        folder: In which it is written.
        dispatch: The letter; one that is there already stays as it is.
        files: By name; ``key.txt`` holds the key.

    Raises:
        Unreachable: The disk does not take it now.
        Refused: Another letter stands in its place.
    """
    place = folder / dispatch.stem
    try:
        make_folder(folder)
        if place.exists():
            _require_same(place, dispatch.key)
        else:
            _write(place, files)
    except OSError as error:
        raise Unreachable(
            f"notice {dispatch.number} cannot be written to {folder}: {error.strerror}. Check "
            "the folder's rights and the free space."
        ) from None
    return f"{folder.name}/{dispatch.stem}"


def _write(place: Path, files: Mapping[str, bytes]) -> None:
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a worker that died
    make_folder(part)
    for name, content in files.items():
        write_synced(part / name, content)
    sync_folder(part)
    part.rename(place)
    sync_folder(place.parent)


def contents(letter: Letter, about: About) -> dict[str, bytes]:
    """The files of a notice by name."""
    files = {
        "notice.html": letter.html.replace(f"cid:{PHOTO_CID}", PHOTO).encode(),
        "notice.txt": letter.text.encode(),
        "notice.eml": mail(letter, about).as_bytes(),
    }
    return files | ({PHOTO: letter.photo} if letter.photo else {})


def mail(letter: Letter, about: About) -> EmailMessage:
    """The notice as a mail: plain text, and HTML with the photo as a part of it.

    Its addresses can never be delivered to: a demonstration has no recipient. The Message-ID
    follows from the fine, so that a repeated hand-over is seen as the same mail.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    message["From"] = Address("speedcam demo", "no-reply", "speedcam.invalid")
    message["To"] = Address("Vehicle owner", "owner", "speedcam.invalid")
    message["Date"] = format_datetime(about.issued_at)
    message["Message-ID"] = f"<{about.number.lower()}.notice@speedcam.invalid>"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    # Only now: making alternatives moves all that is said of the content into the first of them.
    message["Content-Language"] = ", ".join(letter.languages)
    if not letter.photo:
        return message
    html = message.get_body(("html",))
    if not isinstance(html, EmailMessage):
        raise Refused(f"notice {about.number}: its letter makes no mail with HTML.")
    html.add_related(
        letter.photo,
        "image",
        "jpeg",
        cid=f"<{PHOTO_CID}>",
        filename=PHOTO,
        disposition="inline",
    )
    return message


def _require_same(folder: Path, notice_key: str) -> None:
    if (folder / "key.txt").read_text().strip() != notice_key:
        raise Refused(
            f"{folder} holds another notice. Nothing was overwritten; move that folder away if it "
            "does not belong to this office."
        )
