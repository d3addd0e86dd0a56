"""The HTML letter taken apart into what stands on paper, so that paper can say nothing else.

Each language is a sheet of its own. Its front says what happened; at the foot of the front stands
what is owed, with the account; the back holds the rest. A letter that asks for nothing has no foot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from services.errors import LetterError
from services.notifier.elements import Run, body, every, role, runs, words


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
        LetterError: The letter has no banner, or holds something that has no form on paper.
    """
    letter = body(html)
    banner = next(every(letter, "banner"), None)
    if banner is None:
        raise LetterError("a letter without its banner is not printed. Mend letter.html.")
    return Paper(
        banner=tuple(_blocks(banner)),
        sheets=tuple(
            _sheet(part, tuple(_blocks(part)), reference) for part in every(letter, "language")
        ),
    )


def _sheet(part: Element, blocks: tuple[Block, ...], reference: str) -> Sheet:
    headings = [at for at, block in enumerate(blocks) if _is_heading(block)]
    table = _first_table(blocks, "amounts")
    owed = blocks.index(table) if table else len(blocks)
    foot = max((at for at in headings if at < owed), default=owed) if table else owed
    back = min((at for at in headings if at > owed), default=len(blocks))
    return Sheet(
        lang=part.attrib["lang"],
        office=" ".join(map(words, every(part, "office"))),
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
    _require_empty(container.text)
    for child in container:
        yield from _block(child)
        _require_empty(child.tail)


def _require_empty(between: str | None) -> None:
    if between and between.strip():
        raise LetterError(f"“{between.strip()}” stands in no paragraph of the letter.")


def _block(element: Element) -> Iterator[Block]:
    match element.tag:
        case "div" | "section":
            yield from _blocks(element)
        case "p" | "h1" | "h2":
            lang = element.get("lang", "")
            yield Paragraph(role=role(element), runs=tuple(runs(element)), lang=lang)
        case "ol":
            yield Steps(items=tuple(tuple(runs(item)) for item in every(element, "li")))
        case "table":
            yield _table(element)
        case "figure":
            for image in every(element, "img"):
                caption = " ".join(map(words, every(element, "figcaption")))
                yield Figure(alt=image.attrib["alt"], caption=caption)
        case other:
            raise LetterError(f"a letter holds a <{other}>, which has no form on paper.")


def _table(element: Element) -> Table:
    tops = (*every(element, "caption"), *element.iterfind("thead/tr/th"))
    return Table(
        role=role(element),
        head=tuple(map(words, tops)),
        rows=tuple(_row(*row) for row in element.iterfind("tbody/tr")),
    )


def _row(label: Element, value: Element) -> Row:
    note = "".join(map(words, every(value, "note")))
    return Row(label=words(label), value=words(value), note=note)
