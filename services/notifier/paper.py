"""The HTML letter taken apart into what stands on paper, so that paper can say nothing else.

Each language is a sheet of its own. Its front says what happened; at the foot of the front stands
what is owed, with the account; the back holds the rest. A letter that asks for nothing has no foot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from services.errors import LetterError
from services.notifier.elements import Element, Run, tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A heading or a paragraph.

    Attributes:
        role: The class that the HTML gives it, else its tag: ``h1``, ``h2``, ``p``.
        lang: Its language where it is not the sheet's, else empty.
    """

    role: str
    runs: tuple[Run, ...]
    lang: str = ""
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A numbered list."""

    items: tuple[tuple[Run, ...], ...]
    kind: Literal["steps"] = "steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a table; ``note`` may be empty."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is owed (role ``amounts``, with a head) or facts by their name (with a caption)."""

    role: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The photo."""

    alt: str
    caption: str
    kind: Literal["figure"] = "figure"


Block = Paragraph | Steps | Table | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A letter in one language, as it stands on paper.

    Attributes:
        office: Who writes.
        front: What happened, with the photo.
        foot: What is owed, or nothing.
        back: All the rest.
        account: The table that names the payment's reference, or None.
    """

    lang: str
    office: str
    front: tuple[Block, ...]
    foot: tuple[Block, ...]
    back: tuple[Block, ...]
    account: Table | None

    @property
    def owed(self) -> tuple[Row, ...]:
        """What is owed and until when; empty where nothing is."""
        table = _first_table(self.foot, "amounts")
        return table.rows if table else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A letter on paper: the banner of every page, and a sheet for each language."""

    banner: tuple[Block, ...]
    sheets: tuple[Sheet, ...]


def on_paper(html: str, reference: str) -> Paper:
    """A letter as :func:`services.notifier.letter.render_letter` writes it, taken apart.

    Args:
        html: The whole letter.
        reference: The payment's, as it is printed.

    Raises:
        LetterError: The letter holds something that has no form on paper.
    """
    letter = tree(html)
    return Paper(
        banner=tuple(_blocks(next(letter.every("banner")))),
        sheets=tuple(
            _sheet(part, tuple(_blocks(part)), reference) for part in letter.every("language")
        ),
    )


def _sheet(part: Element, blocks: tuple[Block, ...], reference: str) -> Sheet:
    headings = [at for at, block in enumerate(blocks) if _is_heading(block)]
    table = _first_table(blocks, "amounts")
    owed = blocks.index(table) if table else len(blocks)
    foot = max((at for at in headings if at < owed), default=owed) if table else owed
    back = min((at for at in headings if at > owed), default=len(blocks))
    return Sheet(
        lang=part.attributes["lang"],
        office=" ".join(office.words() for office in part.every("office")),
        front=blocks[:foot],
        foot=blocks[foot:back],
        back=blocks[back:],
        account=next((t for t in _tables(blocks) if _names(t, reference)), None),
    )


def _is_heading(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.role == "h2"


def _tables(blocks: Sequence[Block]) -> Iterator[Table]:
    return (block for block in blocks if isinstance(block, Table))


def _first_table(blocks: Sequence[Block], role: str) -> Table | None:
    return next((table for table in _tables(blocks) if table.role == role), None)


def _names(table: Table, value: str) -> bool:
    return any(row.value == value for row in table.rows)


def _blocks(container: Element) -> Iterator[Block]:
    for child in container.children:
        if isinstance(child, Element):
            yield from _block(child)
        elif child.strip():
            raise LetterError(f"“{child.strip()}” stands in no paragraph of the letter.")


def _block(element: Element) -> Iterator[Block]:
    match element.tag:
        case "div" | "section":
            yield from _blocks(element)
        case "p" | "h1" | "h2":
            lang = element.attributes.get("lang", "")
            yield Paragraph(role=element.role, runs=tuple(element.runs()), lang=lang)
        case "ol":
            yield Steps(items=tuple(tuple(item.runs()) for item in element.every("li")))
        case "table":
            yield _table(element)
        case "figure":
            yield from _figures(element)
        case other:
            raise LetterError(f"a letter holds a <{other}>, which has no form on paper.")


def _table(element: Element) -> Table:
    names = [
        *element.every("caption"),
        *(h for top in element.every("thead") for h in top.every("th")),
    ]
    return Table(
        role=element.role,
        head=tuple(name.words() for name in names),
        rows=tuple(_row(row) for body in element.every("tbody") for row in body.every("tr")),
    )


def _row(element: Element) -> Row:
    label, value = next(element.every("th")), next(element.every("td"))
    return Row(
        label=label.words(),
        value=value.words(),
        note="".join(note.words() for note in value.every("note")),
    )


def _figures(element: Element) -> Iterator[Figure]:
    for image, caption in zip(element.every("img"), element.every("figcaption"), strict=True):
        yield Figure(alt=image.attributes["alt"], caption=caption.words())
