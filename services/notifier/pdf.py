"""The letter as a PDF for the post: tagged (PDF/UA-1), A4, its address in the window.

It is set from the HTML letter itself, so that paper cannot say anything else; all words reach the
typesetter as data, none as markup. The same letter gives the same bytes. Nothing is loaded from
the system or the network: the typesetter brings its fonts along.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Literal

import segno
from typst import Compiler, TypstError

from services.errors import LetterError
from services.model import Fine, Letter
from services.notifier.facts import Language, facts, grouped
from services.notifier.paper import Sheet, Table, on_paper
from services.notifier.payment import Transfer, epc_code, require_payable, takes_epc

_NUMBERS = tuple(map(str, range(256)))
_MOST_LINES = 6
"""Lines of an address in the window (DIN 5008)."""
_AT_A_TIME = Lock()
"""A typesetter that is asked by two threads at once fails."""


def letter_pdf(letter: Letter, fine: Fine, *, recipient: Sequence[str] = ()) -> bytes:
    """A letter as a PDF: one sheet of paper for each language, or one for two short ones.

    A process that has printed must not be forked to print again: the typesetter's own threads do
    not come along, and the child waits for them for ever.

    Args:
        letter: As it was rendered; all words come from its HTML.
        fine: What it is about.
        recipient: Lines of the address, at most six; without them the letter has no window.

    Raises:
        LetterError: Its payment could not be made, or it cannot be set on paper.
    """
    return _compiled(letter, fine, recipient, "pdf")[0]


def letter_pages(
    letter: Letter, fine: Fine, *, recipient: Sequence[str] = (), ppi: int = 110
) -> tuple[bytes, ...]:
    """The pages of the same PDF as pictures (PNG), to look at."""
    return _compiled(letter, fine, recipient, "png", ppi=ppi)


def _compiled(
    letter: Letter,
    fine: Fine,
    recipient: Sequence[str],
    form: Literal["pdf", "png"],
    ppi: int | None = None,
) -> tuple[bytes, ...]:
    known = {
        "main.typ": _template(),
        "letter.json": json.dumps(_document(letter, fine, recipient)).encode(),
        "photo.json": _listed(letter.photo),
    }
    try:
        with _AT_A_TIME:
            made = _compiler().compile(
                known,  # type: ignore[type-var] # files by name, which its types do not know
                format=form,
                ppi=ppi,
                pdf_standards="ua-1" if form == "pdf" else [],
                timestamp=int(fine.issued_at.timestamp()),
            )
    except TypstError as error:
        raise LetterError(
            f"notice {fine.number} cannot be set on paper: {error.message}. Shorten what is too "
            "long, and write in Latin, Greek or Cyrillic letters."
        ) from None
    return tuple(made) if isinstance(made, list) else (made or b"",)


def _document(letter: Letter, fine: Fine, recipient: Sequence[str]) -> dict[str, object]:
    """What the template reads: nothing but words."""
    _require_address(fine, recipient)
    paper = on_paper(letter.html, grouped(fine.reference))
    _require_payable(fine, paper.sheets)
    return {
        "title": letter.subject,
        "number": fine.number,
        "recipient": list(recipient),
        "page": _page_code(letter, fine.number) if recipient else None,
        "banner": [asdict(line) for line in paper.banner],
        "sheets": [asdict(sheet) | {"code": _code(sheet, fine)} for sheet in paper.sheets],
    }


def _require_address(fine: Fine, recipient: Sequence[str]) -> None:
    if len(recipient) > _MOST_LINES or not all(map(_is_line, recipient)):
        raise LetterError(
            f"the address for notice {fine.number} does not fit the window: give at most "
            f"{_MOST_LINES} lines of printable words."
        )


def _is_line(words: str) -> bool:
    return words.strip() != "" and words.isprintable()


def _require_payable(fine: Fine, sheets: Sequence[Sheet]) -> None:
    """Raise LetterError unless what the letter asks for can be transferred."""
    asking = [sheet.lang for sheet in sheets if sheet.account]
    if asking:
        known = facts(fine, Language(asking[0]))
        require_payable(known.account, known.payment_reference)


def _code(sheet: Sheet, fine: Fine) -> dict[str, str] | None:
    """The transfer as a code for banks' apps, or None where it cannot be made by one."""
    if sheet.account is None or not takes_epc(fine, fine.terms.reduced):
        return None
    known = facts(fine, Language(sheet.lang))
    row = next((row for row in sheet.owed if row.value == known.reduced), None)
    if row is None:
        return None
    code = epc_code(
        Transfer(
            payee=known.payee,
            account=known.account,
            reference=known.payment_reference,
            amount=fine.terms.reduced,
        )
    )
    caption = f"{row.label}: {row.value}"
    return {"svg": _svg(code), "caption": caption, "alt": _alt(sheet.account, caption)}


def _page_code(letter: Letter, number: str) -> dict[str, str] | None:
    """Where this notice is opened, as a code for cameras; None where the letter names no page.

    The number stands in the fragment, which a browser keeps to itself: no server and no log on
    the way is told it.
    """
    if not letter.page:
        return None
    address = f"{letter.page}/?lang={letter.languages[0]}#{number}"
    code = segno.make_qr(address, error="m", boost_error=False)
    return {"svg": _svg(code), "alt": f"QR – {address}"}


def _svg(code: segno.QRCode) -> str:
    svg = io.BytesIO()
    code.save(svg, kind="svg", xmldecl=False)
    return svg.getvalue().decode()


def _alt(account: Table, caption: str) -> str:
    """The code in words, for those who hear the letter."""
    told = [f"{row.label} {row.value}" for row in account.rows]
    return f"EPC QR – {'; '.join([*account.head, *told, caption])}"


def _listed(content: bytes) -> bytes:
    """``content`` as a list of numbers: the typesetter takes no other files than text."""
    return f"[{','.join(map(_NUMBERS.__getitem__, content))}]".encode()


@cache
def _compiler() -> Compiler:
    return Compiler(ignore_system_fonts=True)


@cache
def _template() -> bytes:
    return (files("services.notifier") / "templates" / "letter.typ").read_bytes()
