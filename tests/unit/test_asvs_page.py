"""docs/asvs.md names every requirement of levels 1 and 2 once, and tests that are there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "asvs.md"
LEVELS = """
1.1 22 1.2 1111122223 1.3 112222222223 1.4 222 1.5 123
2.1 122 2.2 112 2.3 12223 2.4 23
3.1 3 3.2 113 3.3 12223 3.4 11222233 3.5 11122333 3.6 3 3.7 22333
4.1 12233 4.2 23333 4.3 22 4.4 1222
5.1 2 5.2 112333 5.3 113 5.4 222
6.1 122 6.2 111111112222 6.3 11223333 6.4 112233 6.5 22222333 6.6 2223 6.7 33 6.8 2222
7.1 222 7.2 1111 7.3 22 7.4 11222 7.5 223 7.6 22
8.1 1233 8.2 1123 8.3 133 8.4 23
9.1 111 9.2 1222
10.1 22 10.2 223 10.3 22223 10.4 1111122222233333 10.5 22222 10.6 22 10.7 222
11.1 2233 11.2 22233 11.3 11233 11.4 1222 11.5 23 11.6 23 11.7 33
12.1 12233 12.2 11 12.3 22223
13.1 2333 13.2 222223 13.3 2233 13.4 1222233
14.1 22 14.2 12223333 14.3 122
15.1 12233 15.2 12233 15.3 1222222 15.4 3333
16.1 2 16.2 22222 16.3 2222 16.4 222 16.5 2223
17.1 23 17.2 22223333 17.3 22
""".split()  # noqa: SIM905 - read at a glance
"""ASVS 5.0.0: by section, the level of each of its requirements."""
REQUIRED = [
    f"{section}.{ordinal}"
    for section, levels in zip(LEVELS[::2], LEVELS[1::2], strict=True)
    for ordinal, level in enumerate(levels, 1)
    if level != "3"
]
NAMED = re.compile(r"`((?:unit/|e2e/|torture/)?test_\w+\.py)(?:::(\w+))?`")


def rows():
    """Of each line of the tables: which requirements, what is said of them, and the tests."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and re.match(r"\d", cells[0]):
            yield [each.strip() for each in cells[0].split(",")], cells[2], cells[4]


def covered(name):
    """The requirements that a number stands for: one, or all of a section or chapter."""
    return [each for each in REQUIRED if each == name or each.startswith(f"{name}.")]


@cache
def functions_of(path):
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_the_list_of_requirements_is_whole():
    levels = Counter("".join(LEVELS[1::2]))
    assert levels == {"1": 70, "2": 183, "3": 92}


def test_every_requirement_of_both_levels_stands_there_once():
    told = Counter(each for names, _, _ in rows() for name in names for each in covered(name))
    assert {each: told[each] for each in REQUIRED if told[each] != 1} == {}
    assert [name for names, _, _ in rows() for name in names if not covered(name)] == []


def test_every_test_that_is_named_is_there():
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 100
    for path, name in named:
        there = path if "/" in path else f"integration/{path}"
        assert (TESTS / there).is_file(), path
        assert not name or name in functions_of(there), (path, name)


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row[0][0])
def test_whatever_holds_has_a_test(row):
    _, said, tests = row
    assert said in {"yes", "part", "no", "–"}
    assert bool(NAMED.search(tests)) == (said in {"yes", "part"})
