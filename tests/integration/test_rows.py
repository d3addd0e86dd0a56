"""Many rows at once: what is written and found is the same however it is asked."""

import json

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    select,
    text,
)
from sqlalchemy.exc import DataError, IntegrityError

from services.life import State
from services.store.among import among, among_later
from services.store.rows import add_rows

ODD = Table(
    "odd",
    MetaData(),
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("key", String(40), unique=True, nullable=False),
    Column("by", String(20)),
    Column("at_ms", BigInteger),
    Column("yes", Boolean),
    Column("sealed", LargeBinary),
)
STRANGE = [
    "plain",
    "",
    "Durrës",
    "{a,b}",
    'a "quoted" one',
    "back\\slash",
    "it's",
    "NULL",
    "%s",
    "🚗",
]


@pytest.fixture
def connection(store):
    with store.writing() as writing:
        ODD.metadata.create_all(writing)
        yield writing


def a_row(key, **changes):
    known = {"by": State.ISSUED, "at_ms": 2**53 + 1, "yes": True, "sealed": b"\0\xff\\x"}
    return {"key": key} | known | changes


def test_rows_come_back_in_their_order_as_they_were_given(connection):
    rows = [
        *(a_row(key, by=key) for key in STRANGE),
        a_row("none", by=None, at_ms=None, yes=None, sealed=None),
        a_row("zero", by="", at_ms=0, yes=False, sealed=b""),
        a_row("large", at_ms=-(2**62), sealed=bytes(range(256)) * 400),
    ]
    add_rows(connection, ODD, rows)
    add_rows(connection, ODD, [a_row("alone", by=None, at_ms=None, yes=None, sealed=None)])
    add_rows(connection, ODD, [])
    read = connection.execute(select(ODD).order_by(ODD.c.position)).mappings().all()
    assert [{name: row[name] for name in rows[0]} for row in read[:-1]] == rows
    assert dict(read[-1]) == {
        "position": len(rows) + 1, "key": "alone", "by": None, "at_ms": None, "yes": None,
        "sealed": None,
    }  # fmt: skip


def test_a_key_that_is_taken_adds_none_of_the_rows(connection):
    add_rows(connection, ODD, [a_row("taken")])
    with pytest.raises(IntegrityError), connection.begin_nested():
        add_rows(connection, ODD, [a_row("new"), a_row("taken")])
    assert connection.execute(select(func.count()).select_from(ODD)).scalar() == 1


def test_what_is_too_long_is_refused_or_kept_whole_and_never_cut_off(connection):
    long = a_row("long", by="x" * 21)
    if connection.dialect.name == "sqlite":  # it keeps text of any length
        add_rows(connection, ODD, [long])
        assert connection.execute(select(ODD.c.by)).scalar() == long["by"]
        return
    with pytest.raises(DataError), connection.begin_nested():
        add_rows(connection, ODD, [long])


@pytest.mark.parametrize("wanted", [[], ["no such"], STRANGE, [f"n-{n}" for n in range(3000)]])
def test_among_many_finds_what_in_finds(connection, wanted):
    add_rows(connection, ODD, [a_row(key) for key in [*STRANGE, "n-7", "n-2999"]])
    told = select(ODD.c.key).order_by(ODD.c.key)
    expected = connection.execute(told.where(ODD.c.key.in_(wanted))).scalars().all()
    later = told.where(among_later(ODD.c.key, "wanted"))
    assert connection.execute(told.where(among(ODD.c.key, wanted))).scalars().all() == expected
    assert connection.execute(later, {"wanted": wanted}).scalars().all() == expected


def test_among_takes_numbers_too(connection):
    add_rows(connection, ODD, [a_row(str(n), at_ms=n) for n in (-1, 5, 2**60)])
    wanted = among(ODD.c.at_ms, [5, 2**60, 17])
    assert set(connection.execute(select(ODD.c.key).where(wanted)).scalars()) == {"5", str(2**60)}


def test_among_many_goes_by_the_index(connection):
    wanted = ["n-7", "n-8"]
    query = select(ODD.c.sealed).where(among(ODD.c.key, wanted))
    told = query.compile(dialect=connection.dialect)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # it has a few rows alone
        plan = connection.exec_driver_sql(f"EXPLAIN {told}", told.params).scalars().all()
        assert "odd_key_key" in " ".join(plan)
    else:
        given = (json.dumps(wanted),)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}", given).all()
        assert plan[0].detail.startswith("SEARCH odd USING INDEX")
