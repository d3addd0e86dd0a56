"""``speedcam notify preview``: a letter as it would leave, and nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.console import EPILOG, Office, say
from services.model import Fine, Letter, LetterKind
from services.notifier.photo import photo_of
from services.recipient import UNNAMED, Dispatch
from services.store.fines import read_file
from services.store.store import open_store
from speedcam.disk import write_durably


class Form(StrEnum):
    """What a letter can be looked at as; each is the ending of its file as well."""

    HTML = "html"
    TXT = "txt"
    EML = "eml"
    SMS = "sms"
    PDF = "pdf"
    JSON = "json"


def add_preview_command(app: typer.Typer) -> None:
    """Give ``app`` the command."""
    app.command(name="preview", epilog=EPILOG)(preview)


def preview(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The fine, as it is typed.")],
    *,
    office: Office,
    channel: Annotated[
        Form,
        typer.Option(
            help="A page (photo inside), plain text, a mail, a short message, paper, or what a "
            "portal is given."
        ),
    ] = Form.HTML,
    kind: Annotated[LetterKind, typer.Option(help="What the letter tells.")] = LetterKind.NOTICE,
    lang: Annotated[
        str, typer.Option(metavar="CODE", help="The reader's own language, which comes first.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; else NUMBER.CHANNEL, here.")
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE", help="A line of the address on paper; once for each line."),
    ] = None,
    launch: Annotated[
        bool, typer.Option("--open", help="Open it with what this machine opens such files with.")
    ] = False,
) -> None:
    """Write a letter about a fine into a file, to look at. It goes to nobody, nothing is recorded.

    What a letter of another kind than the notice tells is an example. The file's path is printed
    on stdout.
    """
    # The settings know every sender, which no other command has to load.
    from services.notifier.settings import page_of  # noqa: PLC0415 - see above

    with open_store(office) as store:
        with store.reading() as connection:
            fine = read_file(store, connection, number).fine
        photo = photo_of(store, fine) if kind is LetterKind.NOTICE else b""
    path = out or Path(f"{fine.number}.{channel}")
    content = rendered(
        fine, photo, channel, kind=kind, lang=lang, to=to or (), page=page_of(office)
    )
    write_durably(path, content)
    typer.echo(path)
    if kind is not LetterKind.NOTICE:
        say("what this letter tells is an example: nothing of it happened.")
    if launch and typer.launch(str(path), wait=True) != 0:
        say(f"nothing on this machine opens {path}: open it yourself.")


def rendered(
    fine: Fine,
    photo: bytes,
    form: Form,
    *,
    kind: LetterKind = LetterKind.NOTICE,
    lang: str = "",
    to: Sequence[str] = (),
    page: str = "",
) -> bytes:
    """The letter about ``fine`` in one of its forms.

    Args:
        fine: What it is about.
        photo: JPEG bytes of the redacted photo.
        form: Which.
        kind: What it tells.
        lang: The reader's own language, or empty where it is not known.
        to: Lines of the address on paper.
        page: The page where notices are opened, or empty.
    """
    # Letters need templates, languages and a typesetter that no other command has to load.
    from services.notifier.example import example_of  # noqa: PLC0415 - see above
    from services.notifier.language import Language  # noqa: PLC0415 - see above
    from services.notifier.letter import PHOTO_CID, data_uri, render_letter  # noqa: PLC0415 - see above
    from services.notifier.pdf import letter_pdf  # noqa: PLC0415 - see above
    from services.notifier.senders.folder import mail  # noqa: PLC0415 - see above
    from services.notifier.senders.portal import portal_message  # noqa: PLC0415 - see above

    if lang and lang not in set(Language):
        raise typer.BadParameter(f"there are no words in {lang!r}: one of {', '.join(Language)}")
    own = Language(lang) if lang else None
    letter = render_letter(fine, photo, kind, occasion=example_of(kind, fine), own=own, page=page)
    match form:
        case Form.HTML:
            return letter.html.replace(f"cid:{PHOTO_CID}", data_uri(letter.photo)).encode()
        case Form.TXT:
            return letter.text.encode()
        case Form.SMS:
            return letter.sms.encode()
        case Form.EML:
            return mail(letter, fine).as_bytes()
        case Form.PDF:
            return letter_pdf(letter, fine, recipient=to)
        case Form.JSON:
            return portal_message(_to_nobody(letter, fine))


def _to_nobody(letter: Letter, fine: Fine) -> Dispatch:
    return Dispatch(
        key=f"{fine.number}/{letter.kind}/1",
        number=fine.number,
        issued_at=fine.issued_at,
        letter=letter,
        recipient=UNNAMED,
        print_pdf=bytes,
    )
