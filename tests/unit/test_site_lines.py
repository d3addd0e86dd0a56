"""Every key of a TOML document is found on its line."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.toml_lines import dotted, key_lines, line_of

DOCUMENT = """\
# a comment with [brackets] = "and quotes
title = "not # a comment" # a comment
owner.name = 'C:\\'

[a.b]
"quoted key" = 1
'literal key' = 2
multi = \"\"\"
[not.a.table]
escaped \\\"\"\" still = inside\"\"\"\"
after = [
  1, # one ]
  { x = [1,
     2], y = "}" },
]

[[list]]
name = "first"
  [list.below]
  deep = '''
[[nor]] this'''
[[list]]
name = "second"
[list.below]
deep = 2027-01-01
[[list.inner]]
v = 1
[[list.inner]]
v = 2
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("owner",), 3),
        (("owner", "name"), 3),
        (("a",), 5),
        (("a", "b"), 5),
        (("a", "b", "quoted key"), 6),
        (("a", "b", "literal key"), 7),
        (("a", "b", "multi"), 8),
        (("a", "b", "after"), 11),
        (("a", "b", "after", 0), 12),
        (("a", "b", "after", 1), 13),
        (("a", "b", "after", 1, "x"), 13),
        (("a", "b", "after", 1, "x", 1), 14),
        (("a", "b", "after", 1, "y"), 14),
        (("list", 0), 17),
        (("list", 0, "name"), 18),
        (("list", 0, "below"), 19),
        (("list", 0, "below", "deep"), 20),
        (("list", 1), 22),
        (("list", 1, "below", "deep"), 25),
        (("list", 1, "inner", 0, "v"), 27),
        (("list", 1, "inner", 1, "v"), 29),
    ],
    ids=lambda value: dotted(value) if isinstance(value, tuple) else str(value),
)
def test_a_key_is_found_on_its_line(path, line):
    assert key_lines(DOCUMENT)[path] == line


def test_windows_line_ends_count_once():
    assert key_lines("a = 1\r\n\r\nb = 2\r\n")["b",] == 3


def test_a_missing_key_is_placed_at_what_is_around_it():
    lines = key_lines(DOCUMENT)
    assert line_of(("list", 1, "colour"), lines) == 22
    assert line_of(("nothing", "here"), lines) == 1


def test_a_path_reads_as_in_the_messages_of_other_tools():
    assert dotted(("survey", "points", 3, "px")) == "survey.points[3].px"


def paths_of(value: Any, path: tuple = ()) -> set[tuple]:
    """Every path in a parsed document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found = set()
    for key, child in pairs:
        found.add((*path, key))
        if isinstance(child, dict | list):
            found |= paths_of(child, (*path, key))
    return found


SCALARS = st.sampled_from(
    ["1", "-2.5", "true", '"a = [b] # }\\""', "'c\\'", "2027-01-01T00:00:00+01:00", '""', "''"]
)
SPACE = st.sampled_from(["", " ", "\n", "\n  # ] } comment\n "])


@st.composite
def arrays(draw, inner):
    parts = [draw(SPACE) + part for part in draw(st.lists(inner, max_size=3))]
    return "[" + ",".join(parts) + draw(SPACE) + "]"


@st.composite
def inline_tables(draw, inner):
    values = draw(st.lists(inner, max_size=3))
    return "{" + ", ".join(f'k{n}."x y" = {value}' for n, value in enumerate(values)) + "}"


VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(arrays(inner), inline_tables(inner)), max_leaves=8
)


@st.composite
def documents(draw):
    """A document in which each ``mark…`` key begins a line."""
    lines, marks = [], 0
    for number in range(draw(st.integers(1, 3))):
        header = draw(st.sampled_from([f"[t{number}]", f"[t{number}.u]", "[[list]]", "[[a.list]]"]))
        lines += ["", "# [no] = table", header]
        for _ in range(draw(st.integers(0, 3))):
            lines += f"mark{marks} = {draw(VALUES)}".split("\n")
            marks += 1
    return "\n".join(lines)


@given(documents())
def test_every_key_that_tomllib_finds_has_its_line(text):
    found = key_lines(text)
    assert paths_of(tomllib.loads(text)) <= set(found)
    lines = text.split("\n")
    for path, line in found.items():
        if str(path[-1]).startswith("mark"):
            assert lines[line - 1].startswith(f"{path[-1]} =")
