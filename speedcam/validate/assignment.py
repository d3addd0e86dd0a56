"""The cheapest one-to-one pairing of two lists: the assignment problem.

Shortest augmenting paths with potentials (Jonker and Volgenant, *Computing* 38, 1987), on each
connected group of possible pairs by itself: vehicles that are far apart in time never compete.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

Pair = tuple[int, int]


def assign(costs: Mapping[Pair, float], unpaired: float) -> dict[int, int]:
    """Which column each row gets, so that the sum of costs is least.

    Args:
        costs: Of each possible pair (row, column), each from 0 to below ``unpaired``.
        unpaired: What a row without a column costs.

    Returns:
        A column per row that got one; no column twice. The same costs give the same pairs.
    """
    pairs: dict[int, int] = {}
    for rows, columns in _groups(costs):
        pairs |= _assign_group(rows, columns, costs, unpaired)
    return pairs


def _groups(costs: Iterable[Pair]) -> list[tuple[list[int], list[int]]]:
    """Rows and columns that possible pairs connect, each group sorted."""
    columns_of: dict[int, set[int]] = {}
    rows_of: dict[int, set[int]] = {}
    for row, column in costs:
        columns_of.setdefault(row, set()).add(column)
        rows_of.setdefault(column, set()).add(row)
    groups = []
    waiting = set(columns_of)
    for start in sorted(columns_of):
        if start not in waiting:
            continue
        rows, columns, frontier = {start}, set[int](), [start]
        while frontier:
            columns |= (fresh := columns_of[frontier.pop()] - columns)
            new = {row for column in fresh for row in rows_of[column]} - rows
            rows |= new
            frontier.extend(new)
        waiting -= rows
        groups.append((sorted(rows), sorted(columns)))
    return groups


def _assign_group(
    rows: list[int], columns: list[int], costs: Mapping[Pair, float], unpaired: float
) -> dict[int, int]:
    # One private column per row stands for "none"; an impossible pair costs more than two of it.
    impossible = 4 * unpaired * len(rows)
    table = [
        [costs.get((row, column), impossible) for column in columns]
        + [unpaired if other == row else impossible for other in rows]
        for row in rows
    ]
    owner = _solve(table)
    return {rows[row]: columns[column] for column, row in owner.items() if column < len(columns)}


def _solve(table: list[list[float]]) -> dict[int, int]:
    """The row of each taken column, for a table with at least as many columns as rows."""
    row_price = [0.0] * len(table)
    column_price = [0.0] * len(table[0])
    owner: dict[int, int] = {}
    for row in range(len(table)):
        _augment(table, row, owner, row_price, column_price)
    return owner


def _augment(
    table: list[list[float]],
    start: int,
    owner: dict[int, int],
    row_price: list[float],
    column_price: list[float],
) -> None:
    """Give ``start`` a column by the cheapest chain of changes (Dijkstra on reduced costs)."""
    least = [math.inf] * len(column_price)
    came_from = [-1] * len(column_price)
    seen: list[int] = []
    row, column = start, -1
    while True:
        for other in range(len(column_price)):
            if other in seen:
                continue
            reduced = table[row][other] - row_price[row] - column_price[other]
            if reduced < least[other]:
                least[other], came_from[other] = reduced, column
        step, nearest = min((least[o], o) for o in range(len(column_price)) if o not in seen)
        row_price[start] += step
        for passed in seen:
            row_price[owner[passed]] += step
            column_price[passed] -= step
        least = [value - step for value in least]
        seen.append(nearest)
        column = nearest
        if column not in owner:
            break
        row = owner[column]
    while column != -1:
        before = came_from[column]
        owner[column] = start if before == -1 else owner[before]
        column = before
