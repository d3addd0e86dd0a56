"""A letter's HTML as a tree of what a reader sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from services.errors import LetterError

_VOID = frozenset({"br", "img", "meta"})
_UNSEEN = frozenset({"head", "script", "style", "title"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words in one weight; those that are ``whole`` are not broken at their hyphens."""

    text: str
    strong: bool
    whole: bool


@dataclass(slots=True, kw_only=True)
class Element:
    """A node of the tree."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def role(self) -> str:
        """Its class, or its tag where it has none."""
        return self.attributes.get("class") or self.tag

    def every(self, role: str) -> Iterator[Element]:
        """The elements of this tag or class within, in their order."""
        for child in self.children:
            if isinstance(child, Element):
                if role in {child.tag, child.role}:
                    yield child
                yield from child.every(role)

    def runs(self, *, strong: bool = False, whole: bool = False) -> Iterator[Run]:
        """Its words, without the notes among them."""
        strong, whole = strong or self.tag == "strong", whole or self.role == "whole"
        for child in self.children:
            if isinstance(child, str):
                yield Run(text=child, strong=strong, whole=whole)
            elif child.role != "note":
                yield from child.runs(strong=strong, whole=whole)

    def words(self) -> str:
        """The same in one piece."""
        return "".join(run.text for run in self.runs()).strip("\n")


def tree(html: str) -> Element:
    """The whole letter.

    Raises:
        LetterError: An element is not closed.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.open[0]


class _Reader(HTMLParser):
    """Builds the tree; what a browser would not show stays out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element(tag="", attributes={})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag=tag, attributes={name: value or "" for name, value in attrs})
        if tag not in _UNSEEN:
            self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag != tag:
            raise LetterError(
                f"a letter's HTML closes <{tag}> while <{self.open[-1].tag}> is open. Mend its "
                "template."
            )
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)
