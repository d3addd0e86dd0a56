"""On which line of a TOML document each key stands; ``tomllib`` itself does not say.

It walks text that ``tomllib`` has already accepted, so it checks nothing: it only has to
step over strings and comments and to count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""``("lanes", 1, "limit_kmh")``: names of keys, ordinals in arrays from 0."""

_BLANK = " \t\r\n"


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every key, table and array element of a valid document.

    Args:
        text: A whole TOML document that ``tomllib.loads`` accepts.
    """
    return _Walk(text).document()


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int:
    """The line of ``path``, or of the nearest thing around it that the document has."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def dotted(path: KeyPath) -> str:
    """``lanes[1].limit_kmh``: ordinals count from 0, as in the messages of other tools."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words


class _Walk:
    """A cursor over the document. Each method steps over one piece of grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted_to = 0
        self._line = 1
        self._lines: dict[KeyPath, int] = {}
        self._last: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip(_BLANK):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _skip(self, blank: str) -> bool:
        """Step over blanks and comments; whether anything is left."""
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                end = self._text.find("\n", self._at)
                self._at = end if end >= 0 else len(self._text)
            elif self._text[self._at] in blank:
                self._at += 1
            else:
                return True
        return False

    def _header(self) -> KeyPath:
        line = self._line_here()
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        path = self._key((), stop="]", line=line)
        if is_array:
            element = self._last[path] = self._last.get(path, -1) + 1
            path = (*path, element)
            self._lines[path] = line
        self._at += 2 if is_array else 1
        return path

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table, stop="=", line=self._line_here())
        self._at += 1
        self._value(path)

    def _key(self, table: KeyPath, *, stop: str, line: int) -> KeyPath:
        """A key, dotted or quoted, up to ``stop``. Each part on the way gets its line."""
        path = table
        while self._skip(" \t.") and self._text[self._at] != stop:
            # A table named below an array of tables belongs to the array's last element.
            if path in self._last and not isinstance(path[-1], int):
                path = (*path, self._last[path])
            path = (*path, self._key_part())
            self._lines.setdefault(path, line)
        return path

    def _key_part(self) -> str:
        start = self._at
        if self._text[start] in "\"'":
            self._string()
            raw = self._text[start : self._at]
            return raw[1:-1] if raw[0] == "'" else _unquote(raw)
        while self._text[self._at] not in " \t.=]":
            self._at += 1
        return self._text[start : self._at]

    def _string(self) -> None:
        quote = self._text[self._at]
        if self._text.startswith(quote * 3, self._at):
            self._long_string(quote)
            return
        self._at += 1
        while self._text[self._at] != quote:
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        self._at += 1

    def _long_string(self, quote: str) -> None:
        self._at += 3
        while not self._text.startswith(quote * 3, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        # Up to two quotation marks may stand right before the closing three.
        while self._text.startswith(quote, self._at):
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self._at < len(self._text) and self._text[self._at] not in ",]}#\n":
                self._at += 1

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        element = 0
        while self._skip(_BLANK + ",") and self._text[self._at] != "]":
            self._lines[(*path, element)] = self._line_here()
            self._value((*path, element))
            element += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._skip(_BLANK + ",") and self._text[self._at] != "}":
            self._pair(path)
        self._at += 1


def _unquote(raw: str) -> str:
    """The text of a basic string; TOML's escapes are JSON's but for the eight-digit one."""
    try:
        return str(json.loads(raw))
    except ValueError:
        return raw[1:-1]
