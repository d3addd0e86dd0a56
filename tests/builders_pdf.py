"""PDFs as a screen reader has them: the words of the structure tree, in its order."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_PLAIN = rb"(?:\\.|[^\\()])*"
# Parentheses stand unescaped in a literal where they are balanced.
_INNER = rb"\(" + _PLAIN + rb"\)"
for _ in range(4):
    _INNER = rb"\(" + _PLAIN + rb"(?:" + _INNER + _PLAIN + rb")*\)"
_LITERAL = rb"(?P<literal>" + _INNER + rb")"
_TOKEN = re.compile(
    rb"(?s)(?P<artifact>/Artifact)|/Span<</MCID (?P<mcid>\d+).*?>>BDC|(?P<end>EMC)|(?P<line>BT)"
    rb"|/(?P<font>f\d+) [\d.]+ Tf|" + _LITERAL
)
_KID = re.compile(rb"/Pg (\d+) 0 R/MCID (\d+)|(\d+) 0 R|(\d+)")
_ESCAPE = re.compile(rb"(?s)\\([0-7]{1,3}|.)")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True, kw_only=True)
class Node:
    """An element of the structure tree: its role, its language if it says so, what it holds."""

    role: str
    lang: str
    alt: str
    parts: tuple[Node | str, ...]

    def every(self, role: str) -> Iterator[Node]:
        for part in self.parts:
            if isinstance(part, Node):
                if part.role == role:
                    yield part
                yield from part.every(role)

    def text(self) -> str:
        """What is read aloud, but for the numbers of a list."""
        if self.role == "Lbl":
            return ""
        parts = (part if isinstance(part, str) else part.text() for part in self.parts)
        return one_line(" ".join([self.alt, *parts]))


def one_line(text: str) -> str:
    return " ".join(text.split())


class Pdf:
    """The bytes of a PDF 1.7 whose objects stand one by one."""

    def __init__(self, content: bytes) -> None:
        found = re.finditer(rb"(?s)\n(\d+) 0 obj\n(.*?)\nendobj", content)
        self._objects = {int(each[1]): each[2] for each in found}
        self._pages_read: dict[int, dict[int | None, str]] = {}
        self._root = next(o for o in self._objects.values() if o.startswith(b"<</Type/Catalog"))

    @property
    def lang(self) -> str:
        return _string(self._root, "Lang")

    @cached_property
    def metadata(self) -> str:
        return self._stream(_ref(self._root, "Metadata")).decode()

    @cached_property
    def pages(self) -> tuple[int, ...]:
        kids = re.search(rb"/Kids\[(.*?)\]", self._objects[_ref(self._root, "Pages")])[1]
        return tuple(int(ref) for ref in re.findall(rb"(\d+) 0 R", kids))

    @cached_property
    def tree(self) -> Node:
        top = self._objects[_ref(self._root, "StructTreeRoot")]
        return self._node(int(re.search(rb"/K\[(\d+) 0 R\]", top)[1]))

    def text(self) -> str:
        """What is read aloud."""
        return self.tree.text()

    def beside(self, page: int) -> str:
        """What stands on a page and is not read aloud."""
        return one_line(self._marked(self.pages[page])[None])

    def _node(self, number: int) -> Node:
        element = self._objects[number]
        held = re.search(rb"/K\[(.*?)\]", element)
        parts = list(_KID.finditer(held[1])) if held else []
        return Node(
            role=re.search(rb"/S/(\w+)", element)[1].decode(),
            lang=_string(element, "Lang"),
            alt=_string(element, "Alt"),
            parts=tuple(
                self._node(int(part[3])) if part[3] else self._said(element, part) for part in parts
            ),
        )

    def _said(self, element: bytes, part: re.Match[bytes]) -> str:
        page = int(part[1]) if part[1] else _ref(element, "Pg")
        return self._marked(page).get(int(part[2] or part[4]), "")

    def _marked(self, page: int) -> dict[int | None, str]:
        """The words of a page by the number of their marked content; None: artifacts."""
        if page not in self._pages_read:
            self._pages_read[page] = self._read(page)
        return self._pages_read[page]

    def _read(self, page: int) -> dict[int | None, str]:
        said: dict[int | None, str] = defaultdict(str)
        mcid, glyphs = None, {}
        for token in _TOKEN.finditer(self._stream(_ref(self._objects[page], "Contents"))):
            if token["mcid"]:
                mcid = int(token["mcid"])
            elif token["artifact"] or token["end"]:
                mcid = None
            elif token["font"]:
                glyphs = self._glyphs(page, token["font"].decode())
            elif token["line"]:
                said[mcid] += " "
            else:
                codes = _unescaped(token["literal"])
                said[mcid] += "".join(glyphs[codes[i : i + 2]] for i in range(0, len(codes), 2))
        return said

    def _glyphs(self, page: int, font: str) -> dict[bytes, str]:
        resources = self._objects[_ref(self._objects[page], "Resources")]
        fonts = re.search(rb"/Font<<(.*?)>>", resources)[1]
        names = self._stream(_ref(self._objects[_ref(fonts, font)], "ToUnicode"))
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", names)
        return {
            bytes.fromhex(code.decode()): bytes.fromhex(words.decode()).decode("utf-16-be")
            for code, words in pairs
        }

    def _stream(self, number: int) -> bytes:
        head, _, body = self._objects[number].partition(b"stream\n")
        content = body.removesuffix(b"\nendstream")
        return zlib.decompress(content) if b"/FlateDecode" in head else content


def _ref(dictionary: bytes, key: str) -> int:
    return int(re.search(rb"/%s (\d+) 0 R" % key.encode(), dictionary)[1])


def _string(dictionary: bytes, key: str) -> str:
    literal = re.search(
        rb"(?s)/" + key.encode() + rb"\s*(?:" + _LITERAL + rb"|<(\w+)>)", dictionary
    )
    if not literal:
        return ""
    hexed = literal[2]
    content = bytes.fromhex(hexed.decode()) if hexed else _unescaped(literal["literal"])
    return (
        content[2:].decode("utf-16-be") if content[:2] == b"\xfe\xff" else content.decode("latin-1")
    )


def _unescaped(literal: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        if found[1].isdigit():
            return bytes([int(found[1], 8)])
        return _NAMED.get(found[1], found[1])

    return _ESCAPE.sub(plain, literal[1:-1])
