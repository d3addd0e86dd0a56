"""Where labels go in a drawing so that none covers another. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

WIDTH_OF_LETTER, HEIGHT_OF_LINE = 0.68, 1.3
"""Of the font's size: DejaVu Sans Bold on average, with its rim."""


class Rectangle(NamedTuple):
    """In typographic points, from the top left corner of the drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rectangle) -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A drawing on which what has been placed takes room.

    Attributes:
        width: In points.
        height: In points.
        taken: What is occupied.
    """

    width: float
    height: float
    taken: list[Rectangle] = field(default_factory=list)

    def mark(self, x: float, y: float, radius: float) -> None:
        """Take the room of a round mark."""
        self.taken.append(Rectangle(x - radius, y - radius, x + radius, y + radius))

    def place(
        self, text: str, size: float, centres: Iterable[tuple[float, float]]
    ) -> tuple[float, float] | None:
        """Take room for ``text`` and return its centre: the first of ``centres`` that is free.

        None where no centre is: what overlaps cannot be read, and is better left out.
        """
        for x, y in centres:
            box = box_of(text, size, x, y)
            inside = box.left >= 0 and box.top >= 0
            inside = inside and box.right <= self.width and box.bottom <= self.height
            if inside and not any(box.meets(other) for other in self.taken):
                self.taken.append(box)
                return x, y
        return None


def box_of(text: str, size: float, x: float, y: float) -> Rectangle:
    """The room that ``text`` in ``size`` takes about its centre."""
    width, height = size_of(text, size)
    return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def size_of(text: str, size: float) -> tuple[float, float]:
    """Width and height of a text, nearly."""
    lines = text.split("\n")
    return max(map(len, lines)) * WIDTH_OF_LETTER * size, len(lines) * HEIGHT_OF_LINE * size


def around(
    x: float, y: float, text: str, size: float, clearance: float
) -> Iterable[tuple[float, float]]:
    """Centres for ``text`` beside a mark at ``(x, y)``, the best first: above on the left."""
    width, height = size_of(text, size)
    across, down = width / 2 + clearance, height / 2 + clearance * 0.6
    for right, low in ((-1, -1), (1, -1), (-1, 1), (1, 1), (-1, 0), (1, 0), (0, -1), (0, 1)):
        yield x + right * across, y + low * down
