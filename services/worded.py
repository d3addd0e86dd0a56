"""Sentences that staff read in their own language, and that everything else keeps in English.

What :func:`worded` says is an English text like any other to commands, the history and tests. It
also keeps its template and its values, so that a page can say it in another language
(:mod:`services.web.tongue`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Never


class Worded(str):
    """A sentence that is put together; frozen.

    Attributes:
        template: In English, as :meth:`str.format` has it.
        values: For its fields: texts, numbers, days, or sentences of this kind.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Worded:
        """The sentence ``template`` with ``values``."""
        self = super().__new__(cls, template.format_map(values))
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "values", MappingProxyType(dict(values)))
        return self

    def __setattr__(self, name: str, value: object) -> Never:
        """Refuse: a sentence and its parts stay one."""
        raise AttributeError(f"{name} of a sentence cannot be set")

    def __reduce__(self) -> tuple[type[Worded], tuple[str, dict[str, object]]]:
        """Copy it whole."""
        return Worded, (self.template, dict(self.values))


class EnglishOnly(str):
    """Prose that has no other words, such as that of the measuring part."""

    __slots__ = ()


class Series(tuple[str, ...]):
    """Several sentences in place of one."""

    __slots__ = ()

    def __str__(self) -> str:
        """One after the other."""
        return "; ".join(self)


def worded(template: str, /, **values: object) -> Worded:
    """The sentence ``template`` with ``values``.

    A test reads the templates out of the code and wants words of every language for each: it is
    written out where it is said.
    """
    return Worded(template, values)


def message_of(error: Exception) -> str:
    """What an error says, in parts where it was worded."""
    told = error.args[0] if error.args else ""
    return told if isinstance(told, Worded) else EnglishOnly(error)
