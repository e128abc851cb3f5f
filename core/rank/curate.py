"""Curation on arrays: twins, pins, fillers, and the last look before a list leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.domain.arrays import Mask, Rows

NOBODY = -1


def first_twin(twin: Mask, alive: Mask, *, fixed: int) -> Rows:
    """Keep the first of all twins, greedily from the left.

    twin:  [B, m, m] symmetric.    alive: [B, m] positions in use.
    fixed: the first so many positions stay whatever they are twins of.

    Returns [B, m] the position of the kept twin that a dropped item repeats; -1 for what is kept or not in use.

    >>> same = np.zeros((1, 3, 3), dtype=bool); same[0, 0, 2] = same[0, 2, 0] = True
    >>> first_twin(same, np.ones((1, 3), dtype=bool), fixed=0).tolist()
    [[-1, -1, 0]]
    """
    kept = alive.copy()
    out = np.full(alive.shape, NOBODY, dtype=np.int64)
    met = np.tril(twin.any(axis=0), -1).any(axis=1)  # positions that repeat an earlier one in some list
    for place in np.flatnonzero(met).tolist():
        if place < fixed:
            continue
        repeats = twin[:, place, :place] & kept[:, :place]
        dropped = alive[:, place] & repeats.any(axis=1)
        kept[dropped, place] = False
        out[dropped, place] = np.argmax(repeats[dropped], axis=1)
    return out


def placed(organic: Sequence[int], pins: Sequence[tuple[int, int]], k: int) -> tuple[list[int], list[int]]:
    """Put pins at their places among the others, which keep their order.

    pins: (place from 1, row). A pin whose place the list does not reach takes the last free place.

    Returns the rows, and the place of each pin from 1 in the order given; pins that found no room get 0.

    >>> placed([10, 11, 12], [(2, 99)], 4)
    ([10, 99, 11, 12], [2])
    >>> placed([10], [(5, 99)], 4)
    ([10, 99], [2])
    """
    by_place = sorted(range(len(pins)), key=lambda i: pins[i][0])[:k]
    length = min(k, len(organic) + len(by_place))
    slots: dict[int, int] = {}
    late = []
    for i in by_place:
        if pins[i][0] <= length:
            slots[pins[i][0]] = i
        else:
            late.append(i)
    free = [place for place in range(length, 0, -1) if place not in slots]
    for place, i in zip(sorted(free[: len(late)]), late, strict=True):
        slots[place] = i
    rest = iter(organic)
    rows = [pins[slots[place]][1] if place in slots else next(rest) for place in range(1, length + 1)]
    where = {i: place for place, i in slots.items()}
    return rows, [where.get(i, 0) for i in range(len(pins))]


def check(rows: Iterable[int], allowed: Mask, out: Rows, blocked: Iterable[int]) -> None:
    """The last look: raises RuntimeError, a programming error, when a list holds what it never may."""
    listed = list(rows)
    if len(set(listed)) != len(listed):
        raise RuntimeError(f"a list repeats an item: rows {listed}")
    banned = set(blocked) | set(out.tolist())
    for row in listed:
        if row < 0 or not allowed[row]:
            raise RuntimeError(f"row {row} may not be shown and got into a list")
        if row in banned:
            raise RuntimeError(f"row {row} is blocked, or the anchor itself, and got into a list")
