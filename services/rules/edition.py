"""One edition of a rule pack: read from its text, every fault at once, each with its line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.errors import PackError
from services.model import RuleSource
from services.rules.pack import Pack
from services.rules.proofs import fixed_amounts, later_entries, unknown_sources

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one of libyaml where it is there: ten times as fast, and reads the same."""

_Model = TypeVar("_Model", bound=BaseModel)

Place = tuple[str | int, ...]
"""Where in the document: keys and positions from the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A pack with the very bytes it was read from.

    Attributes:
        pack: What it says.
        text: Its bytes; kept with every case that it judged.
        sha256: Of ``text``.
    """

    pack: Pack
    text: bytes
    sha256: str

    @property
    def source(self) -> RuleSource:
        """What a violation says of the edition that judged it."""
        return RuleSource(
            pack=self.pack.id,
            pack_version=self.pack.version,
            pack_sha256=self.sha256,
            verified=self.pack.verified,
        )


def read_edition(text: bytes, name: str) -> Edition:
    """The edition in ``text``.

    Args:
        text: The pack as YAML.
        name: Of the file, for the error.

    Raises:
        PackError: One or more faults, all of them, each with its line and remedy.
    """
    root, content = parsed(text, name)
    if not isinstance(root, yaml.MappingNode) or not isinstance(content, dict):
        raise PackError(f"{name} line 1: a rule pack is a mapping of keys to values.")
    lines: dict[Place, int] = {}
    faults = [(line, words) for line, words in _twice(root, (), lines)]
    pack = _pack(content, lines, faults)
    if faults or pack is None:
        told = "\n".join(f"{name} line {line}: {words}" for line, words in sorted(faults))
        raise PackError(told)
    return Edition(pack=pack, text=text, sha256=hashlib.sha256(text).hexdigest())


def parsed(text: bytes, name: str) -> tuple[yaml.Node | None, object]:
    """The YAML in ``text``: its nodes, which know their lines, and its content.

    Raises:
        PackError: It is no YAML.
    """
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        return root, loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = where.line + 1 if where else 1
        problem = getattr(error, "problem", None) or str(error)
        raise PackError(f"{name} line {line}: {problem}. Mend the YAML there.") from None


def _pack(
    content: dict[str, object], lines: dict[Place, int], faults: list[tuple[int, str]]
) -> Pack | None:
    """The pack in ``content``, or None; what is wrong with it is added to ``faults``."""
    try:
        pack = Pack.model_validate(content)
    except ValidationError as error:
        found = _causes(error)
        faults += [(_line(lines, fault["loc"]), _words(fault, lines)) for fault in found]
        return None
    faults += [
        (_line(lines, ("sources",)), f"sources lacks {name!r}, which an entry names: add it")
        for name in unknown_sources(pack)
    ]
    whole = fixed_amounts(pack) + later_entries(pack)
    faults += [(_line(lines, ("from",)), words) for words in whole]
    return pack


def read_model(model: type[_Model], text: bytes, name: str) -> _Model:
    """The ``model`` that stands in ``text``, for a file that is no pack.

    Raises:
        PackError: Every fault, each with its line and remedy.
    """
    root, content = parsed(text, name)
    lines: dict[Place, int] = {(): 1}
    faults = [(line, words) for line, words in _twice(root, (), lines)] if root else []
    try:
        whole = model.model_validate(content)
    except ValidationError as error:
        found = _causes(error)
        faults += [(_line(lines, fault["loc"]), _words(fault, lines)) for fault in found]
    if faults:
        told = "\n".join(f"{name} line {line}: {words}" for line, words in sorted(faults))
        raise PackError(told)
    return whole


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """The faults in ``error``; a list is not called empty where its entries are what is wrong."""
    found = error.errors(include_url=False)
    inner = {fault["loc"][:-1][:depth] for fault in found for depth in range(len(fault["loc"]))}
    return [fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in inner]


def _twice(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Iterator[tuple[int, str]]:
    """Note the line of everything below ``node``; yield the keys that stand twice.

    YAML lets the later of two equal keys win without a word; a law must not change like that.
    """
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            at = (*place, str(key.value))
            if at in lines:
                words = f"{_dotted(at)} stands twice, first in line {lines[at]}: remove one"
                yield key.start_mark.line + 1, words
            lines[at] = key.start_mark.line + 1
            yield from _twice(value, at, lines)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            yield from _twice(value, (*place, position), lines)


def _line(lines: dict[Place, int], place: Place) -> int:
    """The line of ``place``, or of the nearest thing around it that is written down."""
    return lines[_written(lines, place)]


def _written(lines: dict[Place, int], place: Place) -> Place:
    """So much of ``place`` as stands in the file; names of a model's variants do not."""
    at: Place = ()
    for part in place:
        at = (*at, part) if (*at, part) in lines else at
    return at


def _words(fault: ErrorDetails, lines: dict[Place, int]) -> str:
    place = _written(lines, fault["loc"])
    if fault["type"] == "missing":
        return f"{_dotted((*place, fault['loc'][-1]))} is missing: add it"
    where = _dotted(place)
    if fault["type"] == "extra_forbidden":
        return f"{where} is not a known key: remove it or mend its spelling"
    if fault["type"] == "value_error":
        return f"{where}: {fault['ctx']['error']}"
    return f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}; found {fault['input']!r}"


def _dotted(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(
        "."
    )
