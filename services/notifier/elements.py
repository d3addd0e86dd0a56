"""A letter's HTML as a tree, and the words in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, fromstring

from services.errors import LetterError


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words in one weight; those that are ``whole`` are not broken at their hyphens."""

    text: str
    strong: bool
    whole: bool


def body(html: str) -> Element:
    """What a browser shows of a letter.

    Raises:
        LetterError: An element is not closed, or a character is none of a text's.
    """
    start, end = html.find("<body>"), html.rfind("</body>")
    try:
        # The letter is our own, every value in it is escaped, and its body declares no entity.
        return fromstring(f"{html[start:end]}</body>")  # noqa: S314 - see above
    except ParseError as error:
        raise LetterError(
            f"a letter's HTML is not well formed ({error}): it cannot be set on paper. Mend its "
            "template, or the fact that holds such a character."
        ) from None


def role(element: Element) -> str:
    """An element's class, or its tag where it has none."""
    return element.get("class") or element.tag


def every(element: Element, wanted: str) -> Iterator[Element]:
    """The elements of this class or tag within, in their order."""
    return (
        each for each in element.iter() if each is not element and wanted in {each.tag, role(each)}
    )


def runs(element: Element, *, strong: bool = False, whole: bool = False) -> Iterator[Run]:
    """The words of an element, without the notes among them."""
    strong, whole = strong or element.tag == "strong", whole or role(element) == "whole"
    if element.text:
        yield Run(text=element.text, strong=strong, whole=whole)
    for child in element:
        if role(child) != "note":
            yield from runs(child, strong=strong, whole=whole)
        if child.tail:
            yield Run(text=child.tail, strong=strong, whole=whole)


def words(element: Element) -> str:
    """The same in one piece."""
    return "".join(run.text for run in runs(element)).strip("\n")
