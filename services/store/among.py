"""Whether a column has one of many values, asked with one parameter however many they are.

An ``IN`` with a thousand parameters is written, sent and planned anew each time, which takes longer
than the answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Dialect, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine


class _Many(TypeDecorator[Any]):
    """Values of one kind: an array where the database has such, else a JSON list."""

    impl = String
    cache_ok = True

    def __init__(self, of: type[str] | type[int]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(String())
        kind = String() if self.of is str else BigInteger()
        return dialect.type_descriptor(ARRAY(kind))

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> object:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Among(FunctionElement[Any]):
    type = NullType()  # as a Boolean it would be compared with 1, and no index be used
    inherit_cache = True


@compiles(_Among, "postgresql")
def _any_of(element: _Among, compiler: SQLCompiler, **options: object) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY({values})"


@compiles(_Among)
def _in_list(element: _Among, compiler: SQLCompiler, **options: object) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - SQLAlchemy's own text


def among(column: ColumnElement[Any], wanted: Iterable[str] | Iterable[int]) -> ColumnElement[bool]:
    """Whether ``column`` has one of these values."""
    values = list(wanted)
    return _Among(column, bindparam(None, values, type_=_Many(column.type.python_type)))


def among_later(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """As :func:`among`, of values that are given as the parameter ``name`` with each question."""
    return _Among(column, bindparam(name, type_=_Many(column.type.python_type)))
